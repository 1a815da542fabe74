"""The places of slots: taking them, giving them back, and reserving them for the waiting list.

Each change is one conditional UPDATE, and no count is read before it, so that the result is exact
on both engines. These are the last statements of a transaction, as everybody else at those slots
waits from here to the commit.
"""

from collections.abc import Mapping

from django.db.models import Case, F, IntegerField, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from appointments.actions.unbookable import unbookable
from appointments.models import Slot, SlotQuerySet, somebody_waits
from appointments.models.slots import kept_from_bookings, kept_from_others
from core.wake import Topic, wake_workers


def move_places(
    freed: Mapping[int, int],
    *,
    into: Slot | None = None,
    operations: int = 0,
    before_others: bool = False,
    for_walk_in: bool = False,
) -> None:
    """Give back `freed`, {slot id: operations}, and take `operations` of the slot `into`.

    Where somebody waits, freed places are reserved for the waiting list in the same statement, and
    are never free in between. Slots are updated in the order of their ids, as two transactions with
    different orders would wait for each other. Raise RuleViolation `full` if too few places are
    free, or if `into` is no longer the open slot that the caller read; the caller has to roll back.
    With `before_others`, reserved places can be taken too. A walk-in takes those that are kept for
    walk-ins first, which others can take only shortly before the start.
    """
    taken_of = {into.pk: operations} if into else {}
    for pk in sorted({**freed, **taken_of}):
        slots = _unchanged(into) if into and pk == into.pk else Slot.objects.filter(pk=pk)
        changes = {"freed": freed.get(pk, 0), "taken": taken_of.get(pk, 0)}
        if not _change(slots, **changes, before_others=before_others, for_walk_in=for_walk_in):
            raise unbookable(into or slots.get(), operations)
    if any(freed.values()):
        wake_workers(Topic.PLACES)


def take_reserved(slot: Slot, operations: int) -> None:
    """Take reserved places of a slot for an offer; raise RuleViolation `full` if it has too few."""
    reserved = _unchanged(slot).filter(reserved__gte=operations)
    if not reserved.update(taken=F("taken") + operations, reserved=F("reserved") - operations):
        raise unbookable(slot, operations)


def let_go(slot: Slot) -> None:
    """Free the reserved places of a slot, unless they have changed since it was read."""
    Slot.objects.filter(pk=slot.pk, reserved=slot.reserved).update(reserved=0)


def _change(
    slots: SlotQuerySet, *, freed: int, taken: int, before_others: bool, for_walk_in: bool
) -> int:
    now = timezone.now()
    after = F("taken") + (taken - freed)
    changes: dict[str, Combinable] = {}
    left: Combinable = kept_from_bookings(now)
    if for_walk_in:
        left = Greatest(F("kept") - taken, Value(0), output_field=IntegerField())
    from_others: Combinable = kept_from_others(now)
    reserved: Combinable = F("reserved")
    if freed:
        waits = somebody_waits(now) & Q(is_closed=False)
        also = Case(When(waits, then=Value(freed)), default=Value(0))
        reserved, from_others = reserved + also, from_others + also
        changes["reserved_at"] = Case(
            When(waits, reserved=0, then=Value(now)), default=F("reserved_at")
        )
    # The reserved places become fewer only where they are taken before others, or where no worker
    # hands them out.
    reserved = Least(reserved, F("capacity") - after - left, output_field=IntegerField())
    if taken:
        needed = after + left if before_others else after + left + from_others
        slots = slots.filter(capacity__gte=needed)
        # Those for walk-ins become fewer by walk-ins, and for others once everybody can take them.
        kept = left if for_walk_in else F("kept")
        room = F("capacity") - after - reserved
        changes["kept"] = Least(kept, room, output_field=IntegerField())
    return slots.update(taken=after, reserved=reserved, **changes)


def _unchanged(slot: Slot) -> SlotQuerySet:
    """Return the slot, if it is still open and at the time that the caller read."""
    return Slot.objects.filter(pk=slot.pk, is_closed=False, start=slot.start, end=slot.end)
