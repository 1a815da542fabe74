"""The pages of exports: each file is the list as the queue shows it, and its owner's alone."""

import re
import uuid
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from core.accounts.models import User
from core.security_log import pseudonym
from requests_app.models import Export, Inquiry
from requests_app.storage import PRIVATE
from tawasul.portal.chores import make_exports
from tests import factories
from tests.conftest import errors_on, notices_on, signed_in_staff, words
from tests.portal.security_lines import line, security_log
from tests.requests_app.answers import copies_of
from tests.requests_app.desk_pages import QUEUE, references_in
from tests.requests_app.exporting import asked, lines_in, made, now, references_of
from tests.requests_app.people import after, user_named
from tests.worlds import undone, world

EXPORT, EXPORTS = f"{QUEUE}export/", f"{QUEUE}exports/"
DAY = timedelta(days=1)
WAYS = {
    "queued": [],
    "returned": ["returned"],
    "answered": ["returned", "resubmitted"],
    "approved": ["approved"],
    "rejected": ["rejected"],
    "closed": ["approved", "closed"],
    "withdrawn": ["withdrawn"],
}

pytestmark = pytest.mark.django_db


@world
def one_of_each():
    """Make an inquiry of each way for two supervisors and nobody, some long open or overdue."""
    visa = factories.ServiceFactory(short_name_en="Visa")
    resident = factories.UserFactory(identity__name_en="Omar Farouk")
    nobodys = [factories.filed(), factories.filed(resident, service=visa)]
    for username in ("mine", "theirs"):
        owner = factories.supervisor(username=username)
        for events in WAYS.values():
            after(factories.claimed(owner), owner, *events)
    today = timezone.localdate()
    long_ago = {"submitted_at": timezone.now() - 20 * DAY}
    for inquiry, days in zip(nobodys, (-3, 2), strict=True):
        Inquiry.objects.filter(pk=inquiry.pk).update(due_on=today + days * DAY, **long_ago)
    decided = Inquiry.objects.filter(outcome="approved").order_by("pk")
    Inquiry.objects.filter(pk=decided[0].pk).update(due_on=today - DAY)
    Inquiry.objects.filter(pk=decided[1].pk).update(look_again_since=timezone.now())
    factories.draft()
    return visa.pk


supervisor = user_named("mine")
colleague = user_named("theirs")


@pytest.fixture
def browser(supervisor, one_of_each):
    return signed_in_staff(supervisor)


def pressed(browser, query, **fields):
    """Press the button on the page of exporting this list; return what follows."""
    form = {"idempotency_key": uuid.uuid4(), "file_format": "csv", **fields}
    return browser.post(f"{EXPORT}?{query}", form, follow=True)


def closed(response):
    """Close the file of an answer to HEAD, which the browser of a test leaves open."""
    for close in response._resource_closers:
        close()


def test_each_file_has_the_rows_of_the_list_in_its_order(browser, one_of_each, colleague):
    today = timezone.localdate()
    queries = [
        *("", "queue=all", "queue=mine", "queue=nobody", f"queue={colleague.pk}"),
        *("queue=nonsense", "time=overdue", "queue=all&time=overdue", "queue=all&again=yes"),
        *(f"status__exact={status}" for status in Inquiry.FILED),
        *(f"queue=all&outcome__exact={outcome}" for outcome in Inquiry.Outcome.values),
        *(f"queue=all&service__id__exact={one_of_each}", "queue=all&service__id__exact=9999"),
        *(f"queue=all&age={age}" for age in ("any", "2", "30", "more")),
        *(f"queue=all&{name}=4-weeks" for name in ("filed", "answered", "returned")),
        *(f"queue=all&{name}={today}" for name in ("filed", "answered", "returned")),
        *("queue=all&in_time=yes", "queue=all&in_time=no"),
        *("q=Omar", "q=Omar&queue=nobody", "q=khan&status__exact=processed", "q=khan&o=1"),
        *("queue=all&o=1", "queue=all&o=-6.2", "queue=mine&status__exact=closed&outcome__exact="),
        "status__exact=draft",
    ]
    told = "The list is empty. Choose other filters, then export it."
    lengths = set()
    for query in queries:
        with undone():
            page = browser.get(f"{QUEUE}?{query}")
            assert page.status_code == 200
            shown = references_in(page)
            address = re.search(rf'href="({EXPORT}[^"]*)"', page.content.decode())[1]
            answer = pressed(browser, address.replace("&amp;", "&").partition("?")[2])
            if not shown:
                assert errors_on(answer) == [told], query
                assert not Export.objects.exists()
                continue
            assert notices_on(answer) == [
                "The file is being made. You find it here once it is ready."
            ], query
            make_exports()
            assert references_of(Export.objects.get()) == shown, query
            lengths.add(len(shown))
    assert len(lengths) > 6, "the filters differ"


