"""Expiring holds that were not confirmed in time."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone

from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.places import move_places
from appointments.models import Appointment, AppointmentQuerySet, Slot
from core.chores.rows import for_each
from core.exceptions import RuleViolation


def expire_due() -> int:
    """Expire the lapsed holds, each in a transaction of its own, and return how many."""
    return _expire_each(lapsed_now())


@contextmanager
def give_back_lapsed_when_full(slot: Slot) -> Iterator[None]:
    """Expire the lapsed holds at `slot` even if the transaction inside finds the slot full.

    Places of lapsed holds are reserved where somebody waits, so a caller may find the slot full
    although its lapsed holds were expired. The rollback of that caller undoes the expiry as well;
    without this, the place would look free to everybody for ever.
    """
    try:
        yield
    except RuleViolation as violation:
        if violation.code == "full":
            give_back_lapsed(slot)
        raise


def give_back_lapsed(slot: Slot) -> None:
    _expire_each(lapsed_now().filter(slot=slot))


def expire(lapsed: AppointmentQuerySet) -> Counter[int]:
    """Mark these holds as expired, and return {slot id: operations freed}."""
    freed: Counter[int] = Counter()
    for hold in lapsed.order_by("pk"):
        if lapsed_now().filter(pk=hold.pk).update(status=Status.EXPIRED):
            record(hold, EventType.EXPIRED, actor=None, role=Role.PORTAL)
            freed[hold.slot_id] += hold.operations
    return freed


def lapsed_now() -> AppointmentQuerySet:
    return Appointment.objects.lapsed(timezone.now())


def _expire_each(lapsed: AppointmentQuerySet) -> int:
    return for_each(lapsed.order_by("pk").values_list("pk", flat=True), _expire_one)


def _expire_one(pk: int) -> int:
    with transaction.atomic():
        freed = expire(lapsed_now().filter(pk=pk))
        move_places(freed)
    return bool(freed)
