"""Working through the queue by keyboard: the next link, the access keys and the focus."""

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


def next_link(browser, inquiry):
    """Return the address of the link at the top of the desk."""
    markup = browser.get(page_of(inquiry)).content.decode()
    return re.search(r'<p class="button-row next">\s*<a class="button" href="([^"]*)"', markup)[1]


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


def test_next_link_follows_queue_order(as_officer, queue):
    first, second, third = queue
    assert next_link(as_officer, first) == page_of(second)
    assert next_link(as_officer, second) == page_of(third)
    assert next_link(as_officer, third) == QUEUE


def test_next_link_skips_colleagues_and_decided(as_officer, officer, queue):
    first, second, third = queue
    Inquiry.objects.filter(pk=second.pk).update(assignee=factories.OfficerFactory())
    assert next_link(as_officer, first) == page_of(third)
    claimed = actions.claim(actor=officer, inquiry=third, expected_version=third.version)
    assert next_link(as_officer, first) == page_of(third)
    write(actions.approve, claimed, officer)
    assert next_link(as_officer, first) == QUEUE


def test_next_link_skips_own_cases(as_officer, officer, queue):
    first, second, third = queue
    Inquiry.objects.filter(pk=second.pk).update(applicant=officer)
    assert next_link(as_officer, first) == page_of(third)


def test_queue_links_to_first_inquiry(as_officer, queue):
    markup = as_officer.get(QUEUE).content.decode()
    assert f'<a class="button default" href="{page_of(queue[0])}" accesskey="n">' in markup
    assert "Open the first in the list" not in words(as_officer.get(QUEUE, {"queue": "mine"}))


def test_access_keys_are_unique_on_a_page(as_officer, queue):
    first = queue[0]
    pages = [as_officer.get(QUEUE), as_officer.get(page_of(first))]
    as_officer.post(page_of(first, "claim"), {"expected_version": first.version})
    pages.append(as_officer.get(page_of(first)))
    keys = [re.findall(r'accesskey="(\w)"', page.content.decode()) for page in pages]
    assert list(map(sorted, keys)) == [["n", "s"], ["m", "n"], ["a", "n"]]
    for page, own in zip(pages, keys, strict=True):
        shown = re.findall(r"<kbd aria-hidden=\"true\">(\w)</kbd>", page.content.decode())
        assert sorted(shown) == sorted(key.upper() for key in own)


def test_focus_moves_to_the_next_control(as_officer, queue):
    first = queue[0]
    assert focused_elements(as_officer.get(page_of(first))) == []
    claimed = as_officer.post(
        page_of(first, "claim"), {"expected_version": first.version}, follow=True
    )
    assert focused_elements(claimed) == ["textarea"]
    first.refresh_from_db()
    decided = {**ANSWER, "expected_version": first.version, "decision": "approve"}
    page = as_officer.post(page_of(first, "answer"), decided, follow=True)
    assert focused_elements(page) == ["a"]
    assert focused_elements(as_officer.get(page_of(first))) == []


def test_refusal_has_the_focus(as_officer, queue):
    first = queue[0]
    as_officer.post(page_of(first, "claim"), {"expected_version": first.version})
    first.refresh_from_db()
    stale = {**ANSWER, "expected_version": first.version - 1, "decision": "approve"}
    page = as_officer.post(page_of(first, "answer"), stale)
    assert '<div id="told" role="status" tabindex="-1" autofocus>' in page.content.decode()
    page = as_officer.post(page_of(first, "release"), {"expected_version": first.version - 1})
    assert focused_elements(page) == ["div"]


def test_row_count_is_shown_after_the_title(as_officer, queue, monkeypatch):
    assert "Inquiries: 3" in words(as_officer.get(QUEUE))
    monkeypatch.setattr(staff_lists, "MAX_COUNTED", 3)
    assert "Inquiries: 3 or more" in words(as_officer.get(QUEUE))
