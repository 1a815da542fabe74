"""The catalogue of services in a browser, and the page with the channels."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("language", ["ar", "en"])]

WORDS = {"ar": "هروب", "en": "huroob"}
NAMES = {"ar": "إلغاء بلاغ الهروب", "en": "Cancel an absence-from-work (huroob) report"}
WIDTHS = {True: (320, 390, 1280), False: (390,)}


@pytest.mark.parametrize("scripts", [True, False])
def test_finding_a_service(visitor, reference):
    for width in WIDTHS[visitor.scripts]:
        visitor.page.set_viewport_size({"width": width, "height": 800})
        visitor.open("")
        visitor.follow("Services")
        search(visitor, "zzz zzz")
        expect(visitor.page.get_by_role("searchbox")).to_have_value("zzz zzz")
        search(visitor, WORDS[visitor.language])
        visitor.click(visitor.page.get_by_role("link", name=NAMES[visitor.language]))
        visitor.follow("File an inquiry about this")
        assert visitor.path() == f"/{visitor.language}/account/sign-in/"
        assert "service%3Dabsconding-cancel" in visitor.page.url


def search(visitor, words):
    visitor.fill("Search the services", words)
    visitor.press("Search")


def test_channel_links_are_large_enough_to_touch(visitor):
    visitor.open("")
    visitor.follow("Contact")
    for width in (320, 1280):
        visitor.page.set_viewport_size({"width": width, "height": 800})
        visitor.look()
        links = visitor.page.locator("main a").all()
        assert links
        for link in links:
            assert link.bounding_box()["height"] >= 44, (width, link.inner_text())
