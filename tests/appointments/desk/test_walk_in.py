"""Walk-ins: people without an appointment get a place that is free, and never a taken one."""

import uuid

import pytest

from appointments import actions
from appointments.actions import call, check_in, mark_no_show, serve, walk_in
from appointments.models import Appointment
from core.accounts.models import Identity
from core.accounts.registry import RegistryUnavailable
from core.catalogue.models import Service
from core.exceptions import RuleViolation
from core.messaging.models import Message
from core.references import grouped_reference
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import ROOT, page_of, verified
from tests.appointments.desk.pages import TODAY, WALK_IN, arabic, desk_of, shown
from tests.appointments.places import MINUTE, MONDAY, SUNDAY, at, event_types, refused, taken
from tests.appointments.sentences import (
    NO_APPOINTMENTS,
    NOT_ACTIVE,
    NOT_CLERK,
    NOT_FOR_PERSON,
    OPERATIONS,
)
from tests.conftest import errors_on, notices_on, signed_in_staff, words
from tests.test_hostile import LONG
from tests.test_hostile_forms import VALUES as HOSTILE
from tests.test_hostile_forms import assert_harmless
from tests.worlds import undone

pytestmark = pytest.mark.django_db

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
def user(person):
    return factories.UserFactory(identity=person)


@pytest.fixture
def walks_in(clerk, office, person, service):
    """Return a function that lets the person walk in, always with the same idempotency key."""
    form = {"actor": clerk, "office": office, "number": person.current_number, "service": service}
    form |= {"operations": 1, "idempotency_key": uuid.uuid4()}

    def walks_in(**changes):
        return walk_in(**{**form, **changes})

    return walks_in


@pytest.fixture
def typed(person, service):
    """Return valid values of the form."""
    form = {"number": person.current_number, "service": service.slug, "operations": "1"}
    return {"idempotency_key": uuid.uuid4(), **form}


def number_of_another():
    return factories.IdentityFactory().current_number


# The place


def test_walk_in_gets_running_slot_and_is_checked_in(clerk, walks_in, person, slot, later):
    made = walks_in()
    assert (made.slot, made.status, made.is_walk_in) == (slot, Status.CHECKED_IN, True)
    assert (made.user, made.holder, made.attendee) == (clerk, person, person)
    assert made.confirmed_at == made.expires_at == at(SUNDAY, "09:00")
    events = made.events.values_list("event_type", "actor", "role", "operations")
    assert list(events) == [("walked_in", clerk.pk, "clerk", 1)]
    assert (taken(slot), taken(later)) == (1, 0)
    assert not Message.objects.exists()  # they have no mobile


@pytest.mark.both_engines
def test_walk_in_gets_next_slot_with_room(walks_in, slot, later):
    places.slot(SUNDAY, "10:00", of=slot.window)
    assert walks_in(operations=2).slot == slot
    assert walks_in(number=number_of_another()).slot == later


def test_walk_in_gets_next_slot_once_it_begins(walks_in, slot, later, clock):
    clock.now = later.start
    assert walks_in().slot == later


def test_no_party_is_split_and_no_place_sold_twice(walks_in, slot, later):
    places.in_status(Status.CHECKED_IN, slot=later)
    assert walks_in(operations=2).slot == slot
    assert refused(walks_in, number=number_of_another(), operations=2) == FULL
    assert (taken(slot), taken(later)) == (2, 1)


@pytest.mark.both_engines
def test_walk_in_takes_place_of_lapsed_hold(walks_in, slot, later):
    later_holds = [places.held(slot=later) for _each in range(2)]
    places.lapse(*later_holds)
    assert walks_in(operations=2).slot == slot
    assert walks_in(number=number_of_another(), operations=2).slot == later
    assert taken(later) == 2
    assert [event_types(each) for each in later_holds] == [["held", "expired"]] * 2


@pytest.mark.both_engines
def test_own_lapsed_hold_does_not_prevent_walk_in(walks_in, user, service, slot, later):
    places.lapse(places.held(user, slot=later, service=service))
    assert walks_in().slot == slot
    assert taken(later) == 0


def test_walk_in_skips_time_of_other_appointment(walks_in, user, hours, slot, later):
    places.slot(SUNDAY, "09:30", of=hours)
    booked = places.confirmed(user, slot=later)
    assert walks_in(operations=2).slot == slot
    more = {"service": factories.ServiceFactory(), "idempotency_key": uuid.uuid4()}
    assert walks_in(**more).slot.start == booked.slot.end


