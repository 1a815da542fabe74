"""Submissions that meet each other or a change: only what was confirmed is filed, and once."""

from functools import partial

import pytest
from django.db import transaction
from django.db.models import ProtectedError

from core.accounts.models import OneTimeCode
from core.exceptions import RuleViolation
from core.messaging.models import Message
from requests_app import actions
from requests_app.actions import submission
from requests_app.models import Attachment, Inquiry
from requests_app.views import access
from tests import factories
from tests.races.inquiries import FILED, another_tab, attach, confirmed_draft, remove
from tests.races.together import at_once, event_types_of, now, told
from tests.requests_app.files import stored_files

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

WORDS = factories.DESCRIPTION
OTHER_WORDS = "I meant something else: the fee was paid, and the iqama card has never arrived."
CHANGED = (
    "The inquiry has changed since this code was sent. Check your answers and ask for a new code."
)


def send(browser, inquiry, code):
    """Post the code; return the chain of redirects, the status and the page."""
    address = f"/en/inquiries/{inquiry.reference}/confirm/"
    response = browser.post(address, {"code": code}, follow=True)
    return response.redirect_chain, response.status_code, response.content.decode()


def send_many_times(browser, resident, times):
    """Draft an inquiry and submit it with its code, `times` times at once."""
    inquiry = factories.draft(resident)
    code = factories.confirmation(inquiry, browser.session.session_key)
    tabs = [another_tab(browser) for _tab in range(times)]
    answers = at_once(*[partial(send, tab, inquiry, code) for tab in tabs])
    return now(inquiry), answers


def receipt_texts(inquiry):
    return list(Message.objects.about(inquiry.reference).values_list("text", flat=True))


@pytest.mark.parametrize("_round", range(3))
def test_submit_twenty_times_files_once_and_shows_receipt(as_resident, resident, guards, _round):
    # The first request imports the views, which would keep the function that is replaced.
    as_resident.get("/en/")
    # All twenty requests have loaded the draft before the first of them uses its code.
    guards.wait_after(access, "get_inquiry_for", parties=20)

    inquiry, answers = send_many_times(as_resident, resident, 20)

    assert inquiry.status == Inquiry.Status.UNDER_PROCESSING
    assert event_types_of(inquiry) == ["submitted"]
    assert receipt_texts(inquiry) == [
        f"Tawasul: we have received your inquiry {inquiry.reference}, "
        "Services for residents. We will text you when it is answered."
    ]
    assert OneTimeCode.objects.get().tries == 20
    receipt = f"/en/inquiries/{inquiry.reference}/receipt/"
    assert [(way, status) for way, status, _page in answers] == [([(receipt, 302)], 200)] * 20
    assert all("<h1>Your inquiry has been sent</h1>" in page for *_, page in answers)


def test_control_without_guards_two_submits_file_twice(as_resident, resident, guards):
    def trust_the_code(*, actor, purpose, session_key, guess, action):
        with transaction.atomic():
            return action(OneTimeCode.objects.get(user=actor))

    guards.replace(submission, "use_code", trust_the_code)
    guards.take_out_row_locks()
    guards.look_before_moving()

    inquiry, _answers = send_many_times(as_resident, resident, 2)

    assert event_types_of(inquiry) == ["submitted", "submitted"]
    assert len(receipt_texts(inquiry)) == 2


def edit(inquiry):
    """Save other details, as from another tab that has loaded the draft by itself."""
    same = {"mobile": inquiry.mobile}
    draft = now(inquiry)
    actions.save_details(actor=draft.applicant, inquiry=draft, description=OTHER_WORDS, **same)


def test_draft_changed_after_code_is_not_filed(resident, as_resident):
    inquiry = factories.draft(resident)
    code = factories.confirmation(inquiry, as_resident.session.session_key)
    edit(inquiry)

    page = as_resident.post(f"/en/inquiries/{inquiry.reference}/confirm/", {"code": code})

    assert page.status_code == 200
    assert CHANGED in page.content.decode()
    assert (now(inquiry).is_draft, now(inquiry).description) == (True, OTHER_WORDS)


def test_document_added_after_code_refuses_submit():
    inquiry, submit = confirmed_draft()
    attach(inquiry)

    assert told(at_once(submit)) == [CHANGED]
    assert now(inquiry).is_draft


def test_control_without_digest_changed_draft_is_filed(guards):
    guards.replace(Inquiry, "content_digest", lambda inquiry, *_documents: "always the same")
    inquiry, submit = confirmed_draft()
    edit(inquiry)

    assert submit().description == OTHER_WORDS