def test_file_has_all_pages_of_the_list(browser, supervisor):
    copies_of(Inquiry.objects.filter(status="under_processing").first(), 120)
    for query in ("queue=all", "queue=all&o=-6", "q=khan"):
        pages = [browser.get(f"{QUEUE}?{query}&p={number}") for number in range(1, 5)]
        shown = [reference for page in pages[:3] for reference in references_in(page)]
        assert len(shown) > 120
        assert references_of(made(supervisor, query)) == shown, query


def test_page_says_what_will_be_exported_and_keeps_what_was_chosen(browser):
    page = browser.get(f"{EXPORT}?queue=all&status__exact=processed&q=Khan&p=1")
    text = words(page)
    for part in ("Inquiries in the list 4", "Searched for Khan", "Assigned to All inquiries"):
        assert part in text
    assert "Status Processed" in text
    page = browser.post(
        f"{EXPORT}?queue=all",
        {"idempotency_key": uuid.uuid4(), "file_format": "doc", "with_personal": "on"},
    )
    assert errors_on(page) == ["Choose a kind of file."]
    assert re.search(r'name="with_personal"[^>]*checked', page.content.decode())


def test_button_stands_where_it_may_be_pressed(browser, officer):
    page = browser.get(f"{QUEUE}?queue=all&o=1").content.decode()
    (query,) = re.findall(rf'href="{EXPORT}\?([^"]*)">Export</a>', page)
    assert set(query.split("&amp;")) == {"queue=all", "o=1"}
    as_officer = signed_in_staff(officer)
    assert EXPORT not in as_officer.get(QUEUE).content.decode()
    for address in (EXPORT, EXPORTS, f"{EXPORTS}1/"):
        assert as_officer.get(address).status_code == 403


def test_personal_columns_are_offered_only_with_the_right(browser, supervisor):
    assert 'name="with_personal"' in browser.get(EXPORT).content.decode()
    factories.permit(supervisor, "view_inquiry", "export_inquiry")
    assert 'name="with_personal"' not in browser.get(EXPORT).content.decode()
    pressed(browser, "queue=all", with_personal="on")
    assert not Export.objects.get().with_personal


@pytest.mark.parametrize(
    "query",
    [
        *("password=1", "queue=all&queue=mine", "applicant__password__startswith=a"),
        *("status__exact=processed&status__exact=closed", "search_text__regex=(", "pk__in=1,2"),
    ],
)
def test_queries_that_the_queue_refuses_are_refused(browser, query):
    assert browser.get(f"{QUEUE}?{query}").status_code == 400
    for method in (browser.get, browser.post):
        assert method(f"{EXPORT}?{query}").status_code == 400
    assert not Export.objects.exists()


def test_odd_queries_are_answered_as_by_the_queue(browser):
    for query in (
        *(
            "service__id__exact=abc",
            "p=9999",
            "p=-1",
            "all=",
            "e=1",
            "o=99.-99.x",
            "q=" + "a" * 3000,
        ),
        *("filed=2026-02-31", "age=%27", "queue=%F0%9F%98%80", "q=%25%27%22", "_popup=1", "q=+"),
    ):
        queue = browser.get(f"{QUEUE}?{query}", follow=True)
        page = browser.get(f"{EXPORT}?{query}", follow=True)
        assert (queue.status_code, page.status_code) == (200, 200), query
        with undone():
            answer = pressed(browser, query)
            assert answer.status_code == 200, query
            make_exports()
            assert not Export.objects.filter(state="failed").exists(), query


