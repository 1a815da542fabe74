"""Concurrent bookings: a slot is filled exactly and each appointment keeps its place."""

from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import OperationalError

from appointments import actions
from appointments.actions import booking
from appointments.models import AppointmentQuerySet, Slot, SlotQuerySet
from core.exceptions import RuleViolation
from tests.appointments import places
from tests.factories import IdentityFactory, ServiceFactory, UserFactory, link
from tests.races.bookings import (
    FULL,
    book,
    booked,
    cancel,
    confirm,
    event_types_of,
    hold,
    in_twenty_threads,
    look_before_taking,
    move,
    slot_half_full_of_lapsed_holds,
    slots_now,
    taken,
)
from tests.races.together import (
    DEADLINE_SECONDS,
    at_once,
    look_before_writing,
    take_out_row_locks,
    told,
    wait_after,
)

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db(transaction=True)]
parallel = pytest.mark.postgres

OVERLAP = "Mohammed Aslam Khan has another appointment at this time. Choose another time."
TOO_LATE = "The time was not confirmed within the minutes it was held. Choose a time again."


# Many people, few places


def assert_ten_book(slot, people, do):
    """Check that ten of `people` book, with `do` as the runner; return their appointments."""
    service = ServiceFactory()
    results = do(*[partial(book, user, slot, service) for user in people])
    winners = [result for result in results if not isinstance(result, RuleViolation)]
    assert len(winners) == 10
    assert told(results) == [FULL] * (len(people) - 10)
    assert taken(slot) == 10
    assert set(winners) == set(slot.appointments.live())
    assert [event_types_of(each) for each in winners] == [["held", "confirmed"]] * 10
    lapsed = slot.appointments.filter(status="expired")
    assert [event_types_of(each) for each in lapsed] == [["held", "expired"]] * 5
    return winners


@pytest.mark.takes_long
@parallel
def test_ten_places_go_to_ten_of_200():
    people = UserFactory.create_batch(200)

    for _round in range(20):
        slot = slot_half_full_of_lapsed_holds()
        winners = assert_ten_book(slot, people, in_twenty_threads)

        at_once(*[partial(cancel, each) for each in winners])
        assert taken(slot) == 0


def test_ten_places_go_to_ten_of_fifty_on_either_engine():
    assert_ten_book(slot_half_full_of_lapsed_holds(), UserFactory.create_batch(50), at_once)


@parallel
def test_control_without_conditional_update_slot_is_oversold(monkeypatch):
    slot, service = places.some_slot(capacity=10), ServiceFactory()
    look_before_taking(monkeypatch, parties=20)

    at_once(*[partial(book, user, slot, service) for user in UserFactory.create_batch(20)])

    assert booked(slot) == 20


# Parties


def hold_last_three_operations(slot):
    """Request three holds of one operation and three of two at the same moment."""
    service = ServiceFactory()
    return at_once(
        *(
            partial(hold, user, slot, service, operations=operations)
            for operations in (1, 2)
            for user in UserFactory.create_batch(3)
        )
    )


@parallel
@pytest.mark.parametrize("are_under_holds", [False, True], ids=["free", "under lapsed holds"])
@pytest.mark.parametrize("_round", range(5))
def test_parties_fill_slot_exactly(are_under_holds, _round):
    slot = places.some_slot(capacity=10)
    for operations in (3, 4):
        places.confirmed(slot=slot, operations=operations)
    if are_under_holds:
        places.lapse(*[places.held(slot=slot, operations=each) for each in (1, 2)])

    results = hold_last_three_operations(slot)

    assert taken(slot) == 10
    assert set(told(results)) == {FULL}


@parallel
def test_control_without_conditional_update_parties_oversell(monkeypatch):
    slot = places.some_slot(capacity=10)
    places.confirmed(slot=slot, operations=3)
    places.confirmed(slot=slot, operations=4)
    look_before_taking(monkeypatch, parties=6)

    results = hold_last_three_operations(slot)

    assert told(results) == []
    assert booked(slot) == 16


# One person, two accounts


def hold_for_one_person_from_two_accounts():
    """Let two employers hold overlapping times for the same person, for two services."""
    person = IdentityFactory()
    steps = []
    for opens in ("12:00", "12:15"):
        employer = UserFactory()
        link(holder=employer.identity, person=person)
        slot = places.some_slot(time=opens)
        steps.append(partial(hold, employer, slot, ServiceFactory(), attendee=person))
    return person, at_once(*steps)


