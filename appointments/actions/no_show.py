"""What becomes of appointments of which the desk has not said what became of them."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from appointments.actions.events import Deed, Role, State, record
from appointments.actions.locks import lock_waiting
from appointments.actions.offers import withdraw_offers
from appointments.actions.places import move_places
from appointments.actions.waiting import end_waiting
from appointments.models import Appointment

# So long after its end the desk can still say it: until late in the same evening.
DESK_HOURS = 12
_ENDS = {
    State.CONFIRMED: (State.NO_SHOW, Deed.NO_SHOW),
    State.CHECKED_IN: (State.SERVED, Deed.SERVED),
}


def settle_past():
    """Mark who was here as served, and who was not as missing; how many.

    As long as an appointment stands, its person can book no other for the same service.
    """
    over = {"slot__end__lte": timezone.now() - timedelta(hours=DESK_HOURS)}
    past = Appointment.objects.filter(state__in=_ENDS, **over).order_by("slot", "pk")
    return sum(_settle(appointment) for appointment in past[:1000])


def _settle(appointment):
    after, deed = _ENDS[appointment.state]
    with transaction.atomic():
        lock_waiting(appointment)
        # As it was found: a clerk may have been quicker.
        unmarked = Appointment.objects.filter(
            pk=appointment.pk, state=appointment.state, slot=appointment.slot_id
        )
        settled = unmarked.update(state=after)
        if settled:
            record(appointment, deed, actor=None, role=Role.PORTAL)
            end_waiting(appointment)
            freed = withdraw_offers(appointment.offers)
            freed[appointment.slot_id] += appointment.operations
            move_places(freed)
    return settled
