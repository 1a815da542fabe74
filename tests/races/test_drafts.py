"""Drafts that change during the submission: only confirmed content is filed."""

import uuid
from functools import partial
from threading import Event

import pytest

from requests_app import actions
from requests_app.actions import drafts
from requests_app.models import Inquiry
from tests import factories
from tests.races.together import (
    DEADLINE_SECONDS,
    at_once,
    lock_is_awaited,
    take_out_row_locks,
    told,
    until,
)

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db(transaction=True)]
parallel = pytest.mark.postgres

SESSION = "session-of-the-applicant"
OTHER_WORDS = "I meant something else: the fee was paid, and the iqama card has never arrived."
CHANGED = (
    "The inquiry has changed since this code was sent. Check your answers and ask for a new code."
)
FILED = "This inquiry has already been sent and cannot be changed."


def submit(inquiry, code):
    return actions.submit(actor=inquiry.applicant, inquiry=inquiry, session_key=SESSION, guess=code)


def edit(inquiry):
    """Save other details, as from another tab that has loaded the draft by itself."""
    actions.save_details(
        actor=inquiry.applicant,
        inquiry=Inquiry.objects.get(pk=inquiry.pk),
        name=inquiry.name,
        id_number=inquiry.id_number,
        mobile=inquiry.mobile,
        description=OTHER_WORDS,
    )


def now(inquiry):
    return Inquiry.objects.get(pk=inquiry.pk)


def matches_confirmation(filed):
    return filed.content_digest() == filed.events.get().content_digest


# Changes between code and submission


def test_draft_changed_after_code_is_not_filed(resident, as_resident):
    inquiry = factories.draft(resident)
    code = factories.confirmation(inquiry, as_resident.session.session_key)
    edit(inquiry)

    page = as_resident.post(f"/en/inquiries/{inquiry.reference}/confirm/", {"code": code})

    assert page.status_code == 200
    assert CHANGED in page.content.decode()
    assert now(inquiry).status == Inquiry.Status.DRAFT
    assert now(inquiry).description == OTHER_WORDS


def test_document_added_after_code_refuses_submit(resident):
    inquiry = factories.draft(resident)
    code = factories.confirmation(inquiry, SESSION)
    actions.attach(
        actor=resident,
        inquiry=inquiry,
        document_type=factories.document_type(),
        upload=factories.picture(),
    )

    assert told(at_once(partial(submit, inquiry, code))) == [CHANGED]
    assert now(inquiry).status == Inquiry.Status.DRAFT


def test_control_without_digest_changed_draft_is_filed(resident, monkeypatch):
    monkeypatch.setattr(Inquiry, "content_digest", lambda inquiry: "always the same")
    inquiry = factories.draft(resident)
    code = factories.confirmation(inquiry, SESSION)
    edit(inquiry)

    assert submit(inquiry, code).description == OTHER_WORDS


# Changes during the submission


@parallel
@pytest.mark.parametrize("_round", range(5))
def test_edit_against_submit_one_succeeds(_round):
    inquiry = factories.draft()
    code = factories.confirmation(inquiry, SESSION)

    results = at_once(partial(submit, inquiry, code), partial(edit, inquiry))

    after = now(inquiry)
    if after.status == Inquiry.Status.DRAFT:
        assert told(results) == [CHANGED]
        assert after.description == OTHER_WORDS
    else:
        assert told(results) == [FILED]
        assert after.description == factories.DESCRIPTION
        assert matches_confirmation(after)


def submit_during_edit(monkeypatch, inquiry, code):
    """Submit while an edit is about to be saved.

    The edit goes on once the submission has ended or waits for a lock.
    """
    has_found, is_through = Event(), Event()
    save = Inquiry.save

    def save_late(draft, **options):
        if "description" in options["update_fields"]:
            has_found.set()
            until(lambda: is_through.is_set() or lock_is_awaited())
        save(draft, **options)

    def send():
        assert has_found.wait(DEADLINE_SECONDS)
        result = submit(inquiry, code)
        is_through.set()
        return result

    monkeypatch.setattr(Inquiry, "save", save_late)
    return told(at_once(send, partial(edit, inquiry)))


@parallel
def test_submit_waits_for_edit_and_is_refused(monkeypatch):
    inquiry = factories.draft()
    code = factories.confirmation(inquiry, SESSION)

    assert submit_during_edit(monkeypatch, inquiry, code) == [CHANGED]

    assert now(inquiry).status == Inquiry.Status.DRAFT
    assert now(inquiry).description == OTHER_WORDS


@parallel
def test_control_without_lock_edit_changes_filed_inquiry(monkeypatch):
    inquiry = factories.draft()
    code = factories.confirmation(inquiry, SESSION)
    take_out_row_locks(monkeypatch)

    assert submit_during_edit(monkeypatch, inquiry, code) == []

    assert now(inquiry).status == Inquiry.Status.UNDER_PROCESSING
    assert now(inquiry).description == OTHER_WORDS
    assert not matches_confirmation(now(inquiry))


# Beginning


def begin_twice(resident):
    """Send the form of the first step twice at once, with the same idempotency key."""
    service = factories.ServiceFactory()
    begin = partial(
        actions.start,
        actor=resident,
        beneficiary=resident.identity,
        service=service,
        idempotency_key=uuid.uuid4(),
    )
    return at_once(begin, begin)


@parallel
@pytest.mark.parametrize("_round", range(3))
def test_start_form_sent_twice_makes_one_draft(resident, _round):
    one, other = begin_twice(resident)

    assert one == other == Inquiry.objects.get()


@parallel
def test_control_with_new_key_each_time_two_drafts_are_made(resident, monkeypatch):
    monkeypatch.setattr(drafts, "derive_key", lambda *_content: uuid.uuid4())

    one, other = begin_twice(resident)

    assert one != other
    assert {one, other} == set(Inquiry.objects.all())


def first_step(browser, person, service, idempotency_key):
    """Post the first step of a new inquiry with the person as its beneficiary."""
    form = {
        "idempotency_key": idempotency_key,
        "beneficiary": person.identity_id,
        "service": service.slug,
    }
    return browser.post("/en/inquiries/new/", form)


def test_back_and_another_service_makes_new_draft(resident, as_resident):
    # A browser that goes back shows the form as it was, with its key.
    idempotency_key = uuid.uuid4()
    first_step(as_resident, resident, factories.ServiceFactory(), idempotency_key)
    chosen = factories.ServiceFactory()

    response = first_step(as_resident, resident, chosen, idempotency_key)

    reference = response.url.split("/")[3]
    assert Inquiry.objects.get(reference=reference).service == chosen


def test_form_key_of_foreign_draft_opens_nothing(resident, as_resident):
    draft = factories.draft()

    response = first_step(as_resident, resident, factories.ServiceFactory(), draft.idempotency_key)

    assert response.status_code in (200, 302)
    assert draft.reference not in response.headers.get("Location", "")
