"""The office desk: the list of today, the search, check-in, service and no-shows."""

import re

import pytest

from appointments.actions import check_in, mark_no_show, serve
from appointments.models import Appointment
from core.references import grouped_reference
from core.template_filters import full_moment
from tests import factories
from tests.appointments import places
from tests.appointments.desk.pages import LIST, arabic, desk_of, press
from tests.appointments.places import (
    MINUTE,
    MONDAY,
    SECOND,
    SUNDAY,
    TUESDAY,
    at,
    refused,
)
from tests.appointments.sentences import NOT_CLERK, TOO_EARLY, other_day, wrong_status
from tests.conftest import notices_on, signed_in, signed_in_staff, words
from tests.worlds import undone

pytestmark = pytest.mark.django_db

Status = Appointment.Status
CHECKED_IN, SERVED = "The person is checked in.", "The person has been served."
MISSED = "The appointment is marked as missed."
HUGE = str(10**30)


def listed(browser, **query):
    """Return the references of the appointments in the list, from the top."""
    page = browser.get(LIST, query)
    assert page.status_code == 200
    found = re.findall(r"\b8\d{3}-\d{4}-\d{4}\b", words(page))
    return [number.replace("-", "") for number in found]


def references(*appointments):
    return [appointment.reference for appointment in appointments]


# The list


def test_list_shows_today_at_own_offices_by_time(clerk, browser, slot, elsewhere):
    later = places.confirmed(slot=places.slot(SUNDAY, "11:00", of=slot.window))
    sooner = places.confirmed(slot=slot)
    on_monday = places.confirmed(slot=places.slot(MONDAY, of=slot.window))
    there = places.confirmed(slot=places.slot(SUNDAY, "12:00", of=elsewhere))
    places.held(slot=slot)
    assert listed(browser) == references(sooner, later)
    row = f"{grouped_reference(sooner.reference)} 10:00 Mohammed Aslam Khan Services for residents"
    assert f"{row} 1 Confirmed Al-Rimal" in words(browser.get(LIST))
    assert listed(browser, day="all") == references(sooner, later, on_monday)
    shown = words(browser.get(LIST, {"day": "all"}))
    assert "10:00 · tomorrow Monday 4 May 2026 CE (17 Dhu al-Qadah 1447 AH)" in shown
    clerk.offices.add(elsewhere.office)
    assert listed(browser) == references(sooner, later, there)
    here = places.in_status(Status.CHECKED_IN, slot=slot)
    assert listed(browser, status__exact="checked_in") == references(here)
    assert listed(browser, status__exact="held") == []


def after_midnight(window):
    late = places.slot(MONDAY, "00:30", of=window, belongs_to=SUNDAY)
    return places.confirmed(slot=late)


def test_evening_past_midnight_is_listed_on_first_day(clerk, slot, clock):
    late = after_midnight(slot.window)
    assert listed(signed_in_staff(clerk)) == references(late)
    clock.now = at(MONDAY, "00:10")
    assert listed(signed_in_staff(clerk)) == references(late)


# The search


@pytest.mark.both_engines
def test_search_finds_one_appointment(browser, slot, appointment):
    """There are two other appointments that could match."""
    places.confirmed(slot=slot)
    places.confirmed(slot=places.slot(MONDAY, of=slot.window))
    appointment.attendee.numbers.create(number="3000000004", is_current=False)
    reference, number = appointment.reference, appointment.attendee.current_number
    address = f"https://tawasul.example/%s/check/{appointment.slips.get().check_code}"
    slips = [f"{address % 'en'}/", f"{address % 'ar'}/ ", address % "ar"]
    slips += [address.rpartition("/")[2], f" {address.rpartition('/')[2]}\n"]
    for q in (
        *(reference, grouped_reference(reference), arabic(reference), f"  {reference}  "),
        *(number, arabic(number), f" {number} ", "3000000004"),
        *map(str.lower, slips),
        *map(str.upper, slips),
    ):
        assert listed(browser, q=q) == references(appointment), q


