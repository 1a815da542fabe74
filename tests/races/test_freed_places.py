"""Places freed one by one, while two workers offer them and a resident books."""

from functools import partial
from threading import Barrier

import pytest

from appointments import actions
from appointments.actions import booking, waiting
from appointments.models import Slot
from core.exceptions import RuleViolation
from tests.appointments import places
from tests.factories import ServiceFactory, UserFactory
from tests.races.bookings import cancel, hold
from tests.races.test_waiting import (
    assert_slot_counters_match,
    counter,
    due,
    offered_to,
    wait,
)
from tests.races.together import DEADLINE_SECONDS, at_once

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db(transaction=True)]
parallel = pytest.mark.postgres


def two_freed_places():
    """Return a slot with two freed places, not offered yet.

    Each of two appointments on the waiting list needs both.
    """
    slot = places.some_slot(capacity=2)
    leaving = [places.confirmed(slot=slot) for _place in range(2)]
    later, service = places.some_slot(capacity=4, time="15:00"), ServiceFactory()
    couples = [places.confirmed(slot=later, service=service, operations=2) for _two in range(2)]
    for each in couples:
        wait(each)
    for each in leaving:
        cancel(each)
    assert counter(slot) == 0
    return slot


def offer_twice_and_book(slot):
    somebody = partial(hold, UserFactory(), slot, ServiceFactory())
    return at_once(actions.offer_recently_freed, actions.offer_recently_freed, somebody)


@parallel
@pytest.mark.parametrize("_round", range(5))
def test_freed_places_are_offered_or_booked_once(_round):
    slot = two_freed_places()

    *_workers, booked = offer_twice_and_book(slot)

    kept = offered_to(slot)
    is_booked = not isinstance(booked, RuleViolation)
    assert (len(kept), is_booked) in ((1, False), (0, True))
    assert_slot_counters_match()


@parallel
def test_control_without_conditional_update_offered_and_booked(monkeypatch):
    slot = two_freed_places()
    everybody = Barrier(3, timeout=DEADLINE_SECONDS)

    def look_then_take(_freed, *, into, operations):
        looked_at = Slot.objects.get(pk=into.pk)
        everybody.wait()
        assert looked_at.taken + operations <= looked_at.capacity

    for module in (booking, waiting):
        monkeypatch.setattr(module, "move_places", look_then_take)

    offer_twice_and_book(slot)

    assert len(offered_to(slot)) == 2
    assert due(slot) == 5
