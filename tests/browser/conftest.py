"""Fixtures of the browser tests: the served portal, Chromium, and visitors.

SCREENSHOTS=folder keeps the slip as it is printed, and a picture of every look of the sweep.
"""

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles import handlers
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.test import Client
from django.utils import timezone, translation
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from core.messaging.actions.delivery import deliver_due
from tests import factories

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENSHOTS = os.environ.get("SCREENSHOTS")

# Latin words that an Arabic page may have as they are, and quotations.
KEYS = "Alt|Shift|Control|Option|Firefox|Mac"
LANGUAGE_NEUTRAL = re.compile(f"JPEG|PNG|PDF|CSV|XLSX|{KEYS}|«[^»]*»|“[^”]*”")
OTHER_SCRIPT = {"ar": re.compile("[A-Za-z]{2,}"), "en": re.compile("[\u0620-\u064a]{2,}")}
# The portal's own words: names, addresses and typed text are isolated, so they are left out.
OWN_WORDS = """() => {
    const words = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const place = walker.currentNode.parentElement;
        if (!place.closest("script, style, textarea, bdi, [dir=auto], body [lang]")) {
            words.push(walker.currentNode.data);
        }
    }
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
        for (const place of document.body.querySelectorAll(`[${name}]`)) {
            if (!place.closest("body [lang]")) words.push(place.getAttribute(name));
        }
    }
    return words.join(" ");
}"""


