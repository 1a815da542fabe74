"""What becomes of appointments of which the desk has not said what became of them."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.locks import lock_waiting
from appointments.actions.offers import withdraw_offers
from appointments.actions.places import move_places
from appointments.actions.waiting import end_waiting
from appointments.models import Appointment

# So long after its end the desk can still say it: until late in the same evening.
DESK_HOURS = 12
_ENDS = {
    Status.CONFIRMED: (Status.NO_SHOW, EventType.NO_SHOW),
    Status.CHECKED_IN: (Status.SERVED, EventType.SERVED),
}


def settle_past():
    """Mark who was here as served, and who was not as missing; how many.

    As long as an appointment stands, its person can book no other for the same service.
    """
    over = {"slot__end__lte": timezone.now() - timedelta(hours=DESK_HOURS)}
    past = Appointment.objects.filter(status__in=_ENDS, **over).order_by("slot", "pk")
    return sum(_settle(appointment) for appointment in past[:1000])


def _settle(appointment):
    after, event_type = _ENDS[appointment.status]
    with transaction.atomic():
        lock_waiting(appointment)
        # As it was found: a clerk may have been quicker.
        unmarked = Appointment.objects.filter(
            pk=appointment.pk, status=appointment.status, slot=appointment.slot_id
        )
        settled = unmarked.update(status=after)
        if settled:
            record(appointment, event_type, actor=None, role=Role.PORTAL)
            end_waiting(appointment)
            freed = withdraw_offers(appointment.offers)
            freed[appointment.slot_id] += appointment.operations
            move_places(freed)
    return settled
