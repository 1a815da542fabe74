"""Booking a place: held for some minutes, then confirmed, moved or cancelled.

Whoever changes an appointment locks the user's row, then the attendee's, always in this order; then
appointments are changed, and `move_places` comes last.
"""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.actions.places import move_places
from appointments.actions.record import (
    Deed,
    Role,
    State,
    drop_reminders,
    notify,
    record,
    remind,
)
from appointments.actions.rules import check_bookable, check_free_for, check_may_book, check_named
from appointments.models import Appointment, Slip, Slot
from tawasul.accounts.models import Identity, User
from tawasul.digests import key_of
from tawasul.exceptions import RuleViolation

# With ten million appointments, one new reference in a thousand is another's already.
MOST_REFERENCES = 5


def hold(*, actor, holder, attendee, service, slot, operations, key, beneficiaries=()):
    """Keep a place for some minutes; a second click gets the first one's.

    No worker is needed for it: holds that have lapsed, of these people and of this slot, give their
    places back here.
    """
    key = key_of(key, actor.pk, attendee.pk, service.pk, slot.pk, operations)
    of_this_form = Appointment.objects.filter(key=key)
    if held := of_this_form.first():
        return held
    check_may_book(actor=actor, holder=holder, attendee=attendee, service=service)
    check_named(holder, beneficiaries)
    try:
        check_bookable(slot, service, operations)
    except RuleViolation:
        # It may be the other click that has taken the last place meanwhile.
        if held := of_this_form.first():
            return held
        raise
    held_for = timedelta(minutes=settings.BOOKING["HOLD_MINUTES"])
    for attempt in range(MOST_REFERENCES):
        try:
            with transaction.atomic():
                _lock(actor, attendee)
                if held := of_this_form.first():
                    return held
                places = _expire(_lapsed().concerning(actor, attendee, slot))
                check_free_for(actor=actor, attendee=attendee, service=service, slot=slot)
                held = Appointment.objects.create(
                    key=key,
                    user=actor,
                    holder=holder,
                    attendee=attendee,
                    service=service,
                    slot=slot,
                    operations=operations,
                    expires_at=min(timezone.now() + held_for, slot.start),
                )
                held.beneficiaries.set(beneficiaries)
                record(held, Deed.HELD, actor=actor, role=Role.CITIZEN)
                places[slot.pk] = places.get(slot.pk, 0) + operations
                move_places(places, into=slot)
                return held
        except IntegrityError:
            if attempt == MOST_REFERENCES - 1:
                raise


def confirm(*, actor, appointment):
    """Make a held place an appointment; the second click gets what the first has made."""
    with transaction.atomic():
        _lock(actor, appointment.attendee)
        now = timezone.now()
        is_closed = Slot.objects.filter(pk=appointment.slot_id, is_closed=True).exists()
        # By columns of its own alone: with a join, an update that had to wait for the row would not
        # look at them again, and confirm what has been expired meanwhile.
        held = Appointment.objects.filter(
            pk=appointment.pk, user=actor, state=State.HELD, expires_at__gt=now
        )
        if is_closed or not held.update(state=State.CONFIRMED, confirmed_at=now):
            return _confirmed_already(actor, appointment)
        appointment = _with_all(actor, appointment)
        record(appointment, Deed.CONFIRMED, actor=actor, role=Role.CITIZEN)
        Slip.objects.create(appointment=appointment, slot=appointment.slot)
        notify(appointment, "appointment_confirmed")
        remind(appointment)
    return appointment


