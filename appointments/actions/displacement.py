"""Displacing appointments at slots that have closed; the allocator finds another time for each."""

from django.db import transaction
from django.utils import timezone

from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.locks import lock_and_reload, lock_entry
from appointments.actions.offers import withdraw_offers
from appointments.actions.places import move_places
from appointments.actions.reminders import drop_reminders
from appointments.actions.waiting import end_waiting, entry_of
from appointments.models import Appointment, Offer
from core.chores.rows import for_each
from core.wake import Topic, wake_workers


def displace_due() -> int:
    """Displace the appointments at closed slots, and return how many were displaced.

    Each appointment has a transaction of its own: after a run that is killed in the middle, or
    beside another run, the next one goes on where it stopped.
    """
    closed = {"slot__is_closed": True, "slot__start__gt": timezone.now()}
    booked = Appointment.objects.filter(status=Status.CONFIRMED, **closed).order_by("slot", "pk")
    offers = (
        Offer.objects.open()
        .filter(**closed)
        .select_related("appointment", "waiting")
        .order_by("pk")
    )
    try:
        return for_each(booked, _displace)
    finally:
        for_each(offers, _withdraw_closed)


@transaction.atomic
def _displace(appointment: Appointment) -> int:
    appointment = lock_and_reload(appointment)
    if not (appointment.is_confirmed and appointment.slot.is_closed):
        return 0
    freed = appointment.places + withdraw_offers(appointment.offers.all())
    Appointment.objects.filter(pk=appointment.pk).update(status=Status.DISPLACED)
    record(appointment, EventType.DISPLACED, actor=None, role=Role.PORTAL)
    drop_reminders(appointment)
    end_waiting(appointment)
    entry_of(appointment).save()
    wake_workers(Topic.PLACES)
    move_places(freed)
    return 1


@transaction.atomic
def _withdraw_closed(offer: Offer) -> None:
    """Withdraw an offer whose slot has closed too; a displaced appointment waits for another."""
    lock_entry(offer.waiting)
    appointment = lock_and_reload(offer.appointment) if offer.appointment else None
    freed = withdraw_offers(Offer.objects.filter(pk=offer.pk))
    if freed and appointment and appointment.is_displaced:
        entry_of(appointment).save()
        wake_workers(Topic.PLACES)
    move_places(freed)
