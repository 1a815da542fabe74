"""The office desk: the list of today, the search, check-in, service and no-shows."""

import datetime
import re

import pytest

from appointments.actions import cancel, check_in, mark_no_show, move, serve, wait
from appointments.models import Appointment
from core.exceptions import RuleViolation
from core.references import grouped_reference
from tests import factories
from tests.appointments import places
from tests.appointments.places import MINUTE, MONDAY, SECOND, SUNDAY, TUESDAY, at
from tests.conftest import notices_on, signed_in, signed_in_staff, words

pytestmark = pytest.mark.django_db

Status = Appointment.Status
LIST = "/en/staff/appointments/appointment/"
NOT_CLERK = "Your account may not receive people here."
OTHER_DAY = "This appointment is not today. Send the person to the information desk."
TOO_EARLY = (
    "The person can still come. You can mark them as missed 15 minutes after the appointment "
    "begins."
)
CHECKED_IN, SERVED = "The person is checked in.", "The person has been served."
MISSED = "The appointment is marked as missed."
HUGE = str(10**30)


def desk_of(appointment, page="change"):
    return f"{LIST}{appointment.pk}/{page}/"


def press(browser, appointment, button):
    return browser.post(desk_of(appointment, f"{button}/press"), follow=True)


def listed(browser, **query):
    """Return the references of the appointments in the list, from the top."""
    page = browser.get(LIST, query)
    assert page.status_code == 200
    found = re.findall(r"\b8\d{3}-\d{4}-\d{4}\b", words(page))
    return [number.replace("-", "") for number in found]


def references(*appointments):
    return [appointment.reference for appointment in appointments]


def refused(action, actor, appointment):
    with pytest.raises(RuleViolation) as refusal:
        action(actor=actor, appointment=appointment)
    return str(refusal.value.message)


# The list


def test_list_shows_today_at_own_offices_by_time(browser, office, slot, elsewhere):
    later = places.confirmed(slot=places.slot(SUNDAY, "11:00", of=slot.window))
    sooner = places.confirmed(slot=slot)
    places.confirmed(slot=places.slot(MONDAY, of=slot.window))
    places.confirmed(slot=places.slot(SUNDAY, of=elsewhere))
    places.held(slot=slot)
    assert listed(browser) == references(sooner, later)
    row = f"{grouped_reference(sooner.reference)} 10:00 Mohammed Aslam Khan Services for residents"
    assert f"{row} 1 Confirmed Al-Rimal" in words(browser.get(LIST))


def test_all_days_can_be_listed(browser, slot, appointment):
    other = places.confirmed(slot=places.slot(MONDAY, of=slot.window))
    assert listed(browser, day="all") == references(appointment, other)
    shown = words(browser.get(LIST, {"day": "all"}))
    assert "10:00 · 4 May 2026 CE (17 Dhu al-Qadah 1447 AH)" in shown


def test_list_filters_by_status(browser, slot, appointment):
    there = places.in_status(Status.CHECKED_IN, slot=slot)
    assert listed(browser, status__exact="checked_in") == references(there)
    assert listed(browser, status__exact="held") == []


def test_a_clerk_of_two_offices_sees_both(clerk, browser, appointment, elsewhere):
    other = places.confirmed(slot=places.slot(SUNDAY, "12:00", of=elsewhere))
    clerk.offices.add(elsewhere.office)
    assert listed(browser) == references(appointment, other)


def after_midnight(window):
    late = places.slot(MONDAY, "00:30", of=window, belongs_to=SUNDAY)
    return places.confirmed(slot=late)


def test_evening_past_midnight_is_listed_on_first_day(browser, slot):
    late = after_midnight(slot.window)
    assert listed(browser) == references(late)


def test_evening_stays_listed_after_midnight(browser, slot, clock):
    late = after_midnight(slot.window)
    clock.now = at(MONDAY, "00:10")
    browser = signed_in_staff(slot.office.clerks.get())
    assert listed(browser) == references(late)


# The search


@pytest.fixture
def found_by(browser, slot, appointment):
    """Return a function that searches the list, in which two other appointments could match."""
    places.confirmed(slot=slot)
    places.confirmed(slot=places.slot(MONDAY, of=slot.window))

    def search(q):
        return listed(browser, q=q)

    return search


