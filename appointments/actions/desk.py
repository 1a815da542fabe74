"""Actions of clerks at the desk: check in, call, serve, mark as a no-show."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.late_comers import check_in_missed
from appointments.actions.locks import lock_waiting
from appointments.actions.offers import withdraw_offers
from appointments.actions.places import move_places
from appointments.actions.rights import Deed, check_may
from appointments.actions.rules import wrong_status
from appointments.actions.waiting import end_waiting
from appointments.models import Appointment
from core.accounts.models import User
from core.exceptions import RuleViolation
from core.template_filters import full_moment, ltr, time_of_day

# Who comes longer before the time may be here for something else, or scan the wrong slip.
EARLY = timedelta(hours=2)


def check_in(*, actor: User, appointment: Appointment, is_early: bool = False) -> Appointment:
    """Check in the attendee on the day of the appointment; `is_early` if hours before it is meant.

    Who was marked as missed is received all the same. Raise RuleViolation `other_day` on any other
    day, `early` hours before, else as `_mark` and `check_in_missed` do.
    """
    start = appointment.slot.start
    if not Appointment.objects.of_today().filter(pk=appointment.pk).exists():
        raise RuleViolation(
            format_html(
                _(
                    "This appointment is not today: it is for {moment}. Send the person to the "
                    "information desk."
                ),
                moment=full_moment(start),
            ),
            code="other_day",
        )
    if Appointment.objects.filter(pk=appointment.pk, status=Status.NO_SHOW).exists():
        return check_in_missed(actor=actor, appointment=appointment)
    is_to_come = appointment.is_confirmed and start > timezone.now() + EARLY
    if is_to_come and not is_early:
        raise RuleViolation(
            format_html(
                _("This appointment begins only at {time}. Check the person in all the same?"),
                time=ltr(time_of_day(start)),
            ),
            code="early",
        )
    return _mark(actor, appointment, EventType.CHECKED_IN, Status.CONFIRMED, Status.CHECKED_IN)


def call(*, actor: User, appointment: Appointment) -> Appointment:
    """Call a checked-in attendee to the counter, as often as needed.

    Raise RuleViolation `not_clerk` or `status`.
    """
    check_may(actor, Deed.RECEIVE, appointment)
    with transaction.atomic():
        here = Appointment.objects.filter(pk=appointment.pk, status=Status.CHECKED_IN)
        called = here.update(called_at=timezone.now())
        appointment = _with_place(appointment)
        if not called:
            raise wrong_status(appointment)
        record(appointment, EventType.CALLED, actor=actor, role=Role.CLERK)
    return appointment


def serve(*, actor: User, appointment: Appointment) -> Appointment:
    """Mark a checked-in attendee as served."""
    return _mark(actor, appointment, EventType.SERVED, Status.CHECKED_IN, Status.SERVED)


def mark_no_show(*, actor: User, appointment: Appointment) -> Appointment:
    """Mark the attendee as a no-show, once the grace period after the start is over.

    Raise RuleViolation `too_early` before that, else as `_mark` does.
    """
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


def _mark(
    actor: User, appointment: Appointment, event_type: EventType, before: Status, after: Status
) -> Appointment:
    """Change the status at the desk; a second click finds it changed and does nothing.

    Raise RuleViolation `not_clerk`, `moved` if the appointment has another slot by now, or
    `status`.
    """
    check_may(actor, Deed.RECEIVE, appointment)
    with transaction.atomic():
        lock_waiting(appointment)
        # An appointment that was moved to another day meanwhile is not checked in today.
        here = Appointment.objects.filter(pk=appointment.pk, slot=appointment.slot)
        moved = here.filter(status=before).update(status=after)
        seen = appointment.slot
        appointment = _with_place(appointment)
        if moved:
            record(appointment, event_type, actor=actor, role=Role.CLERK)
            end_waiting(appointment)
            freed = withdraw_offers(appointment.offers.all())
            if after not in Appointment.LIVE:
                freed[appointment.slot_id] += appointment.operations
            move_places(freed)
        elif appointment.slot != seen:
            raise RuleViolation(
                _("The appointment has been moved to another time meanwhile."), code="moved"
            )
        elif appointment.status != after:
            raise wrong_status(appointment)
    return appointment


def _with_place(appointment: Appointment) -> Appointment:
    return Appointment.objects.select_related("slot__office", "user").get(pk=appointment.pk)
