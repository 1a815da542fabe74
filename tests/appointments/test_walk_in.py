"""Walk-ins: people without an appointment get a place that is free, and never a taken one."""

import uuid

import pytest

from appointments.actions import call, check_in, mark_no_show, serve, wait, walk_in
from appointments.models import Appointment
from core.accounts.models import Identity
from core.accounts.registry import RegistryUnavailable
from core.exceptions import RuleViolation
from core.messaging.models import Message
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import ROOT, page_of, verified
from tests.appointments.places import MINUTE, MONDAY, SUNDAY, at, refused, taken
from tests.appointments.test_today import LIST, TODAY, WALK_IN, event_types, shown
from tests.conftest import errors_on, notices_on, signed_in_staff, words
from tests.test_hostile import LONG
from tests.test_hostile_forms import VALUES as HOSTILE
from tests.test_hostile_forms import assert_harmless

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]

Status = Appointment.Status
HERE = f"{WALK_IN}?office=al-rimal"
FULL = "No time of today has room for this at this office any more. Offer an appointment."
UNKNOWN = "Nobody in the registry has this number. Check it against the document."
BOOKED_ELSEWHERE = (
    "This person has an appointment for this service at another time or another office. They can "
    "move or cancel it."
)
# Values that read as a number of operations.
GOOD = {"operations": {"1\0"}}
NOT_CLERK = "Your account may not receive people here."


@pytest.fixture
def hours(office):
    return places.window(office=office)


@pytest.fixture
def slot(hours):
    """Return the slot that is running now, until a quarter past nine."""
    return places.slot(SUNDAY, "09:00", of=hours, capacity=2)


@pytest.fixture
def later(hours, slot):
    return places.slot(SUNDAY, "09:15", of=hours, capacity=2)


@pytest.fixture
def person():
    return factories.IdentityFactory(number="2000000006")


@pytest.fixture
def service():
    return factories.ServiceFactory()


@pytest.fixture
def criteria(clerk, office, person, service):
    return {
        "actor": clerk,
        "office": office,
        "number": person.current_number,
        "service": service,
        "operations": 1,
        "idempotency_key": uuid.uuid4(),
    }


@pytest.fixture
def typed(person, service):
    """Return valid values of the form."""
    return {
        "idempotency_key": uuid.uuid4(),
        "number": person.current_number,
        "service": service.slug,
        "operations": "1",
    }


# The place


def test_walk_in_gets_running_slot_and_is_checked_in(clerk, criteria, person, slot, later):
    made = walk_in(**criteria)
    assert (made.slot, made.status, made.is_walk_in) == (slot, Status.CHECKED_IN, True)
    assert (made.user, made.holder, made.attendee) == (clerk, person, person)
    assert made.confirmed_at == made.expires_at == at(SUNDAY, "09:00")
    events = made.events.values_list("event_type", "actor", "role", "operations")
    assert list(events) == [("walked_in", clerk.pk, "clerk", 1)]
    assert (taken(slot), taken(later)) == (1, 0)
    assert not Message.objects.exists()


def test_walk_in_gets_next_slot_with_room(criteria, slot, later):
    places.slot(SUNDAY, "10:00", of=slot.window)
    assert walk_in(**{**criteria, "operations": 2}).slot == slot
    other = factories.IdentityFactory()
    assert walk_in(**{**criteria, "number": other.current_number}).slot == later


def test_walk_in_gets_next_slot_once_it_begins(criteria, slot, later, clock):
    clock.now = later.start
    assert walk_in(**criteria).slot == later


def test_no_party_is_split_and_no_place_sold_twice(criteria, slot, later):
    places.in_status(Status.CHECKED_IN, slot=later)
    assert walk_in(**{**criteria, "operations": 2}).slot == slot
    more = {"number": factories.IdentityFactory().current_number, "operations": 2}
    assert refused(walk_in, **{**criteria, **more}) == FULL
    assert (taken(slot), taken(later)) == (2, 1)


def test_walk_in_takes_place_of_lapsed_hold(criteria, slot, later):
    later_holds = [places.held(slot=later) for _each in range(2)]
    places.lapse(*later_holds)
    assert walk_in(**{**criteria, "operations": 2}).slot == slot
    more = {"number": factories.IdentityFactory().current_number, "operations": 2}
    assert walk_in(**{**criteria, **more}).slot == later
    assert taken(later) == 2
    assert [event_types(each) for each in later_holds] == [["held", "expired"]] * 2


def test_own_lapsed_hold_does_not_prevent_walk_in(criteria, person, service, slot, later):
    user = factories.UserFactory(identity=person)
    places.lapse(places.held(user, slot=later, service=service))
    assert walk_in(**criteria).slot == slot
    assert taken(later) == 0


def test_walk_in_skips_time_of_other_appointment(criteria, person, hours, slot, later):
    places.slot(SUNDAY, "09:30", of=hours)
    booked = places.confirmed(factories.UserFactory(identity=person), slot=later)
    assert walk_in(**{**criteria, "operations": 2}).slot == slot
    more = {"service": factories.ServiceFactory(), "idempotency_key": uuid.uuid4()}
    assert walk_in(**{**criteria, **more}).slot.start == booked.slot.end


