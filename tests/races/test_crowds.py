"""Many people, few places, by the actions of booking and through the pages: ten of each crowd."""

import uuid
from functools import partial

import pytest

from core.exceptions import RuleViolation
from tests.appointments import places
from tests.appointments.browsing import TIMES, address, criteria_of, page_of, verified
from tests.conftest import errors_on, words
from tests.factories import ServiceFactory, UserFactory
from tests.races.bookings import (
    FULL,
    book,
    booked,
    by_people,
    cancel,
    counter,
    in_twenty_threads,
    slot_half_full_of_lapsed_holds,
    taken,
)
from tests.races.together import at_once, event_types_of, told

pytestmark = pytest.mark.django_db(transaction=True)

CONFIRMED = "Your appointment is confirmed"


def assert_lapsed_holds_are_expired(slot):
    lapsed = slot.appointments.filter(status="expired")
    assert [event_types_of(each) for each in lapsed] == [["held", "expired"]] * 5


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
    assert_lapsed_holds_are_expired(slot)
    return winners


@pytest.mark.takes_long
@pytest.mark.postgres
def test_ten_places_go_to_ten_of_200():
    people = UserFactory.create_batch(200)

    # The slot is full once each thread has served its first person. From the second round on, two
    # more for each thread are enough to find it full.
    for crowd in (people, *[people[:60]] * 19):
        slot = slot_half_full_of_lapsed_holds()
        winners = assert_ten_book(slot, crowd, in_twenty_threads)

        at_once(*[partial(cancel, each) for each in winners])
        assert taken(slot) == 0


@pytest.mark.both_engines
def test_ten_places_go_to_ten_of_fifty_on_either_engine():
    assert_ten_book(slot_half_full_of_lapsed_holds(), UserFactory.create_batch(50), at_once)


@pytest.mark.postgres
def test_control_without_conditional_update_slot_is_oversold(guards):
    slot = places.some_slot(capacity=10)
    guards.look_before_taking(parties=20)

    at_once(*by_people(20, book, slot))

    assert booked(slot) == 20


class Visitor:
    """A browser, signed in and verified, on the page of times of the day of `slot`."""

    def __init__(self, slot, service):
        self.user = UserFactory()
        self.browser = verified(self.user)
        criteria = criteria_of(self.user.identity, service)
        self.step = address(TIMES, criteria, office=slot.office.slug, day=slot.day)
        self.idempotency_key = uuid.uuid4()

    def take(self, slot):
        form = {"idempotency_key": self.idempotency_key, "slot": slot.pk}
        return self, self.browser.post(self.step, form)

    def confirm(self, landed):
        return self.browser.post(f"{landed.url}confirm/", follow=True)


def visitors_of(slot, number):
    service = ServiceFactory()
    return [Visitor(slot, service) for _visitor in range(number)]


def assert_ten_get_holds(slot, other, visitors, do):
    """Check that ten of `visitors` who post for `slot` get a hold, with `do` as the runner.

    All others are offered `other`. Return the responses to the ten, by visitor.
    """
    responses = do(*[partial(each.take, slot) for each in visitors])
    landed = {visitor: page for visitor, page in responses if page.status_code == 302}
    others = [page for _visitor, page in responses if page.status_code == 200]
    assert (len(landed), len(others)) == (10, len(visitors) - 10)
    held = {each.user: page_of(each) for each in slot.appointments.live()}
    assert {visitor.user: page.url for visitor, page in landed.items()} == held
    assert [errors_on(page) for page in others] == [[FULL]] * len(others)
    assert {tuple(page.context["slots"]) for page in others} == {(other,)}
    assert taken(slot) == 10
    assert_lapsed_holds_are_expired(slot)
    return landed


def assert_ten_of_crowd_get_appointments(number, do):
    """Check that ten get holds and confirm them, and ten others another time with their form."""
    slot = slot_half_full_of_lapsed_holds()
    visitors = visitors_of(slot, number)
    other = places.slot(slot.day, "15:00", of=slot.window, capacity=200, minutes=30)

    landed = assert_ten_get_holds(slot, other, visitors, do)

    pages = at_once(*[partial(visitor.confirm, page) for visitor, page in landed.items()])
    assert [page.status_code for page in pages] == [200] * 10
    assert all(CONFIRMED in words(page) for page in pages)
    assert set(slot.appointments.live().values_list("status", flat=True)) == {"confirmed"}
    assert taken(slot) == 10

    refused = [visitor for visitor in visitors if visitor not in landed][:10]
    responses = at_once(*[partial(visitor.take, other) for visitor in refused])
    assert [page.status_code for _visitor, page in responses] == [302] * 10
    assert taken(other) == 10


@pytest.mark.postgres
def test_pages_hold_ten_places_for_ten_of_200():
    assert_ten_of_crowd_get_appointments(200, in_twenty_threads)


@pytest.mark.postgres
def test_pages_hold_ten_places_for_ten_of_fifty():
    assert_ten_of_crowd_get_appointments(50, at_once)


@pytest.mark.postgres
def test_control_without_conditional_update_pages_oversell(guards):
    slot = places.some_slot(capacity=10)
    visitors = visitors_of(slot, 20)
    guards.look_before_taking(parties=20)

    responses = at_once(*[partial(visitor.take, slot) for visitor in visitors])

    assert [page.status_code for _visitor, page in responses] == [302] * 20
    assert booked(slot) == 20
    assert counter(slot) < 20
