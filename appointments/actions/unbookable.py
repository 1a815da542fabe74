"""Why a slot cannot be booked, in words that say what to choose instead."""

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments.models import Slot
from appointments.models.slots import last_bookable_day
from core.catalogue.models import Service
from core.exceptions import RuleViolation

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


def unbookable(slot: Slot, operations: int, service: Service | None = None) -> RuleViolation:
    """Return RuleViolation `full` for a slot that was refused, with the reason as things are."""
    return RuleViolation(_reason(slot, operations, service), code="full")


def _reason(slot: Slot, operations: int, service: Service | None) -> "_StrOrPromise":
    moment = timezone.now()
    if slot.start <= moment:
        return _("This time has passed. Choose a later one.")
    if slot.day > last_bookable_day(moment):
        return _("This day cannot be booked yet. Choose an earlier one.")
    now = Slot.objects.with_free(moment).select_related("office").get(pk=slot.pk)
    if now.is_closed or not now.office.is_active or now.start != slot.start:
        return _("The office is closed at this time. Choose another.")
    free: int = now.free  # type: ignore[attr-defined]  # added by `with_free`
    if free >= operations and service:
        return _("“%(service)s” is not served at this time any more. Choose another.") % {
            "service": service.name
        }
    if 0 < free < operations:
        return ngettext(
            "Only %(free)s operation is left at this time. Choose another time, or one operation.",
            "Only %(free)s operations are left at this time. Choose another time, or fewer "
            "operations.",
            free,
        ) % {"free": free}
    return _("This time has just been taken. Choose another.")
