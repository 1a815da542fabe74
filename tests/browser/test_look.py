"""The appearance of the portal: every look of the catalogue.

`make test` sees each look once: in one language, at one width and in one colour scheme, which
alternate. `make test-looks` (LOOKS=all) sees it in all of them. All faults are reported at once.
With SCREENSHOTS=folder, screenshots are taken instead.

Axe cannot measure the contrast of joined letters, so the verdict on English holds for Arabic too:
both languages have the same colours.
"""

import os
import re
from functools import partial
from itertools import chain, product
from pathlib import Path

import pytest
from django.urls import resolve
from django.utils import translation
from playwright.sync_api import expect

from tests.access_table import DRAFT_TABLE, HELD_TIME_TABLE, TABLE
from tests.browser.looks import look
from tests.browser.looks.appointments import APPOINTMENTS
from tests.browser.looks.checks import HEIGHT, bring_axe, wrong_on
from tests.browser.looks.counter import COUNTER
from tests.browser.looks.inquiries import INQUIRIES
from tests.browser.looks.markup import Markup
from tests.browser.looks.members import STAFF_ACCOUNTS
from tests.browser.looks.office import OFFICE
from tests.browser.looks.preparing import PREPARING
from tests.browser.looks.teams import TEAMS_OF_STAFF
from tests.browser.looks.triage import TRIAGE
from tests.browser.looks.ways_in import WAYS_IN
from tests.emptying import empty_written_tables

pytestmark = pytest.mark.browser

GREEN = "rgb(27, 131, 84)"
HASHED = re.compile(r"/static/.+\.[0-9a-f]{12}\.(css|js|svg|woff2)")
SCREENSHOTS = os.environ.get("SCREENSHOTS")
EVERYTHING = SCREENSHOTS or os.environ.get("LOOKS") == "all"
SECONDS = 15
GROUPS = (
    *(WAYS_IN, INQUIRIES, APPOINTMENTS, TRIAGE, STAFF_ACCOUNTS, OFFICE, COUNTER, PREPARING),
    TEAMS_OF_STAFF,
)
# The routes whose response is not a page.
NO_PAGES = re.compile(
    r"z$|\.(png|wav|css)$|<int:(document_)?pk>/((preview|original)/)?$"
    r"|/(calendar|csv|xlsx|jsi18n|still-here|picture)/$"
)
PALE = "main, main * { background: #fff !important; color: #bbb !important; }"
# Changes to the page of the channels, and the fault that the sweep has to report for each.
FAULTS = {
    "heading.outerHTML = '<h2>Channels</h2>'": "has 0 h1",
    "heading.after(document.createElement('main'))": "has 2 main",
    "heading.after('نص')": "says نص",
    "heading.textContent = ''": "axe empty-heading",
    "heading.insertAdjacentHTML('afterend', '<h4>Deep</h4>')": "axe heading-order",
    "heading.insertAdjacentHTML('afterend', '<input>')": "axe label",
    f"style('{PALE}')": "axe color-contrast",
    f"style('@media (prefers-color-scheme: dark) {{ {PALE} }}')": (
        "in the dark: axe color-contrast"
    ),
    "heading.style.minWidth = '330px'": "320 px: scrolls sideways",
    "heading.style.minWidth = '30rem'": "390 px, text at 200 %: scrolls sideways",
    "style('main a { overflow: hidden; height: 30px; min-height: 0 !important; }')": (
        "390 px, text at 200 %: cut off"
    ),
}


def test_sweep_reports_faults(visit, live_server):
    channels = look("channels", "anonymous", "contact/")
    visitor = visit()
    bring_axe(visitor)
    visitor.page.set_viewport_size({"width": channels.width, "height": HEIGHT})
    visitor.open(channels.path)
    assert not list(wrong_on(visitor, channels))
    for fault, expected in FAULTS.items():
        visitor.open(channels.path)
        visitor.page.evaluate(
            f"""() => {{
                const heading = document.querySelector("h1");
                const sheet = document.styleSheets[0];
                const style = (rule) => sheet.insertRule(rule, sheet.cssRules.length);
                {fault};
            }}"""
        )
        told = list(wrong_on(visitor, channels))
        assert [each for each in told if each.startswith(expected)], (fault, told)


def test_markup_is_checked_without_tokens_and_without_what_may_stay(tmp_path):
    page = (
        '<!DOCTYPE html><html lang="en"><head><title>Desk</title></head><body><form id="x_form">'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}"></form>{}</body></html>'
    )
    sent = Markup()
    for token, more in (("a", ""), ("b", ""), ("c", '<p id="d">1</p><p id="d">2</p>')):
        sent.note(f"GET /{token}/ 200", page.format(token, more).encode())
    assert len(sent.pages) == 2
    (told,) = sent.wrong(tmp_path)
    assert told.startswith('GET /c/ 200: no-dup-id: Duplicate ID "d" ')


