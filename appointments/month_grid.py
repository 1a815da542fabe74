"""The days of the horizon as a calendar of months and weeks."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext_lazy

from appointments.models import Weekday
from core.hijri import dates_of, months_in_both_calendars

# Each column has its weekday in full, and as a narrow column shows it.
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
    """A day of the horizon, with its content."""

    date: datetime.date
    what: object

    @property
    def number(self) -> int:
        """The day of the month in the person's own calendar."""
        return dates_of(self.date)[0][2]

    @property
    def label(self) -> SafeString:
        """The day in both calendars, as markup."""
        return _label(self.date, get_language())


@lru_cache(maxsize=1024)
def _label(date: datetime.date, language: str | None) -> SafeString:
    """Return the label of a day, which is rendered once in each language."""
    return render_to_string("components/day.html", {"day": Day(date, None)})


def months_of(
    days: Iterable[datetime.date], what: Mapping[datetime.date, object]
) -> list[tuple[str, list[list[Day | None]]]]:
    """Return [(name, [week of seven Days or None])] for the `days` of the horizon, in order.

    Months are those of the person's own calendar. `what` is {day: its content}. A week begins on
    Sunday; None stands for its days of another month.
    """
    months = []
    for _month, of_month in groupby(days, key=lambda day: dates_of(day)[0][:2]):
        dates = list(of_month)
        cells: list[Day | None] = [None] * ((dates[0].weekday() - Weekday.SUNDAY) % 7)
        cells += [Day(date, what.get(date)) for date in dates]
        cells += [None] * (-len(cells) % 7)
        weeks = [cells[start : start + 7] for start in range(0, len(cells), 7)]
        months.append((months_in_both_calendars(dates[0], dates[-1]), weeks))
    return months
