"""Booking a place: holding it for some minutes, then confirming, moving or cancelling it.

Every function that changes an appointment locks its rows in the order of `locks`; `move_places`
comes last.
"""

import uuid
from collections.abc import Collection

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.hold_expiry import expire, give_back_lapsed_when_full, lapsed_now
from appointments.actions.holds import new_hold, with_new_reference
from appointments.actions.locks import lock, lock_and_reload, reload
from appointments.actions.notices import drop_notices_of_closing, notify
from appointments.actions.offers import withdraw_offers
from appointments.actions.places import move_places
from appointments.actions.reminders import next_reminder
from appointments.actions.rescheduling import reschedule
from appointments.actions.rights import Deed, check_may
from appointments.actions.rules import (
    check_beneficiaries,
    check_bookable,
    check_can_be_cancelled,
    check_daily_changes,
    check_given_up,
    check_in_time_to_move,
    check_may_book,
    check_no_conflict,
    check_open_to_attendee,
)
from appointments.actions.slips import issue_slip
from appointments.actions.waiting import end_waiting, end_wish
from appointments.models import Appointment, Slot
from core.accounts import registry
from core.accounts.models import Identity, User
from core.catalogue.models import Service
from core.digests import derive_key
from core.exceptions import RuleViolation

_CANCELLED = {Role.CITIZEN: "appointment_cancelled", Role.CLERK: "appointment_cancelled_by_office"}


def hold(
    *,
    actor: User,
    holder: Identity,
    attendee: Identity,
    service: Service,
    slot: Slot,
    operations: int,
    idempotency_key: uuid.UUID,
    beneficiaries: Collection[Identity] = (),
) -> Appointment:
    """Hold a place for some minutes; a second click returns the hold of the first one.

    No worker is needed for it: lapsed holds of the actor, of the attendee and of this slot give
    their places back here. Raise RuleViolation as `check_may_book`, `check_beneficiaries`,
    `check_bookable`, `check_no_conflict`, `check_daily_changes`, `check_given_up` and
    `move_places` do, or `registry_away`.
    """
    idempotency_key = derive_key(
        idempotency_key, actor.pk, attendee.pk, service.pk, slot.pk, operations
    )
    with_same_key = Appointment.objects.filter(idempotency_key=idempotency_key)
    known = registry.refresh_all(actor.identity, holder, attendee)
    holder, attendee = known[holder.pk], known[attendee.pk]
    check_may_book(actor=actor, holder=holder, attendee=attendee, service=service)
    check_beneficiaries(holder, beneficiaries)
    try:
        check_bookable(slot, service, operations)
    except RuleViolation:
        # The other of two clicks may have taken the last place meanwhile, or the other of two tabs.
        if held := with_same_key.first():
            return held
        if Appointment.objects.live_now().filter(attendee=attendee, service=service).exists():
            check_no_conflict(actor=actor, attendee=attendee, service=service, slot=slot)
        raise

    def take() -> Appointment:
        with give_back_lapsed_when_full(slot), transaction.atomic():
            lock(actor, attendee)
            if held := with_same_key.first():
                return held
            freed = expire(lapsed_now().concerning(actor, attendee, slot))
            check_no_conflict(actor=actor, attendee=attendee, service=service, slot=slot)
            check_daily_changes(attendee, service)
            check_given_up(actor, attendee)
            held = new_hold(
                user=actor,
                slot=slot,
                idempotency_key=idempotency_key,
                beneficiaries=beneficiaries,
                holder=holder,
                attendee=attendee,
                service=service,
                operations=operations,
            )
            move_places(freed, into=slot, operations=operations)
            return held

    return with_new_reference(take)