@pytest.mark.parametrize("language", ["ar", "en"])
def test_styles_and_font_come_under_hashed_names(visit, resident):
    visitor = visit()
    files = []
    visitor.context.on("response", lambda response: files.append(response.url))
    visitor.open("contact/")
    visitor.page.evaluate("() => document.fonts.ready.then(() => {})")
    loaded = [url.removeprefix(visitor.site) for url in files if "/static/" in url]
    assert {"css", "woff2"} <= {url.rpartition(".")[2] for url in loaded}
    assert [url for url in loaded if not HASHED.fullmatch(url)] == []
    expect(visitor.page.locator("main .btn-primary").first).to_have_css("background-color", GREEN)
    fonts = "() => [...document.fonts].filter((font) => font.status === 'loaded').length"
    assert visitor.page.evaluate(fonts) >= 2


@pytest.mark.takes_long
@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_every_look_is_sound(visit_in, live_server, group, markup, tmp_path_factory):
    wrong, seen = [], set()
    for language, looks in looks_by_language(group).items():
        with translation.override(language):
            things = group.prepare(language)
        sweep = Sweep(partial(visit_in, language), things)
        for each in looks:
            sweep.go_to(each)
        wrong += [f"{language} {told}" for told in sweep.wrong]
        seen |= sweep.seen
        # The people of the next language have the same names.
        empty_written_tables()
    wrong += markup.wrong(tmp_path_factory.mktemp("markup"))
    wrong += sorted(f"{route}: nobody has looked at it" for route in pages_of(group) - seen)
    # The message lists the faults itself, as pytest would cut it short.
    assert not wrong, "\n".join(["", *wrong])


def looks_by_language(group):
    """Return what is seen in Arabic and in English: each look once, unless everything is wanted."""
    if EVERYTHING:
        return {language: list(chain(*group.parts)) for language in ("ar", "en")}
    halves = {"ar": group.parts[::2], "en": group.parts[1::2]}
    return {language: [each.once() for each in chain(*parts)] for language, parts in halves.items()}


class Sweep:
    """A sweep over looks, one browser per person; it collects the faults and the routes seen."""

    def __init__(self, visit, things):
        self.visit = visit
        self.things = things
        self.visitors = {}
        self.wrong = []
        self.seen = set()

    def go_to(self, look):
        visitor = self.visitor(look.who)
        try:
            told = list(self.told_of(visitor, look))
        except Exception as error:  # after any error, the sweep goes on with the next look
            told = [f"{type(error).__name__} {str(error).strip()}", shown_on(visitor)]
        told += unexpected(visitor, look)
        visitor.troubles.clear()
        self.wrong += [f"{look.name}: {each}" for each in told]

    def visitor(self, who):
        if who not in self.visitors:
            visitor = self.visitors[who] = self.visit()
            bring_axe(visitor)
            visitor.page.set_default_timeout(SECONDS * 1000)
            if client := self.things["browsers"].get(who):
                visitor.use_session_of(client)
        return self.visitors[who]

    def told_of(self, visitor, look):
        """Load the look once and yield its faults, or take its screenshots."""
        visitor.page.set_viewport_size({"width": look.width, "height": HEIGHT})
        # Without motion, the colours compared are the final ones.
        visitor.page.emulate_media(color_scheme=look.schemes[0], reduced_motion="reduce")
        path = look.path.format_map(self.things)
        if path.startswith("/"):
            visitor.page.goto(f"{visitor.site}{path}")
        else:
            visitor.open(path)
        for step in look.first:
            step(visitor, self.things)
        visitor.page.wait_for_load_state()
        # Until they are there, other typefaces take other widths.
        visitor.page.evaluate("() => document.fonts.ready.then(() => {})")
        if look.status == 200:
            self.seen.add(route_of(visitor))
        if SCREENSHOTS:
            take_pictures(visitor, look)
        else:
            yield from wrong_on(visitor, look)


def shown_on(visitor):
    """Return where a step went wrong: the address and the words of the page."""
    return f"at {visitor.path()}: {visitor.page.evaluate('document.body.innerText')}"


def route_of(visitor):
    """Return the route of the page as in access_table."""
    with translation.override(visitor.language):
        route = resolve(visitor.path()).route
    return re.sub(f"^{visitor.language}/", "en/", route)


def pages_of(group):
    """Return the routes with a page for some role that this group has to cover."""
    of_others = tuple(
        route
        for other in GROUPS
        for route in other.routes
        if other is not group and not group.routes[0].startswith(route)
    )
    return {
        route.replace("/^", "/")
        for table in (TABLE, DRAFT_TABLE, HELD_TIME_TABLE)
        for route, rows in table.items()
        if route.startswith(group.routes)
        and not route.startswith(of_others)
        and not NO_PAGES.search(route)
        and 200 in opened(rows)
    }


def opened(rows):
    return rows["GET"] if isinstance(rows, dict) else rows


def unexpected(visitor, look):
    """Return the browser's errors, without the one that the expected status of the look causes."""
    expected = f"{look.status} {visitor.page.url}"
    if look.status == 200:
        return list(visitor.troubles)
    told = [each for each in visitor.troubles if visitor.page.url not in each]
    return told if expected in visitor.troubles else [*told, f"is no {expected}"]


def take_pictures(visitor, look):
    for scheme, width in product(("light", "dark"), (320, 390, 768, 1280)):
        visitor.page.emulate_media(color_scheme=scheme)
        visitor.page.set_viewport_size({"width": width, "height": HEIGHT})
        name = f"{visitor.language}-{scheme}-{width}-{look.name}.png"
        visitor.page.screenshot(path=Path(SCREENSHOTS) / name, full_page=True)
