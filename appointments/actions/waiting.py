"""The waiting list: waiting for a time, and the answer to an offer."""

import uuid
from collections import Counter
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.actions.hold_expiry import expire, lapsed_now
from appointments.actions.holds import new_hold, with_new_reference
from appointments.actions.locks import lock, lock_and_reload, lock_entry
from appointments.actions.notices import notify
from appointments.actions.offers import withdraw_offers
from appointments.actions.places import move_places
from appointments.actions.rescheduling import reschedule
from appointments.actions.rights import Deed, check_may, may
from appointments.actions.rules import (
    check_daily_changes,
    check_given_up,
    check_in_time_to_move,
    check_may_book,
    check_no_conflict,
    check_open_to_attendee,
    check_operations,
)
from appointments.models import Appointment, Offer, Office, Waiting
from core.accounts import registry
from core.accounts.models import Identity, User
from core.accounts.rights import effective_holder
from core.catalogue.models import Region, Service
from core.chores.rows import for_each
from core.exceptions import RuleViolation


def wait(*, actor: User, appointment: Appointment, office: Office | None = None) -> Waiting:
    """Put the appointment on the waiting list of `office`, or of every office in the region.

    An appointment that waits already keeps its turn. Raise RuleViolation as `check_may`,
    `check_in_time_to_move` and `check_open_to_attendee` do, and `status` for a displaced one.
    """
    with transaction.atomic():
        lock(actor, appointment.attendee)
        appointment = lock_and_reload(appointment)
        check_may(actor, Deed.CHANGE, appointment)
        check_in_time_to_move(appointment)
        check_open_to_attendee(appointment)
        if appointment.is_displaced:
            raise RuleViolation(
                _("The office has closed at this time. Choose another time first."), code="status"
            )
        waiting = Waiting.objects.open().filter(appointment=appointment).first()
        if waiting:
            check_may(actor, Deed.GIVE_UP, waiting)
        waiting = waiting or entry_of(appointment, before=appointment.slot.start)
        waiting.office = office
        waiting.save()
    return waiting


def wait_for_any_time(
    *,
    actor: User,
    holder: Identity,
    attendee: Identity,
    service: Service,
    operations: int,
    region: Region,
    office: Office | None,
    last_day: date,
) -> Waiting:
    """Put somebody without an appointment on the waiting list, for times until `last_day`.

    There is one such entry for a person and a service: a second one changes the first, which keeps
    its turn. Raise RuleViolation as `check_may_book` and `check_operations` do, `last_day` for a
    day that cannot be booked, `live` if there is an appointment already, or `waiting` if another
    user waits for the same.
    """
    check_may_book(actor=actor, holder=holder, attendee=attendee, service=service)
    check_operations(operations)
    today = timezone.localdate()
    if not today <= last_day <= today + timedelta(days=settings.BOOKING["HORIZON_DAYS"]):
        raise RuleViolation(_("Choose one of the days that can be booked now."), code="last_day")
    end_of_day = datetime.combine(
        last_day + timedelta(days=1), time.min, timezone.get_default_timezone()
    )
    with transaction.atomic():
        lock(actor, attendee)
        of_attendee = Appointment.objects.filter(attendee=attendee, service=service)
        if of_attendee.filter(status=Appointment.Status.DISPLACED).exists():
            raise RuleViolation(
                _(
                    "The office has closed at the time of the appointment for this service and "
                    "this person. Choose another time for that one, or cancel it."
                ),
                code="displaced",
            )
        if of_attendee.live_now().exists():
            raise RuleViolation(
                _(
                    "There is an appointment for this service and this person already. On its page "
                    "you can ask for an earlier time."
                ),
                code="live",
            )
        waiting = Waiting.objects.open().wishes().filter(attendee=attendee, service=service).first()
        if waiting and not may(actor, Deed.CHANGE, waiting):
            raise RuleViolation(
                _(
                    "Somebody else waits for a time for this service and this person already. They "
                    "will get the text."
                ),
                code="waiting",
            )
        if waiting:
            # Other wishes in its place would give up what it waits for.
            check_may(actor, Deed.GIVE_UP, waiting)
        waiting = waiting or Waiting(
            user=actor, attendee=attendee, service=service, since=timezone.now()
        )
        waiting.holder, waiting.operations = holder, operations
        waiting.region, waiting.office, waiting.before = region, office, end_of_day
        waiting.save()
    return waiting


def entry_of(appointment: Appointment, *, before: datetime | None = None) -> Waiting:
    """Return a new entry on the waiting list for an appointment, not saved yet."""
    return Waiting(
        user=appointment.user,
        holder=appointment.holder,
        attendee=appointment.attendee,
        service=appointment.service,
        operations=appointment.operations,
        appointment=appointment,
        region_id=appointment.slot.office.region_id,
        before=before,
        since=timezone.now(),
    )


def stop_waiting(*, actor: User, waiting: Waiting) -> None:
    """Take an entry off the waiting list; an offer that was made stays open.

    Raise RuleViolation as `check_may` does.
    """
    with transaction.atomic():
        lock(actor, waiting.attendee)
        check_may(actor, Deed.GIVE_UP, waiting)
        # An entry without an end is that of a displaced appointment, which has still to be told.
        waits = Waiting.objects.open().filter(pk=waiting.pk, before__isnull=False)
        waits.update(ended_at=timezone.now())