@parallel
def test_overlapping_holds_from_two_accounts_one_succeeds():
    for _round in range(20):
        person, results = hold_for_one_person_from_two_accounts()

        assert told(results) == [OVERLAP]
        assert taken(person.appointments.live().get().slot) == 1

    assert Slot.objects.filter(taken=0).count() == 20


@parallel
def test_control_without_lock_overlapping_holds_both_succeed(monkeypatch):
    take_out_row_locks(monkeypatch)
    wait_after(monkeypatch, booking, "check_no_conflict", parties=2)

    person, results = hold_for_one_person_from_two_accounts()

    assert told(results) == []
    assert person.appointments.live().count() == 2


# Swapping


def two_neighbours(*, capacity):
    """Return two appointments in adjacent slots of that capacity."""
    slots = places.some_slots(2, capacity=capacity)
    return [places.confirmed(slot=slot) for slot in slots]


def swap(one, other):
    return at_once(partial(move, one, other.slot), partial(move, other, one.slot))


@parallel
def test_swap_with_room_moves_both():
    for _round in range(20):
        one, other = two_neighbours(capacity=2)

        results = swap(one, other)

        assert told(results) == []
        assert slots_now(one, other) == [other.slot, one.slot]
        assert [taken(each.slot) for each in (one, other)] == [1, 1]


@parallel
def test_swap_of_full_slots_moves_neither(monkeypatch):
    # Otherwise the early check refuses both moves, and they never reach the slots.
    monkeypatch.setattr(booking, "check_bookable", lambda *_wish, **_kept: None)
    for _round in range(20):
        one, other = two_neighbours(capacity=1)

        results = swap(one, other)

        assert told(results) == [FULL, FULL]
        assert slots_now(one, other) == [one.slot, other.slot]
        assert [taken(each.slot) for each in (one, other)] == [1, 1]
        assert event_types_of(one) == event_types_of(other) == ["held", "confirmed"]
        assert places.texts(one) == places.texts_of_a_confirmation(one)


@parallel
def test_control_without_slot_order_swap_deadlocks(monkeypatch):
    one, other = two_neighbours(capacity=2)
    monkeypatch.setattr(actions.places, "sorted", lambda changes: changes, raising=False)
    both = Barrier(2, timeout=DEADLINE_SECONDS)
    firsts = iter(range(2))
    update = SlotQuerySet.update

    def update_and_wait_for_the_other(slots, **changes):
        changed = update(slots, **changes)
        if next(firsts, None) is not None:
            both.wait()
        return changed

    monkeypatch.setattr(SlotQuerySet, "update", update_and_wait_for_the_other)

    with pytest.raises(OperationalError, match="deadlock detected"):
        swap(one, other)


# The last second of a hold


def confirm_while_another_books(clocks, held, *, seconds, others_seconds):
    """Confirm and book at these numbers of seconds after the end of the hold."""
    moments = [held.expires_at + timedelta(seconds=each) for each in (seconds, others_seconds)]
    other = partial(hold, UserFactory(), held.slot, ServiceFactory())
    return at_once(clocks(moments[0], confirm, held), clocks(moments[1], other))


@parallel
@pytest.mark.parametrize(
    ("seconds", "refused", "steps"),
    [
        (-1, [FULL], ["held", "confirmed"]),
        (0, [TOO_LATE], ["held", "expired"]),
        (1, [TOO_LATE], ["held", "expired"]),
    ],
)
@pytest.mark.parametrize("_round", range(3))
def test_hold_can_be_taken_over_from_its_end(clocks, seconds, refused, steps, _round):
    held = places.held()

    results = confirm_while_another_books(clocks, held, seconds=seconds, others_seconds=seconds)

    assert told(results) == refused
    assert event_types_of(held) == steps
    assert taken(held.slot) == 1


@parallel
@pytest.mark.parametrize("_round", range(10))
def test_hold_confirmed_and_taken_over_goes_to_one(clocks, _round):
    held = places.held()

    results = confirm_while_another_books(clocks, held, seconds=-1, others_seconds=1)

    assert told(results) in ([FULL], [TOO_LATE])
    assert taken(held.slot) == 1


@parallel
def test_control_without_conditional_update_hold_goes_to_both(clocks, monkeypatch):
    held = places.held()
    look_before_writing(monkeypatch, AppointmentQuerySet, parties=2, only_if_changes="status")

    results = confirm_while_another_books(clocks, held, seconds=-1, others_seconds=1)

    assert told(results) == []


