"""The allocator: it turns reserved places into offers, in order of waiting, or lets them go.

The worker runs it, outside all bookings. Each offer is a transaction of its own, so that a worker
that is killed anywhere leaves no place lost and no offer made twice: what was reserved is either
still reserved or taken by the offer.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from appointments.actions.locks import lock, lock_and_reload, lock_entry
from appointments.actions.notices import notify, of_closing
from appointments.actions.offers import make_offer
from appointments.actions.places import let_go, move_places, take_reserved
from appointments.actions.rules import check_may_book, check_open_to_attendee
from appointments.models import Appointment, Closure, Offer, Slot, Waiting
from appointments.models.slots import ALLOCATOR
from appointments.offer_hours import hours_at, is_too_soon, next_begin, offer_until
from core.accounts.audience import audience_of
from core.accounts.models import Identity, User
from core.accounts.rights import effective_holder
from core.chores.actions import note_alive
from core.chores.rows import Failures, Step, for_each
from core.exceptions import RuleViolation

# Somebody else may take the slot that was found; the next try looks for another one.
MAX_TRIES = 10


def allocate() -> int:
    """Offer reserved places to who waits, displaced appointments first; return how many offers.

    Each row is on its own: a failure with one is logged, and the others go on.
    """
    _end_past_waiting()
    step = Step()
    displaced = Waiting.objects.displaced().select_related("user", "attendee")
    offered = 0
    try:
        replaced = for_each(displaced, _replace, step)
    finally:
        # After a large closing, who is left over of the displaced still comes before all others.
        if not step.is_over:
            offered = _offer_reserved(step)
    return replaced + offered


def _end_past_waiting() -> None:
    now = timezone.now()
    past = Waiting.objects.open().filter(before__lte=now)
    if past.exists():
        past.update(ended_at=now)


# Reserved places


def _offer_reserved(step: Step) -> int:
    try:
        reserved = Slot.objects.reserved().select_related("office")
        return for_each(reserved, partial(_offer_places_of, step), step)
    finally:
        # What is reserved is handed out, even if somebody's offer fails.
        note_alive(ALLOCATOR)


def _offer_places_of(step: Step, slot: Slot) -> int:
    """Offer the reserved places of a slot to those who wait, as far as they fit; return how many.

    Who waits longest comes first. If they need more places than are reserved, those are kept for
    them for a while, as another may come free. What nobody can have is let go. An entry that fails
    hides nobody behind it.
    """
    offered, passed_over, failures = 0, set[int](), Failures()
    while slot.reserved and not step.is_over:
        now = timezone.now()
        if hours_at(now) is None and not is_too_soon(slot.start, now):
            break
        fitting = Waiting.objects.fitting(slot).exclude(pk__in=passed_over)
        waiting = fitting.select_related("user", "attendee").first()
        if waiting is None:
            let_go(slot)
            break
        if waiting.operations <= slot.reserved:
            offered += failures.attempt(partial(_offer, slot), waiting)
        elif _waits_for_another_place(slot, now):
            break
        passed_over.add(waiting.pk)
        slot.refresh_from_db(fields=["reserved"])
    failures.raise_first()
    return offered


def _waits_for_another_place(slot: Slot, now: datetime) -> bool:
    """Return whether the slot's places are kept for somebody who needs more of them.

    They are not, where they would then be too soon to be offered to the next.
    """
    if slot.reserved_at is None:
        return False
    until = slot.reserved_at + timedelta(minutes=settings.BOOKING["SECOND_PLACE_MINUTES"])
    return now < until and not is_too_soon(slot.start, until)


def _offer(slot: Slot, waiting: Waiting) -> int:
    """Offer places of the slot to this person, if that is still right; return whether it was."""
    try:
        with transaction.atomic():
            lock(waiting.user, waiting.attendee)
            lock_entry(waiting)
            # They may have an appointment or another offer by now.
            still = Waiting.objects.fitting(slot).filter(pk=waiting.pk)
            waiting = still.select_related(
                "holder", "attendee", "service", "appointment__slot__office"
            ).get()
            _check_may_accept(waiting)
            until, template = offer_until(timezone.now()), "time_free"
            if waiting.appointment:
                # The offer ends when the present appointment can no longer be changed.
                until = min(until, waiting.appointment.move_until)
                template = "appointment_offered"
            make_offer(waiting, slot, until=until, template=template)
            take_reserved(slot, waiting.operations)
    except (Waiting.DoesNotExist, User.DoesNotExist, RuleViolation):
        # Links end, services close, and places are taken; the next in the list may have it.
        return 0
    return 1


def _check_may_accept(waiting: Waiting) -> None:
    """Check that there is an account that may accept an offer for this entry, as things are now.

    Raise User.DoesNotExist if there is none, or RuleViolation as the checks do.
    """
    accounts = [to.account for to in audience_of(waiting).owners if to.account]
    user = User.objects.select_related("identity").filter(pk__in=accounts).earliest("pk")
    if waiting.appointment:
        check_open_to_attendee(waiting)
    else:
        check_may_book(
            actor=user,
            holder=cast(Identity, effective_holder(user, waiting)),
            attendee=waiting.attendee,
            service=waiting.service,
        )


# Displaced appointments


def _replace(waiting: Waiting) -> int:
    """Keep another time for a displaced appointment and tell its user, once; return whether so."""
    for attempt in range(MAX_TRIES):
        try:
            with transaction.atomic():
                return _replace_once(waiting, may_search=attempt < MAX_TRIES - 1)
        except RuleViolation as violation:
            if violation.code != "full":
                raise
    return 0


def _replace_once(waiting: Waiting, *, may_search: bool) -> int:
    lock(waiting.user, waiting.attendee)
    lock_entry(waiting)
    still = Waiting.objects.displaced().filter(pk=waiting.pk).select_related("appointment").first()
    if still is None or still.appointment is None:
        return 0
    waiting = still
    appointment = waiting.appointment = lock_and_reload(still.appointment)
    Waiting.objects.filter(pk=waiting.pk).update(ended_at=timezone.now())
    told_at = _wakes_nobody(appointment.slot.start)
    slot = _nearest_free_slot(appointment, told_at) if may_search else None
    why_closed = Closure.objects.why_closed(appointment.slot)
    if slot is None:
        options = {"not_before": told_at, "occasion": of_closing(waiting)}
        notify(appointment, "appointment_closed", why_closed=why_closed, **options)
        return 0
    kept_for = timedelta(hours=settings.BOOKING["REPLACEMENT_HOURS"])
    until = min(told_at + kept_for, _changeable_until(slot))
    make_offer(
        waiting,
        slot,
        until=until,
        template="appointment_displaced",
        told_at=told_at,
        why_closed=why_closed,
        occasion=of_closing(waiting),
    )
    move_places({}, into=slot, operations=waiting.operations, before_others=True)
    return 1


def _wakes_nobody(start: datetime) -> datetime:
    """Return when to tell somebody that their appointment at `start` cannot take place.

    It is in the hours for offers, except where that would be too late to stay at home.
    """
    now = timezone.now()
    if hours_at(now) is not None or is_too_soon(start, now):
        return now
    return next_begin(now)


def _nearest_free_slot(appointment: Appointment, told_at: datetime) -> Slot | None:
    """Return the nearest slot with room, reserved places among it, or None.

    It leaves time to answer from the moment `told_at` on. Slots after the closed one come before
    earlier ones, and in each case those of the same office before others of its region.
    """
    slots = Slot.objects.bookable_before_others(appointment.service, appointment.operations)
    attendee = appointment.attendee_id
    others = Appointment.objects.live().filter(attendee=attendee).exclude(pk=appointment.pk)
    kept = Offer.objects.open().filter(waiting__attendee=attendee)
    taken: list[Appointment | Offer] = [
        *others.select_related("slot"),
        *kept.select_related("slot"),
    ]
    for other in taken:
        slots = slots.exclude(start__lt=other.slot.end, end__gt=other.slot.start)
    in_time = told_at + timedelta(hours=settings.BOOKING["CHANGE_UNTIL_HOURS"] + 1)
    slots = slots.filter(start__gt=in_time).select_related("office").order_by("start", "pk")
    office = appointment.slot.office
    here, around = slots.filter(office=office), slots.filter(office__region=office.region_id)
    later = {"start__gte": appointment.slot.start}
    return (
        here.filter(**later).first()
        or around.filter(**later).first()
        or here.first()
        or around.first()
    )


def _changeable_until(slot: Slot) -> datetime:
    return slot.start - timedelta(hours=settings.BOOKING["CHANGE_UNTIL_HOURS"])
