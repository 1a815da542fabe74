"""Reminders of an appointment, written with it and dropped when it changes."""

from datetime import timedelta

from django.utils import timezone

from appointments.actions.notices import notify
from core.messaging.actions import notices

# How long before its start an appointment reminds, by the name of the text.
REMINDERS = {"appointment_tomorrow": timedelta(days=1), "appointment_soon": timedelta(hours=2)}
# Later than this before the start, "in two hours" is no longer true.
SOON = timedelta(minutes=90)


def remind(appointment):
    """Write the reminders of the time that the appointment has now."""
    for template, ahead in REMINDERS.items():
        at = appointment.slot.start - ahead
        if at > timezone.now():
            notify(
                appointment,
                template,
                reminder=_reminder(appointment, template),
                not_before=at,
                not_after=_true_until(template, appointment.slot.start),
            )


def drop_reminders(appointment):
    """Take back the reminders of the time that the latest slip is for."""
    notices.drop_reminders(_reminder(appointment, template) for template in REMINDERS)


def _true_until(template, start):
    """Until when a reminder that is late still says what is so."""
    if template == "appointment_tomorrow":
        return timezone.localtime(start).replace(hour=0, minute=0, second=0, microsecond=0)
    return start - SOON


def _reminder(appointment, template):
    return notices.Reminder(appointment.idempotency_key, template, appointment.slips.last().pk)
