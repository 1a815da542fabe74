"""The figures of inquiries: counted by hand in small worlds, and each number with its list."""

import datetime
import html
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from requests_app.models import Inquiry
from tests import factories
from tests.conftest import signed_in_staff, words
from tests.requests_app.answers import answered, at_noon, copies_of
from tests.requests_app.desk_pages import QUEUE, listed
from tests.requests_app.people import after

pytestmark = pytest.mark.django_db

PAGE = f"{QUEUE}figures/"
DAY = timedelta(days=1)
# A Tuesday.
TODAY = datetime.date(2026, 12, 1)
ALL = "All"


class Clock:
    now = at_noon(TODAY)

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch, settings):
    """Let the clock stand at noon of TODAY, or where a test moves it."""
    settings.IDLE_MINUTES = dict.fromkeys(settings.IDLE_MINUTES, 4 * 60)
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture
def supervisor():
    return factories.supervisor(username="supervisor")


@pytest.fixture
def browser(supervisor):
    return signed_in_staff(supervisor)


@pytest.fixture
def iqama():
    return factories.ServiceFactory(short_name_en="Iqama", short_name_ar="الإقامة")


@pytest.fixture
def visa():
    return factories.ServiceFactory(short_name_en="Visa", short_name_ar="التأشيرة")


def filed_on(day, **changes):
    inquiry = factories.filed(**changes)
    Inquiry.objects.filter(pk=inquiry.pk).update(submitted_at=at_noon(day))
    inquiry.refresh_from_db()
    return inquiry


def tables_on(page):
    """Return {title: {name of the row: {heading: (text, address)}}}."""
    assert page.status_code == 200
    found = {}
    for table in re.findall(r"(?s)<table\b.*?</table>", page.content.decode()):
        title = words(re.search(r"(?s)<caption[^>]*>(.*?)</caption>", table)[1])
        first, *rows = re.findall(r"(?s)<tr>.*?</tr>", table)
        headings = [words(each) for each in re.findall(r"(?s)<th[^>]*>(.*?)</th>", first)][1:]
        lines = found[title] = {}
        for row in rows:
            name = words(re.search(r"(?s)<th[^>]*>(.*?)</th>", row)[1])
            cells = re.findall(r"(?s)<td>(.*?)</td>", row)
            lines[name] = dict(zip(headings, map(cell_of, cells), strict=True))
    return found


def cell_of(markup):
    address = re.search(r'href="([^"]*)"', markup)
    number = words(re.sub(r'(?s)<span class="visually-hidden">.*?</span>', "", markup))
    return number, html.unescape(address[1]) if address else None


def numbers_of(line):
    return {heading: text for heading, (text, _address) in line.items() if text not in ("", "0")}


BY_AGE = "Open, by service and by days since they were filed"
BY_DAY = "Filed and decided, by day"
BY_SERVICE = "The last four weeks, by service"
BY_OFFICER = "What each officer has in hand"
COUNTED = {BY_AGE, BY_DAY, BY_SERVICE, BY_OFFICER}
# What is no number of inquiries.
MEASURES = {"In time (%)", "Half within (days)", "9 of 10 within (days)"}


@pytest.mark.both_engines
def test_open_inquiries_are_counted_by_service_and_age(browser, iqama, visa):
    for days_ago in (0, 2, 3, 7, 8, 14, 15, 30, 31, 400):
        filed_on(TODAY - days_ago * DAY, service=iqama)
    late = filed_on(TODAY - 3 * DAY, service=visa)
    Inquiry.objects.filter(pk=late.pk).update(due_on=TODAY - DAY)
    officer = factories.OfficerFactory()
    returned = after(filed_on(TODAY, service=visa), officer, "claimed", "returned")
    # What waits for its applicant is open and never overdue.
    Inquiry.objects.filter(pk=returned.pk).update(due_on=TODAY - DAY)
    after(filed_on(TODAY, service=visa), officer, "claimed", "approved")
    factories.draft(service=visa)
    table = tables_on(browser.get(PAGE))[BY_AGE]
    of_each_age = dict.fromkeys(
        ("Up to 2 days", "3 to 7 days", "8 to 14 days", "15 to 30 days", "More than 30 days"), "2"
    )
    assert numbers_of(table["Iqama"]) == {"Open": "10", **of_each_age}
    assert numbers_of(table["Visa"]) == {
        "Open": "2",
        "Up to 2 days": "1",
        "3 to 7 days": "1",
        "Overdue": "1",
    }
    assert table[ALL]["Open"][0] == "12"
    assert table[ALL]["3 to 7 days"][0] == "3"


