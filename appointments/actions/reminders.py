"""Reminders of an appointment, written with it and dropped when it changes."""

from datetime import datetime, timedelta
from typing import cast

from django.utils import timezone

from appointments.actions.notices import notify
from appointments.models import Appointment, Slip, Waiting
from appointments.offer_hours import hours_at, last_end
from core.messaging.actions import notices

# The names of their templates, which are part of the keys of reminders that already wait.
TOMORROW, SOON = "appointment_tomorrow", "appointment_soon"
OF_CLOSINGS = ("appointment_displaced", "appointment_closed")
# The second is sent this long before it is too late to change the appointment.
AHEAD = timedelta(hours=1)


def remind(appointment: Appointment) -> None:
    """Write the reminders of the time that the appointment has now."""
    start = appointment.slot.start
    day = timezone.localtime(start).replace(hour=0, minute=0, second=0, microsecond=0)
    for template, at, not_after in (
        (TOMORROW, start - timedelta(days=1), day),
        (SOON, _last_call(appointment.change_until), appointment.change_until),
    ):
        if at > timezone.now():
            notify(
                appointment,
                template,
                reminder=_reminder(appointment, template),
                not_before=at,
                not_after=not_after,
            )


def drop_reminders(appointment: Appointment) -> None:
    """Drop the reminders of the time on the latest slip, and what waits to be told of a closing."""
    if appointment.is_displaced:
        entries = appointment.waitings.filter(before=None)
        notices.drop_reminders(
            notice_of_closing(entry, template) for entry in entries for template in OF_CLOSINGS
        )
    notices.drop_reminders(_reminder(appointment, template) for template in (TOMORROW, SOON))


def notice_of_closing(waiting: Waiting, template: str) -> notices.Reminder:
    """Return the identity of the notice of a closing, which may wait until the morning."""
    namespace = cast(Appointment, waiting.appointment).idempotency_key
    return notices.Reminder(namespace, template, waiting.pk)


def _last_call(change_until: datetime) -> datetime:
    """Return when to remind of the last moment for a change: an hour before it.

    Where nobody should be woken then, it is an hour before the hours for offers end, the evening
    before.
    """
    at = change_until - AHEAD
    return at if hours_at(at) else last_end(at) - AHEAD


def _reminder(appointment: Appointment, template: str) -> notices.Reminder:
    slip = cast(Slip, appointment.slips.last())
    return notices.Reminder(appointment.idempotency_key, template, slip.pk)
