"""Concurrent actions of applicants, officers and their tabs: one succeeds, others are refused."""

import uuid
from functools import partial

import pytest

from core.accounts import registry
from requests_app import actions
from requests_app.actions import decisions, follow_up, transitions, triage
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import notices_on, signed_in_staff
from tests.races.inquiries import (
    APPROVAL_NOTICE,
    WITHDRAWAL_NOTICE,
    another_tab,
    notices,
    post_at_desk,
)
from tests.races.together import at_once, event_types_of, now, told
from tests.requests_app.desk_pages import QUEUE
from tests.requests_app.refusals import changed

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

TEXT = "The fee was paid on 12 Safar, and it is booked to the iqama."
REASON = "The fee is shown as paid now, so I have nothing left to ask."
NAME = "Mohammed Aslam Khan"
SENT = "Your answer has been sent."
ANSWER = "The fee was found and booked to your iqama."
APPROVED = "The inquiry has been approved."
YOURS = "The inquiry is assigned to you. You can answer it now."
ASSIGNED = "The inquiry has been assigned."


def write(action, actor, inquiry, text=TEXT, idempotency_key=None):
    return action(
        actor=actor,
        inquiry=now(inquiry),
        expected_version=inquiry.version,
        text=text,
        idempotency_key=idempotency_key or uuid.uuid4(),
    )


def withdraw(inquiry, idempotency_key=None):
    return write(actions.withdraw, inquiry.applicant, inquiry, REASON, idempotency_key)


def release(officer, inquiry):
    return actions.release(actor=officer, inquiry=now(inquiry), expected_version=inquiry.version)


@pytest.fixture
def claimed(officer):
    return factories.claimed(officer)


@pytest.fixture
def filed(db):
    return factories.filed()


def withdraw_and_approve(officer, inquiry):
    return at_once(partial(withdraw, inquiry), partial(write, actions.approve, officer, inquiry))


@pytest.mark.parametrize("_round", range(3))
def test_withdraw_against_approve_one_succeeds(officer, claimed, _round):
    withdrawal, approval = withdraw_and_approve(officer, claimed)

    after = now(claimed)
    assert claimed.replies.count() == 1
    if after.outcome == Inquiry.Outcome.WITHDRAWN:
        assert told([approval]) == [changed(f"Withdrawn ({NAME})")]
        assert event_types_of(claimed) == ["submitted", "claimed", "withdrawn"]
        assert notices(claimed) == [WITHDRAWAL_NOTICE]
    else:
        assert withdrawal.code == "stale"
        assert (after.status, after.outcome) == ("processed", "approved")
        assert event_types_of(claimed) == ["submitted", "claimed", "approved"]
        assert notices(claimed) == [APPROVAL_NOTICE]


def test_control_without_conditional_move_withdrawn_and_approved(officer, claimed, guards):
    guards.look_before_moving()

    assert told(withdraw_and_approve(officer, claimed)) == []
    assert sorted(event_types_of(claimed)[2:]) == ["approved", "withdrawn"]
    assert sorted(notices(claimed)) == [APPROVAL_NOTICE, WITHDRAWAL_NOTICE]


def send(browser, inquiry, form):
    address = f"/en/inquiries/{inquiry.reference}/answer/"
    response = browser.post(address, form, follow=True)
    return response.status_code, SENT in notices_on(response)


def answer_twenty_times(guards, browser, inquiry):
    """Send one form twenty times; all requests have loaded the inquiry before one answers."""
    guards.wait_after(registry, "refresh_parties", parties=20)
    form = {"idempotency_key": uuid.uuid4(), "expected_version": inquiry.version, "text": TEXT}
    return at_once(*[partial(send, another_tab(browser), inquiry, form) for _click in range(20)])


@pytest.fixture
def returned(officer, resident):
    return write(actions.send_back, officer, factories.claimed(officer, applicant=resident))


