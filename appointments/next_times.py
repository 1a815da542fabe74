"""The next free times in a region, for a clerk who offers some of them to somebody."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from appointments.criteria import Criteria
from appointments.models import Office, Slot, SlotQuerySet, offices_open_to_booking

# So many times of one office among several, and of one that was chosen.
FEW, MANY = 6, 40


@dataclass(frozen=True)
class OfficeTimes:
    """Some free times of an office, by day: [(day, slots)]."""

    office: Office
    days: list[tuple[datetime.date, list[Slot]]]


def next_times(
    criteria: Criteria,
    *,
    office: Office | None = None,
    own: Iterable[Office] = (),
    first_day: datetime.date | None = None,
) -> list[OfficeTimes]:
    """Return the next free times of the region, those of the clerk's `own` offices first.

    The others come by their earliest time. With `office`, they are those of this one alone.
    """
    offices = [each for each in offices_open_to_booking() if each.region_id == criteria.region.pk]
    if office:
        offices = [office]
    free = criteria.bookable_slots()
    if first_day:
        free = free.filter(day__gte=first_day)
    found = [
        OfficeTimes(each, _by_day(slots))
        for each in offices
        if (slots := _first_of(each, free, MANY if office else FEW))
    ]
    mine = {each.pk for each in own}
    return sorted(found, key=lambda each: (each.office.pk not in mine, each.days[0][1][0].start))


def _first_of(office: Office, free: SlotQuerySet, most: int) -> list[Slot]:
    """Return the first free times of an office; of parallel windows that begin together, one."""
    found = free.filter(office=office).order_by("start", "pk")[: 2 * most]
    by_start: dict[datetime.datetime, Slot] = {}
    for slot in found:
        by_start.setdefault(slot.start, slot)
    return list(by_start.values())[:most]


def _by_day(slots: list[Slot]) -> list[tuple[datetime.date, list[Slot]]]:
    return [(day, list(of_day)) for day, of_day in groupby(slots, key=lambda slot: slot.day)]
