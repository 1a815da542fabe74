"""Telling both sides of what is booked or waited for through a holder who has lost the link."""

from django.db import transaction
from django.utils import timezone

from appointments.actions.events import EventType, Role, record
from appointments.actions.locks import lock_and_reload, lock_entry
from appointments.actions.notices import tell_passed_on, tell_wish_passed_on
from appointments.models import Appointment, Waiting
from core.chores.rows import for_each


def pass_on_appointments() -> int:
    """Tell both sides of appointments ahead whose holder has lost the link; return how many.

    The rights have changed with the link already: see `core.accounts.rights`. What a link that is
    back has given back is told of anew when that ends too.
    """
    Appointment.objects.held_again().update(passed_on_at=None)
    return for_each(Appointment.objects.to_be_passed_on().order_by("pk"), _pass_on)


def pass_on_wishes() -> int:
    """Tell both sides of open wishes whose holder has lost the link, in the same way."""
    Waiting.objects.held_again().update(passed_on_at=None)
    wishes = Waiting.objects.to_be_passed_on().select_related("holder", "attendee")
    return for_each(wishes.order_by("pk"), _pass_on_wish)


@transaction.atomic
def _pass_on(appointment: Appointment) -> int:
    appointment = lock_and_reload(appointment)
    still = Appointment.objects.to_be_passed_on().filter(pk=appointment.pk)
    if not still.exists():
        return 0
    Appointment.objects.filter(pk=appointment.pk).update(passed_on_at=timezone.now())
    record(appointment, EventType.PASSED_ON, actor=None, role=Role.PORTAL)
    tell_passed_on(appointment)
    return 1


@transaction.atomic
def _pass_on_wish(wish: Waiting) -> int:
    lock_entry(wish)
    still = Waiting.objects.to_be_passed_on().filter(pk=wish.pk)
    if not still.exists():
        return 0
    Waiting.objects.filter(pk=wish.pk).update(passed_on_at=timezone.now())
    tell_wish_passed_on(wish)
    return 1
