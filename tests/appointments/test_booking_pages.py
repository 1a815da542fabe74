"""The pages of booking, step by step, with valid and invalid values in the address."""

import re

import pytest

from appointments.actions import make_slots
from appointments.forms import TimeForm
from appointments.models import Appointment, OpeningWindow, Slot
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import (
    DAYS,
    NEW,
    OFFICES,
    TIMES,
    address,
    criteria_of,
    page_of,
    queries,
    take,
    verified,
)
from tests.appointments.places import MINUTE, MONDAY, SUNDAY, TUESDAY, WORKING_DAYS, at
from tests.conftest import errors_on, notices_on, words

pytestmark = pytest.mark.django_db

NOT_LINKED = "This person is not linked to your account. Choose somebody who is."
NO_SERVICE = (
    "There are no appointments for this service, or it is not open to you or to anybody linked "
    "to your account. Choose another."
)
NO_REGION = "There is no such region. Choose one from the list."
TAKEN = "This time has just been taken. Choose another."
OPERATIONS = "Choose between 1 and 5 operations."
NO_NUMBER = "Enter the number of operations in digits, for example 2."
NEAREST = "The nearest free time on another day is 5 May 2026 CE (18 Dhu al-Qadah 1447 AH) · 10:00."
MAX_QUERIES = 12


@pytest.fixture
def service():
    return factories.ServiceFactory()


@pytest.fixture
def slot():
    return places.slot()


@pytest.fixture
def browser(resident):
    return verified(resident)


@pytest.fixture
def criteria(resident, service):
    places.region()
    return criteria_of(resident.identity, service)


@pytest.fixture
def monday(criteria, slot):
    """Return the address of the times of Monday."""
    return address(TIMES, criteria, office="al-rimal", day=MONDAY)


# The criteria


def test_booking_from_criteria_to_hold(resident, browser, criteria, service, slot):
    page = browser.get(NEW, criteria, follow=True)
    assert page.redirect_chain == [(address(OFFICES, criteria), 302)]
    assert "nearest free time: 4 May 2026 CE (17 Dhu al-Qadah 1447 AH) · 10:00" in words(page)
    links = re.findall(r'href="(/en/appointments/new/day/[^"]*)"', page.content.decode())
    page = browser.get(links[0].replace("&amp;", "&"))
    assert "Earliest: 4 May 2026 CE (17 Dhu al-Qadah 1447 AH) · 10:00" in words(page)
    links = re.findall(r'href="(/en/appointments/new/time/[^"]*)"', page.content.decode())
    step = links[0].replace("&amp;", "&")
    assert step == address(TIMES, criteria, office="al-rimal", day=MONDAY)
    response = take(browser, step, slot)
    held = Appointment.objects.get()
    assert response.url == page_of(held)
    assert (held.user, held.attendee, held.service) == (resident, resident.identity, service)
    assert (held.slot, held.operations, held.is_held) == (slot, 1, True)


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("0", OPERATIONS),
        ("-1", OPERATIONS),
        ("6", OPERATIONS),
        ("1000000000", OPERATIONS),
        ("٦", OPERATIONS),
        ("1.5", NO_NUMBER),
        ("1e9", NO_NUMBER),
        ("10000000000", NO_NUMBER),
        ("two", NO_NUMBER),
        ("²", NO_NUMBER),
        ("--1", NO_NUMBER),
        ("1 2", NO_NUMBER),
        ("", "Enter how many operations you need."),
        (" \u200f", "Enter how many operations you need."),
    ],
)
def test_invalid_number_of_operations_is_refused(browser, criteria, typed, error):
    page = browser.get(NEW, {**criteria, "operations": typed})
    assert errors_on(page) == [error]
    assert page.context["form"]["operations"].value() == typed


@pytest.mark.parametrize("typed", ["2", "٢", "۲", " 2 ", "\u200f2"])
def test_operations_accept_digits_of_any_script(browser, criteria, slot, typed):
    step = address(TIMES, {**criteria, "operations": typed}, office="al-rimal", day=MONDAY)
    take(browser, step, slot)
    assert Appointment.objects.get().operations == places.taken(slot) == 2


