"""Waiting for an earlier time, and the answer to one that is offered."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.actions.locks import lock, lock_and_reload
from appointments.actions.notices import notify
from appointments.actions.offers import offer_places
from appointments.actions.places import move_places
from appointments.actions.rescheduling import reschedule
from appointments.actions.rules import check_can_be_changed, check_may_move, check_no_conflict
from appointments.models import Offer, Slot, Waiting
from core.exceptions import RuleViolation


def wait(*, actor, appointment, office=None):
    """Be told when an earlier time comes free at `office`, or anywhere in the region.

    Who waits already keeps their turn.
    """
    with transaction.atomic():
        lock(actor, appointment.attendee)
        appointment = lock_and_reload(appointment, user=actor)
        check_can_be_changed(appointment)
        check_may_move(appointment)
        if appointment.is_displaced:
            raise RuleViolation(
                _("The office has closed at this time. Choose another time first."), code="status"
            )
        waiting, _is_new = Waiting.objects.open().get_or_create(
            appointment=appointment, defaults={"office": office, "since": timezone.now()}
        )
        if waiting.office != office:
            waiting.office = office
            waiting.save(update_fields=["office"])
    return waiting


def stop_waiting(*, actor, appointment):
    """What is offered already stays offered."""
    with transaction.atomic():
        lock(actor, appointment.attendee)
        end_waiting(lock_and_reload(appointment, user=actor))


def end_waiting(appointment):
    Waiting.objects.open().filter(appointment=appointment).update(ended_at=timezone.now())


def accept(*, actor, offer):
    """Move the appointment to the time that is kept for it; once, on a second click."""
    with transaction.atomic():
        lock(actor, offer.appointment.attendee)
        appointment = lock_and_reload(offer.appointment, user=actor)
        offer = Offer.objects.select_related("slot__office").get(pk=offer.pk)
        if offer.status == Offer.Status.ACCEPTED:
            return appointment
        in_time = Offer.objects.open().filter(pk=offer.pk, expires_at__gt=timezone.now())
        if not in_time.update(status=Offer.Status.ACCEPTED):
            raise RuleViolation(_("This time is no longer kept for you."), code="expired")
        check_can_be_changed(appointment)
        check_may_move(appointment)
        check_no_conflict(
            actor=actor,
            attendee=appointment.attendee,
            service=appointment.service,
            slot=offer.slot,
            instead_of=appointment,
        )
        freed = appointment.places
        end_waiting(appointment)
        reschedule(appointment, offer.slot, actor=actor)
        move_places(freed, into=offer.slot)
    return appointment


def decline(*, actor, offer):
    """Keep the appointment as it is; the time goes to the next who waits."""
    with transaction.atomic():
        lock(actor, offer.appointment.attendee)
        lock_and_reload(offer.appointment, user=actor)
        if Offer.objects.filter(pk=offer.pk, status=Offer.Status.ACCEPTED).exists():
            raise RuleViolation(
                _("You have taken this time already. Move or cancel the appointment instead."),
                code="accepted",
            )
        _end(offer, Offer.Status.DECLINED)


def lapse_due():
    """Pass on the times that nobody has accepted, one after the other; how many.

    Whose office has closed is told: the text about it may have come too late to be of use.
    """
    due = Offer.objects.lapsed(timezone.now()).select_related("appointment__user").order_by("pk")
    lapsed = 0
    for offer in due[:1000]:
        told = "appointment_offer_lapsed" if offer.appointment.is_displaced else None
        with transaction.atomic():
            lapsed += _end(offer, Offer.Status.LAPSED, told=told)
    return lapsed


def offer_what_came_free():
    """Keep for those who wait what no single change has freed for them; how many operations.

    Places that came free one after the other, for two who come together; and what new hours give.
    Only what came free while they waited: who waits does not want what could have been had before.
    """
    kept = 0
    for slot in Slot.objects.that_came_free(timezone.now() - timedelta(hours=1)):
        try:
            with transaction.atomic():
                free = slot.capacity - slot.taken
                places = offer_places(slot, free, since__lt=slot.came_free_at)
                if places:
                    move_places({}, into=slot, operations=places)
        except RuleViolation:
            # Somebody was quicker; what is left is looked at the next time.
            continue
        kept += places
    return kept


def _end(offer, status, *, told=None):
    ended = Offer.objects.open().filter(pk=offer.pk).update(status=status)
    if ended:
        if told:
            notify(offer.appointment, told)
        move_places({offer.slot_id: offer.operations})
    return ended
