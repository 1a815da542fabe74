"""Screen readers: the accessibility tree of a page, and announcements of changes on it.

Each test runs in both languages; test_keyboard checks that all controls are reached.
"""

import datetime
from urllib.parse import urlencode

import pytest
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override, pgettext
from playwright.sync_api import expect

from appointments.models import Slot
from core.hijri import both_calendars, in_each_calendar
from core.template_filters import full_day_in_words, weekday, weekday_or_night
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import criteria_of, verified
from tests.browser.visitor import file
from tests.requests_app.returns import returned

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("language", ["ar", "en"])]

LANDMARKS = {"banner", "complementary", "contentinfo", "main", "navigation", "region", "search"}
FIELDS = {"checkbox", "combobox", "radio", "spinbutton", "textbox"}
SECOND = 1000


@pytest.fixture
def service(live_server):
    return factories.ServiceFactory()


@pytest.fixture
def visitor(visitor, resident):
    """A visitor who is signed in and has verified their data."""
    visitor.use_session_of(verified(resident))
    visitor.looks = False  # the offices of `places` have Latin names in Arabic, too
    return visitor


class Tree:
    """The accessibility tree of a page, in its order."""

    def __init__(self, visitor):
        session = visitor.context.new_cdp_session(visitor.page)
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        session.detach()
        self.all = {node["nodeId"]: node for node in nodes}
        self.told = [node for node in self.below(nodes[0]) if not node["ignored"]]

    def below(self, node):
        yield node
        for child in node["childIds"]:
            yield from self.below(self.all[child])

    def having(self, roles):
        return [node for node in self.told if node["role"]["value"] in roles]

    def names(self, role):
        return [said(node, "name") for node in self.having({role})]

    def landmarks(self):
        return [(node["role"]["value"], said(node, "name")) for node in self.having(LANDMARKS)]

    def headings(self):
        return [(of(node, "level"), said(node, "name")) for node in self.having({"heading"})]

    def fields(self):
        """Return the name, the description and the invalid state of each field."""
        return [
            (said(node, "name"), said(node, "description"), of(node, "invalid") == "true")
            for node in self.having(FIELDS)
        ]

    def told_at_once(self):
        """Return the role and the text of each live region."""
        live = [node for node in self.told if of(node, "live")]
        return [(node["role"]["value"], self.words(node)) for node in live]

    def words(self, node):
        texts = [each for each in self.below(node) if each["role"]["value"] == "StaticText"]
        return " ".join(" ".join(said(each, "name") for each in texts).split())


def said(node, part):
    return node.get(part, {}).get("value", "")


def of(node, name):
    found = {each["name"]: each["value"].get("value") for each in node.get("properties", [])}
    return found.get(name)


def around(visitor, *inside):
    """Return the landmarks of every page, with those `inside` its main part."""
    return [
        ("complementary", visitor.reads("Demo")),
        ("banner", ""),
        ("navigation", visitor.reads("Sections")),
        ("main", ""),
        *((role, name and visitor.reads(name)) for role, name in inside),
        ("contentinfo", ""),
    ]


def read(visitor, *headings):
    return [(level, visitor.reads(name)) for level, name in headings]


def kept(visitor, minutes):
    with override(visitor.language):
        return ngettext(
            "This time is kept for you for %(minutes)s more minute.",
            "This time is kept for you for %(minutes)s more minutes.",
            minutes,
        ) % {"minutes": minutes}


def test_the_home_page(visit, reference):
    visitor = visit()
    visitor.open("")
    tree = Tree(visitor)
    inside = (("search", ""), ("region", "What you can ask about"))
    assert tree.landmarks() == around(visitor, *inside)
    assert tree.headings() == read(
        visitor,
        (1, "E-services of the passports: Tawasul and appointments"),
        (2, "What you can ask about"),
    )
    assert tree.told_at_once() == []


