"""Booking under fire through the pages, and while those who make the hours change theirs."""

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
from tests.appointments.browsing import TIMES, address, page_of, verified, wish_of
from tests.conftest import errors_on, signed_in_staff, words
from tests.factories import OfficerFactory, ServiceFactory, UserFactory
from tests.races.bookings import (
    FULL,
    booked,
    cancel,
    confirm,
    event_types_of,
    hold,
    in_twenty_queues,
    let_all_look_before_anyone_takes,
    meanwhile,
    move,
    slot_half_under_lapsed_holds,
    taken,
    wait_after_the_first_places,
)
from tests.races.together import at_once, somebody_queues, take_out_row_locks, told, until

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db(transaction=True)]
parallel = pytest.mark.postgres

DAY = timedelta(days=1)
CLOSED = "The office is closed at this time now. Choose another time."
CONFIRMED = "Your appointment is confirmed"


class Visitor:
    """Somebody in a browser, signed in and verified, at the times of the day of `slot`."""

    def __init__(self, slot, service):
        self.user = UserFactory()
        self.browser = verified(self.user)
        criteria = wish_of(self.user.identity, service)
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


def other_time_on_the_day_of(slot):
    hours = {"of": slot.window, "capacity": 200, "minutes": 30}
    return places.slot(slot.day, "15:00", **hours)


def assert_ten_land(slot, visitors, do):
    """Each posts the form for `slot`, all as `do` does several things; who landed where."""
    other = other_time_on_the_day_of(slot)

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


def assert_ten_of_the_others_take(other, visitors, landed):
    """The page that told them sends its own key again, as it stands in its form."""
    tried = [visitor for visitor in visitors if visitor not in landed][:10]

    responses = at_once(*[partial(visitor.take, other) for visitor in tried])

    assert [page.status_code for _visitor, page in responses] == [302] * 10
    assert taken(other) == 10


@parallel
def test_of_200_who_post_for_ten_places_half_under_lapsed_holds_ten_land_and_all_can_go_on():
    slot = slot_half_under_lapsed_holds()
    visitors = visitors_of(slot, 200)

    landed, other = assert_ten_land(slot, visitors, in_twenty_queues)

    assert_ten_confirm(slot, landed)
    assert_ten_of_the_others_take(other, visitors, landed)


def test_of_fifty_who_post_at_the_same_moment_ten_land_and_confirm_on_either_engine():
    slot = slot_half_under_lapsed_holds()
    visitors = visitors_of(slot, 50)

    landed, other = assert_ten_land(slot, visitors, at_once)

    assert_ten_confirm(slot, landed)
    assert_ten_of_the_others_take(other, visitors, landed)


@parallel
def test_control_without_the_conditional_update_twenty_land_on_ten_places(monkeypatch):
    slot = places.some_slot(capacity=10)
    visitors = visitors_of(slot, 20)
    let_all_look_before_anyone_takes(monkeypatch, parties=20)

    responses = at_once(*[partial(visitor.take, slot) for visitor in visitors])

    assert [page.status_code for _visitor, page in responses] == [302] * 20
    assert booked(slot) == 20
    assert Slot.objects.get(pk=slot.pk).taken < 20


# Those who make the hours


def hours_of(slot, **fields):
    """The office changes its hours; made into slots by nobody yet."""
    OpeningWindow.objects.filter(pk=slot.window_id).update(**fields)


def close_day(slot):
    fields = {"reason_ar": "Maintenance", "reason_en": "Maintenance", "office": slot.office}
    Closure.objects.create(first_day=slot.day, last_day=slot.day, **fields)
    actions.make_slots()


@parallel
def test_slots_are_made_twice_while_everybody_books_confirms_moves_and_cancels():
    for _round in range(2):
        # Three are there, one more moves in and one more is held, perhaps before anybody leaves.
        slots = places.some_slots(4, capacity=5)
        ring = zip(
            [places.confirmed(slot=slot) for slot in slots], slots[1:] + slots[:1], strict=True
        )
        hours_of(slots[0], capacity=6)

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


def swap_what_is_open(slots):
    """From now on the hours make the second slot, which is closed, in place of the first."""
    hours_of(slots[0], opens=timezone.localtime(slots[1].start).time())
    Slot.objects.filter(pk=slots[1].pk).update(is_closed=True)


@parallel
def test_a_time_is_closed_as_another_opens_and_somebody_moves_from_this_to_that():
    for _round in range(5):
        slots = places.some_slots(2)
        appointment = places.confirmed(slot=slots[1])
        swap_what_is_open(slots)

        results = at_once(actions.make_slots, partial(move, appointment, slots[0]))

        assert told(results) in ([], [FULL])
        assert sorted(map(taken, slots)) == [0, 1]


@parallel
def test_control_where_slots_are_not_locked_in_order_making_them_and_a_move_wait_for_each_other(
    monkeypatch,
):
    slots = places.some_slots(2)
    appointment = places.confirmed(slot=slots[1])
    swap_what_is_open(slots)
    take_out_row_locks(monkeypatch)
    wait_after_the_first_places(monkeypatch, parties=2)

    with pytest.raises(OperationalError, match="deadlock detected"):
        at_once(actions.make_slots, partial(move, appointment, slots[0]))