@pytest.mark.both_engines
def test_four_weeks_are_counted_by_service(browser, iqama, visa):
    inquiry = filed_on(TODAY - 400 * DAY, service=iqama)
    first = TODAY - 27 * DAY
    sunday = datetime.date(2026, 11, 15)
    monday, thursday = sunday + DAY, sunday + 4 * DAY
    # Of ten, half came within a day, nine within four, and the last one late.
    answered(inquiry, sunday, monday, 5)
    answered(inquiry, sunday, thursday, 4, outcome="rejected", status="closed")
    answered(inquiry, sunday, thursday + 3 * DAY, due_on=thursday)
    answered(inquiry, first - DAY, first - DAY, 3)  # too long ago
    answered(inquiry, first, first, outcome="withdrawn", status="closed")
    returned = filed_on(TODAY - 60 * DAY, service=visa)
    officer = factories.OfficerFactory()
    returned = after(returned, officer, "claimed", "returned", "resubmitted", "returned")
    table = tables_on(browser.get(PAGE))[BY_SERVICE]
    assert numbers_of(table["Iqama"]) == {
        "Filed": "11",
        "Decided": "10",
        "In time": "9",
        "In time (%)": "90",
        "Half within (days)": "1",
        "9 of 10 within (days)": "4",
    }
    assert numbers_of(table["Visa"]) == {"Returned": "1"}
    assert numbers_of(table[ALL]) == {**numbers_of(table["Iqama"]), "Returned": "1"}


@pytest.mark.both_engines
def test_days_are_those_of_the_kingdom(browser, iqama):
    inquiry = filed_on(TODAY - 400 * DAY, service=iqama)
    midnight = at_noon(TODAY) - timedelta(hours=12)
    copies_of(inquiry, 2, submitted_at=midnight)
    copies_of(inquiry, 1, submitted_at=midnight - timedelta(seconds=1))
    table = tables_on(browser.get(PAGE))[BY_DAY]
    assert len(table) == 29
    today, yesterday, *_others = table.values()
    assert numbers_of(today) == {"Filed": "2"}
    assert numbers_of(yesterday) == {"Filed": "1"}
    assert numbers_of(table[ALL]) == {"Filed": "3"}


@pytest.mark.both_engines
def test_load_is_counted_by_officer(browser, iqama):
    busy = factories.OfficerFactory(username="busy")
    factories.OfficerFactory(username="idle")
    late, *_others = [factories.claimed(busy, service=iqama) for _each in range(3)]
    Inquiry.objects.filter(pk=late.pk).update(due_on=TODAY - DAY)
    after(factories.claimed(busy, service=iqama), busy, "returned")
    after(factories.claimed(busy, service=iqama), busy, "approved")
    factories.filed(service=iqama)
    table = tables_on(browser.get(PAGE))[BY_OFFICER]
    assert {name: numbers_of(line) for name, line in table.items()} == {
        "busy": {"To work on": "3", "Overdue": "1", "Waiting for the applicant": "1"},
        "idle": {},
        "supervisor": {},
        "Nobody": {"To work on": "1"},
    }


