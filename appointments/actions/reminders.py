"""Reminders of an appointment: a day ahead, and before it is too late to change it.

They are written when they are due, to those whose appointment it is then.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from appointments.actions.locks import lock_and_reload
from appointments.actions.notices import notify
from appointments.models import Appointment
from appointments.offer_hours import hours_at, last_end
from core.chores.rows import for_each

# The second is sent this long before it is too late to change the appointment.
AHEAD = timedelta(hours=1)


class Reminder(NamedTuple):
    """A reminder by the name of its templates, sent from the moment `at` until `not_after`."""

    template: str
    at: datetime
    not_after: datetime


def next_reminder(appointment: Appointment, after: datetime) -> datetime | None:
    """Return when the first reminder of the appointment's time is due that is after `after`."""
    return min((each.at for each in _reminders(appointment) if each.at > after), default=None)


def remind_of_appointments() -> int:
    """Write the reminders that are due, each in a transaction of its own; return how many."""
    due = Appointment.objects.to_be_reminded(timezone.now()).order_by("remind_at", "pk")
    return for_each(due, _remind)


@transaction.atomic
def _remind(found: Appointment) -> int:
    now, appointment = timezone.now(), lock_and_reload(found)
    if appointment.remind_at != found.remind_at:
        # A move or another worker was quicker.
        return 0
    following = next_reminder(appointment, now)
    Appointment.objects.filter(pk=appointment.pk).update(remind_at=following)
    due = [each for each in _reminders(appointment) if each.at <= now < each.not_after]
    if not (due and appointment.is_confirmed):
        return 0
    latest = max(due, key=lambda each: each.at)
    notify(appointment, latest.template, not_after=latest.not_after)
    return 1


def _reminders(appointment: Appointment) -> list[Reminder]:
    start, move_until = appointment.slot.start, appointment.move_until
    day = timezone.localtime(start).replace(hour=0, minute=0, second=0, microsecond=0)
    return [
        Reminder("appointment_tomorrow", start - timedelta(days=1), day),
        Reminder("appointment_soon", _last_call(move_until), move_until),
    ]


def _last_call(move_until: datetime) -> datetime:
    """Return when to remind of the last moment for a change: an hour before it.

    Where nobody should be woken then, it is an hour before the hours for offers end, the evening
    before.
    """
    at = move_until - AHEAD
    return at if hours_at(at) else last_end(at) - AHEAD
