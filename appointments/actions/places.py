"""Places taken and given back, in one way only."""

from django.db.models import F
from django.utils.translation import gettext as _

from appointments.models import Slot
from tawasul.exceptions import RuleViolation


def move_places(changes):
    """Take so many places of each slot, or give back where the number is negative.

    {slot id: operations}. The last statements of a transaction, always in the order of the ids:
    what stands between them and the commit is what everybody at those slots waits for, and two who
    took them in another order would wait for each other. Exact on both engines, as nothing is read
    before it that counts. RuleViolation `full`: one has too few free, or takes nobody; roll back.
    """
    for slot, operations in sorted(changes.items()):
        if operations == 0:
            continue
        room = {"taken__lte": F("capacity") - operations, "is_closed": False}
        slots = Slot.objects.filter(pk=slot, **(room if operations > 0 else {}))
        if not slots.update(taken=F("taken") + operations):
            raise RuleViolation(_("This time has just been taken. Choose another."), code="full")