def test_last_of_repeated_parameters_counts(browser, criteria, slot):
    step = address(TIMES, {**criteria, "operations": ["5", "3"]}, office="al-rimal", day=MONDAY)
    take(browser, step, slot)
    assert Appointment.objects.get().operations == 3


@pytest.mark.parametrize(
    ("missing", "error"),
    [
        ("attendee", "Choose who comes to the office."),
        ("service", "Choose a service."),
        ("operations", "Enter how many operations you need."),
    ],
)
@pytest.mark.parametrize("step", [OFFICES, DAYS, TIMES])
def test_incomplete_criteria_lead_back_to_first_step(
    resident, browser, criteria, step, missing, error
):
    factories.link(resident.identity, factories.IdentityFactory())
    del criteria[missing]
    page = browser.get(step, criteria, follow=True)
    assert page.redirect_chain == [(address(NEW, criteria), 302)]
    assert errors_on(page) == [error]


@pytest.mark.parametrize("step", [OFFICES, DAYS, TIMES])
def test_step_without_criteria_leads_to_empty_first_step(browser, step):
    page = browser.get(step, follow=True)
    assert page.redirect_chain == [(f"{NEW}?", 302)]
    assert errors_on(page) == []


def test_a_day_without_an_office_leads_back_to_the_offices(browser, criteria):
    assert browser.get(DAYS, criteria).url == address(OFFICES, criteria)
    assert browser.get(TIMES, {**criteria, "day": MONDAY}).url == address(OFFICES, criteria)


def test_a_time_without_a_day_leads_back_to_the_days(browser, criteria, slot):
    chosen = {**criteria, "office": "al-rimal"}
    assert browser.get(TIMES, chosen).url == address(DAYS, chosen)


# Invalid values in the address

HUGE = str(10**30)


@pytest.mark.parametrize("value", ["nowhere", "", HUGE, "' OR 1=1 --", "a" * 5000, "<b>", "-1"])
def test_unknown_office_leads_back_to_offices(browser, criteria, slot, value):
    for step in (DAYS, TIMES):
        asked = {**criteria, "office": value, "day": MONDAY}
        assert browser.get(step, asked).url == address(OFFICES, criteria)


def test_inactive_office_leads_back_to_offices(browser, criteria, slot):
    places.office("closed", "Closed", is_active=False)
    assert browser.get(DAYS, {**criteria, "office": "closed"}).url == address(OFFICES, criteria)


@pytest.mark.parametrize("value", ["2026-02-30", "9999-99-99", "today", HUGE, "2026-5", "-1", ""])
def test_invalid_day_leads_back(browser, criteria, slot, value):
    response = browser.get(TIMES, {**criteria, "office": "al-rimal", "day": value})
    assert response.status_code == 302
    assert response.url.startswith((OFFICES, DAYS))


@pytest.mark.parametrize("value", ["0001-01-01", "9999-12-31", "2026-05-03", "2026-06-03"])
def test_a_day_without_free_times_says_so(browser, criteria, slot, value):
    page = browser.get(TIMES, {**criteria, "office": "al-rimal", "day": value})
    assert page.status_code == 200
    assert "Nothing is free on this day any more. Choose another day" in words(page)


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("region", "nowhere", NO_REGION),
        ("region", HUGE, NO_REGION),
        ("region", "a" * 5000, NO_REGION),
        ("service", "nothing", NO_SERVICE),
        ("service", HUGE, NO_SERVICE),
        ("attendee", HUGE, NOT_LINKED),
        ("attendee", "-1", NOT_LINKED),
        ("attendee", "me", NOT_LINKED),
        pytest.param(
            "beneficiaries",
            HUGE,
            NOT_LINKED,
        ),
        ("beneficiaries", "me", NOT_LINKED),
    ],
)
def test_unknown_value_is_named_on_first_step(
    resident, browser, criteria, slot, field, value, error
):
    factories.link(resident.identity, factories.IdentityFactory())
    for step in (OFFICES, DAYS, TIMES):
        page = browser.get(step, {**criteria, field: value}, follow=True)
        assert page.redirect_chain[0][0].startswith(NEW)
        assert errors_on(page) == [error]


