"""The waiting list for earlier times: the offers, their order, and the answers to them."""

import itertools
from contextlib import nullcontext
from functools import partial
from types import SimpleNamespace

import pytest
from django.db import connection

from appointments import actions
from appointments.actions import allocation
from appointments.models import Closure, Offer, OpeningWindow, Waiting
from appointments.models.slots import ALLOCATOR
from core.chores.models import Chore
from core.exceptions import RuleViolation
from core.messaging.models import Message
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import page_of
from tests.appointments.hours_forms import REASONS
from tests.appointments.places import (
    HOUR,
    MINUTE,
    SECOND,
    SUNDAY,
    TUESDAY,
    WEDNESDAY,
    cancel,
    refused,
)
from tests.appointments.sentences import NOT_LINKED, TAKEN, TOO_LATE
from tests.conftest import notices_on, words
from tests.worlds import undone

pytestmark = pytest.mark.django_db

LAPSED = "This time is no longer kept for you."


@pytest.fixture
def monday():
    """Return a slot with a single place, on Monday at ten."""
    return places.slot(capacity=1)


@pytest.fixture
def booked(monday):
    return places.confirmed(slot=monday)


@pytest.fixture
def waits():
    """Return a function that books an appointment, each at its own time, and lets it wait."""
    hours = itertools.count(11)

    def wait(day=WEDNESDAY, *, office=None, **criteria):
        slot = places.slot(day, f"{next(hours)}:00")
        appointment = places.confirmed(slot=slot, **criteria)
        places.wait(appointment, office)
        return appointment

    return wait


@pytest.fixture
def tempted(booked, waits):
    """Return an appointment of Wednesday that has an offer of Monday."""
    appointment = waits()
    cancel(booked)
    places.allocate()
    return appointment


@pytest.fixture
def two_waiting(waits, clock):
    """Return two appointments of Wednesday that wait, in the order of their turns."""
    first = waits()
    clock.now += MINUTE
    return first, waits()


def offered(slot):
    """Allocate; return the appointments with an open offer of the slot, in order of the offers."""
    places.allocate()
    return [offer.appointment for offer in slot.offers.open().order_by("pk")]


def answer(action, appointment):
    offer = appointment.offers.latest("pk")
    return getattr(actions, action)(actor=appointment.user, offer=offer)


# The offers


@pytest.mark.both_engines
def test_freed_place_is_offered_to_longest_waiting(booked, monday, clock, two_waiting):
    places.note_worker()
    cancel(booked)
    assert (places.taken(monday), places.reserved(monday)) == (0, 1)
    assert refused(places.held, slot=monday) == TAKEN
    assert offered(monday) == [two_waiting[0]]
    assert (places.taken(monday), places.reserved(monday)) == (1, 0)
    assert monday.offers.get().expires_at == clock.now + 30 * MINUTE


def test_freed_place_without_waiting_list_is_free(booked, monday):
    cancel(booked)
    assert places.taken(monday) == 0


def test_offered_place_cannot_be_booked(tempted, monday):
    assert refused(places.held, slot=monday) == TAKEN


@pytest.mark.parametrize("action", ["moves away", "lets the hold lapse", "gives the hold back"])
def test_place_freed_in_any_way_is_offered(monday, clock, action, waits):
    if action == "moves away":
        booked = places.confirmed(slot=monday)
        waiting = waits()
        places.move(booked, places.slot(TUESDAY))
    else:
        held = places.held(slot=monday)
        waiting = waits()
        if action == "gives the hold back":
            cancel(held)
        else:
            clock.now = held.expires_at
            actions.expire_due()
    assert offered(monday) == [waiting]
    assert places.taken(monday) == 1


def test_later_time_is_not_offered(monday):
    at_nine, at_ten = places.slot(TUESDAY, "09:00", capacity=1), places.slot(TUESDAY, capacity=1)
    booked = places.confirmed(slot=at_ten)
    appointment = places.confirmed(slot=at_nine)
    places.wait(appointment)
    cancel(booked)
    assert offered(at_ten) == []


def test_waiting_party_larger_than_free_is_skipped(booked, monday, clock, waits):
    waits(operations=2)
    clock.now += MINUTE
    alone = waits()
    cancel(booked)
    assert offered(monday) == [alone]


def test_several_freed_places_are_offered_to_several(clock, waits):
    slot = places.slot(capacity=3)
    party = places.confirmed(slot=slot, operations=3)
    first, second = waits(operations=2), waits()
    cancel(party)
    assert offered(slot) == [first, second]
    assert places.taken(slot) == 3


