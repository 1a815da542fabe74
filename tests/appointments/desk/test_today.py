"""The clerk's page of today: people due, late and at the office, and the waiting room screen."""

import re

import pytest
from django.test import Client

from appointments.actions import call, check_in, serve
from appointments.models import Appointment
from core.references import grouped_reference
from tests import factories
from tests.appointments import places
from tests.appointments.desk.pages import (
    CALLS,
    HERE,
    LIST,
    ROW,
    TODAY,
    WALK_IN,
    desk_of,
    press,
    rows,
    shown,
)
from tests.appointments.places import MINUTE, MONDAY, SUNDAY, at, event_types, refused, status_of
from tests.appointments.sentences import NOT_CLERK, TOO_EARLY, wrong_status
from tests.conftest import notices_on, signed_in, signed_in_staff, without_tokens, words
from tests.copies import copies_of_appointment
from tests.test_hostile import BIDI

pytestmark = pytest.mark.django_db

Status = Appointment.Status
PAGES = (TODAY, CALLS, WALK_IN)


def pks(*appointments):
    return [appointment.pk for appointment in appointments]


def press_in_list(browser, appointment, button, place=HERE):
    return press(browser, appointment, button, next=f"{place}#n{appointment.pk}")


# The list


@pytest.mark.both_engines
def test_list_shows_today_by_time_with_standing(clerk, slot, clock):
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
    press_in_list(browser, missed, "missed")
    page = browser.get(TODAY)
    assert list(rows(page)) == pks(here, called, missed, late, served, due)
    buttons = {
        here: "10:00 {} Here Call Served Take back",
        called: "10:00 {} Called Call Served Take back",
        missed: "10:00 {} Missed Check in Take back",
        late: "10:15 {} Late Check in Did not come",
        served: "10:30 {} Served Take back",
        due: "10:45 {} Due Check in",
    }
    for each, row in buttons.items():
        who = f"Mohammed Aslam Khan {grouped_reference(each.reference)} Services for residents"
        assert rows(page)[each.pk] == row.format(f"{who} · 1 operation")
    assert "6 All 1 Due 1 Late 1 Here 1 Called 1 Served 1 Missed" in words(page)
    assert "ancelled" not in words(page)
    filtered = {"due": [due], "here": [here], "late": [late]}
    assert {show: shown(browser, show=show) for show in filtered} == {
        show: pks(*people) for show, people in filtered.items()
    }
    assert shown(browser, show="nonsense") == list(rows(page))


def green_on(page):
    """Return the buttons and links of the page that are green, with the row they stand in."""
    markup = page.content.decode()
    rows_of = [(int(row[1]), row[0]) for row in ROW.finditer(markup)]
    rest = ROW.sub("", markup)
    green = re.compile(r'(?s)<(?:button|a) class="button default".*?</(?:button|a)>')
    found = [(pk, words(each)) for pk, row in rows_of for each in green.findall(row)]
    return found + [(None, words(each)) for each in green.findall(rest)]


def test_the_button_of_the_next_person_alone_is_green(clerk, slot):
    _due, first, second = (
        places.confirmed(slot=places.slot(SUNDAY, time, of=slot.window))
        for time in ("09:15", "09:30", "09:45")
    )
    browser = signed_in_staff(clerk)
    assert green_on(browser.get(TODAY)) == [(None, "Check in")]
    for each in (second, first):
        check_in(actor=clerk, appointment=each)
    assert green_on(browser.get(TODAY)) == [(first.pk, "Call")]
    for each in (first, second):
        call(actor=clerk, appointment=each)
    assert green_on(browser.get(TODAY)) == [(first.pk, "Served")]


def test_attendee_is_late_after_grace_period(clerk, appointment, clock):
    for minutes, standing in ((14, "Due"), (15, "Late"), (16, "Late")):
        clock.now = appointment.slot.start + minutes * MINUTE
        page = signed_in_staff(clerk).get(TODAY)
        assert f"1 operation {standing} Check in" in rows(page)[appointment.pk], minutes


def test_list_omits_other_days_offices_and_statuses(browser, slot, elsewhere):
    places.confirmed(slot=places.slot(MONDAY, of=slot.window))
    places.confirmed(slot=places.slot(SUNDAY, of=elsewhere))
    places.held(slot=slot)
    for status in (Status.CANCELLED, Status.DISPLACED, Status.EXPIRED):
        places.in_status(status, slot=slot)
    page = browser.get(TODAY)
    assert rows(page) == {}
    assert "0 All 0 Due 0 Late 0 Here 0 Called 0 Served 0 Missed" in words(page)
    assert "There is nobody in this list." in words(page)


def test_slot_past_midnight_is_listed_on_both_days(clerk, appointment, slot, clock):
    late = places.confirmed(slot=places.slot(MONDAY, "00:30", of=slot.window, belongs_to=SUNDAY))
    clock.now = at(SUNDAY, "23:50")
    assert shown(signed_in_staff(clerk)) == pks(appointment, late)
    clock.now = at(MONDAY, "00:10")
    assert shown(signed_in_staff(clerk)) == pks(late)


def test_evening_past_midnight_is_listed_until_six(clerk, office, clock):
    evening = places.window("21:00", "01:00", office=office)
    here = places.in_status(Status.CHECKED_IN, slot=places.slot(SUNDAY, "23:45", of=evening))
    clock.now = at(MONDAY, "05:59")
    browser = signed_in_staff(clerk)
    assert shown(browser) == pks(here)
    clock.now = at(MONDAY, "06:00")
    assert shown(browser) == []


