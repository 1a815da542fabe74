"""Receiving people who come after they were marked as missed."""

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.hold_expiry import expire, give_back_lapsed, lapsed_now
from appointments.actions.locks import lock, lock_and_reload
from appointments.actions.places import move_places
from appointments.actions.rights import Deed, check_may
from appointments.actions.rules import check_is_only_one, wrong_status
from appointments.actions.waiting import end_wish
from appointments.actions.walk_ins import MAX_TRIES, next_slot_today
from appointments.models import Appointment, Slot
from core.accounts.models import User
from core.exceptions import RuleViolation


def check_in_missed(*, actor: User, appointment: Appointment) -> Appointment:
    """Check in somebody with the appointment that they have missed; a second click does nothing.

    It takes its own place again, or when that has gone, the next one of today as a walk-in does.
    Raise RuleViolation `not_clerk`, `status`, `live` or `full`.
    """
    give_back_lapsed(appointment.slot)
    for _attempt in range(MAX_TRIES):
        try:
            with transaction.atomic():
                received = _check_in(actor, appointment)
        except RuleViolation as violation:
            if violation.code != "full":
                raise
            # Somebody was quicker: the next try looks for another place.
            continue
        if received is None:
            break
        return received
    raise RuleViolation(
        _(
            "The place of this appointment has gone to somebody else, and no time of today has "
            "room for it at this office any more. Offer an appointment on another day."
        ),
        code="full",
    )


def _check_in(actor: User, appointment: Appointment) -> Appointment | None:
    """Check in within a transaction; return None, and write nothing, if today has no room."""
    lock(actor, appointment.attendee)
    appointment = lock_and_reload(appointment)
    check_may(actor, Deed.RECEIVE, appointment)
    if appointment.status == Status.CHECKED_IN:
        return appointment
    if appointment.status != Status.NO_SHOW:
        raise wrong_status(appointment)
    check_is_only_one(appointment)
    attendee, service, operations = (
        appointment.attendee,
        appointment.service,
        appointment.operations,
    )
    is_own_left = _is_own_place_left(appointment)
    office = appointment.slot.office
    slot = (
        appointment.slot if is_own_left else next_slot_today(office, attendee, service, operations)
    )
    if slot is None:
        return None
    freed = expire(lapsed_now().concerning(actor, attendee, slot))
    Appointment.objects.filter(pk=appointment.pk).update(status=Status.CHECKED_IN, slot=slot)
    if not is_own_left:
        record(appointment, EventType.MOVED, actor=actor, role=Role.CLERK)
    record(appointment, EventType.CHECKED_IN, actor=actor, role=Role.CLERK)
    freed += end_wish(attendee, service)
    # What was reserved of their own place has not been given to anybody yet.
    move_places(
        freed,
        into=slot,
        operations=operations,
        before_others=is_own_left,
        for_walk_in=True,
    )
    return lock_and_reload(appointment)


def _is_own_place_left(appointment: Appointment) -> bool:
    """Return whether it can have its own time again, which the night is not about to settle."""
    own = Slot.objects.filter(pk=appointment.slot_id, is_closed=False)
    has_room = own.filter(capacity__gte=F("taken") + appointment.operations)
    free_then = has_room.without_other_appointment(appointment.attendee, besides=appointment)
    return appointment.is_at_desk and free_then.exists()
