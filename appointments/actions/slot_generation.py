"""Making slots from opening hours, and closing those outside of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, F, Max, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from appointments.actions.displacement import restore_due
from appointments.models import (
    Appointment,
    Closure,
    Office,
    OpeningWindow,
    Slot,
    SlotQuerySet,
    Waiting,
    somebody_waits,
)
from core.catalogue.models import Holiday
from core.chores.rows import UNLIMITED, for_each
from core.wake import Topic, wake_workers

WINDOWS_AT_A_TIME = 20
# What the hours of a window decide about its slots.
_COMPARED = ("window", "start", "end", "capacity", "taken", "is_closed")
# The holidays and the closures.
_DaysOff = tuple[set[date], list[Closure]]


def make_slots(windows: QuerySet[OpeningWindow] | None = None) -> int:
    """Make the missing slots of the horizon, close or reopen the others; return how many were made.

    The slots are those of `windows`, whose hours or closures have just changed. By default they are
    those of the windows whose slots differ from their hours, which is found out without a lock. The
    function is repeatable: booked places stay. Hours that were changed make new slots, and close
    those that they no longer contain. Displaced appointments get back the times that are open
    again.
    """
    days = horizon()
    step = None
    if windows is None:
        pks = _windows_that_differ(days)
    else:
        pks = list(windows.order_by("pk").values_list("pk", flat=True))
        step = UNLIMITED
    try:
        return for_each(pks, partial(_make_slots_of, days), step)
    finally:
        restore_due()


def horizon() -> list[date]:
    """Return every day that can be booked, beginning with today."""
    today = timezone.localdate()
    return [today + timedelta(days=ahead) for ahead in range(settings.BOOKING["HORIZON_DAYS"] + 1)]


def opening_hours_of(offices: Iterable[Office]) -> dict[date, list[OpeningWindow]]:
    """Return {day of the horizon: [the windows of these offices, by their start]}."""
    days = horizon()
    open_days: dict[date, list[OpeningWindow]] = {day: [] for day in days}
    off = _days_off(days)
    windows = OpeningWindow.objects.filter(office__in=offices).select_related("office")
    for window in windows.order_by("opens", "pk"):
        for day in _open_days(window, days, off):
            open_days[day].append(window)
    return open_days


def booked_outside_hours(offices: Iterable[Office]) -> list[Appointment]:
    """Return confirmed appointments ahead at times outside the hours of these offices."""
    outside: list[Appointment] = []
    days = horizon()
    off = _days_off(days)
    ahead = Appointment.objects.filter(status=Appointment.Status.CONFIRMED)
    ahead = ahead.filter(slot__start__gt=timezone.now(), slot__day__gte=days[0])
    ahead = ahead.select_related("attendee", "service", "slot__office").order_by("slot", "pk")
    for window in OpeningWindow.objects.filter(office__in=offices).select_related("office"):
        starts = _slot_starts(window, days, off)
        outside += ahead.filter(slot__window=window).exclude(slot__start__in=starts)
    return outside


def booked_beyond(window: OpeningWindow) -> list[Slot]:
    """Return the slots ahead that have taken more than the window's capacity."""
    ahead = window.slots.filter(is_closed=False, start__gt=timezone.now())
    return list(ahead.filter(taken__gt=window.capacity).select_related("office"))


def booked_without_service(window: OpeningWindow) -> list[Appointment]:
    """Return confirmed appointments ahead in a window that does not take their service."""
    services = window.services.all()
    if not services:
        return []
    ahead = Appointment.objects.filter(
        status=Appointment.Status.CONFIRMED, slot__window=window, slot__start__gt=timezone.now()
    )
    ahead = ahead.exclude(service__in=services).order_by("slot", "pk")
    return list(ahead.select_related("attendee", "service", "slot__office"))


def _windows_that_differ(days: list[date]) -> list[int]:
    """Return the keys of the windows of which a slot is missing or not as it should be."""
    differ: list[int] = []
    off = _days_off(days)
    windows = list(OpeningWindow.objects.select_related("office").order_by("pk"))
    for first in range(0, len(windows), WINDOWS_AT_A_TIME):
        some = windows[first : first + WINDOWS_AT_A_TIME]
        slots: defaultdict[int, list[Slot]] = defaultdict(list)
        for slot in Slot.objects.filter(window__in=some, day__gte=days[0]).only(*_COMPARED):
            slots[slot.window_id].append(slot)
        for window in some:
            starts = _slot_starts(window, days, off)
            known = {slot.start for slot in slots[window.pk]}
            if starts.keys() - known or _outdated(window, slots[window.pk], starts):
                differ.append(window.pk)
    return differ


