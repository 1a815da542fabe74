"""The waiting list: waiting for an earlier time, and the answer to an offer."""

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
from appointments.models import Appointment, Offer, Office, Slot, Waiting
from core.accounts.models import User
from core.chores.rows import for_each
from core.exceptions import RuleViolation


def wait(*, actor: User, appointment: Appointment, office: Office | None = None) -> Waiting:
    """Put the appointment on the waiting list of `office`, or of every office in the region.

    An appointment that waits already keeps its turn. Raise RuleViolation as `check_can_be_changed`
    and `check_may_move` do, and `status` for a displaced appointment.
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


def stop_waiting(*, actor: User, appointment: Appointment) -> None:
    """Take the appointment off the waiting list; an offer that was made stays open."""
    with transaction.atomic():
        lock(actor, appointment.attendee)
        end_waiting(lock_and_reload(appointment, user=actor))


def end_waiting(appointment: Appointment) -> None:
    Waiting.objects.open().filter(appointment=appointment).update(ended_at=timezone.now())


def accept(*, actor: User, offer: Offer) -> Appointment:
    """Move the appointment to the offered slot; a second click changes nothing more.

    Raise RuleViolation `expired` if the offer is no longer open, else as the checks do.
    """
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


def decline(*, actor: User, offer: Offer) -> None:
    """Decline the offer and keep the appointment; the place goes to the next on the waiting list.

    Raise RuleViolation `accepted` for an offer that was accepted already.
    """
    with transaction.atomic():
        lock(actor, offer.appointment.attendee)
        lock_and_reload(offer.appointment, user=actor)
        if Offer.objects.filter(pk=offer.pk, status=Offer.Status.ACCEPTED).exists():
            raise RuleViolation(
                _("You have taken this time already. Move or cancel the appointment instead."),
                code="accepted",
            )
        _end_offer(offer, Offer.Status.DECLINED)


def lapse_due() -> int:
    """Lapse the offers that were not answered in time, pass on their places; return how many.

    Each offer has a transaction of its own. Applicants with a displaced appointment are notified:
    the notice of the offer may have come too late to be of use.
    """
    due = Offer.objects.lapsed(timezone.now()).select_related("appointment__user").order_by("pk")
    return for_each(due, _lapse)


def _lapse(offer: Offer) -> int:
    template = "appointment_offer_lapsed" if offer.appointment.is_displaced else None
    with transaction.atomic():
        return _end_offer(offer, Offer.Status.LAPSED, template=template)


def offer_recently_freed() -> int:
    """Offer waiting people the places that came free bit by bit; return how many operations.

    These are places that came free one after the other, for two people who come together, and those
    of new hours. Only people who were waiting by then are offered them: anybody who joined the list
    later could have booked them before.
    """
    kept = 0
    for slot in Slot.objects.freed_since(timezone.now() - timedelta(hours=1)):
        try:
            with transaction.atomic():
                free = slot.capacity - slot.taken
                places = offer_places(slot, free, since__lt=slot.came_free_at)
                if places:
                    move_places({}, into=slot, operations=places)
        except RuleViolation:
            # Somebody was quicker; the next run looks at what is left.
            continue
        kept += places
    return kept


def _end_offer(offer: Offer, status: Offer.Status, *, template: str | None = None) -> int:
    ended = Offer.objects.open().filter(pk=offer.pk).update(status=status)
    if ended:
        if template:
            notify(offer.appointment, template)
        move_places({offer.slot_id: offer.operations})
    return ended
