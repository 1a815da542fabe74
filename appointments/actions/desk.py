"""What clerks do with people who come: check in, call, serve, mark as missed."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.locks import lock_waiting
from appointments.actions.offers import withdraw_offers
from appointments.actions.places import move_places
from appointments.actions.reminders import drop_reminders
from appointments.actions.waiting import end_waiting
from appointments.models import Appointment
from core.exceptions import RuleViolation


def check_in(*, actor, appointment):
    """The attendee is here, on the day of the appointment."""
    if not Appointment.objects.of_today().filter(pk=appointment.pk).exists():
        raise RuleViolation(
            _("This appointment is not today. Send the person to the information desk."),
            code="other_day",
        )
    return _mark(actor, appointment, EventType.CHECKED_IN, Status.CONFIRMED, Status.CHECKED_IN)


def call(*, actor, appointment):
    """Ask somebody who is here to the counter; again, as often as it takes."""
    _check_receives(actor, appointment)
    with transaction.atomic():
        here = Appointment.objects.filter(pk=appointment.pk, status=Status.CHECKED_IN)
        called = here.update(called_at=timezone.now())
        appointment = _with_place(appointment)
        if not called:
            raise _wrong_status(appointment)
        record(appointment, EventType.CALLED, actor=actor, role=Role.CLERK)
    return appointment


def serve(*, actor, appointment):
    """The attendee has been served."""
    return _mark(actor, appointment, EventType.SERVED, Status.CHECKED_IN, Status.SERVED)


def mark_no_show(*, actor, appointment):
    """The attendee has not come; only once the time of grace is over."""
    grace = timedelta(minutes=settings.BOOKING["GRACE_MINUTES"])
    if timezone.now() < appointment.slot.start + grace:
        raise RuleViolation(
            _(
                "The person can still come. You can mark them as missed %(minutes)s minutes after "
                "the appointment begins."
            )
            % {"minutes": settings.BOOKING["GRACE_MINUTES"]},
            code="too_early",
        )
    return _mark(actor, appointment, EventType.NO_SHOW, Status.CONFIRMED, Status.NO_SHOW)


def _mark(actor, appointment, event_type, before, after):
    """One step at the door; the second click finds it done."""
    _check_receives(actor, appointment)
    with transaction.atomic():
        lock_waiting(appointment)
        # Who has moved it to another day since is not let in today.
        here = Appointment.objects.filter(pk=appointment.pk, slot=appointment.slot)
        moved = here.filter(status=before).update(status=after)
        seen = appointment.slot
        appointment = _with_place(appointment)
        if moved:
            record(appointment, event_type, actor=actor, role=Role.CLERK)
            drop_reminders(appointment)
            end_waiting(appointment)
            freed = withdraw_offers(appointment.offers)
            if after not in Appointment.LIVE:
                freed[appointment.slot_id] += appointment.operations
            move_places(freed)
        elif appointment.slot != seen:
            raise RuleViolation(
                _("The appointment has been moved to another time meanwhile."), code="moved"
            )
        elif appointment.status != after:
            raise _wrong_status(appointment)
    return appointment


def _with_place(appointment):
    return Appointment.objects.select_related("slot__office", "user").get(pk=appointment.pk)


def _check_receives(actor, appointment):
    if not Appointment.objects.visible_to_clerk(actor).filter(pk=appointment.pk).exists():
        raise _not_a_clerk()


def _not_a_clerk():
    return RuleViolation(_("Your account may not receive people here."), code="not_clerk")


def _wrong_status(appointment):
    return RuleViolation(
        _("This cannot be done: the appointment is “%(status)s”.")
        % {"status": appointment.get_status_display()},
        code="status",
    )