def confirm(*, actor: User, appointment: Appointment) -> Appointment:
    """Confirm a held place; a second click returns what the first one confirmed.

    Raise RuleViolation `closed`, `status` or `expired` if the hold can no longer be confirmed,
    `registry_away`, or as `check_may` does.
    """
    registry.refresh_parties(actor, appointment)
    with transaction.atomic():
        lock(actor, appointment.attendee)
        check_may(actor, Deed.CHANGE, appointment)
        now = timezone.now()
        # The filter uses columns of the row alone: with a join, an update that had to wait for the
        # row would not check them again, and would confirm a hold that has expired meanwhile.
        held = Appointment.objects.filter(pk=appointment.pk, status=Status.HELD, expires_at__gt=now)
        confirmed = {
            "status": Status.CONFIRMED,
            "confirmed_at": now,
            "remind_at": next_reminder(appointment, now),
        }
        if not held.update(**confirmed):
            return _confirmed_already(appointment)
        # The update has locked the row, and nobody waits for an earlier time than a held one.
        appointment = reload(appointment)
        if appointment.slot.is_closed:
            raise _closed()
        record(appointment, EventType.CONFIRMED, actor=actor, role=Role.CITIZEN)
        issue_slip(appointment)
        notify(appointment, "appointment_confirmed")
        if freed := end_wish(appointment.attendee, appointment.service):
            move_places(freed)
    return appointment


def move(*, actor: User, appointment: Appointment, slot: Slot) -> Appointment:
    """Move the appointment to another slot; a second click changes nothing more.

    The old place is given back and the new one taken in one transaction: both or neither. Raise
    RuleViolation `registry_away`, or as the checks and `move_places` do.
    """
    registry.refresh_parties(actor, appointment)
    with give_back_lapsed_when_full(slot), transaction.atomic():
        lock(actor, appointment.attendee)
        appointment = lock_and_reload(appointment)
        check_may(actor, Deed.GIVE_UP, appointment)
        move_locked(appointment, slot, actor=actor)
    return appointment


def move_locked(
    appointment: Appointment, slot: Slot, *, actor: User, role: Role = Role.CITIZEN
) -> None:
    """Move the appointment, which is locked, to another slot; RuleViolation as in `move`."""
    if appointment.slot_id == slot.pk and appointment.is_confirmed:
        return
    check_in_time_to_move(appointment)
    check_open_to_attendee(appointment)
    kept = sum(appointment.offers.open().filter(slot=slot).values_list("operations", flat=True))
    check_bookable(slot, appointment.service, appointment.operations, kept=kept)
    freed = expire(lapsed_now().concerning(actor, appointment.attendee, slot))
    check_no_conflict(
        actor=actor,
        attendee=appointment.attendee,
        service=appointment.service,
        slot=slot,
        instead_of=appointment,
    )
    check_daily_changes(appointment.attendee, appointment.service)
    freed += appointment.places + withdraw_offers(appointment.offers.all())
    end_waiting(appointment)
    reschedule(appointment, slot, actor=actor, role=role)
    move_places(freed, into=slot, operations=appointment.operations)


def cancel(*, actor: User, appointment: Appointment) -> Appointment:
    """Cancel the appointment and give its place back, once however often it is called."""
    with transaction.atomic():
        lock(actor, appointment.attendee)
        appointment = lock_and_reload(appointment)
        check_may(actor, Deed.GIVE_UP, appointment)
        cancel_locked(appointment, actor=actor)
    return appointment


def cancel_locked(appointment: Appointment, *, actor: User, role: Role = Role.CITIZEN) -> None:
    """Cancel the appointment, which is locked, unless it is; RuleViolation as in `cancel`."""
    if appointment.status == Status.CANCELLED:
        return
    if not appointment.is_held:
        check_can_be_cancelled(appointment)
    was_held = appointment.is_held
    freed = appointment.places + withdraw_offers(appointment.offers.all())
    end_waiting(appointment)
    if appointment.is_displaced:
        drop_notices_of_closing(appointment)
    Appointment.objects.filter(pk=appointment.pk).update(status=Status.CANCELLED)
    record(appointment, EventType.CANCELLED, actor=actor, role=role)
    if not was_held:
        notify(appointment, _CANCELLED[role])
    move_places(freed)


def _confirmed_already(appointment: Appointment) -> Appointment:
    appointment = lock_and_reload(appointment)
    if appointment.confirmed_at is None and appointment.slot.is_closed:
        raise _closed()
    if appointment.status == Status.CANCELLED:
        check_can_be_cancelled(appointment)
    if appointment.confirmed_at is None:
        raise RuleViolation(
            _("The time was not confirmed within the minutes it was held. Choose a time again."),
            code="expired",
        )
    return appointment


def _closed() -> RuleViolation:
    return RuleViolation(
        _("The office is closed at this time now. Choose another time."), code="closed"
    )
