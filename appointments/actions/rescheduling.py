"""Giving an appointment another time."""

from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.notices import notify
from appointments.actions.reminders import drop_reminders, remind
from appointments.actions.slips import issue_slip
from appointments.models import Appointment


def reschedule(appointment, slot, *, actor):
    """Write that an appointment is at this time now: its slip, the notice, its reminders."""
    drop_reminders(appointment)
    time = {"slot": slot, "status": Status.CONFIRMED}
    Appointment.objects.filter(pk=appointment.pk).update(**time)
    appointment.slot, appointment.status = slot, Status.CONFIRMED
    record(appointment, EventType.MOVED, actor=actor, role=Role.CITIZEN)
    issue_slip(appointment)
    notify(appointment, "appointment_moved")
    remind(appointment)