@pytest.mark.parametrize("_round", range(3))
def test_answer_sent_twenty_times_is_stored_once(as_resident, returned, guards, _round):
    before = notices(returned)

    assert answer_twenty_times(guards, as_resident, returned) == [(200, True)] * 20
    assert event_types_of(returned) == ["submitted", "claimed", "returned", "resubmitted"]
    assert [reply.text for reply in returned.replies.filter(kind="from_applicant")] == [TEXT]
    assert now(returned).version == returned.version + 1
    assert notices(returned) == before


def test_control_without_form_key_nineteen_answers_are_refused(as_resident, returned, guards):
    guards.take_out_form_keys(follow_up)

    answers = answer_twenty_times(guards, as_resident, returned)

    assert sorted(answers) == [(200, False)] * 19 + [(200, True)]


def test_control_without_guards_answer_is_stored_twenty_times(as_resident, returned, guards):
    guards.take_out_form_keys(follow_up)
    guards.take_out_row_locks()
    guards.look_before_moving(parties=20)

    assert answer_twenty_times(guards, as_resident, returned) == [(200, True)] * 20
    assert event_types_of(returned)[3:] == ["resubmitted"] * 20
    assert returned.replies.filter(kind="from_applicant").count() == 20


def withdraw_twice(inquiry, *, keys):
    return at_once(*[partial(withdraw, inquiry, key) for key in keys])


def assert_is_withdrawn_once(inquiry):
    assert event_types_of(inquiry) == ["submitted", "withdrawn"]
    assert notices(inquiry) == [WITHDRAWAL_NOTICE]
    assert inquiry.replies.count() == 1


@pytest.mark.parametrize("_round", range(3))
def test_withdraw_twice_with_one_key_withdraws_once(filed, _round):
    results = withdraw_twice(filed, keys=[uuid.uuid4()] * 2)

    assert [each.outcome for each in results] == ["withdrawn", "withdrawn"]
    assert_is_withdrawn_once(filed)


@pytest.mark.parametrize("_round", range(3))
def test_withdraw_in_two_tabs_withdraws_once(filed, _round):
    assert told(withdraw_twice(filed, keys=[uuid.uuid4(), uuid.uuid4()])) == [changed("Withdrawn")]
    assert_is_withdrawn_once(filed)


def test_control_without_key_second_withdrawal_is_refused(filed, guards):
    guards.take_out_form_keys(follow_up)

    assert told(withdraw_twice(filed, keys=[uuid.uuid4()] * 2)) == [changed("Withdrawn")]


def test_control_without_guards_it_is_withdrawn_twice(filed, guards):
    guards.take_out_row_locks()
    guards.look_before_moving()

    assert told(withdraw_twice(filed, keys=[uuid.uuid4(), uuid.uuid4()])) == []
    assert event_types_of(filed) == ["submitted", "withdrawn", "withdrawn"]
    assert notices(filed) == [WITHDRAWAL_NOTICE] * 2


def release_while_answering(officer, inquiry):
    """Release and reply at once, from two tabs of the same officer."""
    return at_once(
        partial(release, officer, inquiry), partial(write, actions.reply, officer, inquiry)
    )


@pytest.mark.parametrize("_round", range(3))
def test_release_against_reply_one_succeeds(officer, claimed, _round):
    results = release_while_answering(officer, claimed)

    if now(claimed).assignee is None:
        assert told(results) == [changed(f"Given back to the queue ({officer.username})")]
        assert event_types_of(claimed) == ["submitted", "claimed", "released"]
        assert not claimed.replies.exists()
        assert notices(claimed) == []
    else:
        assert told(results) == [changed(f"Answered ({officer.username})")]
        assert event_types_of(claimed) == ["submitted", "claimed", "replied"]
        assert claimed.replies.count() == len(notices(claimed)) == 1


def test_control_without_conditional_move_replied_and_released(officer, claimed, guards):
    guards.look_before_moving()

    assert told(release_while_answering(officer, claimed)) == []
    assert sorted(event_types_of(claimed)[2:]) == ["released", "replied"]
    assert now(claimed).assignee is None
    assert len(notices(claimed)) == 1


