"""The queue: its filters and their labels, its order, its columns and its pages."""

import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from core.hijri import both_calendars
from core.references import grouped_reference
from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import signed_in_staff, words

pytestmark = [pytest.mark.both_engines, pytest.mark.one_engine]

QUEUE = "/en/staff/requests_app/inquiry/"
TEXT = "The fee was paid on 12 Safar."
WAYS = {
    "queued": [],
    "returned": ["send_back"],
    "answered": ["send_back", "answer_return"],
    "approved": ["approve"],
    "rejected": ["reject"],
    "closed": ["approve", "close"],
    "withdrawn": ["withdraw"],
}
DEFAULT_QUEUE = {"nobody's queued", "mine queued", "mine answered"}


def act(action, inquiry, officer):
    of_applicant = action in ("answer_return", "withdraw")
    fields = {
        "actor": inquiry.applicant if of_applicant else officer,
        "expected_version": inquiry.version,
    }
    if action not in ("claim", "close"):
        fields |= {"text": TEXT, "idempotency_key": uuid.uuid4()}
    return getattr(actions, action)(inquiry=inquiry, **fields)


@pytest.fixture
def one_of_each(officer):
    """Return references by assignee and way, of one inquiry for each assignee and entry of WAYS."""
    owners = {"mine": officer, "theirs": factories.OfficerFactory(username="colleague")}
    inquiries = {"nobody's queued": factories.filed()}
    for whose, owner in owners.items():
        for way, steps in WAYS.items():
            inquiry = factories.claimed(owner)
            for action in steps:
                inquiry = act(action, inquiry, owner)
            inquiries[f"{whose} {way}"] = inquiry
    factories.draft()
    return {name: inquiry.reference for name, inquiry in inquiries.items()}


def references_in(page):
    """Return the references in the list, from top to bottom."""
    found = re.findall(r"\b8\d{3}-\d{4}-\d{4}\b", words(page))
    return [number.replace("-", "") for number in found]


def listed(browser, **filters):
    page = browser.get(QUEUE, filters)
    assert page.status_code == 200
    return references_in(page)


def names_of(references, one_of_each):
    names = {reference: name for name, reference in one_of_each.items()}
    return {names[reference] for reference in references}


def filters_on(page):
    """Return the choices of each filter, by its title with the current choice."""
    markup = page.content.decode()
    sidebar = markup[markup.index('id="changelist-filter"') :]
    return {
        words(title): [words(choice) for choice in re.findall(r"<a .*?</a>", body)]
        for title, body in re.findall(r"(?s)<summary>(.*?)</summary>(.*?)</details>", sidebar)
    }


# Assignee


@pytest.mark.parametrize(
    ("queue", "expected"),
    [
        (None, DEFAULT_QUEUE),
        ("mine", {"mine queued", "mine answered"}),
        ("nobody", {"nobody's queued"}),
        ("officer", {"theirs queued", "theirs answered"}),
        ("all", None),
    ],
)
def test_queue_is_filtered_by_assignee(as_officer, one_of_each, queue, expected):
    colleague = Inquiry.objects.get(reference=one_of_each["theirs queued"]).assignee
    value = colleague.pk if queue == "officer" else queue
    found = listed(as_officer, **({"queue": value} if queue else {}))
    assert len(found) == len(set(found))
    assert names_of(found, one_of_each) == (expected or set(one_of_each))


def test_unknown_queue_value_shows_default_queue(as_officer, one_of_each):
    for queue in (
        *("nonsense", "", " ", "-1", "0", "999999", "9" * 30, "9" * 5000, "1.5", "abc", "Mine"),
        *("ALL", "mine ", "٣", "²", "%", "' OR 1=1 --", "None", "null", "1,2"),
    ):
        found = names_of(listed(as_officer, queue=queue), one_of_each)
        assert found == DEFAULT_QUEUE, queue[:20]