def test_search_finds_moved_appointment_by_old_slip(browser, slot):
    appointment = places.confirmed(slot=places.slot(MONDAY, of=slot.window))
    old = appointment.slips.get().check_code
    places.move(appointment, places.slot(TUESDAY, of=slot.window))
    assert listed(browser) == []
    # A search looks at all days.
    for q in (old, appointment.reference):
        assert listed(browser, q=q) == references(appointment)


def test_search_finds_nothing_of_another_office(browser, appointment, elsewhere):
    other = places.confirmed(slot=places.slot(SUNDAY, of=elsewhere))
    code, number = other.slips.get().check_code, other.attendee.current_number
    assert [listed(browser, q=q) for q in (other.reference, code, number)] == [[], [], []]


@pytest.mark.both_engines
def test_odd_search_shows_empty_list(browser, appointment):
    for q in (
        *("%", "_", "'", '"', "\\", "' OR 1=1 --", "<b>", HUGE, "-1", "a" * 16, "a" * 10_000),
        *("https://", "/", "////", "٣", "²", "😀", "a b c", "2" * 40),
    ):
        assert listed(browser, q=q) == [], q[:20]


def test_invalid_query_is_refused(browser, appointment):
    for query in (
        *({"q": "\0"}, {"q": "8\0"}, {"user__password__contains": "a"}),
        {"attendee__numbers__number__startswith": "2"},  # a lookup outside of the filters
    ):
        assert browser.get(LIST, query).status_code == 400, query


# Check-in, service and no-show


def test_attendee_is_checked_in_and_served(browser, clerk, appointment):
    page = browser.get(desk_of(appointment))
    assert "Check in Did not come" in words(page)
    page = press(browser, appointment, "check-in")
    assert (page.request["PATH_INFO"], notices_on(page)) == (desk_of(appointment), [CHECKED_IN])
    assert "At the office" in words(page)
    assert notices_on(press(browser, appointment, "served")) == [SERVED]
    assert places.status_of(appointment) == Status.SERVED
    events = appointment.events.values_list("event_type", "actor", "role")
    assert list(events)[2:] == [
        ("checked_in", clerk.pk, "clerk"),
        ("served", clerk.pk, "clerk"),
    ]


def test_no_show_is_allowed_fifteen_minutes_after_start(clerk, appointment, clock):
    for seconds, notice, status in (
        *((-1, TOO_EARLY, "confirmed"), (0, MISSED, "no_show"), (1, MISSED, "no_show")),
    ):
        clock.now = appointment.slot.start + 15 * MINUTE + seconds * SECOND
        with undone():
            page = press(signed_in_staff(clerk), appointment, "missed")
            assert notices_on(page) == [notice], seconds
            assert places.status_of(appointment) == status, seconds


def test_the_second_click_changes_nothing(clerk, appointment, clock):
    clock.now = appointment.slot.start + 15 * MINUTE
    browser = signed_in_staff(clerk)
    with undone():
        for _click in range(2):
            assert notices_on(press(browser, appointment, "missed")) == [MISSED]
            assert appointment.events.count() == 3
    for button, notice, events in (("check-in", CHECKED_IN, 3), ("served", SERVED, 4)):
        for _click in range(2):
            assert notices_on(press(browser, appointment, button)) == [notice]
            assert appointment.events.count() == events


def test_action_in_wrong_status_is_refused(clerk, slot, clock):
    for status, label, actions in (
        ("confirmed", "Confirmed", [serve]),
        ("checked_in", "At the office", [mark_no_show]),
        ("served", "Served", [check_in, mark_no_show]),
        ("cancelled", "Cancelled", [check_in, serve, mark_no_show]),
        ("no_show", "Missed", [serve]),
        ("unmarked", "Not marked by the office", [check_in, serve, mark_no_show]),
    ):
        with undone():
            clock.now = slot.start - MINUTE
            appointment = places.in_status(status, slot=slot)
            clock.now = slot.start + 15 * MINUTE
            for action in actions:
                assert refused(action, actor=clerk, appointment=appointment) == wrong_status(label)
                assert places.status_of(appointment) == status