@pytest.mark.parametrize(
    "change", [{"is_closed": True}, {"capacity": 0}, {"day": MONDAY, "start": at(MONDAY, "09:00")}]
)
def test_closed_full_or_other_day_slot_is_refused(criteria, slot, change):
    type(slot).objects.filter(pk=slot.pk).update(**{"end": at(MONDAY, "09:15"), **change})
    assert refused(walk_in, **criteria) == FULL


def test_slots_of_other_offices_or_services_are_refused(criteria, hours, slot):
    hours.services.set([factories.ServiceFactory()])
    other = places.window(office=places.office("qasr-al-hukm"))
    places.slot(SUNDAY, "09:00", of=other)
    assert refused(walk_in, **criteria) == FULL


@pytest.mark.parametrize("moment", [at(SUNDAY, "23:50"), at(MONDAY, "00:30")])
def test_walk_in_uses_evening_hours_past_midnight(criteria, hours, clock, moment):
    late = places.slot(MONDAY, "00:30", of=hours, belongs_to=SUNDAY)
    clock.now = moment
    assert walk_in(**criteria).slot == late


def test_walk_in_takes_place_of_no_show(clerk, criteria, slot, clock):
    clock.now = at(SUNDAY, "08:00")
    booked = places.confirmed(slot=slot, operations=2)
    clock.now = at(SUNDAY, "09:14")
    assert refused(walk_in, **criteria) == FULL
    longer = {"end": at(SUNDAY, "09:30")}
    type(slot).objects.filter(pk=slot.pk).update(**longer)
    clock.now = at(SUNDAY, "09:15")
    mark_no_show(actor=clerk, appointment=booked)
    assert walk_in(**criteria).slot == slot


# Afterwards


def test_walk_in_is_called_and_served(clerk, criteria, slot):
    made = walk_in(**criteria)
    assert shown(signed_in_staff(clerk)) == [made.pk]
    call(actor=clerk, appointment=made)
    serve(actor=clerk, appointment=made)
    assert event_types(made) == ["walked_in", "called", "served"]


def test_second_click_returns_same_walk_in(criteria, slot, later):
    first = walk_in(**criteria)
    assert walk_in(**criteria) == first
    serve(actor=criteria["actor"], appointment=first)
    assert walk_in(**criteria) == first
    other = {**criteria, "service": factories.ServiceFactory()}
    assert walk_in(**other) != first


def test_walk_in_is_visible_to_attendee_not_clerk(criteria, office, person, slot):
    clerk = places.clerk(office, identity=factories.IdentityFactory(), is_staff=False)
    made = walk_in(**{**criteria, "actor": clerk})
    browser = verified(factories.UserFactory(identity=person))
    assert page_of(made) in browser.get(ROOT).content.decode()
    for page in ("", "slip/", "calendar/"):
        assert browser.get(page_of(made, page)).status_code == 200
    assert list(Appointment.objects.visible_to(clerk)) == []


# The rules


@pytest.mark.parametrize("number", ["2999999999", "", "x"])
def test_unknown_number_is_refused(criteria, slot, number):
    assert refused(walk_in, **{**criteria, "number": number}) == UNKNOWN


def test_unreachable_registry_refuses_walk_in(criteria, slot, monkeypatch):
    def away(_number):
        raise RegistryUnavailable

    monkeypatch.setattr("core.accounts.registry.lookup", away)
    assert refused(walk_in, **criteria) == (
        "The registry cannot be reached at the moment. Try again in a few minutes."
    )


def test_establishment_cannot_walk_in(criteria, slot):
    factories.IdentityFactory(number="7000000001", birth_date=None)
    assert refused(walk_in, **{**criteria, "number": "7000000001"}) == (
        "This is the number of an establishment. Enter that of the person who has come."
    )


@pytest.mark.parametrize("status", [Identity.Status.DEPARTED, Identity.Status.DECEASED])
def test_departed_or_deceased_cannot_walk_in(criteria, person, slot, status):
    Identity.objects.filter(pk=person.pk).update(status=status)
    assert refused(walk_in, **criteria) == (
        "This person's status in the registry does not allow this. Please call the Directorate."
    )


@pytest.mark.parametrize("switched", ["is_active", "can_be_booked"])
def test_service_not_open_to_booking_is_refused(criteria, service, slot, switched):
    setattr(service, switched, False)
    assert refused(walk_in, **criteria) == (
        "There are no appointments for this service at the moment. Choose another."
    )


def test_service_that_does_not_fit_is_refused(criteria, service, slot):
    service.beneficiary_kinds = ["citizen"]
    assert refused(walk_in, **criteria) == (
        "“Services for residents” is not for Mohammed Aslam Khan. "
        "Choose a service that fits this person."
    )


@pytest.mark.parametrize("operations", [-1, 0, 6, 10**9])
def test_number_of_operations_is_limited(criteria, slot, operations):
    assert refused(walk_in, **{**criteria, "operations": operations}) == (
        "Choose between 1 and 5 operations."
    )


