"""Concurrent requests about an invitation to an office: one asks, and none of a closed inquiry."""

import uuid
from contextlib import suppress
from functools import partial

import pytest
from django.db import IntegrityError

from requests_app import actions as filing
from requests_app.models import Inquiry
from tawasul.portal.actions import invitations
from tawasul.portal.models import Invitation
from tests import factories
from tests.appointments import places
from tests.portal.invitations import chosen
from tests.races.together import at_once, event_types_of, now, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

REASON = "The fee is shown as paid now, so I have nothing left to ask."


@pytest.fixture
def claimed(officer):
    places.window()
    return factories.claimed(officer)


def ask_in_two_tabs(inquiry, **changes):
    """Send the form of two tabs at once; return what was refused."""
    asks = [
        partial(
            invitations.invite,
            actor=inquiry.assignee,
            inquiry=now(inquiry),
            **chosen(inquiry, **changes),
        )
        for _tab in range(2)
    ]
    return told(at_once(*asks))


@pytest.mark.parametrize("_round", range(3))
def test_two_tabs_ask_once(claimed, _round):
    (refused,) = ask_in_two_tabs(claimed)

    assert refused.startswith("This inquiry has changed since you opened it: Asked to come to an")
    assert event_types_of(claimed) == ["submitted", "claimed", "invited"]
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize("_round", range(3))
def test_two_clicks_with_one_key_ask_once_and_nothing_is_refused(claimed, _round):
    assert ask_in_two_tabs(claimed, idempotency_key=uuid.UUID(int=1)) == []
    assert event_types_of(claimed) == ["submitted", "claimed", "invited"]
    assert Invitation.objects.count() == 1


def test_control_without_guards_two_tabs_ask_twice(claimed, guards):
    guards.look_before_moving()
    guards.replace(invitations, "_check_not_invited", lambda _inquiry: None)

    assert ask_in_two_tabs(claimed) == []
    assert event_types_of(claimed)[2:] == ["invited", "invited"]
    assert Invitation.objects.count() == 2


def ask_while_it_is_withdrawn(inquiry):
    """Let the applicant withdraw the inquiry at the same moment."""
    withdrawal = partial(
        filing.withdraw,
        actor=inquiry.applicant,
        inquiry=now(inquiry),
        expected_version=inquiry.version,
        text=REASON,
        idempotency_key=uuid.uuid4(),
    )
    ask = partial(
        invitations.invite, actor=inquiry.assignee, inquiry=now(inquiry), **chosen(inquiry)
    )
    return told(at_once(ask, withdrawal))


@pytest.mark.parametrize("_round", range(3))
def test_asking_against_withdrawing_one_succeeds(claimed, _round):
    assert len(ask_while_it_is_withdrawn(claimed)) == 1

    is_withdrawn = now(claimed).status == Inquiry.Status.CLOSED
    assert event_types_of(claimed)[2:] == ["withdrawn" if is_withdrawn else "invited"]
    assert Invitation.objects.exists() != is_withdrawn


def test_control_without_conditional_move_a_closed_inquiry_asks(claimed, guards):
    guards.take_out_row_locks()
    guards.look_before_moving()

    # If the withdrawal comes first, a constraint of the database refuses what comes second.
    with suppress(IntegrityError):
        assert ask_while_it_is_withdrawn(claimed) == []
        assert event_types_of(claimed)[2:] == ["invited", "withdrawn"]
