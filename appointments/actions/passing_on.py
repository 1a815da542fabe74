"""Telling both sides of what is booked or waited for through a holder who has lost the link."""

from django.db import transaction

from appointments.actions.events import EventType, Role, record
from appointments.actions.locks import lock_and_reload, lock_entry
from appointments.actions.notices import tell_passed_on, tell_wish_passed_on
from appointments.models import Appointment, Waiting
from core.accounts.audience import handover_of
from core.chores.rows import for_each


def pass_on_appointments() -> int:
    """Tell both sides of appointments ahead whose holder has lost the link; return how many.

    The rights have changed with the link already: see `core.accounts.rights`. What passes on again,
    to another guardian, is told of again. What a link that is back has given back is told of anew
    when that ends too.
    """
    Appointment.objects.held_again().update(passed_on_to=[])
    return for_each(Appointment.objects.passed_on().order_by("pk"), _pass_on)


def pass_on_wishes() -> int:
    """Tell both sides of open wishes whose holder has lost the link, in the same way."""
    Waiting.objects.held_again().update(passed_on_to=[])
    wishes = Waiting.objects.passed_on().select_related("holder", "attendee")
    return for_each(wishes.order_by("pk"), _pass_on_wish)


def _pass_on(appointment: Appointment) -> int:
    # Most have been told of: they take no lock.
    if handover_of(appointment) is None:
        return 0
    with transaction.atomic():
        appointment = lock_and_reload(appointment)
        handover = handover_of(appointment)
        still = Appointment.objects.passed_on().filter(pk=appointment.pk)
        if handover is None or not still.exists():
            return 0
        Appointment.objects.filter(pk=appointment.pk).update(passed_on_to=handover.successors)
        record(appointment, EventType.PASSED_ON, actor=None, role=Role.PORTAL)
        tell_passed_on(appointment, handover)
    return 1


def _pass_on_wish(wish: Waiting) -> int:
    if handover_of(wish) is None:
        return 0
    with transaction.atomic():
        lock_entry(wish)
        still = Waiting.objects.passed_on().filter(pk=wish.pk).first()
        handover = handover_of(still) if still else None
        if handover is None:
            return 0
        Waiting.objects.filter(pk=wish.pk).update(passed_on_to=handover.successors)
        tell_wish_passed_on(wish, handover)
    return 1
