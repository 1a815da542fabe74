"""The clerk's page of today: people due, late and at the office, and the waiting room screen."""

import re

import pytest
from django.test import Client

from appointments.actions import call, check_in, serve
from appointments.models import Appointment, Slot
from core.references import grouped_reference
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import queries
from tests.appointments.places import MINUTE, MONDAY, SUNDAY, at, refused
from tests.appointments.test_queries import copies
from tests.conftest import notices_on, signed_in, signed_in_staff, without_tokens, words
from tests.test_hostile import BIDI

pytestmark = pytest.mark.django_db

Status = Appointment.Status
LIST = "/en/staff/appointments/appointment/"
TODAY, CALLS, WALK_IN = f"{LIST}today/", f"{LIST}calls/", f"{LIST}walk-in/"
HERE = f"{TODAY}?office=al-rimal"
NOT_CLERK = "Your account may not receive people here."
CALLED = "The number is on the screen of the waiting room."
TOO_EARLY = (
    "The person can still come. You can mark them as missed 15 minutes after the appointment "
    "begins."
)
ROW = re.compile(r'(?s)<li id="n(\d+)".*?</li>')


def rows(page):
    """Return {primary key: text of the row}, from the top."""
    return {int(row[1]): words(row[0]) for row in ROW.finditer(page.content.decode())}


def shown(browser, **query):
    page = browser.get(TODAY, query)
    assert page.status_code == 200
    return list(rows(page))


def pks(*appointments):
    return [appointment.pk for appointment in appointments]


def press(browser, appointment, button, place=HERE):
    row = f"{place}#n{appointment.pk}"
    return browser.post(f"{LIST}{appointment.pk}/{button}/press/", {"next": row}, follow=True)


def status_of(appointment):
    return Appointment.objects.get(pk=appointment.pk).status


def event_types(appointment):
    return list(appointment.events.values_list("event_type", flat=True))


# The list


def test_list_shows_today_by_time_with_standing(browser, clerk, slot, clock):
    times = ("10:45", "10:30", "10:15")
    later = [places.slot(SUNDAY, time, of=slot.window) for time in times]
    due, served, late = (places.confirmed(slot=each) for each in later)
    here, called, missed = (places.confirmed(slot=slot) for _each in range(3))
    for each in (here, called, served):
        check_in(actor=clerk, appointment=each)
    call(actor=clerk, appointment=called)
    serve(actor=clerk, appointment=served)
    clock.now = at(SUNDAY, "10:30")
    browser = signed_in_staff(clerk)
    press(browser, missed, "missed")
    page = browser.get(TODAY)
    assert list(rows(page)) == pks(here, called, missed, late, served, due)
    buttons = {
        here: "10:00 {} Here Call Served",
        called: "10:00 {} Called Call Served",
        missed: "10:00 {} Missed",
        late: "10:15 {} Late Check in Did not come",
        served: "10:30 {} Served",
        due: "10:45 {} Due Check in",
    }
    for each, row in buttons.items():
        who = f"Mohammed Aslam Khan {grouped_reference(each.reference)} Services for residents"
        assert rows(page)[each.pk] == row.format(f"{who} · 1 operation")
    assert "6 All 1 Due 1 Late 1 Here 1 Called 1 Served 1 Missed" in words(page)
    assert "ancelled" not in words(page)


@pytest.mark.parametrize(("minutes", "standing"), [(14, "Due"), (15, "Late"), (16, "Late")])
def test_attendee_is_late_after_grace_period(clerk, appointment, clock, minutes, standing):
    clock.now = appointment.slot.start + minutes * MINUTE
    page = signed_in_staff(clerk).get(TODAY)
    assert f"1 operation {standing} Check in" in rows(page)[appointment.pk]


def test_list_omits_other_days_offices_and_statuses(browser, slot, elsewhere):
    places.confirmed(slot=places.slot(MONDAY, of=slot.window))
    places.confirmed(slot=places.slot(SUNDAY, of=elsewhere))
    places.held(slot=slot)
    for status in (Status.CANCELLED, Status.DISPLACED, Status.EXPIRED):
        places.in_status(status, slot=slot)
    page = browser.get(TODAY)
    assert rows(page) == {}
    assert "0 All 0 Due 0 Late 0 Here 0 Called 0 Served 0 Missed" in words(page)
    assert "Nobody in this list." in words(page)


@pytest.mark.parametrize("moment", [at(SUNDAY, "23:50"), at(MONDAY, "00:10")])
def test_slot_past_midnight_is_listed_on_both_days(clerk, slot, clock, moment):
    late = places.slot(MONDAY, "00:30", of=slot.window, belongs_to=SUNDAY)
    late = places.confirmed(slot=late)
    clock.now = moment
    assert shown(signed_in_staff(clerk)) == pks(late)


