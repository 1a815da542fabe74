"""A return that ends while it is answered, or at two workers: one holds."""

import uuid
from contextlib import suppress

import pytest
from django.db import IntegrityError
from django.utils import timezone

from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.races.inquiries import notices
from tests.races.together import at_once, event_types_of, now

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

RETURNED = ["submitted", "claimed", "returned"]
END_NOTICE = "has ended, as we had no answer from you in time. You can file a new one."


@pytest.fixture
def due(officer):
    """Return a returned inquiry that ends now."""
    inquiry = factories.write(actions.send_back, factories.claimed(officer), officer)
    Inquiry.objects.filter(pk=inquiry.pk).update(ends_at=timezone.now())
    return now(inquiry)


def answer(inquiry):
    return actions.answer_return(
        actor=inquiry.applicant,
        inquiry=now(inquiry),
        expected_version=inquiry.version,
        text="The receipt, with its number.",
        idempotency_key=uuid.uuid4(),
    )


@pytest.mark.parametrize("_round", range(3))
def test_answered_while_it_ends_either_holds(due, _round):
    _answered, ended = at_once(lambda: answer(due), actions.end_inquiries)

    last = "unanswered" if ended else "resubmitted"
    assert event_types_of(due) == [*RETURNED, last]
    assert now(due).status == ("closed" if ended else "returned_by_applicant")
    assert (END_NOTICE in notices(due)) == bool(ended)


def test_two_workers_end_it_once(due):
    assert sorted(at_once(*[actions.end_inquiries] * 4)) == [0, 0, 0, 1]
    assert event_types_of(due) == [*RETURNED, "unanswered"]
    assert notices(due).count(END_NOTICE) == 1


def test_control_without_guards_it_is_answered_and_ends(due, guards):
    guards.take_out_row_locks()
    guards.look_before_moving(parties=2)

    # If it ends first, a constraint of the database refuses the answer.
    with suppress(IntegrityError):
        at_once(lambda: answer(due), actions.end_inquiries)
        assert sorted(event_types_of(due)[3:]) == ["resubmitted", "unanswered"]