@pytest.mark.parametrize("who", ["resident", "inactive", "without the permission"])
def test_queue_filter_accepts_officers_only(as_officer, one_of_each, resident, who):
    other = Inquiry.objects.get(reference=one_of_each["theirs queued"]).assignee
    if who == "inactive":
        other.is_active = False
        other.save(update_fields=["is_active"])
    if who == "without the permission":
        other.user_permissions.clear()
    asked = resident if who == "resident" else other
    found = names_of(listed(as_officer, queue=asked.pk), one_of_each)
    assert found == DEFAULT_QUEUE


# Time left


def test_overdue_filter_shows_and_marks_overdue(as_officer, one_of_each):
    late = ["mine queued", "mine returned", "mine closed", "theirs queued", "nobody's queued"]
    references = [one_of_each[name] for name in late]
    yesterday = timezone.localdate() - timedelta(days=1)
    Inquiry.objects.filter(reference__in=references).update(due_on=yesterday)

    found = names_of(listed(as_officer, time="overdue"), one_of_each)
    assert found == {"mine queued", "nobody's queued"}
    found = names_of(listed(as_officer, time="overdue", queue="all"), one_of_each)
    assert found == {"mine queued", "nobody's queued", "theirs queued"}
    page = words(as_officer.get(QUEUE, {"time": "overdue", "queue": "all"}))
    table = page[page.index("Select all") :] if "Select all" in page else page
    assert table.count(" overdue ") >= 3
    assert " on time " not in table


def test_inquiry_due_today_is_on_time(as_officer):
    factories.filed()
    Inquiry.objects.update(due_on=timezone.localdate())
    assert listed(as_officer, time="overdue") == []
    assert " on time " in words(as_officer.get(QUEUE))


def test_unknown_time_value_is_ignored(as_officer, one_of_each):
    for time in ("nonsense", "", "on time", "9" * 5000, "٣", "%"):
        found = names_of(listed(as_officer, time=time), one_of_each)
        assert found == DEFAULT_QUEUE, time[:20]


# Status, outcome, service


@pytest.mark.parametrize(
    ("status", "ways"),
    [
        ("under_processing", {"queued"}),
        ("returned_to_applicant", {"returned"}),
        ("returned_by_applicant", {"answered"}),
        ("processed", {"approved", "rejected"}),
        ("closed", {"closed", "withdrawn"}),
    ],
)
def test_queue_is_filtered_by_status(as_officer, one_of_each, status, ways):
    mine = {f"mine {way}" for way in ways}
    found = names_of(listed(as_officer, status__exact=status), one_of_each)
    assert found - {"nobody's queued"} == mine
    found = names_of(listed(as_officer, status__exact=status, queue="all"), one_of_each)
    assert found - {"nobody's queued"} == mine | {f"theirs {way}" for way in ways}
    found = names_of(listed(as_officer, status__exact=status, queue="mine"), one_of_each)
    assert found == mine


@pytest.mark.parametrize(
    ("outcome", "ways"),
    [
        ("approved", {"approved", "closed"}),
        ("rejected", {"rejected"}),
        ("withdrawn", {"withdrawn"}),
    ],
)
def test_queue_is_filtered_by_outcome(as_officer, one_of_each, outcome, ways):
    found = names_of(listed(as_officer, outcome__exact=outcome), one_of_each)
    assert found == {f"mine {way}" for way in ways}
    found = names_of(listed(as_officer, outcome__exact=outcome, queue="all"), one_of_each)
    assert found == {f"{whose} {way}" for whose in ("mine", "theirs") for way in ways}


def test_queue_is_filtered_by_service(as_officer):
    visas, passports = factories.ServiceFactory(), factories.ServiceFactory()
    visa, _passport = factories.filed(service=visas), factories.filed(service=passports)
    assert listed(as_officer, service__id__exact=visas.pk) == [visa.reference]


def test_filters_combine(as_officer, one_of_each):
    filters = {"status__exact": "closed", "outcome__exact": "approved", "queue": "mine"}
    assert names_of(listed(as_officer, **filters), one_of_each) == {"mine closed"}


