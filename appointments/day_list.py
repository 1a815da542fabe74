"""The next days of an office as a list: free, with few places left, full, or closed and why."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from appointments.models import Office, cached_windows_of
from core.catalogue.models import Service

# Days of any kind that are listed. Where fewer of them are free than MIN_FREE, the free days that
# come later follow them.
DAYS, MIN_FREE = 10, 5
FEW = 4


@dataclass(frozen=True)
class ListedDay:
    """A day on which the office is open by its hours, and what is free on it."""

    date: datetime.date
    free: int = 0  # operations
    first: datetime.datetime | None = None  # the start of the earliest time
    why_closed: str = ""

    @property
    def has_few_left(self) -> bool:
        return 0 < self.free < FEW

    @property
    def begins_after_midnight(self) -> bool:
        return self.first is not None and timezone.localdate(self.first) > self.date


def next_days(
    office: Office,
    service: Service,
    days: Iterable[datetime.date],
    *,
    free: Mapping[datetime.date, Mapping[str, Any]],
    why_closed: Mapping[datetime.date, str],
) -> list[ListedDay]:
    """Return the next of `days`, without those on which the office never takes this service.

    `free` has the rows of `SlotQuerySet.days` by their days, and `why_closed` the reasons.
    """
    windows = [window for window in cached_windows_of(office) if window.serves(service)]
    today = timezone.localdate()
    listed: list[ListedDay] = []
    number_free = 0
    for day in days:
        is_near = len(listed) < DAYS
        if row := free.get(day):
            if is_near or number_free < MIN_FREE:
                listed.append(ListedDay(day, row["places"], row["first"]))
                number_free += 1
        # Today without a free time may be full, or just over.
        elif (
            is_near
            and (day > today or day in why_closed)
            and any(window.is_open_on(day) for window in windows)
        ):
            listed.append(ListedDay(day, why_closed=why_closed.get(day, "")))
    return listed