def end_waiting(appointment: Appointment) -> None:
    Waiting.objects.open().filter(appointment=appointment).update(ended_at=timezone.now())


def end_wish(attendee: Identity, service: Service) -> Counter[int]:
    """End the wish of somebody who has an appointment now; return {slot id: operations freed}."""
    wishes = Waiting.objects.open().wishes().filter(attendee=attendee, service=service)
    wishes.update(ended_at=timezone.now())
    # An offer stays open when its wish ends in another way.
    of_wishes = Offer.objects.filter(appointment=None, waiting__attendee=attendee)
    return withdraw_offers(of_wishes.filter(waiting__service=service))


def accept(*, actor: User, offer: Offer) -> Appointment:
    """Move the appointment to the offered slot; a second click changes nothing more.

    For somebody who waits without an appointment, it is a hold, to be confirmed as any other. Raise
    RuleViolation `expired` if the offer is no longer open, `registry_away`, else as the checks do.
    """
    registry.refresh_parties(actor, offer.waiting)
    return with_new_reference(partial(_accept, offer, actor))


@transaction.atomic
def _accept(offer: Offer, actor: User) -> Appointment:
    offer = _lock_offer(offer, actor, Deed.CHANGE)
    if offer.status == Offer.Status.ACCEPTED and offer.appointment:
        return offer.appointment
    in_time = Offer.objects.answerable().filter(pk=offer.pk)
    if not in_time.update(status=Offer.Status.ACCEPTED):
        raise RuleViolation(_("This time is no longer kept for you."), code="expired")
    freed = expire(lapsed_now().concerning(actor, offer.waiting.attendee, offer.slot))
    if offer.appointment:
        return _move_to(offer, actor, offer.appointment, freed)
    return _hold(offer, actor, freed)


def _move_to(
    offer: Offer, actor: User, appointment: Appointment, freed: Counter[int]
) -> Appointment:
    appointment = lock_and_reload(appointment)
    check_in_time_to_move(appointment)
    check_open_to_attendee(appointment)
    check_no_conflict(
        actor=actor,
        attendee=appointment.attendee,
        service=appointment.service,
        slot=offer.slot,
        instead_of=appointment,
    )
    freed += appointment.places
    end_waiting(appointment)
    reschedule(appointment, offer.slot, actor=actor)
    move_places(freed, into=offer.slot)
    return appointment


def _hold(offer: Offer, actor: User, freed: Counter[int]) -> Appointment:
    """Hold the offered slot; who waits stays on the list until the appointment is confirmed."""
    attendee, service = offer.waiting.attendee, offer.waiting.service
    holder = cast(Identity, effective_holder(actor, offer.waiting))
    check_may_book(actor=actor, holder=holder, attendee=attendee, service=service)
    check_no_conflict(actor=actor, attendee=attendee, service=service, slot=offer.slot)
    check_daily_changes(attendee, service)
    check_given_up(actor, attendee)
    held = new_hold(
        user=actor,
        slot=offer.slot,
        idempotency_key=uuid.uuid4(),
        holder=holder,
        attendee=attendee,
        service=service,
        operations=offer.operations,
    )
    Offer.objects.filter(pk=offer.pk).update(appointment=held)
    move_places(freed, into=offer.slot)
    return held


def decline(*, actor: User, offer: Offer) -> None:
    """Decline the offer and stay on the list; the place goes to the next who waits.

    Raise RuleViolation `accepted` for an offer that was accepted already.
    """
    with transaction.atomic():
        offer = _lock_offer(offer, actor, Deed.GIVE_UP)
        if offer.status == Offer.Status.ACCEPTED:
            raise RuleViolation(
                _("You have taken this time already. Move or cancel the appointment instead."),
                code="accepted",
            )
        _end_offer(offer, Offer.Status.DECLINED)


def lapse_due() -> int:
    """Lapse the offers that were not answered in time, pass on their places; return how many.

    Each offer has a transaction of its own. Those with a displaced appointment are notified:
    the notice of the offer may have come too late to be of use.
    """
    due = (
        Offer.objects.lapsed(timezone.now()).select_related("appointment__attendee").order_by("pk")
    )
    return for_each(due, _lapse)


@transaction.atomic
def _lapse(offer: Offer) -> int:
    lapsed = _end_offer(offer, Offer.Status.LAPSED)
    if lapsed and offer.appointment and offer.appointment.is_displaced:
        notify(offer.appointment, "appointment_offer_lapsed")
    return lapsed


def _end_offer(offer: Offer, status: Offer.Status) -> int:
    ended = Offer.objects.open().filter(pk=offer.pk).update(status=status)
    if ended:
        move_places({offer.slot_id: offer.operations})
    return ended


def _lock_offer(offer: Offer, actor: User, deed: Deed) -> Offer:
    """Lock what an offer is about, and return it as it is now, with its rows.

    Raise RuleViolation as `check_may` does.
    """
    lock(actor, offer.waiting.attendee)
    lock_entry(offer.waiting)
    if offer.appointment:
        lock_and_reload(offer.appointment)
    with_all = Offer.objects.select_related(
        "slot__office",
        "appointment__attendee",
        "waiting__user",
        "waiting__holder",
        "waiting__attendee",
        "waiting__service",
    )
    offer = with_all.get(pk=offer.pk)
    check_may(actor, deed, offer.waiting)
    return offer
