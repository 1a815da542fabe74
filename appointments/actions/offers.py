"""Times kept for somebody until they answer."""

from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from appointments.actions.events import EventType, Role, record
from appointments.actions.locks import lock_and_reload
from appointments.actions.notices import notify
from appointments.actions.rules import check_may_move
from appointments.models import Offer, Slot, Waiting
from core.exceptions import RuleViolation


def offer_to_who_waits(freed):
    """Keep places that come free, {slot id: operations}, for those who wait; what is kept of them.

    The earliest first: nobody is offered two at a time.
    """
    slots = Slot.objects.filter(pk__in=freed).select_related("office").order_by("start", "pk")
    return Counter({slot.pk: offer_places(slot, freed[slot.pk]) for slot in slots})


def offer_places(slot, free, **who):
    """Keep so many operations of a slot for those who wait, or for those of them; how many."""
    left, passed_over = free, []
    while left:
        fitting = Waiting.objects.that_fit(slot, left).filter(**who).exclude(pk__in=passed_over)
        # Who is locked is changing their appointment right now.
        next_one = fitting.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
        if next_one is None:
            break
        passed_over.append(next_one.pk)
        appointment = lock_and_reload(next_one.appointment)
        # Looked at again under the lock: they may have been offered a time since the look.
        fits = Waiting.objects.that_fit(slot, left).filter(pk=next_one.pk).exists()
        if fits and _may_still_book(appointment):
            kept_for = timedelta(minutes=settings.BOOKING["OFFER_MINUTES"])
            # Until they can still change what they have.
            until = min(timezone.now() + kept_for, appointment.change_until)
            make_offer(appointment, slot, until=until, template="appointment_offered")
            left -= appointment.operations
    return free - left


def _may_still_book(appointment):
    """Whether whoever booked it still may: links end, and services close."""
    try:
        check_may_move(appointment)
    except RuleViolation:
        return False
    return True


def make_offer(appointment, slot, *, until, template):
    """Keep a time for an appointment until then, and tell who has booked it.

    Its operations have to be taken of the slot in the same transaction.
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


def withdraw_offers(offers):
    """Whoever they were made to has no use for them any more; {slot id: operations freed}."""
    freed = Counter()
    for offer in offers.open().order_by("pk"):
        if Offer.objects.open().filter(pk=offer.pk).update(status=Offer.Status.WITHDRAWN):
            freed[offer.slot_id] += offer.operations
    return freed
