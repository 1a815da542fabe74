"""Working days: Sunday to Thursday, without holidays."""

import datetime

from core.catalogue.models import Holiday

_FRIDAY, _SATURDAY = 4, 5


def add_working_days(start: datetime.date, days: int) -> datetime.date:
    """Return the day that is `days` working days after `start`, which itself never counts."""
    # A year holds some 250 working days, so this range is wide enough for any target, and one query
    # reads it.
    horizon = start + datetime.timedelta(days=2 * days + 60)
    holidays = set(
        Holiday.objects.filter(day__gt=start, day__lte=horizon).values_list("day", flat=True)
    )
    day = start
    while days:
        day += datetime.timedelta(days=1)
        if day.weekday() not in (_FRIDAY, _SATURDAY) and day not in holidays:
            days -= 1
    return day