def assign_at_once(inquiry):
    """Let two supervisors assign the inquiry to two officers.

    Return the notices shown to each supervisor, the supervisors' usernames and the officers'.
    """
    supervisors = [factories.supervisor() for _supervisor in range(2)]
    officers = factories.OfficerFactory.create_batch(2)
    presses = [
        partial(post_at_desk, signed_in_staff(supervisor), inquiry, "assign", officer=officer.pk)
        for supervisor, officer in zip(supervisors, officers, strict=True)
    ]
    names = [each.username for each in supervisors], [each.username for each in officers]
    return at_once(*presses), *names


@pytest.mark.parametrize("_round", range(3))
def test_assign_by_two_supervisors_one_succeeds(filed, _round):
    results, supervisors, officers = assign_at_once(filed)

    winner = officers.index(now(filed).assignee.username)
    assert results[winner] == [ASSIGNED]
    assert results[1 - winner] == [changed(f"Assigned by a supervisor ({supervisors[winner]})")]
    assert event_types_of(filed) == ["submitted", "assigned"]


def test_control_without_conditional_move_assigned_twice(filed, guards):
    guards.look_before_moving()

    results, _supervisors, _officers = assign_at_once(filed)

    assert results == [[ASSIGNED], [ASSIGNED]]
    assert event_types_of(filed) == ["submitted", "assigned", "assigned"]


def reopen_at_once(inquiry):
    """Let two supervisors reopen the inquiry, and return what each was told."""
    reopenings = (
        partial(write, actions.reopen, factories.supervisor(), inquiry) for _supervisor in range(2)
    )
    return told(at_once(*reopenings))


@pytest.fixture
def approved(officer, claimed):
    return write(actions.approve, officer, claimed)


@pytest.mark.parametrize("_round", range(3))
def test_reopen_by_two_supervisors_reopens_once(approved, _round):
    (refused,) = reopen_at_once(approved)

    assert refused.startswith("This inquiry has changed since you opened it: Reopened (")
    assert event_types_of(approved) == ["submitted", "claimed", "approved", "reopened"]
    assert approved.replies.count() == 2


def test_control_without_guards_it_is_reopened_twice(approved, guards):
    guards.take_out_row_locks()
    guards.look_before_moving()

    assert reopen_at_once(approved) == []
    assert event_types_of(approved)[3:] == ["reopened", "reopened"]


def answer(browser, inquiry, action, idempotency_key=None):
    key = idempotency_key or uuid.uuid4()
    form = {"decision": action, "confirmed": "yes", "idempotency_key": key, "text": ANSWER}
    return post_at_desk(browser, inquiry, "answer", **form)


def claim_by_two_officers(as_officer, inquiry):
    browsers = [as_officer, signed_in_staff(factories.OfficerFactory())]
    return at_once(*[partial(post_at_desk, browser, inquiry, "claim") for browser in browsers])


@pytest.mark.parametrize("_round", range(3))
def test_claim_by_two_officers_one_wins(as_officer, filed, _round):
    shown = claim_by_two_officers(as_officer, filed)

    winner = now(filed).assignee.username
    assert sorted(shown) == [[YOURS], [f"This inquiry is already assigned to {winner}."]]
    assert event_types_of(filed) == ["submitted", "claimed"]


def test_control_without_conditional_move_both_officers_claim(as_officer, filed, guards):
    guards.look_before_moving()

    assert claim_by_two_officers(as_officer, filed) == [[YOURS], [YOURS]]
    assert event_types_of(filed) == ["submitted", "claimed", "claimed"]


def approve_in_two_tabs(browser, inquiry, *, keys):
    steps = [partial(answer, another_tab(browser), inquiry, "approve", key) for key in keys]
    return at_once(*steps)


def assert_is_approved_once(inquiry):
    assert event_types_of(inquiry) == ["submitted", "claimed", "approved"]
    assert notices(inquiry) == [APPROVAL_NOTICE]
    assert [reply.text for reply in inquiry.replies.all()] == [ANSWER]


@pytest.mark.parametrize("_round", range(3))
def test_approve_twice_with_one_key_approves_once(claimed, as_officer, _round):
    shown = approve_in_two_tabs(as_officer, claimed, keys=[uuid.uuid4()] * 2)

    assert shown == [[APPROVED], [APPROVED]]
    assert_is_approved_once(claimed)


