"""Displacing appointments at slots that have closed, and restoring them when those open again.

The allocator finds another time for whoever has been displaced.
"""

from django.db import transaction
from django.utils import timezone

from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.locks import lock, lock_and_reload, lock_entry
from appointments.actions.notices import drop_notices_of_closing, notify
from appointments.actions.offers import withdraw_offers
from appointments.actions.places import move_places
from appointments.actions.reminders import next_reminder
from appointments.actions.rules import check_no_conflict
from appointments.actions.waiting import end_waiting, entry_of
from appointments.models import Appointment, Offer
from core.chores.rows import for_each
from core.exceptions import RuleViolation
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


def restore_due() -> int:
    """Give displaced appointments back the times that are open again; return how many.

    Whoever has chosen another time or accepted an offer keeps that. Reopening has reserved the
    places, so that nobody has taken them meanwhile.
    """
    again = Appointment.objects.filter(
        status=Status.DISPLACED, slot__is_closed=False, slot__start__gt=timezone.now()
    )
    return for_each(again.select_related("user", "attendee").order_by("slot", "pk"), _restore)


def _restore(appointment: Appointment) -> int:
    try:
        with transaction.atomic():
            return _restore_once(appointment)
    except RuleViolation:
        # They have another appointment at this time by now, or the place is gone: they choose.
        return 0


def _restore_once(appointment: Appointment) -> int:
    lock(appointment.user, appointment.attendee)
    appointment = lock_and_reload(appointment)
    if not appointment.is_displaced or appointment.slot.is_closed:
        return 0
    check_no_conflict(
        actor=appointment.user,
        attendee=appointment.attendee,
        service=appointment.service,
        slot=appointment.slot,
        instead_of=appointment,
    )
    is_told = not appointment.waitings.open().exists()
    drop_notices_of_closing(appointment)
    freed = withdraw_offers(appointment.offers.all())
    end_waiting(appointment)
    remind_at = next_reminder(appointment, timezone.now())
    restored = {"status": Status.CONFIRMED, "remind_at": remind_at}
    Appointment.objects.filter(pk=appointment.pk).update(**restored)
    record(appointment, EventType.RESTORED, actor=None, role=Role.PORTAL)
    if is_told:
        notify(appointment, "appointment_restored")
    move_places(freed, into=appointment.slot, operations=appointment.operations, before_others=True)
    return 1


@transaction.atomic
def _displace(appointment: Appointment) -> int:
    appointment = lock_and_reload(appointment)
    if not (appointment.is_confirmed and appointment.slot.is_closed):
        return 0
    freed = appointment.places + withdraw_offers(appointment.offers.all())
    Appointment.objects.filter(pk=appointment.pk).update(status=Status.DISPLACED)
    record(appointment, EventType.DISPLACED, actor=None, role=Role.PORTAL)
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
