"""The age of majority, counted in Hijri years."""

import datetime
from functools import lru_cache

from django.utils import timezone
from hijridate import Hijri

from core.hijri import hijri_date, hijri_to_gregorian

ADULT_YEARS = 18


def latest_adult_birth_date(today: datetime.date | None = None) -> datetime.date:
    """Return the latest birth date of a person who is an adult on `today`: 18 full Hijri years.

    Source: Civil Transactions Law (Royal Decree M/191 of 1444 AH), article 12.
    """
    return _latest(today or timezone.localdate())


@lru_cache(maxsize=2)
def _latest(today: datetime.date) -> datetime.date:
    year, month, day = hijri_date(today)
    # A person born on the 30th comes of age after the 29th when the month has no 30th.
    length = Hijri(year - ADULT_YEARS, month, 1).month_length()
    return hijri_to_gregorian(year - ADULT_YEARS, month, min(day, length))