def test_daytime_slot_is_not_listed_on_next_day(clerk, appointment, clock):
    clock.now = at(MONDAY, "00:10")
    assert shown(signed_in_staff(clerk)) == []


def test_evening_past_midnight_is_listed_until_six(clerk, office, clock):
    evening = places.window("21:00", "01:00", office=office)
    here = places.in_status(Status.CHECKED_IN, slot=places.slot(SUNDAY, "23:45", of=evening))
    clock.now = at(MONDAY, "05:59")
    browser = signed_in_staff(clerk)
    assert shown(browser) == pks(here)
    clock.now = at(MONDAY, "06:00")
    assert shown(browser) == []


def test_counts_filter_the_list(browser, clerk, slot):
    due, here = places.confirmed(slot=slot), places.confirmed(slot=slot)
    check_in(actor=clerk, appointment=here)
    assert [shown(browser, show=show) for show in ("due", "here", "late", "nonsense")] == [
        *(pks(due), pks(here), [], pks(due, here))
    ]


def test_a_clerk_of_two_offices_chooses_one(clerk, browser, appointment, elsewhere):
    clerk.offices.add(elsewhere.office)
    other = places.confirmed(slot=places.slot(SUNDAY, "12:00", of=elsewhere))
    page = browser.get(TODAY)
    assert (rows(page), page.context["offices"]) == (
        {},
        [appointment.slot.office, elsewhere.office],
    )
    assert [shown(browser, office=slug) for slug in ("al-rimal", "qasr-al-hukm")] == [
        *(pks(appointment), pks(other))
    ]


def test_a_long_day_has_pages(browser, office, appointment, slot):
    others = copies(appointment, 120, user=factories.UserFactory())
    first = shown(browser)
    assert len(first) == 100
    assert first + shown(browser, page=2) == pks(appointment, *others)


@pytest.mark.parametrize("page", [TODAY, f"{TODAY}?show=due", CALLS])
def test_query_count_is_constant_for_thirty_rows(browser, clerk, appointment, slot, page):
    first = check_in(actor=clerk, appointment=appointment)
    first = call(actor=clerk, appointment=first)
    places.confirmed(slot=slot)
    for_one = queries(browser, page)
    for status in (Status.CONFIRMED, Status.CHECKED_IN):
        copies(first, 29, user=factories.UserFactory(), status=status)
    assert queries(browser, page) == for_one <= 14


def test_the_change_list_leads_to_today(browser, appointment):
    assert f'<a class="button default" href="{TODAY}">' in browser.get(LIST).content.decode()


# The buttons


def test_buttons_return_to_place_in_list(browser, appointment):
    place = f"{HERE}&show=due&page=1"
    page = browser.get(place)
    assert f'value="{place}#n{appointment.pk}"'.replace("&", "&amp;") in page.content.decode()
    page = press(browser, appointment, "check-in", place)
    assert page.redirect_chain == [(f"{place}#n{appointment.pk}", 302)]
    assert notices_on(press(browser, appointment, "call")) == [CALLED]
    assert notices_on(press(browser, appointment, "served")) == ["The person has been served."]
    assert event_types(appointment)[2:] == ["checked_in", "called", "served"]


def test_refusal_is_shown_above_list(browser, appointment):
    page = press(browser, appointment, "missed")
    assert (page.redirect_chain, notices_on(page)) == ([(HERE, 302)], [TOO_EARLY])


@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "", "\0", BIDI]
)
def test_button_redirects_to_no_other_site(browser, appointment, place):
    answer = browser.post(f"{LIST}{appointment.pk}/check-in/press/", {"next": place})
    assert answer.url == f"{LIST}{appointment.pk}/change/"


# Calling


def called_on(browser, office="al-rimal"):
    page = browser.get(CALLS, {"office": office})
    return page, re.findall(r'<li><bdi dir="ltr">([\d-]+)</bdi></li>', page.content.decode())


def test_screen_shows_only_numbers_latest_first(browser, clerk, slot, clock):
    people = [places.confirmed(slot=slot) for _each in range(3)]
    for each in people:
        check_in(actor=clerk, appointment=each)
    for each in (*people, people[0]):
        clock.now += MINUTE
        call(actor=clerk, appointment=each)
    first, second, third = (grouped_reference(each.reference) for each in people)
    page, numbers = called_on(browser)
    assert numbers == [first, third, second]
    assert page["Refresh"] == "10"
    assert "no-store" in page["Cache-Control"]
    assert words(page) == f"Skip to main content النداء الآن Now calling {' '.join(numbers)} " + (
        "Al-Rimal Al-Rimal"
    )
    assert "<script" not in page.content.decode()
    serve(actor=clerk, appointment=people[0])
    assert called_on(browser)[1] == [third, second]