def test_owner_alone_gets_the_file_and_only_with_the_right(browser, supervisor, colleague):
    export = made(supervisor, with_personal=True)
    response = browser.get(f"{EXPORTS}{export.pk}/")
    assert len(lines_in(response.getvalue())) == 1 + export.rows
    assert "no-store" in response.headers["Cache-Control"]
    day = timezone.localdate().isoformat()
    name = f"inquiries-{day}-{export.pk}.csv"
    assert response.headers["Content-Disposition"].startswith(f'attachment; filename="{name}"')
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    of_colleague = signed_in_staff(colleague)
    for pk in (export.pk, export.pk + 1):
        assert of_colleague.get(f"{EXPORTS}{pk}/").status_code == 404
    factories.permit(supervisor, "view_inquiry", "export_inquiry")
    assert browser.get(f"{EXPORTS}{export.pk}/").status_code == 403
    factories.permit(supervisor, "view_inquiry", "triage_inquiry")
    assert browser.get(f"{EXPORTS}{export.pk}/").status_code == 403


def test_file_that_is_not_there_leads_to_the_list_of_exports(browser, supervisor):
    export = asked(supervisor)
    told = ["This file is not there any more, or not yet. Export it again."]
    page = browser.get(f"{EXPORTS}{export.pk}/", follow=True)
    assert notices_on(page) == told
    make_exports()
    Export.objects.update(ended_at=timezone.now() - DAY)
    assert notices_on(browser.get(f"{EXPORTS}{export.pk}/", follow=True)) == told
    Export.objects.update(ended_at=timezone.now())
    storages[PRIVATE].delete(now(export).stored_name)
    assert browser.get(f"{EXPORTS}{export.pk}/").status_code == 404


def test_list_of_exports_shows_how_far_each_is(browser, supervisor, colleague):
    assert "You have exported nothing yet." in words(browser.get(EXPORTS))
    asked(colleague)
    export = asked(supervisor)
    Export.objects.filter(pk=export.pk).update(state="running", rows_done=7, rows=16)
    page = browser.get(EXPORTS)
    assert "In the making 7 of 16 inquiries" in words(page)
    assert '<progress value="7" max="16"' in page.content.decode()
    assert "Refresh" in words(page)
    Export.objects.filter(pk=export.pk).update(state="waiting")
    make_exports()
    page = browser.get(EXPORTS)
    assert f"{export.rows} inquiries · Here until" in words(page)
    assert page.content.decode().count("Download") == 1
    assert "Refresh" not in words(page)
    Export.objects.filter(pk=export.pk).update(state="failed", failure="no_right", stored_name="")
    assert "Your account may not export this any more." in words(browser.get(EXPORTS))
    Export.objects.filter(pk=export.pk).update(state="expired", failure="", query="")
    assert "Removed 16 inquiries" in words(browser.get(EXPORTS))


def test_first_page_counts_what_can_be_downloaded(browser, supervisor, officer):
    made(supervisor)
    made(factories.supervisor())
    row = "1 Exports to download"
    assert row in words(browser.get("/en/staff/"))
    assert "Exports to download" not in words(signed_in_staff(officer).get("/en/staff/"))


def test_log_says_who_took_what_out_without_what_was_searched_for(browser, supervisor):
    with security_log() as lines:
        found = lines(lambda: pressed(browser, "queue=all&status__exact=processed&q=Khan&o=1"))
        export = Export.objects.get()
        reference = f"export-{export.pk}"
        facts = {"kind": "inquiries_csv", "reference": reference, "rows": "4"}
        filters = "queue=all&status__exact=processed&q=yes"
        assert found == [line("export", account=supervisor, filters=filters, **facts)]
        make_exports()
        address = f"{EXPORTS}{export.pk}/"
        assert lines(lambda: closed(browser.head(address))) == []
        assert lines(lambda: browser.get(address).getvalue()) == [
            line("export_downloaded", account=supervisor, **facts)
        ]
        # What somebody typed into the address is no choice of a filter.
        number = "1000000024"
        query = f"queue={number}&time={number}&filed={number}"
        (noted,) = lines(lambda: pressed(browser, query, file_format="xlsx", with_personal="on"))
        assert (noted["kind"], noted.get("filters")) == ("personal_xlsx", None)
        # An officer's key, which is a choice.
        other = User.objects.get(username="theirs")
        (noted,) = lines(lambda: pressed(browser, f"queue={other.pk}"))
        assert noted["filters"] == f"queue={other.pk}"
        assert noted["account"] == pseudonym("account", supervisor.pk)


def test_log_says_who_tried_another_ones_file(browser, supervisor, colleague):
    export = made(colleague)
    with security_log() as lines:
        assert lines(lambda: browser.get(f"{EXPORTS}{export.pk}/")) == [
            line("access_refused", "not_theirs", account=supervisor, kind="export")
        ]
