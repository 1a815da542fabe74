"""The waiting list for earlier times: the offers, their order, and the answers to them."""

from functools import partial

import pytest

from appointments import actions
from appointments.models import Offer, OpeningWindow, Waiting
from core.exceptions import RuleViolation
from core.messaging.models import Message
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import page_of
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
from tests.appointments.sentences import TAKEN, TOO_LATE
from tests.conftest import notices_on, words

pytestmark = pytest.mark.django_db

LAPSED = "This time is no longer kept for you."


@pytest.fixture
def tempted(booked, waits):
    """Return an appointment of Wednesday that has an offer of Monday."""
    appointment = waits()
    cancel(booked)
    places.allocate()
    return appointment


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
    assert places.offered_to(monday) == [two_waiting[0]]
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
    assert places.offered_to(monday) == [waiting]
    assert places.taken(monday) == 1


def test_later_time_is_not_offered(monday):
    at_nine, at_ten = places.slot(TUESDAY, "09:00", capacity=1), places.slot(TUESDAY, capacity=1)
    booked = places.confirmed(slot=at_ten)
    appointment = places.confirmed(slot=at_nine)
    places.wait(appointment)
    cancel(booked)
    assert places.offered_to(at_ten) == []


def test_waiting_party_larger_than_free_is_skipped(booked, monday, clock, waits):
    waits(operations=2)
    clock.now += MINUTE
    alone = waits()
    cancel(booked)
    assert places.offered_to(monday) == [alone]


def test_several_freed_places_are_offered_to_several(clock, waits):
    slot = places.slot(capacity=3)
    party = places.confirmed(slot=slot, operations=3)
    first, second = waits(operations=2), waits()
    cancel(party)
    assert places.offered_to(slot) == [first, second]
    assert places.taken(slot) == 3


def test_waiting_at_one_office_gets_no_other_office(booked, monday, waits, elsewhere):
    waits(office=elsewhere.office)
    here = waits(office=monday.office)
    cancel(booked)
    assert places.offered_to(monday) == [here]


def test_waiting_in_region_gets_no_other_region(booked, monday):
    far = places.office("abha", "Abha", region=places.region("asir", "SA-14", "Asir"))
    slot = places.slot(WEDNESDAY, of=places.window(office=far))
    appointment = places.confirmed(slot=slot)
    places.wait(appointment)
    cancel(booked)
    assert places.offered_to(monday) == []


def test_hours_without_the_service_are_not_offered(booked, monday, waits):
    waits()
    OpeningWindow.objects.get(pk=monday.window_id).services.set([booked.service])
    cancel(booked)
    assert places.offered_to(monday) == []


def test_waiting_person_busy_at_that_time_is_skipped(booked, monday, waits, elsewhere):
    appointment = waits()
    places.confirmed(appointment.user, slot=places.slot(of=elsewhere))
    cancel(booked)
    assert places.offered_to(monday) == []


@pytest.mark.parametrize(("seconds", "is_offered"), [(-1, True), (0, False)])
def test_time_that_begins_too_soon_is_not_offered(clock, seconds, is_offered, waits):
    monday = places.slot(time="12:00", capacity=1)
    waits()
    moment = monday.start - 2 * HOUR + seconds * SECOND
    clock.now = moment - MINUTE
    held = places.held(slot=monday)
    clock.now = moment
    cancel(held)
    assert bool(places.offered_to(monday)) == is_offered


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
    assert places.offered_to(monday) == [first, another]


def test_waiting_with_ended_link_is_skipped(booked, monday, clock, waits, worker):
    employer = factories.UserFactory()
    link = factories.link(employer.identity, worker)
    of_worker = waits(user=employer, holder=employer.identity, attendee=worker)
    clock.now += MINUTE
    another = waits()
    link.until = SUNDAY - places.DAY
    link.save(update_fields=["until"])
    cancel(booked)
    assert places.offered_to(monday) == [another]
    assert refused(places.wait, of_worker) == (
        "This is no longer yours: Mohammed Aslam Khan can no longer act for Bilal Ahmed. You can "
        "still read what was sent."
    )