def test_person_with_appointment_today_is_refused(clerk, criteria, person, service, slot, later):
    user = factories.UserFactory(identity=person)
    booked = places.confirmed(user, slot=later, service=service)
    sentence = (
        f"This person has an appointment for this service today ({booked.reference}). Use that."
    )
    assert refused(walk_in, **criteria) == sentence
    check_in(actor=clerk, appointment=booked)
    assert refused(walk_in, **criteria) == sentence


def test_appointment_elsewhere_is_refused_without_details(criteria, person, service, slot):
    user = factories.UserFactory(identity=person)
    there = places.window(office=places.office("qasr-al-hukm"))
    booked = places.confirmed(user, slot=places.slot(SUNDAY, of=there), service=service)
    assert refused(walk_in, **criteria) == BOOKED_ELSEWHERE
    Appointment.objects.filter(pk=booked.pk).update(slot=places.slot(MONDAY, of=slot.window))
    assert refused(walk_in, **criteria) == BOOKED_ELSEWHERE


def test_clerks_do_not_walk_in_at_their_own_desk(criteria, clerk, person, slot):
    clerk.identity = person
    clerk.save(update_fields=["identity"])
    assert refused(walk_in, **criteria) == (
        "You cannot receive yourself. Go to a colleague's desk."
    )


@pytest.mark.parametrize("codenames", [(), ("view_appointment",)])
def test_walk_in_needs_receive_permission(criteria, office, slot, codenames):
    colleague = places.clerk(office, codenames=codenames)
    assert refused(walk_in, **{**criteria, "actor": colleague}) == NOT_CLERK


@pytest.mark.parametrize("is_superuser", [True, False])
def test_walk_in_at_another_office_is_refused(criteria, slot, is_superuser):
    other = places.clerk(places.office("qasr-al-hukm"), is_superuser=is_superuser)
    assert refused(walk_in, **{**criteria, "actor": other}) == NOT_CLERK


# The form


def test_form_makes_walk_in(browser, typed, slot):
    assert "action=" not in browser.get(HERE).content.decode().split("walk-in")[-1]
    typed["number"] = typed["number"].translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    page = browser.post(HERE, typed, follow=True)
    made = Appointment.objects.get()
    number = f"{made.reference[:4]}-{made.reference[4:8]}-{made.reference[8:]}"
    assert page.redirect_chain == [(f"{TODAY}?office=al-rimal", 302)]
    assert notices_on(page) == [f"The person is checked in: {number} at 09:00."]
    again = browser.post(HERE, typed, follow=True)
    assert notices_on(again) == notices_on(page)
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("number", "", "Enter the ID number of the person who has come."),
        ("number", "2999999999", UNKNOWN),
        ("service", "", "Choose a service."),
        ("service", "nothing", "There are no appointments for this service. Choose another."),
        ("operations", "", "Enter how many operations you need."),
        ("operations", "9", "Choose between 1 and 5 operations."),
        ("operations", "3", FULL),
    ],
)
def test_form_error_keeps_typed_values(browser, typed, slot, field, value, sentence):
    typed[field] = value
    page = browser.post(HERE, typed)
    assert (page.status_code, errors_on(page)) == (200, [sentence])
    kept = {name: page.context["form"][name].value() for name in typed}
    assert kept == {**typed, "idempotency_key": str(typed["idempotency_key"])}
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("field", ["idempotency_key", "number", "service", "operations"])
def test_hostile_form_gives_no_place(browser, typed, slot, field, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None  # the test is about each value, not the total size
    for value in {*HOSTILE, LONG} - GOOD.get(field, set()):
        page = browser.post(HERE, {**typed, field: value})
        assert page.status_code == 200
        assert_harmless(page)
        assert errors_on(page), value[:20]
    assert browser.post(HERE).status_code == 200
    assert not Appointment.objects.exists()


def test_form_of_another_office_is_not_found(browser, typed, slot):
    there = places.window(office=places.office("qasr-al-hukm"))
    places.slot(SUNDAY, "09:00", of=there)
    assert browser.post(f"{WALK_IN}?office=qasr-al-hukm", typed).status_code == 404
    assert not Appointment.objects.exists()


def test_walk_in_is_found_by_id_number(browser, criteria, slot, clock):
    made = walk_in(**criteria)
    clock.now += MINUTE
    page = browser.post(f"{TODAY}?office=al-rimal", {"typed": criteria["number"]})
    assert "This person is checked in already." in words(page)
    assert browser.get(f"{LIST}{made.pk}/change/").status_code == 200


def test_lapsed_hold_goes_to_waiting_list_before_walk_in(criteria, hours, clock):
    afternoon = places.slot(SUNDAY, "14:00", of=hours, capacity=1)
    held = places.held(slot=afternoon)
    waiting = places.confirmed(slot=places.slot(MONDAY, of=hours))
    wait(actor=waiting.user, appointment=waiting)
    clock.now = held.expires_at
    with pytest.raises(RuleViolation, match="full"):
        walk_in(**criteria)
    assert afternoon.offers.open().get().appointment == waiting
    assert taken(afternoon) == 1
