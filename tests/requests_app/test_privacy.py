"""An inquiry looks like a missing one to strangers and, at the desk, to whom it concerns."""

import uuid
from itertools import product

import pytest

from core.exceptions import RuleViolation
from requests_app import actions
from requests_app.models import Attachment, Inquiry
from tests import factories
from tests.conftest import signed_in, signed_in_staff, without_tokens, words
from tests.requests_app.desk_pages import QUEUE, desk_of
from tests.requests_app.people import act
from tests.requests_app.steps import page_of, seen

OWN = ("You cannot work on an inquiry of your own, or of somebody you are linked to.", "own_case")
PAGES = ["", "details", "documents", "documents/1", "review", "confirm", "receipt"]


@pytest.fixture
def stranger(db):
    return signed_in(factories.UserFactory())


def with_known_address(inquiry):
    """Return `inquiry` with a document, after setting a known reference and the key in PAGES."""
    Attachment.objects.filter(pk=factories.attached(inquiry).pk).update(id=1)
    Inquiry.objects.filter(pk=inquiry.pk).update(reference="800000000001")
    inquiry.refresh_from_db()
    return inquiry


def test_another_persons_inquiry_looks_missing(stranger):
    addresses = [page_of(Inquiry(reference="800000000001"), page) for page in PAGES]
    requests = list(product(addresses, ("get", "post")))
    for_missing = [seen(stranger, *request) for request in requests]
    assert {status for status, _content, _headers in for_missing} == {404, 405}
    draft = with_known_address(factories.draft())
    assert [seen(stranger, *request) for request in requests] == for_missing
    factories.submitted(draft)
    assert [seen(stranger, *request) for request in requests] == for_missing


def test_another_persons_inquiry_is_not_listed(stranger):
    draft, filed = factories.draft(), factories.filed()
    for page in ("/en/my/", "/en/inquiries/"):
        shown = stranger.get(page).content.decode()
        assert draft.reference not in shown
        assert filed.reference not in shown


def test_beneficiary_sees_inquiry_once_it_is_filed(resident):
    person = factories.UserFactory(identity__name_en="Ayesha Noor", identity__name_ar="عائشة نور")
    as_person = signed_in(person)
    factories.link(resident.identity, person.identity)
    inquiry = factories.draft(resident, beneficiary=person.identity)
    document = factories.attached(inquiry)
    assert inquiry.reference not in as_person.get("/en/my/").content.decode()
    factories.submitted(inquiry)
    for page in ("/en/my/", "/en/inquiries/"):
        listed = as_person.get(page)
        assert page_of(inquiry) in listed.content.decode()
        assert "No longer yours" not in words(listed)
    page = words(as_person.get(page_of(inquiry)))
    assert factories.DESCRIPTION in page
    assert as_person.get(page_of(inquiry, "receipt")).status_code == 200
    # What the holder sent and how to reach them is theirs.
    assert "Mobile" not in page
    assert str(resident.mobile)[-3:] not in page
    assert document.original_name not in page
    assert as_person.get(page_of(inquiry, f"documents/{document.pk}")).status_code == 404


# Officers who are concerned themselves


@pytest.fixture
def colleague(db):
    """Return an officer with every permission and an identity of their own."""
    identity = factories.IdentityFactory(name_en="Ayesha Noor", name_ar="عائشة نور")
    return factories.supervisor(identity=identity, mobile="+966501234567")


@pytest.fixture
def at_work(colleague):
    return signed_in_staff(colleague)


@pytest.fixture
def own_cases(colleague):
    """Return inquiries with the officer as applicant and as beneficiary."""
    relative = factories.UserFactory()
    factories.link(colleague.identity, relative.identity)
    factories.link(relative.identity, colleague.identity)
    drafts = [
        factories.draft(applicant, beneficiary=beneficiary.identity)
        for applicant, beneficiary in ((colleague, relative), (relative, colleague))
    ]
    for draft in drafts:
        factories.attached(draft)
    return [factories.submitted(draft) for draft in drafts]


def refusal(event_type, inquiry, officer):
    """Return the sentence and the code of the refusal of an action."""
    fields = {"officer": factories.OfficerFactory()} if event_type == "assigned" else {}
    with pytest.raises(RuleViolation) as refused:
        act(event_type, inquiry, officer, **fields)
    return refused.value.message, refused.value.code


