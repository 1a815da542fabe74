"""Booking, moving and cancelling by a clerk, for a person whom they help.

The person's own rules hold: what they may do themselves, the clerk may do for them.
"""

import uuid
from collections.abc import Collection

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.actions.assistance import (
    account_of,
    check_goes_on,
    check_may_assist,
    check_not_recovered,
    find_person,
)
from appointments.actions.booking import cancel_locked, move_locked
from appointments.actions.events import EventType, Role, Status, record_new
from appointments.actions.hold_expiry import expire, give_back_lapsed_when_full, lapsed_now
from appointments.actions.holds import with_new_reference
from appointments.actions.locks import lock, lock_and_reload
from appointments.actions.notices import notify
from appointments.actions.places import move_places
from appointments.actions.reminders import next_reminder
from appointments.actions.rules import (
    check_beneficiaries,
    check_bookable,
    check_daily_changes,
    check_may_book,
    check_no_conflict,
)
from appointments.actions.slips import issue_slip
from appointments.actions.waiting import end_wish
from appointments.models import Appointment, Assistance, Office, Slot
from core.accounts import registry
from core.accounts.models import Identity, User
from core.accounts.rights import OWNERS, relation_of
from core.catalogue.models import Service
from core.digests import derive_key
from core.exceptions import RuleViolation
from core.security_log import Event, note


def book_for(
    *,
    actor: User,
    assistance: Assistance,
    attendee: Identity,
    service: Service,
    slot: Slot,
    operations: int,
    idempotency_key: uuid.UUID,
    beneficiaries: Collection[Identity] = (),
) -> Appointment:
    """Book a confirmed place for the person of `assistance`, or for somebody linked to them.

    RuleViolation as `hold` raises it, and `over`, `aim`, `not_clerk`, `recovered`.
    """
    _check_aim(actor, assistance, Assistance.Aim.BOOK)
    return _book(
        actor=actor,
        holder=assistance.person,
        attendee=attendee,
        service=service,
        slot=slot,
        operations=operations,
        idempotency_key=idempotency_key,
        beneficiaries=beneficiaries,
    )


def book_later(
    *,
    actor: User,
    office: Office,
    number: str,
    service: Service,
    slot: Slot,
    operations: int,
    idempotency_key: uuid.UUID,
) -> Appointment:
    """Book a confirmed place for a walk-in who has found the day full.

    RuleViolation as `hold` raises it, and `not_clerk`, `number`.
    """
    check_may_assist(actor, office)
    person = find_person(actor, number)
    return _book(
        actor=actor,
        holder=person,
        attendee=person,
        service=service,
        slot=slot,
        operations=operations,
        idempotency_key=idempotency_key,
    )


def move_for(
    *, actor: User, assistance: Assistance, appointment: Appointment, slot: Slot
) -> Appointment:
    """Move an appointment that belongs to the person of `assistance`.

    RuleViolation as `move` raises it, and `over`, `aim`, `not_clerk`, `recovered`, `not_yours`.
    """
    _check_aim(actor, assistance, Assistance.Aim.CHANGE)
    registry.refresh_all(assistance.person, appointment.attendee)
    with give_back_lapsed_when_full(slot), transaction.atomic():
        lock(actor, appointment.attendee)
        appointment = lock_and_reload(appointment)
        _check_is_theirs(assistance, appointment)
        move_locked(appointment, slot, actor=actor, role=Role.CLERK)
    _note(actor, assistance.person, "moved", appointment)
    return appointment


def cancel_for(*, actor: User, assistance: Assistance, appointment: Appointment) -> Appointment:
    """Cancel an appointment that belongs to the person of `assistance`.

    RuleViolation as `cancel` raises it, and `over`, `aim`, `not_clerk`, `recovered`, `not_yours`.
    """
    _check_aim(actor, assistance, Assistance.Aim.CHANGE)
    with transaction.atomic():
        lock(actor, appointment.attendee)
        appointment = lock_and_reload(appointment)
        _check_is_theirs(assistance, appointment)
        cancel_locked(appointment, actor=actor, role=Role.CLERK)
    _note(actor, assistance.person, "cancelled", appointment)
    return appointment


def _book(
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
    key = derive_key(
        idempotency_key, actor.pk, holder.pk, attendee.pk, service.pk, slot.pk, operations
    )
    with_same_key = Appointment.objects.filter(idempotency_key=key)
    known = registry.refresh_all(holder, attendee)
    holder, attendee = known[holder.pk], known[attendee.pk]
    themselves = account_of(holder)
    check_may_book(actor=themselves, holder=holder, attendee=attendee, service=service)
    check_beneficiaries(holder, beneficiaries)
    if made := with_same_key.first():
        return made
    check_bookable(slot, service, operations)

    def take() -> Appointment:
        with give_back_lapsed_when_full(slot), transaction.atomic():
            lock(actor, attendee)
            if made := with_same_key.first():
                return made
            freed = expire(lapsed_now().concerning(actor, attendee, slot))
            check_no_conflict(actor=themselves, attendee=attendee, service=service, slot=slot)
            check_daily_changes(attendee, service)
            now = timezone.now()
            booked = Appointment(
                idempotency_key=key,
                user=actor,
                made_by_office=True,
                holder=holder,
                attendee=attendee,
                service=service,
                slot=slot,
                operations=operations,
                status=Status.CONFIRMED,
                created_at=now,
                confirmed_at=now,
                expires_at=now,
            )
            booked.remind_at = next_reminder(booked, now)
            booked.save(force_insert=True)
            booked.beneficiaries.set(beneficiaries)
            record_new(booked, EventType.CONFIRMED, actor=actor, role=Role.CLERK)
            issue_slip(booked)
            notify(booked, "appointment_booked_by_office")
            freed += end_wish(attendee, service)
            move_places(freed, into=slot, operations=operations)
            return booked

    booked = with_new_reference(take)
    _note(actor, holder, "booked", booked)
    return booked


def _check_aim(actor: User, assistance: Assistance, aim: Assistance.Aim) -> None:
    """Check that the person has shown who they are, for this aim, and that it goes on."""
    check_goes_on(actor, assistance)
    if assistance.way == Assistance.Way.PHONE:
        check_not_recovered(assistance.person)
    if not assistance.is_proven or assistance.aim != aim:
        raise RuleViolation(
            _("The person has not shown who they are for this. Begin again with them."), code="aim"
        )


def _check_is_theirs(assistance: Assistance, appointment: Appointment) -> None:
    """Check that the appointment, which is locked, belongs to the person who is helped."""
    relation = relation_of(account_of(assistance.person), appointment)
    if relation not in OWNERS or not appointment.is_booked:
        raise RuleViolation(_("This appointment is not theirs."), code="not_yours")


def _note(actor: User, person: Identity, kind: str, appointment: Appointment) -> None:
    note(
        Event.PERSON_ASSISTED,
        account=actor.pk,
        person=person.pk,
        kind=kind,
        reference=appointment.reference,
    )
