"""When somebody comes of age."""

import datetime

from django.utils import timezone
from hijridate import Hijri

from core.hijri import hijri_date, hijri_to_gregorian

ADULT_YEARS = 18


def latest_adult_birth_date(today: datetime.date | None = None) -> datetime.date:
    """Whoever was born by this day is of age today: 18 full Hijri years.

    Civil Transactions Law (Royal Decree M/191 of 1444 AH), article 12.
    """
    year, month, day = hijri_date(today or timezone.localdate())
    # Somebody born on the 30th comes of age after the 29th of a month that has no 30th.
    length = Hijri(year - ADULT_YEARS, month, 1).month_length()
    return hijri_to_gregorian(year - ADULT_YEARS, month, min(day, length))
