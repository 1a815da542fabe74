"""Concurrent actions of applicant and desk: one succeeds, and the other is refused."""

import uuid
from functools import partial
from threading import Event

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import ProtectedError
from django.test import Client

from core.exceptions import RuleViolation
from core.messaging.models import Message
from requests_app import actions
from requests_app.actions import follow_up, submission
from requests_app.models import Attachment, Inquiry, InquiryQuerySet
from requests_app.views import follow_up as pages
from tests import factories
from tests.conftest import notices_on, signed_in_staff
from tests.races.together import (
    DEADLINE_SECONDS,
    at_once,
    lock_is_awaited,
    look_before_writing,
    take_out_row_locks,
    told,
    until,
    wait_after,
)
from tests.requests_app.files import stored_files
from tests.requests_app.refusals import changed

pytestmark = [
    pytest.mark.both_engines,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
]

TEXT = "The fee was paid on 12 Safar, and it is booked to the iqama."
REASON = "The fee is shown as paid now, so I have nothing left to ask."
NAME = "Mohammed Aslam Khan"
SESSION = "session-of-the-applicant"
SENT = "Your answer has been sent."
ASSIGNED = "The inquiry has been assigned."
FILED = "This inquiry has already been sent and cannot be changed."


def now(inquiry):
    return Inquiry.objects.get(pk=inquiry.pk)


def event_types_of(inquiry):
    return list(inquiry.events.values_list("event_type", flat=True))


def notices(inquiry):
    """Return the ends of the texts to the applicant since the inquiry was filed."""
    texts = Message.objects.about(inquiry.reference).values_list("text", flat=True)
    return [text.removeprefix(f"Tawasul: your inquiry {inquiry.reference} ") for text in texts][1:]


WITHDRAWN = "has been withdrawn, as you asked."
APPROVED = "has been approved. Sign in to read the answer."


def withdraw(inquiry, text=REASON, idempotency_key=None):
    return actions.withdraw(
        actor=inquiry.applicant,
        inquiry=now(inquiry),
        expected_version=inquiry.version,
        text=text,
        idempotency_key=idempotency_key or uuid.uuid4(),
    )


def write(action, officer, inquiry):
    return action(
        actor=officer,
        inquiry=now(inquiry),
        expected_version=inquiry.version,
        text=TEXT,
        idempotency_key=uuid.uuid4(),
    )


def release(officer, inquiry):
    return actions.release(actor=officer, inquiry=now(inquiry), expected_version=inquiry.version)


def look_before_moving(monkeypatch, parties=2):
    """Split the conditional update of status, version and assignee into a look and a write."""
    look_before_writing(monkeypatch, InquiryQuerySet, parties=parties, only_if_changes="version")


# Withdrawing during an approval


def withdraw_and_approve(officer, inquiry):
    return at_once(partial(withdraw, inquiry), partial(write, actions.approve, officer, inquiry))


@pytest.mark.parametrize("_round", range(3))
def test_withdraw_against_approve_one_succeeds(officer, _round):
    inquiry = factories.claimed(officer)

    withdrawal, approval = withdraw_and_approve(officer, inquiry)

    after = now(inquiry)
    assert inquiry.replies.count() == 1
    if after.outcome == Inquiry.Outcome.WITHDRAWN:
        assert told([approval]) == [changed(f"Withdrawn ({NAME})")]
        assert event_types_of(inquiry) == ["submitted", "claimed", "withdrawn"]
        assert notices(inquiry) == [WITHDRAWN]
    else:
        assert withdrawal.code == "stale"
        assert (after.status, after.outcome) == ("processed", "approved")
        assert event_types_of(inquiry) == ["submitted", "claimed", "approved"]
        assert notices(inquiry) == [APPROVED]


def test_control_without_conditional_move_withdrawn_and_approved(officer, monkeypatch):
    inquiry = factories.claimed(officer)
    look_before_moving(monkeypatch)

    results = withdraw_and_approve(officer, inquiry)

    assert told(results) == []
    assert sorted(event_types_of(inquiry)[2:]) == ["approved", "withdrawn"]
    assert sorted(notices(inquiry)) == [APPROVED, WITHDRAWN]


# Answering a return twenty times


def send(inquiry, session_key, form):
    browser = Client()
    browser.cookies[settings.SESSION_COOKIE_NAME] = session_key
    address = f"/en/inquiries/{inquiry.reference}/answer/"
    response = browser.post(address, form, follow=True)
    return response.status_code, SENT in notices_on(response)


def answer_twenty_times(monkeypatch, browser, inquiry):
    """Send one form twenty times; all requests have loaded the inquiry before one answers."""
    wait_after(monkeypatch, pages, "get_filed_by", parties=20)
    form = {"idempotency_key": uuid.uuid4(), "expected_version": inquiry.version, "text": TEXT}
    return at_once(*[partial(send, inquiry, browser.session.session_key, form)] * 20)


