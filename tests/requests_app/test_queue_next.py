"""From one inquiry to the next by keyboard: the link, the keys, and where the focus goes."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from core import staff_lists
from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import words
from tests.portal.test_queries import copies, write

pytestmark = pytest.mark.one_engine

QUEUE = "/en/staff/requests_app/inquiry/"
ANSWER = {"text": "It has been mended.", "idempotency_key": "7a0f54a3-96cd-4b2f-8d4e-0d1d0f5a1c11"}


def page_of(inquiry, page="change"):
    return f"{QUEUE}{inquiry.pk}/{page}/"


def way_on(browser, inquiry):
    """Where the link at the top of the desk leads."""
    markup = browser.get(page_of(inquiry)).content.decode()
    return re.search(r'<p class="button-row next">\s*<a class="button" href="([^"]*)"', markup)[1]


def has_focus(page):
    return re.findall(r"<(\w+)[^>]*? autofocus[^>]*>", page.content.decode())


@pytest.fixture
def queue(officer):
    """Of nobody, in the order of the queue."""
    first = factories.filed()
    today = timezone.localdate()
    Inquiry.objects.update(due_on=today)
    rows = [copies(first, 1, due_on=today + timedelta(days=days))[0] for days in (0, 1)]
    first.refresh_from_db()
    return [first, *rows]


def test_the_next_is_the_one_after_this_in_the_queue(as_officer, queue):
    first, second, third = queue
    assert way_on(as_officer, first) == page_of(second)
    assert way_on(as_officer, second) == page_of(third)
    assert way_on(as_officer, third) == QUEUE


def test_what_others_have_or_what_is_decided_is_passed_over(as_officer, officer, queue):
    first, second, third = queue
    Inquiry.objects.filter(pk=second.pk).update(assignee=factories.OfficerFactory())
    assert way_on(as_officer, first) == page_of(third)
    claimed = actions.claim(actor=officer, inquiry=third, expected_version=third.version)
    assert way_on(as_officer, first) == page_of(third)
    write(actions.approve, claimed, officer)
    assert way_on(as_officer, first) == QUEUE


def test_what_concerns_the_officer_is_never_the_next(as_officer, officer, queue):
    first, second, third = queue
    Inquiry.objects.filter(pk=second.pk).update(applicant=officer)
    assert way_on(as_officer, first) == page_of(third)


def test_the_queue_leads_to_its_first(as_officer, queue):
    markup = as_officer.get(QUEUE).content.decode()
    assert f'<a class="button default" href="{page_of(queue[0])}" accesskey="n">' in markup
    assert "Open the first in the list" not in words(as_officer.get(QUEUE, {"queue": "mine"}))


def test_no_key_presses_two_things(as_officer, queue):
    first = queue[0]
    pages = [as_officer.get(QUEUE), as_officer.get(page_of(first))]
    as_officer.post(page_of(first, "claim"), {"expected_version": first.version})
    pages.append(as_officer.get(page_of(first)))
    keys = [re.findall(r'accesskey="(\w)"', page.content.decode()) for page in pages]
    assert list(map(sorted, keys)) == [["n", "s"], ["m", "n"], ["a", "n"]]
    for page, own in zip(pages, keys, strict=True):
        shown = re.findall(r"<kbd aria-hidden=\"true\">(\w)</kbd>", page.content.decode())
        assert sorted(shown) == sorted(key.upper() for key in own)


def test_the_focus_goes_to_where_the_work_goes_on(as_officer, queue):
    first = queue[0]
    assert has_focus(as_officer.get(page_of(first))) == []
    claimed = as_officer.post(
        page_of(first, "claim"), {"expected_version": first.version}, follow=True
    )
    assert has_focus(claimed) == ["textarea"]
    first.refresh_from_db()
    decided = {**ANSWER, "expected_version": first.version, "decision": "approve"}
    page = as_officer.post(page_of(first, "answer"), decided, follow=True)
    assert has_focus(page) == ["a"]
    assert has_focus(as_officer.get(page_of(first))) == []


def test_what_is_refused_has_the_focus(as_officer, queue):
    first = queue[0]
    as_officer.post(page_of(first, "claim"), {"expected_version": first.version})
    first.refresh_from_db()
    stale = {**ANSWER, "expected_version": first.version - 1, "decision": "approve"}
    page = as_officer.post(page_of(first, "answer"), stale)
    assert '<div id="told" role="status" tabindex="-1" autofocus>' in page.content.decode()
    page = as_officer.post(page_of(first, "release"), {"expected_version": first.version - 1})
    assert has_focus(page) == ["div"]


def test_the_number_of_rows_stands_after_their_name(as_officer, queue, monkeypatch):
    assert "Inquiries: 3" in words(as_officer.get(QUEUE))
    monkeypatch.setattr(staff_lists, "MAX_COUNTED", 3)
    assert "Inquiries: 3 or more" in words(as_officer.get(QUEUE))