def on_sunday(time):
    return other_day(full_moment(at(SUNDAY, time)))


def test_check_in_hours_early_asks_first(clerk, browser, slot, clock):
    late = places.confirmed(slot=places.slot(SUNDAY, "11:01", of=slot.window))
    page = press(browser, late, "check-in")
    assert notices_on(page) == [
        "This appointment begins only at 11:01. Check the person in all the same?"
    ]
    assert places.status_of(late) == Status.CONFIRMED
    assert "Check in anyway" in words(page)
    page = press(browser, late, "check-in-early")
    assert notices_on(page) == ["The person is checked in."]
    assert places.status_of(late) == Status.CHECKED_IN
    in_time = places.confirmed(slot=places.slot(SUNDAY, "11:00", of=slot.window))
    assert check_in(actor=clerk, appointment=in_time).status == Status.CHECKED_IN


def test_check_in_on_another_day_is_refused(clerk, appointment, clock):
    for days in (-1, 1):
        clock.now = at(SUNDAY, "09:00") + days * places.DAY
        assert refused(check_in, actor=clerk, appointment=appointment) == on_sunday("10:00"), days


def test_check_in_past_midnight_works_on_either_day(clerk, slot, clock):
    late = after_midnight(slot.window)
    for moment in (at(SUNDAY, "23:50"), at(MONDAY, "00:20")):
        with undone():
            clock.now = moment
            assert check_in(actor=clerk, appointment=late).status == Status.CHECKED_IN, moment


def test_late_evening_check_in_works_until_six(clerk, office, clock):
    evening = places.window("21:00", "01:00", office=office)
    late = places.confirmed(slot=places.slot(SUNDAY, "23:45", of=evening))
    clock.now = at(MONDAY, "06:00")
    assert refused(check_in, actor=clerk, appointment=late) == on_sunday("23:45")
    clock.now = at(MONDAY, "05:59")
    assert check_in(actor=clerk, appointment=late).status == Status.CHECKED_IN


def test_unconfirmed_appointment_is_not_at_desk(clerk, browser, slot):
    cancelled = places.held(slot=slot)
    places.cancel(cancelled)
    assert browser.get(desk_of(cancelled)).status_code == 404
    for status in (Status.HELD, Status.EXPIRED):
        appointment = places.in_status(status, slot=slot)
        assert browser.get(desk_of(appointment)).status_code == 404, status
        assert refused(check_in, actor=clerk, appointment=appointment) == NOT_CLERK, status


def test_check_in_withdraws_offer_of_earlier_time(clerk, slot):
    earlier = places.confirmed(slot=places.slot(SUNDAY, "12:00", of=slot.window, capacity=1))
    here = places.confirmed(slot=places.slot(SUNDAY, "14:00", of=slot.window))
    places.wait(here)
    places.cancel(earlier)
    places.allocate()
    assert places.taken(earlier.slot) == 1
    check_in(actor=clerk, appointment=here, is_early=True)
    assert places.taken(earlier.slot) == 0
    assert not here.offers.open().exists()
    assert not here.waitings.open().exists()


def test_get_on_button_address_does_nothing(browser, appointment):
    for button in ("check-in", "served", "missed", "nonsense"):
        address = desk_of(appointment, f"{button}/press")
        assert browser.get(address).url == desk_of(appointment), button
    press(browser, appointment, "nonsense")
    assert appointment.events.count() == 2


# Permissions


def is_out_of_reach(user, appointment):
    """Check that this user neither sees the appointment nor can act on it."""
    browser = signed_in_staff(user)
    assert listed(browser, day="all") == []
    for page in ("change", "check-in/press", "history", "delete"):
        assert browser.get(desk_of(appointment, page)).status_code in (302, 403, 404)
    assert browser.post(desk_of(appointment, "check-in/press")).status_code == 404
    criteria = {"actor": user, "appointment": appointment}
    return {refused(action, **criteria) for action in (check_in, serve)} == {NOT_CLERK}


