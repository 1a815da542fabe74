"""Reminders of an appointment, written with it and dropped when it changes."""

from datetime import datetime, timedelta
from typing import cast

from django.utils import timezone

from appointments.actions.notices import notify
from appointments.models import Appointment, Slip
from core.messaging.actions import notices

# Each reminder, by the name of its template, is sent this long before the start.
REMINDERS = {"appointment_tomorrow": timedelta(days=1), "appointment_soon": timedelta(hours=2)}
# With less than this left before the start, "in two hours" is no longer true.
SOON = timedelta(minutes=90)


def remind(appointment: Appointment) -> None:
    """Write the reminders of the time that the appointment has now."""
    for template, ahead in REMINDERS.items():
        at = appointment.slot.start - ahead
        if at > timezone.now():
            notify(
                appointment,
                template,
                reminder=_reminder(appointment, template),
                not_before=at,
                not_after=_not_after(template, appointment.slot.start),
            )


def drop_reminders(appointment: Appointment) -> None:
    """Drop the reminders of the time on the latest slip."""
    notices.drop_reminders(_reminder(appointment, template) for template in REMINDERS)


def _not_after(template: str, start: datetime) -> datetime:
    """Return the moment until which a late reminder is still true."""
    if template == "appointment_tomorrow":
        return timezone.localtime(start).replace(hour=0, minute=0, second=0, microsecond=0)
    return start - SOON


def _reminder(appointment: Appointment, template: str) -> notices.Reminder:
    slip = cast(Slip, appointment.slips.last())
    return notices.Reminder(appointment.idempotency_key, template, slip.pk)
