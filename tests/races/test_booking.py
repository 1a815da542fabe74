"""Concurrent bookings: a slot is filled exactly and each appointment keeps its place."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import OperationalError

from appointments import actions
from appointments.actions import booking
from tests.appointments import places
from tests.races.bookings import (
    FEWER_LEFT,
    FULL,
    booked,
    by_people,
    cancel,
    confirm,
    counter,
    hold,
    lapsed_holds,
    ring_of,
    slots_now,
    taken,
    two_in_one_slot,
)
from tests.races.together import at_once, event_types_of, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

TOO_LATE = "The time was not confirmed within the minutes it was held. Choose a time again."


def slot_with_three_operations_left():
    slot = places.some_slot(capacity=10)
    for operations in (3, 4):
        places.confirmed(slot=slot, operations=operations)
    return slot


def hold_last_three_operations(slot):
    """Request three holds of one operation and three of two at the same moment."""
    return at_once(*by_people(3, hold, slot), *by_people(3, hold, slot, operations=2))


@pytest.mark.parametrize("are_under_holds", [False, True], ids=["free", "under lapsed holds"])
@pytest.mark.parametrize("_round", range(5))
def test_parties_fill_slot_exactly(are_under_holds, _round):
    slot = slot_with_three_operations_left()
    if are_under_holds:
        places.lapse(*[places.held(slot=slot, operations=each) for each in (1, 2)])

    results = hold_last_three_operations(slot)

    assert taken(slot) == 10
    assert set(told(results)) <= {FULL, *FEWER_LEFT}


def test_control_without_conditional_update_parties_oversell(guards):
    slot = slot_with_three_operations_left()
    guards.look_before_taking(parties=6)

    assert told(hold_last_three_operations(slot)) == []
    assert booked(slot) == 16


def confirm_while_another_books(clocks, held, *, seconds, others_seconds):
    """Confirm and book at these numbers of seconds after the end of the hold."""
    moments = [held.expires_at + timedelta(seconds=each) for each in (seconds, others_seconds)]
    (other,) = by_people(1, hold, held.slot)
    return at_once(clocks(moments[0], confirm, held), clocks(moments[1], other))


@pytest.mark.parametrize(
    ("seconds", "refused", "ends"),
    [(-1, [FULL], "confirmed"), (0, [TOO_LATE], "expired"), (1, [TOO_LATE], "expired")],
)
@pytest.mark.parametrize("_round", range(3))
def test_hold_can_be_taken_over_from_its_end(clocks, seconds, refused, ends, _round):
    held = places.held()

    results = confirm_while_another_books(clocks, held, seconds=seconds, others_seconds=seconds)

    assert told(results) == refused
    assert event_types_of(held) == ["held", ends]
    assert taken(held.slot) == 1


@pytest.mark.parametrize("_round", range(10))
def test_hold_confirmed_and_taken_over_goes_to_one(clocks, _round):
    held = places.held()

    results = confirm_while_another_books(clocks, held, seconds=-1, others_seconds=1)

    assert told(results) in ([FULL], [TOO_LATE])
    assert taken(held.slot) == 1


def test_control_without_conditional_update_hold_goes_to_both(clocks, guards):
    held = places.held()
    guards.look_before_changing_status()

    assert told(confirm_while_another_books(clocks, held, seconds=-1, others_seconds=1)) == []


def test_control_without_expiry_on_booking_lapsed_place_is_full(guards):
    (held,) = lapsed_holds(1, places.some_slot())
    guards.replace(booking, "expire", lambda lapsed: {})

    assert told(at_once(*by_people(1, hold, held.slot))) == [FULL]


@pytest.mark.parametrize("_round", range(3))
def test_confirm_twenty_times_confirms_once(_round):
    held = places.held()

    results = at_once(*[partial(confirm, held)] * 20)

    assert [(each.pk, each.status) for each in results] == [(held.pk, "confirmed")] * 20
    assert event_types_of(held) == ["held", "confirmed"]
    assert held.slips.count() == 1
    assert places.texts(held) == [places.notice_of_confirmation(held)]
    assert taken(held.slot) == 1


def test_control_without_guards_hold_is_confirmed_twenty_times(guards):
    held = places.held()
    guards.take_out_row_locks()
    guards.look_before_changing_status(parties=20)

    at_once(*[partial(confirm, held)] * 20)

    assert event_types_of(held) == ["held", *["confirmed"] * 20]
    assert held.slips.count() == 20
    assert places.texts(held) == [places.notice_of_confirmation(held)] * 20


@pytest.fixture
def appointment():
    return two_in_one_slot()[0]


@pytest.mark.parametrize("_round", range(3))
def test_cancel_twenty_times_frees_place_once(appointment, _round):
    results = at_once(*[partial(cancel, appointment)] * 20)

    assert [(each.pk, each.status) for each in results] == [(appointment.pk, "cancelled")] * 20
    assert taken(appointment.slot) == 1
    assert event_types_of(appointment) == ["held", "confirmed", "cancelled"]
    assert places.texts(appointment) == sorted(
        [places.notice_of_confirmation(appointment), places.notice_of_cancellation(appointment)]
    )


def test_control_without_lock_cancel_twice_frees_two_places(appointment, guards):
    guards.take_out_row_locks()
    guards.wait_after(booking, "lock_and_reload", parties=2)

    at_once(*[partial(cancel, appointment)] * 2)

    assert (counter(appointment.slot), booked(appointment.slot)) == (0, 1)
    assert event_types_of(appointment) == ["held", "confirmed", "cancelled", "cancelled"]
    assert places.texts(appointment).count(places.notice_of_cancellation(appointment)) == 2


def slot_with_lapsed_holds(number, *, capacity):
    """Return a slot with one appointment and lapsed holds, and the holds."""
    slot = places.some_slot(capacity=capacity)
    places.confirmed(slot=slot)
    return slot, lapsed_holds(number, slot)


@pytest.mark.parametrize("_round", range(3))
def test_two_workers_expire_each_hold_once(_round):
    slot, holds = slot_with_lapsed_holds(9, capacity=10)

    assert sum(at_once(actions.expire_due, actions.expire_due)) == 9
    assert taken(slot) == 1
    assert [event_types_of(each) for each in holds] == [["held", "expired"]] * 9


@pytest.mark.parametrize("_round", range(10))
def test_two_workers_and_three_bookings_fill_slot_exactly(_round):
    slot, holds = slot_with_lapsed_holds(2, capacity=3)

    results = at_once(actions.expire_due, actions.expire_due, *by_people(3, hold, slot))

    assert told(results) == [FULL]
    assert taken(slot) == 3
    assert [event_types_of(each) for each in holds] == [["held", "expired"]] * 2


@pytest.mark.parametrize("another", ["another worker", "somebody who books"])
def test_control_without_conditional_expiry_place_is_freed_twice(another, guards):
    slot, _holds = slot_with_lapsed_holds(1, capacity=2)
    (booking_of_somebody,) = by_people(1, hold, slot)
    guards.look_before_changing_status()

    at_once(
        actions.expire_due,
        actions.expire_due if another == "another worker" else booking_of_somebody,
    )

    assert counter(slot) == booked(slot) - 1


@pytest.mark.parametrize(("number", "rounds"), [(2, 20), (4, 5)], ids=["swap", "ring"])
def test_moves_in_ring_with_room_move_all(number, rounds):
    for _round in range(rounds):
        ring, slots, moves = ring_of(number, capacity=2)

        assert told(at_once(*moves)) == []

        assert slots_now(*ring) == slots[1:] + slots[:1]
        assert [taken(slot) for slot in slots] == [1] * number


@pytest.mark.parametrize(("number", "rounds"), [(2, 20), (4, 5)], ids=["swap", "ring"])
def test_moves_in_ring_of_full_slots_move_none(guards, number, rounds):
    guards.take_out_early_check()
    for _round in range(rounds):
        ring, slots, moves = ring_of(number, capacity=1)

        assert told(at_once(*moves)) == [FULL] * number

        assert slots_now(*ring) == slots
        assert [taken(slot) for slot in slots] == [1] * number
        for each in ring:
            assert event_types_of(each) == ["held", "confirmed"]
            assert places.texts(each) == [places.notice_of_confirmation(each)]


@pytest.mark.parametrize("number", [2, 4])
def test_control_without_slot_order_ring_deadlocks(guards, number):
    _ring, _slots, moves = ring_of(number, capacity=2)
    guards.take_out_slot_order(parties=number)

    with pytest.raises(OperationalError, match="deadlock detected"):
        at_once(*moves)
