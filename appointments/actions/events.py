"""Recording what happened to an appointment."""

from django.db.models import F

from appointments.models import Appointment, AppointmentEvent

EventType, Role = AppointmentEvent.EventType, AppointmentEvent.Role
Status = Appointment.Status


def record(appointment, event_type, *, actor, role):
    """Write the event of what has just been changed, and raise the version."""
    Appointment.objects.filter(pk=appointment.pk).update(version=F("version") + 1)
    appointment.refresh_from_db(fields=["version", "status", "slot", "last_digest"])
    return AppointmentEvent.append(
        appointment,
        actor=actor,
        role=role,
        event_type=event_type,
        slot=appointment.slot,
        operations=appointment.operations,
    )
