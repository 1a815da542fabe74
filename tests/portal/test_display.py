"""Text size, contrast and colours as chosen for a device."""

import re

import pytest
from django.test import Client

from tests.conftest import errors_on

pytestmark = pytest.mark.django_db

DARK = ("dark", "screen and (prefers-color-scheme: dark)")
CONTRAST = ("contrast", "(prefers-contrast: more)")
LINK = re.compile(r'<link rel="stylesheet" href="/static/css/(\w+)\.[^"]+" media="([^"]+)">')


def sheets(browser, address="/en/"):
    """Return the style sheets linked after the main one: [(name, media)]."""
    return LINK.findall(browser.get(address).content.decode())


def choose(browser, **choices):
    nothing = {"colours": "device", "contrast": "device", "text": "normal"}
    return browser.post("/en/display/", nothing | choices)


def test_choice_applies_to_every_page():
    assert sheets(Client()) == [DARK, CONTRAST]  # without a choice the device decides
    browser = Client()
    for choices, expected in (
        ({"colours": "dark"}, [("dark", "screen"), CONTRAST]),
        ({"colours": "light"}, [CONTRAST]),
        ({"contrast": "strong"}, [DARK, ("contrast", "all")]),
        ({"text": "large"}, [DARK, CONTRAST, ("text_large", "screen")]),
        ({"text": "largest"}, [DARK, CONTRAST, ("text_largest", "screen")]),
        (
            {"colours": "dark", "contrast": "strong", "text": "large"},
            [("dark", "screen"), ("contrast", "all"), ("text_large", "screen")],
        ),
    ):
        choose(browser, **choices)
        assert sheets(browser) == sheets(browser, "/ar/services/") == expected
        choose(browser)
        assert sheets(browser) == [DARK, CONTRAST]


def test_choice_redirects_to_previous_page_of_this_site():
    assert choose(Client(), next="/en/contact/")["Location"] == "/en/contact/"
    for target in ("https://example.org/", "//example.org", "javascript:1"):
        assert choose(Client(), next=target)["Location"] == "/en/", target


def test_form_shows_current_choice():
    browser = Client()
    choose(browser, colours="dark")
    form = browser.get("/en/display/").context["form"]
    assert [form[name].value() for name in form.fields] == ["dark", "device", "normal"]


def test_unknown_choice_is_refused_and_sets_no_cookie():
    response = choose(Client(), colours="pink", text="large")
    assert errors_on(response) == ["Choose one of the settings on this page."]
    assert "look" not in response.cookies


def test_malformed_cookie_is_harmless():
    of_any_length = ("", "dark", "dark.strong.large.more", "a" * 3000)
    for cookie in (*of_any_length, "...", "pink.x.huge", "é.ü.ß"):
        browser = Client()
        browser.cookies["look"] = cookie
        assert browser.get("/en/").status_code == 200, cookie