@pytest.mark.parametrize("field", ["attendee", "beneficiaries"])
def test_unlinked_person_is_refused(resident, browser, criteria, slot, field):
    factories.link(resident.identity, factories.IdentityFactory())
    stranger = factories.IdentityFactory()
    page = browser.get(TIMES, {**criteria, field: stranger.pk}, follow=True)
    assert errors_on(page) == [NOT_LINKED]


def test_user_without_links_cannot_name_others(browser, criteria, slot):
    stranger = factories.IdentityFactory()
    page = browser.get(TIMES, {**criteria, "attendee": stranger.pk}, follow=True)
    assert errors_on(page) == [NOT_LINKED]


def test_service_for_other_kinds_is_refused(browser, criteria):
    others = factories.ServiceFactory(beneficiary_kinds=["citizen"])
    assert errors_on(browser.get(NEW, {**criteria, "service": others.slug})) == [NO_SERVICE]


def test_more_people_than_operations_are_refused(resident, browser, criteria):
    worker = factories.IdentityFactory()
    factories.link(resident.identity, worker)
    named = [resident.identity_id, worker.pk]
    page = browser.get(NEW, {**criteria, "beneficiaries": named})
    assert errors_on(page) == ["You have named more people than operations. Enter at least 2."]


@pytest.mark.parametrize("field", ["office", "day", "region", "attendee", "operations"])
def test_invalid_bytes_are_refused(browser, criteria, field):
    for value in ("\0", "a\0b"):
        assert browser.get(TIMES, {**criteria, field: value}).status_code == 400
    assert browser.get(f"{TIMES}?{field}=%FF%FE").status_code == 400


@pytest.mark.parametrize(
    ("posted", "error"),
    [
        ({"slot": ""}, "Choose a time."),
        ({}, "Choose a time."),
        ({"slot": "soon"}, TAKEN),
        ({"slot": HUGE}, TAKEN),
        ({"slot": "-1"}, TAKEN),
        ({"slot": "\0"}, "Null characters are not allowed."),
    ],
)
def test_invalid_time_is_refused(browser, monday, posted, error):
    idempotency_key = browser.get(monday).context["form"]["idempotency_key"].value()
    page = browser.post(monday, {"idempotency_key": idempotency_key, **posted})
    assert errors_on(page) == [error]
    assert not Appointment.objects.exists()


def test_time_of_another_day_or_office_is_refused(browser, monday):
    elsewhere = places.window(office=places.office("qasr-al-hukm", "Qasr Al-Hukm"))
    for other in (places.slot(TUESDAY), places.slot(of=elsewhere)):
        assert errors_on(take(browser, monday, other)) == [TAKEN]
    assert not Appointment.objects.exists()


def test_parallel_hours_offer_each_time_once(browser, monday, slot, resident):
    beside = places.slot(of=places.window(office=slot.office), capacity=1)
    offered = browser.get(monday).context["form"].fields["slot"].queryset
    assert list(offered) == [slot]
    Slot.objects.filter(pk=slot.pk).update(taken=4)
    assert list(offered.all()) == [beside]
    take(browser, monday, beside)
    assert Appointment.objects.get().slot == beside


# Parts of the day


@pytest.mark.parametrize(
    ("time", "part"),
    [
        ("00:00", "Morning"),
        ("11:59", "Morning"),
        ("12:00", "Afternoon"),
        ("17:59", "Afternoon"),
        ("18:00", "Evening"),
        ("23:59", "Evening"),
    ],
)
def test_time_is_listed_in_its_part_of_day(browser, criteria, time, part):
    places.slot(time=time)
    page = browser.get(address(TIMES, criteria, office="al-rimal", day=MONDAY))
    assert f"Time {part} {time} Keep this time for me" in words(page)


