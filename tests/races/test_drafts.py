"""A draft that changes around its sending: what is filed is what was confirmed."""

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
    somebody_queues,
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
    """As the page of another tab does, which has read the draft for itself."""
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


def is_what_was_confirmed(filed):
    return filed.content_digest() == filed.events.get().content_digest


# Changed between code and send


def test_a_draft_changed_after_its_code_was_sent_is_not_filed_and_the_reason_told(
    resident, as_resident
):
    inquiry = factories.draft(resident)
    code = factories.confirmation(inquiry, as_resident.session.session_key)
    edit(inquiry)

    page = as_resident.post(f"/en/inquiries/{inquiry.reference}/confirm/", {"code": code})

    assert page.status_code == 200
    assert CHANGED in page.content.decode()
    assert now(inquiry).status == Inquiry.Status.DRAFT
    assert now(inquiry).description == OTHER_WORDS


def test_a_document_added_after_the_code_was_sent_changes_what_is_confirmed(resident):
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


def test_control_without_the_digest_the_changed_draft_is_filed(resident, monkeypatch):
    monkeypatch.setattr(Inquiry, "content_digest", lambda inquiry: "always the same")
    inquiry = factories.draft(resident)
    code = factories.confirmation(inquiry, SESSION)
    edit(inquiry)

    assert submit(inquiry, code).description == OTHER_WORDS


# Changed while it is sent


@parallel
@pytest.mark.parametrize("_round", range(5))
def test_of_an_edit_and_a_send_at_once_one_loses_and_what_is_filed_was_confirmed(_round):
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
        assert is_what_was_confirmed(after)


def send_while_the_edit_is_about_to_write(monkeypatch, inquiry, code):
    """The worst moment for both; the edit goes on once the send is through or queues behind it."""
    has_found, is_through = Event(), Event()
    save = Inquiry.save

    def save_late(draft, **options):
        if "description" in options["update_fields"]:
            has_found.set()
            until(lambda: is_through.is_set() or somebody_queues())
        save(draft, **options)

    def send():
        assert has_found.wait(DEADLINE_SECONDS)
        result = submit(inquiry, code)
        is_through.set()
        return result

    monkeypatch.setattr(Inquiry, "save", save_late)
    return told(at_once(send, partial(edit, inquiry)))


@parallel
def test_a_send_queues_behind_an_edit_that_has_begun_and_is_refused(monkeypatch):
    inquiry = factories.draft()
    code = factories.confirmation(inquiry, SESSION)

    assert send_while_the_edit_is_about_to_write(monkeypatch, inquiry, code) == [CHANGED]

    assert now(inquiry).status == Inquiry.Status.DRAFT
    assert now(inquiry).description == OTHER_WORDS


@parallel
def test_control_without_the_lock_on_the_draft_an_edit_changes_what_was_filed(monkeypatch):
    inquiry = factories.draft()
    code = factories.confirmation(inquiry, SESSION)
    take_out_row_locks(monkeypatch)

    assert send_while_the_edit_is_about_to_write(monkeypatch, inquiry, code) == []

    assert now(inquiry).status == Inquiry.Status.UNDER_PROCESSING
    assert now(inquiry).description == OTHER_WORDS
    assert not is_what_was_confirmed(now(inquiry))


# Beginning


def begin_twice(resident):
    """Both clicks on the first step's button: the same form, so the same key."""
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
def test_a_form_sent_twice_at_once_begins_one_draft(resident, _round):
    one, other = begin_twice(resident)

    assert one == other == Inquiry.objects.get()


@parallel
def test_control_with_a_key_that_is_new_each_time_two_drafts_are_begun(resident, monkeypatch):
    monkeypatch.setattr(drafts, "derive_key", lambda *_content: uuid.uuid4())

    one, other = begin_twice(resident)

    assert one != other
    assert {one, other} == set(Inquiry.objects.all())


def first_step(browser, person, service, idempotency_key):
    """Post the first step of a new inquiry, for oneself."""
    form = {
        "idempotency_key": idempotency_key,
        "beneficiary": person.identity_id,
        "service": service.slug,
    }
    return browser.post("/en/inquiries/new/", form)


def test_who_goes_back_and_chooses_another_service_gets_a_draft_for_that_one(resident, as_resident):
    idempotency_key = (
        uuid.uuid4()
    )  # a browser that goes back shows the form as it was, with its key
    first_step(as_resident, resident, factories.ServiceFactory(), idempotency_key)
    chosen = factories.ServiceFactory()

    response = first_step(as_resident, resident, chosen, idempotency_key)

    reference = response.url.split("/")[3]
    assert Inquiry.objects.get(reference=reference).service == chosen


def test_the_key_of_somebody_elses_draft_opens_nothing_and_breaks_nothing(resident, as_resident):
    draft = factories.draft()

    response = first_step(as_resident, resident, factories.ServiceFactory(), draft.idempotency_key)

    assert response.status_code in (200, 302)
    assert draft.reference not in response.headers.get("Location", "")
