"""Chains of offers: accepting one frees a time for the next, until none is left."""

from functools import partial

import pytest
from django.db import OperationalError

from appointments import actions
from appointments.models import Offer, Slot
from tests.appointments import places
from tests.races.bookings import (
    cancel,
    move,
    wait_after_first_slot_update,
)
from tests.races.test_waiting import accept, assert_slot_counters_match, counter, now, wait
from tests.races.together import (
    at_once,
    told,
)

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db(transaction=True)]
parallel = pytest.mark.postgres


@parallel
def test_chain_of_accepted_offers_ends():
    """The time that each of six leaves is offered to the next, until there is no offer."""
    slots = places.some_slots(8)
    queue = [places.confirmed(slot=slot) for slot in slots]
    for each in queue[2:]:
        wait(each)
    at_once(*[partial(cancel, each) for each in queue[:2]])
    for _step in range(20):
        kept = list(Offer.objects.open().select_related("appointment__user", "appointment"))
        if not kept:
            break
        assert told(at_once(*[partial(accept, offer) for offer in kept])) == []
        assert_slot_counters_match()

    assert not Offer.objects.open().exists()
    assert all(now(each).slot.start < each.slot.start for each in queue[2:4])
    assert all(now(each).slot.start <= each.slot.start for each in queue[4:])
    assert Slot.objects.filter(taken=1).count() == 6


def accept_and_opposite_move():
    """Return an acceptance of the earlier slot, a move to the later one, and both slots."""
    early, late = places.some_slots(2, capacity=2)
    accepts, moves = places.confirmed(slot=late), places.confirmed(slot=early)
    wait(accepts)
    cancel(places.confirmed(slot=early))
    return (partial(accept, accepts.offers.get()), partial(move, moves, late)), (early, late)


@parallel
def test_accept_and_opposite_move_both_succeed():
    for _round in range(4):
        steps, (early, late) = accept_and_opposite_move()

        assert [each.slot for each in at_once(*steps)] == [early, late]
        assert [counter(early), counter(late)] == [1, 1]


@parallel
def test_control_without_slot_order_accept_and_move_deadlock(monkeypatch):
    steps, _times = accept_and_opposite_move()
    monkeypatch.setattr(actions.places, "sorted", lambda changes: changes, raising=False)
    wait_after_first_slot_update(monkeypatch, parties=2)

    with pytest.raises(OperationalError, match="deadlock detected"):
        at_once(*steps)