def test_clerks_reach_only_appointments_of_their_office(appointment, elsewhere):
    assert is_out_of_reach(places.clerk(elsewhere.office), appointment)
    viewer = places.clerk(appointment.slot.office, codenames=("view_appointment",))
    assert is_out_of_reach(viewer, appointment)
    boss = factories.OfficerFactory(is_superuser=True)
    assert is_out_of_reach(boss, appointment)
    appointment.slot.office.clerks.add(boss)
    assert listed(signed_in_staff(boss)) == references(appointment)


@pytest.fixture
def involved(office):
    """Return a clerk of the office who is in the registry."""
    return places.clerk(office, identity=factories.IdentityFactory())


@pytest.fixture
def employer(involved):
    """Return a user who is the employer of the clerk."""
    employer = factories.UserFactory()
    factories.link(employer.identity, involved.identity)
    return employer


def test_clerks_do_not_receive_themselves(involved, slot):
    assert is_out_of_reach(involved, places.confirmed(involved, slot=slot))


def test_clerks_do_not_receive_bookings_by_or_for_them(involved, employer, slot, worker):
    factories.link(involved.identity, worker)
    places.confirmed(involved, slot=slot, attendee=worker)
    booked = places.confirmed(employer, slot=slot, attendee=involved.identity)
    assert is_out_of_reach(involved, booked)


def test_clerks_do_not_receive_bookings_they_benefit_from(involved, employer, slot):
    booked = places.confirmed(employer, slot=slot, beneficiaries=[involved.identity])
    assert is_out_of_reach(involved, booked)


def test_clerks_do_not_receive_for_company_they_represent(involved, slot, worker):
    colleague = factories.UserFactory()
    company = factories.IdentityFactory(number="7000000009", birth_date=None, nationality="")
    for person in (involved.identity, colleague.identity):
        factories.link(company, person, "representative")
    factories.link(company, worker)
    booked = places.confirmed(colleague, slot=slot, holder=company, attendee=worker)
    assert is_out_of_reach(involved, booked)


def test_clerks_do_not_receive_what_they_booked_for_a_company_of_before(involved, slot, worker):
    company = factories.IdentityFactory(number="7000000009", birth_date=None, nationality="")
    mandate = factories.link(company, involved.identity, "representative")
    factories.link(company, worker)
    booked = places.confirmed(involved, slot=slot, holder=company, attendee=worker)
    mandate.delete()
    assert is_out_of_reach(involved, booked)


def test_staff_without_view_permission_see_nothing(appointment):
    for codenames in ((), ("view_inquiry", "triage_inquiry"), ("receive_appointment",)):
        browser = signed_in_staff(places.clerk(appointment.slot.office, codenames=codenames))
        for path in (LIST, desk_of(appointment)):
            assert browser.get(path).status_code == 403, codenames
        assert browser.post(desk_of(appointment, "check-in/press")).status_code == 403, codenames
    assert places.status_of(appointment) == Status.CONFIRMED


def test_residents_have_no_access_to_desk(appointment):
    for browser in (signed_in(appointment.user), signed_in(factories.UserFactory())):
        assert browser.get(LIST).status_code in (302, 403, 404)
        assert browser.post(desk_of(appointment, "check-in/press")).status_code in (302, 403, 404)
    assert places.status_of(appointment) == Status.CONFIRMED


def test_unknown_appointment_is_not_found(browser, appointment):
    for pk in ("0", "x", HUGE, "-1", "1" * 18):
        assert browser.get(f"{LIST}{pk}/change/").status_code in (302, 404), pk
    for pk in ("0", "1" * 18, HUGE):
        assert browser.post(f"{LIST}{pk}/check-in/press/").status_code == 404, pk


def test_superuser_cannot_add_change_or_delete(clerk, browser, appointment):
    clerk.is_superuser = True
    clerk.save(update_fields=["is_superuser"])
    assert browser.post(f"{LIST}add/").status_code == 403
    assert browser.post(desk_of(appointment, "delete"), {"post": "yes"}).status_code == 403
    browser.post(desk_of(appointment), {"status": "served"})
    assert places.status_of(appointment) == Status.CONFIRMED
