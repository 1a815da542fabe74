"""Places freed while a waiting list exists: they are offered in its order and not booked."""

from functools import partial
from itertools import cycle
from threading import Event

import pytest
from django.db import IntegrityError
from django.db.models import Q

from appointments import actions
from appointments.actions import allocation, booking
from appointments.models import Slot, Waiting
from core.exceptions import RuleViolation
from tests.appointments import places
from tests.factories import ServiceFactory, UserFactory
from tests.races.bookings import (
    FULL,
    assert_slot_counters_match,
    by_people,
    cancel,
    counter,
    due,
    hold,
    wait,
    waiting_appointments,
)
from tests.races.together import at_once, now

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def full():
    """A slot of capacity twenty and the appointments that fill it."""
    slot, service = places.some_slot(capacity=20), ServiceFactory()
    return slot, [places.confirmed(slot=slot, service=service) for _person in range(20)]


def cancel_while_fifty_try(slot, queues):
    """Cancel each queue of appointments in its order while fifty people try to book.

    Return the holds and the messages of the refusals that they got.
    """
    is_over, service = Event(), ServiceFactory()

    def try_all_the_time(people):
        tried = []
        for user in cycle(people):
            try:
                tried.append(hold(user, slot, service))
            except RuleViolation as violation:
                tried.append(str(violation.message))
            if is_over.is_set() and len(tried) >= len(people):
                return tried

    def cancel_all():
        try:
            at_once(*[partial(list, map(cancel, queue)) for queue in queues])
        finally:
            is_over.set()

    def allocate_all_the_time():
        while not is_over.is_set():
            actions.allocate()

    people = UserFactory.create_batch(50)
    places.note_worker()
    tries = [partial(try_all_the_time, people[first::4]) for first in range(4)]
    tried = at_once(cancel_all, allocate_all_the_time, *tries)[2:]
    return [each for queue in tried for each in queue]


def test_places_freed_in_turn_are_offered_in_waiting_order(full):
    slot, booked = full
    in_turn = waiting_appointments(50)

    tried = cancel_while_fifty_try(slot, [booked])

    assert places.offered_to(slot) == in_turn[:20]
    assert set(tried) == {FULL}
    assert counter(slot) == due(slot) == 20


def test_places_freed_at_once_are_offered_to_longest_waiting(full, guards):
    guards.take_out_early_check()
    slot, booked = full
    in_turn = waiting_appointments(50)

    tried = cancel_while_fifty_try(slot, [[each] for each in booked])

    assert set(places.offered_to(slot)) == set(in_turn[:20])
    assert set(tried) == {FULL}
    assert counter(slot) == due(slot) == 20


def test_control_without_offers_bookings_jump_the_queue(full, guards):
    slot, booked = full
    waiting_appointments(2)
    guards.replace(actions.places, "somebody_waits", lambda _now: Q(pk__in=[]))
    for each in booked:
        cancel(each)

    at_once(*by_people(25, hold, slot))

    assert slot.appointments.live().count() == 20
    assert places.offered_to(slot) == []


def free_two_at_once(number):
    """Cancel at two offices at once; return the waiting list of `number` and the two slots."""
    in_turn = waiting_appointments(number)
    slots = [places.some_slot() for _office in range(2)]
    at_once(*[partial(cancel, places.confirmed(slot=slot)) for slot in slots])
    at_once(actions.allocate, actions.allocate)
    return in_turn, slots


def test_two_freed_places_are_offered_to_two():
    for _round in range(4):
        in_turn, slots = free_two_at_once(2)

        assert set(map(tuple, map(places.offered_to, slots))) == {(each,) for each in in_turn}
        Waiting.objects.update(ended_at=in_turn[0].created_at)

    assert_slot_counters_match()


def test_one_of_two_freed_places_is_offered_to_sole_waiter():
    for _round in range(4):
        (alone,), slots = free_two_at_once(1)

        assert sorted(map(places.offered_to, slots), key=len) == [[], [alone]]
        assert sorted(map(counter, slots)) == [0, 1]
        Waiting.objects.update(ended_at=alone.created_at)


def test_control_without_locks_both_offers_go_to_one(guards):
    guards.take_out_row_locks()
    guards.wait_after(allocation, "lock_entry", parties=2)

    with pytest.raises(IntegrityError, match="offer_one_open"):
        free_two_at_once(2)


def two_freed_places():
    """Return a slot with two freed places, not offered yet.

    Each of two appointments on the waiting list needs both.
    """
    slot = places.some_slot(capacity=2)
    leaving = [places.confirmed(slot=slot) for _place in range(2)]
    later, service = places.some_slot(capacity=4, time="15:00"), ServiceFactory()
    for _couple in range(2):
        wait(places.confirmed(slot=later, service=service, operations=2))
    for each in leaving:
        cancel(each)
    assert (counter(slot), places.reserved(slot)) == (0, 2)
    return slot


def offer_twice_and_book(slot):
    """Two workers come back, while somebody books what counts as free without a worker."""
    return at_once(*[actions.allocate] * 2, *by_people(1, hold, slot))


@pytest.mark.parametrize("_round", range(5))
def test_freed_places_are_offered_or_booked_once(_round):
    slot = two_freed_places()

    *_workers, booked = offer_twice_and_book(slot)

    kept = list(slot.offers.open())
    is_booked = not isinstance(booked, RuleViolation)
    assert (len(kept), is_booked) in ((1, False), (0, True))
    assert_slot_counters_match()


def test_control_without_conditional_update_offered_and_booked(guards):
    slot = two_freed_places()

    def look_then_take(_freed, *, into, operations):
        seen = now(into)
        at_once(actions.allocate)
        Slot.objects.filter(pk=into.pk).update(taken=seen.taken + operations)

    guards.replace(booking, "move_places", look_then_take)
    at_once(*by_people(1, hold, slot))

    assert slot.offers.open().count() == 1
    assert (counter(slot), due(slot)) == (1, 3)


def test_places_kept_by_a_worker_are_not_booked():
    slot = two_freed_places()
    places.note_worker()

    *_workers, refused = offer_twice_and_book(slot)

    assert str(refused.message) == FULL
    assert slot.offers.open().count() == 1
    assert_slot_counters_match()