def test_waiting_at_one_office_gets_no_other_office(booked, monday, waits, elsewhere):
    waits(office=elsewhere.office)
    here = waits(office=monday.office)
    cancel(booked)
    assert offered(monday) == [here]


def test_waiting_in_region_gets_no_other_region(booked, monday):
    far = places.office("abha", "Abha", region=places.region("asir", "SA-14", "Asir"))
    slot = places.slot(WEDNESDAY, of=places.window(office=far))
    appointment = places.confirmed(slot=slot)
    places.wait(appointment)
    cancel(booked)
    assert offered(monday) == []


def test_hours_without_the_service_are_not_offered(booked, monday, waits):
    waits()
    OpeningWindow.objects.get(pk=monday.window_id).services.set([booked.service])
    cancel(booked)
    assert offered(monday) == []


def test_waiting_person_busy_at_that_time_is_skipped(booked, monday, waits, elsewhere):
    appointment = waits()
    places.confirmed(appointment.user, slot=places.slot(of=elsewhere))
    cancel(booked)
    assert offered(monday) == []


@pytest.mark.parametrize(("seconds", "is_offered"), [(-1, True), (0, False)])
def test_time_that_begins_too_soon_is_not_offered(clock, seconds, is_offered, waits):
    monday = places.slot(time="12:00", capacity=1)
    waits()
    moment = monday.start - 2 * HOUR + seconds * SECOND
    clock.now = moment - MINUTE
    held = places.held(slot=monday)
    clock.now = moment
    cancel(held)
    assert bool(offered(monday)) == is_offered


@pytest.mark.both_engines
def test_one_person_is_offered_a_time_once(clock, waits):
    monday = places.slot(capacity=2)
    leaving = [places.confirmed(slot=monday) for _place in range(2)]
    first = waits()
    clock.now += MINUTE
    waits(user=first.user)
    clock.now += MINUTE
    another = waits()
    for each in leaving:
        cancel(each)
    assert offered(monday) == [first, another]


def test_waiting_with_ended_link_is_skipped(booked, monday, clock, waits, worker):
    employer = factories.UserFactory()
    link = factories.link(employer.identity, worker)
    of_worker = waits(user=employer, holder=employer.identity, attendee=worker)
    clock.now += MINUTE
    another = waits()
    link.until = SUNDAY - places.DAY
    link.save(update_fields=["until"])
    cancel(booked)
    assert offered(monday) == [another]
    assert refused(places.wait, of_worker) == NOT_LINKED


def test_offer_expires_when_it_can_no_longer_be_accepted(clock):
    earlier = places.confirmed(slot=places.slot(SUNDAY, "11:15", capacity=1))
    appointment = places.confirmed(slot=places.slot(SUNDAY, "11:30"))
    places.wait(appointment)
    clock.now = places.at(SUNDAY, "09:10")
    cancel(earlier)
    places.allocate()
    offer = appointment.offers.get()
    assert offer.expires_at == places.at(SUNDAY, "09:30")
    clock.now = offer.expires_at - SECOND
    assert answer("accept", appointment).slot == earlier.slot


@pytest.mark.both_engines
@pytest.mark.parametrize("action", ["holds", "moves there"])
def test_lapsed_hold_goes_to_waiting_list_before_others(monday, clock, action, waits):
    held = places.held(slot=monday)
    appointment = waits()
    another = places.confirmed(slot=places.slot(TUESDAY))
    steps = {
        "holds": partial(places.held, slot=monday),
        "moves there": partial(places.move, another, monday),
    }
    clock.now = held.expires_at
    with pytest.raises(RuleViolation, match="full"):
        steps[action]()
    assert offered(monday) == [appointment]


def test_one_offer_at_a_time(booked, monday, waits):
    appointment = waits()
    also = places.confirmed(slot=places.slot(TUESDAY, capacity=1))
    cancel(booked)
    cancel(also)
    assert offered(monday) == [appointment]
    assert (offered(also.slot), places.taken(also.slot)) == ([], 0)


# Places that come free one by one


@pytest.mark.both_engines
def test_places_freed_one_by_one_are_offered_together(clock, waits):
    monday = places.slot(capacity=2)
    leaving = [places.confirmed(slot=monday) for _place in range(2)]
    couple = waits(operations=2)
    cancel(leaving[0])
    assert offered(monday) == []
    assert refused(places.held, slot=monday, operations=2) == TAKEN
    clock.now += MINUTE
    cancel(leaving[1])
    assert offered(monday) == [couple]
    assert (places.taken(monday), places.reserved(monday)) == (2, 0)


