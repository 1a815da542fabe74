"""A decision that leaves while it is taken back, or while the applicant withdraws: one holds."""

import uuid
from contextlib import suppress

import pytest
from django.db import IntegrityError

from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.races.inquiries import APPROVAL_NOTICE, WITHDRAWAL_NOTICE, notices
from tests.races.together import at_once, event_types_of, now, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

TAKEN_BACK = ["submitted", "claimed", "decided", "taken_back"]
SENT = ["submitted", "claimed", "decided", "approved"]
TOO_LATE = (
    "The decision has been sent already, so it cannot be taken back. "
    "A supervisor can reopen the inquiry."
)


@pytest.fixture
def decided(officer, settings):
    """Return an inquiry whose approval is due to leave now."""
    settings.DECISION_MINUTES = 10
    inquiry = factories.write(actions.approve, factories.claimed(officer), officer)
    waiting = inquiry.decisions.get()
    waiting.leaves_at = waiting.decided_at
    waiting.save()
    return inquiry


def take_back(inquiry):
    return actions.take_back(
        actor=inquiry.assignee, inquiry=now(inquiry), expected_version=inquiry.version
    )


def withdraw(inquiry):
    return actions.withdraw(
        actor=inquiry.applicant,
        inquiry=now(inquiry),
        expected_version=inquiry.version,
        text="The fee is shown as paid now, so I have nothing left to ask.",
        idempotency_key=uuid.uuid4(),
    )


@pytest.mark.parametrize("_round", range(3))
def test_taken_back_while_it_leaves_either_holds(decided, _round):
    _taken_back, sent = at_once(lambda: take_back(decided), actions.send_decisions)

    assert event_types_of(decided) == (SENT if sent == 1 else TAKEN_BACK)
    assert notices(decided) == ([APPROVAL_NOTICE] if sent == 1 else [])
    assert decided.replies.count() == (1 if sent == 1 else 0)
    if sent == 1:
        assert told([_taken_back]) == [TOO_LATE]


def test_control_without_condition_it_is_taken_back_and_leaves(decided, guards):
    guards.take_out_row_locks()
    guards.look_before_moving(parties=2)

    # If it leaves first, a constraint of the database refuses what comes second.
    with suppress(IntegrityError):
        at_once(lambda: take_back(decided), actions.send_decisions)
        assert event_types_of(decided) == [*TAKEN_BACK, "approved"]


@pytest.mark.parametrize("_round", range(3))
def test_withdrawn_while_it_leaves_either_holds(decided, _round):
    _withdrawn, sent = at_once(lambda: withdraw(decided), actions.send_decisions)

    expected = [APPROVAL_NOTICE] if sent == 1 else [WITHDRAWAL_NOTICE]
    assert notices(decided) == expected
    outcome = Inquiry.Outcome.APPROVED if sent == 1 else Inquiry.Outcome.WITHDRAWN
    assert now(decided).outcome == outcome


def test_two_workers_send_it_once(decided):
    assert sorted(at_once(*[actions.send_decisions] * 4)) == [0, 0, 0, 1]
    assert notices(decided) == [APPROVAL_NOTICE]


def test_control_without_lock_only_the_key_keeps_it_from_being_sent_twice(decided, guards):
    guards.take_out_row_locks()
    guards.look_before_moving(parties=2)

    with pytest.raises(IntegrityError, match="reply_key_key"):
        at_once(*[actions.send_decisions] * 2)
