"""The allocator: places that come free bit by bit, what must not hold it up, and its death."""

import itertools
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from django.db import connection

from appointments import actions
from appointments.actions import allocation
from appointments.models import Closure, Offer, OpeningWindow
from appointments.models.slots import ALLOCATOR
from core.chores.models import Chore
from core.messaging.models import Message
from tests import factories
from tests.appointments import places
from tests.appointments.hours_forms import REASONS
from tests.appointments.places import (
    HOUR,
    MINUTE,
    SUNDAY,
    TUESDAY,
    cancel,
    refused,
)
from tests.appointments.sentences import TAKEN
from tests.worlds import undone

pytestmark = pytest.mark.django_db

# Places that come free one by one


@pytest.mark.both_engines
def test_places_freed_one_by_one_are_offered_together(clock, waits):
    monday = places.slot(capacity=2)
    leaving = [places.confirmed(slot=monday) for _place in range(2)]
    couple = waits(operations=2)
    cancel(leaving[0])
    assert places.offered_to(monday) == []
    assert refused(places.held, slot=monday, operations=2) == TAKEN
    clock.now += MINUTE
    cancel(leaving[1])
    assert places.offered_to(monday) == [couple]
    assert (places.taken(monday), places.reserved(monday)) == (2, 0)


@pytest.mark.parametrize(("minutes", "goes_on"), [(29, False), (30, True)])
def test_first_of_two_places_is_kept_for_half_an_hour(clock, waits, minutes, goes_on):
    monday = places.slot(capacity=2)
    leaving = [places.confirmed(slot=monday) for _place in range(2)]
    waits(operations=2)
    clock.now += MINUTE
    alone = waits()
    cancel(leaving[0])
    assert places.offered_to(monday) == []
    clock.now += minutes * MINUTE
    assert places.offered_to(monday) == ([alone] if goes_on else [])
    assert places.reserved(monday) == (not goes_on)


@pytest.mark.both_engines
@pytest.mark.parametrize("change", ["more places", "open again", "other hours"])
def test_new_places_are_offered_to_waiting_list(monday, clock, waits, change):
    places.confirmed(slot=monday)
    hours = monday.window
    hours.capacity = 1
    hours.opens, hours.closes = monday.start.time(), places.at(SUNDAY, "10:15").time()
    hours.save()
    if change == "open again":
        closure = Closure.objects.create(first_day=SUNDAY, last_day=TUESDAY, **REASONS)
    actions.make_slots()
    appointment = waits()
    clock.now += MINUTE
    if change == "open again":
        closure.delete()
    elif change == "more places":
        OpeningWindow.objects.update(capacity=2)
    else:
        OpeningWindow.objects.update(closes="10:30")
    actions.make_slots()
    assert places.allocate() == 1
    assert appointment.offers.open().get().slot.start < appointment.slot.start


def test_place_free_before_waiting_is_not_offered(booked, monday, clock, waits):
    cancel(booked)
    waits()
    assert places.offered_to(monday) == []


# What must not hold up the list


def test_who_leaves_the_list_and_comes_back_with_an_offer_holds_up_nobody(
    booked, monday, two_waiting
):
    first, second = two_waiting
    cancel(booked)
    assert places.offered_to(monday) == [first]
    places.stop_waiting(first)
    places.wait(first)
    another = places.slot(TUESDAY, capacity=1)
    cancel(places.confirmed(slot=another))
    assert places.offered_to(another) == [second]
    assert places.offered_to(monday) == [first]


def test_entry_that_fails_hides_nobody_and_keeps_the_allocator_alive(
    booked, monday, two_waiting, monkeypatch, clock
):
    first, second = two_waiting
    check = allocation.check_open_to_attendee

    def fail_for_the_first(waiting):
        if waiting.user == first.user:
            raise ZeroDivisionError
        check(waiting)

    monkeypatch.setattr(allocation, "check_open_to_attendee", fail_for_the_first)
    places.note_worker()
    cancel(booked)
    clock.now += HOUR
    with pytest.raises(ZeroDivisionError):
        actions.allocate()
    assert [offer.appointment for offer in monday.offers.open()] == [second]
    assert Chore.objects.get(name=ALLOCATOR).ran_at == clock.now


def test_paused_service_is_offered_nothing(booked, monday, waits, clock):
    paused = waits()
    clock.now += MINUTE
    another = waits(service=factories.ServiceFactory())
    paused.service.can_be_booked = False
    paused.service.save()
    cancel(booked)
    assert places.offered_to(monday) == [another]


def test_first_of_two_places_is_not_kept_until_it_is_too_soon(clock, waits):
    soon = places.slot(SUNDAY, "12:00", capacity=2)
    leaving = [places.confirmed(slot=soon) for _place in range(2)]
    waits(operations=2)
    clock.now += MINUTE
    alone = waits()
    clock.now = places.at(SUNDAY, "09:45")
    cancel(leaving[0])
    assert places.offered_to(soon) == [alone]


# A worker that is killed


def allocate_until(statement):
    """Allocate in a worker that ends before its statement of this number; return whether it did."""
    numbers = itertools.count()

    def end_before(execute, *asked):
        if next(numbers) == statement:
            raise KeyboardInterrupt
        return execute(*asked)

    with connection.execute_wrapper(end_before):
        try:
            actions.allocate()
        except KeyboardInterrupt:
            return True
    return False


def outcomes_of_killed_workers(monday):
    """Return what stands after a worker was killed at each statement, and after the next run."""
    outcomes = []
    for statement in itertools.count():
        with undone():
            was_killed = allocate_until(statement)
            between = places.taken(monday), places.reserved(monday)
            offers = Offer.objects.count()
            places.allocate()
            texts = Message.objects.filter(text__contains="earlier time", channel="sms").count()
            after = places.taken(monday), places.reserved(monday), monday.offers.count(), texts
            outcomes.append((offers, between, after))
        if not was_killed:
            return outcomes


def test_worker_killed_at_any_statement_loses_no_place_and_makes_one_offer(
    booked, monday, two_waiting
):
    cancel(booked)
    outcomes = outcomes_of_killed_workers(monday)
    assert len(outcomes) > 20
    assert {after for *_between, after in outcomes} == {(1, 0, 1, 1)}
    assert {each[:2] for each in outcomes} == {(0, (0, 1)), (1, (1, 0))}


def test_control_without_transaction_killed_worker_leaves_half_an_offer(
    booked, monday, two_waiting, monkeypatch
):
    cancel(booked)
    with monkeypatch.context() as without:
        without.setattr(allocation, "transaction", SimpleNamespace(atomic=nullcontext))
        outcomes = outcomes_of_killed_workers(monday)
    assert (1, (0, 1)) in {each[:2] for each in outcomes}