@pytest.fixture
def confirmed(db):
    """A draft with a document, and the step that submits it with its code."""
    return confirmed_draft(documents=1)


def content(inquiry):
    """Return the words of an inquiry, its documents sent and not sent, and the files on disk."""
    documents = inquiry.attachments
    counts = documents.sent().count(), documents.unsent().count(), len(stored_files())
    return inquiry.description, *counts


CONFIRMED = (WORDS, 1, 0, 1)


# For each change to the draft: the call that writes it, and the content of the draft after it and
# of the inquiry that is filed in the middle of it.
CHANGES = {
    edit: ((Inquiry, "save"), (OTHER_WORDS, 0, 1, 1), (OTHER_WORDS, 1, 0, 1)),
    partial(attach, width=61): ((Attachment.objects, "create"), (WORDS, 0, 2, 2), (WORDS, 1, 1, 2)),
    remove: ((Attachment, "delete"), (WORDS, 0, 0, 0), (WORDS, 0, 0, 0)),
}
each_change = pytest.mark.parametrize("change", CHANGES, ids=["edit", "attach", "remove"])


def is_as_confirmed(filed):
    return filed.content_digest() == filed.events.get().content_digest


@each_change
@pytest.mark.parametrize("_round", range(5))
def test_change_against_submit_one_succeeds(confirmed, change, _round):
    draft, submit = confirmed

    results = at_once(submit, partial(change, draft))

    inquiry = now(draft)
    if inquiry.is_draft:
        assert told(results) == [CHANGED]
        assert content(inquiry) == CHANGES[change][1]
    else:
        assert told(results) == [FILED]
        assert content(inquiry) == CONFIRMED
        assert is_as_confirmed(inquiry)


def submit_during_change(guards, draft, submit, change):
    write = CHANGES[change][0]
    return told(guards.run_during(*write, first=partial(change, draft), second=submit))


@each_change
def test_submit_waits_for_change_and_is_refused(guards, confirmed, change):
    assert submit_during_change(guards, *confirmed, change) == [CHANGED]

    inquiry = now(confirmed[0])
    assert inquiry.is_draft
    assert content(inquiry) == CHANGES[change][1]


@each_change
def test_control_without_lock_filed_inquiry_changes(guards, confirmed, change):
    guards.take_out_row_locks()

    assert submit_during_change(guards, *confirmed, change) == []

    inquiry = now(confirmed[0])
    assert inquiry.status == Inquiry.Status.UNDER_PROCESSING
    assert content(inquiry) == CHANGES[change][2]
    assert not is_as_confirmed(inquiry)


def delete(inquiry):
    """Delete the draft, as from another tab that has loaded it by itself."""
    actions.delete_draft(actor=inquiry.applicant, inquiry=now(inquiry))


def submit_during_deletion(guards, draft, submit):
    deletion = partial(delete, draft)
    return guards.run_during(Inquiry, "delete", first=deletion, second=submit)


def delete_during_submit(guards, draft, submit):
    deletion = partial(delete, draft)
    return guards.run_during(submission, "_submit", first=submit, second=deletion)


def test_submit_waits_for_deletion_and_files_nothing(confirmed, guards):
    deletion, sending = submit_during_deletion(guards, *confirmed)

    assert deletion is None
    assert isinstance(sending, RuleViolation)
    assert not Inquiry.objects.exists()
    assert not Attachment.objects.exists()
    assert stored_files() == []
    assert not Message.objects.about(confirmed[0].reference).exists()


def test_deletion_waits_for_submit_and_is_refused(confirmed, guards):
    _filed, deletion = delete_during_submit(guards, *confirmed)

    assert told([deletion]) == [FILED]
    inquiry = now(confirmed[0])
    assert inquiry.status == Inquiry.Status.UNDER_PROCESSING
    assert event_types_of(inquiry) == ["submitted"]
    assert content(inquiry) == CONFIRMED


def test_control_without_lock_deletion_meets_filed_inquiry(guards):
    # The draft has no document, as the deletion would hold the lock of that row as well.
    draft, submit = confirmed_draft()
    guards.take_out_row_locks()

    with pytest.raises(ProtectedError):
        submit_during_deletion(guards, draft, submit)


def test_control_without_lock_submit_meets_deleted_draft(confirmed, guards):
    guards.take_out_row_locks()

    with pytest.raises(Inquiry.DoesNotExist):
        delete_during_submit(guards, *confirmed)

    assert not Inquiry.objects.exists()
    assert stored_files() == []
