"""Holds that nobody has confirmed in time."""

from collections import Counter
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone

from appointments.actions.events import EventType, Role, Status, record
from appointments.actions.places import move_places
from appointments.models import Appointment
from core.exceptions import RuleViolation


def expire_due():
    """Give back the places of holds that have lapsed, one after the other; how many."""
    return _expire_each(lapsed_now())


@contextmanager
def giving_back(slot):
    """Around a transaction that takes places of `slot`: what has lapsed there is given back anyway.

    Where somebody waits for it, it is theirs, and whoever wanted it finds the slot full; with what
    they have undone goes the giving back, too, and the place would look free to everybody for ever.
    """
    try:
        yield
    except RuleViolation as violation:
        if violation.code == "full":
            give_back_lapsed(slot)
        raise


def give_back_lapsed(slot):
    _expire_each(lapsed_now().filter(slot=slot))


def expire(lapsed):
    """Mark these holds as expired; {slot id: operations that they give back}."""
    freed = Counter()
    for hold in lapsed.order_by("pk"):
        if lapsed_now().filter(pk=hold.pk).update(status=Status.EXPIRED):
            record(hold, EventType.EXPIRED, actor=None, role=Role.PORTAL)
            freed[hold.slot_id] += hold.operations
    return freed


def lapsed_now():
    return Appointment.objects.lapsed(timezone.now())


def _expire_each(lapsed):
    due = lapsed.order_by("pk").values_list("pk", flat=True)
    expired = 0
    for pk in list(due[:1000]):
        with transaction.atomic():
            freed = expire(lapsed_now().filter(pk=pk))
            move_places(freed)
        expired += bool(freed)
    return expired
