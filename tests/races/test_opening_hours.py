"""Bookings and moves while slots are generated anew, closed, lengthened or made smaller."""

from datetime import timedelta
from functools import partial
from threading import Event

import pytest
from django.db import IntegrityError, OperationalError
from django.db.models import F, Max, Value
from django.utils import timezone

from appointments import actions
from appointments.actions import booking, slot_generation
from appointments.models import Appointment, Closure, OpeningWindow, Slot, SlotQuerySet
from tests.appointments import places
from tests.conftest import signed_in_staff
from tests.factories import OfficerFactory
from tests.races.bookings import (
    CLOSED_TIME,
    FULL,
    by_people,
    cancel,
    close_day,
    confirm,
    hold,
    lapsed_holds,
    move,
    ring_of,
    taken,
)
from tests.races.together import at_once, lock_is_awaited, now, told, until

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

DAY = timedelta(days=1)
CLOSED = "The office is closed at this time now. Choose another time."


def update_hours(slot, **fields):
    """Change the opening hours of the slot without generating slots from them."""
    OpeningWindow.objects.filter(pk=slot.window_id).update(**fields)


def at_local_time(moment):
    return timezone.localtime(moment).time()


def test_slot_generation_during_all_actions_keeps_counts():
    for _round in range(2):
        # Three operations are booked in each slot; one more moves in and one more is held, perhaps
        # before any of the three is moved out or cancelled.
        _ring, slots, moves = ring_of(4, capacity=5)
        update_hours(slots[0], capacity=6)

        results = at_once(
            actions.make_slots,
            *moves,
            *(partial(confirm, places.held(slot=slot)) for slot in slots),
            *(partial(cancel, places.confirmed(slot=slot)) for slot in slots),
            *(step for slot in slots for step in by_people(1, hold, slot)),
            actions.make_slots,
        )

        assert told(results) == []
        assert [taken(slot) for slot in slots] == [3] * 4


def move_from_closing_to_opening_slot():
    """Return two slots, and a move to the first, which generation opens while the second closes."""
    slots = places.some_slots(2)
    appointment = places.confirmed(slot=slots[1])
    update_hours(slots[0], opens=at_local_time(slots[1].start))
    Slot.objects.filter(pk=slots[1].pk).update(is_closed=True)
    return slots, partial(move, appointment, slots[0])


def test_move_from_closing_to_opening_slot():
    for _round in range(5):
        slots, step = move_from_closing_to_opening_slot()

        assert told(at_once(actions.make_slots, step)) in ([], [FULL], [CLOSED_TIME])
        assert sorted(map(taken, slots)) == [0, 1]


def test_control_without_lock_order_generation_and_move_deadlock(guards):
    _slots, step = move_from_closing_to_opening_slot()
    guards.take_out_row_locks()
    guards.wait_after_first_slot_update(parties=2)

    with pytest.raises(OperationalError, match="deadlock detected"):
        at_once(actions.make_slots, step)


def meet_halfway(guards):
    """Let slot generation and a move wait until both hold their first lock or one is blocked."""
    halfway = {"update": Event(), "bring_up_to_date": Event()}

    def meet(original, me, other):
        def do_and_wait(*args, **kwargs):
            result = original(*args, **kwargs)
            if me != "update" or "taken" in kwargs:
                halfway[me].set()
                until(lambda: halfway[other].is_set() or lock_is_awaited())
            return result

        return do_and_wait

    update = meet(SlotQuerySet.update, "update", "bring_up_to_date")
    bring_up_to_date = meet(slot_generation._bring_up_to_date, "bring_up_to_date", "update")
    guards.replace(SlotQuerySet, "update", update)
    guards.replace(slot_generation, "_bring_up_to_date", bring_up_to_date)


def test_closure_saved_during_move_between_offices(guards):
    # Slots are added each night, so the primary keys of two offices are interleaved.
    one, other = places.some_slot(), places.some_slot()
    tonight = places.slot(one.day + 7 * DAY, "12:00", of=one.window, minutes=30)
    appointment = places.confirmed(slot=other)
    browser = signed_in_staff(OfficerFactory(is_superuser=True))
    day, path = one.day + DAY, "/en/staff/appointments/closure/add/"
    form = {"first_day": day, "last_day": day, "reason_ar": "Works", "reason_en": "Works"}
    seen = browser.post(path, form).context["previewed"]
    save = partial(browser.post, path, {**form, "_previewed": seen})
    meet_halfway(guards)

    saved, moved = at_once(save, partial(move, appointment, tonight))

    assert (saved.status_code, Closure.objects.count(), moved.slot) == (302, 1, tonight)


