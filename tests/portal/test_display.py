"""Text size, contrast and colours as chosen for a device."""

import re

import pytest
from django.test import Client

from tests.conftest import errors_on, notices_on

pytestmark = pytest.mark.django_db

DEVICE = ("device", "device", "normal")
DARK = ("dark", "screen and (prefers-color-scheme: dark)")
CONTRAST = ("contrast", "(prefers-contrast: more)")
ROOT = re.compile(r'<html[^>]* data-colours="(\w+)" data-contrast="(\w+)" data-text="(\w+)">')
LINK = re.compile(r'<link rel="stylesheet" href="/static/css/(\w+)\.[^"]+" media="([^"]+)">')
IMPORT = re.compile(r'@import "/static/css/(\w+)\.[^"]+" ([^;]+);')


def root_of(browser, address="/en/display/"):
    """Return what the root of the page says of the look: (colours, contrast, text)."""
    return ROOT.search(browser.get(address).content.decode()).groups()


def choose(browser, **choices):
    nothing = {"colours": "device", "contrast": "device", "text": "normal"}
    return browser.post("/en/display/", nothing | choices)


def test_choice_applies_to_every_page(as_officer):
    without_scripts = Client()
    assert IMPORT.findall(without_scripts.get("/look.css").content.decode()) == []
    for choices, root, sheets in (
        ({"colours": "dark"}, ("dark", "device", "normal"), [("dark", "screen"), CONTRAST]),
        ({"colours": "light"}, ("light", "device", "normal"), [("tokens", "screen"), CONTRAST]),
        ({"contrast": "strong"}, ("device", "strong", "normal"), [DARK, ("contrast", "all")]),
        (
            {"text": "large"},
            ("device", "device", "large"),
            [DARK, CONTRAST, ("text_large", "screen")],
        ),
        (
            {"colours": "dark", "contrast": "strong", "text": "largest"},
            ("dark", "strong", "largest"),
            [("dark", "screen"), ("contrast", "all"), ("text_largest", "screen")],
        ),
        ({}, DEVICE, [DARK, CONTRAST]),
    ):
        choose(as_officer, **choices)
        without_scripts.cookies["look"] = as_officer.cookies["look"].value
        assert root_of(as_officer) == root_of(as_officer, "/ar/no/such/page/") == root
        # The root of Django's pages for staff has no place for it, and a public page knows nobody.
        assert LINK.findall(as_officer.get("/en/staff/").content.decode())[-len(sheets) :] == sheets
        assert IMPORT.findall(without_scripts.get("/look.css").content.decode()) == sheets
        assert root_of(as_officer, "/en/contact/") == DEVICE


def test_sheet_of_a_browser_without_scripts_is_kept_by_it_alone_and_asked_for_each_time():
    browser = Client()
    sheet = browser.get("/look.css")
    assert sheet["Cache-Control"] == "private, no-cache"
    assert "Cookie" in sheet["Vary"]
    assert sheet["Content-Type"] == "text/css; charset=utf-8"
    assert browser.get("/look.css", headers={"if-none-match": sheet["ETag"]}).status_code == 304
    choose(browser, colours="dark")
    again = browser.get("/look.css", headers={"if-none-match": sheet["ETag"]})
    assert again.status_code == 200


def test_public_page_asks_the_script_and_without_scripts_the_sheet_before_its_first_paint():
    head = Client().get("/en/").content.decode().partition("</head>")[0]
    script = re.search(r'<script src="/static/js/look\.[^"]+" data-cookie="look"></script>', head)
    sheet = head.index('<noscript><link rel="stylesheet" href="/look.css"></noscript>')
    assert script.start() < head.index("built/portal.") < sheet


def test_choice_is_confirmed_with_a_link_back_to_the_page_of_this_site():
    targets = {"/en/contact/": "/en/contact/"}
    elsewhere = ("https://example.org/", "//example.org", "javascript:1")
    for target, way_back in (targets | dict.fromkeys(elsewhere, "/en/")).items():
        browser = Client()
        page = browser.get(choose(browser, next=target).url)
        assert notices_on(page) == ["Saved. This is how pages look on this device from now on."]
        assert f'<a href="{way_back}">Back to the page that you came from</a>' in (
            page.content.decode()
        ), target


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
        for address in ("/en/", "/en/display/", "/look.css"):
            assert browser.get(address).status_code == 200, (address, cookie)
