"""Offers: places kept for an appointment until the applicant answers."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from appointments.actions.events import EventType, Role, record
from appointments.actions.locks import lock_and_reload
from appointments.actions.notices import notify
from appointments.actions.rules import check_may_move
from appointments.models import Appointment, Offer, OfferQuerySet, Slot, Waiting
from core.exceptions import RuleViolation


def offer_freed_places(freed: Mapping[int, int]) -> Counter[int]:
    """Offer freed places, {slot id: operations}, to the waiting list; return those kept for it.

    The earliest slot comes first, as nobody is offered two at a time.
    """
    slots = Slot.objects.filter(pk__in=freed).select_related("office").order_by("start", "pk")
    return Counter({slot.pk: offer_places(slot, freed[slot.pk]) for slot in slots})


def offer_places(slot: Slot, free: int, **filters: Any) -> int:
    """Offer up to `free` operations of a slot to the waiting list, and return how many are kept.

    `criteria` are further filters on the waiting list.
    """
    left = free
    passed_over: list[int] = []
    while left:
        candidates = (
            Waiting.objects.fitting(slot, left).filter(**filters).exclude(pk__in=passed_over)
        )
        # A locked entry belongs to an applicant who is changing the appointment right now.
        next_one = candidates.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
        if next_one is None:
            break
        passed_over.append(next_one.pk)
        appointment = lock_and_reload(next_one.appointment)
        # The check is repeated under the lock: another offer may have been made since the query.
        fits = Waiting.objects.fitting(slot, left).filter(pk=next_one.pk).exists()
        if fits and _may_still_book(appointment):
            kept_for = timedelta(minutes=settings.BOOKING["OFFER_MINUTES"])
            # The offer ends when the present appointment can no longer be changed.
            until = min(timezone.now() + kept_for, appointment.change_until)
            make_offer(appointment, slot, until=until, template="appointment_offered")
            left -= appointment.operations
    return free - left


def _may_still_book(appointment: Appointment) -> bool:
    """Return whether the user may still book this: links end, and services close."""
    try:
        check_may_move(appointment)
    except RuleViolation:
        return False
    return True


def make_offer(appointment: Appointment, slot: Slot, *, until: datetime, template: str) -> Offer:
    """Keep a slot for an appointment until the moment `until`, and notify the user who booked it.

    The caller has to take its operations of the slot in the same transaction.
    """
    offer = Offer.objects.create(
        appointment=appointment,
        slot=slot,
        operations=appointment.operations,
        created_at=timezone.now(),
        expires_at=until,
    )
    record(appointment, EventType.OFFERED, actor=None, role=Role.PORTAL)
    notify(appointment, template, offer=offer)
    return offer


def withdraw_offers(offers: OfferQuerySet) -> Counter[int]:
    """Withdraw the offers that are still open, and return {slot id: operations freed}."""
    freed: Counter[int] = Counter()
    for offer in offers.open().order_by("pk"):
        if Offer.objects.open().filter(pk=offer.pk).update(status=Offer.Status.WITHDRAWN):
            freed[offer.slot_id] += offer.operations
    return freed
