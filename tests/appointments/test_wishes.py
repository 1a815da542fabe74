"""Waiting without an appointment: the wish, its offers, and its pages."""

import pytest

from appointments import actions
from appointments.models import Appointment, Offer, Waiting
from core.exceptions import RuleViolation
from tests import factories
from tests.appointments import places
from tests.appointments.places import DAY, MINUTE, MONDAY, SUNDAY, TUESDAY, WEDNESDAY, refused
from tests.appointments.sentences import NOT_LINKED
from tests.conftest import errors_on, notices_on, signed_in, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def monday():
    """Return a full slot with a single place, on Monday at noon."""
    slot = places.slot(time="12:00", capacity=1)
    places.confirmed(slot=slot)
    return slot


def wish(user, service, **changes):
    """Wait for a time at any office of Riyadh, until Tuesday by default."""
    return places.wish(user, service, **{"last_day": TUESDAY} | changes)


def free(slot):
    """Free the slot and let the allocator run; return the users to whom it is offered."""
    places.cancel(slot.appointments.live().get())
    places.allocate()
    return [offer.waiting.user for offer in slot.offers.open()]


@pytest.mark.both_engines
def test_freed_time_is_offered_held_and_confirmed(monday, resident, service, clock):
    made = wish(resident, service)
    assert free(monday) == [resident]
    offer = Offer.objects.get()
    assert offer.expires_at == clock.now + 30 * MINUTE

    held = actions.accept(actor=resident, offer=offer)
    assert actions.accept(actor=resident, offer=offer) == held
    assert (held.status, held.slot, held.attendee) == ("held", monday, resident.identity)
    assert held.expires_at == clock.now + 10 * MINUTE
    assert places.taken(monday) == 1
    assert places.event_types(held) == ["held"]
    assert Waiting.objects.open().get() == made

    actions.confirm(actor=resident, appointment=held)
    assert not Waiting.objects.open().exists()


def test_hold_that_lapses_keeps_the_turn(monday, resident, service, clock):
    made = wish(resident, service)
    free(monday)
    held = actions.accept(actor=resident, offer=Offer.objects.get())
    clock.now = held.expires_at
    actions.expire_due()
    places.allocate()
    # The same time is not offered again, and nobody else waits.
    assert (places.taken(monday), places.reserved(monday)) == (0, 0)
    assert Waiting.objects.open().get() == made


def test_turns_are_those_of_one_list(monday, resident, service, clock):
    later = places.confirmed(slot=places.slot(WEDNESDAY), service=service)
    places.wait(later)
    clock.now += MINUTE
    wish(resident, service)
    assert free(monday) == [later.user]
    offer = later.offers.get()
    actions.decline(actor=later.user, offer=offer)
    places.allocate()
    assert [each.waiting.user for each in monday.offers.open()] == [resident]


def test_what_is_offered(monday, service, elsewhere):
    for changes, is_offered in (
        ({}, True),
        ({"last_day": SUNDAY}, False),
        ({"last_day": MONDAY}, True),
        ({"office": monday.office}, True),
        ({"office": elsewhere.office}, False),
        ({"operations": 2}, False),
    ):
        user = factories.UserFactory()
        made = wish(user, service, **changes)
        free(monday)
        assert made.offers.exists() == is_offered, changes
        Offer.objects.all().delete()
        made.delete()
        monday.refresh_from_db()
        monday.taken = 0
        monday.save()
        places.confirmed(slot=monday)


def test_second_wish_changes_the_first_and_keeps_its_turn(resident, service, clock, elsewhere):
    first = wish(resident, service)
    clock.now += MINUTE
    second = wish(resident, service, office=elsewhere.office, last_day=WEDNESDAY, operations=2)
    assert second == first
    again = Waiting.objects.get()
    assert (again.office, again.last_day, again.operations) == (elsewhere.office, WEDNESDAY, 2)
    assert again.since == clock.now - MINUTE


