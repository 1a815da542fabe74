"""Giving an appointment another slot."""

from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.notices import notify
from appointments.actions.reminders import drop_reminders, remind
from appointments.actions.slips import issue_slip
from appointments.models import Appointment, Slot
from core.accounts.models import User


def reschedule(appointment: Appointment, slot: Slot, *, actor: User) -> None:
    """Give the appointment this slot, with its event, slip, notice and reminders.

    The caller moves the places.
    """
    drop_reminders(appointment)
    time = {"slot": slot, "status": Status.CONFIRMED}
    Appointment.objects.filter(pk=appointment.pk).update(**time)
    appointment.slot, appointment.status = slot, Status.CONFIRMED
    record(appointment, EventType.MOVED, actor=actor, role=Role.CITIZEN)
    issue_slip(appointment)
    notify(appointment, "appointment_moved")
    remind(appointment)