def test_screen_shows_last_six_recent_calls(clerk, browser, slot, elsewhere, clock):
    first = places.in_status(Status.CHECKED_IN, slot=places.slot(SUNDAY, of=elsewhere))
    Appointment.objects.filter(pk=first.pk).update(called_at=clock.now)
    waiting = places.in_status(Status.CHECKED_IN, slot=slot)
    assert called_on(browser)[1] == []
    copies(waiting, 10, user=factories.UserFactory(), called_at=clock.now)
    assert len(called_on(browser)[1]) == 6
    clock.now += 180 * MINUTE
    page, numbers = called_on(signed_in_staff(clerk))
    assert numbers == []
    assert "Nobody is being called at the moment." in words(page)


def test_screen_shows_both_languages_arabic_first(browser, office):
    office.name_ar = "الرمال"
    office.save(update_fields=["name_ar"])
    for language in ("ar", "en"):
        page = browser.get(CALLS.replace("/en/", f"/{language}/")).content.decode()
        found = re.findall(r'<span (?:class="below" )?lang="(..)" dir="(...)">', page)
        assert found == [("ar", "rtl"), ("en", "ltr")] * 3
        assert re.findall(r">(الرمال|Al-Rimal)<", page) == ["الرمال", "Al-Rimal"]


def test_screen_does_not_consume_messages_of_clerk(browser, appointment):
    browser.post(f"{LIST}{appointment.pk}/check-in/press/", {"next": HERE})
    called_on(browser)
    assert notices_on(browser.get(HERE)) == ["The person is checked in."]


@pytest.mark.parametrize(
    ("status", "label"),
    [
        (Status.CONFIRMED, "Confirmed"),
        (Status.SERVED, "Served"),
        (Status.NO_SHOW, "Missed"),
        (Status.CANCELLED, "Cancelled"),
    ],
)
def test_call_needs_checked_in_appointment(clerk, slot, status, label):
    appointment = places.in_status(status, slot=slot)
    sentence = f"This cannot be done: the appointment is “{label}”."
    assert refused(call, actor=clerk, appointment=appointment) == sentence
    assert Appointment.objects.get(pk=appointment.pk).called_at is None


# Permissions


@pytest.mark.parametrize("page", [TODAY, CALLS, WALK_IN])
@pytest.mark.parametrize(
    "codenames", [(), ("view_inquiry",), ("view_appointment",), ("receive_appointment",)]
)
def test_pages_need_both_permissions(office, page, codenames):
    browser = signed_in_staff(places.clerk(office, codenames=codenames))
    assert browser.get(page).status_code == browser.post(page).status_code == 403


@pytest.mark.parametrize("page", [TODAY, CALLS, WALK_IN])
def test_foreign_and_missing_office_answer_alike(browser, appointment, elsewhere, page):
    there = [browser.get(page, {"office": slug}) for slug in ("qasr-al-hukm", "no-such-office")]
    assert [each.status_code for each in there] == [404, 404]
    assert without_tokens(there[0]).replace(b"qasr-al-hukm", b"no-such-office") == (
        without_tokens(there[1])
    )


@pytest.mark.parametrize("page", [TODAY, CALLS, WALK_IN])
def test_superuser_without_office_has_no_desk(appointment, page):
    browser = signed_in_staff(factories.OfficerFactory(is_superuser=True))
    assert "Your account does not receive people at any office." in words(browser.get(page))
    assert browser.get(page, {"office": "al-rimal"}).status_code == 404
    assert browser.post(HERE, {"typed": appointment.reference}).status_code == 404


@pytest.mark.parametrize("page", [TODAY, CALLS, WALK_IN])
def test_residents_have_no_desk(appointment, page):
    for browser in (Client(), signed_in(appointment.user)):
        assert browser.get(page).status_code in (302, 403, 404)
        answer = browser.post(page, {"typed": appointment.reference})
        assert answer.status_code in (302, 403, 404)
    assert status_of(appointment) == Status.CONFIRMED


def test_call_by_clerk_of_another_office_is_refused(appointment, clerk, elsewhere):
    check_in(actor=clerk, appointment=appointment)
    other = places.clerk(elsewhere.office)
    assert refused(call, actor=other, appointment=appointment) == NOT_CLERK
    answer = signed_in_staff(other).post(f"{LIST}{appointment.pk}/call/press/")
    assert answer.status_code == 404
    assert Slot.objects.get(pk=appointment.slot_id).taken == 1
