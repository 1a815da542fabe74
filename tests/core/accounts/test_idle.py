"""The question of an open page how long its session lasts, and the button that extends it."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.test import Client

from core.accounts.models import Session
from core.accounts.sessions import SessionStore
from tests import factories
from tests.conftest import signed_in, words
from tests.core.accounts import pages

STAY = "/en/account/still-here/"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def browser(clock, person):
    return signed_in(person)


def left(response):
    assert response.status_code == 200
    return response.json()["seconds_left"]


def test_question_extends_nothing_and_the_button_does(browser, clock):
    start = clock.now
    for minutes in (0, 10, 28):
        clock.now = start + minutes * MINUTE
        assert left(browser.get(STAY)) == (30 - minutes) * 60
        assert left(browser.head(STAY) and browser.get(STAY)) == (30 - minutes) * 60
    # A second press, in another tab, does no harm.
    for seconds in (0, 1):
        clock.move(seconds)
        assert left(browser.post(STAY)) == 30 * 60
    clock.move(30 * 60 - 1)
    assert left(browser.get(STAY)) == 1
    clock.move(1)
    assert left(browser.get(STAY)) == left(browser.post(STAY)) == 0
    assert browser.get(pages.ACCOUNT).status_code == 302


def test_activity_in_another_tab_counts(browser, clock):
    clock.move(28 * 60)
    assert left(browser.get(STAY)) == 120
    assert browser.get(pages.MY_PAGE).status_code == 200
    assert left(browser.get(STAY)) == 30 * 60


def test_nothing_extends_a_session_beyond_four_hours(browser, clock):
    for _quarter in range(15):
        clock.move(15 * 60)
        assert left(browser.post(STAY)) > 0
    clock.move(14 * 60)
    assert left(browser.post(STAY)) == 60
    clock.move(60)
    assert left(browser.post(STAY)) == 0


def test_visitor_and_ended_session_have_nothing_left(browser):
    assert left(Client().get(STAY)) == left(Client().post(STAY)) == 0
    Session.objects.all().delete()
    assert left(browser.post(STAY)) == 0
    assert not Session.objects.filter(user__isnull=False).exists()


def test_page_of_somebody_signed_in_warns_in_time(browser, clock, person):
    markup = browser.get(pages.ACCOUNT).content.decode()
    assert 'data-idle="1800"' in markup
    note = (
        "You are signed out after 30 minutes in which you open or send no page. What you then send "
        "is kept until you have signed in again; only files have to be chosen again."
    )
    assert note in words(markup.partition("<noscript>")[2].partition("</noscript>")[0])
    clock.move(30)
    assert 'data-idle="1770"' in browser.get(pages.ACCOUNT).content.decode()
    assert "data-idle" not in Client().get("/en/").content.decode()


def test_missing_page_is_no_activity_and_shows_nothing_after_the_end(browser, clock):
    clock.move(20 * 60)
    assert browser.get("/en/nothing/").status_code == 404
    assert left(browser.get(STAY)) == 10 * 60
    clock.move(10 * 60)
    assert "Sign out" not in browser.get("/en/nothing/").content.decode()


def test_session_of_before_begins_with_its_next_request(person, clock):
    """A session that was there before the update has no time of its last activity."""
    browser = signed_in(person)
    Session.objects.update(active_at=None, expire_date=clock.now + timedelta(hours=3))
    clock.move(2 * 60 * 60)
    assert browser.get(pages.ACCOUNT).status_code == 200
    clock.move(30 * 60)
    assert browser.get(pages.ACCOUNT).status_code == 302


def test_logged_out_session_opens_nothing_with_its_old_key(browser):
    key = browser.cookies[settings.SESSION_COOKIE_NAME].value
    browser.post(pages.SIGN_OUT)
    again = Client()
    again.cookies[settings.SESSION_COOKIE_NAME] = key
    assert again.get(pages.ACCOUNT).status_code == 302


def test_next_person_in_the_same_browser_begins_anew(browser, clock):
    clock.move(20 * 60)
    browser.force_login(factories.UserFactory())
    assert left(browser.get(STAY)) == 30 * 60


def test_saving_takes_back_no_activity_of_another_tab(browser, clock, person):
    key = browser.cookies[settings.SESSION_COOKIE_NAME].value
    slow, other_tab = SessionStore(key), SessionStore(key)
    slow["typed"] = "something"
    clock.move(10 * 60)
    assert SESSION_KEY in other_tab
    other_tab.extend(is_activity=True)
    slow.save()
    row = Session.objects.get(session_key=key)
    assert (row.active_at, row.expire_date) == (clock.now, clock.now + 30 * MINUTE)
    assert SessionStore(key)["typed"] == "something"
