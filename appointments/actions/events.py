"""Recording the events of appointments."""

from django.db.models import F

from appointments.models import Appointment, AppointmentEvent
from core.accounts.models import User

EventType = AppointmentEvent.EventType
Role = AppointmentEvent.Role
Status = Appointment.Status


def record(
    appointment: Appointment, event_type: EventType, *, actor: User | None, role: Role
) -> AppointmentEvent:
    """Append the event of a change that has just been made, and raise the version."""
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