def late_slot():
    """Make a slot at half past midnight of Tuesday, in the hours of Monday's evening."""
    hours = places.window("21:00", "01:00")
    return places.slot(TUESDAY, "00:30", of=hours, belongs_to=MONDAY)


def test_time_after_midnight_shows_its_own_day(browser, monday, slot):
    late = late_slot()
    places.slot(time="21:00", of=late.window)
    after = "After midnight: 5 May 2026 CE (18 Dhu al-Qadah 1447 AH) 00:30"
    assert f"Time Morning 10:00 Evening 21:00 {after} Keep" in words(browser.get(monday))
    page = browser.get(monday.replace("/en/", "/ar/"))
    assert "بعد منتصف الليل: 18 ذو القعدة 1447 هـ (5 مايو 2026 م) 00:30" in words(page)
    page = browser.post(
        monday, {"idempotency_key": page.context["form"]["idempotency_key"].value(), "slot": "soon"}
    )
    assert errors_on(page) == [TAKEN]
    assert f"Time {TAKEN} Morning 10:00 Evening 21:00 {after} Keep" in words(page)
    assert 'href="#id_slot_0"' in page.content.decode()
    assert re.search(
        r'<input type="radio"[^>]* id="id_slot_0"[^>]* aria-invalid', page.content.decode()
    )


@pytest.mark.parametrize(("minutes", "is_ahead"), [(29, True), (30, False), (31, False)])
def test_evening_times_are_found_past_midnight(resident, criteria, clock, minutes, is_ahead):
    late_slot()
    places.slot(TUESDAY)
    clock.now = at(TUESDAY, "00:00") + minutes * MINUTE
    page = verified(resident).get(address(DAYS, criteria, office="al-rimal"))
    of_monday = address(TIMES, criteria, office="al-rimal", day=MONDAY)
    links = re.findall(r'href="(/en/appointments/new/time/[^"]*)"', page.content.decode())
    links = [link.replace("&amp;", "&") for link in links]
    time = "00:30" if is_ahead else "10:00"
    assert f"Earliest: 5 May 2026 CE (18 Dhu al-Qadah 1447 AH) · {time}" in words(page)
    # The button and the day in the month grid each have a link.
    assert links.count(of_monday) == (2 if is_ahead else 0)
    shown = "4 May 2026 CE (17 Dhu al-Qadah 1447 AH), 4 17 AH 4 free"
    assert (shown in words(page)) == is_ahead


@pytest.mark.parametrize("idempotency_key", ["", "x", "\0", HUGE])
def test_form_without_idempotency_key_takes_nothing(browser, monday, slot, idempotency_key):
    page = browser.post(monday, {"idempotency_key": idempotency_key, "slot": slot.pk})
    assert page.status_code == 200
    assert len(errors_on(page)) == 1
    assert places.taken(slot) == 0


# Times taken meanwhile


def test_time_taken_meanwhile_suggests_nearest(browser, criteria, monday, slot):
    places.slot(TUESDAY)
    idempotency_key = browser.get(monday).context["form"]["idempotency_key"].value()
    places.confirmed(slot=slot, operations=4)
    page = browser.post(monday, {"idempotency_key": idempotency_key, "slot": slot.pk})
    assert errors_on(page) == [TAKEN]
    assert notices_on(page) == [NEAREST]


def test_time_taken_after_validation_suggests_nearest(browser, monday, slot, monkeypatch):
    """Another user takes the place between the validation of the form and the hold."""
    places.slot(TUESDAY)
    idempotency_key = browser.get(monday).context["form"]["idempotency_key"].value()
    monkeypatch.setattr("appointments.actions.booking.check_bookable", lambda *_slot, **_kept: None)
    look = TimeForm.is_valid

    def validate_then_lose_slot(form):
        found = look(form)
        Slot.objects.filter(pk=slot.pk).update(taken=4)
        return found

    monkeypatch.setattr(TimeForm, "is_valid", validate_then_lose_slot)
    page = browser.post(monday, {"idempotency_key": idempotency_key, "slot": slot.pk})
    assert errors_on(page) == [TAKEN]
    assert notices_on(page) == [NEAREST]
    assert not Appointment.objects.exists()


