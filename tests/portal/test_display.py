"""Text size, contrast and colours, as somebody has chosen them for this device."""

import re

import pytest
from django.test import Client

from tests.conftest import errors_on

pytestmark = pytest.mark.django_db

DARK = ("dark", "screen and (prefers-color-scheme: dark)")
CONTRAST = ("contrast", "(prefers-contrast: more)")
LINK = re.compile(r'<link rel="stylesheet" href="/static/css/(\w+)\.[^"]+" media="([^"]+)">')


def sheets(browser, address="/en/"):
    """What is linked on a page over its own sheet: [(name, for which media)]."""
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
def test_what_is_chosen_is_how_every_page_looks_from_then_on(choices, expected):
    browser = Client()
    choose(browser, **choices)
    assert sheets(browser) == sheets(browser, "/ar/services/") == expected
    choose(browser)
    assert sheets(browser) == sheets(Client())


def test_whoever_has_chosen_comes_back_to_the_page_they_came_from():
    assert choose(Client(), next="/en/contact/")["Location"] == "/en/contact/"


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org", "javascript:1"])
def test_nobody_is_led_elsewhere(target):
    assert choose(Client(), next=target)["Location"] == "/en/"


def test_the_form_shows_what_has_been_chosen():
    browser = Client()
    choose(browser, colours="dark")
    form = browser.get("/en/display/").context["form"]
    assert [form[name].value() for name in form.fields] == ["dark", "device", "normal"]


def test_a_choice_that_there_is_not_is_refused_and_keeps_the_others():
    response = choose(Client(), colours="pink", text="large")
    assert errors_on(response) == [
        "Select a valid choice. pink is not one of the available choices."
    ]
    assert "look" not in response.cookies


@pytest.mark.parametrize(
    "cookie", ["", "...", "pink.x.huge", "dark", "dark.strong.large.more", "a" * 3000, "é.ü.ß"]
)
def test_a_cookie_with_anything_in_it_does_no_harm(cookie):
    browser = Client()
    browser.cookies["look"] = cookie
    assert browser.get("/en/").status_code == 200
