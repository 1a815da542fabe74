"""Taking places and giving them back, in one function alone."""

from collections import Counter
from collections.abc import Mapping

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.actions.offers import offer_freed_places
from appointments.models import Slot
from core.exceptions import RuleViolation


def move_places(freed: Mapping[int, int], *, into: Slot | None = None, operations: int = 0) -> None:
    """Give back `freed`, {slot id: operations}, and take `operations` of the slot `into`.

    A freed place goes to the first person on the waiting list whom it fits, and to anybody else
    only after that: it is never free in between. These are the last statements of a transaction, as
    everybody else at those slots waits from here to the commit. Slots are updated in the order of
    their ids, as two transactions with different orders would wait for each other. The result is
    exact on both engines, because no count is read before the update. Raise RuleViolation `full` if
    too few places are free, or if `into` is no longer the open slot that the caller read; the
    caller has to roll back.
    """
    if into:
        # This check comes before any entry of the waiting list is locked: a request that fails
        # later would cost those people their turn.
        room = F("capacity") - operations + Counter(freed)[into.pk]
        if not Slot.objects.filter(pk=into.pk, taken__lte=room).exists():
            raise RuleViolation(_("This time has just been taken. Choose another."), code="full")
    changes = offer_freed_places(freed)
    changes.subtract(freed)
    if into:
        changes[into.pk] += operations
    for pk, change in sorted(changes.items()):
        slots = Slot.objects.filter(pk=pk, taken__lte=F("capacity") - change)
        if into and pk == into.pk:
            slots = slots.filter(is_closed=False, start=into.start, end=into.end)
        freeing = {"came_free_at": timezone.now()} if change < 0 else {}
        if not slots.update(taken=F("taken") + change, **freeing):
            raise RuleViolation(_("This time has just been taken. Choose another."), code="full")
