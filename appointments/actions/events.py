"""Recording what happened to an appointment."""

from django.db.models import F

from appointments.models import Appointment, AppointmentEvent

Deed, Role = AppointmentEvent.Deed, AppointmentEvent.Role
State = Appointment.State


def record(appointment, deed, *, actor, role):
    """Write the event of what has just been changed, and raise the version."""
    Appointment.objects.filter(pk=appointment.pk).update(version=F("version") + 1)
    appointment.refresh_from_db(fields=["version", "state", "slot", "last_digest"])
    return AppointmentEvent.append(
        appointment,
        actor=actor,
        role=role,
        deed=deed,
        slot=appointment.slot,
        operations=appointment.operations,
    )