@pytest.fixture
def many(iqama, visa, supervisor):
    """Something for every figure, of two services and two officers."""
    officer = factories.OfficerFactory(username="one")
    for service in (iqama, visa):
        for days_ago in (0, 5, 10, 20, 40):
            waiting = filed_on(TODAY - days_ago * DAY, service=service)
            copies_of(waiting, 1, due_on=TODAY - DAY, assignee_id=officer.pk)
            after(filed_on(TODAY - days_ago * DAY, service=service), officer, "claimed", "returned")
        for _each in range(2):
            after(filed_on(TODAY, service=service), supervisor, "claimed", "approved")
        answered(waiting, TODAY - 9 * DAY, TODAY - 2 * DAY, 3)
        answered(waiting, TODAY - 9 * DAY, TODAY - 3 * DAY, 2, due_on=TODAY - 4 * DAY)
        answered(waiting, TODAY - 9 * DAY, TODAY, outcome="withdrawn", status="closed")
        after(filed_on(TODAY, service=service), officer, "claimed", "rejected")
        factories.draft(service=service)


@pytest.mark.both_engines
def test_each_number_leads_to_as_many_inquiries(browser, many):
    tables = tables_on(browser.get(PAGE))
    assert set(tables) == COUNTED
    looked_at = set()
    for title, lines in tables.items():
        for name, line in lines.items():
            for heading, (number, address) in line.items():
                assert bool(address) == (number not in ("", "0")), (title, name, heading)
                if not address:
                    continue
                path, query = urlsplit(address)[2:4]
                assert path == QUEUE
                filters = {key: each for key, (each,) in parse_qs(query).items()}
                found = listed(browser, **filters)
                looked_at.add((title, heading))
                if heading not in MEASURES:
                    assert len(found) == int(number), (title, name, heading, address)
    assert {title for title, _heading in looked_at} == COUNTED
    assert len(looked_at) == 7 + 2 + 7 + 3


def test_a_list_of_a_figure_says_what_it_lists_and_can_be_cleared(browser, many):
    page = browser.get(QUEUE, {"queue": "all", "answered": "2026-11-29", "in_time": "yes"})
    shown = words(page)
    assert "29 November 2026" in shown
    assert "Clear all filters" in shown
    assert 'name="answered"' in page.content.decode()
    for unused in ("filed", "returned", "age"):
        assert f'name="{unused}"' not in page.content.decode()
    assert 'name="in_time"' not in browser.get(QUEUE).content.decode()


# Who sees them


def test_nobody_sees_figures_of_what_they_do_not_find(browser, supervisor, iqama, clock):
    worker = factories.IdentityFactory()
    employer = factories.IdentityFactory()
    supervisor.identity = employer
    supervisor.save(update_fields=["identity"])
    factories.link(employer, worker)
    officer = factories.OfficerFactory()
    for beneficiary in (worker, factories.IdentityFactory()):
        person = factories.UserFactory(identity=beneficiary)
        first = factories.filed(person, service=iqama)
        after(first, officer, "claimed", "returned")
        clock.now += timedelta(minutes=1)
        after(factories.filed(person, service=iqama), officer, "claimed", "approved")
    tables = tables_on(browser.get(PAGE))
    assert numbers_of(tables[BY_AGE][ALL]) == {"Open": "1", "Up to 2 days": "1"}
    everything = numbers_of(tables[BY_SERVICE][ALL])
    assert {name: everything[name] for name in ("Filed", "Decided", "Returned")} == {
        "Filed": "2",
        "Decided": "1",
        "Returned": "1",
    }
    assert numbers_of(tables[BY_DAY][ALL]) == {"Filed": "2", "Decided": "1"}
    waiting = sum(int(line["Waiting for the applicant"][0]) for line in tables[BY_OFFICER].values())
    assert waiting == 1


