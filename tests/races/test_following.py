"""The applicant and the desk at the same moment: one action is done, and the other is told."""

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
    look_before_writing,
    somebody_queues,
    take_out_row_locks,
    told,
    until,
    wait_after,
)
from tests.requests_app.files import stored_files

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
    """How often the applicant was told of what, since the inquiry was filed: the last words."""
    texts = Message.objects.about(inquiry.reference).values_list("text", flat=True)
    return [text.removeprefix(f"Tawasul: your inquiry {inquiry.reference} ") for text in texts][1:]


WITHDRAWN = "has been withdrawn, as you asked."
APPROVED = "has been approved. Sign in to read the answer."


def changed(what):
    return f"This inquiry has changed since you opened it: {what}. Read it again first."


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


def let_all_look_before_anyone_writes(monkeypatch, parties=2):
    """The guard out: status, version and assignee are looked at first, and written afterwards."""
    look_before_writing(monkeypatch, InquiryQuerySet, parties=parties, only_if_changes="version")


# Withdrawing while it is approved


def withdraw_while_it_is_approved(officer, inquiry):
    return at_once(partial(withdraw, inquiry), partial(write, actions.approve, officer, inquiry))


@pytest.mark.parametrize("_round", range(3))
def test_of_a_withdrawal_and_an_approval_at_once_one_is_done_and_the_other_refused(officer, _round):
    inquiry = factories.claimed(officer)

    withdrawal, approval = withdraw_while_it_is_approved(officer, inquiry)

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


def test_control_without_the_conditional_move_it_is_both_withdrawn_and_approved(
    officer, monkeypatch
):
    inquiry = factories.claimed(officer)
    let_all_look_before_anyone_writes(monkeypatch)

    results = withdraw_while_it_is_approved(officer, inquiry)

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
    """Twenty clicks on one form; all have found the inquiry returned before one answers."""
    wait_after(monkeypatch, pages, "get_filed_by", parties=20)
    form = {"idempotency_key": uuid.uuid4(), "expected_version": inquiry.version, "text": TEXT}
    return at_once(*[partial(send, inquiry, browser.session.session_key, form)] * 20)


@pytest.fixture
def returned(officer, resident):
    return write(actions.send_back, officer, factories.claimed(officer, applicant=resident))


@pytest.mark.parametrize("_round", range(3))
def test_the_same_answer_sent_twenty_times_at_once_is_one_and_all_are_told_that_it_is_sent(
    as_resident, returned, monkeypatch, _round
):
    before = notices(returned)

    answers = answer_twenty_times(monkeypatch, as_resident, returned)

    assert answers == [(200, True)] * 20
    assert event_types_of(returned) == ["submitted", "claimed", "returned", "resubmitted"]
    assert [reply.text for reply in returned.replies.filter(kind="from_applicant")] == [TEXT]
    assert now(returned).version == returned.version + 1
    assert notices(returned) == before


def test_control_without_the_key_of_the_form_nineteen_are_not_told_that_it_is_sent(
    as_resident, returned, monkeypatch
):
    monkeypatch.setattr(follow_up, "derive_key", lambda *_content: uuid.uuid4())

    answers = answer_twenty_times(monkeypatch, as_resident, returned)

    assert sorted(answers) == [(200, False)] * 19 + [(200, True)]


def test_control_without_key_lock_and_conditional_move_it_is_answered_twenty_times(
    as_resident, returned, monkeypatch
):
    monkeypatch.setattr(follow_up, "derive_key", lambda *_content: uuid.uuid4())
    take_out_row_locks(monkeypatch)
    let_all_look_before_anyone_writes(monkeypatch, parties=20)

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
def test_a_withdrawal_clicked_twice_at_once_is_one_and_both_get_it(_round):
    inquiry = factories.filed()

    results = withdraw_twice(inquiry, keys=[uuid.uuid4()] * 2)

    assert [each.outcome for each in results] == ["withdrawn", "withdrawn"]
    assert event_types_of(inquiry) == ["submitted", "withdrawn"]
    assert notices(inquiry) == [WITHDRAWN]
    assert inquiry.replies.count() == 1


@pytest.mark.parametrize("_round", range(3))
def test_of_withdrawals_in_two_tabs_one_is_done_and_the_other_told_so(_round):
    inquiry = factories.filed()

    results = withdraw_twice(inquiry, keys=[uuid.uuid4(), uuid.uuid4()])

    assert told(results) == [changed("Withdrawn")]
    assert event_types_of(inquiry) == ["submitted", "withdrawn"]
    assert notices(inquiry) == [WITHDRAWN]
    assert inquiry.replies.count() == 1


def test_control_without_the_key_the_second_click_is_refused(monkeypatch):
    inquiry = factories.filed()
    monkeypatch.setattr(follow_up, "derive_key", lambda *_content: uuid.uuid4())

    results = withdraw_twice(inquiry, keys=[uuid.uuid4()] * 2)

    assert told(results) == [changed("Withdrawn")]