@pytest.mark.parametrize(("minutes", "goes_on"), [(29, False), (30, True)])
def test_first_of_two_places_is_kept_for_half_an_hour(clock, waits, minutes, goes_on):
    monday = places.slot(capacity=2)
    leaving = [places.confirmed(slot=monday) for _place in range(2)]
    waits(operations=2)
    clock.now += MINUTE
    alone = waits()
    cancel(leaving[0])
    assert offered(monday) == []
    clock.now += minutes * MINUTE
    assert offered(monday) == ([alone] if goes_on else [])
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
    assert offered(monday) == []


# What must not hold up the list


def test_who_leaves_the_list_and_comes_back_with_an_offer_holds_up_nobody(
    booked, monday, two_waiting
):
    first, second = two_waiting
    cancel(booked)
    assert offered(monday) == [first]
    places.stop_waiting(first)
    places.wait(first)
    another = places.slot(TUESDAY, capacity=1)
    cancel(places.confirmed(slot=another))
    assert offered(another) == [second]
    assert offered(monday) == [first]


def test_entry_that_fails_hides_nobody_and_keeps_the_allocator_alive(
    booked, monday, two_waiting, monkeypatch, clock
):
    first, second = two_waiting
    check = allocation.check_may_book

    def fail_for_the_first(*, actor, **of):
        if actor == first.user:
            raise ZeroDivisionError
        check(actor=actor, **of)

    monkeypatch.setattr(allocation, "check_may_book", fail_for_the_first)
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
    assert offered(monday) == [another]


def test_first_of_two_places_is_not_kept_until_it_is_too_soon(clock, waits):
    soon = places.slot(SUNDAY, "12:00", capacity=2)
    leaving = [places.confirmed(slot=soon) for _place in range(2)]
    waits(operations=2)
    clock.now += MINUTE
    alone = waits()
    clock.now = places.at(SUNDAY, "09:45")
    cancel(leaving[0])
    assert offered(soon) == [alone]


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


# The answer


def test_accepting_moves_the_appointment_and_frees_the_old_time(tempted, monday):
    before = tempted.slot
    moved = answer("accept", tempted)
    assert (moved.slot, moved.is_confirmed) == (monday, True)
    assert (places.taken(monday), places.taken(before)) == (1, 0)
    assert tempted.slips.count() == 2
    assert not Waiting.objects.open().exists()


def test_accept_offers_old_time_to_next(booked, monday, waits):
    first, second = waits(TUESDAY), waits(WEDNESDAY)
    cancel(booked)
    places.allocate()
    answer("accept", first)
    assert offered(first.slot) == [second]
    assert places.taken(first.slot) == 1


def test_a_second_click_on_accept_changes_nothing(tempted):
    first, second = answer("accept", tempted), answer("accept", tempted)
    assert second == first
    assert places.event_types(tempted) == ["held", "confirmed", "offered", "moved"]


def test_decline_after_accept_is_refused(tempted, monday):
    answer("accept", tempted)
    sentence = refused(answer, "decline", tempted)
    assert sentence == "You have taken this time already. Move or cancel the appointment instead."
    assert places.taken(monday) == 1


@pytest.mark.both_engines
def test_decline_passes_offer_on_for_good(booked, monday, two_waiting):
    first, second = two_waiting
    cancel(booked)
    places.allocate()
    answer("decline", first)
    assert offered(monday) == [second]
    answer("decline", second)
    assert (offered(monday), places.taken(monday)) == ([], 0)
    assert Waiting.objects.open().count() == 2


@pytest.mark.both_engines
@pytest.mark.parametrize(("seconds", "stands"), [(-1, True), (0, False), (1, False)])
def test_an_offer_stands_for_half_an_hour(tempted, monday, clock, seconds, stands):
    clock.now += 30 * MINUTE + seconds * SECOND
    assert actions.lapse_due() == (0 if stands else 1)
    if stands:
        assert answer("accept", tempted).slot == monday
    else:
        assert refused(answer, "accept", tempted) == LAPSED
        assert places.taken(monday) == 0


def test_accept_after_expiry_is_refused_before_worker_runs(tempted, monday, clock):
    clock.now += 30 * MINUTE
    assert refused(answer, "accept", tempted) == LAPSED
    assert places.taken(monday) == 1


@pytest.mark.parametrize("action", ["move", "cancel"])
def test_move_or_cancel_passes_offer_to_next(booked, monday, action, two_waiting):
    first, second = two_waiting
    cancel(booked)
    places.allocate()
    if action == "move":
        places.move(first, places.slot(TUESDAY))
    else:
        cancel(first)
    assert offered(monday) == [second]
    assert places.taken(monday) == 1
    assert [each.appointment for each in Waiting.objects.open()] == [second]


