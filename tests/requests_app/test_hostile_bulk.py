"""Bulk requests that no browser would send, and selections of too many or no inquiries."""

import uuid

import pytest

from requests_app.models import Inquiry, InquiryEvent, Reply
from tests import factories
from tests.conftest import words
from tests.requests_app.bulk_pages import (
    ACTIONS,
    QUEUE,
    TEXT,
    choose,
    events_of,
    fields_on,
    press,
    ready_for,
    result_of,
    results_on,
)

pytestmark = [pytest.mark.both_engines, pytest.mark.one_engine]


@pytest.fixture
def officer(db):
    """Return an officer with every permission."""
    return factories.supervisor()


# Limits


def many(count):
    """Return `count` inquiries, copied from one."""
    filed = factories.filed()
    filed.refresh_from_db()
    fields = {
        field.attname: getattr(filed, field.attname)
        for field in Inquiry._meta.concrete_fields
        if field.name not in ("id", "idempotency_key", "reference")
    }
    rows = [Inquiry(idempotency_key=uuid.uuid4(), **fields) for _row in range(count - 1)]
    Inquiry.objects.bulk_create(rows)
    return list(Inquiry.objects.order_by("due_on", "pk"))


def test_hundred_inquiries_at_once_show_all_results(as_officer):
    inquiries = many(100)
    page = choose(as_officer, "claim", inquiries)
    assert "You have chosen 100 inquiries:" in words(page)
    told = press(as_officer, "claim", fields_on(page))
    assert results_on(told) == [result_of(each, ACTIONS["claim"][2]) for each in inquiries]


def test_selection_over_100_is_refused(as_officer):
    page = choose(as_officer, "claim", many(101))
    assert page.redirect_chain == [(QUEUE, 302)]
    assert results_on(page) == ["Choose at most 100 inquiries at once."]
    assert not InquiryEvent.objects.filter(event_type="claimed").exists()


def test_forged_selection_over_100_is_capped_at_100(as_officer):
    items = [f"{inquiry.pk}:{inquiry.version}" for inquiry in many(103)]
    press(as_officer, "claim", {"item": items})
    assert InquiryEvent.objects.filter(event_type="claimed").count() <= 100


def test_empty_selection_is_refused(as_officer):
    factories.filed()
    page = as_officer.post(QUEUE, {"action": "claim", "index": 0}, follow=True)
    assert results_on(page) == [
        "Items must be selected in order to perform actions on them. No items have been changed."
    ]
    assert not InquiryEvent.objects.filter(event_type="claimed").exists()


# Forged requests


def test_malformed_item_is_refused(as_officer):
    inquiry = factories.filed()
    for item in (
        *("", "abc", "1", ":", "1:", ":1", "1:2:3", "-1:1", "1:-1", "1.5:1", "1:1 ", " 1:1"),
        *(f"{10**30}:0", f"1:{10**30}", "9" * 5000 + ":1", "١:١", "²:1", "0x1:1", "1:1\n", "1;1"),
    ):
        for items in (item, [f"{inquiry.pk}:{inquiry.version}", item]):
            response = press(as_officer, "claim", {"item": items})
            assert response.status_code == 400, item[:20]
    assert events_of([inquiry]) == 1


@pytest.mark.parametrize("version", [0, 2, 999_999_999])
def test_item_with_wrong_version_is_not_processed(as_officer, officer, version):
    inquiry = factories.filed()
    told = press(as_officer, "claim", {"item": f"{inquiry.pk}:{version}"})
    assert len(results_on(told)) == 1
    assert ACTIONS["claim"][2] not in results_on(told)[0]
    assert events_of([inquiry]) == 1


@pytest.mark.parametrize("pk", [0, 10**18 - 1])
def test_missing_inquiry_is_skipped(as_officer, pk):
    told = press(as_officer, "claim", {"item": f"{pk}:1"})
    assert told.redirect_chain == [(QUEUE, 302)]
    assert results_on(told) == []


def test_duplicate_item_is_processed_once(as_officer):
    inquiry = factories.filed()
    item = f"{inquiry.pk}:{inquiry.version}"
    told = press(as_officer, "claim", {"item": [item, item]})
    assert results_on(told) == [result_of(inquiry, ACTIONS["claim"][2])]


@pytest.mark.parametrize("name", ACTIONS)
def test_get_or_post_without_item_redirects_to_queue(as_officer, officer, name):
    inquiry = ready_for(name, officer)
    fields = {
        "item": f"{inquiry.pk}:{inquiry.version}",
        "text": TEXT,
        "idempotency_key": uuid.uuid4(),
    }
    for response in (
        as_officer.get(f"{QUEUE}bulk/{name}/", fields),
        as_officer.post(f"{QUEUE}bulk/{name}/", {"text": TEXT, "idempotency_key": uuid.uuid4()}),
    ):
        assert response.url == QUEUE
    assert events_of([inquiry]) == inquiry.version


def test_unknown_bulk_action_is_404(as_officer):
    inquiry = factories.filed()
    fields = {"item": f"{inquiry.pk}:{inquiry.version}"}
    for name in ("approved", "delete", "CLAIM", "send_back", "0", "delete_selected"):
        for method in (as_officer.get, as_officer.post):
            assert method(f"{QUEUE}bulk/{name}/", fields).status_code == 404, name


@pytest.mark.parametrize("action", ["approved", "delete_selected", "__all__", "", "claim\u202e"])
def test_action_outside_menu_is_ignored(as_officer, action):
    inquiry = factories.filed()
    chosen = {"action": action, "_selected_action": inquiry.pk, "post": "yes"}
    page = as_officer.post(QUEUE, chosen, follow=True)
    assert page.status_code == 200
    assert "You have chosen" not in words(page)
    assert Inquiry.objects.get().version == inquiry.version


@pytest.mark.parametrize("idempotency_key", ["", "abc", "0" * 40])
def test_invalid_idempotency_key_writes_nothing(as_officer, officer, idempotency_key):
    inquiry = ready_for("note", officer)
    fields = {
        "item": f"{inquiry.pk}:{inquiry.version}",
        "text": TEXT,
        "idempotency_key": idempotency_key,
    }
    assert press(as_officer, "note", fields).status_code == 200
    assert not Reply.objects.exists()