def move(*, actor, appointment, slot):
    """Take another time in place of the one it has: both or neither; once, on a second click."""
    with transaction.atomic():
        _lock(actor, appointment.attendee)
        appointment = _with_all(actor, appointment)
        if appointment.slot_id == slot.pk and appointment.is_confirmed:
            return appointment
        _check_can_be_changed(appointment)
        check_may_book(
            actor=actor,
            holder=appointment.holder,
            attendee=appointment.attendee,
            service=appointment.service,
        )
        check_bookable(slot, appointment.service, appointment.operations)
        places = _expire(_lapsed().concerning(actor, appointment.attendee, slot))
        check_free_for(
            actor=actor,
            attendee=appointment.attendee,
            service=appointment.service,
            slot=slot,
            instead_of=appointment,
        )
        drop_reminders(appointment)
        before = appointment.slot_id
        Appointment.objects.filter(pk=appointment.pk).update(slot=slot)
        appointment.slot = slot
        record(appointment, Deed.MOVED, actor=actor, role=Role.CITIZEN)
        Slip.objects.create(appointment=appointment, slot=slot)
        notify(appointment, "appointment_moved")
        remind(appointment)
        places[before] = places.get(before, 0) - appointment.operations
        places[slot.pk] = places.get(slot.pk, 0) + appointment.operations
        move_places(places, into=slot)
    return appointment


def cancel(*, actor, appointment):
    """Give the place back; once, however often it is asked for."""
    with transaction.atomic():
        _lock(actor, appointment.attendee)
        appointment = _with_all(actor, appointment)
        if appointment.state == State.CANCELLED:
            return appointment
        if not appointment.is_held:
            _check_can_be_changed(appointment)
        was_confirmed = appointment.is_confirmed
        Appointment.objects.filter(pk=appointment.pk).update(state=State.CANCELLED)
        record(appointment, Deed.CANCELLED, actor=actor, role=Role.CITIZEN)
        if was_confirmed:
            drop_reminders(appointment)
            notify(appointment, "appointment_cancelled")
        move_places({appointment.slot_id: -appointment.operations})
    return appointment


def expire_due():
    """Give back the places of holds that have lapsed, one after the other; how many."""
    due = _lapsed().order_by("pk").values_list("pk", flat=True)
    expired = 0
    for pk in list(due[:1000]):
        with transaction.atomic():
            places = _expire(_lapsed().filter(pk=pk))
            move_places(places)
        expired += bool(places)
    return expired


def _lock(actor, attendee):
    """Nobody else books for these people until the transaction ends."""
    list(User.objects.select_for_update(no_key=True).filter(pk=actor.pk))
    list(Identity.objects.select_for_update(no_key=True).filter(pk=attendee.pk))


def _expire(lapsed):
    """Mark these holds as expired; {slot id: operations to give back, as a negative number}."""
    places = {}
    for hold in lapsed.order_by("pk"):
        if _lapsed().filter(pk=hold.pk).update(state=State.EXPIRED):
            record(hold, Deed.EXPIRED, actor=None, role=Role.PORTAL)
            places[hold.slot_id] = places.get(hold.slot_id, 0) - hold.operations
    return places


def _lapsed():
    return Appointment.objects.lapsed(timezone.now())


def _with_all(actor, appointment):
    """The appointment as it stands, if the actor has booked it."""
    booked = Appointment.objects.filter(user=actor).select_for_update(of=("self",), no_key=True)
    with_all = booked.select_related("user", "holder", "attendee", "service", "slot__office")
    return with_all.get(pk=appointment.pk)


def _confirmed_already(actor, appointment):
    appointment = _with_all(actor, appointment)
    if appointment.confirmed_at is None and appointment.slot.is_closed:
        raise RuleViolation(
            _("The office is closed at this time now. Choose another time."), code="closed"
        )
    if appointment.state == State.CANCELLED:
        _check_can_be_changed(appointment)
    if appointment.confirmed_at is None:
        raise RuleViolation(
            _("The time was not confirmed within the minutes it was held. Choose a time again."),
            code="expired",
        )
    return appointment


def _check_can_be_changed(appointment):
    if not appointment.is_confirmed:
        raise RuleViolation(
            _("This appointment is “%(state)s” and cannot be changed any more.")
            % {"state": appointment.get_state_display()},
            code="state",
        )
    if timezone.now() >= appointment.change_until:
        raise RuleViolation(
            _("An appointment can be moved or cancelled until %(hours)s hours before it begins.")
            % {"hours": settings.BOOKING["CHANGE_UNTIL_HOURS"]},
            code="too_late",
        )
