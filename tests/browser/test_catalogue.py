"""The catalogue of services in a browser, and the page with the channels."""

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

WORDS = {"ar": "هروب", "en": "huroob"}
NAMES = {"ar": "إلغاء بلاغ الهروب", "en": "Cancel an absence-from-work (huroob) report"}


@pytest.fixture
def reference(live_server):
    call_command("load_reference", verbosity=0)


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_finding_a_service(visit, reference, language, width):
    find(visit())


@pytest.mark.parametrize("width", [390])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_finding_a_service_without_javascript(visit, reference, language, width):
    find(visit(scripts=False))


def find(visitor):
    visitor.open("")
    visitor.look("catalogue-home")
    visitor.follow("Services")
    visitor.look("catalogue-list")
    search(visitor, "zzz zzz")
    visitor.look("catalogue-nothing-found")
    expect(visitor.page.get_by_role("searchbox")).to_have_value("zzz zzz")
    search(visitor, WORDS[visitor.language])
    visitor.look("catalogue-found")
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("link", name=NAMES[visitor.language]).click()
    visitor.look("catalogue-service")
    visitor.follow("File an inquiry about this")
    assert visitor.path() == f"/{visitor.language}/account/sign-in/"
    assert "service%3Dabsconding-cancel" in visitor.page.url


def search(visitor, words):
    visitor.fill("Search the services", words)
    visitor.press("Search")


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_channel_links_are_large_enough_to_touch(visit, reference, language, width):
    visitor = visit()
    visitor.open("")
    visitor.follow("Contact")
    for link in visitor.page.locator("main a").all():
        assert link.bounding_box()["height"] >= 44