def test_a_clerk_of_two_offices_chooses_one(clerk, browser, appointment, elsewhere):
    clerk.offices.add(elsewhere.office)
    other = places.confirmed(slot=places.slot(SUNDAY, "12:00", of=elsewhere))
    page = browser.get(TODAY)
    assert rows(page) == {}
    choices = re.findall(r'<option value="([^"]*)">([^<]*)<', page.content.decode())
    assert choices == [("al-rimal", "Al-Rimal"), ("qasr-al-hukm", "Qasr Al-Hukm")]
    assert shown(browser, office="al-rimal") == pks(appointment)
    assert shown(browser, office="qasr-al-hukm") == pks(other)


def test_a_long_day_has_pages(browser, appointment):
    others = copies_of_appointment(appointment, 120, user=factories.UserFactory())
    first = shown(browser)
    assert len(first) == 100
    assert first + shown(browser, page=2) == pks(appointment, *others)


def test_the_change_list_leads_to_today(browser, appointment):
    assert f'<a class="button default" href="{TODAY}">' in browser.get(LIST).content.decode()


# The buttons


def test_buttons_return_to_place_in_list(browser, appointment):
    place = f"{HERE}&show=due&page=1"
    page = browser.get(place)
    assert f'value="{place}#n{appointment.pk}"'.replace("&", "&amp;") in page.content.decode()
    refusal = press_in_list(browser, appointment, "missed")
    assert (refusal.redirect_chain, notices_on(refusal)) == ([(HERE, 302)], [TOO_EARLY])
    page = press_in_list(browser, appointment, "check-in", place)
    assert page.redirect_chain == [(f"{place}#n{appointment.pk}", 302)]
    called, served = (press_in_list(browser, appointment, step) for step in ("call", "served"))
    assert notices_on(called) == ["The number is on the screen of the waiting room."]
    assert notices_on(served) == ["The person has been served."]
    assert event_types(appointment)[2:] == ["checked_in", "called", "served"]


def test_button_redirects_to_no_other_site(browser, appointment):
    elsewhere = ("https://evil.example/", "//evil.example", "javascript:alert(1)", "", "\0", BIDI)
    for place in elsewhere:
        answer = browser.post(desk_of(appointment, "check-in/press"), {"next": place})
        assert answer.url == desk_of(appointment), place


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
    copies_of_appointment(waiting, 10, user=factories.UserFactory(), called_at=clock.now)
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
    browser.post(desk_of(appointment, "check-in/press"), {"next": HERE})
    called_on(browser)
    assert notices_on(browser.get(HERE)) == ["The person is checked in."]


def test_call_needs_checked_in_appointment(clerk, slot):
    labels = {"confirmed": "Confirmed", "served": "Served", "no_show": "Missed"}
    for status, label in {**labels, "cancelled": "Cancelled"}.items():
        appointment = places.in_status(status, slot=slot)
        assert refused(call, actor=clerk, appointment=appointment) == wrong_status(label)
        assert Appointment.objects.get(pk=appointment.pk).called_at is None, status


# Permissions


def test_pages_need_both_permissions(office):
    for codenames in ((), ("view_inquiry",), ("view_appointment",), ("receive_appointment",)):
        browser = signed_in_staff(places.clerk(office, codenames=codenames))
        for page in PAGES:
            assert browser.get(page).status_code == 403, codenames
            assert browser.post(page).status_code in (403, 405), codenames


def test_foreign_and_missing_office_answer_alike(browser, appointment, elsewhere):
    for page in PAGES:
        there = [browser.get(page, {"office": slug}) for slug in ("qasr-al-hukm", "no-such-office")]
        assert [each.status_code for each in there] == [404, 404], page
        foreign, missing = map(without_tokens, there)
        assert foreign.replace(b"qasr-al-hukm", b"no-such-office") == missing, page


def test_superuser_without_office_has_no_desk(appointment):
    browser = signed_in_staff(factories.OfficerFactory(is_superuser=True))
    for page in PAGES:
        shown_here = words(browser.get(page))
        assert "Your account is not assigned to any office." in shown_here, page
        assert browser.get(page, {"office": "al-rimal"}).status_code == 404, page
    assert browser.post(HERE, {"typed": appointment.reference}).status_code == 404


def test_residents_have_no_desk(appointment):
    for browser in (Client(), signed_in(appointment.user)):
        for page in PAGES:
            assert browser.get(page).status_code in (302, 403, 404), page
            answer = browser.post(page, {"typed": appointment.reference})
            assert answer.status_code in (302, 403, 404, 405), page
    assert status_of(appointment) == Status.CONFIRMED


def test_call_by_clerk_of_another_office_is_refused(appointment, clerk, elsewhere):
    check_in(actor=clerk, appointment=appointment)
    other = places.clerk(elsewhere.office)
    assert refused(call, actor=other, appointment=appointment) == NOT_CLERK
    answer = signed_in_staff(other).post(desk_of(appointment, "call/press"))
    assert answer.status_code == 404
    assert places.taken(appointment.slot) == 1


def test_somebody_after_midnight_has_whose_night_it_is_beside_the_time(clerk, slot):
    late = places.slot(MONDAY, "00:30", of=slot.window, belongs_to=SUNDAY)
    evening = places.confirmed(slot=late)
    morning = places.confirmed(slot=slot)
    found = rows(signed_in_staff(clerk).get(HERE))
    assert "The night from Sunday to Monday · Services for residents" in found[evening.pk]
    assert "night" not in found[morning.pk]