def test_no_other_slot_is_given(walks_in, hours, slot, elsewhere):
    """Neither a closed or full one, nor one of another day, office or service."""
    places.slot(SUNDAY, "09:00", of=elsewhere)
    monday = {"day": MONDAY, "start": at(MONDAY, "09:00")}
    for change in ({"is_closed": True}, {"capacity": 0}, monday):
        with undone():
            change = {"end": at(MONDAY, "09:15"), **change}
            type(slot).objects.filter(pk=slot.pk).update(**change)
            assert refused(walks_in) == FULL, change
    hours.services.set([factories.ServiceFactory()])
    assert refused(walks_in) == FULL


def test_walk_in_uses_evening_hours_past_midnight(walks_in, hours, clock):
    late = places.slot(MONDAY, "00:30", of=hours, belongs_to=SUNDAY)
    for moment in (at(SUNDAY, "23:50"), at(MONDAY, "00:30")):
        with undone():
            clock.now = moment
            assert walks_in().slot == late, moment


def test_walk_in_takes_place_of_no_show(clerk, walks_in, slot, clock):
    clock.now = at(SUNDAY, "08:00")
    booked = places.confirmed(slot=slot, operations=2)
    clock.now = at(SUNDAY, "09:14")
    assert refused(walks_in) == FULL
    longer = {"end": at(SUNDAY, "09:30")}
    type(slot).objects.filter(pk=slot.pk).update(**longer)
    clock.now = at(SUNDAY, "09:15")
    mark_no_show(actor=clerk, appointment=booked)
    assert walks_in().slot == slot


# Afterwards


def test_walk_in_is_called_and_served(clerk, walks_in, slot):
    made = walks_in()
    assert shown(signed_in_staff(clerk)) == [made.pk]
    call(actor=clerk, appointment=made)
    serve(actor=clerk, appointment=made)
    assert event_types(made) == ["walked_in", "called", "served"]


def test_second_click_returns_same_walk_in(walks_in, clerk, slot, later):
    first = walks_in()
    assert walks_in() == first
    serve(actor=clerk, appointment=first)
    assert walks_in() == first
    assert walks_in(service=factories.ServiceFactory()) != first


def test_walk_in_is_visible_to_attendee_not_clerk(walks_in, office, user, slot):
    clerk = places.clerk(office, identity=factories.IdentityFactory(), is_staff=False)
    made = walks_in(actor=clerk)
    browser = verified(user)
    assert page_of(made) in browser.get(ROOT).content.decode()
    for page in ("", "slip/", "calendar/"):
        assert browser.get(page_of(made, page)).status_code == 200
    assert not actions.may(clerk, actions.Deed.READ_TEXT, made)
    assert page_of(made) not in verified(clerk).get(ROOT).content.decode()


# The rules


def test_invalid_values_are_refused(walks_in, slot):
    factories.IdentityFactory(number="7000000001", birth_date=None)
    establishment = "This is the number of an establishment. Enter that of the person who has come."
    for field, values, sentence in (
        ("number", ("2999999999", "", "x"), UNKNOWN),
        ("number", ("7000000001",), establishment),
        ("operations", (-1, 0, 6, 10**9), OPERATIONS),
    ):
        for value in values:
            assert refused(walks_in, **{field: value}) == sentence, value


def test_unreachable_registry_refuses_walk_in(walks_in, slot, monkeypatch):
    def away(_number):
        raise RegistryUnavailable

    monkeypatch.setattr("core.accounts.registry.lookup", away)
    assert refused(walks_in) == (
        "The registry cannot be reached at the moment. Try again in a few minutes."
    )


def test_departed_or_deceased_cannot_walk_in(walks_in, person, slot):
    for status in (Identity.Status.DEPARTED, Identity.Status.DECEASED):
        Identity.objects.filter(pk=person.pk).update(status=status)
        assert refused(walks_in) == NOT_ACTIVE, status


def test_service_that_is_closed_or_does_not_fit_is_refused(walks_in, service, slot):
    for switch in ("is_active", "can_be_booked"):
        Service.objects.update(**{switch: False})
        assert refused(walks_in) == NO_APPOINTMENTS, switch
        Service.objects.update(**{switch: True})
    Service.objects.update(beneficiary_kinds=["citizen"])
    assert refused(walks_in) == NOT_FOR_PERSON


def test_person_with_appointment_today_is_refused(clerk, walks_in, user, service, slot, later):
    booked = places.confirmed(user, slot=later, service=service)
    sentence = (
        f"This person has an appointment for this service today ({booked.reference}). Use that."
    )
    assert refused(walks_in) == sentence
    check_in(actor=clerk, appointment=booked)
    assert refused(walks_in) == sentence


