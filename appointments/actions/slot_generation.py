"""Slots made from opening hours, and closed where nobody works."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from appointments.models import Appointment, Closure, OpeningWindow, Slot
from core.catalogue.models import Holiday
from core.hijri import is_ramadan


def make_slots(windows=None):
    """Make the slots of the horizon that are missing, and close or open those there are; how many.

    Those of `windows`, of all unless told. Repeatable: what is booked stays. Hours that were
    changed make new slots, and close those that they no longer make.
    """
    days = horizon()
    windows = OpeningWindow.objects.all() if windows is None else windows
    return sum(_make_slots_of(pk, days) for pk in windows.values_list("pk", flat=True))


def horizon():
    """Every day that can be booked, today the first."""
    today = timezone.localdate()
    return [today + timedelta(days=ahead) for ahead in range(settings.BOOKING["HORIZON_DAYS"] + 1)]


def opening_hours_of(offices):
    """{day of the horizon: [the windows of these offices, by their start]}."""
    days = horizon()
    open_days = {day: [] for day in days}
    off = _days_off(days)
    windows = OpeningWindow.objects.filter(office__in=offices).select_related("office")
    for window in windows.order_by("opens", "pk"):
        for day in _open_days(window, days, off):
            open_days[day].append(window)
    return open_days


def booked_outside_hours(offices):
    """Appointments ahead at times that the hours of these offices do not make (any more)."""
    outside = []
    days = horizon()
    off = _days_off(days)
    ahead = Appointment.objects.filter(status=Appointment.Status.CONFIRMED)
    ahead = ahead.filter(slot__start__gt=timezone.now(), slot__day__gte=days[0])
    ahead = ahead.select_related("attendee", "service", "slot__office").order_by("slot", "pk")
    for window in OpeningWindow.objects.filter(office__in=offices).select_related("office"):
        starts = _starts(window, days, off)
        outside += ahead.filter(slot__window=window).exclude(slot__start__in=starts)
    return outside


def is_open_on(window, day):
    """Whether `window` takes people on `day`, by its own rules."""
    season = {
        OpeningWindow.Season.ALWAYS: True,
        OpeningWindow.Season.RAMADAN: is_ramadan(day),
        OpeningWindow.Season.ORDINARY: not is_ramadan(day),
    }
    return (
        day.weekday() in window.weekdays
        and (window.valid_from is None or window.valid_from <= day)
        and (window.valid_until is None or day <= window.valid_until)
        and season[window.season]
    )


@transaction.atomic
def _make_slots_of(pk, days):
    # Whoever changes hours, or closes a day, makes slots afterwards, and waits here until those of
    # before are made: none of them is opened again by somebody who has read what was before. So
    # the days off are read once the row is locked, for each window anew.
    window = OpeningWindow.objects.select_for_update(no_key=True).get(pk=pk)
    starts = _starts(window, days, _days_off(days))
    known = set(window.slots.filter(day__gte=days[0]).values_list("start", flat=True))
    made = Slot.objects.bulk_create(
        [_slot(window, day, start) for start, day in starts.items() if start not in known]
    )
    _bring_up_to_date(window, days[0], list(starts))
    return len(made)


def _days_off(days):
    """The holidays and the closures among `days`."""
    holidays = set(Holiday.objects.filter(day__in=days).values_list("day", flat=True))
    return holidays, list(Closure.objects.between(days[0], days[-1]))


def _starts(window, days, off):
    """{when a slot begins: the day it belongs to}, with these days off."""
    return {start: day for day in _open_days(window, days, off) for start in window.starts_on(day)}


def _open_days(window, days, off):
    if not window.office.is_active:
        return []
    holidays, closures = off
    return [
        day
        for day in days
        if is_open_on(window, day)
        and day not in holidays
        and not any(closure.concerns(window.office_id, day) for closure in closures)
    ]


def _slot(window, day, start):
    return Slot(
        office=window.office,
        window=window,
        day=day,
        start=start,
        end=start + timedelta(minutes=window.slot_minutes),
        capacity=window.capacity,
        came_free_at=timezone.now(),
    )


def _bring_up_to_date(window, today, starts):
    slots = Slot.objects.filter(window=window, day__gte=today)
    # In the order in which places are taken: two who lock them otherwise wait for each other.
    list(slots.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    freed = {"came_free_at": timezone.now()}
    slots.filter(start__in=starts, is_closed=True).update(is_closed=False, **freed)
    slots.filter(is_closed=False).exclude(start__in=starts).update(is_closed=True)
    end = F("start") + timedelta(minutes=window.slot_minutes)
    slots.filter(taken=0).exclude(end=end).update(end=end)
    # What is booked is kept: a slot takes no fewer than it has taken already.
    slots.filter(capacity__lt=window.capacity).update(capacity=window.capacity, **freed)
    others = slots.filter(capacity__gt=window.capacity)
    others.update(capacity=Greatest("taken", Value(window.capacity)))