def arabic(digits):
    return digits.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))


@pytest.mark.parametrize("write", [str, grouped_reference, arabic, "  {}  ".format])
def test_search_finds_appointment_by_reference(found_by, appointment, write):
    assert found_by(write(appointment.reference)) == references(appointment)


@pytest.mark.parametrize("write", [str, arabic, " {} ".format])
def test_search_finds_appointment_by_attendee_number(found_by, appointment, write):
    assert found_by(write(appointment.attendee.current_number)) == references(appointment)


def test_search_finds_attendee_by_former_number(found_by, appointment):
    appointment.attendee.numbers.create(number="3000000004", is_current=False)
    assert found_by("3000000004") == references(appointment)


@pytest.mark.parametrize(
    "scan",
    [
        "{}",
        " {}\n",
        "https://tawasul.example/en/check/{}/",
        pytest.param(
            "https://tawasul.example/ar/check/{}/ ",
        ),
        "https://tawasul.example/ar/check/{}",
    ],
)
@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_search_finds_appointment_by_scanned_check_code(found_by, appointment, scan, case):
    code = appointment.slips.get().check_code
    assert found_by(case(scan.format(code))) == references(appointment)


def test_search_finds_moved_appointment_by_old_slip(browser, slot):
    appointment = places.confirmed(slot=places.slot(MONDAY, of=slot.window))
    old = appointment.slips.get().check_code
    later = places.slot(TUESDAY, of=slot.window)
    move(actor=appointment.user, appointment=appointment, slot=later)
    assert listed(browser, q=old) == references(appointment)


def test_a_search_looks_at_all_days(browser, slot):
    other = places.confirmed(slot=places.slot(TUESDAY, of=slot.window))
    assert listed(browser) == []
    assert listed(browser, q=other.reference) == references(other)


def test_search_finds_nothing_of_another_office(browser, appointment, elsewhere):
    other = places.confirmed(slot=places.slot(SUNDAY, of=elsewhere))
    code, number = other.slips.get().check_code, other.attendee.current_number
    assert [listed(browser, q=q) for q in (other.reference, code, number)] == [[], [], []]


@pytest.mark.parametrize(
    "q",
    [
        "%", "_", "'", '"', "\\", "' OR 1=1 --", "<b>", HUGE, "-1", "a" * 16, "a" * 10_000,
        "https://", "/", "////", "٣", "²", "\u202e", "😀", "a b c", "2" * 40,
    ],
)  # fmt: skip
def test_odd_search_shows_empty_list(browser, appointment, q):
    assert listed(browser, q=q) == []


@pytest.mark.parametrize("q", ["\0", "8\0"])
def test_invalid_bytes_are_refused(browser, q):
    assert browser.get(LIST, {"q": q}).status_code == 400


@pytest.mark.parametrize(
    "query",
    [{"attendee__numbers__number__startswith": "2"}, {"user__password__contains": "a"}],
)
def test_lookup_outside_filters_is_refused(browser, appointment, query):
    assert browser.get(LIST, query).status_code == 400


# Check-in, service and no-show


def test_attendee_is_checked_in_and_served(browser, clerk, appointment):
    page = browser.get(desk_of(appointment))
    assert "Check in Did not come" in words(page)
    page = press(browser, appointment, "check-in")
    assert (page.request["PATH_INFO"], notices_on(page)) == (desk_of(appointment), [CHECKED_IN])
    assert "At the office" in words(page)
    assert notices_on(press(browser, appointment, "served")) == [SERVED]
    appointment.refresh_from_db()
    assert appointment.status == Status.SERVED
    events = appointment.events.values_list("event_type", "actor", "role")
    assert list(events)[2:] == [
        ("checked_in", clerk.pk, "clerk"),
        ("served", clerk.pk, "clerk"),
    ]


@pytest.mark.parametrize(
    ("seconds", "notice", "status"),
    [(-1, TOO_EARLY, "confirmed"), (0, MISSED, "no_show"), (1, MISSED, "no_show")],
)
def test_no_show_is_allowed_fifteen_minutes_after_start(
    clerk, appointment, clock, seconds, notice, status
):
    clock.now = appointment.slot.start + 15 * MINUTE + seconds * SECOND
    page = press(signed_in_staff(clerk), appointment, "missed")
    assert notices_on(page) == [notice]
    appointment.refresh_from_db()
    assert appointment.status == status


