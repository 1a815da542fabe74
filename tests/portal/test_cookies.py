"""The cookies of production: each for this host alone, under a name by which browsers hold it."""

import pytest
from django.test import Client

from tests import factories
from tests.conftest import words
from tests.core.accounts import pages

PREFIX = "__Host-"
PLAIN = {"sessionid", "csrftoken", "messages", "known-browser", "look"}


@pytest.fixture
def production(settings):
    settings.COOKIE_PREFIX = PREFIX
    settings.SESSION_COOKIE_NAME = f"{PREFIX}sessionid"
    settings.CSRF_COOKIE_NAME = f"{PREFIX}csrftoken"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True


def walk(person, browser):
    """Sign in, choose a look, and sign out; return every cookie that was set, by name."""
    browser.post("/en/display/", {"colours": "dark", "contrast": "device", "text": "normal"})
    form = {"login": person.username, "password": factories.PASSWORD}
    answers = [browser.post(pages.SIGN_IN, form)]
    code = factories.code_sent_to(person, "sign_in")
    answers.append(browser.post(pages.CODE, {"code": code}))
    page = browser.get(pages.ACCOUNT)
    assert page.status_code == 200
    assert 'data-colours="dark"' in page.content.decode()
    set_by_now = {**browser.cookies}
    signed_out = browser.post(pages.SIGN_OUT, follow=True)
    assert "You have signed out" in words(signed_out)
    return {**set_by_now, **browser.cookies}


def test_cookies_of_production_are_for_this_host_alone(resident, production):
    browser = Client()
    browser.defaults["wsgi.url_scheme"] = "https"
    cookies = walk(resident, browser)
    assert cookies.keys() == {PREFIX + name for name in PLAIN}
    for name, cookie in cookies.items():
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", ""), name
    # The plain names mean nothing there: whoever can set those of a parent domain gains nothing.
    planted = Client()
    planted.cookies.load({name: cookies[PREFIX + name].value for name in PLAIN})
    assert planted.get(pages.ACCOUNT).status_code == 302


def test_cookies_of_the_demo_have_plain_names(resident):
    cookies = walk(resident, Client())
    assert cookies.keys() == PLAIN
    assert not any(cookie["secure"] for cookie in cookies.values())