def test_control_without_the_lock_and_the_conditional_move_it_is_withdrawn_twice(monkeypatch):
    inquiry = factories.filed()
    take_out_row_locks(monkeypatch)
    let_all_look_before_anyone_writes(monkeypatch)

    results = withdraw_twice(inquiry, keys=[uuid.uuid4(), uuid.uuid4()])

    assert told(results) == []
    assert event_types_of(inquiry) == ["submitted", "withdrawn", "withdrawn"]
    assert notices(inquiry) == [WITHDRAWN] * 2


# Giving it back while answering


def release_while_answering(officer, inquiry):
    """In two tabs of the same officer."""
    return at_once(
        partial(release, officer, inquiry), partial(write, actions.reply, officer, inquiry)
    )


@pytest.mark.parametrize("_round", range(3))
def test_of_a_release_and_an_answer_at_once_one_is_done_and_the_other_is_told(officer, _round):
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


def test_control_without_the_conditional_move_it_is_answered_and_given_back(officer, monkeypatch):
    inquiry = factories.claimed(officer)
    let_all_look_before_anyone_writes(monkeypatch)

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
    """What two supervisors are told who give it to two officers; their names, and the officers'."""
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
def test_of_two_supervisors_at_once_one_assigns_it_and_the_other_is_told(_round):
    inquiry = factories.filed()

    results, supervisors, officers = assign_at_once(inquiry)

    winner = officers.index(now(inquiry).assignee.username)
    assert results[winner] == [ASSIGNED]
    assert results[1 - winner] == [changed(f"Assigned by a supervisor ({supervisors[winner]})")]
    assert event_types_of(inquiry) == ["submitted", "assigned"]


def test_control_without_the_conditional_move_both_are_told_that_it_is_assigned(monkeypatch):
    inquiry = factories.filed()
    let_all_look_before_anyone_writes(monkeypatch)

    results, _supervisors, _officers = assign_at_once(inquiry)

    assert results == [[ASSIGNED], [ASSIGNED]]
    assert event_types_of(inquiry) == ["submitted", "assigned", "assigned"]


# Deleting a draft while it is sent


def submit(inquiry, code):
    return actions.submit(
        actor=inquiry.applicant, inquiry=now(inquiry), session_key=SESSION, guess=code
    )


def delete(inquiry):
    """As the page of another tab does, which has read the draft for itself."""
    actions.delete_draft(actor=inquiry.applicant, inquiry=now(inquiry))


@pytest.fixture
def draft(resident):
    """A draft with a document."""
    draft = factories.draft(resident)
    factories.attached(draft)
    return draft


def one_within_the_other(monkeypatch, owner, name, *, first, second):
    """`first` stops before it does `name`, until `second` is through or queues behind it."""
    has_begun, is_through = Event(), Event()
    original = getattr(owner, name)

    def do_late(*args):
        has_begun.set()
        until(lambda: is_through.is_set() or somebody_queues())
        return original(*args)

    def do_second():
        assert has_begun.wait(DEADLINE_SECONDS)
        try:
            return second()
        finally:
            is_through.set()

    monkeypatch.setattr(owner, name, do_late)
    return at_once(first, do_second)


def send_while_it_is_about_to_be_deleted(monkeypatch, draft):
    code = factories.confirmation(draft, SESSION)
    return one_within_the_other(
        monkeypatch,
        *(Inquiry, "delete"),
        first=partial(delete, draft),
        second=partial(submit, draft, code),
    )


def delete_while_it_is_about_to_be_sent(monkeypatch, draft):
    code = factories.confirmation(draft, SESSION)
    return one_within_the_other(
        monkeypatch,
        *(submission, "_submit"),
        first=partial(submit, draft, code),
        second=partial(delete, draft),
    )


def test_a_send_queues_behind_a_deletion_that_has_begun_and_files_nothing(draft, monkeypatch):
    reference = draft.reference

    deletion, sending = send_while_it_is_about_to_be_deleted(monkeypatch, draft)

    assert deletion is None
    assert isinstance(sending, RuleViolation)
    assert not Inquiry.objects.exists()
    assert not Attachment.objects.exists()
    assert stored_files() == []
    assert not Message.objects.about(reference).exists()


def test_a_deletion_queues_behind_a_send_that_has_begun_and_is_refused(draft, monkeypatch):
    _filed, deletion = delete_while_it_is_about_to_be_sent(monkeypatch, draft)

    assert told([deletion]) == [FILED]
    assert now(draft).status == Inquiry.Status.UNDER_PROCESSING
    assert event_types_of(draft) == ["submitted"]
    assert draft.attachments.count() == len(stored_files()) == 1


def test_control_without_the_lock_on_the_draft_a_deletion_fails_at_what_was_sent_meanwhile(
    resident, monkeypatch
):
    # One without a document: to send one is another row that a deletion has locked.
    draft = factories.draft(resident)
    take_out_row_locks(monkeypatch)

    with pytest.raises(ProtectedError):
        send_while_it_is_about_to_be_deleted(monkeypatch, draft)


def test_control_without_the_lock_on_the_draft_it_is_gone_before_it_is_sent(draft, monkeypatch):
    take_out_row_locks(monkeypatch)

    with pytest.raises(Inquiry.DoesNotExist):
        delete_while_it_is_about_to_be_sent(monkeypatch, draft)

    assert not Inquiry.objects.exists()
    assert stored_files() == []
