"""Giving an appointment another slot."""

from django.utils import timezone

from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.notices import drop_notices_of_closing, notify
from appointments.actions.reminders import next_reminder
from appointments.actions.slips import issue_slip
from appointments.models import Appointment, Slot
from core.accounts.models import User

_TEMPLATES = {Role.CITIZEN: "appointment_moved", Role.CLERK: "appointment_moved_by_office"}


def reschedule(
    appointment: Appointment, slot: Slot, *, actor: User, role: Role = Role.CITIZEN
) -> None:
    """Give the appointment this slot, with its event, slip, notice and reminders.

    The caller moves the places. The actor is whose it is, or a clerk who does it for them.
    """
    if appointment.is_displaced:
        drop_notices_of_closing(appointment)
    appointment.slot, appointment.status = slot, Status.CONFIRMED
    appointment.remind_at = next_reminder(appointment, timezone.now())
    appointment.save(update_fields=["slot", "status", "remind_at"])
    record(appointment, EventType.MOVED, actor=actor, role=role)
    issue_slip(appointment)
    notify(appointment, _TEMPLATES[role])
