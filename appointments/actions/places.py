"""Places taken and given back, in one way only."""

from django.db.models import F
from django.utils.translation import gettext as _

from appointments.models import Slot
from tawasul.exceptions import RuleViolation


def move_places(changes, *, into=None):
    """Take so many places of each slot, or give back where the number is negative.

    `changes` is {slot id: operations}, `into` the slot in which somebody takes a place now, be it
    that of a hold that has lapsed. The last statements of a transaction, always in the order of the
    ids: what stands between them and the commit is what everybody at those slots waits for, and two
    who took them in another order would wait for each other. Exact on both engines, as nothing is
    read before it that counts. RuleViolation `full`: too few are free, or it is no longer the open
    time that was looked at; roll back.
    """
    for pk, operations in sorted(changes.items()):
        slots = Slot.objects.filter(pk=pk, taken__lte=F("capacity") - operations)
        if into and pk == into.pk:
            slots = slots.filter(is_closed=False, start=into.start, end=into.end)
        if not slots.update(taken=F("taken") + operations):
            raise RuleViolation(_("This time has just been taken. Choose another."), code="full")