def test_control_without_form_key_second_approval_is_refused(claimed, officer, as_officer, guards):
    guards.take_out_form_keys(decisions)

    shown = approve_in_two_tabs(as_officer, claimed, keys=[uuid.uuid4()] * 2)

    assert sorted(shown) == [[APPROVED], [changed(f"Approved ({officer.username})")]]


@pytest.mark.parametrize("_round", range(3))
def test_approve_in_two_tabs_approves_once(claimed, officer, as_officer, _round):
    shown = approve_in_two_tabs(as_officer, claimed, keys=[uuid.uuid4(), uuid.uuid4()])

    assert sorted(shown) == [[APPROVED], [changed(f"Approved ({officer.username})")]]
    assert_is_approved_once(claimed)


def test_control_without_conditional_move_both_tabs_approve(claimed, as_officer, guards):
    guards.look_before_moving()

    shown = approve_in_two_tabs(as_officer, claimed, keys=[uuid.uuid4(), uuid.uuid4()])

    assert shown == [[APPROVED], [APPROVED]]
    assert event_types_of(claimed) == ["submitted", "claimed", "approved", "approved"]
    assert notices(claimed) == [APPROVAL_NOTICE] * 2


def approve_from_stale_page(browser, inquiry):
    """Reply in one tab, then approve in one opened before; return the notices of the latter."""
    answer(another_tab(browser), inquiry, "reply")
    return answer(browser, inquiry, "approve")


def test_approval_from_stale_page_is_refused(claimed, officer, as_officer):
    shown = approve_from_stale_page(as_officer, claimed)

    assert shown == [changed(f"Answered ({officer.username})")]
    assert now(claimed).status == Inquiry.Status.UNDER_PROCESSING
    assert event_types_of(claimed) == ["submitted", "claimed", "replied"]
    assert claimed.replies.count() == len(notices(claimed)) == 1


def test_control_without_version_stale_page_approves(claimed, as_officer, guards):
    move = transitions.move

    def move_from_current_version(inquiry, action, *, expected_version, **others):
        return move(inquiry, action, expected_version=now(inquiry).version, **others)

    guards.replace(decisions, "move", move_from_current_version)

    assert approve_from_stale_page(as_officer, claimed) == [APPROVED]
    assert event_types_of(claimed) == ["submitted", "claimed", "replied", "approved"]


def test_same_form_key_on_another_inquiry_is_separate(officer, as_officer):
    inquiries, key = [factories.claimed(officer), factories.claimed(officer)], uuid.uuid4()

    shown = [answer(as_officer, each, "approve", key) for each in inquiries]

    assert shown == [[APPROVED], [APPROVED]]
    assert [notices(each) for each in inquiries] == [[APPROVAL_NOTICE]] * 2


# Many inquiries at once


def press_in_bulk(browser, name, inquiries):
    """Send a bulk action on these inquiries eight times at once."""
    form = {
        "item": [f"{each.pk}:{each.version}" for each in inquiries],
        "text": ANSWER,
        "idempotency_key": str(uuid.uuid4()),
    }
    send = partial(another_tab(browser).post, f"{QUEUE}bulk/{name}/", form)
    return at_once(*[send] * 8)


@pytest.mark.parametrize("name", ["note", "reply"])
def test_bulk_form_sent_eight_times_writes_once(officer, as_officer, name):
    inquiries = [factories.claimed(officer) for _inquiry in range(3)]

    answers = press_in_bulk(as_officer, name, inquiries)

    assert {answer.status_code for answer in answers} == {302}
    assert [each.replies.count() for each in inquiries] == [1, 1, 1]


def test_control_without_form_key_seven_bulk_forms_are_refused(officer, as_officer, guards):
    guards.take_out_form_keys(triage)

    answers = press_in_bulk(as_officer, "note", [factories.claimed(officer)])

    assert sorted(answer.status_code for answer in answers) == [*[200] * 7, 302]
