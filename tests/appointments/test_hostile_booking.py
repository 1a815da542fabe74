"""Hostile values in every field and address of booking, of look-ups and of the desk."""

import re
import uuid
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appointments.models import Appointment, AppointmentEvent, Slot
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import (
    DAYS,
    NEW,
    OFFICES,
    ROOT,
    TIMES,
    VERIFY,
    address,
    criteria_of,
    own_data,
    page_of,
)
from tests.appointments.desk.pages import LIST, desk_of
from tests.appointments.places import MONDAY, SUNDAY
from tests.conftest import errors_on, picture_on, signed_in, signed_in_staff, words
from tests.test_hostile import BIDI, LONG
from tests.test_hostile import VALUES as ANY_BYTES
from tests.test_hostile_forms import TEXT, assert_harmless
from tests.test_hostile_forms import VALUES as HOSTILE

pytestmark = pytest.mark.django_db

# Values that an address can hold: an address with a NUL byte is refused as a whole.
IN_ADDRESSES = [value for value in HOSTILE if "\0" not in value]
OTHER_SCRIPTS = ["العليا", "०", "０", "𝟘", "Ⅷ", "\u202e1", "é" * 300, "1\u0301"]
CRITERIA = ("attendee", "service", "region", "operations", "beneficiaries")
FIELDS = (*CRITERIA, "office", "day", "slot", "idempotency_key", "page", "q", "status__exact")
# Values that read as a good number of operations, as no beneficiary, or as the key of a person.
GOOD = {"operations": {"\u202e1"}, "beneficiaries": {"", " ", "1_0"}, "attendee": {"1_0"}}


@pytest.fixture(autouse=True)
def _no_limit(settings):
    # The tests are about each value, not the total size.
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None


@pytest.fixture
def criteria(resident, slot):
    factories.link(resident.identity, factories.IdentityFactory())
    return criteria_of(resident.identity, factories.ServiceFactory())


@pytest.fixture
def monday(criteria):
    """Return the address of the times of Monday."""
    return address(TIMES, criteria, office="al-rimal", day=MONDAY)


@pytest.fixture
def of_today(clerk, office):
    """Return an appointment of today at the clerk's office."""
    return places.confirmed(slot=places.slot(SUNDAY, of=places.window(office=office)))


def everything_booked():
    """Return all rows of appointments, their events, and slots."""
    return (
        list(Appointment.objects.order_by("pk").values()),
        list(AppointmentEvent.objects.order_by("pk").values()),
        list(Slot.objects.order_by("pk").values()),
    )


# The criteria


@pytest.mark.parametrize("field", CRITERIA)
def test_hostile_criteria_take_no_place(browser, criteria, slot, field):
    posted = {"idempotency_key": uuid.uuid4(), "slot": slot.pk}
    for value in {*IN_ADDRESSES, *OTHER_SCRIPTS} - GOOD.get(field, set()):
        asked = {**criteria, field: value}
        page = browser.get(NEW, asked)
        assert_harmless(page)
        assert len(errors_on(page)) == 1, value[:20]
        typed = page.context["form"][field].value()
        assert typed == ([value] if field == "beneficiaries" else value)
        for step in (OFFICES, DAYS, TIMES):
            path = address(step, asked, office="al-rimal", day=MONDAY)
            for response in (browser.get(path), browser.post(path, posted)):
                if value == LONG:  # the address of a redirect may not be so long
                    assert response.status_code in (400, 405)
                elif response.status_code != 405:  # a step without a form
                    assert response.url.startswith(f"{NEW}?")
        assert not Appointment.objects.exists()


def test_errors_in_criteria_and_times_are_in_arabic(browser, criteria, monday, slot):
    for field in CRITERIA:
        for step in (OFFICES, TIMES):
            path = address(step, {**criteria, field: "no-such-thing"}).replace("/en/", "/ar/")
            (error,) = errors_on(browser.get(path, follow=True))
            assert not re.search("[a-z]", error), error
    posted = {"idempotency_key": uuid.uuid4(), "slot": slot.pk}
    for field in posted:
        for value in ("", "x", "\0"):
            page = browser.post(monday.replace("/en/", "/ar/"), {**posted, field: value})
            (error,) = errors_on(page)
            assert not re.search("[a-z]", error), error


def test_last_of_repeated_values_counts(browser, criteria):
    for field in ("attendee", "service", "region", "operations"):
        good = criteria[field]
        assert browser.get(address(OFFICES, {**criteria, field: ["x", good]})).status_code == 200
        assert browser.get(address(OFFICES, {**criteria, field: [good, "x"]})).status_code == 302


