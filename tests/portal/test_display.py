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


def test_without_a_choice_the_device_decides():
    assert sheets(Client()) == [DARK, CONTRAST]


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        ({"colours": "dark"}, [("dark", "screen"), CONTRAST]),
        ({"colours": "light"}, [CONTRAST]),
        ({"contrast": "strong"}, [DARK, ("contrast", "all")]),
        ({"text": "large"}, [DARK, CONTRAST, ("text_large", "screen")]),
        ({"text": "largest"}, [DARK, CONTRAST, ("text_largest", "screen")]),
        (
            {"colours": "dark", "contrast": "strong", "text": "large"},
            [("dark", "screen"), ("contrast", "all"), ("text_large", "screen")],
        ),
    ],
)
def test_choice_applies_to_every_page(choices, expected):
    browser = Client()
    choose(browser, **choices)
    assert sheets(browser) == sheets(browser, "/ar/services/") == expected
    choose(browser)
    assert sheets(browser) == sheets(Client())


def test_choice_redirects_to_previous_page():
    assert choose(Client(), next="/en/contact/")["Location"] == "/en/contact/"


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org", "javascript:1"])
def test_choice_never_redirects_to_another_site(target):
    assert choose(Client(), next=target)["Location"] == "/en/"


def test_form_shows_current_choice():
    browser = Client()
    choose(browser, colours="dark")
    form = browser.get("/en/display/").context["form"]
    assert [form[name].value() for name in form.fields] == ["dark", "device", "normal"]


def test_unknown_choice_is_refused_and_sets_no_cookie():
    response = choose(Client(), colours="pink", text="large")
    assert errors_on(response) == [
        "Select a valid choice. pink is not one of the available choices."
    ]
    assert "look" not in response.cookies


@pytest.mark.parametrize(
    "cookie", ["", "...", "pink.x.huge", "dark", "dark.strong.large.more", "a" * 3000, "é.ü.ß"]
)
def test_malformed_cookie_is_harmless(cookie):
    browser = Client()
    browser.cookies["look"] = cookie
    assert browser.get("/en/").status_code == 200