def test_second_click_on_last_place_leads_to_same_appointment(browser, criteria):
    last = places.slot(capacity=1)
    monday = address(TIMES, criteria, office="al-rimal", day=MONDAY)
    posted = {
        "idempotency_key": browser.get(monday).context["form"]["idempotency_key"].value(),
        "slot": last.pk,
    }
    first, second = (browser.post(monday, posted) for _click in range(2))
    assert first.url == page_of(Appointment.objects.get())
    assert second.status_code == 302
    assert second.url == first.url


def test_a_second_click_leads_to_the_same_appointment(browser, monday, slot):
    posted = {
        "idempotency_key": browser.get(monday).context["form"]["idempotency_key"].value(),
        "slot": slot.pk,
    }
    first, second = (browser.post(monday, posted) for _click in range(2))
    assert first.url == second.url == page_of(Appointment.objects.get())


# Moving


def test_an_appointment_is_moved_step_by_step(resident, browser, slot):
    appointment = places.confirmed(resident, slot=slot)
    later = places.slot(TUESDAY)
    start = page_of(appointment, "move/")
    step = f"{start}time/?office=al-rimal&day=2026-05-05"
    assert "It stays yours until you have chosen another time." in words(browser.get(step))
    page = take(browser, step, later, follow=True)
    assert notices_on(page) == ["Your appointment has been moved."]
    appointment.refresh_from_db()
    assert appointment.slot == later
    assert (places.taken(slot), places.taken(later)) == (0, 1)


@pytest.mark.parametrize("query", ["", "?office=nowhere", f"?office={HUGE}&day=9999-99-99"])
@pytest.mark.parametrize("step", ["day/", "time/"])
def test_a_move_without_an_office_leads_back_to_the_offices(resident, browser, slot, step, query):
    start = page_of(places.confirmed(resident, slot=slot), "move/")
    assert browser.get(f"{start}{step}{query}").url.startswith(f"{start}?")


def test_unknown_region_falls_back_to_own_region(resident, browser, slot):
    start = page_of(places.confirmed(resident, slot=slot), "move/")
    assert "Al-Rimal" in words(browser.get(start, {"region": HUGE}))


def test_move_too_late_leads_to_appointment_page(resident, browser, clock):
    appointment = places.confirmed(resident, slot=places.slot(SUNDAY, "11:05"))
    clock.now = appointment.change_until
    for step in ("move/", "move/day/", "move/time/"):
        assert browser.get(page_of(appointment, step)).url == page_of(appointment)


# Query counts


@pytest.mark.parametrize("step", [OFFICES, DAYS])
def test_query_count_is_constant_for_thirty_days(browser, criteria, step):
    window = places.window(valid_until=MONDAY, valid_from=MONDAY, weekdays=list(range(7)))
    make_slots()
    assert Slot.objects.values("day").distinct().count() == 1
    path = address(step, criteria, office="al-rimal")
    one_day = queries(browser, path)
    OpeningWindow.objects.filter(pk=window.pk).update(valid_from=None, valid_until=None)
    make_slots()
    assert Slot.objects.values("day").distinct().count() == 31
    assert queries(browser, path) == one_day <= MAX_QUERIES


def test_query_count_is_constant_for_many_offices(browser, criteria, slot):
    path = address(OFFICES, criteria)
    one_office = queries(browser, path)
    for n in range(12):
        places.slot(of=places.window(office=places.office(f"office-{n}", f"Office {n}")))
    assert queries(browser, path) == one_office <= MAX_QUERIES


def test_offices_are_ordered_by_nearest_free_time(browser, criteria):
    def office(slug, name):
        return places.window(office=places.office(slug, name), weekdays=WORKING_DAYS)

    places.office("none", "Without")
    places.slot(TUESDAY, of=office("second", "Second"))
    places.slot(MONDAY, of=office("first", "First"))
    offices = browser.get(OFFICES, criteria).context["offices"]
    assert [office.name for office, _days in offices] == ["First", "Second", "Without"]
