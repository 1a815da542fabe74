"""Displacing appointments at slots that have closed, with a replacement time for each."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.locks import lock_and_reload
from appointments.actions.notices import notify
from appointments.actions.offers import make_offer, withdraw_offers
from appointments.actions.places import move_places
from appointments.actions.reminders import drop_reminders
from appointments.actions.waiting import end_waiting
from appointments.models import Appointment, Offer, Slot
from core.chores.rows import for_each
from core.exceptions import RuleViolation

# Somebody else may take the slot that was found; the next try looks for another one.
MAX_TRIES = 10


def displace_due() -> int:
    """Displace the appointments at closed slots, and return how many were displaced.

    Each applicant is notified and another time is kept for them. Each appointment has a transaction
    of its own, together with its notice: after a run that is killed in the middle, or beside
    another run, the next one goes on where it stopped.
    """
    closed = {"slot__is_closed": True, "slot__start__gt": timezone.now()}
    booked = Appointment.objects.filter(status=Status.CONFIRMED, **closed).order_by("slot", "pk")
    offers = Offer.objects.open().filter(**closed).select_related("appointment").order_by("pk")
    try:
        return for_each(booked, partial(retry_when_full, _displace))
    finally:
        for_each(
            (offer.appointment for offer in offers), partial(retry_when_full, _replace_closed_offer)
        )


def retry_when_full(action: Callable[..., bool | None], appointment: Appointment) -> bool | None:
    for attempt in range(MAX_TRIES):
        try:
            with transaction.atomic():
                return action(appointment, may_search=attempt < MAX_TRIES - 1)
        except RuleViolation:
            continue
    return None


def _displace(appointment: Appointment, *, may_search: bool) -> bool:
    appointment = lock_and_reload(appointment)
    if not (appointment.is_confirmed and appointment.slot.is_closed):
        return False
    freed = appointment.places + withdraw_offers(appointment.offers.all())
    Appointment.objects.filter(pk=appointment.pk).update(status=Status.DISPLACED)
    record(appointment, EventType.DISPLACED, actor=None, role=Role.PORTAL)
    drop_reminders(appointment)
    end_waiting(appointment)
    offer_replacement(appointment, freed, may_search=may_search)
    return True


def _replace_closed_offer(appointment: Appointment, *, may_search: bool) -> None:
    """Replace an offer whose slot has closed too."""
    appointment = lock_and_reload(appointment)
    freed = withdraw_offers(appointment.offers.filter(slot__is_closed=True))
    if appointment.is_displaced and freed:
        offer_replacement(appointment, freed, may_search=may_search)
    else:
        move_places(freed)


def offer_replacement(appointment: Appointment, freed: Counter[int], *, may_search: bool) -> None:
    slot = _nearest_free_slot(appointment) if may_search else None
    if slot is None:
        notify(appointment, "appointment_closed")
        move_places(freed)
        return
    kept_for = timedelta(hours=settings.BOOKING["REPLACEMENT_HOURS"])
    until = min(timezone.now() + kept_for, _changeable_until(slot))
    make_offer(appointment, slot, until=until, template="appointment_displaced")
    move_places(freed, into=slot, operations=appointment.operations)


def _nearest_free_slot(appointment: Appointment) -> Slot | None:
    """Return the nearest free slot, or None.

    Slots after the closed one come before earlier ones, and in each case those of the same office
    before others of its region.
    """
    free = Slot.objects.bookable(appointment.service, appointment.operations)
    attendee = appointment.attendee_id
    others = Appointment.objects.live().filter(attendee=attendee).exclude(pk=appointment.pk)
    kept = Offer.objects.open().filter(appointment__attendee=attendee)
    taken: list[Appointment | Offer] = [
        *others.select_related("slot"),
        *kept.select_related("slot"),
    ]
    for other in taken:
        free = free.exclude(start__lt=other.slot.end, end__gt=other.slot.start)
    in_time = timezone.now() + timedelta(hours=settings.BOOKING["CHANGE_UNTIL_HOURS"] + 1)
    # Slots with room only through lapsed holds are left out: `taken` still counts those.
    free = free.filter(taken__lte=F("capacity") - appointment.operations)
    free = free.filter(start__gt=in_time).select_related("office").order_by("start", "pk")
    office = appointment.slot.office
    here, around = free.filter(office=office), free.filter(office__region=office.region_id)
    later = {"start__gte": appointment.slot.start}
    return (
        here.filter(**later).first()
        or around.filter(**later).first()
        or here.first()
        or around.first()
    )


def _changeable_until(slot: Slot) -> datetime:
    return slot.start - timedelta(hours=settings.BOOKING["CHANGE_UNTIL_HOURS"])
