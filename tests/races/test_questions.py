"""A question after an answer while its officer leaves, and while it is asked in another tab."""

import uuid
from functools import partial

import pytest
from django.db import transaction

from requests_app import actions
from requests_app.actions import follow_up
from tests import factories
from tests.races.together import at_once, event_types_of, now, told
from tests.requests_app.people import after

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def approved(officer):
    return after(factories.filed(), officer, "claimed", "approved")


def ask(inquiry):
    return actions.ask_back(
        actor=inquiry.applicant,
        inquiry=now(inquiry),
        expected_version=inquiry.version,
        text="Which of the two fees have you found?",
        idempotency_key=uuid.uuid4(),
    )


def leave(officer):
    """End the officer's account as the staff keeper does: lock it, and hand back what they have."""
    with transaction.atomic():
        locked = follow_up.lock_officer(officer)
        locked.is_active = False
        locked.save(update_fields=["is_active"])
        actions.hand_back(actor=None, officer=locked)


@pytest.mark.parametrize("_round", range(5))
def test_question_does_not_stay_with_an_officer_who_leaves(approved, officer, _round):
    at_once(partial(ask, approved), partial(leave, officer))

    assert now(approved).asked_back_at is not None
    assert now(approved).assignee is None


def test_control_without_lock_the_question_stays_with_who_has_left(approved, officer, guards):
    guards.take_out_row_locks()
    # Whoever asks has found the officer there, and writes once the account has ended.
    guards.meanwhile(follow_up, "may_work", partial(leave, officer))

    ask(approved)

    assert now(approved).assignee == officer


@pytest.mark.parametrize("_round", range(3))
def test_question_in_two_tabs_is_asked_once(approved, _round):
    results = at_once(*[partial(ask, approved)] * 2)

    assert event_types_of(approved)[3:] == ["asked_back"]
    assert told(results) == [
        "You have already asked about this answer. If something is still open, file a new inquiry."
    ]


def test_control_without_version_it_is_asked_twice(approved, guards):
    guards.take_out_row_locks()
    guards.look_before_moving(parties=2)

    at_once(*[partial(ask, approved)] * 2)

    assert event_types_of(approved)[3:] == ["asked_back"] * 2
