"""The length of sessions: until somebody is idle, and at most four hours, or one shift of staff."""

import copy
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts.models import Session
from tests import factories
from tests.appointments import places
from tests.conftest import sign_in
from tests.portal.test_staff_sign_in import CODE, INDEX, give_password, shown_by
from tests.worlds import undone

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
IDLE, LONGEST, SHIFT, SELDOM = 30 * MINUTE, 4 * HOUR, 12 * HOUR, MINUTE
MY = "/en/my/"
CALLS = "/en/staff/appointments/appointment/calls/"
TODAY = "/en/staff/appointments/appointment/today/"


@pytest.fixture
def clock(monkeypatch):
    """Stop the clock until a test sets `clock.now`; users sign in at `clock.start`."""

    class Clock:
        start = now = timezone.now()

    monkeypatch.setattr(timezone, "now", lambda: Clock.now)
    return Clock


@pytest.fixture
def staff(clock, db):
    """Return a browser in which a clerk has just signed in."""
    return staff_browser(places.clerk(places.office()))


def staff_browser(user):
    authenticator = TOTPDevice.objects.create(user=user, name="phone")
    browser, _asked = give_password(user)
    browser.post(CODE, {"code": shown_by(authenticator)})
    return browser


def opens(browser, page=INDEX):
    return browser.get(page).status_code == 200


def opens_but_forgets(browser, page):
    """Return whether the page opens, and undo what that does to the session."""
    cookies = copy.deepcopy(browser.cookies)
    with undone():
        is_open = opens(browser, page)
    browser.cookies = cookies
    return is_open


def assert_signed_out_at(end, clock, browser, page=INDEX):
    for late, is_in in ((-1, True), (0, False), (1, False)):
        clock.now = end + late * SECOND
        assert opens_but_forgets(browser, page) == is_in, (page, late)


def test_idle_staff_are_signed_out_after_half_an_hour(staff, clock):
    for minutes in range(0, 120, 25):
        clock.now = clock.start + minutes * MINUTE
        assert opens(staff)
        assert_signed_out_at(clock.now + IDLE, clock, staff)


def test_idle_time_is_a_setting_for_staff_and_one_for_residents(clock, resident, settings):
    settings.IDLE_MINUTES = {"staff": 10, "residents": 45}
    staff = staff_browser(places.clerk(places.office()))
    browser = sign_in(resident)
    assert_signed_out_at(clock.start + 10 * MINUTE, clock, staff)
    assert_signed_out_at(clock.start + 45 * MINUTE, clock, browser, MY)


def test_working_staff_stay_signed_in_until_end_of_shift(staff, clock):
    for quarters in range(12 * 4):
        clock.now = clock.start + quarters * 15 * MINUTE
        assert opens(staff, TODAY)
    assert_signed_out_at(clock.start + SHIFT, clock, staff, TODAY)


def test_cookie_of_staff_lasts_a_shift(staff, clock):
    """The server ends the session; a cookie that ended sooner would end it without a warning."""
    assert timedelta(seconds=staff.cookies["sessionid"]["max-age"]) == SHIFT
    assert Session.objects.get().expire_date == clock.start + IDLE


def test_form_sent_late_in_shift_is_processed(staff, clock):
    for quarters in range(11 * 4):
        clock.now = clock.start + quarters * 15 * MINUTE
        assert opens(staff, TODAY)
    response = staff.post(TODAY, {"typed": "800000000006"})
    assert response.status_code == 200
    assert response.context["wrong"]


def test_active_people_are_signed_out_four_hours_after_sign_in(clock, resident):
    browser = sign_in(resident)
    for quarters in range(4 * 4):
        clock.now = clock.start + quarters * 15 * MINUTE
        assert opens(browser, MY)
    assert_signed_out_at(clock.start + LONGEST, clock, browser, MY)


def test_idle_people_are_signed_out_after_half_an_hour(clock, resident):
    browser = sign_in(resident)
    clock.now = clock.start + 20 * MINUTE
    assert opens(browser, MY)
    assert_signed_out_at(clock.now + IDLE, clock, browser, MY)