def test_supervisors_and_auditors_alone_see_them(iqama):
    open_to = {"supervisor", "auditor"}
    for role in ("officer", "supervisor", "clerk", "manager", "editor", "auditor", "keeper"):
        browser = signed_in_staff(factories.of_role(role, username=role))
        assert browser.get(PAGE).status_code == (200 if role in open_to else 403), role
        home = browser.get("/en/staff/").content.decode()
        assert (f'href="{PAGE}"' in home) == (role in open_to), role
        queue = browser.get(QUEUE).content.decode()
        assert (f'href="{PAGE}"' in queue) == (role in open_to), role
    # Who gives inquiries to others and may not list them sees no numbers of them.
    blind = factories.permit(factories.OfficerFactory(), "assign_inquiry")
    assert signed_in_staff(blind).get(PAGE).status_code == 403


def test_filters_of_figures_do_nothing_for_officers(as_officer, iqama):
    waiting = factories.filed(service=iqama)
    for name, value in (
        *(("filed", "2020-01-01"), ("answered", "4-weeks"), ("returned", "4-weeks")),
        *(("in_time", "yes"), ("age", "more")),
    ):
        assert listed(as_officer, **{name: value}) == [waiting.reference], name


def test_hostile_values_of_filters_are_passed_over(browser, iqama):
    waiting = factories.filed(service=iqama)
    values = (
        *("nonsense", "", " ", "0000-00-00", "2026-13-01", "2026-02-30", "9999-12-31", "1-1-1"),
        *("2026-1-1", "٢٠٢٦-١١-٣٠", "2026-11-30\n", "4-weeks ", "9" * 5000, "%", "' OR 1=1 --"),
    )
    for name in ("filed", "answered", "returned", "in_time", "age"):
        for value in values:
            page = browser.get(QUEUE, {name: value, "queue": "all"})
            assert page.status_code == 200, (name, value[:20])
            assert listed(browser, **{name: value, "queue": "all"}) == [waiting.reference], (
                name,
                value[:20],
            )
    for day in ("2000-01-01", "2099-12-31"):
        assert listed(browser, filed=day, queue="all") == [], day


# What the page says


@pytest.mark.both_engines
def test_page_without_any_inquiry_says_so(browser):
    page = browser.get(PAGE)
    assert "No inquiry is open." in words(page)
    assert "Nothing was filed, decided or returned in these four weeks." in words(page)
    assert "<figure" not in page.content.decode()
    assert set(tables_on(page)) == {BY_OFFICER}


def test_pictures_show_the_numbers_of_the_tables(browser, iqama):
    for _each in range(4):
        filed_on(TODAY, service=iqama)
    late = filed_on(TODAY - 40 * DAY, service=iqama)
    Inquiry.objects.filter(pk=late.pk).update(due_on=TODAY - DAY)
    answered(late, TODAY - 50 * DAY, TODAY - DAY, 2)
    bar = re.compile(
        r'<title>(.*?)</title><rect class="whole" x="(\d+)" [^>]*height="(\d+)"/>'
        r'<rect class="part" x="(\d+)" [^>]*height="(\d+)"/>'
    )
    page = browser.get(PAGE).content.decode()
    drawn = [each for each in bar.findall(page) if set(each[2::2]) != {"0"}]
    assert [(title, whole, part) for title, _x, whole, _at, part in drawn] == [
        ("up to 2 days: 0 / 4", "160", "0"),
        ("more than 30 days: 1 / 1", "40", "40"),
        ("30: 2 / 0", "0", "80"),
        ("1: 0 / 4", "160", "0"),
    ]
    # What is no part of the other stands beside it, in the direction of reading.
    for language, is_right in (("en", True), ("ar", False)):
        page = browser.get(PAGE.replace("/en/", f"/{language}/")).content.decode()
        *_others, (_title, whole_x, _height, part_x, _filled) = bar.findall(page)
        assert (int(part_x) > int(whole_x)) == is_right, language
    assert "style=" not in page


def test_page_is_within_its_budget(browser, many, django_assert_max_num_queries):
    browser.get(PAGE)
    with django_assert_max_num_queries(12):
        browser.get(PAGE)
