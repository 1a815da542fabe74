"""Recording the events of appointments."""

from appointments.models import Appointment, AppointmentEvent
from core.accounts.models import User

EventType = AppointmentEvent.EventType
Role = AppointmentEvent.Role
Status = Appointment.Status
_READ_ANEW = ("version", "status", "slot_id", "last_digest")


def record(
    appointment: Appointment, event_type: EventType, *, actor: User | None, role: Role
) -> AppointmentEvent:
    """Append the event of a change that has just been made, and raise the version.

    The change has locked the row, so that nobody else raises the version until it is committed.
    """
    row = Appointment.objects.filter(pk=appointment.pk).values(*_READ_ANEW).get()
    for name, value in row.items():
        setattr(appointment, name, value)
    return _append(appointment, event_type, actor=actor, role=role)


def record_new(
    appointment: Appointment, event_type: EventType, *, actor: User, role: Role
) -> AppointmentEvent:
    """Append the first event of an appointment that has just been made."""
    return _append(appointment, event_type, actor=actor, role=role)


def _append(
    appointment: Appointment, event_type: EventType, *, actor: User | None, role: Role
) -> AppointmentEvent:
    appointment.version += 1
    return AppointmentEvent.append(
        appointment,
        actor=actor,
        role=role,
        event_type=event_type,
        slot_id=appointment.slot_id,
        operations=appointment.operations,
    )
