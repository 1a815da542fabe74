"""Giving an appointment another time."""

from appointments.actions.events import Deed, Role, State, record
from appointments.actions.notices import notify
from appointments.actions.reminders import drop_reminders, remind
from appointments.actions.slips import issue_slip
from appointments.models import Appointment


def reschedule(appointment, slot, *, actor):
    """Write that an appointment is at this time now: its slip, the notice, its reminders."""
    drop_reminders(appointment)
    time = {"slot": slot, "state": State.CONFIRMED}
    Appointment.objects.filter(pk=appointment.pk).update(**time)
    appointment.slot, appointment.state = slot, State.CONFIRMED
    record(appointment, Deed.MOVED, actor=actor, role=Role.CITIZEN)
    issue_slip(appointment)
    notify(appointment, "appointment_moved")
    remind(appointment)
