"""Places taken and given back, in one way only."""

from collections import Counter

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.actions.offers import offer_to_who_waits
from appointments.models import Slot
from core.exceptions import RuleViolation


def move_places(freed, *, into=None, operations=0):
    """Give back what is `freed`, {slot id: operations}, and take so many of the slot `into`.

    What is given back goes to whoever has waited longest and fits, and to anybody else only then:
    it is never free in between. The last statements of a transaction, always in the order of the
    ids: what stands between them and the commit is what everybody at those slots waits for, and two
    who took them in another order would wait for each other. Exact on both engines, as nothing is
    read before it that counts. RuleViolation `full`: too few are free, or `into` is no longer the
    open time that was looked at; roll back.
    """
    if into:
        # Before anybody who waits is locked: what fails would take their turn.
        room = F("capacity") - operations + Counter(freed)[into.pk]
        if not Slot.objects.filter(pk=into.pk, taken__lte=room).exists():
            raise RuleViolation(_("This time has just been taken. Choose another."), code="full")
    changes = offer_to_who_waits(freed)
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