@transaction.atomic
def _make_slots_of(days: list[date], pk: int) -> int:
    # A change of hours or closures makes slots after its commit, and waits here until earlier runs
    # have made theirs, so that no run with older data reopens a slot. The days off are therefore
    # read once the row is locked, for each window anew.
    window = OpeningWindow.objects.select_for_update(no_key=True).get(pk=pk)
    starts = _slot_starts(window, days, _days_off(days))
    slots = list(window.slots.filter(day__gte=days[0]).only(*_COMPARED))
    known = {slot.start for slot in slots}
    missing = {start: day for start, day in starts.items() if start not in known}
    latest = _latest_waited_for(window) if missing else None
    made = Slot.objects.bulk_create(
        [_slot(window, day, start, latest) for start, day in missing.items()]
    )
    if outdated := _outdated(window, slots, starts):
        _bring_up_to_date(window, outdated, list(starts))
    return len(made)


def _outdated(
    window: OpeningWindow, slots: Iterable[Slot], starts: Collection[datetime]
) -> list[int]:
    """Return the keys of those slots of the window that are not as its hours want them."""
    length = timedelta(minutes=window.slot_minutes)
    return [
        slot.pk
        for slot in slots
        if slot.is_closed == (slot.start in starts)
        or slot.capacity != max(slot.taken, window.capacity)
        or (slot.taken == 0 and slot.end != slot.start + length)
    ]


def _days_off(days: Sequence[date]) -> _DaysOff:
    """Return the holidays and the closures among `days`."""
    holidays = set(Holiday.objects.filter(day__in=days).values_list("day", flat=True))
    return holidays, list(Closure.objects.between(days[0], days[-1]))


def _slot_starts(
    window: OpeningWindow, days: Iterable[date], off: _DaysOff
) -> dict[datetime, date]:
    """Return {start of a slot: the day it belongs to}, without the days in `off`."""
    return {start: day for day in _open_days(window, days, off) for start in window.starts_on(day)}


def _open_days(window: OpeningWindow, days: Iterable[date], off: _DaysOff) -> list[date]:
    if not window.office.is_active:
        return []
    holidays, closures = off
    return [
        day
        for day in days
        if window.is_open_on(day)
        and day not in holidays
        and not any(closure.concerns(window.office_id, day) for closure in closures)
    ]


def _latest_waited_for(window: OpeningWindow) -> datetime | None:
    """Return the moment before which somebody waits for a time at this office, or None."""
    waiting = Waiting.objects.at(window.office_id)
    return waiting.aggregate(latest=Max("before"))["latest"]


def _slot(window: OpeningWindow, day: date, start: datetime, latest: datetime | None) -> Slot:
    """Return a new slot; all its places are reserved if somebody waits for one."""
    now = timezone.now()
    is_waited_for = latest is not None and now < start < latest
    return Slot(
        office=window.office,
        window=window,
        day=day,
        start=start,
        end=start + timedelta(minutes=window.slot_minutes),
        capacity=window.capacity,
        reserved=window.capacity if is_waited_for else 0,
        reserved_at=now if is_waited_for else None,
    )


def _bring_up_to_date(window: OpeningWindow, pks: list[int], starts: list[datetime]) -> None:
    slots = Slot.objects.filter(pk__in=pks)
    # The rows are locked in the order in which places are taken: two transactions with different
    # orders would wait for each other.
    list(slots.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    _reopen(slots.filter(start__in=starts, is_closed=True))
    slots.filter(is_closed=False).exclude(start__in=starts).update(is_closed=True, reserved=0)
    end = F("start") + timedelta(minutes=window.slot_minutes)
    slots.filter(taken=0).exclude(end=end).update(end=end)
    _raise_capacity(slots.filter(capacity__lt=window.capacity), window.capacity)
    # Booked places are kept: the capacity of a slot never falls below what it has taken.
    capacity = Greatest("taken", Value(window.capacity))
    slots.filter(capacity__gt=window.capacity).update(
        capacity=capacity, reserved=Least("reserved", capacity - F("taken"))
    )
    wake_workers(Topic.PLACES)


def _reopen(slots: SlotQuerySet) -> None:
    displaced = Appointment.objects.filter(slot=OuterRef("pk"), status=Appointment.Status.DISPLACED)
    waits = somebody_waits(timezone.now()) | Q(Exists(displaced))
    slots.update(
        is_closed=False,
        reserved=Case(When(waits, then=F("capacity") - F("taken")), default=Value(0)),
        reserved_at=timezone.now(),
    )


def _raise_capacity(slots: SlotQuerySet, capacity: int) -> None:
    waits = somebody_waits(timezone.now()) & Q(is_closed=False)
    more = Case(When(waits, then=Value(capacity) - F("capacity")), default=Value(0))
    slots.update(
        capacity=capacity,
        reserved=F("reserved") + more,
        reserved_at=Case(When(reserved=0, then=Value(timezone.now())), default=F("reserved_at")),
    )
