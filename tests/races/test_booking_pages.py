"""Concurrent bookings through the pages, and while opening hours and closures change."""

import uuid
from datetime import timedelta
from functools import partial
from threading import Event

import pytest
from django.db import IntegrityError, OperationalError
from django.db.models import F, Max, Value
from django.utils import timezone

from appointments import actions
from appointments.actions import booking, slot_generation
from appointments.models import Closure, OpeningWindow, Slot, SlotQuerySet
from tests.appointments import places
from tests.appointments.browsing import TIMES, address, criteria_of, page_of, verified
from tests.conftest import errors_on, signed_in_staff, words
from tests.factories import OfficerFactory, ServiceFactory, UserFactory
from tests.races.bookings import (
    FULL,
    booked,
    cancel,
    confirm,
    event_types_of,
    hold,
    in_twenty_threads,
    look_before_taking,
    meanwhile,
    move,
    slot_half_full_of_lapsed_holds,
    taken,
    wait_after_first_slot_update,
)
from tests.races.together import at_once, lock_is_awaited, take_out_row_locks, told, until

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db(transaction=True)]
parallel = pytest.mark.postgres

DAY = timedelta(days=1)
CLOSED = "The office is closed at this time now. Choose another time."
CONFIRMED = "Your appointment is confirmed"


class Visitor:
    """A browser, signed in and verified, on the page of times of the day of `slot`."""

    def __init__(self, slot, service):
        self.user = UserFactory()
        self.browser = verified(self.user)
        criteria = criteria_of(self.user.identity, service)
        self.step = address(TIMES, criteria, office=slot.office.slug, day=slot.day)
        self.idempotency_key = uuid.uuid4()

    def take(self, slot):
        return self, self.browser.post(
            self.step, {"idempotency_key": self.idempotency_key, "slot": slot.pk}
        )

    def confirm(self, landed):
        return self.browser.post(f"{landed.url}confirm/", follow=True)


def visitors_of(slot, number):
    service = ServiceFactory()
    return [Visitor(slot, service) for _visitor in range(number)]


def other_slot_on_day_of(slot):
    hours = {"of": slot.window, "capacity": 200, "minutes": 30}
    return places.slot(slot.day, "15:00", **hours)


def assert_ten_get_holds(slot, visitors, do):
    """Check that ten of `visitors` who post for `slot` get a hold, with `do` as the runner.

    Return their responses by visitor, and the other slot of the day, which all others are offered.
    """
    other = other_slot_on_day_of(slot)

    responses = do(*[partial(each.take, slot) for each in visitors])

    landed = {visitor: page for visitor, page in responses if page.status_code == 302}
    others = [page for _visitor, page in responses if page.status_code == 200]
    assert (len(landed), len(others)) == (10, len(visitors) - 10)
    held = {each.user: page_of(each) for each in slot.appointments.live()}
    assert {visitor.user: page.url for visitor, page in landed.items()} == held
    assert [errors_on(page) for page in others] == [[FULL]] * len(others)
    assert {tuple(page.context["slots"]) for page in others} == {(other,)}
    assert taken(slot) == 10
    lapsed = slot.appointments.filter(status="expired")
    assert [event_types_of(each) for each in lapsed] == [["held", "expired"]] * 5
    return landed, other


def assert_ten_confirm(slot, landed):
    pages = at_once(*[partial(visitor.confirm, page) for visitor, page in landed.items()])

    assert [page.status_code for page in pages] == [200] * 10
    assert all(CONFIRMED in words(page) for page in pages)
    assert set(slot.appointments.live().values_list("status", flat=True)) == {"confirmed"}
    assert taken(slot) == 10


def assert_ten_refused_take_other_slot(other, visitors, landed):
    """Check that ten refused visitors get `other` with the idempotency key of the same form."""
    tried = [visitor for visitor in visitors if visitor not in landed][:10]

    responses = at_once(*[partial(visitor.take, other) for visitor in tried])

    assert [page.status_code for _visitor, page in responses] == [302] * 10
    assert taken(other) == 10


@parallel
def test_pages_hold_ten_places_for_ten_of_200():
    slot = slot_half_full_of_lapsed_holds()
    visitors = visitors_of(slot, 200)

    landed, other = assert_ten_get_holds(slot, visitors, in_twenty_threads)

    assert_ten_confirm(slot, landed)
    assert_ten_refused_take_other_slot(other, visitors, landed)