def meet_halfway(monkeypatch):
    """Who makes slots and who moves wait for each other once each has the first, if both can."""
    halfway = {"update": Event(), "bring_up_to_date": Event()}

    def meet(original, me, other):
        def do_and_wait(*args, **kwargs):
            result = original(*args, **kwargs)
            if me != "update" or "taken" in kwargs:
                halfway[me].set()
                until(lambda: halfway[other].is_set() or somebody_queues())
            return result

        return do_and_wait

    update = meet(SlotQuerySet.update, "update", "bring_up_to_date")
    bring_up_to_date = meet(slot_generation._bring_up_to_date, "bring_up_to_date", "update")
    monkeypatch.setattr(SlotQuerySet, "update", update)
    monkeypatch.setattr(slot_generation, "_bring_up_to_date", bring_up_to_date)


@parallel
def test_a_closure_is_saved_on_the_desk_while_somebody_moves_between_two_offices(monkeypatch):
    # Each night adds slots, so those of an office are never all before those of another.
    one, other = places.some_slot(), places.some_slot()
    tonight = places.slot(one.day + 7 * DAY, "12:00", of=one.window, minutes=30)
    appointment = places.confirmed(slot=other)
    browser = signed_in_staff(OfficerFactory(is_superuser=True))
    day, path = one.day + DAY, "/en/staff/appointments/closure/add/"
    form = {"first_day": day, "last_day": day, "reason_ar": "Works", "reason_en": "Works"}
    seen = browser.post(path, form).context["expected_version"]
    save = partial(browser.post, path, {**form, "_previewed": seen})
    meet_halfway(monkeypatch)

    saved, moved = at_once(save, partial(move, appointment, tonight))

    assert (saved.status_code, Closure.objects.count(), moved.slot) == (302, 1, tonight)


@parallel
def test_a_day_that_is_closed_while_a_worker_makes_slots_stays_closed(monkeypatch):
    slot, looked, closed = places.some_slot(), Event(), Event()
    open_days = slot_generation._open_days

    def look_and_wait_once(*of):
        found = open_days(*of)
        if not looked.is_set():
            looked.set()
            until(lambda: closed.is_set() or somebody_queues())
        return found

    def close_once_the_worker_has_looked():
        until(looked.is_set)
        close_day(slot)
        closed.set()

    monkeypatch.setattr(slot_generation, "_open_days", look_and_wait_once)

    at_once(actions.make_slots, close_once_the_worker_has_looked)

    assert Slot.objects.get(pk=slot.pk).is_closed


@parallel
def test_on_a_day_that_is_closed_at_this_moment_all_get_a_place_or_a_sentence():
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


def take_as_the_day_is_closed(monkeypatch, action, is_under_lapsed_hold=False):
    """Somebody looks, the day is closed, then they take; what they get."""
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
def test_who_has_looked_before_a_day_is_closed_takes_nothing_on_it_afterwards(
    monkeypatch, is_under_lapsed_hold
):
    results = [
        told(take_as_the_day_is_closed(monkeypatch, action, is_under_lapsed_hold))
        for action in ("hold", "move")
    ]

    assert results == [[FULL], [FULL]]


@parallel
def test_a_time_that_is_lengthened_as_somebody_takes_it_is_another_time(monkeypatch):
    slot, user = places.some_slot(), UserFactory()

    def lengthen():
        hours_of(
            slot, slot_minutes=60, closes=timezone.localtime(slot.end + timedelta(hours=1)).time()
        )
        actions.make_slots()

    meanwhile(monkeypatch, booking, "check_no_conflict", lengthen)

    assert told(at_once(partial(hold, user, slot, ServiceFactory()))) == [FULL]
    assert not user.appointments.exists()


@parallel
def test_control_where_only_the_look_asks_whether_it_is_closed_it_is_taken(monkeypatch):
    def take_without_asking(freed, *, into, operations):
        Slot.objects.filter(pk=into.pk).update(taken=F("taken") + operations)

    monkeypatch.setattr(booking, "move_places", take_without_asking)

    (held,) = take_as_the_day_is_closed(monkeypatch, "hold")

    assert Slot.objects.get(pk=held.slot_id).is_closed


def three_booked_of_ten_where_four_are_wanted():
    """A slot whose hours are to have fewer places, and wishes of six people for it."""
    slot = places.some_slot(capacity=10)
    places.confirmed(slot=slot, operations=3)
    hours_of(slot, capacity=4)
    people = UserFactory.create_batch(6)
    return slot, [partial(hold, user, slot, ServiceFactory()) for user in people]


@parallel
def test_of_those_who_book_as_there_are_to_be_fewer_places_all_get_one_or_a_sentence():
    for _round in range(3):
        slot, wishes = three_booked_of_ten_where_four_are_wanted()

        results = at_once(actions.make_slots, *wishes)

        assert set(told(results)) <= {FULL}
        assert taken(slot) == Slot.objects.get(pk=slot.pk).capacity == 9 - len(told(results))


@parallel
def test_control_where_what_is_taken_is_read_first_the_slots_cannot_be_made(monkeypatch):
    _slot, wishes = three_booked_of_ten_where_four_are_wanted()

    def read_and_let_all_book(field, least):
        most = Slot.objects.aggregate(most=Max(field))["most"]
        at_once(*wishes)
        return Value(max(most, least.value))

    take_out_row_locks(monkeypatch)
    monkeypatch.setattr(slot_generation, "Greatest", read_and_let_all_book)

    with pytest.raises(IntegrityError, match="slot_never_oversold"):
        actions.make_slots()
