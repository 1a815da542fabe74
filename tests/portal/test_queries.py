"""Pages with lists take as many queries for thirty rows as for one."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from requests_app import actions
from requests_app.models import Attachment, Inquiry
from tests import factories
from tests.conftest import signed_in, signed_in_staff

MAX = 12
QUEUE = "/en/staff/requests_app/inquiry/"


def queries(browser, address, posted=None):
    """Return the number of queries of a page, and its content."""

    def ask():
        return browser.get(address) if posted is None else browser.post(address, posted)

    ask()  # queries that run once per process run here
    with CaptureQueriesContext(connection) as asked:
        response = ask()
    assert response.status_code == 200
    return len(asked), response.content.decode()


def copies(inquiry, count, **changes):
    """Create copies of `inquiry`, each with its own reference; this is quicker than filing them."""
    inquiry = Inquiry.objects.get(pk=inquiry.pk)
    fields = {
        field.name: getattr(inquiry, field.name)
        for field in Inquiry._meta.concrete_fields
        if field.name not in ("id", "idempotency_key", "reference")
    }
    rows = [Inquiry(idempotency_key=uuid.uuid4(), **fields | changes) for _row in range(count)]
    return Inquiry.objects.bulk_create(rows)


def documents_of(inquiry, count, **changes):
    """Create so many documents without files, as no page opens them."""
    kind = factories.document_type()
    number = inquiry.attachments.count()
    Attachment.objects.bulk_create(
        Attachment(
            inquiry=inquiry,
            document_type=kind,
            original_name=f"page {number + row}.jpg",
            stored_name=uuid.uuid4().hex,
            content_type="image/jpeg",
            size=1000,
            sha256=uuid.uuid4().hex,
            **changes,
        )
        for row in range(count)
    )


def write(action, inquiry, actor):
    """Run an action with a text on the inquiry and return its result."""
    inquiry.refresh_from_db()
    text = f"Words number {inquiry.version}."
    return action(
        actor=actor,
        inquiry=inquiry,
        expected_version=inquiry.version,
        text=text,
        idempotency_key=uuid.uuid4(),
    )


# Pages of a person


@pytest.mark.parametrize(
    "address",
    [
        "/en/my/",
        "/en/inquiries/",
        *(f"/en/inquiries/?show={show}" for show in ("all", "drafts", "open", "finished")),
        "/en/inquiries/?show=waiting",
    ],
)
def test_lists_of_a_person(as_resident, resident, officer, address):
    ways = {
        "drafts": factories.draft(resident),
        "open": factories.filed(resident),
        "waiting": factories.claimed(officer, applicant=resident),
        "finished": factories.claimed(officer, applicant=resident),
    }
    write(actions.send_back, ways["waiting"], officer)
    write(actions.approve, ways["finished"], officer)
    for_few, _page = queries(as_resident, address)
    last = {
        show: copies(inquiry, 29, service=factories.ServiceFactory())[-1]
        for show, inquiry in ways.items()
    }
    for_many, page = queries(as_resident, address)
    show = address.rpartition("=")[2]
    assert last.get(show, last["finished"]).reference in page
    assert for_many == for_few <= MAX


def test_inquiry_with_long_history(as_resident, resident, officer):
    """The history has answers, events, notices by text and mail, and documents."""
    resident.email = "aslam@example.org"
    resident.save(update_fields=["email"])
    inquiry = factories.claimed(officer, applicant=resident)
    address = f"/en/inquiries/{inquiry.reference}/"

    def add(count):
        for _row in range(count):
            write(actions.reply, inquiry, officer)
        documents_of(inquiry, count, sent_at=timezone.now())

    add(1)
    for_few, _page = queries(as_resident, address)
    add(29)
    for_many, page = queries(as_resident, address)
    assert page.count("Words number ") == page.count("<strong>Answered</strong>") == 30
    assert page.count("there is an answer to your inquiry") == 60
    assert page.count(".jpg</bdi></a>") == 30
    assert for_many == for_few <= MAX


def test_answer_page_with_answers_and_documents(as_resident, resident, officer):
    inquiry = factories.claimed(officer, applicant=resident)
    address = f"/en/inquiries/{inquiry.reference}/answer/"
    write(actions.send_back, inquiry, officer)
    documents_of(inquiry, 1)
    for_few, _page = queries(as_resident, address)
    for _round in range(14):
        write(actions.answer_return, inquiry, resident)
        write(actions.send_back, inquiry, officer)
    documents_of(inquiry, 30)
    for_many, page = queries(as_resident, address)
    assert page.count("Words number ") == 29
    assert page.count('name="remove"') == 30
    assert for_many == for_few <= MAX


@pytest.mark.parametrize("step", ["documents", "review"])
def test_step_with_many_documents(as_resident, resident, step):
    service = factories.ServiceFactory()
    service.documents.add(factories.document_type())
    service.optional_documents.add(factories.document_type("another"))
    draft = factories.draft(resident, service=service)
    address = f"/en/inquiries/{draft.reference}/{step}/"
    documents_of(draft, 1)
    for_few, _page = queries(as_resident, address)
    documents_of(draft, 29)
    service.optional_documents.set(factories.document_type(f"document-{n}") for n in range(30))
    for_many, page = queries(as_resident, address)
    assert page.count(".jpg</bdi></a>") == 30
    assert for_many == for_few <= MAX


def test_details_of_draft_with_other_drafts(as_resident, resident):
    draft = factories.draft(resident)
    copies(draft, 1)
    address = f"/en/inquiries/{draft.reference}/details/"
    for_few, _page = queries(as_resident, address)
    last = copies(draft, 29)[-1]
    for_many, page = queries(as_resident, address)
    assert f"{last.reference}/details/" in page
    assert for_many == for_few <= MAX


def test_the_account_page_with_its_links_and_devices(as_resident, resident):
    def add():
        person, holder = factories.IdentityFactory(), factories.IdentityFactory(birth_date=None)
        number = f"3{person.pk:09}"
        resident.identity.numbers.create(number=number, is_current=False)
        factories.link(resident.identity, person)
        factories.link(holder, resident.identity, "representative")
        signed_in(resident)
        return number

    add()
    for_few, _page = queries(as_resident, "/en/account/")
    added = [add() for _row in range(29)]
    for_many, page = queries(as_resident, "/en/account/")
    assert all(number in page for number in added)
    assert page.count("works for you") == page.count("you represent it") == 30
    assert page.count("/en/account/devices/") == 30
    assert for_many == for_few <= MAX


def test_the_choice_of_a_holder_and_the_banner(as_resident, resident):
    def add():
        holder = factories.IdentityFactory(birth_date=None)
        factories.link(holder, resident.identity, "representative")
        return holder

    as_resident.post("/en/account/acting-as/", {"holder": add().pk})
    for_few, _page = queries(as_resident, "/en/account/acting-as/")
    last = [add() for _row in range(29)][-1]
    for_many, page = queries(as_resident, "/en/account/acting-as/")
    assert f'value="{last.pk}"' in page
    assert for_many == for_few <= MAX


def test_the_first_step_with_its_people_and_services(as_resident, resident):
    def add():
        person = factories.IdentityFactory()
        factories.link(resident.identity, person)
        return factories.ServiceFactory()

    add()
    for_few, _page = queries(as_resident, "/en/inquiries/new/")
    last = [add() for _row in range(29)][-1]
    for_many, page = queries(as_resident, "/en/inquiries/new/")
    assert last.slug in page
    assert for_many == for_few <= MAX


# Pages of an officer


@pytest.mark.parametrize(
    "query",
    [
        *("", "?queue=mine", "?queue=nobody", "?queue=all", "?queue={colleague}"),
        *("?time=overdue", "?queue=all&time=overdue", "?queue=all&status__exact=under_processing"),
        *("?queue=all&outcome__exact=approved", "?queue=all&service__id__exact={service}"),
        *("?q=khan", "?q=khan&queue=mine", "?q=2", "?queue=all&o=1.-6"),
    ],
)
def test_queue(as_officer, officer, query):
    filed = factories.filed()
    decided = factories.claimed(officer)
    write(actions.approve, decided, officer)
    colleague = factories.OfficerFactory(identity=factories.IdentityFactory())
    yesterday = timezone.localdate() - timedelta(days=1)

    def add():
        another = factories.OfficerFactory(identity=factories.IdentityFactory())
        late = {"due_on": yesterday, "service": factories.ServiceFactory()}
        return [
            copies(inquiry, 1, **changes)[0]
            for inquiry, changes in (
                (filed, {"assignee": another, **late}),
                (filed, {"assignee": colleague}),
                (filed, {"assignee": officer, **late}),
                (filed, {}),
                (decided, {"assignee": another}),
            )
        ]

    address = QUEUE + query.format(colleague=colleague.pk, service=filed.service_id)
    add()
    for_few, before = queries(as_officer, address)
    for _row in range(29):
        add()
    for_many, page = queries(as_officer, address)
    rows = 'name="_selected_action"'
    assert page.count(rows) >= before.count(rows) + 29 or page.count(rows) == 50
    assert for_many == for_few <= MAX


@pytest.mark.parametrize("name", ["claim", "assign", "approve"])
def test_bulk_action_page(officer, name):
    officer.is_superuser = True
    officer.save(update_fields=["is_superuser"])
    browser = signed_in_staff(officer)
    filed = factories.filed()

    def chosen():
        pks = list(Inquiry.objects.values_list("pk", flat=True))
        return {"action": name, "index": 0, "_selected_action": pks}

    def asked():
        return queries(browser, f"{QUEUE}?queue=all", chosen())

    for_few, _page = asked()
    for _row in range(29):
        colleague = factories.OfficerFactory(identity=factories.IdentityFactory())
        copies(filed, 1, assignee=colleague, service=factories.ServiceFactory())
    for_many, page = asked()
    assert page.count('name="item"') == 30
    assert for_many == for_few <= MAX


def test_desk_with_long_history(officer, resident):
    officer.is_superuser = True  # a superuser sees the form for assigning it too
    officer.save(update_fields=["is_superuser"])
    browser = signed_in_staff(officer)
    inquiry = factories.claimed(officer, applicant=resident)

    def add(count):
        for _row in range(count):
            colleague = factories.OfficerFactory(identity=factories.IdentityFactory())
            write(actions.note, inquiry, colleague)
        documents_of(inquiry, count, sent_at=timezone.now())

    address = f"{QUEUE}{inquiry.pk}/change/"
    add(1)
    for_few, _page = queries(browser, address)
    add(29)
    for_many, page = queries(browser, address)
    assert page.count("Words number ") == page.count("<strong>Internal note</strong>") == 30
    assert page.count(".jpg</bdi></a>") == 30
    assert page.count("<option ") > 30
    assert for_many == for_few <= MAX
