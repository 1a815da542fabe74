"""How the pages look: our styles and our font arrive, on the narrowest screen and in the dark too.

Axe cannot tell the contrast of letters that join, so Arabic shares the verdict on English: both
languages have the same colours.
"""

import re

import pytest
from django.utils import translation
from playwright.sync_api import expect

from tests import factories
from tests.conftest import signed_in, signed_in_staff

pytestmark = pytest.mark.browser

GREEN = "rgb(27, 131, 84)"
HASHED = re.compile(r"/static/.+\.[0-9a-f]{12}\.(css|js|svg|woff2)")


@pytest.mark.parametrize("language", ["ar", "en"])
def test_styles_and_font_come_under_hashed_names(visit, resident):
    visitor = visit()
    files = []
    visitor.context.on("response", lambda response: files.append(response.url))
    visitor.open("")
    visitor.page.evaluate("() => document.fonts.ready.then(() => {})")
    loaded = [url.removeprefix(visitor.site) for url in files if "/static/" in url]
    assert {"css", "woff2"} <= {url.rpartition(".")[2] for url in loaded}
    assert [url for url in loaded if not HASHED.fullmatch(url)] == []
    expect(visitor.page.locator("main .btn-primary")).to_have_css("background-color", GREEN)
    fonts = "() => [...document.fonts].filter((font) => font.status === 'loaded').length"
    assert visitor.page.evaluate(fonts) >= 2


@pytest.mark.parametrize("width", [320])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_narrowest_screen(visit, resident, officer, language, width):
    see_both_sides(visit, resident, officer, "narrow")


def test_in_the_dark(visit, resident, officer):
    see_both_sides(visit, resident, officer, "dark", color_scheme="dark")


def see_both_sides(visit, resident, officer, kind, **media):
    """Pages of the resident and of the officer with much on them."""
    applicant, colleague = visit(), visit()
    with translation.override(applicant.language):
        draft, inquiry = factories.draft(resident), factories.filed(resident)
    applicant.has_the_session_of(signed_in(resident))
    colleague.has_the_session_of(signed_in_staff(officer))
    for visitor in (applicant, colleague):
        visitor.page.emulate_media(**media)
    for step, place in {
        "home": "",
        "review": f"inquiries/{draft.reference}/review/",
        "inquiry": f"inquiries/{inquiry.reference}/",
    }.items():
        applicant.open(place)
        applicant.look(f"{kind}-{step}")
    colleague.open("staff/requests_app/inquiry/")
    colleague.look(f"{kind}-queue")
    colleague.open(f"staff/requests_app/inquiry/{inquiry.pk}/change/")
    colleague.press("Assign to me")
    colleague.press("Approve")
    colleague.look(f"{kind}-desk-without-an-answer")