def test_refusals(resident, service, worker, clock):
    employer = factories.UserFactory()
    factories.link(employer.identity, resident.identity)
    assert refused(wish, resident, service, last_day=SUNDAY - DAY).startswith("Choose one of the d")
    too_late = SUNDAY + 31 * DAY
    assert refused(wish, resident, service, last_day=too_late).startswith("Choose one of the days")
    assert refused(wish, resident, service, operations=6) == "Choose between 1 and 5 operations."
    assert refused(wish, resident, service, attendee=worker) == NOT_LINKED
    wish(employer, service, attendee=resident.identity)
    assert refused(wish, resident, service).startswith("Somebody else waits for a time")
    Waiting.objects.all().delete()
    places.confirmed(resident, slot=places.slot(TUESDAY), service=service)
    assert refused(wish, resident, service).startswith("There is an appointment for this service")
    assert not Waiting.objects.exists()


def test_own_booking_ends_the_wish_and_withdraws_its_offer(monday, resident, service):
    wish(resident, service)
    free(monday)
    held = places.held(resident, slot=places.slot(TUESDAY), service=service)
    assert places.taken(monday) == 1
    actions.confirm(actor=resident, appointment=held)
    assert Offer.objects.get().status == Offer.Status.WITHDRAWN
    assert (places.taken(monday), Waiting.objects.open().count()) == (0, 0)


def test_wish_ends_after_its_last_day(resident, service, clock):
    wish(resident, service, last_day=SUNDAY)
    clock.now = places.at(MONDAY, "00:00")
    places.allocate()
    assert not Waiting.objects.open().exists()
    wish(resident, service)


def test_wish_beside_a_displaced_appointment_is_refused_and_offered_nothing(
    monday, resident, service
):
    appointment = places.confirmed(resident, slot=places.slot(TUESDAY), service=service)
    places.displace_alone(appointment)
    assert refused(wish, resident, service).startswith("The office has closed at the time")


def test_lapsed_hold_is_no_appointment(resident, service):
    places.lapse(places.held(resident, slot=places.slot(TUESDAY), service=service))
    wish(resident, service)
    assert Waiting.objects.open().exists()


def test_booking_withdraws_an_offer_whose_wish_was_left(monday, resident, service):
    made = wish(resident, service)
    free(monday)
    actions.stop_waiting(actor=resident, waiting=made)
    places.confirmed(resident, slot=places.slot(TUESDAY), service=service)
    assert Offer.objects.get().status == Offer.Status.WITHDRAWN
    assert places.taken(monday) == 0


def test_leaving_and_wishing_again_collects_no_offers(monday, resident, service):
    free_too = places.slot(TUESDAY, "12:00", capacity=1)
    places.confirmed(slot=free_too)
    made = wish(resident, service, last_day=WEDNESDAY)
    free(monday)
    actions.stop_waiting(actor=resident, waiting=made)
    wish(resident, service, last_day=WEDNESDAY)
    assert free(free_too) == []


def test_only_who_waits_answers(monday, resident, service):
    wish(resident, service)
    free(monday)
    stranger = factories.UserFactory()
    for action in (actions.accept, actions.decline):
        with pytest.raises(RuleViolation):
            action(actor=stranger, offer=Offer.objects.get())
    with pytest.raises(RuleViolation):
        actions.stop_waiting(actor=stranger, waiting=Waiting.objects.get())
    assert Waiting.objects.open().exists()


# On the pages


@pytest.fixture
def asked(resident, service):
    """Return the address of the page that asks for a wish, with its criteria."""
    region = places.office().region.slug
    people = f"attendee={resident.identity.pk}&service={service.slug}"
    return f"/en/appointments/new/wait/?{people}&region={region}&operations=1"