def test_offer_goes_to_the_attendee_once_the_link_has_ended(booked, monday, waits, worker):
    employer = factories.UserFactory()
    link = factories.link(employer.identity, worker)
    of_worker = waits(user=employer, holder=employer.identity, attendee=worker)
    attendee = factories.UserFactory(identity=worker)
    link.until = SUNDAY - places.DAY
    link.save(update_fields=["until"])
    cancel(booked)
    assert places.offered_to(monday) == [of_worker]
    assert Message.objects.latest("pk").recipient == str(attendee.mobile)
    offer = monday.offers.get()
    assert actions.accept(actor=attendee, offer=offer).slot == monday


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
    assert places.offered_to(monday) == [appointment]


def test_one_offer_at_a_time(booked, monday, waits):
    appointment = waits()
    also = places.confirmed(slot=places.slot(TUESDAY, capacity=1))
    cancel(booked)
    cancel(also)
    assert places.offered_to(monday) == [appointment]
    assert (places.offered_to(also.slot), places.taken(also.slot)) == ([], 0)


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
    assert places.offered_to(first.slot) == [second]
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
    assert places.offered_to(monday) == [second]
    answer("decline", second)
    assert (places.offered_to(monday), places.taken(monday)) == ([], 0)
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
    assert places.offered_to(monday) == [second]
    assert places.taken(monday) == 1
    assert [each.appointment for each in Waiting.objects.open()] == [second]


def test_stop_waiting_prevents_offers(booked, monday, waits):
    appointment = waits()
    places.stop_waiting(appointment)
    cancel(booked)
    assert places.offered_to(monday) == []


def test_waiting_again_keeps_turn(booked, monday, clock, waits):
    first = waits(office=monday.office)
    clock.now += MINUTE
    waits()
    clock.now += MINUTE
    places.wait(first)
    cancel(booked)
    assert places.offered_to(monday) == [first]
    assert Waiting.objects.open().get(appointment=first).office is None


def test_stranger_cannot_answer_offer(tempted, monday):
    for action in (actions.accept, actions.decline):
        with pytest.raises(RuleViolation):
            action(actor=factories.UserFactory(), offer=monday.offers.get())
    assert monday.offers.get().status == Offer.Status.OPEN


# The notices


def test_offer_is_sent_by_text_until_it_expires(tempted, clock):
    text = Message.objects.filter(about=tempted.reference).latest("pk")
    assert text.text == (
        f"Tawasul: an earlier time is free for {places.whose(tempted)}: "
        f"{places.facts(tempted, tempted.offers.get().slot)} Sign in to accept it before 09:30."
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


def test_unknown_place_to_wait_is_refused(browser, mine):
    for where in ("", "moon", "\u0661", "x" * 5000):
        page = browser.post(page_of(mine, "wait/"), {"where": where}, follow=True)
        assert notices_on(page) == [
            "Choose where you want an earlier time: at this office, or anywhere in its region."
        ]
    assert not Waiting.objects.exists()
    browser.post(page_of(mine, "wait/"), {"where": "region"})
    assert Waiting.objects.get().office is None


def test_page_accepts_offer(browser, mine, booked, monday):
    places.wait(mine)
    cancel(booked)
    places.allocate()
    shown = words(browser.get(page_of(mine)))
    assert f"An earlier time is kept for you {places.WHEN_MONDAY} 10:00 Al-Rimal" in shown
    page = browser.post(f"/en/appointments/offers/{monday.offers.get().pk}/accept/", follow=True)
    assert notices_on(page) == ["Your appointment has been moved."]
    assert f"{places.WHEN_MONDAY} 10:00" in words(page)


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
    page = browser.post(page_of(mine, "wait/"), {"where": "region"}, follow=True)
    assert notices_on(page) == [TOO_LATE]
    assert not Waiting.objects.exists()
