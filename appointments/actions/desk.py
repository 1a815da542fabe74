"""What clerks do at the door."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.actions.places import move_places
from appointments.actions.record import Deed, Role, State, drop_reminders, record
from appointments.models import Appointment
from tawasul.exceptions import RuleViolation


def check_in(*, actor, appointment):
    """The attendee is here, on the day of the appointment."""
    today = timezone.localdate()
    if appointment.slot.day != today and timezone.localdate(appointment.slot.start) != today:
        raise RuleViolation(
            _("This appointment is not today. Send the person to the information desk."),
            code="other_day",
        )
    return _mark(actor, appointment, Deed.CHECKED_IN, State.CONFIRMED, State.CHECKED_IN)


def serve(*, actor, appointment):
    """The attendee has been served."""
    return _mark(actor, appointment, Deed.SERVED, State.CHECKED_IN, State.SERVED)


def miss(*, actor, appointment):
    """The attendee has not come; only once the time of grace is over."""
    grace = timedelta(minutes=settings.BOOKING["GRACE_MINUTES"])
    if timezone.now() < appointment.slot.start + grace:
        raise RuleViolation(
            _("The person can still come: mark them as missing %(minutes)s minutes after the time.")
            % {"minutes": settings.BOOKING["GRACE_MINUTES"]},
            code="too_early",
        )
    return _mark(actor, appointment, Deed.NO_SHOW, State.CONFIRMED, State.NO_SHOW)


def _mark(actor, appointment, deed, before, after):
    """One step at the door; the second click finds it done."""
    if not Appointment.objects.at_desk_of(actor).filter(pk=appointment.pk).exists():
        raise RuleViolation(_("Your account may not receive people here."), code="not_clerk")
    with transaction.atomic():
        # Who has moved it to another day since is not let in today.
        here = Appointment.objects.filter(pk=appointment.pk, slot=appointment.slot)
        moved = here.filter(state=before).update(state=after)
        seen = appointment.slot
        appointment = Appointment.objects.select_related("slot__office", "user").get(
            pk=appointment.pk
        )
        if moved:
            record(appointment, deed, actor=actor, role=Role.CLERK)
            drop_reminders(appointment)
            if after not in Appointment.LIVE:
                move_places({appointment.slot_id: -appointment.operations})
        elif appointment.slot != seen:
            raise RuleViolation(
                _("The appointment has been moved to another time meanwhile."), code="moved"
            )
        elif appointment.state != after:
            raise RuleViolation(
                _("This cannot be done: the appointment is “%(state)s”.")
                % {"state": appointment.get_state_display()},
                code="state",
            )
    return appointment