def test_the_details_with_errors(visitor, resident, service):
    draft = factories.draft(resident, service, is_ready=False)
    visitor.open(f"inquiries/{draft.reference}/details/")
    visitor.fill("Mobile", "1")
    visitor.fill("What do you need?", "short")
    visitor.press("Next")
    expect(visitor.page.locator(".error-summary")).to_be_focused()
    tree = Tree(visitor)
    assert tree.landmarks() == around(visitor, ("navigation", "You are here"))
    # The error summary comes before the heading of the page.
    wrong = "There is something to correct"
    good = "What a good explanation says"
    assert tree.headings() == read(visitor, (2, wrong), (1, "Explain what you need"), (2, good))
    no_mobile = visitor.reads(
        "Enter a mobile number, for example 05XXXXXXXX, or with the country code for a number "
        "from abroad."
    )
    summary = f"{visitor.reads(wrong)} {no_mobile}"
    # What is still needed is told once the typing pauses.
    assert tree.told_at_once() == [("alert", summary), ("status", "")]
    where = visitor.reads(
        "Where the officer can reach you about this inquiry. If it is not the one on your "
        "account, we text a code to it."
    )
    what = visitor.reads("In your own words, between 30 and 4,000 characters.")
    needed = visitor.reads("Characters still needed: {count}").format(count=25)
    none = visitor.reads("Leave it empty if there is none. It is not your ID number.")
    assert tree.fields() == [
        (visitor.reads("What do you need?"), f"{what} {needed}", False),
        (visitor.reads("Number of an earlier request, if this is about one"), none, False),
        (visitor.reads("Mobile"), f"{where} {no_mobile}", True),
    ]


def test_the_choice_of_a_time(visitor, resident, service):
    visitor.open("appointments/new/")
    fields = Tree(visitor).fields()
    assert visitor.named(resident.identity) in [name for name, *_rest in fields]
    assert [name for name, _description, is_wrong in fields if is_wrong] == []
    choose_a_day(visitor, resident, service)
    choose_a_time(visitor, resident, service)


def choose_a_day(visitor, resident, service):
    slot = places.some_slots(2)[0]
    criteria = urlencode({**criteria_of(resident.identity, service), "office": slot.office.slug})
    visitor.open(f"appointments/new/day/?{criteria}")
    tree = Tree(visitor)
    assert tree.landmarks() == around(visitor, ("navigation", "You are here"))
    assert tree.headings() == read(visitor, (1, "Choose a day"))
    own, other = in_each_calendar(slot.day, visitor.language, with_year=False)
    with override(visitor.language):
        begins = _("from %(time)s") % {"time": "12:00"}
        row = f"{weekday(slot.day)} {own} {other} · {begins} {pgettext('a day', 'few left')}"
    assert row in tree.names("link")
    visitor.page.locator("summary").click()
    tree = Tree(visitor)
    captions = visitor.page.locator("caption").all_inner_texts()
    assert tree.names("table") == captions
    with override(visitor.language):
        week = [str(WEEKDAYS[day]) for day in (6, 0, 1, 2, 3, 4, 5)]
        free = ngettext("%(number)s free", "%(number)s free", 2) % {"number": 2}
        comma = pgettext("between the items of a list", ", ")
        day = f"{full_day_in_words(slot.day)}{comma}{free}"
    assert tree.names("Abbr") == week * len(captions)
    # A day is a link, named in both calendars and with the number of free slots.
    assert visitor.page.get_by_role("table").get_by_role("link").count() == 1
    assert day in tree.names("link")


def choose_a_time(visitor, resident, service):
    """Times are grouped by the part of the day; those past midnight have another date."""
    early = places.some_slot(time="20:00")
    day = early.day
    late = places.slot(day + datetime.timedelta(days=1), "00:30", of=early.window, belongs_to=day)
    gone = places.slot(day, "21:00", of=early.window)
    criteria = {**criteria_of(resident.identity, service), "office": early.office.slug, "day": day}
    visitor.open(f"appointments/new/time/?{urlencode(criteria)}")
    Slot.objects.filter(pk=gone.pk).update(taken=gone.capacity)
    visitor.press(f"{visitor.reads('Save')} 21:00")
    expect(visitor.page.locator(".error-summary")).to_be_focused()
    tree = Tree(visitor)
    with override(visitor.language):
        evening = pgettext("a part of the day", "Evening")
        after = capfirst(f"{weekday_or_night(late.start)} {both_calendars(late.start)}")
    groups = tree.having({"group"})
    assert [said(node, "name") for node in groups] == [evening, after]
    taken = visitor.reads("This time has just been taken. Choose another.")
    assert [said(node, "description") for node in groups] == [taken] * 2
    visitor.page.locator(".error-summary a").click()
    expect(visitor.button(f"{visitor.reads('Save')} 20:00")).to_be_focused()