def test_stop_waiting_prevents_offers(booked, monday, waits):
    appointment = waits()
    places.stop_waiting(appointment)
    cancel(booked)
    assert offered(monday) == []


def test_waiting_again_keeps_turn(booked, monday, clock, waits):
    first = waits(office=monday.office)
    clock.now += MINUTE
    waits()
    clock.now += MINUTE
    places.wait(first)
    cancel(booked)
    assert offered(monday) == [first]
    assert Waiting.objects.open().get(appointment=first).office is None


def test_stranger_cannot_answer_offer(tempted, monday):
    for action in (actions.accept, actions.decline):
        with pytest.raises(Offer.DoesNotExist):
            action(actor=factories.UserFactory(), offer=monday.offers.get())
    assert monday.offers.get().status == Offer.Status.OPEN


# The notices


def test_offer_is_sent_by_text_until_it_expires(tempted, clock):
    text = Message.objects.filter(about=tempted.reference).latest("pk")
    assert text.text == (
        f"Tawasul: an earlier time for appointment {tempted.reference}: {places.ON_MONDAY} 10:00. "
        "Sign in to accept it before 09:30."
    )
    assert text.recipient == str(tempted.user.mobile)
    assert text.not_after == clock.now + 30 * MINUTE


# On the pages


@pytest.fixture
def mine(resident):
    return places.confirmed(resident, slot=places.slot(WEDNESDAY))


def test_page_starts_and_stops_waiting(browser, mine, monday):
    page = browser.post(page_of(mine, "wait/"), {"where": "office"}, follow=True)
    assert notices_on(page) == ["We will text you when an earlier time comes free."]
    assert "We will text you when an earlier time comes free at Al-Rimal." in words(page)
    assert Waiting.objects.get().office == monday.office
    page = browser.post(page_of(mine, "wait/stop/"), follow=True)
    assert notices_on(page) == ["You are no longer waiting for an earlier time."]
    assert "Tell me if an earlier time comes free" in words(page)


@pytest.mark.parametrize("where", ["", "region", "moon", "\u0661", "x" * 5000])
def test_any_other_value_waits_in_region(browser, mine, where):
    browser.post(page_of(mine, "wait/"), {"where": where})
    assert Waiting.objects.get().office is None


def test_page_accepts_offer(browser, mine, booked, monday):
    places.wait(mine)
    cancel(booked)
    places.allocate()
    shown = words(browser.get(page_of(mine)))
    assert f"An earlier time is kept for you {places.ON_MONDAY} · 10:00 Al-Rimal" in shown
    page = browser.post(f"/en/appointments/offers/{monday.offers.get().pk}/accept/", follow=True)
    assert notices_on(page) == ["Your appointment has been moved."]
    assert f"{places.ON_MONDAY} · 10:00" in words(page)


def test_page_declines_offer(browser, mine, booked, monday):
    places.wait(mine)
    cancel(booked)
    places.allocate()
    page = browser.post(f"/en/appointments/offers/{monday.offers.get().pk}/decline/", follow=True)
    assert notices_on(page) == ["The time will be offered to somebody else."]
    assert places.taken(monday) == 0


@pytest.mark.parametrize("answered", ["accept", "decline"])
def test_foreign_offer_is_not_found(browser, mine, tempted, monday, answered):
    theirs = f"/en/appointments/offers/{monday.offers.get().pk}/{answered}/"
    assert browser.post(theirs).status_code == browser.get(theirs).status_code == 404
    assert monday.offers.get().status == Offer.Status.OPEN


@pytest.mark.parametrize("button", ["wait/", "wait/stop/"])
def test_get_on_button_redirects_to_page(browser, mine, button):
    places.wait(mine)
    assert browser.get(page_of(mine, button)).url == page_of(mine)
    assert Waiting.objects.open().count() == 1
    assert browser.get(page_of(places.confirmed(), button)).status_code == 404


def test_waiting_is_unavailable_when_too_late_to_change(browser, resident, clock):
    mine = places.confirmed(resident, slot=places.slot(SUNDAY, "12:00"))
    clock.now = mine.slot.start - 2 * HOUR
    assert "Tell me if an earlier time" not in words(browser.get(page_of(mine)))
    page = browser.post(page_of(mine, "wait/"), follow=True)
    assert notices_on(page) == [TOO_LATE]
    assert not Waiting.objects.exists()