def test_beneficiary_counts_once_and_no_stranger_among_them(browser, criteria, slot, resident):
    own, posted = resident.identity_id, {"idempotency_key": uuid.uuid4(), "slot": slot.pk}
    of_monday = {"office": "al-rimal", "day": MONDAY, "operations": "5"}
    stranger = factories.IdentityFactory().pk
    path = address(TIMES, criteria, **of_monday, beneficiaries=[own, stranger])
    assert browser.post(path, posted).url.startswith(NEW)
    assert not Appointment.objects.exists()
    path = address(TIMES, criteria, **{**of_monday, "operations": "1"}, beneficiaries=[own] * 300)
    browser.post(path, posted)
    assert list(Appointment.objects.get().beneficiaries.all()) == [resident.identity]


# The office, the day, the time


@pytest.mark.parametrize("field", ["office", "day"])
def test_hostile_office_or_day_leads_back_to_a_step(browser, criteria, appointment, field):
    before = everything_booked()
    moving = page_of(appointment, "move/time/")
    other = {**criteria, "service": factories.ServiceFactory().slug}
    posted, steps = {"idempotency_key": uuid.uuid4()}, set()
    for value in [*IN_ADDRESSES, *OTHER_SCRIPTS]:
        chosen = {"office": "al-rimal", "day": MONDAY, field: value}
        for path in (address(TIMES, other, **chosen), address(moving, {}, **chosen)):
            for response in (browser.get(path), browser.post(path, posted)):
                assert response.status_code == 302, value[:20]
                steps.add(response.url)
    for step in steps:
        assert_harmless(browser.get(step))
    assert everything_booked() == before


@pytest.mark.parametrize("field", ["slot", "idempotency_key"])
def test_hostile_time_form_takes_no_place(browser, criteria, appointment, field):
    """The time is neither held nor moved to, and the form keeps the choice."""
    later = places.slot(time="11:00")
    before = everything_booked()
    other = {**criteria, "service": factories.ServiceFactory().slug}
    chosen = {"office": "al-rimal", "day": MONDAY}
    moving = page_of(appointment, "move/time/")
    for value in [*HOSTILE, *OTHER_SCRIPTS]:
        posted = {"idempotency_key": uuid.uuid4(), "slot": later.pk, field: value}
        for path in (address(TIMES, other, **chosen), address(moving, {}, **chosen)):
            page = browser.post(path, posted)
            assert page.status_code == 200
            assert_harmless(page)
            assert len(errors_on(page)) == 1, value[:20]
            assert page.context["form"]["slot"].value() == str(posted["slot"])
    assert everything_booked() == before


def test_hostile_region_or_page_number_shows_the_page(browser, appointment):
    for value in [*IN_ADDRESSES, *OTHER_SCRIPTS]:
        page = browser.get(page_of(appointment, "move/"), {"region": value})
        assert page.status_code == 200, value[:20]
        assert_harmless(page)
        page = browser.get(ROOT, {"page": [value, value]})
        assert page.status_code == 200, value[:20]
        assert appointment.reference in page.content.decode(), value[:20]


def test_confirm_ignores_posted_fields(browser, resident):
    held = places.held(resident)
    for value in (LONG, BIDI, "\0", TEXT):
        fields = dict.fromkeys(FIELDS, value)
        assert browser.post(page_of(held, "confirm/"), fields).url == page_of(held)
    held.refresh_from_db()
    assert (held.status, held.version) == (Appointment.Status.CONFIRMED, 2)


# Verifying


@pytest.mark.parametrize(
    "field",
    ["number", "born_day", "born_month", "born_year", "picture", "picture_key"],
)
def test_hostile_data_verify_nobody_and_are_kept(resident, field):
    browser = signed_in(resident)
    for value in (*IN_ADDRESSES, "\0", *OTHER_SCRIPTS):
        typed = {**own_data(resident), **picture_on(browser.get(VERIFY)), field: value}
        page = browser.post(VERIFY, typed)
        assert page.status_code == 200, value[:20]
        assert_harmless(page)
        assert errors_on(page)
        assert page.context["form"]["number"].value() == typed["number"]
        assert browser.get(ROOT).status_code == 302


# Look-ups


def test_invalid_reference_is_not_found(browser, appointment):
    unknown = ("0" * 12, "9" * 12, "9" * 11, "9" * 5000, "x", "%FF", "%00", "٨" * 12, "%0A")
    for page in ("", "slip/", "calendar/", "cancel/", "move/", "move/time/"):
        for number in unknown:
            response = browser.get(f"{ROOT}{number}/{page}")
            assert response.status_code in (400, 404), (number[:20], page)
            assert_harmless(response)


