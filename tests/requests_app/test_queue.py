"""The queue: its order and columns, and working through it by keyboard."""

import re
from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from core import staff_lists
from core.hijri import both_calendars
from core.references import grouped_reference
from core.staff_reading import days_from_today
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import signed_in_staff, words
from tests.copies import copies
from tests.requests_app.desk_pages import QUEUE, answer, desk_of, listed, press
from tests.requests_app.people import act
from tests.worlds import undone


def filters_on(page):
    """Return the choices of each filter, by its title with the current choice."""
    form = re.search('(?s)id="changelist-filter".*?</form>', page.content.decode())[0]
    selects = re.findall(r"(?s)<label>([^<]*)<select[^>]*>(.*?)</select>", form)
    return {
        f"{title.strip()}: {re.search('selected>(.*?)<', choices)[1]}": re.findall(
            "<option[^>]*>(.*?)</option>", choices
        )
        for title, choices in selects
    }


def test_filter_titles_and_choices(as_officer, officer):
    known = factories.OfficerFactory(
        identity=factories.IdentityFactory(name_en="Ayesha Noor"), mobile="+966501234567"
    )
    factories.UserFactory()
    factories.filed(service=factories.ServiceFactory(name_en="Visas"))
    factories.filed(service=factories.ServiceFactory(name_en="Passports"))
    assert known.get_short_name() == "Ayesha Noor"
    shown = filters_on(as_officer.get(QUEUE))
    assert shown == {
        "Assigned to: Unassigned and mine": [
            *("Unassigned and mine", "Me", "Nobody", officer.username, "Ayesha Noor"),
            "All inquiries",
        ],
        "Time left: All": ["All", "overdue"],
        "Questions after an answer: All": ["All", "waiting for an answer"],
        "Status: All": [
            *("All", "Under processing", "Returned to applicant", "Returned by applicant"),
            *("Processed", "Closed"),
        ],
        "Outcome: All": [
            *("All", "Approved", "Rejected", "Withdrawn", "Ended without an answer"),
        ],
        "Service: All": ["All", "Visas", "Passports"],
    }


def test_filters_are_sent_with_those_left_open(as_officer, officer):
    mine = factories.claimed(officer)
    factories.filed()
    sent = {"queue": "mine", "time": "", "status__exact": "", "service__id__exact": ""}
    assert listed(as_officer, **sent) == [mine.reference]
    assert 'value="mine" selected' in as_officer.get(QUEUE, sent).content.decode()


def test_queue_shows_unassigned_and_own_by_due_date(as_officer, officer):
    services = [factories.ServiceFactory(target_working_days=days) for days in (9, 1, 5)]
    latest, first = factories.filed(service=services[0]), factories.filed(service=services[1])
    between = factories.claimed(officer, service=services[2])
    theirs = factories.claimed()
    factories.draft()
    decided = act("approved", factories.claimed(officer), officer)
    expected = [first.reference, between.reference, latest.reference]
    assert listed(as_officer) == expected
    everything = [*expected, theirs.reference, decided.reference]
    assert sorted(listed(as_officer, queue="all")) == sorted(everything)


def test_inquiry_is_overdue_after_its_due_date(as_officer):
    inquiry = factories.filed()
    today = timezone.localdate()
    for days, told in ((3, "in 3 days"), (2, "in 2 days"), (1, "tomorrow"), (0, "today")):
        due = today + timedelta(days=days)
        Inquiry.objects.update(due_on=due)
        assert f" {told} {both_calendars(due)}" in words(as_officer.get(QUEUE))
        assert listed(as_officer, time="overdue") == []
    for days, told in ((1, "overdue 1 day ago"), (4, "overdue 4 days ago")):
        due = today - timedelta(days=days)
        Inquiry.objects.update(due_on=due)
        assert f" {told} {both_calendars(due)}" in words(as_officer.get(QUEUE))
    assert "Overdue" in words(as_officer.get(desk_of(inquiry)))


def test_queue_is_ordered_by_due_date_then_filing(as_officer):
    today = timezone.localdate()
    days = {days: factories.filed() for days in (3, 1, 2)}
    same = factories.filed()
    for ahead, inquiry in days.items():
        Inquiry.objects.filter(pk=inquiry.pk).update(due_on=today + timedelta(days=ahead))
    Inquiry.objects.filter(pk=same.pk).update(due_on=today + timedelta(days=1))
    expected = [days[1], same, days[2], days[3]]
    assert listed(as_officer) == [inquiry.reference for inquiry in expected]


def test_search_results_are_newest_first(as_officer):
    filed = [factories.filed() for _row in range(3)]
    Inquiry.objects.filter(pk=filed[2].pk).update(due_on=timezone.localdate() + timedelta(days=99))
    found = listed(as_officer, q="iqama")
    assert found == [inquiry.reference for inquiry in reversed(filed)]


def test_queue_columns_and_row(as_officer, officer):
    inquiry = factories.claimed(officer, service=factories.ServiceFactory(name_en="Visas"))
    shown = words(as_officer.get(QUEUE))
    sorting = "Remove from sorting Toggle sorting"  # what the icons at the sorted column do
    titles = f"Request number Service Name Status Assigned to {sorting} Due on"
    assert titles.lower() in shown.lower()
    row = (
        f"{grouped_reference(inquiry.reference)} Visas {inquiry.name} Under processing "
        f"{officer.get_short_name()} {days_from_today(inquiry.due_on)} "
        f"{both_calendars(inquiry.due_on)}"
    )
    assert row in shown
    decided = act("approved", inquiry, officer)
    shown = words(as_officer.get(QUEUE, {"queue": "all"}))
    assert f"Approved {officer.get_short_name()} {both_calendars(decided.due_on)}" in shown