def test_my_page_with_waiting_inquiry(visitor, resident, service):
    returned(factories.filed(resident, service=service), factories.OfficerFactory())
    visitor.open("my/")
    tree = Tree(visitor)
    sections = (
        *("Waiting for you", "My services: passports"),
        *("Coming appointments", "Latest inquiries"),
    )
    assert tree.landmarks() == around(visitor, *(("region", name) for name in sections))
    welcome = visitor.reads("Welcome, %(name)s", name=visitor.named(resident.identity))
    assert tree.headings() == [(1, welcome), *read(visitor, *((2, name) for name in sections))]
    waiting = visitor.page.get_by_role("region", name=visitor.reads("Waiting for you"))
    expect(waiting.get_by_role("link")).to_have_accessible_name(visitor.reads("Read and answer"))
    assert tree.told_at_once() == []


def test_typed_date_is_announced_in_both_calendars(applicant):
    applicant.open("appointments/")
    status = applicant.page.get_by_role("status")
    expect(status).to_have_text("")
    applicant.field("Calendar").select_option(label=applicant.reads("Gregorian"))
    for label, number in (("Day", "21"), ("Month", "4"), ("Year", "1990")):
        applicant.field(label).focus()
        applicant.page.keyboard.type(number)
    born = datetime.date(1990, 4, 21)
    expect(status).to_have_text(both_calendars(born, applicant.language))
    applicant.page.keyboard.press("Backspace")
    applicant.page.keyboard.type("1")
    next_year = both_calendars(born.replace(year=1991), applicant.language)
    expect(status).to_have_text(next_year)
    assert Tree(applicant).told_at_once() == [("status", next_year)]


def test_end_of_hold_is_announced_ahead(visitor, resident, service):
    # It can be changed until 12:00, which the clock does not show.
    held = places.held(resident, service=service, slot=places.some_slot(time="14:00"))
    visitor.page.clock.install(time=0)
    visitor.page.clock.pause_at(SECOND)
    visitor.open(f"appointments/{held.reference}/")
    clock = visitor.page.locator("[data-clock]")
    expect(clock).to_be_visible()
    tree = Tree(visitor)
    assert tree.landmarks() == around(visitor, ("navigation", "You are here"))
    headings = ((1, "Confirm the appointment"), (2, "What to bring"))
    assert tree.headings() == read(visitor, *headings)
    assert tree.told_at_once() == [("status", kept(visitor, 10))]
    # The clock is hidden from screen readers: announced each second, it would drown all else.
    assert clock.inner_text() not in " ".join(tree.names("StaticText"))

    status = visitor.page.get_by_role("status")
    left = int(visitor.page.locator("[data-seconds-left]").get_attribute("data-seconds-left"))
    for minutes in (5, 2, 1):
        just_before = left - 60 * minutes - 2
        visitor.page.clock.run_for(just_before * SECOND)
        assert status.inner_text() != kept(visitor, minutes)
        visitor.page.clock.run_for(4 * SECOND)
        assert status.inner_text() == kept(visitor, minutes)
        left = 60 * minutes - 2
    confirm = visitor.button("Confirm the appointment")
    confirm.focus()
    visitor.page.clock.run_for((left - 2) * SECOND)
    expect(confirm).to_be_focused()
    visitor.page.clock.run_for(4 * SECOND)
    ended = visitor.reads("The time was not confirmed within the minutes it was held.")
    expect(status).to_have_text(f"{ended} {visitor.reads('Choose a time again')}")
    expect(confirm).to_be_hidden()
    expect(visitor.button("Choose another time")).to_be_hidden()
    # The focus moves from the hidden button to the message.
    expect(visitor.page.locator(".countdown")).to_be_focused()


def test_upload_in_progress_is_announced(visitor, resident, service):
    draft = factories.draft(resident, service)
    factories.document_type()  # the only one, so that there is nothing to choose
    visitor.open(f"inquiries/{draft.reference}/documents/")
    told = []

    def look(route):
        """Check the page while the request is held here, then let the request go on."""
        status = visitor.page.get_by_role("status")
        count = visitor.reads("Sending file {number} of {total}. Stay on this page.")
        expect(status).to_have_text(count.format(number=1, total=1))
        expect(visitor.page.get_by_role("progressbar")).to_have_accessible_name("1.jpg")
        told.append(route.request.method)
        route.continue_()

    visitor.page.route("**/documents/", look, times=1)
    picture = file("1.jpg", factories.picture().read(), "image/jpeg")
    visitor.file_field().set_input_files(picture)
    with visitor.page.expect_navigation():
        visitor.button("Add").press("Enter")
    expect(visitor.page.locator(".files a")).to_have_text("1.jpg")
    assert told == ["POST"]