@pytest.mark.parametrize("button", ["check-in", "served", "missed"])
def test_the_second_click_changes_nothing(clerk, appointment, clock, button):
    clock.now = appointment.slot.start + 15 * MINUTE
    browser = signed_in_staff(clerk)
    if button == "served":
        press(browser, appointment, "check-in")
    first = notices_on(press(browser, appointment, button))
    events = appointment.events.count()
    assert notices_on(press(browser, appointment, button)) == first
    assert first in ([CHECKED_IN], [SERVED], [MISSED])
    assert appointment.events.count() == events


LABELS = {
    "confirmed": "Confirmed",
    "checked_in": "At the office",
    "served": "Served",
    "cancelled": "Cancelled",
    "no_show": "Missed",
}


@pytest.mark.parametrize(
    ("action", "statuses"),
    [
        (check_in, ["served", "cancelled", "no_show"]),
        (serve, ["confirmed", "cancelled", "no_show"]),
        (mark_no_show, ["checked_in", "served", "cancelled"]),
    ],
)
def test_action_in_wrong_status_is_refused(clerk, slot, clock, action, statuses):
    clock.now = slot.start - MINUTE
    for status in statuses:
        appointment = places.in_status(status, slot=slot)
        clock.now = slot.start + 15 * MINUTE
        sentence = f"This cannot be done: the appointment is “{LABELS[status]}”."
        assert refused(action, clerk, appointment) == sentence
        appointment.refresh_from_db()
        assert appointment.status == status
        clock.now = slot.start - MINUTE


@pytest.mark.parametrize("days", [-1, 1])
def test_check_in_on_another_day_is_refused(clerk, appointment, clock, days):
    clock.now += datetime.timedelta(days=days)
    assert refused(check_in, clerk, appointment) == OTHER_DAY


@pytest.mark.parametrize("moment", [at(SUNDAY, "23:50"), at(MONDAY, "00:20")])
def test_check_in_past_midnight_works_on_either_day(clerk, slot, clock, moment):
    late = after_midnight(slot.window)
    clock.now = moment
    assert check_in(actor=clerk, appointment=late).status == Status.CHECKED_IN


def test_late_evening_check_in_works_until_six(clerk, office, clock):
    evening = places.window("21:00", "01:00", office=office)
    late = places.confirmed(slot=places.slot(SUNDAY, "23:45", of=evening))
    clock.now = at(MONDAY, "06:00")
    assert refused(check_in, clerk, late) == OTHER_DAY
    clock.now = at(MONDAY, "05:59")
    assert check_in(actor=clerk, appointment=late).status == Status.CHECKED_IN


@pytest.mark.parametrize("status", [Status.HELD, Status.EXPIRED])
def test_unconfirmed_appointment_is_not_at_desk(clerk, browser, slot, status):
    appointment = places.in_status(status, slot=slot)
    assert browser.get(desk_of(appointment)).status_code == 404
    assert refused(check_in, clerk, appointment) == NOT_CLERK


def test_cancelled_hold_is_not_at_desk(clerk, browser, slot):
    held = places.held(slot=slot)
    cancel(actor=held.user, appointment=held)
    assert browser.get(desk_of(held)).status_code == 404


def test_check_in_withdraws_offer_of_earlier_time(clerk, office, slot, clock):
    earlier = places.confirmed(slot=places.slot(SUNDAY, "12:00", of=slot.window, capacity=1))
    here = places.confirmed(slot=places.slot(SUNDAY, "14:00", of=slot.window))
    wait(actor=here.user, appointment=here)
    cancel(actor=earlier.user, appointment=earlier)
    assert places.taken(earlier.slot) == 1
    check_in(actor=clerk, appointment=here)
    assert places.taken(earlier.slot) == 0
    assert not here.offers.open().exists()
    assert not here.waitings.open().exists()


@pytest.mark.parametrize("button", ["check-in", "served", "missed", "nonsense"])
def test_get_on_button_address_does_nothing(browser, appointment, button):
    assert browser.get(desk_of(appointment, f"{button}/press")).url == desk_of(appointment)
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
    return {refused(action, user, appointment) for action in (check_in, serve)} == {NOT_CLERK}