def test_appointment_elsewhere_is_refused_without_details(walks_in, user, service, slot, elsewhere):
    booked = places.confirmed(user, slot=places.slot(SUNDAY, of=elsewhere), service=service)
    assert refused(walks_in) == BOOKED_ELSEWHERE
    Appointment.objects.filter(pk=booked.pk).update(slot=places.slot(MONDAY, of=slot.window))
    assert refused(walks_in) == BOOKED_ELSEWHERE


@pytest.mark.parametrize("is_worker", [True, False])
def test_clerks_do_not_receive_themselves_nor_their_workers(
    walks_in, clerk, person, slot, is_worker
):
    clerk.identity = factories.IdentityFactory() if is_worker else person
    clerk.save(update_fields=["identity"])
    if is_worker:
        factories.link(clerk.identity, person)
    assert refused(walks_in) == (
        "You cannot receive yourself, nor somebody linked to you. Ask a colleague to do it."
    )


def test_walk_in_needs_a_clerk_of_the_office(walks_in, office, elsewhere, slot):
    for actor in (
        *(places.clerk(office, codenames=codenames) for codenames in ((), ("view_appointment",))),
        *(
            places.clerk(elsewhere.office, is_superuser=is_superuser)
            for is_superuser in (True, False)
        ),
    ):
        assert refused(walks_in, actor=actor) == NOT_CLERK


# The form


def test_form_makes_walk_in(browser, typed, slot):
    assert "action=" not in browser.get(HERE).content.decode().split("walk-in")[-1]
    typed["number"] = arabic(typed["number"])
    page = browser.post(HERE, typed, follow=True)
    number = grouped_reference(Appointment.objects.get().reference)
    assert page.redirect_chain == [(f"{TODAY}?office=al-rimal", 302)]
    assert notices_on(page) == [f"The person is checked in: {number} at 09:00. Print the slip"]
    again = browser.post(HERE, typed, follow=True)
    assert notices_on(again) == notices_on(page)
    assert Appointment.objects.count() == 1


def test_form_error_keeps_typed_values(browser, typed, slot):
    for field, value, sentence in (
        ("number", "", "Enter the ID number of the person who has come."),
        ("number", "\u200d\u0640", "Enter the ID number of the person who has come."),
        ("number", "2999999999", UNKNOWN),
        ("service", "", "Choose a service."),
        ("service", "nothing", "There are no appointments for this service. Choose another."),
        ("operations", "", "Enter how many operations you need."),
        ("operations", "\u200c", "Enter how many operations you need."),
        ("operations", "9", OPERATIONS),
        ("operations", "3", FULL),
    ):
        sent = {**typed, field: value}
        page = browser.post(HERE, sent)
        assert (page.status_code, errors_on(page)) == (200, [sentence]), (field, value)
        kept = {name: page.context["form"][name].value() for name in typed}
        assert kept == {**sent, "idempotency_key": str(typed["idempotency_key"])}
    assert not Appointment.objects.exists()


def test_hostile_form_gives_no_place(browser, typed, slot, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None  # the test is about each value, not the total size
    for field in typed:
        for value in {*HOSTILE, LONG} - GOOD.get(field, set()):
            page = browser.post(HERE, {**typed, field: value})
            assert page.status_code == 200, (field, value[:20])
            assert_harmless(page)
            assert errors_on(page), (field, value[:20])
    assert browser.post(HERE).status_code == 200
    assert not Appointment.objects.exists()


def test_form_of_another_office_is_not_found(browser, typed, slot, elsewhere):
    places.slot(SUNDAY, "09:00", of=elsewhere)
    assert browser.post(f"{WALK_IN}?office=qasr-al-hukm", typed).status_code == 404
    assert not Appointment.objects.exists()


def test_walk_in_is_found_by_id_number(browser, walks_in, person, slot, clock):
    made = walks_in()
    clock.now += MINUTE
    page = browser.post(f"{TODAY}?office=al-rimal", {"typed": person.current_number})
    assert "This person is checked in already." in words(page)
    assert browser.get(desk_of(made)).status_code == 200


def test_lapsed_hold_goes_to_waiting_list_before_walk_in(walks_in, hours, clock):
    afternoon = places.slot(SUNDAY, "14:00", of=hours, capacity=1)
    held = places.held(slot=afternoon)
    waiting = places.confirmed(slot=places.slot(MONDAY, of=hours))
    places.wait(waiting)
    clock.now = held.expires_at
    places.note_worker()
    with pytest.raises(RuleViolation, match="full"):
        walks_in()
    places.allocate()
    assert afternoon.offers.open().get().appointment == waiting
    assert taken(afternoon) == 1