@pytest.fixture
def returned(officer, resident):
    return write(actions.send_back, officer, factories.claimed(officer, applicant=resident))


@pytest.mark.parametrize("_round", range(3))
def test_answer_sent_twenty_times_is_stored_once(as_resident, returned, monkeypatch, _round):
    before = notices(returned)

    answers = answer_twenty_times(monkeypatch, as_resident, returned)

    assert answers == [(200, True)] * 20
    assert event_types_of(returned) == ["submitted", "claimed", "returned", "resubmitted"]
    assert [reply.text for reply in returned.replies.filter(kind="from_applicant")] == [TEXT]
    assert now(returned).version == returned.version + 1
    assert notices(returned) == before


def test_control_without_form_key_nineteen_answers_are_refused(as_resident, returned, monkeypatch):
    monkeypatch.setattr(follow_up, "derive_key", lambda *_content: uuid.uuid4())

    answers = answer_twenty_times(monkeypatch, as_resident, returned)

    assert sorted(answers) == [(200, False)] * 19 + [(200, True)]


def test_control_without_guards_answer_is_stored_twenty_times(as_resident, returned, monkeypatch):
    monkeypatch.setattr(follow_up, "derive_key", lambda *_content: uuid.uuid4())
    take_out_row_locks(monkeypatch)
    look_before_moving(monkeypatch, parties=20)

    answers = answer_twenty_times(monkeypatch, as_resident, returned)

    assert answers == [(200, True)] * 20
    assert event_types_of(returned)[3:] == ["resubmitted"] * 20
    assert returned.replies.filter(kind="from_applicant").count() == 20


# Withdrawing twice


def withdraw_twice(inquiry, *, keys):
    return at_once(
        *(partial(withdraw, inquiry, idempotency_key=idempotency_key) for idempotency_key in keys)
    )


@pytest.mark.parametrize("_round", range(3))
def test_withdraw_twice_with_one_key_withdraws_once(_round):
    inquiry = factories.filed()

    results = withdraw_twice(inquiry, keys=[uuid.uuid4()] * 2)

    assert [each.outcome for each in results] == ["withdrawn", "withdrawn"]
    assert event_types_of(inquiry) == ["submitted", "withdrawn"]
    assert notices(inquiry) == [WITHDRAWN]
    assert inquiry.replies.count() == 1


@pytest.mark.parametrize("_round", range(3))
def test_withdraw_in_two_tabs_withdraws_once(_round):
    inquiry = factories.filed()

    results = withdraw_twice(inquiry, keys=[uuid.uuid4(), uuid.uuid4()])

    assert told(results) == [changed("Withdrawn")]
    assert event_types_of(inquiry) == ["submitted", "withdrawn"]
    assert notices(inquiry) == [WITHDRAWN]
    assert inquiry.replies.count() == 1


def test_control_without_key_second_withdrawal_is_refused(monkeypatch):
    inquiry = factories.filed()
    monkeypatch.setattr(follow_up, "derive_key", lambda *_content: uuid.uuid4())

    results = withdraw_twice(inquiry, keys=[uuid.uuid4()] * 2)

    assert told(results) == [changed("Withdrawn")]


def test_control_without_guards_it_is_withdrawn_twice(monkeypatch):
    inquiry = factories.filed()
    take_out_row_locks(monkeypatch)
    look_before_moving(monkeypatch)

    results = withdraw_twice(inquiry, keys=[uuid.uuid4(), uuid.uuid4()])

    assert told(results) == []
    assert event_types_of(inquiry) == ["submitted", "withdrawn", "withdrawn"]
    assert notices(inquiry) == [WITHDRAWN] * 2


# Releasing while replying


def release_while_answering(officer, inquiry):
    """Release and reply at once, from two tabs of the same officer."""
    return at_once(
        partial(release, officer, inquiry), partial(write, actions.reply, officer, inquiry)
    )


@pytest.mark.parametrize("_round", range(3))
def test_release_against_reply_one_succeeds(officer, _round):
    inquiry = factories.claimed(officer)

    results = release_while_answering(officer, inquiry)

    if now(inquiry).assignee is None:
        assert told(results) == [changed(f"Given back to the queue ({officer.username})")]
        assert event_types_of(inquiry) == ["submitted", "claimed", "released"]
        assert not inquiry.replies.exists()
        assert notices(inquiry) == []
    else:
        assert told(results) == [changed(f"Answered ({officer.username})")]
        assert event_types_of(inquiry) == ["submitted", "claimed", "replied"]
        assert inquiry.replies.count() == len(notices(inquiry)) == 1


def test_control_without_conditional_move_replied_and_released(officer, monkeypatch):
    inquiry = factories.claimed(officer)
    look_before_moving(monkeypatch)

    results = release_while_answering(officer, inquiry)

    assert told(results) == []
    assert sorted(event_types_of(inquiry)[2:]) == ["released", "replied"]
    assert now(inquiry).assignee is None
    assert len(notices(inquiry)) == 1


