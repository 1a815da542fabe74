"""Making slots from opening hours, and closing those outside of them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import (
    Case,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils import timezone

from appointments.actions.displacement import restore_due
from appointments.models import (
    Appointment,
    AppointmentQuerySet,
    Closure,
    Office,
    OpeningWindow,
    Slot,
    SlotQuerySet,
    Waiting,
    somebody_waits,
)
from appointments.models.slots import still_kept
from core.catalogue.models import Holiday
from core.chores.rows import UNLIMITED, for_each
from core.wake import Topic, wake_workers

WINDOWS_AT_A_TIME = 20
# What the hours of a window decide about its slots.
_COMPARED = ("window", "start", "end", "capacity", "taken", "reserved", "kept", "is_closed")
# What columns of a small and of an ordinary integer give together.
_COUNT = IntegerField()
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


def booked_into_share(window: OpeningWindow) -> list[Slot]:
    """Return the slots ahead where fewer places are free than the window keeps for walk-ins."""
    if not window.kept_for_walk_ins:
        return []
    ahead = window.slots.filter(still_kept(timezone.now()), is_closed=False)
    room = window.capacity - window.kept_for_walk_ins
    return list(ahead.filter(taken__gt=room).select_related("office"))


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
        came = _came_by_slot(some, days[0])
        for window in some:
            starts = _slot_starts(window, days, off)
            known = {slot.start for slot in slots[window.pk]}
            if starts.keys() - known or _outdated(window, slots[window.pk], starts, came):
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
    if outdated := _outdated(window, slots, starts, _came_by_slot([window], days[0])):
        _bring_up_to_date(window, outdated, list(starts))
    return len(made)


def _outdated(
    window: OpeningWindow,
    slots: Iterable[Slot],
    starts: Collection[datetime],
    came: Counter[int],
) -> list[int]:
    """Return the keys of those slots of the window that are not as its hours want them.

    `came` is {slot id: operations of its walk-ins}.
    """
    length = timedelta(minutes=window.slot_minutes)
    opened_until = timezone.now() + timedelta(hours=settings.BOOKING["KEPT_UNTIL_HOURS"])

    def to_keep(slot: Slot) -> int:
        left = window.kept_for_walk_ins - came[slot.pk]
        return max(min(left, slot.capacity - slot.taken - slot.reserved), 0)

    return [
        slot.pk
        for slot in slots
        if slot.is_closed == (slot.start in starts)
        or slot.capacity != max(slot.taken, window.capacity)
        or (slot.taken == 0 and slot.end != slot.start + length)
        or (slot.start > opened_until and not slot.is_closed and slot.kept != to_keep(slot))
    ]


def _came_by_slot(windows: Collection[OpeningWindow], first: date) -> Counter[int]:
    """Return {slot id: operations of its walk-ins} of the slots of these windows from a day on."""
    keeping = [window.pk for window in windows if window.kept_for_walk_ins]
    if not keeping:
        return Counter()
    of_windows = _walk_ins().filter(slot__window__in=keeping, slot__day__gte=first)
    return Counter(dict(_operations_by_slot(of_windows)))


def _walk_ins() -> AppointmentQuerySet:
    """Return all walk-ins, also those who have gone: their places are free to everybody."""
    return Appointment.objects.filter(is_walk_in=True)


def _operations_by_slot(appointments: AppointmentQuerySet) -> QuerySet:
    """Return (slot id, sum of the operations) of these appointments."""
    by_slot = appointments.order_by().values("slot")
    return by_slot.annotate(sum=Sum("operations")).values_list("slot", "sum")


def _operations_of(appointments: AppointmentQuerySet) -> Coalesce:
    """Return an expression on slots: the sum of the operations of these appointments."""
    of_slot = _operations_by_slot(appointments.filter(slot=OuterRef("pk")))
    return Coalesce(Subquery(of_slot.values("sum")), Value(0), output_field=_COUNT)


def _to_keep(window: OpeningWindow, room: Combinable) -> Value | Greatest:
    """Return an expression on slots: what they keep of `room` for walk-ins still to come."""
    if not window.kept_for_walk_ins:
        return Value(0)
    left = Value(window.kept_for_walk_ins) - _operations_of(_walk_ins())
    return Greatest(Least(left, room, output_field=_COUNT), Value(0), output_field=_COUNT)


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
    """Return a new slot; if somebody waits for one, all places but those kept are reserved."""
    now = timezone.now()
    is_waited_for = latest is not None and now < start < latest
    return Slot(
        office=window.office,
        window=window,
        day=day,
        start=start,
        end=start + timedelta(minutes=window.slot_minutes),
        capacity=window.capacity,
        reserved=window.capacity - window.kept_for_walk_ins if is_waited_for else 0,
        kept=window.kept_for_walk_ins,
        reserved_at=now if is_waited_for else None,
    )


def _bring_up_to_date(window: OpeningWindow, pks: list[int], starts: list[datetime]) -> None:
    slots = Slot.objects.filter(pk__in=pks)
    # The rows are locked in the order in which places are taken: two transactions with different
    # orders would wait for each other.
    list(slots.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    _reopen(window, slots.filter(start__in=starts, is_closed=True))
    no_longer = slots.filter(is_closed=False).exclude(start__in=starts)
    no_longer.update(is_closed=True, reserved=0, kept=0)
    end = F("start") + timedelta(minutes=window.slot_minutes)
    slots.filter(taken=0).exclude(end=end).update(end=end)
    _raise_capacity(window, slots.filter(capacity__lt=window.capacity))
    # Booked places stay: the capacity of a slot never falls below what it has taken.
    capacity = Greatest("taken", Value(window.capacity))
    reserved = Least("reserved", capacity - F("taken"), output_field=_COUNT)
    slots.filter(capacity__gt=window.capacity).update(
        capacity=capacity,
        reserved=reserved,
        kept=Least("kept", capacity - F("taken") - reserved, output_field=_COUNT),
    )
    _keep_share(window, slots)
    wake_workers(Topic.PLACES)


def _reopen(window: OpeningWindow, slots: SlotQuerySet) -> None:
    now = timezone.now()
    room = F("capacity") - F("taken")
    # The displaced get their own places back, whatever the window keeps by now.
    displaced = _operations_of(Appointment.objects.displaced())
    to_keep = When(still_kept(now), then=_to_keep(window, room - displaced))
    kept = Case(to_keep, default=Value(0), output_field=_COUNT)
    waits = somebody_waits(now) | Q(pk__in=Appointment.objects.displaced().values("slot"))
    slots.update(
        is_closed=False,
        kept=kept,
        reserved=Case(When(waits, then=room - kept), default=Value(0)),
        reserved_at=now,
    )


def _raise_capacity(window: OpeningWindow, slots: SlotQuerySet) -> None:
    """Raise the capacity; the share for walk-ins comes before those who wait for the new places."""
    now = timezone.now()
    waits = somebody_waits(now) & Q(is_closed=False)
    room = Value(window.capacity) - F("taken") - F("reserved")
    is_kept = still_kept(now) & Q(is_closed=False)
    to_keep = When(is_kept, then=_to_keep(window, room))
    kept = Case(to_keep, default=F("kept"), output_field=_COUNT)
    to_others = Value(window.capacity) - F("capacity") + F("kept") - kept
    more = Greatest(to_others, Value(0), output_field=_COUNT)
    slots.update(
        capacity=window.capacity,
        kept=kept,
        reserved=F("reserved") + Case(When(waits, then=more), default=Value(0)),
        reserved_at=Case(When(reserved=0, then=Value(now)), default=F("reserved_at")),
    )


def _keep_share(window: OpeningWindow, slots: SlotQuerySet) -> None:
    """Keep the window's share for walk-ins, as far as it is neither taken nor reserved.

    What is kept no longer is reserved where somebody waits, as any place that comes free.
    """
    now = timezone.now()
    kept = _to_keep(window, F("capacity") - F("taken") - F("reserved"))
    freed = Greatest(F("kept") - kept, Value(0), output_field=_COUNT)
    waits = somebody_waits(now)
    slots.filter(still_kept(now), is_closed=False).exclude(kept=kept).update(
        kept=kept,
        reserved=F("reserved") + Case(When(waits, then=freed), default=Value(0)),
        reserved_at=Case(When(waits, reserved=0, then=Value(now)), default=F("reserved_at")),
    )
