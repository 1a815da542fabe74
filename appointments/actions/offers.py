"""Offers: places kept for somebody until they answer."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from appointments.actions.events import EventType, Role, record
from appointments.actions.notices import notify_waiting
from appointments.models import Offer, OfferQuerySet, Slot, Waiting


def make_offer(
    waiting: Waiting,
    slot: Slot,
    *,
    until: datetime,
    template: str,
    told_at: datetime | None = None,
    why_closed: object = None,
    **options: Any,
) -> Offer:
    """Keep a slot for who waits until the moment `until`, and notify them, not before `told_at`.

    The caller has to take its operations of the slot in the same transaction. `why_closed` is the
    closure of the present slot, if there is one; `options` are those of the notice.
    """
    appointment = waiting.appointment
    # Rounded, because `until` is a moment early.
    hours = round((until - (told_at or timezone.now())) / timedelta(hours=1))
    offer = Offer.objects.create(
        waiting=waiting,
        appointment=appointment,
        slot=slot,
        operations=waiting.operations,
        created_at=timezone.now(),
        expires_at=until,
    )
    if appointment:
        record(appointment, EventType.OFFERED, actor=None, role=Role.PORTAL)
    notify_waiting(
        waiting,
        template,
        {"offer": offer, "hours": hours, "why_closed": why_closed},
        not_before=told_at,
        not_after=until,
        **options,
    )
    return offer


def withdraw_offers(offers: OfferQuerySet) -> Counter[int]:
    """Withdraw the offers that are still open, and return {slot id: operations freed}."""
    freed: Counter[int] = Counter()
    for offer in offers.open().order_by("pk"):
        if Offer.objects.open().filter(pk=offer.pk).update(status=Offer.Status.WITHDRAWN):
            freed[offer.slot_id] += offer.operations
    return freed
