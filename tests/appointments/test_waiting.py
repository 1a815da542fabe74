"""The waiting list for earlier times: the offers, their order, and the answers to them."""

import datetime
import itertools
from functools import partial

import pytest

from appointments import actions
from appointments.models import Closure, Offer, OpeningWindow, Waiting
from core.exceptions import RuleViolation
from core.messaging.models import Message
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import page_of, verified
from tests.appointments.places import MINUTE, SECOND, SUNDAY, TUESDAY, refused
from tests.conftest import notices_on, words

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]

DAY = datetime.timedelta(days=1)
WEDNESDAY = TUESDAY + DAY
TOO_LATE = "This time is no longer kept for you."
ON_MONDAY = "4 May 2026 CE (17 Dhu al-Qadah 1447 AH)"


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
        actions.wait(actor=appointment.user, appointment=appointment, office=office)
        return appointment

    return wait


def cancel(appointment):
    actions.cancel(actor=appointment.user, appointment=appointment)


def offered(slot):
    """Return the appointments that have an open offer of the slot, in the order of the offers."""
    return [offer.appointment for offer in slot.offers.open().order_by("pk")]


def answer(action, appointment):
    offer = appointment.offers.latest("pk")
    return getattr(actions, action)(actor=appointment.user, offer=offer)


# The offers


def test_freed_place_is_offered_to_longest_waiting(booked, monday, clock, waits):
    first = waits()
    clock.now += MINUTE
    waits()
    cancel(booked)
    assert offered(monday) == [first]
    assert places.taken(monday) == 1
    assert monday.offers.get().expires_at == clock.now + 30 * MINUTE


def test_freed_place_without_waiting_list_is_free(booked, monday):
    cancel(booked)
    assert places.taken(monday) == 0


def test_offered_place_cannot_be_booked(booked, monday, waits):
    waits()
    cancel(booked)
    assert refused(places.held, slot=monday) == "This time has just been taken. Choose another."


@pytest.mark.parametrize("action", ["moves away", "lets the hold lapse", "gives the hold back"])
def test_place_freed_in_any_way_is_offered(monday, clock, action, waits):
    if action == "moves away":
        booked = places.confirmed(slot=monday)
        waiting = waits()
        other = places.slot(TUESDAY)
        actions.move(actor=booked.user, appointment=booked, slot=other)
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
    actions.wait(actor=appointment.user, appointment=appointment)
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


def test_waiting_at_one_office_gets_no_other_office(booked, monday, waits):
    waits(office=places.office("qasr-al-hukm", "Qasr Al-Hukm"))
    here = waits(office=monday.office)
    cancel(booked)
    assert offered(monday) == [here]


def test_waiting_in_region_gets_no_other_region(booked, monday):
    far = places.office("abha", "Abha", region=places.region("asir", "SA-14", "Asir"))
    slot = places.slot(WEDNESDAY, of=places.window(office=far))
    appointment = places.confirmed(slot=slot)
    actions.wait(actor=appointment.user, appointment=appointment)
    cancel(booked)
    assert offered(monday) == []


def test_hours_without_the_service_are_not_offered(booked, monday, waits):
    waits()
    OpeningWindow.objects.get(pk=monday.window_id).services.set([booked.service])
    cancel(booked)
    assert offered(monday) == []


def test_waiting_person_busy_at_that_time_is_skipped(booked, monday, waits):
    appointment = waits()
    beside = places.slot(of=places.window(office=places.office("qasr-al-hukm", "Qasr Al-Hukm")))
    places.confirmed(appointment.user, slot=beside)
    cancel(booked)
    assert offered(monday) == []


@pytest.mark.parametrize(("seconds", "is_offered"), [(-1, True), (0, False)])
def test_time_that_begins_too_soon_is_not_offered(monday, clock, seconds, is_offered, waits):
    waits()
    moment = monday.start - datetime.timedelta(hours=2) + seconds * SECOND
    clock.now = moment - MINUTE
    held = places.held(slot=monday)
    clock.now = moment
    cancel(held)
    assert bool(offered(monday)) == is_offered


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


def test_waiting_with_ended_link_is_skipped(booked, monday, clock, waits):
    employer, worker = factories.UserFactory(), factories.IdentityFactory(name_en="Bilal Ahmed")
    link = factories.link(employer.identity, worker)
    of_worker = waits(user=employer, holder=employer.identity, attendee=worker)
    clock.now += MINUTE
    another = waits()
    link.until = SUNDAY - DAY
    link.save(update_fields=["until"])
    cancel(booked)
    assert offered(monday) == [another]
    sentence = refused(actions.wait, actor=employer, appointment=of_worker)
    assert sentence == "This person is not linked to your account. Choose somebody who is."


