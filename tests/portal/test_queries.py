"""Pages with lists take as many queries for thirty rows as for one."""

import uuid
from datetime import timedelta

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


def with_thirty_rows(browser, addresses, add, maximum=MAX, rows=30):
    """Return the pages after `add` has added one row and then the rest: no more queries."""
    add(1)
    for_few = [queries(browser, address)[0] for address in addresses]
    add(rows - 1)
    pages = []
    for address, few in zip(addresses, for_few, strict=True):
        for_many, page = queries(browser, address)
        assert for_many == few <= maximum, address
        pages.append(page)
    return pages


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


def test_lists_of_a_person(as_resident, resident, officer):
    ways = {
        "drafts": factories.draft(resident),
        "open": factories.filed(resident),
        "waiting": factories.claimed(officer, applicant=resident),
        "finished": factories.claimed(officer, applicant=resident),
    }
    write(actions.send_back, ways["waiting"], officer)
    write(actions.approve, ways["finished"], officer)
    shows = ("all", *ways)
    addresses = ["/en/my/", "/en/inquiries/", *(f"/en/inquiries/?show={show}" for show in shows)]
    last = {}

    def add(count):
        for show, inquiry in ways.items():
            last[show] = copies(inquiry, count, service=factories.ServiceFactory())[-1]

    pages = with_thirty_rows(as_resident, addresses, add)
    for address, page in zip(addresses, pages, strict=True):
        show = address.rpartition("=")[2]
        assert last.get(show, last["finished"]).reference in page, address


def test_inquiry_with_long_history(as_resident, resident, officer):
    """The history has answers, events, notices by text and mail, and documents."""
    resident.email = "aslam@example.org"
    resident.save(update_fields=["email"])
    inquiry = factories.claimed(officer, applicant=resident)

    def add(count):
        for _row in range(count):
            write(actions.reply, inquiry, officer)
        documents_of(inquiry, count, sent_at=timezone.now())

    (page,) = with_thirty_rows(as_resident, [f"/en/inquiries/{inquiry.reference}/"], add)
    assert page.count("Words number ") == page.count("<strong>Answered</strong>") == 30
    assert page.count("there is an answer to your inquiry") == 60
    assert page.count(".jpg</bdi></a>") == 30


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


def test_steps_with_many_documents(as_resident, resident):
    service = factories.ServiceFactory()
    service.documents.add(factories.document_type())
    service.optional_documents.add(factories.document_type("another"))
    draft = factories.draft(resident, service=service)
    addresses = [f"/en/inquiries/{draft.reference}/{step}/" for step in ("documents", "review")]

    def add(count):
        documents_of(draft, count)
        service.optional_documents.add(
            *(factories.document_type(f"document-{count}-{n}") for n in range(count))
        )

    for page in with_thirty_rows(as_resident, addresses, add):
        assert page.count(".jpg</bdi></a>") == 30


def test_details_of_draft_with_other_drafts(as_resident, resident):
    draft = factories.draft(resident)
    address = f"/en/inquiries/{draft.reference}/details/"
    (page,) = with_thirty_rows(as_resident, [address], lambda count: copies(draft, count))
    assert f"{Inquiry.objects.latest('pk').reference}/details/" in page


def test_the_account_page_with_its_links_and_devices(as_resident, resident):
    numbers = []

    def add(count):
        for _row in range(count):
            person, holder = factories.IdentityFactory(), factories.IdentityFactory(birth_date=None)
            numbers.append(f"3{person.pk:09}")
            resident.identity.numbers.create(number=numbers[-1], is_current=False)
            factories.link(resident.identity, person)
            factories.link(holder, resident.identity, "representative")
            signed_in(resident)

    (page,) = with_thirty_rows(as_resident, ["/en/account/"], add)
    assert all(number in page for number in numbers)
    assert page.count("works for you") == page.count("you represent it") == 10
    # Each other device, and all of them at once.
    assert page.count("/en/account/devices/") == 30 + 1


def test_the_choice_of_a_holder_and_the_banner(as_resident, resident):
    holders = []

    def add(count):
        for _row in range(count):
            holders.append(factories.IdentityFactory(birth_date=None))
            factories.link(holders[-1], resident.identity, "representative")
        as_resident.post("/en/account/acting-as/", {"holder": holders[0].pk})

    (page,) = with_thirty_rows(as_resident, ["/en/account/acting-as/"], add, rows=10)
    assert f'value="{holders[-1].pk}"' in page


def test_the_first_step_with_its_people_and_services(as_resident, resident):
    services = []

    def add(count):
        for _row in range(count):
            factories.link(resident.identity, factories.IdentityFactory())
        services.extend(factories.ServiceFactory.create_batch(count))

    (page,) = with_thirty_rows(as_resident, ["/en/inquiries/new/"], add, rows=9)
    assert services[-1].slug in page


# Pages of an officer


def test_queue(as_officer, officer):
    filed = factories.filed()
    decided = factories.claimed(officer)
    write(actions.approve, decided, officer)
    colleague = factories.OfficerFactory(identity=factories.IdentityFactory())
    yesterday = timezone.localdate() - timedelta(days=1)

    def add():
        another = factories.OfficerFactory(identity=factories.IdentityFactory())
        late = {"due_on": yesterday, "service": factories.ServiceFactory()}
        for inquiry, changes in (
            (filed, {"assignee": another, **late}),
            (filed, {"assignee": colleague}),
            (filed, {"assignee": officer, **late}),
            (filed, {}),
            (decided, {"assignee": another}),
        ):
            copies(inquiry, 1, **changes)

    addresses = [
        QUEUE + query
        for query in (
            *("", "?queue=mine", "?queue=nobody", "?queue=all", f"?queue={colleague.pk}"),
            *("?time=overdue", "?queue=all&time=overdue"),
            "?queue=all&status__exact=under_processing",
            "?queue=all&outcome__exact=approved",
            f"?queue=all&service__id__exact={filed.service_id}",
            *("?q=khan", "?q=khan&queue=mine", "?q=2", "?queue=all&o=1.-6"),
        )
    ]
    add()
    for_few = [queries(as_officer, address) for address in addresses]
    for _row in range(29):
        add()
    rows = 'name="_selected_action"'
    for address, (few, before) in zip(addresses, for_few, strict=True):
        for_many, page = queries(as_officer, address)
        assert page.count(rows) >= before.count(rows) + 29 or page.count(rows) == 50, address
        assert for_many == few <= MAX, address


def test_bulk_action_page(officer):
    officer.is_superuser = True
    officer.save(update_fields=["is_superuser"])
    browser = signed_in_staff(officer)
    filed = factories.filed()

    def asked(name):
        pks = list(Inquiry.objects.values_list("pk", flat=True))
        chosen = {"action": name, "index": 0, "_selected_action": pks}
        return queries(browser, f"{QUEUE}?queue=all", chosen)

    names = ("claim", "assign", "approve")
    for_few = {name: asked(name)[0] for name in names}
    for _row in range(29):
        colleague = factories.OfficerFactory(identity=factories.IdentityFactory())
        copies(filed, 1, assignee=colleague, service=factories.ServiceFactory())
    for name in names:
        for_many, page = asked(name)
        assert page.count('name="item"') == 30, name
        assert for_many == for_few[name] <= MAX, name


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

    (page,) = with_thirty_rows(browser, [f"{QUEUE}{inquiry.pk}/change/"], add)
    assert page.count("Words number ") == page.count("<strong>Internal note</strong>") == 30
    assert page.count(".jpg</bdi></a>") == 30
    assert page.count("<option ") > 30