@pytest.fixture(scope="session")
def live_server(django_db_setup: None) -> Iterator[LiveServer]:
    """Serve the portal with WhiteNoise and hashed static names, without a proxy in front."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handlers, "StaticFilesHandler", lambda _application: WSGIHandler())
        server = LiveServer("127.0.0.1")
    yield server
    server.stop()


@pytest.fixture(scope="package")
def chromium(chromium_path: str) -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # While Playwright runs, the tests' thread counts as one with an event loop, where Django
        # refuses queries and uses other connections. So the variable is set for the browser tests
        # alone; these are plain functions, which query outside of the loop.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def language() -> str:
    return "en"


@pytest.fixture
def width() -> int:
    return 1280


@pytest.fixture
def resident(live_server, language):
    """A resident who can file for themselves and for a child, with texts in `language`."""
    call_command("load_reference", verbosity=0)
    user = factories.UserFactory(
        username="aslam",
        identity__number="2000000006",
        mobile="+966500000001",
        language=language,
    )
    child = factories.IdentityFactory(
        number="2000000014",
        name_ar="عائشة أسلم خان",
        name_en="Ayesha Aslam Khan",
        birth_date=timezone.localdate() - timedelta(days=9 * 365),
    )
    factories.link(user.identity, child, "guardian")
    return user


@pytest.fixture
def officer(live_server):
    """An officer of the triage desk with an authenticator."""
    user = factories.OfficerFactory(
        username="officer",
        identity=factories.IdentityFactory(
            number="1000000016", name_ar="سارة عبدالله الشهري", name_en="Sarah Abdullah Alshehri"
        ),
    )
    TOTPDevice.objects.create(user=user, name="authenticator")
    return user


@pytest.fixture
def visit(visit_in, language):
    """Return a function that opens browsers in the language of the test."""
    return partial(visit_in, language)


@pytest.fixture
def visit_in(chromium, live_server, width):
    """Return a function that opens browsers; errors in any of them fail the test at its end."""
    visitors = []

    def open_browser(language: str, *, scripts: bool = True) -> "Visitor":
        context = chromium.new_context(
            locale={"ar": "ar-SA", "en": "en-GB"}[language],
            viewport={"width": width, "height": 800},
            java_script_enabled=scripts,
        )
        visitors.append(Visitor(context, live_server.url, language, width, scripts))
        return visitors[-1]

    yield open_browser
    troubles = [trouble for visitor in visitors for trouble in visitor.troubles]
    for visitor in visitors:
        visitor.context.close()
    assert troubles == []


class Visitor:
    """A person at a browser, who reads the portal in one language and uses its controls."""

    def __init__(
        self, context: BrowserContext, site: str, language: str, width: int, scripts: bool
    ):
        self.context = context
        self.site = site
        self.language = language
        self.width = width
        self.scripts = scripts
        self.page = context.new_page()
        self.troubles: list[str] = []
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self.troubles.append(str(error.error)))
        context.on("response", self._note_response)
        context.on("requestfailed", self._note_failure)

    def reads(self, message: str, **values) -> str:
        """Return an English sentence of the portal in the language of this visitor."""
        with translation.override(self.language):
            return translation.gettext(message) % values

    def open(self, path: str) -> None:
        self.page.goto(f"{self.site}/{self.language}/{path}")

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(self.reads(label)).fill(text)

    def press(self, name: str) -> None:
        with self.page.expect_navigation():
            self.button(name).click()

    def follow(self, name: str) -> None:
        with self.page.expect_navigation():
            self.link(name).first.click()

    def button(self, name: str):
        return self.page.get_by_role("button", name=self.reads(name), exact=True)

    def link(self, name: str):
        return self.page.get_by_role("link", name=self.reads(name), exact=True)

    def path(self) -> str:
        return urlsplit(self.page.url).path

    def is_told(self, message: str, **values) -> None:
        """Check that the focused error summary has `message`, as has the feedback at its field."""
        summary = self.page.locator(".error-summary")
        expect(summary).to_contain_text(self.reads(message, **values))
        expect(summary).to_be_focused()
        expect(self.page.locator(".invalid-feedback")).to_have_text(self.reads(message, **values))

    def is_done(self, message: str) -> None:
        """Check that the staff site shows `message`."""
        expect(self.page.locator(".messagelist")).to_have_text(self.reads(message))

    def texts(self) -> list[str]:
        """Deliver the due texts and return all on the demo phone, newest first."""
        deliver_due()
        phone = self.context.new_page()
        phone.goto(f"{self.site}/demo/phone/")
        texts = phone.locator(".texts .prose").all_inner_texts()
        phone.close()
        return texts

    def code_on_phone(self) -> str:
        """Return the newest code; the newest text may be a notice that was written before it."""
        return next(code for text in self.texts() for code in re.findall(r"\b\d{6}\b", text))

    def use_session_of(self, client: Client) -> None:
        """Sign this visitor in with the session of `client`, without the pages of the sign-in."""
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.site}])

    def cookie(self, name: str) -> str:
        return next(each["value"] for each in self.context.cookies() if each["name"] == name)

    def look(self, step: str) -> None:
        """Check width, language and errors of the page; test_look checks the rest."""
        self.page.wait_for_load_state()
        beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert self.page.evaluate(beyond) == 0, step
        assert self.wrong() == [], step
        assert self.troubles == [], step

    def wrong(self) -> list[str]:
        """Return the faults in the language of the page."""
        root = self.page.evaluate("[document.documentElement.lang, document.documentElement.dir]")
        expected = [self.language, {"ar": "rtl", "en": "ltr"}[self.language]]
        told = [] if root == expected else [f"is in {root}"]
        words = LANGUAGE_NEUTRAL.sub("", self.page.evaluate(OWN_WORDS))
        foreign = dict.fromkeys(OTHER_SCRIPT[self.language].findall(words))
        return [*told, f"says {', '.join(foreign)}"] if foreign else told

    def on_paper(self, step: str) -> bytes:
        """Return the page as a PDF of A4, and keep it beside the screenshots."""
        paper = self.page.pdf(format="A4")
        if SCREENSHOTS:
            (Path(SCREENSHOTS) / f"{self.language}-{step}.pdf").write_bytes(paper)
        return paper

    def _note_console(self, message) -> None:
        if message.type == "error":
            self.troubles.append(f"{self.page.url}: {message.text}")

    def _note_response(self, response) -> None:
        if response.status >= 400:
            self.troubles.append(f"{response.status} {response.url}")

    def _note_failure(self, request) -> None:
        # A request that became a download, or was still loading when the next page was opened, ends
        # as aborted; requests that the policy blocks or the server lacks fail with other names.
        if request.failure != "net::ERR_ABORTED":
            self.troubles.append(f"{request.failure} {request.url}")
