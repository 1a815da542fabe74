"""The days of the horizon as a calendar shows them, week by week, each month by itself."""

import datetime
from dataclasses import dataclass
from itertools import groupby

_SUNDAY = 6


@dataclass(frozen=True)
class Day:
    """A day that can be chosen when `places` is not 0; None outside of the horizon."""

    date: datetime.date
    places: int | None


def months_of(days, places):
    """[(first day, [week of seven Days or None])] for the `days` of the horizon, in order.

    `places` is {day: free operations}. A week begins on Sunday; where its days are of another month
    there is None.
    """
    months = []
    for _month, dates in groupby(days, key=lambda day: (day.year, day.month)):
        dates = list(dates)
        cells = [None] * ((dates[0].weekday() - _SUNDAY) % 7)
        cells += [Day(date, places.get(date, 0)) for date in dates]
        cells += [None] * (-len(cells) % 7)
        months.append((dates[0], [cells[start : start + 7] for start in range(0, len(cells), 7)]))
    return months