def test_old_cookie_opens_nothing_after_the_end(clock, resident):
    """The server ends a session by its own clock, whatever cookie comes."""
    browser = sign_in(resident)
    key = browser.cookies["sessionid"].value
    assert timedelta(seconds=browser.cookies["sessionid"]["max-age"]) == LONGEST
    clock.now = clock.start + IDLE
    with_the_cookie = Client()
    with_the_cookie.cookies["sessionid"] = key
    assert not opens(with_the_cookie, MY)
    assert Session.objects.get(session_key=key).expire_date == clock.start + IDLE


def test_session_is_written_at_most_once_a_minute(staff, clock):
    clock.now = clock.start + 10 * MINUTE
    assert opens(staff)
    for late, is_written in ((-1, False), (0, True), (1, True)):
        clock.now = clock.start + 10 * MINUTE + SELDOM + late * SECOND
        with CaptureQueriesContext(connection) as asked:
            assert opens_but_forgets(staff, INDEX)
        sent = [query["sql"] for query in asked]
        written = [sql for sql in sent if sql.startswith(("UPDATE", "INSERT"))]
        assert bool(written) == is_written, late
        # The data of the session are left alone.
        assert all("accounts_session" in sql for sql in written)
        assert all("session_data" not in sql.partition(" WHERE ")[0] for sql in written)


def test_change_of_the_session_keeps_its_end(clock, resident):
    browser = sign_in(resident)
    clock.now = clock.start + 10 * MINUTE
    assert opens(browser, MY)
    clock.now += 30 * SECOND
    form = {"email": "typed@example.org", "switch_language": "ar"}
    browser.post("/en/account/email/", form)
    assert "typed%40example.org" in str(browser.session.items())
    assert_signed_out_at(clock.start + 40 * MINUTE, clock, browser, MY)


# The screen of a waiting room


def refresh(browser, clock, *, minutes):
    """Let the screen refresh itself for so long."""
    for _minute in range(minutes):
        clock.now += MINUTE
        assert opens(browser, CALLS)


def test_screen_goes_on_for_the_shift_and_then_opens_no_other_page(staff, clock):
    assert opens(staff, CALLS)
    refresh(staff, clock, minutes=29)
    assert opens_but_forgets(staff, TODAY)
    refresh(staff, clock, minutes=1)
    for _hours in range(2):
        for page in (INDEX, TODAY, "/en/my/", "/en/account/", "/en/staff/password_change/"):
            response = staff.get(page)
            assert response.status_code == 302, page
            assert "/sign-in/" in response.url or "/login/" in response.url, page
            assert "Log out" not in response.content.decode()
        # Whatever was tried on the way, the screen goes on.
        refresh(staff, clock, minutes=60)
    assert "Sign out" not in staff.get("/en/nothing/").content.decode()
    clock.now = clock.start + 11 * HOUR + 30 * MINUTE
    Session.objects.update(expire_date=clock.now + MINUTE)
    assert opens(staff, CALLS)
    assert_signed_out_at(clock.start + SHIFT, clock, staff, CALLS)


def test_screen_of_an_idle_session_does_not_list_offices(clock, db):
    clerk = places.clerk(places.office())
    browser = staff_browser(clerk)
    clerk.offices.add(places.office(slug="another"))
    assert opens(browser, CALLS)
    refresh_one = f"{CALLS}?office={places.office().slug}"
    for _minute in range(31):
        clock.now += MINUTE
        assert opens(browser, refresh_one)
    assert "/login/" in browser.get(CALLS).url


def test_signing_in_again_beside_the_screen_opens_pages_again(clock, db):
    clerk = places.clerk(places.office())
    browser = staff_browser(clerk)
    assert opens(browser, CALLS)
    refresh(browser, clock, minutes=40)
    assert not opens(browser)
    device = TOTPDevice.objects.get(user=clerk)
    form = {"login": clerk.username, "password": factories.PASSWORD}
    browser.post("/en/staff/login/", form)
    # The password alone opens nothing, though the session has a new key by now.
    assert opens(browser, CALLS)
    assert not opens(browser)
    TOTPDevice.objects.update(last_t=-1)
    browser.post(CODE, {"code": shown_by(device)})
    assert opens(browser)
    refresh(browser, clock, minutes=29)
    assert opens(browser)