def test_day_closed_during_slot_generation_stays_closed(guards):
    slot = places.some_slot()
    Slot.objects.filter(pk=slot.pk).update(capacity=7)  # which the hours do not say

    # The generation has read the opening hours and closures before it changes any slot.
    guards.run_during(
        *(slot_generation, "_bring_up_to_date"),
        first=actions.make_slots,
        second=partial(close_day, slot),
    )

    assert now(slot).is_closed


def test_bookings_during_closure_succeed_or_are_refused():
    for _round in range(3):
        slot = places.some_slot(capacity=10)
        confirms = [partial(confirm, places.held(slot=slot)) for _hold in range(3)]

        results = at_once(partial(close_day, slot), *confirms, *by_people(3, hold, slot))

        refusals = told(results)
        assert set(refusals) <= {CLOSED_TIME, CLOSED}
        assert taken(slot) == 6 - refusals.count(CLOSED_TIME)
        confirmed = slot.appointments.filter(status="confirmed")
        assert confirmed.count() == 3 - refusals.count(CLOSED)


def take_while_day_is_closed(guards, action, is_under_lapsed_hold=False):
    """Close the day between the check and the write of `action`; return the result."""
    slot = places.some_slot()
    if is_under_lapsed_hold:
        lapsed_holds(1, slot)
    steps = {"hold": by_people(1, hold, slot)[0], "move": partial(move, places.confirmed(), slot)}
    guards.meanwhile(booking, "check_no_conflict", partial(close_day, slot))
    return at_once(steps[action])


@pytest.mark.parametrize("is_under_lapsed_hold", [False, True], ids=["free", "under lapsed hold"])
def test_closure_after_check_refuses_hold_and_move(guards, is_under_lapsed_hold):
    results = [
        told(take_while_day_is_closed(guards, action, is_under_lapsed_hold))
        for action in ("hold", "move")
    ]

    assert results == [[CLOSED_TIME], [CLOSED_TIME]]


def test_slot_lengthened_after_check_is_refused(guards):
    slot = places.some_slot()

    def lengthen():
        closes = at_local_time(slot.end + timedelta(hours=1))
        update_hours(slot, slot_minutes=60, closes=closes)
        actions.make_slots()

    guards.meanwhile(booking, "check_no_conflict", lengthen)

    assert told(at_once(*by_people(1, hold, slot))) == [FULL]
    assert not Appointment.objects.exists()


def test_control_without_closed_check_on_write_slot_is_taken(guards):
    def take_without_asking(freed, *, into, operations):
        Slot.objects.filter(pk=into.pk).update(taken=F("taken") + operations)

    guards.replace(booking, "move_places", take_without_asking)

    (held,) = take_while_day_is_closed(guards, "hold")

    assert now(held.slot).is_closed


def slot_with_shrinking_capacity():
    """Return a slot whose capacity is to shrink from ten to four, and six holds for it."""
    slot = places.some_slot(capacity=10)
    places.confirmed(slot=slot, operations=3)
    update_hours(slot, capacity=4)
    return slot, by_people(6, hold, slot)


def test_bookings_while_capacity_shrinks_stay_within_it():
    for _round in range(3):
        slot, holds = slot_with_shrinking_capacity()

        results = at_once(actions.make_slots, *holds)

        assert set(told(results)) <= {FULL}
        assert taken(slot) == now(slot).capacity == 9 - len(told(results))


def test_control_with_stale_taken_count_generation_fails(guards):
    _slot, holds = slot_with_shrinking_capacity()

    greatest = slot_generation.Greatest

    def read_and_let_all_book(field, least, **options):
        if field != "taken":
            return greatest(field, least, **options)
        most = Slot.objects.aggregate(most=Max(field))["most"]
        at_once(*holds)
        return Value(max(most, least.value))

    guards.take_out_row_locks()
    guards.replace(slot_generation, "Greatest", read_and_let_all_book)

    with pytest.raises(IntegrityError, match=r"slot_never_oversold|slot_reserved_check"):
        actions.make_slots()