def test_invalid_filter_value_shows_nothing_or_queue(as_officer, one_of_each):
    values = {
        "status__exact": ("nonsense", "draft", "٣", "9" * 5000, "' --"),
        "outcome__exact": ("nonsense", "٣", "9" * 5000, "' --"),
        "service__id__exact": ("0", "999999", "-1", "9" * 18, "abc", "9" * 5000, "1.5", "²"),
    }
    for name, value in [(name, value) for name, each in values.items() for value in each]:
        page = as_officer.get(QUEUE, {name: value, "queue": "all"}, follow=True)
        assert page.status_code == 200, (name, value[:20])
        shown = names_of(references_in(page), one_of_each)
        assert shown == (DEFAULT_QUEUE if page.redirect_chain else set()), (name, value[:20])


def test_unlisted_lookups_are_refused(as_officer, one_of_each):
    for lookup in (
        *("description__contains=paid", "assignee__password__startswith=a", "name__regex=("),
        *(
            "search_text__words_begin=x",
            "applicant__id__exact=1",
            "version__gte=1",
            "idempotency_key=abc",
        ),
        *("reference__startswith=8", "status__in=draft", "outcome__isempty=1", "service=1", "id=1"),
    ):
        page = as_officer.get(f"{QUEUE}?queue=all&{lookup}", follow=True)
        if page.status_code != 400:
            assert page.redirect_chain == [(f"{QUEUE}?e=1", 302)], lookup


# Labels


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
        "Status: All": [
            *("All", "Under processing", "Returned to applicant", "Returned by applicant"),
            *("Processed", "Closed"),
        ],
        "Outcome: All": ["All", "Approved", "Rejected", "Withdrawn"],
        "Service: All": ["All", "Visas", "Passports"],
    }


# Order, columns and pages


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
    titles = "Request number Service Name Status Assigned to Due on Time left"
    assert titles.lower() in shown.lower()
    row = (
        f"{grouped_reference(inquiry.reference)} Visas {inquiry.name} Under processing "
        f"{officer.get_short_name()} {both_calendars(inquiry.due_on)} on time"
    )
    assert row in shown
    decided = act("approve", inquiry, officer)
    shown = words(as_officer.get(QUEUE, {"queue": "all"}))
    assert f"Processed {officer.get_short_name()} {both_calendars(decided.due_on)}" in shown
    assert "on time" not in shown


def test_queue_has_fifty_rows_a_page(as_officer):
    service, applicant = factories.ServiceFactory(), factories.UserFactory()
    filed = factories.filed(applicant, service=service)
    filed.refresh_from_db()
    fields = {
        field.attname: getattr(filed, field.attname)
        for field in Inquiry._meta.concrete_fields
        if field.name not in ("id", "idempotency_key", "reference")
    }
    Inquiry.objects.bulk_create(
        Inquiry(idempotency_key=uuid.uuid4(), **fields) for _row in range(51)
    )
    everything = list(Inquiry.objects.order_by("due_on", "pk").values_list("reference", flat=True))
    assert listed(as_officer) == everything[:50]
    assert listed(as_officer, p=2) == everything[50:]


@pytest.mark.parametrize("queue", [None, "all", "nobody", "mine", "own"])
def test_own_cases_are_in_no_queue(db, queue):
    officer = factories.OfficerFactory(identity=factories.IdentityFactory(), mobile="+966501234567")
    other = factories.filed()
    own = factories.filed(officer)
    factories.link(other.applicant.identity, officer.identity)
    for_them = factories.filed(other.applicant, beneficiary=officer.identity)
    Inquiry.objects.filter(pk__in=[own.pk, for_them.pk]).update(assignee=officer)
    filters = {"queue": officer.pk if queue == "own" else queue} if queue else {}
    found = listed(signed_in_staff(officer), **filters)
    assert not set(found) & {own.reference, for_them.reference}
    for status in ("draft", "under_processing"):
        found = listed(signed_in_staff(officer), status__exact=status, **filters)
        assert not set(found) & {own.reference, for_them.reference}


def test_viewer_sees_queue_without_actions(officer):
    officer.user_permissions.set(Permission.objects.filter(codename="view_inquiry"))
    inquiry = factories.filed()
    page = signed_in_staff(officer).get(QUEUE)
    assert grouped_reference(inquiry.reference) in words(page)
    assert 'name="action"' not in page.content.decode()