def test_journey_from_a_full_office_to_a_booked_time(browser, asked, monday, resident):
    offices = browser.get(asked.replace("/wait/", "/office/"))
    assert "We can text you when one comes free" in words(offices)
    assert f'href="{asked.replace("&", "&amp;")}"' in offices.content.decode()
    page = browser.get(asked)
    assert "At any office in the region" in words(page)

    page = browser.post(asked, {"office": "", "last_day": TUESDAY.isoformat()}, follow=True)
    assert notices_on(page) == ["We will text you when a time comes free."]
    shown = words(page)
    assert f"anywhere in Riyadh Until Tuesday {places.ON_TUESDAY}" in shown
    assert "Waiting list" in words(browser.get("/en/appointments/"))

    free(monday)
    assert "A time is kept for you" in words(browser.get("/en/my/"))
    mine = f"/en/appointments/waiting/{Waiting.objects.get().pk}/"
    assert f"A time is kept for you {places.WHEN_MONDAY} 12:00" in words(browser.get(mine))
    offer = f"/en/appointments/offers/{Offer.objects.get().pk}/accept/"
    page = browser.post(offer, follow=True)
    assert notices_on(page) == ["This time is yours for some minutes. Confirm it now."]
    assert "Confirm the appointment" in words(page)
    held = Appointment.objects.get(user=resident)
    assert page.request["PATH_INFO"] == f"/en/appointments/{held.reference}/"
    assert "Times that were offered" in words(browser.get(mine))
    assert "Accepted" in words(browser.get(mine))


def test_wish_is_declined_and_left_on_its_page(browser, monday, resident, service):
    made = wish(resident, service)
    free(monday)
    mine = f"/en/appointments/waiting/{made.pk}/"
    page = browser.post(f"/en/appointments/offers/{Offer.objects.get().pk}/decline/", follow=True)
    assert notices_on(page) == ["The time will be offered to somebody else."]
    assert page.request["PATH_INFO"] == mine
    assert "Declined" in words(page)
    page = browser.post(f"{mine}stop/", follow=True)
    assert notices_on(page) == ["You are no longer on the waiting list."]
    assert "You are not on the waiting list for this any more." in words(page)
    assert "Leave the waiting list" not in words(page)


def test_lapsed_offer_is_shown_as_lapsed(browser, monday, resident, service, clock):
    made = wish(resident, service)
    free(monday)
    clock.now += 30 * MINUTE
    page = words(browser.get(f"/en/appointments/waiting/{made.pk}/"))
    assert "Not answered in time" in page
    assert "Accept this time" not in page
    answered = browser.post(
        f"/en/appointments/offers/{Offer.objects.get().pk}/accept/", follow=True
    )
    assert notices_on(answered) == ["This time is no longer kept for you."]


def test_bad_choices_are_told_and_keep_the_rest(browser, asked, elsewhere):
    far = places.office("abha", "Abha", region=places.region("asir", "SA-14", "Asir"))
    for sent, errors in (
        ({}, ["Choose the last day on which a time would still help you."]),
        ({"last_day": "2026-13-45"}, ["Choose one of the days that can be booked now."]),
        ({"last_day": "\u0662\u0660"}, ["Choose one of the days that can be booked now."]),
        ({"last_day": "x" * 5000}, ["Choose one of the days that can be booked now."]),
        (
            {"last_day": str(TUESDAY), "office": far.slug},
            ["There is no such office in this region. Choose one of these."],
        ),
        (
            {"last_day": str(TUESDAY), "office": "'\u0000;--"},
            ["There is no such office in this region. Choose one of these."],
        ),
    ):
        page = browser.post(asked, sent)
        assert errors_on(page) == errors, sent
        if sent.get("last_day") == str(TUESDAY):
            assert f'value="{TUESDAY}" selected' in page.content.decode()
    assert not Waiting.objects.exists()
    assert browser.get("/en/appointments/new/wait/?region=x").status_code == 302


def test_foreign_wish_is_not_found(browser, service, monday):
    other = factories.UserFactory()
    made = wish(other, service)
    free(monday)
    for path in (
        f"/en/appointments/waiting/{made.pk}/",
        f"/en/appointments/waiting/{made.pk}/stop/",
        f"/en/appointments/offers/{Offer.objects.get().pk}/accept/",
        "/en/appointments/waiting/999999999999999999999/",
    ):
        assert browser.get(path).status_code == 404, path
        assert browser.post(path).status_code in (404, 405), path
    assert signed_in(other).get(f"/en/appointments/waiting/{made.pk}/").status_code == 302


def test_refusal_of_the_action_is_shown_beside_the_form(browser, asked, resident, service):
    places.confirmed(resident, slot=places.slot(TUESDAY), service=service)
    page = browser.post(asked, {"last_day": str(TUESDAY)})
    (error,) = errors_on(page)
    assert error.startswith("There is an appointment for this service and this person already.")
