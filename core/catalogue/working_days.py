"""Working days: Sunday to Thursday, without holidays."""

import datetime

from core.catalogue.models import Holiday

_FRIDAY, _SATURDAY = 4, 5
_DAY = datetime.timedelta(days=1)


def add_working_days(start: datetime.date, days: int) -> datetime.date:
    """Return the day that is `days` working days after `start`, which itself never counts."""
    # A year holds some 250 working days, so this range is wide enough for any target, and one query
    # reads it.
    horizon = start + datetime.timedelta(days=2 * days + 60)
    holidays = _holidays(start, horizon)
    day = start
    while days:
        day += _DAY
        days -= _is_working_day(day, holidays)
    return day


def count_working_days(first: datetime.date, last: datetime.date) -> int:
    """Return how many working days have passed since `first`, itself not counted, by `last`."""
    return number_days(first, last).get(last, 0)


def shown_working_days(first: datetime.date, last: datetime.date) -> int:
    """Return what `count_working_days` does, for a page: with the holidays kept in the process."""
    holidays = {each.day for each in Holiday.cached.all()}
    return _number_days(first, last, holidays).get(last, 0)


def number_days(first: datetime.date, last: datetime.date) -> dict[datetime.date, int]:
    """Return for each day how many working days have passed since `first`, itself not counted.

    The difference of two numbers is the argument with which `add_working_days` leads from the one
    day to the other, if that is a working day.
    """
    return _number_days(first, last, _holidays(first, last))


def _number_days(
    first: datetime.date, last: datetime.date, holidays: set[datetime.date]
) -> dict[datetime.date, int]:
    numbers, day, number = {first: 0}, first, 0
    while day < last:
        day += _DAY
        number += _is_working_day(day, holidays)
        numbers[day] = number
    return numbers


def _holidays(after: datetime.date, last: datetime.date) -> set[datetime.date]:
    return set(Holiday.objects.filter(day__gt=after, day__lte=last).values_list("day", flat=True))


def _is_working_day(day: datetime.date, holidays: set[datetime.date]) -> bool:
    return day.weekday() not in (_FRIDAY, _SATURDAY) and day not in holidays
