"""Settling past appointments that the desk has not marked."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.locks import lock_waiting
from appointments.actions.offers import withdraw_offers
from appointments.actions.places import move_places
from appointments.actions.waiting import end_waiting
from appointments.models import Appointment
from core.chores.rows import for_each

# For this many hours after its end the desk can still mark an appointment: until late in the same
# evening.
DESK_HOURS = 12
_FINAL: dict[str, tuple[Status, EventType]] = {
    Status.CONFIRMED: (Status.NO_SHOW, EventType.NO_SHOW),
    Status.CHECKED_IN: (Status.SERVED, EventType.SERVED),
}


def settle_past() -> int:
    """Mark past appointments as served if checked in, else as no-shows; return how many.

    As long as an appointment is live, its attendee can book no other for the same service.
    """
    over = {"slot__end__lte": timezone.now() - timedelta(hours=DESK_HOURS)}
    past = Appointment.objects.filter(status__in=_FINAL, **over).order_by("slot", "pk")
    return for_each(past, _settle)


def _settle(appointment: Appointment) -> int:
    after, event_type = _FINAL[appointment.status]
    with transaction.atomic():
        lock_waiting(appointment)
        # The filter repeats the status and the slot that were read: a clerk may have been quicker.
        unsettled = Appointment.objects.filter(
            pk=appointment.pk, status=appointment.status, slot=appointment.slot_id
        )
        settled = unsettled.update(status=after)
        if settled:
            record(appointment, event_type, actor=None, role=Role.PORTAL)
            end_waiting(appointment)
            freed = withdraw_offers(appointment.offers.all())
            freed[appointment.slot_id] += appointment.operations
            move_places(freed)
    return settled
