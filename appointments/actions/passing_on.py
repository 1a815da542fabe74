"""Telling both sides of appointments whose holder has lost the link to the attendee."""

from django.db import transaction
from django.utils import timezone

from appointments.actions.events import EventType, Role, record
from appointments.actions.locks import lock_and_reload
from appointments.actions.notices import tell_passed_on
from appointments.models import Appointment
from core.chores.rows import for_each


def pass_on_appointments() -> int:
    """Tell both sides of appointments ahead whose holder has lost the link; return how many.

    The rights have changed with the link already: see `core.accounts.rights`. What a link that is
    back has given back is told of anew when that ends too.
    """
    Appointment.objects.held_again().update(passed_on_at=None)
    return for_each(Appointment.objects.to_be_passed_on().order_by("pk"), _pass_on)


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
