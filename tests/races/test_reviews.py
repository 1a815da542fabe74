"""A review is asked for while a supervisor reopens the inquiry: one holds."""

import uuid

import pytest

from requests_app import actions
from tests import factories
from tests.races.together import at_once, event_types_of, now

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

REJECTED = ["submitted", "claimed", "rejected"]


@pytest.fixture
def rejected(officer):
    return factories.write(actions.reject, factories.claimed(officer), officer)


def steps_on(inquiry):
    """Return the steps of the applicant and of a supervisor, both on the version of now."""
    supervisor = factories.supervisor()
    text = "The fee was paid under the old iqama."

    def step(action, actor):
        return lambda: action(
            actor=actor,
            inquiry=now(inquiry),
            expected_version=inquiry.version,
            text=text,
            idempotency_key=uuid.uuid4(),
        )

    return step(actions.ask_for_review, inquiry.applicant), step(actions.reopen, supervisor)


@pytest.mark.parametrize("_round", range(3))
def test_asked_for_while_it_is_reopened_either_holds(rejected, officer, _round):
    at_once(*steps_on(rejected))
    (last,) = event_types_of(rejected)[3:]
    is_review = last == "review_asked"
    assert last in ("review_asked", "reopened")
    assert now(rejected).is_review == is_review
    assert (now(rejected).assignee == officer) != is_review


def test_control_without_guards_it_is_both(rejected, guards):
    guards.take_out_row_locks()
    guards.look_before_moving(parties=2)
    at_once(*steps_on(rejected))
    assert sorted(event_types_of(rejected)[3:]) == ["reopened", "review_asked"]