def test_invalid_check_code_is_not_found(appointment):
    code = appointment.slips.get().check_code
    for other in (code.upper(), code[:-1], f"{code}2", "x" * 5000, "0" * 16, "-", "_", "%25"):
        response = Client().get(f"/en/check/{other}/")
        assert response.status_code == 404
        assert_harmless(response)
    for unreadable in ("%00", "%FF", "%0A", f"{code}%0A", "%D9%A8", "..%2F..", "'"):
        response = Client().get(f"/en/check/{unreadable}/")
        assert response.status_code in (400, 404)
        assert_harmless(response)
    page = Client().get(f"/en/check/{code}/", dict.fromkeys(FIELDS, BIDI))
    assert "Yes: the appointment is valid." in words(page)


# The desk


def test_hostile_query_at_desk_is_harmless(clerk, of_today, elsewhere):
    held = places.held(slot=places.slot(SUNDAY, "11:00", of=of_today.slot.window))
    other = places.confirmed(slot=places.slot(SUNDAY, "12:00", of=elsewhere))
    browser = signed_in_staff(clerk)
    for field in ("day", "status__exact", "q", "p", "o", "e", "all"):
        for value in [*HOSTILE, *OTHER_SCRIPTS]:
            page = browser.get(LIST, {field: value}, follow=True)
            assert page.status_code == (400 if "\0" in value else 200), (field, value[:20])
            assert_harmless(page)
            shown = page.content.decode()
            for hidden in (held, other):
                assert f"{LIST}{hidden.pk}/" not in shown, (field, value[:20])
            if field not in ("q", "status__exact") and "\0" not in value:
                assert desk_of(of_today) in shown, (field, value[:20])


def test_unknown_button_does_nothing(clerk, of_today):
    browser = signed_in_staff(clerk)
    before = everything_booked()
    fields = {"action": "delete_selected", "_selected_action": of_today.pk, "post": "yes"}
    for button in ("no-such-thing", "delete", "0", "a" * 5000, "%00", "%FF", "%D9%A8"):
        response = browser.post(desk_of(of_today, f"{button}/press"), fields, follow=True)
        assert response.status_code in (200, 400, 404, 405), button[:20]
        assert_harmless(response)
    for path in (LIST, desk_of(of_today), desk_of(of_today, "delete")):
        assert browser.post(path, {**fields, "status": "served"}).status_code in (
            200,
            302,
            403,
            405,
        )
    assert everything_booked() == before


# Random values


@st.composite
def bookings(draw):
    """Draw a booking request; up to two fields of its query and its body hold any value."""
    values = st.sampled_from([value.encode() for value in (*HOSTILE, *OTHER_SCRIPTS)]) | ANY_BYTES
    spoilt = st.dictionaries(st.sampled_from(FIELDS), st.lists(values, max_size=2), max_size=2)
    steps = [NEW, OFFICES, DAYS, TIMES, "move/", "move/day/", "move/time/"]
    return {
        "step": draw(st.sampled_from(steps)),
        "language": draw(st.sampled_from(["ar", "en"])),
        "method": draw(st.sampled_from(["GET", "POST", "HEAD"])),
        "asked": draw(spoilt),
        "posted": draw(spoilt),
    }


@pytest.fixture
def valid_booking(criteria, slot, appointment):
    """Return the query and body of a valid booking, and the page of an appointment to move."""
    good = {**criteria, "office": "al-rimal", "day": MONDAY}
    taken = {"idempotency_key": uuid.uuid4(), "slot": places.slot(time="11:00").pk}
    return good, taken, page_of(appointment)


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(booking=bookings())
def test_hostile_booking_keeps_slot_counters_right(browser, valid_booking, booking):
    good, taken, mine = valid_booking
    step = booking["step"] if booking["step"].startswith("/") else f"{mine}{booking['step']}"
    query = urlencode({**good, **booking["asked"]}, doseq=True)
    body = urlencode({**taken, **booking["posted"]}, doseq=True)
    before = transaction.savepoint()
    try:
        response = browser.generic(
            booking["method"],
            f"/{booking['language']}{step.removeprefix('/en')}?{query}",
            body,
            content_type="application/x-www-form-urlencoded",
        )
        in_order = [
            (slot.taken, sum(each.operations for each in slot.appointments.live()))
            for slot in Slot.objects.all()
        ]
    finally:
        transaction.savepoint_rollback(before)
    assert response.status_code < 500
    assert all(given_away == booked for given_away, booked in in_order)
