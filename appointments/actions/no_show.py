"""Settling past appointments that the desk has not marked: in the night, and by managers."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.locks import lock_waiting, reload
from appointments.actions.offers import withdraw_offers
from appointments.actions.places import move_places
from appointments.actions.rights import Deed, check_may
from appointments.actions.rules import wrong_status
from appointments.actions.waiting import end_waiting
from appointments.models import Appointment
from appointments.models.office_day import DESK_HOURS
from core.accounts.models import User
from core.chores.rows import for_each

_FINAL: dict[str, tuple[Status, EventType]] = {
    Status.CONFIRMED: (Status.NO_SHOW, EventType.NO_SHOW),
    Status.CHECKED_IN: (Status.UNMARKED, EventType.UNMARKED),
}
_OUTCOMES = {Status.SERVED: EventType.SERVED, Status.NO_SHOW: EventType.NO_SHOW}


def settle_past() -> int:
    """Settle past appointments and return how many: who did not come has missed theirs.

    Who was checked in is left to a manager, and counts as served after `UNMARKED_DAYS` without an
    answer. As long as an appointment is live, its attendee can book no other for the same service.
    """
    over = timezone.now() - DESK_HOURS
    past = Appointment.objects.filter(status__in=_FINAL, slot__end__lte=over)
    settled = for_each(past.order_by("slot", "pk"), _settle)
    answer_by = over - timedelta(days=settings.BOOKING["UNMARKED_DAYS"])
    unanswered = Appointment.objects.unmarked().filter(slot__end__lte=answer_by)
    return settled + for_each(unanswered.order_by("slot", "pk"), _count_as_served)


def settle(*, actor: User, appointment: Appointment, outcome: Status) -> Appointment:
    """Say as a manager whether somebody was served; a second click does nothing.

    `outcome` is SERVED, or NO_SHOW for who left without it. Raise RuleViolation `not_manager` or
    `status`.
    """
    check_may(actor, Deed.SETTLE, appointment)
    with transaction.atomic():
        settled = _decide(appointment, outcome, actor, Role.CLERK)
        appointment = reload(appointment)
        if not settled and appointment.status != outcome:
            raise wrong_status(appointment)
    return appointment


@transaction.atomic
def _count_as_served(appointment: Appointment) -> int:
    return _decide(appointment, Status.SERVED, None, Role.PORTAL)


def _decide(appointment: Appointment, outcome: Status, actor: User | None, role: Role) -> int:
    # Its place was given back in the night.
    decided = Appointment.objects.unmarked().filter(pk=appointment.pk).update(status=outcome)
    if decided:
        record(appointment, _OUTCOMES[outcome], actor=actor, role=role)
    return decided


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