def test_appointments_of_another_office_are_out_of_reach(appointment, elsewhere):
    assert is_out_of_reach(places.clerk(elsewhere.office), appointment)


def test_superuser_has_to_be_clerk_of_office(appointment):
    boss = factories.OfficerFactory(is_superuser=True)
    assert is_out_of_reach(boss, appointment)
    appointment.slot.office.clerks.add(boss)
    assert listed(signed_in_staff(boss)) == references(appointment)


def test_clerks_do_not_receive_themselves(slot):
    clerk = places.clerk(slot.office, identity=factories.IdentityFactory())
    appointment = places.confirmed(clerk, slot=slot)
    assert is_out_of_reach(clerk, appointment)


def test_clerks_do_not_receive_bookings_by_or_for_them(slot):
    clerk = places.clerk(slot.office, identity=factories.IdentityFactory())
    employer, worker = factories.UserFactory(), factories.IdentityFactory()
    factories.link(employer.identity, clerk.identity)
    factories.link(clerk.identity, worker)
    places.confirmed(clerk, slot=slot, attendee=worker)
    booked = places.confirmed(employer, slot=slot, attendee=clerk.identity)
    assert is_out_of_reach(clerk, booked)


def test_clerks_do_not_receive_bookings_they_benefit_from(slot):
    clerk = places.clerk(slot.office, identity=factories.IdentityFactory())
    user = factories.UserFactory()
    factories.link(user.identity, clerk.identity)
    booked = places.confirmed(user, slot=slot, beneficiaries=[clerk.identity])
    assert is_out_of_reach(clerk, booked)


def test_clerks_do_not_receive_for_company_they_represent(slot):
    clerk = places.clerk(slot.office, identity=factories.IdentityFactory())
    colleague = factories.UserFactory()
    company = factories.IdentityFactory(number="7000000009", birth_date=None, nationality="")
    for person in (clerk.identity, colleague.identity):
        factories.link(company, person, "representative")
    worker = factories.IdentityFactory()
    factories.link(company, worker)
    booked = places.confirmed(colleague, slot=slot, holder=company, attendee=worker)
    assert is_out_of_reach(clerk, booked)


@pytest.mark.parametrize(
    "codenames", [(), ("view_inquiry", "triage_inquiry"), ("receive_appointment",)]
)
def test_staff_without_view_permission_see_nothing(appointment, codenames):
    user = places.clerk(appointment.slot.office, codenames=codenames)
    browser = signed_in_staff(user)
    for path in (LIST, desk_of(appointment)):
        assert browser.get(path).status_code == 403
    assert browser.post(desk_of(appointment, "check-in/press")).status_code == 403
    appointment.refresh_from_db()
    assert appointment.is_confirmed


def test_clerk_without_receive_permission_sees_nobody(appointment):
    user = places.clerk(appointment.slot.office, codenames=("view_appointment",))
    assert is_out_of_reach(user, appointment)


def test_residents_have_no_access_to_desk(appointment):
    for browser in (signed_in(appointment.user), signed_in(factories.UserFactory())):
        assert browser.get(LIST).status_code in (302, 403, 404)
        assert browser.post(desk_of(appointment, "check-in/press")).status_code in (302, 403, 404)
    appointment.refresh_from_db()
    assert appointment.is_confirmed


@pytest.mark.parametrize("pk", ["0", "x", HUGE, "-1", "1" * 18])
def test_unknown_appointment_has_no_change_page(browser, appointment, pk):
    assert browser.get(f"{LIST}{pk}/change/").status_code in (302, 404)


@pytest.mark.parametrize("pk", ["0", "1" * 18, HUGE])
def test_check_in_of_unknown_appointment_is_not_found(browser, appointment, pk):
    assert browser.post(f"{LIST}{pk}/check-in/press/").status_code == 404


def test_superuser_cannot_add_change_or_delete(clerk, appointment):
    clerk.is_superuser = True
    clerk.save(update_fields=["is_superuser"])
    browser = signed_in_staff(clerk)
    assert browser.post(f"{LIST}add/").status_code == 403
    assert browser.post(desk_of(appointment, "delete"), {"post": "yes"}).status_code == 403
    browser.post(desk_of(appointment), {"status": "served"})
    appointment.refresh_from_db()
    assert appointment.is_confirmed