def test_queue_has_fifty_rows_a_page(as_officer):
    copies(factories.filed(), 51)
    everything = list(Inquiry.objects.order_by("due_on", "pk").values_list("reference", flat=True))
    assert listed(as_officer) == everything[:50]
    assert listed(as_officer, p=2) == everything[50:]


def test_own_cases_are_in_no_queue(db):
    officer = factories.OfficerFactory(identity=factories.IdentityFactory(), mobile="+966501234567")
    other = factories.filed()
    own = factories.filed(officer)
    factories.link(other.applicant.identity, officer.identity)
    for_them = factories.filed(other.applicant, beneficiary=officer.identity)
    Inquiry.objects.filter(pk__in=[own.pk, for_them.pk]).update(assignee=officer)
    browser = signed_in_staff(officer)
    for queue, status in product(
        (None, "all", "nobody", "mine", officer.pk), (None, "draft", "under_processing")
    ):
        filters = {"queue": queue, "status__exact": status}
        found = listed(browser, **{name: value for name, value in filters.items() if value})
        assert not set(found) & {own.reference, for_them.reference}, filters


def test_viewer_sees_queue_without_actions(officer):
    inquiry = factories.filed()
    page = signed_in_staff(factories.permit(officer, "view_inquiry")).get(QUEUE)
    assert grouped_reference(inquiry.reference) in words(page)
    assert 'name="action"' not in page.content.decode()


# Working through the queue by keyboard


def next_link(browser, inquiry):
    """Return the address of the link at the top of the desk."""
    markup = browser.get(desk_of(inquiry)).content.decode()
    return re.search(r'<div class="button-row next">\s*<a class="button" href="([^"]*)"', markup)[1]


def focused_elements(page):
    return re.findall(r"<(\w+)[^>]*? autofocus[^>]*>", page.content.decode())


@pytest.fixture
def queue(officer):
    """Return three unassigned inquiries, in the order of the queue."""
    first = factories.filed()
    today = timezone.localdate()
    Inquiry.objects.update(due_on=today)
    rows = [copies(first, 1, due_on=today + timedelta(days=days))[0] for days in (0, 1)]
    first.refresh_from_db()
    return [first, *rows]


def test_links_lead_through_the_queue_in_its_order(as_officer, queue):
    first, second, third = queue
    markup = as_officer.get(QUEUE).content.decode()
    assert f'<a class="button" href="{desk_of(first)}" accesskey="n">' in markup
    assert "Open the first inquiry" not in words(as_officer.get(QUEUE, {"queue": "mine"}))
    assert next_link(as_officer, first) == desk_of(second)
    assert next_link(as_officer, second) == desk_of(third)
    assert next_link(as_officer, third) == QUEUE


def test_next_link_skips_own_cases_colleagues_and_decided(as_officer, officer, queue):
    first, second, third = queue
    with undone():
        Inquiry.objects.filter(pk=second.pk).update(applicant=officer)
        assert next_link(as_officer, first) == desk_of(third)
    Inquiry.objects.filter(pk=second.pk).update(assignee=factories.OfficerFactory())
    assert next_link(as_officer, first) == desk_of(third)
    claimed = act("claimed", third, officer)
    assert next_link(as_officer, first) == desk_of(third)
    act("approved", claimed, officer)
    assert next_link(as_officer, first) == QUEUE


def test_access_keys_are_unique_on_a_page(as_officer, queue):
    first = queue[0]
    pages = [as_officer.get(QUEUE), as_officer.get(desk_of(first))]
    press(as_officer, first, "claim")
    pages.append(as_officer.get(desk_of(first)))
    keys = [re.findall(r'accesskey="(\w)"', page.content.decode()) for page in pages]
    assert list(map(sorted, keys)) == [["n", "s", "t"], ["m", "n", "t"], ["a", "n", "t"]]
    for page, own in zip(pages, keys, strict=True):
        shown = re.findall(r"<kbd aria-hidden=\"true\">(\w)</kbd>", page.content.decode())
        assert sorted(shown) == sorted(key.upper() for key in own)


def test_focus_moves_to_the_next_control_or_refusal(as_officer, queue):
    first = queue[0]
    assert focused_elements(as_officer.get(desk_of(first))) == []
    assert focused_elements(press(as_officer, first, "claim")) == ["textarea"]
    stale = {"expected_version": first.version}
    page = answer(as_officer, first, "approve", **stale)
    assert '<div id="told" role="status" tabindex="-1" autofocus>' in page.content.decode()
    assert focused_elements(press(as_officer, first, "release", **stale)) == ["div"]
    assert focused_elements(answer(as_officer, first, "approve")) == ["a"]
    assert focused_elements(as_officer.get(desk_of(first))) == []


def test_row_count_is_shown_after_the_title(as_officer, queue, monkeypatch):
    assert "Inquiries: 3" in words(as_officer.get(QUEUE))
    monkeypatch.setattr(staff_lists, "MAX_COUNTED", 3)
    assert "Inquiries: 3 or more" in words(as_officer.get(QUEUE))
