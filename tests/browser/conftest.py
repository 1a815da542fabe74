"""Fixtures of the browser tests: the served portal, Chromium, and visitors.

A test chooses the language, the width of the screen and whether scripts run by its parameters.
"""

import gzip
from collections.abc import Iterator
from functools import partial

import pytest
from django.contrib.staticfiles import handlers
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import Browser, sync_playwright
from pytest_django.live_server_helper import LiveServer

from appointments.models import OpeningWindow
from core.catalogue.models import Service
from tests.browser.looks import people
from tests.browser.looks.markup import Markup
from tests.browser.visitor import Visitor
from tests.conftest import signed_in

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


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
def scripts() -> bool:
    return True


@pytest.fixture
def reference(live_server):
    """The services, documents and regions of every installation."""
    call_command("load_reference", verbosity=0)


@pytest.fixture
def resident(live_server, language):
    """A resident who can file for themselves and for a child, with texts in `language`."""
    return people.resident(language)


@pytest.fixture
def officer(live_server):
    """An officer of the triage desk with an authenticator."""
    user = people.officer("1000000016", "سارة عبدالله الشهري", "Sarah Abdullah Alshehri")
    TOTPDevice.objects.create(user=user, name="authenticator")
    return user


@pytest.fixture
def markup(monkeypatch):
    """The pages that the server sends during the test, with their errors and those of steps."""
    seen, answer = Markup(), WSGIHandler.get_response

    def noted(handler, request):
        response = answer(handler, request)
        if response.get("Content-Type", "").startswith("text/html") and response.content:
            packed = response.get("Content-Encoding") == "gzip"
            content = gzip.decompress(response.content) if packed else response.content
            seen.note(f"{request.method} {request.path} {response.status_code}", content)
        return response

    monkeypatch.setattr(WSGIHandler, "get_response", noted)
    return seen


@pytest.fixture
def visit(visit_in, language):
    """Return a function that opens browsers in the language of the test."""
    return partial(visit_in, language, looks=True)


@pytest.fixture
def visit_in(chromium, live_server, width, scripts):
    """Return a function that opens browsers; errors in any of them fail the test at its end."""
    visitors = []

    def open_browser(language: str, *, looks: bool = False) -> Visitor:
        context = chromium.new_context(
            locale={"ar": "ar-SA", "en": "en-GB"}[language],
            viewport={"width": width, "height": 800},
            java_script_enabled=scripts,
        )
        visitor = Visitor(context, live_server.url, language, scripts=scripts, looks=looks)
        visitors.append(visitor)
        return visitor

    yield open_browser
    troubles = [trouble for visitor in visitors for trouble in visitor.troubles]
    for visitor in visitors:
        visitor.context.close()
    assert troubles == []


@pytest.fixture
def visitor(visit):
    return visit()


@pytest.fixture
def applicant(visitor, resident):
    """A visitor who is signed in as the resident."""
    visitor.use_session_of(signed_in(resident))
    return visitor


@pytest.fixture
def service(reference):
    return Service.objects.get(slug="resident-services")


@pytest.fixture
def times(reference):
    """Generate slots from tomorrow on at the offices of Riyadh."""
    call_command("load_offices", verbosity=0)
    OpeningWindow.objects.exclude(office__region__slug="riyadh").delete()
    call_command("make_slots", verbosity=0)
