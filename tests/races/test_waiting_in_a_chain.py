"""Offers whose old times go to each other: everybody moves up, and nobody waits for ever."""

from functools import partial

import pytest
from django.db import OperationalError

from appointments import actions
from appointments.models import Offer, Slot
from tests.appointments import places
from tests.races.bookings import (
    cancel,
    move,
    wait_after_the_first_places,
)
from tests.races.test_waiting import accept, assert_every_slot_is_counted, capped_count, now, wait
from tests.races.together import (
    at_once,
    told,
)

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db(transaction=True)]
parallel = pytest.mark.postgres


@parallel
def test_a_chain_of_those_who_accept_moves_everybody_up_and_ends():
    """What each of six leaves goes to who is behind them, until nobody is offered anything."""
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
        assert_every_slot_is_counted()

    assert not Offer.objects.open().exists()
    assert all(now(each).slot.start < each.slot.start for each in queue[2:4])
    assert all(now(each).slot.start <= each.slot.start for each in queue[4:])
    assert Slot.objects.filter(taken=1).count() == 6


def two_who_go_opposite_ways():
    """One accepts the earlier of two times, the other moves to the later one; both, the times."""
    early, late = places.some_slots(2, capacity=2)
    accepts, moves = places.confirmed(slot=late), places.confirmed(slot=early)
    wait(accepts)
    cancel(places.confirmed(slot=early))
    return (partial(accept, accepts.offers.get()), partial(move, moves, late)), (early, late)


@parallel
def test_who_accepts_and_who_comes_the_other_way_both_move():
    for _round in range(4):
        steps, (early, late) = two_who_go_opposite_ways()

        assert [each.slot for each in at_once(*steps)] == [early, late]
        assert [capped_count(early), capped_count(late)] == [1, 1]


@parallel
def test_control_where_places_are_not_sorted_they_wait_for_each_other(monkeypatch):
    steps, _times = two_who_go_opposite_ways()
    monkeypatch.setattr(actions.places, "sorted", lambda changes: changes, raising=False)
    wait_after_the_first_places(monkeypatch, parties=2)

    with pytest.raises(OperationalError, match="deadlock detected"):
        at_once(*steps)