def test_pages_hold_ten_places_for_ten_of_fifty():
    slot = slot_half_full_of_lapsed_holds()
    visitors = visitors_of(slot, 50)

    landed, other = assert_ten_get_holds(slot, visitors, at_once)

    assert_ten_confirm(slot, landed)
    assert_ten_refused_take_other_slot(other, visitors, landed)


@parallel
def test_control_without_conditional_update_pages_oversell(monkeypatch):
    slot = places.some_slot(capacity=10)
    visitors = visitors_of(slot, 20)
    look_before_taking(monkeypatch, parties=20)

    responses = at_once(*[partial(visitor.take, slot) for visitor in visitors])

    assert [page.status_code for _visitor, page in responses] == [302] * 20
    assert booked(slot) == 20
    assert Slot.objects.get(pk=slot.pk).taken < 20


# Opening hours and closures


def update_hours(slot, **fields):
    """Change the opening hours of the slot without generating slots from them."""
    OpeningWindow.objects.filter(pk=slot.window_id).update(**fields)


def close_day(slot):
    fields = {"reason_ar": "Maintenance", "reason_en": "Maintenance", "office": slot.office}
    Closure.objects.create(first_day=slot.day, last_day=slot.day, **fields)
    actions.make_slots()


@parallel
def test_slot_generation_during_all_actions_keeps_counts():
    for _round in range(2):
        # Three operations are booked in each slot; one more moves in and one more is held, perhaps
        # before any of the three is moved out or cancelled.
        slots = places.some_slots(4, capacity=5)
        ring = zip(
            [places.confirmed(slot=slot) for slot in slots], slots[1:] + slots[:1], strict=True
        )
        update_hours(slots[0], capacity=6)

        results = at_once(
            actions.make_slots,
            *(partial(move, each, slot) for each, slot in ring),
            *(partial(confirm, places.held(slot=slot)) for slot in slots),
            *(partial(cancel, places.confirmed(slot=slot)) for slot in slots),
            *(partial(hold, UserFactory(), slot, ServiceFactory()) for slot in slots),
            actions.make_slots,
        )

        assert told(results) == []
        assert [taken(slot) for slot in slots] == [3] * 4


def swap_open_slot(slots):
    """Close the second slot and change the hours so that it is generated in place of the first."""
    update_hours(slots[0], opens=timezone.localtime(slots[1].start).time())
    Slot.objects.filter(pk=slots[1].pk).update(is_closed=True)


@parallel
def test_move_from_closing_to_opening_slot():
    for _round in range(5):
        slots = places.some_slots(2)
        appointment = places.confirmed(slot=slots[1])
        swap_open_slot(slots)

        results = at_once(actions.make_slots, partial(move, appointment, slots[0]))

        assert told(results) in ([], [FULL])
        assert sorted(map(taken, slots)) == [0, 1]


@parallel
def test_control_without_lock_order_generation_and_move_deadlock(
    monkeypatch,
):
    slots = places.some_slots(2)
    appointment = places.confirmed(slot=slots[1])
    swap_open_slot(slots)
    take_out_row_locks(monkeypatch)
    wait_after_first_slot_update(monkeypatch, parties=2)

    with pytest.raises(OperationalError, match="deadlock detected"):
        at_once(actions.make_slots, partial(move, appointment, slots[0]))


def meet_halfway(monkeypatch):
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
    monkeypatch.setattr(SlotQuerySet, "update", update)
    monkeypatch.setattr(slot_generation, "_bring_up_to_date", bring_up_to_date)


@parallel
def test_closure_saved_during_move_between_offices(monkeypatch):
    # Slots are added each night, so the primary keys of two offices are interleaved.
    one, other = places.some_slot(), places.some_slot()
    tonight = places.slot(one.day + 7 * DAY, "12:00", of=one.window, minutes=30)
    appointment = places.confirmed(slot=other)
    browser = signed_in_staff(OfficerFactory(is_superuser=True))
    day, path = one.day + DAY, "/en/staff/appointments/closure/add/"
    form = {"first_day": day, "last_day": day, "reason_ar": "Works", "reason_en": "Works"}
    seen = browser.post(path, form).context["previewed"]
    save = partial(browser.post, path, {**form, "_previewed": seen})
    meet_halfway(monkeypatch)

    saved, moved = at_once(save, partial(move, appointment, tonight))

    assert (saved.status_code, Closure.objects.count(), moved.slot) == (302, 1, tonight)


