"""The filters of the queue, alone and combined."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.accounts.models import User
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import words
from tests.requests_app.desk_pages import QUEUE, listed, references_in
from tests.requests_app.people import after, user_named
from tests.worlds import undone, world

pytestmark = pytest.mark.usefixtures("one_of_each")

WAYS = {
    "queued": [],
    "returned": ["returned"],
    "answered": ["returned", "resubmitted"],
    "approved": ["approved"],
    "rejected": ["rejected"],
    "closed": ["approved", "closed"],
    "withdrawn": ["withdrawn"],
}
DEFAULT_QUEUE = {"nobody's queued", "mine queued", "mine answered"}


@world
def one_of_each():
    """Return references by assignee and way, of one inquiry for each assignee and entry of WAYS."""
    inquiries = {"nobody's queued": factories.filed()}
    for whose in ("mine", "theirs"):
        owner = factories.OfficerFactory(username=whose)
        for way, events in WAYS.items():
            inquiries[f"{whose} {way}"] = after(factories.claimed(owner), owner, *events)
    factories.draft()
    return {name: inquiry.reference for name, inquiry in inquiries.items()}


officer = user_named("mine")
colleague = user_named("theirs")


@pytest.fixture
def find(as_officer, one_of_each):
    """Return a function that filters the queue and returns the names of what is listed."""
    names = {reference: name for name, reference in one_of_each.items()}

    def find(**filters):
        found = listed(as_officer, **filters)
        assert len(found) == len(set(found))
        return {names[reference] for reference in found}

    return find


def test_queue_is_filtered_by_assignee(find, one_of_each, colleague):
    assert find() == DEFAULT_QUEUE
    # What waits for its applicant is still in hand.
    assert find(queue="mine") == {"mine queued", "mine answered", "mine returned"}
    assert find(queue="nobody") == {"nobody's queued"}
    assert find(queue=colleague.pk) == {"theirs queued", "theirs answered"}
    assert find(queue="all") == set(one_of_each)


def test_unknown_queue_value_shows_default_queue(find):
    for queue in (
        *("nonsense", "", " ", "-1", "0", "999999", "9" * 30, "9" * 5000, "1.5", "abc", "Mine"),
        *("ALL", "mine ", "٣", "²", "%", "' OR 1=1 --", "None", "null", "1,2"),
    ):
        assert find(queue=queue) == DEFAULT_QUEUE, queue[:20]


def test_queue_filter_accepts_officers_only(find, colleague, resident):
    assert find(queue=resident.pk) == DEFAULT_QUEUE
    with undone():
        User.objects.filter(pk=colleague.pk).update(is_active=False)
        assert find(queue=colleague.pk) == DEFAULT_QUEUE
    colleague.user_permissions.clear()
    assert find(queue=colleague.pk) == DEFAULT_QUEUE


def test_overdue_filter_shows_and_marks_overdue(find, as_officer, one_of_each):
    late = ["mine queued", "mine returned", "mine closed", "theirs queued", "nobody's queued"]
    references = [one_of_each[name] for name in late]
    yesterday = timezone.localdate() - timedelta(days=1)
    Inquiry.objects.filter(reference__in=references).update(due_on=yesterday)

    assert find(time="overdue") == {"mine queued", "nobody's queued"}
    overdue = {"mine queued", "nobody's queued", "theirs queued"}
    assert find(time="overdue", queue="all") == overdue
    page = words(as_officer.get(QUEUE, {"time": "overdue", "queue": "all"}))
    table = page[page.index("Select all") :] if "Select all" in page else page
    assert table.count(" overdue ") >= 3


def test_unknown_time_value_is_ignored(find):
    for time in ("nonsense", "", "on time", "9" * 5000, "٣", "%"):
        assert find(time=time) == DEFAULT_QUEUE, time[:20]


def test_queue_is_filtered_by_status(find):
    for status, ways in (
        ("under_processing", {"queued"}),
        ("returned_to_applicant", {"returned"}),
        ("returned_by_applicant", {"answered"}),
        ("processed", {"approved", "rejected"}),
        ("closed", {"closed", "withdrawn"}),
    ):
        mine, theirs = ({f"{whose} {way}" for way in ways} for whose in ("mine", "theirs"))
        assert find(status__exact=status) - {"nobody's queued"} == mine, status
        everything = find(status__exact=status, queue="all")
        assert everything - {"nobody's queued"} == mine | theirs, status
        assert find(status__exact=status, queue="mine") == mine, status


def test_queue_is_filtered_by_outcome(find):
    for outcome, ways in (
        ("approved", {"approved", "closed"}),
        ("rejected", {"rejected"}),
        ("withdrawn", {"withdrawn"}),
    ):
        mine, theirs = ({f"{whose} {way}" for way in ways} for whose in ("mine", "theirs"))
        assert find(outcome__exact=outcome) == mine, outcome
        assert find(outcome__exact=outcome, queue="all") == mine | theirs, outcome


def test_queue_is_filtered_by_service(as_officer, one_of_each):
    visa = factories.filed(service=factories.ServiceFactory())
    assert listed(as_officer, service__id__exact=visa.service_id) == [visa.reference]


def test_filters_combine(find):
    filters = {"status__exact": "closed", "outcome__exact": "approved", "queue": "mine"}
    assert find(**filters) == {"mine closed"}


def test_invalid_filter_value_shows_nothing_or_queue(as_officer, one_of_each):
    default_queue = {one_of_each[name] for name in DEFAULT_QUEUE}
    values = {
        "status__exact": ("nonsense", "draft", "٣", "9" * 5000, "' --"),
        "outcome__exact": ("nonsense", "٣", "9" * 5000, "' --"),
        "service__id__exact": ("0", "999999", "-1", "9" * 18, "abc", "9" * 5000, "1.5", "²"),
    }
    for name, value in [(name, value) for name, each in values.items() for value in each]:
        page = as_officer.get(QUEUE, {name: value, "queue": "all"}, follow=True)
        assert page.status_code == 200, (name, value[:20])
        shown = set(references_in(page))
        assert shown == (default_queue if page.redirect_chain else set()), (name, value[:20])


def test_unlisted_lookups_are_refused(as_officer, one_of_each):
    for lookup in (
        *("description__contains=paid", "assignee__password__startswith=a", "name__regex=("),
        *("search_text__words_begin=x", "applicant__id__exact=1", "version__gte=1"),
        *("idempotency_key=abc", "reference__startswith=8", "status__in=draft"),
        *("outcome__isempty=1", "service=1", "id=1"),
    ):
        page = as_officer.get(f"{QUEUE}?queue=all&{lookup}", follow=True)
        if page.status_code != 400:
            assert page.redirect_chain == [(f"{QUEUE}?e=1", 302)], lookup