def test_officer_cannot_see_inquiries_of_own_establishment(colleague, at_work):
    palm = factories.establishment()
    worker = factories.IdentityFactory()
    employee = factories.UserFactory()
    factories.link(palm, worker)
    factories.link(palm, employee.identity, "representative")
    draft = actions.start(
        actor=employee,
        holder=palm,
        beneficiary=worker,
        service=factories.ServiceFactory(),
        idempotency_key=uuid.uuid4(),
    )
    actions.save_details(actor=employee, inquiry=draft, **factories.details_of(draft))
    inquiry = factories.submitted(draft)
    assert at_work.get(desk_of(inquiry)).status_code == 200
    factories.link(palm, colleague.identity, "representative")
    assert at_work.get(desk_of(inquiry)).status_code == 404
    assert refusal("claimed", inquiry, colleague) == OWN


@pytest.mark.parametrize("through", ["themselves", "their establishment"])
def test_an_employer_at_the_desk_sees_nothing_that_their_worker_files(colleague, at_work, through):
    worker, employer = factories.UserFactory(), colleague.identity
    if through == "their establishment":
        employer = factories.establishment()
        factories.link(employer, colleague.identity, "representative")
    inquiry = factories.filed(worker)
    assert at_work.get(desk_of(inquiry)).status_code == 200
    factories.link(employer, worker.identity)
    assert at_work.get(desk_of(inquiry)).status_code == 404
    assert refusal("claimed", inquiry, colleague) == OWN


def test_own_case_is_not_listed(at_work, own_cases):
    others = factories.filed()
    assert f"{QUEUE}{others.pk}/" in at_work.get(QUEUE).content.decode()
    for own in own_cases:
        for question in ({}, {"queue": "all"}, {"q": own.reference}, {"id__exact": own.pk}):
            page = at_work.get(QUEUE, question).content.decode()
            assert f"{QUEUE}{own.pk}/" not in page, question
        history = at_work.get(desk_of(own, "history"), follow=True)
        assert own.reference not in history.content.decode()


def test_own_case_looks_like_missing_inquiry(at_work, own_cases):
    for own in own_cases:
        form = {"text": "Yes.", "decision": "approve"}
        form |= {"expected_version": own.version, "idempotency_key": uuid.uuid4()}
        document = f"documents/{own.attachments.get().pk}"
        buttons = ("claim", "release", "assign", "note", "answer", "close")
        for page in ("change", document, *buttons):
            assert at_work.get(desk_of(own, page), form).status_code == 404, page
            refused = 404 if page in buttons else 405
            assert at_work.post(desk_of(own, page), form).status_code == refused, page
        there = at_work.get(desk_of(own))
        nowhere = at_work.get(f"{QUEUE}{own.pk + 10**6}/change/")
        assert words(there) == words(nowhere)
        assert own.name not in without_tokens(there).decode()


def test_an_own_case_is_refused_by_every_action(colleague, own_cases):
    for own in own_cases:
        own.assignee = colleague
        own.save(update_fields=["assignee"])
        for event_type in (
            *("claimed", "released", "assigned", "noted", "closed"),
            *("replied", "returned", "approved", "rejected"),
        ):
            assert refusal(event_type, own, colleague) == OWN, event_type
        own.refresh_from_db()
        assert own.version == 1


def test_superuser_cannot_work_on_own_case(colleague, own_cases):
    colleague.is_superuser = True
    colleague.save(update_fields=["is_superuser"])
    chief = signed_in_staff(colleague)
    for own in own_cases:
        assert chief.get(desk_of(own)).status_code == 404
        assert refusal("claimed", own, colleague) == OWN


def test_inquiry_stays_the_own_case_of_who_filed_it_after_the_mandate(at_work, colleague):
    palm = factories.establishment()
    worker = factories.IdentityFactory()
    factories.link(palm, worker)
    mandate = factories.link(palm, colleague.identity, "representative")
    own = factories.submitted(factories.draft(colleague, beneficiary=worker, holder=palm))
    mandate.delete()
    assert at_work.get(desk_of(own)).status_code == 404


def test_inquiry_for_relative_stays_own_case_after_link_ends(at_work, colleague):
    relative = factories.IdentityFactory()
    link = factories.link(colleague.identity, relative)
    own = factories.filed(colleague, beneficiary=relative)
    link.delete()
    assert at_work.get(desk_of(own)).status_code == 404


def test_officer_who_employs_somebody_never_sees_what_they_file_themselves(colleague, at_work):
    palm = factories.establishment("Oasis Trading", "7000000025")
    factories.link(palm, colleague.identity, "representative")
    for holder in (colleague.identity, palm):
        worker = factories.UserFactory()
        inquiry = factories.filed(worker)
        assert at_work.get(desk_of(inquiry)).status_code == 200
        factories.link(holder, worker.identity)
        assert at_work.get(desk_of(inquiry)).status_code == 404
        assert refusal("claimed", inquiry, colleague) == OWN
