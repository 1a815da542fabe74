"""Passing an inquiry to another team while an officer takes it."""

from functools import partial

import pytest

from requests_app import actions
from tests import factories
from tests.races.together import at_once, event_types_of, now, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def supervisor(db):
    return factories.supervisor()


@pytest.fixture
def inquiry(officer, supervisor):
    inquiry = factories.filed()
    factories.team("visas", inquiry.service, members=[officer, supervisor])
    factories.team("passports")
    return now(inquiry)


def transfer_against_claim(inquiry, supervisor, officer):
    """Let a supervisor pass it on while the officer takes it; return what was refused."""
    key, team = inquiry.idempotency_key, factories.team("passports")
    fields = {"inquiry": inquiry, "expected_version": inquiry.version}
    passing = {"actor": supervisor, "team": team, "text": "Theirs.", "idempotency_key": key}
    return at_once(
        partial(actions.transfer, **fields, **passing),
        partial(actions.claim, **fields, actor=officer),
    )


@pytest.mark.parametrize("_round", range(3))
def test_either_it_is_passed_or_taken(inquiry, supervisor, officer, _round):
    (refused,) = told(transfer_against_claim(inquiry, supervisor, officer))

    after = now(inquiry)
    assert event_types_of(inquiry)[1:] in (["transferred"], ["claimed"])
    assert (after.team is None) == (after.assignee == officer)
    assert refused.startswith(("This inquiry has changed", "Another team works"))


def test_control_without_conditional_move_both_happen(inquiry, supervisor, officer, guards):
    guards.look_before_moving()

    assert told(transfer_against_claim(inquiry, supervisor, officer)) == []
    assert sorted(event_types_of(inquiry)[1:]) == ["claimed", "transferred"]


@pytest.mark.parametrize("_round", range(2))
def test_second_click_at_the_same_moment_passes_once(inquiry, supervisor, _round):
    fields = {
        "actor": supervisor,
        "inquiry": inquiry,
        "expected_version": inquiry.version,
        "team": factories.team("passports"),
        "text": "Theirs.",
        "idempotency_key": inquiry.idempotency_key,
    }
    results = at_once(*[partial(actions.transfer, **fields)] * 4)

    assert told(results) == []
    assert {result.pk for result in results} == {inquiry.pk}
    assert event_types_of(inquiry) == ["submitted", "transferred"]
    assert inquiry.replies.count() == 1
