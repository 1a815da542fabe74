"""What becomes of those who are booked where an office closes."""

from datetime import timedelta

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
from core.exceptions import RuleViolation

# Somebody may be quicker at the time that is looked at; then the next one is.
MAX_TRIES = 10


def displace_due():
    """Tell everybody who is booked at a time that has closed, and keep another time for them.

    One after the other, each in one transaction with what they are told: whoever is killed in the
    middle, or comes a second time, goes on where it was left. How many were told.
    """
    closed = {"slot__is_closed": True, "slot__start__gt": timezone.now()}
    booked = Appointment.objects.filter(status=Status.CONFIRMED, **closed).order_by("slot", "pk")
    displaced = sum(retry_when_full(_displace, each) for each in booked[:1000])
    offers = Offer.objects.open().filter(**closed).select_related("appointment").order_by("pk")
    for offer in offers[:1000]:
        retry_when_full(_replace, offer.appointment)
    return displaced


def retry_when_full(action, appointment):
    for look in range(MAX_TRIES):
        try:
            with transaction.atomic():
                return action(appointment, may_look=look < MAX_TRIES - 1)
        except RuleViolation:
            continue


def _displace(appointment, *, may_look):
    appointment = lock_and_reload(appointment)
    if not (appointment.is_confirmed and appointment.slot.is_closed):
        return False
    freed = appointment.places + withdraw_offers(appointment.offers)
    Appointment.objects.filter(pk=appointment.pk).update(status=Status.DISPLACED)
    record(appointment, EventType.DISPLACED, actor=None, role=Role.PORTAL)
    drop_reminders(appointment)
    end_waiting(appointment)
    offer_replacement(appointment, freed, may_look=may_look)
    return True


def _replace(appointment, *, may_look):
    """The time that was kept for it has closed too."""
    appointment = lock_and_reload(appointment)
    freed = withdraw_offers(appointment.offers.filter(slot__is_closed=True))
    if appointment.is_displaced and freed:
        offer_replacement(appointment, freed, may_look=may_look)
    else:
        move_places(freed)


def offer_replacement(appointment, freed, *, may_look):
    slot = _nearest(appointment) if may_look else None
    if slot is None:
        notify(appointment, "appointment_closed")
        move_places(freed)
        return
    kept_for = timedelta(hours=settings.BOOKING["REPLACEMENT_HOURS"])
    until = min(timezone.now() + kept_for, _changeable_until(slot))
    make_offer(appointment, slot, until=until, template="appointment_displaced")
    move_places(freed, into=slot, operations=appointment.operations)


def _nearest(appointment):
    """The next free time after the one that has closed, there or else in the region; or before."""
    free = Slot.objects.bookable(appointment.service, appointment.operations)
    attendee = appointment.attendee_id
    others = Appointment.objects.live().filter(attendee=attendee).exclude(pk=appointment.pk)
    kept = Offer.objects.open().filter(appointment__attendee=attendee)
    for other in (*others.select_related("slot"), *kept.select_related("slot")):
        free = free.exclude(start__lt=other.slot.end, end__gt=other.slot.start)
    in_time = timezone.now() + timedelta(hours=settings.BOOKING["CHANGE_UNTIL_HOURS"] + 1)
    # Without those that a hold which has lapsed still counts.
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


def _changeable_until(slot):
    return slot.start - timedelta(hours=settings.BOOKING["CHANGE_UNTIL_HOURS"])