@parallel
def test_day_closed_during_slot_generation_stays_closed(monkeypatch):
    slot, looked, closed = places.some_slot(), Event(), Event()
    open_days = slot_generation._open_days

    def look_and_wait_once(*of):
        found = open_days(*of)
        if not looked.is_set():
            looked.set()
            until(lambda: closed.is_set() or lock_is_awaited())
        return found

    def close_after_the_look():
        until(looked.is_set)
        close_day(slot)
        closed.set()

    monkeypatch.setattr(slot_generation, "_open_days", look_and_wait_once)

    at_once(actions.make_slots, close_after_the_look)

    assert Slot.objects.get(pk=slot.pk).is_closed


@parallel
def test_bookings_during_closure_succeed_or_are_refused():
    for _round in range(3):
        slot = places.some_slot(capacity=10)
        confirms = [partial(confirm, places.held(slot=slot)) for _hold in range(3)]
        holds = [
            partial(hold, user, slot, ServiceFactory()) for user in UserFactory.create_batch(3)
        ]

        results = at_once(partial(close_day, slot), *confirms, *holds)

        assert set(told(results)) <= {FULL, CLOSED}
        assert taken(slot) == 6 - told(results).count(FULL)
        assert slot.appointments.filter(status="confirmed").count() == 3 - told(results).count(
            CLOSED
        )


def take_while_day_is_closed(monkeypatch, action, is_under_lapsed_hold=False):
    """Close the day between the check and the write of `action`; return the result."""
    slot = places.some_slot()
    if is_under_lapsed_hold:
        places.lapse(places.held(slot=slot))
    steps = {
        "hold": partial(hold, UserFactory(), slot, ServiceFactory()),
        "move": partial(move, places.confirmed(), slot),
    }
    meanwhile(monkeypatch, booking, "check_no_conflict", partial(close_day, slot))
    return at_once(steps[action])


@parallel
@pytest.mark.parametrize("is_under_lapsed_hold", [False, True], ids=["free", "under lapsed hold"])
def test_closure_after_check_refuses_hold_and_move(monkeypatch, is_under_lapsed_hold):
    results = [
        told(take_while_day_is_closed(monkeypatch, action, is_under_lapsed_hold))
        for action in ("hold", "move")
    ]

    assert results == [[FULL], [FULL]]


@parallel
def test_slot_lengthened_after_check_is_refused(monkeypatch):
    slot, user = places.some_slot(), UserFactory()

    def lengthen():
        update_hours(
            slot, slot_minutes=60, closes=timezone.localtime(slot.end + timedelta(hours=1)).time()
        )
        actions.make_slots()

    meanwhile(monkeypatch, booking, "check_no_conflict", lengthen)

    assert told(at_once(partial(hold, user, slot, ServiceFactory()))) == [FULL]
    assert not user.appointments.exists()


@parallel
def test_control_without_closed_check_on_write_slot_is_taken(monkeypatch):
    def take_without_asking(freed, *, into, operations):
        Slot.objects.filter(pk=into.pk).update(taken=F("taken") + operations)

    monkeypatch.setattr(booking, "move_places", take_without_asking)

    (held,) = take_while_day_is_closed(monkeypatch, "hold")

    assert Slot.objects.get(pk=held.slot_id).is_closed


def slot_with_shrinking_capacity():
    """Return a slot whose capacity is to shrink from ten to four, and six holds for it."""
    slot = places.some_slot(capacity=10)
    places.confirmed(slot=slot, operations=3)
    update_hours(slot, capacity=4)
    people = UserFactory.create_batch(6)
    return slot, [partial(hold, user, slot, ServiceFactory()) for user in people]


@parallel
def test_bookings_while_capacity_shrinks_stay_within_it():
    for _round in range(3):
        slot, pairs = slot_with_shrinking_capacity()

        results = at_once(actions.make_slots, *pairs)

        assert set(told(results)) <= {FULL}
        assert taken(slot) == Slot.objects.get(pk=slot.pk).capacity == 9 - len(told(results))


@parallel
def test_control_with_stale_taken_count_generation_fails(monkeypatch):
    _slot, pairs = slot_with_shrinking_capacity()

    def read_and_let_all_book(field, least):
        most = Slot.objects.aggregate(most=Max(field))["most"]
        at_once(*pairs)
        return Value(max(most, least.value))

    take_out_row_locks(monkeypatch)
    monkeypatch.setattr(slot_generation, "Greatest", read_and_let_all_book)

    with pytest.raises(IntegrityError, match="slot_never_oversold"):
        actions.make_slots()