def test_control_without_expiry_on_booking_lapsed_place_is_full(monkeypatch):
    held = places.held()
    places.lapse(held)
    monkeypatch.setattr(booking, "expire", lambda lapsed: {})

    results = at_once(partial(hold, UserFactory(), held.slot, ServiceFactory()))

    assert told(results) == [FULL]


# Twenty clicks


@parallel
@pytest.mark.parametrize("_round", range(3))
def test_confirm_twenty_times_confirms_once(_round):
    held = places.held()

    results = at_once(*[partial(confirm, held)] * 20)

    assert [(each.pk, each.status) for each in results] == [(held.pk, "confirmed")] * 20
    assert event_types_of(held) == ["held", "confirmed"]
    assert held.slips.count() == 1
    assert places.texts(held) == places.texts_of_a_confirmation(held)
    assert taken(held.slot) == 1


@parallel
def test_control_without_guards_hold_is_confirmed_twenty_times(monkeypatch):
    held = places.held()
    take_out_row_locks(monkeypatch)
    look_before_writing(monkeypatch, AppointmentQuerySet, parties=20, only_if_changes="status")

    at_once(*[partial(confirm, held)] * 20)

    assert event_types_of(held) == ["held", *["confirmed"] * 20]
    assert held.slips.count() == 20
    assert places.texts(held) == sorted(places.texts_of_a_confirmation(held) * 20)


@pytest.fixture
def appointment():
    """One of two appointments in a slot of capacity two."""
    slot = places.some_slot(capacity=2)
    places.confirmed(slot=slot)
    return places.confirmed(slot=slot)


@parallel
@pytest.mark.parametrize("_round", range(3))
def test_cancel_twenty_times_frees_place_once(appointment, _round):
    results = at_once(*[partial(cancel, appointment)] * 20)

    assert [(each.pk, each.status) for each in results] == [(appointment.pk, "cancelled")] * 20
    assert taken(appointment.slot) == 1
    assert event_types_of(appointment) == ["held", "confirmed", "cancelled"]
    assert places.texts(appointment) == [
        places.notice_of_confirmation(appointment),
        places.notice_of_cancellation(appointment),
    ]


@parallel
def test_control_without_lock_cancel_twice_frees_two_places(appointment, monkeypatch):
    take_out_row_locks(monkeypatch)
    wait_after(monkeypatch, booking, "lock_and_reload", parties=2)

    at_once(*[partial(cancel, appointment)] * 2)

    assert Slot.objects.get(pk=appointment.slot.pk).taken == 0
    assert booked(appointment.slot) == 1
    assert event_types_of(appointment) == ["held", "confirmed", "cancelled", "cancelled"]
    assert places.texts(appointment).count(places.notice_of_cancellation(appointment)) == 2


# Workers


@parallel
@pytest.mark.parametrize("_round", range(3))
def test_two_workers_expire_each_hold_once(_round):
    slot = places.some_slot(capacity=10)
    places.confirmed(slot=slot)
    holds = places.lapse(*[places.held(slot=slot) for _hold in range(9)])

    results = at_once(actions.expire_due, actions.expire_due)

    assert sum(results) == 9
    assert taken(slot) == 1
    assert [event_types_of(each) for each in holds] == [["held", "expired"]] * 9


@parallel
@pytest.mark.parametrize("_round", range(10))
def test_two_workers_and_three_bookings_fill_slot_exactly(_round):
    slot, service = places.some_slot(capacity=3), ServiceFactory()
    places.confirmed(slot=slot)
    holds = places.lapse(*[places.held(slot=slot) for _hold in range(2)])
    pairs = [partial(hold, user, slot, service) for user in UserFactory.create_batch(3)]

    results = at_once(actions.expire_due, actions.expire_due, *pairs)

    assert told(results) == [FULL]
    assert taken(slot) == 3
    assert [event_types_of(each) for each in holds] == [["held", "expired"]] * 2


@pytest.mark.parametrize("another", ["another worker", "somebody who books"])
@parallel
def test_control_without_conditional_expiry_place_is_freed_twice(another, monkeypatch):
    slot = places.some_slot(capacity=2)
    places.confirmed(slot=slot)
    places.lapse(places.held(slot=slot))
    service, user = ServiceFactory(), UserFactory()
    steps = {
        "another worker": actions.expire_due,
        "somebody who books": partial(hold, user, slot, service),
    }
    look_before_writing(monkeypatch, AppointmentQuerySet, parties=2, only_if_changes="status")

    at_once(actions.expire_due, steps[another])

    assert Slot.objects.get(pk=slot.pk).taken == booked(slot) - 1