# Two supervisors


def assign(browser, inquiry, officer):
    address = f"/en/staff/requests_app/inquiry/{inquiry.pk}/assign/"
    form = {"expected_version": inquiry.version, "officer": officer.pk}
    return notices_on(browser.post(address, form, follow=True))


def assign_at_once(inquiry):
    """Let two supervisors assign the inquiry to two officers.

    Return the notices shown to each supervisor, the supervisors' usernames and the officers'.
    """
    supervisors = factories.OfficerFactory.create_batch(2)
    officers = factories.OfficerFactory.create_batch(2)
    for supervisor in supervisors:
        supervisor.user_permissions.add(Permission.objects.get(codename="assign_inquiry"))
    presses = [
        partial(assign, signed_in_staff(supervisor), inquiry, officer)
        for supervisor, officer in zip(supervisors, officers, strict=True)
    ]
    names = [each.username for each in supervisors], [each.username for each in officers]
    return at_once(*presses), *names


@pytest.mark.parametrize("_round", range(3))
def test_assign_by_two_supervisors_one_succeeds(_round):
    inquiry = factories.filed()

    results, supervisors, officers = assign_at_once(inquiry)

    winner = officers.index(now(inquiry).assignee.username)
    assert results[winner] == [ASSIGNED]
    assert results[1 - winner] == [changed(f"Assigned by a supervisor ({supervisors[winner]})")]
    assert event_types_of(inquiry) == ["submitted", "assigned"]


def test_control_without_conditional_move_assigned_twice(monkeypatch):
    inquiry = factories.filed()
    look_before_moving(monkeypatch)

    results, _supervisors, _officers = assign_at_once(inquiry)

    assert results == [[ASSIGNED], [ASSIGNED]]
    assert event_types_of(inquiry) == ["submitted", "assigned", "assigned"]


# Deleting a draft during the submission


def submit(inquiry, code):
    return actions.submit(
        actor=inquiry.applicant, inquiry=now(inquiry), session_key=SESSION, guess=code
    )


def delete(inquiry):
    """Delete the draft, as from another tab that has loaded it by itself."""
    actions.delete_draft(actor=inquiry.applicant, inquiry=now(inquiry))


@pytest.fixture
def draft(resident):
    """A draft with a document."""
    draft = factories.draft(resident)
    factories.attached(draft)
    return draft


def run_second_during_first(monkeypatch, owner, name, *, first, second):
    """Pause `first` at its call of `name` until `second` has ended or waits for a lock."""
    has_begun, is_through = Event(), Event()
    original = getattr(owner, name)

    def do_late(*args):
        has_begun.set()
        until(lambda: is_through.is_set() or lock_is_awaited())
        return original(*args)

    def do_second():
        assert has_begun.wait(DEADLINE_SECONDS)
        try:
            return second()
        finally:
            is_through.set()

    monkeypatch.setattr(owner, name, do_late)
    return at_once(first, do_second)


def submit_during_deletion(monkeypatch, draft):
    code = factories.confirmation(draft, SESSION)
    return run_second_during_first(
        monkeypatch,
        *(Inquiry, "delete"),
        first=partial(delete, draft),
        second=partial(submit, draft, code),
    )


def delete_during_submit(monkeypatch, draft):
    code = factories.confirmation(draft, SESSION)
    return run_second_during_first(
        monkeypatch,
        *(submission, "_submit"),
        first=partial(submit, draft, code),
        second=partial(delete, draft),
    )


def test_submit_waits_for_deletion_and_files_nothing(draft, monkeypatch):
    reference = draft.reference

    deletion, sending = submit_during_deletion(monkeypatch, draft)

    assert deletion is None
    assert isinstance(sending, RuleViolation)
    assert not Inquiry.objects.exists()
    assert not Attachment.objects.exists()
    assert stored_files() == []
    assert not Message.objects.about(reference).exists()


def test_deletion_waits_for_submit_and_is_refused(draft, monkeypatch):
    _filed, deletion = delete_during_submit(monkeypatch, draft)

    assert told([deletion]) == [FILED]
    assert now(draft).status == Inquiry.Status.UNDER_PROCESSING
    assert event_types_of(draft) == ["submitted"]
    assert draft.attachments.count() == len(stored_files()) == 1


def test_control_without_lock_deletion_meets_filed_inquiry(resident, monkeypatch):
    # The draft has no document, as the deletion would hold the lock of that row as well.
    draft = factories.draft(resident)
    take_out_row_locks(monkeypatch)

    with pytest.raises(ProtectedError):
        submit_during_deletion(monkeypatch, draft)


def test_control_without_lock_submit_meets_deleted_draft(draft, monkeypatch):
    take_out_row_locks(monkeypatch)

    with pytest.raises(Inquiry.DoesNotExist):
        delete_during_submit(monkeypatch, draft)

    assert not Inquiry.objects.exists()
    assert stored_files() == []
