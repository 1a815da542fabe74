"""The length of staff sessions: while they work, and at most for one shift."""

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
IDLE, SHIFT, SELDOM = 4 * HOUR, 12 * HOUR, 5 * MINUTE
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


def test_idle_staff_are_signed_out_after_four_hours(staff, clock):
    for hours in range(8):
        clock.now = clock.start + hours * HOUR
        assert opens(staff)
        assert_signed_out_at(clock.now + IDLE, clock, staff)


def test_working_staff_stay_signed_in_until_end_of_shift(clock, db):
    office = places.office()
    for page in (INDEX, CALLS, TODAY):
        clock.now = clock.start
        browser = staff_browser(places.clerk(office))
        for hours in range(12):
            clock.now = clock.start + hours * HOUR
            assert opens(browser, page)
        assert_signed_out_at(clock.start + SHIFT, clock, browser, page)


def test_form_sent_late_in_shift_is_processed(staff, clock):
    for hours in (3, 6, 9):
        clock.now = clock.start + hours * HOUR
        assert opens(staff, TODAY)
    clock.now = clock.start + 11 * HOUR
    response = staff.post(TODAY, {"typed": "800000000006"})
    assert response.status_code == 200
    assert response.context["wrong"]


def test_cookie_expires_with_the_session(staff, clock):
    for worked, hours in ((3 * HOUR, 4), (6 * HOUR, 4), (9 * HOUR, 3)):
        clock.now = clock.start + worked
        cookie = staff.get(INDEX).cookies["sessionid"]
        assert timedelta(seconds=cookie["max-age"]) == hours * HOUR
        assert Session.objects.get().expire_date == clock.now + hours * HOUR


def test_session_is_written_at_most_every_five_minutes(staff, clock):
    for worked in (0 * HOUR, HOUR):
        clock.now = clock.start + worked
        assert opens(staff)
        for late, is_written in ((-1, False), (0, True), (1, True)):
            clock.now = clock.start + worked + SELDOM + late * SECOND
            with CaptureQueriesContext(connection) as asked:
                assert opens_but_forgets(staff, INDEX)
            sent = [query["sql"] for query in asked]
            written = [sql for sql in sent if sql.startswith(("UPDATE", "INSERT"))]
            assert bool(written) == is_written, (worked, late)
            assert all("accounts_session" in sql for sql in written)


def test_people_are_signed_out_four_hours_after_sign_in(clock, resident):
    browser = sign_in(resident)
    clock.now = clock.start + 3 * HOUR
    assert opens(browser, "/en/my/")
    assert_signed_out_at(clock.start + IDLE, clock, browser, "/en/my/")


def test_staff_without_second_factor_stay_four_hours(clock, db):
    browser = sign_in(factories.UserFactory(is_staff=True), Client())
    clock.now = clock.start + 3 * HOUR
    assert opens(browser, "/en/my/")
    assert not opens(browser)
    assert_signed_out_at(clock.start + IDLE, clock, browser, "/en/my/")
