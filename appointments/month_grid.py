"""The days of the horizon as a calendar shows them, week by week, each month by itself."""

import datetime
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import pgettext_lazy

from appointments.models import Weekday
from core.hijri import dates_of, months_in_both_calendars

# The columns: each weekday in full, and as a narrow column has it.
WEEKDAYS = list(
    zip(
        Weekday.labels,
        (
            pgettext_lazy("a weekday in a narrow column", "Sun"),
            pgettext_lazy("a weekday in a narrow column", "Mon"),
            pgettext_lazy("a weekday in a narrow column", "Tue"),
            pgettext_lazy("a weekday in a narrow column", "Wed"),
            pgettext_lazy("a weekday in a narrow column", "Thu"),
            pgettext_lazy("a weekday in a narrow column", "Fri"),
            pgettext_lazy("a weekday in a narrow column", "Sat"),
        ),
        strict=True,
    )
)


@dataclass(frozen=True)
class Day:
    """A day of the horizon, with what there is on it."""

    date: datetime.date
    what: object

    @property
    def number(self):
        """The day of the month in the person's own calendar."""
        return dates_of(self.date)[0][2]


def months_of(days, what):
    """[(its name, [week of seven Days or None])] for the `days` of the horizon, in order.

    Months are those of the person's own calendar. `what` is {day: what there is on it}. A week
    begins on Sunday; where its days are of another month there is None.
    """
    months = []
    for _month, dates in groupby(days, key=lambda day: dates_of(day)[0][:2]):
        dates = list(dates)
        cells = [None] * ((dates[0].weekday() - Weekday.SUNDAY) % 7)
        cells += [Day(date, what.get(date)) for date in dates]
        cells += [None] * (-len(cells) % 7)
        weeks = [cells[start : start + 7] for start in range(0, len(cells), 7)]
        months.append((months_in_both_calendars(dates[0], dates[-1]), weeks))
    return months
