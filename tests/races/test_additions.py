"""A document that is sent while its inquiry is approved: it was read, or the approval waits."""

import uuid
from contextlib import suppress
from functools import partial

import pytest
from django.db import IntegrityError

from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.races.inquiries import APPROVAL_NOTICE, attach, notices
from tests.races.together import at_once, event_types_of, now, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

BEFORE = ["submitted", "claimed"]
ADDED_FIRST = (
    "This inquiry has changed since you opened it: Added by the applicant ({}). "
    "Read it again first."
)
APPROVED_FIRST = "This inquiry has changed since you opened it: Approved. Read it again first."
OVER = "This inquiry has already been sent and cannot be changed."


@pytest.fixture
def inquiry(officer):
    """Return an inquiry at work, with a document that its applicant has not sent yet."""
    inquiry = factories.claimed(officer)
    attach(inquiry)
    return inquiry


def carry_out(action, inquiry, actor):
    return action(
        actor=actor,
        inquiry=now(inquiry),
        expected_version=inquiry.version,
        text="The receipt of the payment, with its number.",
        idempotency_key=uuid.uuid4(),
    )


def steps(inquiry):
    add = partial(carry_out, actions.add_message, inquiry, inquiry.applicant)
    return add, partial(carry_out, actions.approve, inquiry, inquiry.assignee)


@pytest.mark.parametrize("_round", range(5))
def test_late_document_against_approval_either_holds(inquiry, _round):
    results = at_once(*steps(inquiry))

    if now(inquiry).status == Inquiry.Status.PROCESSED:
        assert event_types_of(inquiry) == [*BEFORE, "approved"]
        assert told(results) == [APPROVED_FIRST]
        assert notices(inquiry) == [APPROVAL_NOTICE]
        assert not inquiry.attachments.exists()
    else:
        assert event_types_of(inquiry) == [*BEFORE, "added"]
        assert told(results) == [ADDED_FIRST.format(inquiry.applicant.get_short_name())]
        assert notices(inquiry) == []
        assert inquiry.attachments.sent().count() == 1


def test_control_without_version_it_is_approved_unread(inquiry, guards):
    guards.take_out_row_locks()
    guards.look_before_moving(parties=2)

    # If the approval comes first, a constraint of the database refuses what comes second.
    with suppress(IntegrityError):
        assert told(at_once(*steps(inquiry))) == []
        assert event_types_of(inquiry)[2:] == ["added", "approved"]


@pytest.mark.parametrize("_round", range(5))
def test_late_document_against_a_waiting_approval_holds_it_back(inquiry, settings, _round):
    settings.DECISION_MINUTES = 10
    add, approve = steps(inquiry)

    results = at_once(add, approve)

    assert event_types_of(inquiry) in ([*BEFORE, "added"], [*BEFORE, "decided", "added"])
    assert len(told(results)) == (1 if len(event_types_of(inquiry)) == 3 else 0)
    assert now(inquiry).pending_outcome == ""
    assert not inquiry.decisions.filter(state="waiting").exists()


@pytest.mark.parametrize("_round", range(5))
def test_document_that_is_uploaded_during_the_approval_does_not_stay(inquiry, _round):
    _add, approve = steps(inquiry)

    _approved, uploaded = at_once(approve, lambda: attach(inquiry, width=70))

    assert told([_approved, uploaded]) in ([], [OVER])
    assert not inquiry.attachments.exists()


def test_control_without_lock_an_unsent_document_stays(inquiry, guards):
    guards.take_out_row_locks()
    _add, approve = steps(inquiry)
    # The upload has found the inquiry open, and writes its row once the approval is through.
    guards.meanwhile(actions.attachments, "_lock", approve)

    attach(inquiry, width=70)

    assert inquiry.attachments.unsent().count() == 1