def test_offer_expires_when_it_can_no_longer_be_accepted(clock):
    earlier = places.confirmed(slot=places.slot(SUNDAY, "11:15", capacity=1))
    appointment = places.confirmed(slot=places.slot(SUNDAY, "11:30"))
    actions.wait(actor=appointment.user, appointment=appointment)
    clock.now = places.at(SUNDAY, "09:10")
    cancel(earlier)
    offer = appointment.offers.get()
    assert offer.expires_at == places.at(SUNDAY, "09:30")
    clock.now = offer.expires_at - SECOND
    assert answer("accept", appointment).slot == earlier.slot


@pytest.mark.parametrize("action", ["holds", "moves there"])
def test_lapsed_hold_goes_to_waiting_list_before_others(monday, clock, action, waits):
    held = places.held(slot=monday)
    appointment = waits()
    elsewhere = places.confirmed(slot=places.slot(TUESDAY))
    criteria = {"actor": elsewhere.user, "appointment": elsewhere, "slot": monday}
    steps = {
        "holds": partial(places.held, slot=monday),
        "moves there": partial(actions.move, **criteria),
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


def test_places_freed_one_by_one_are_offered_together(clock, waits):
    monday = places.slot(capacity=2)
    leaving = [places.confirmed(slot=monday) for _place in range(2)]
    couple = waits(operations=2)
    cancel(leaving[0])
    assert (actions.offer_recently_freed(), offered(monday)) == (0, [])
    clock.now += MINUTE
    cancel(leaving[1])
    assert (actions.offer_recently_freed(), offered(monday)) == (2, [couple])
    assert places.taken(monday) == 2
    assert actions.offer_recently_freed() == 0


@pytest.mark.parametrize("change", ["more places", "open again", "other hours"])
def test_new_places_are_offered_to_waiting_list(monday, clock, waits, change):
    places.confirmed(slot=monday)
    hours, closed = monday.window, {"first_day": SUNDAY, "last_day": TUESDAY}
    hours.capacity = 1
    hours.opens, hours.closes = monday.start.time(), places.at(SUNDAY, "10:15").time()
    hours.save()
    if change == "open again":
        closure = Closure.objects.create(reason_ar="صيانة", reason_en="Maintenance", **closed)
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
    assert actions.offer_recently_freed() == 1
    assert appointment.offers.open().get().slot.start < appointment.slot.start


def test_place_free_before_waiting_is_not_offered(booked, monday, clock, waits):
    cancel(booked)
    waits()
    assert (actions.offer_recently_freed(), offered(monday)) == (0, [])


# The answer


def test_accepting_moves_the_appointment_and_frees_the_old_time(booked, monday, waits):
    appointment = waits()
    before = appointment.slot
    cancel(booked)
    moved = answer("accept", appointment)
    assert (moved.slot, moved.is_confirmed) == (monday, True)
    assert (places.taken(monday), places.taken(before)) == (1, 0)
    assert appointment.slips.count() == 2
    assert not Waiting.objects.open().exists()


def test_accept_offers_old_time_to_next(booked, monday, waits):
    first, second = waits(TUESDAY), waits(WEDNESDAY)
    cancel(booked)
    answer("accept", first)
    assert offered(first.slot) == [second]
    assert places.taken(first.slot) == 1


def test_a_second_click_on_accept_changes_nothing(booked, waits):
    appointment = waits()
    cancel(booked)
    first, second = answer("accept", appointment), answer("accept", appointment)
    assert second == first
    assert list(appointment.events.values_list("event_type", flat=True)) == [
        *("held", "confirmed", "offered", "moved")
    ]


def test_decline_after_accept_is_refused(booked, monday, waits):
    appointment = waits()
    cancel(booked)
    answer("accept", appointment)
    sentence = refused(answer, "decline", appointment)
    assert sentence == "You have taken this time already. Move or cancel the appointment instead."
    assert places.taken(monday) == 1


def test_decline_passes_offer_on_for_good(booked, monday, clock, waits):
    first = waits()
    clock.now += MINUTE
    second = waits()
    cancel(booked)
    answer("decline", first)
    assert offered(monday) == [second]
    answer("decline", second)
    assert (offered(monday), places.taken(monday)) == ([], 0)
    assert Waiting.objects.open().count() == 2


@pytest.mark.parametrize(("seconds", "stands"), [(-1, True), (0, False), (1, False)])
def test_an_offer_stands_for_half_an_hour(booked, monday, clock, seconds, stands, waits):
    appointment = waits()
    cancel(booked)
    clock.now += 30 * MINUTE + seconds * SECOND
    assert actions.lapse_due() == (0 if stands else 1)
    if stands:
        assert answer("accept", appointment).slot == monday
    else:
        assert refused(answer, "accept", appointment) == TOO_LATE
        assert places.taken(monday) == 0


def test_accept_after_expiry_is_refused_before_worker_runs(booked, monday, clock, waits):
    appointment = waits()
    cancel(booked)
    clock.now += 30 * MINUTE
    assert refused(answer, "accept", appointment) == TOO_LATE
    assert places.taken(monday) == 1


@pytest.mark.parametrize("action", ["move", "cancel"])
def test_move_or_cancel_passes_offer_to_next(booked, monday, clock, action, waits):
    first = waits()
    clock.now += MINUTE
    second = waits()
    cancel(booked)
    chosen = {"slot": places.slot(TUESDAY)} if action == "move" else {}
    getattr(actions, action)(actor=first.user, appointment=first, **chosen)
    assert offered(monday) == [second]
    assert places.taken(monday) == 1
    assert [each.appointment for each in Waiting.objects.open()] == [second]


def test_stop_waiting_prevents_offers(booked, monday, waits):
    appointment = waits()
    actions.stop_waiting(actor=appointment.user, appointment=appointment)
    cancel(booked)
    assert offered(monday) == []


def test_waiting_again_keeps_turn(booked, monday, clock, waits):
    first = waits(office=monday.office)
    clock.now += MINUTE
    waits()
    clock.now += MINUTE
    actions.wait(actor=first.user, appointment=first)
    cancel(booked)
    assert offered(monday) == [first]
    assert Waiting.objects.open().get(appointment=first).office is None


def test_stranger_cannot_answer_offer(booked, monday, waits):
    appointment = waits()
    cancel(booked)
    for action in (actions.accept, actions.decline):
        with pytest.raises(type(appointment).DoesNotExist):
            action(actor=factories.UserFactory(), offer=monday.offers.get())
    assert monday.offers.get().status == Offer.Status.OPEN


# The notices


def test_offer_is_sent_by_text_until_it_expires(booked, monday, clock, waits):
    appointment = waits()
    cancel(booked)
    text = Message.objects.filter(about=appointment.reference).latest("pk")
    assert text.text == (
        f"Tawasul: an earlier time for appointment {appointment.reference}: {ON_MONDAY} 10:00. "
        "Sign in to accept it before 09:30."
    )
    assert text.recipient == str(appointment.user.mobile)
    assert text.not_after == clock.now + 30 * MINUTE


# On the pages


@pytest.fixture
def browser(resident):
    return verified(resident)


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
    actions.wait(actor=mine.user, appointment=mine)
    cancel(booked)
    shown = words(browser.get(page_of(mine)))
    assert f"An earlier time is kept for you {ON_MONDAY} · 10:00 Al-Rimal" in shown
    page = browser.post(page_of(mine, f"offers/{monday.offers.get().pk}/accept/"), follow=True)
    assert notices_on(page) == ["Your appointment has been moved."]
    assert f"{ON_MONDAY} · 10:00" in words(page)


def test_page_declines_offer(browser, mine, booked, monday):
    actions.wait(actor=mine.user, appointment=mine)
    cancel(booked)
    page = browser.post(page_of(mine, f"offers/{monday.offers.get().pk}/decline/"), follow=True)
    assert notices_on(page) == ["The time will be offered to somebody else."]
    assert places.taken(monday) == 0


@pytest.mark.parametrize("answered", ["accept", "decline"])
def test_foreign_offer_is_not_found(browser, mine, booked, monday, answered, waits):
    waits()
    cancel(booked)
    theirs = monday.offers.get()
    for appointment in (mine, theirs.appointment):
        path = page_of(appointment, f"offers/{theirs.pk}/{answered}/")
        assert browser.post(path).status_code == 404
    assert monday.offers.get().status == Offer.Status.OPEN


@pytest.mark.parametrize("button", ["wait/", "wait/stop/", "offers/1/accept/", "offers/1/decline/"])
def test_get_on_button_redirects_to_page(browser, mine, button):
    actions.wait(actor=mine.user, appointment=mine)
    assert browser.get(page_of(mine, button)).url == page_of(mine)
    assert Waiting.objects.open().count() == 1
    assert browser.get(page_of(places.confirmed(), button)).status_code == 404


def test_waiting_is_unavailable_when_too_late_to_change(browser, resident, clock):
    mine = places.confirmed(resident, slot=places.slot(SUNDAY, "12:00"))
    clock.now = mine.slot.start - datetime.timedelta(hours=2)
    assert "Tell me if an earlier time" not in words(browser.get(page_of(mine)))
    page = browser.post(page_of(mine, "wait/"), follow=True)
    assert notices_on(page) == [
        "It is too late: an appointment can be moved or cancelled until 2 hours before it begins."
    ]
    assert not Waiting.objects.exists()
