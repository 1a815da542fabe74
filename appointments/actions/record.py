"""What every deed leaves behind: its event, and what people are told."""

import uuid
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from appointments.models import Appointment, AppointmentEvent, Slip
from core.messaging.actions import drop, write_mail, write_text

Deed, Role = AppointmentEvent.Deed, AppointmentEvent.Role
State = Appointment.State

# How long before its start an appointment reminds, by the name of the text.
REMINDERS = {"appointment_tomorrow": timedelta(days=1), "appointment_soon": timedelta(hours=2)}
# Later than this before the start, "in two hours" is no longer true.
SOON = timedelta(minutes=90)
_WRITERS = (write_text, write_mail)


def record(appointment, deed, *, actor, role):
    """Write the event of what has just been changed, and raise the version."""
    Appointment.objects.filter(pk=appointment.pk).update(version=F("version") + 1)
    appointment.refresh_from_db(fields=["version", "state", "slot", "last_digest"])
    event = AppointmentEvent(
        appointment=appointment,
        seq=appointment.version,
        at=timezone.now(),
        actor=actor,
        role=role,
        deed=deed,
        slot=appointment.slot,
        operations=appointment.operations,
        previous_digest=appointment.last_digest,
    )
    event.digest = appointment.last_digest = event.computed_digest()
    event.save(force_insert=True)
    appointment.save(update_fields=["last_digest"])
    return event


def give_time(appointment, slot, *, actor):
    """Write that an appointment is at this time now: its slip, the notice, its reminders."""
    drop_reminders(appointment)
    time = {"slot": slot, "state": State.CONFIRMED}
    Appointment.objects.filter(pk=appointment.pk).update(**time)
    appointment.slot, appointment.state = slot, State.CONFIRMED
    record(appointment, Deed.MOVED, actor=actor, role=Role.CITIZEN)
    Slip.objects.create(appointment=appointment, slot=slot)
    notify(appointment, "appointment_moved")
    remind(appointment)


def notify(appointment, template, offer=None):
    """A text, and a mail where there is an address, in the language of who has booked."""
    not_after = offer.expires_at if offer else None
    for write, recipient in _recipients(appointment):
        message = _message(appointment, template, offer=offer)
        write(recipient=recipient, not_after=not_after, **message)


def remind(appointment):
    """Write the reminders of this time, those of the time before being dropped."""
    for template, ahead in REMINDERS.items():
        at = appointment.slot.start - ahead
        if at <= timezone.now():
            continue
        for write, recipient in _recipients(appointment):
            write(
                recipient=recipient,
                key=_reminder_key(appointment, template, write),
                not_before=at,
                not_after=_true_until(template, appointment.slot.start),
                **_message(appointment, template),
            )


def _true_until(template, start):
    """Until when a reminder that is late still says what is so."""
    if template == "appointment_tomorrow":
        return timezone.localtime(start).replace(hour=0, minute=0, second=0, microsecond=0)
    return start - SOON


def drop_reminders(appointment):
    drop(
        [
            _reminder_key(appointment, template, write)
            for template in REMINDERS
            for write in _WRITERS
        ]
    )


def _recipients(appointment):
    addresses = (appointment.user.mobile, appointment.user.email)
    return [pair for pair in zip(_WRITERS, addresses, strict=True) if pair[1]]


def _message(appointment, template, **also):
    return {
        "language": appointment.user.language,
        "template": template,
        "context": {"appointment": appointment, **also},
        "about": appointment.reference,
        "owner": appointment.user_id,
    }


def _reminder_key(appointment, template, write):
    """The same when it is written and when it is dropped; another for each slip."""
    slip = appointment.slips.last()
    return uuid.uuid5(appointment.key, f"{template} {write.__name__} {slip.pk}")
