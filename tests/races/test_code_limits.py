"""Concurrent codes for visitors: a network and an hour never get one more than their limit."""

from functools import partial

import pytest

from core.accounts import codes, purposes
from core.accounts.models import OneTimeCode
from core.messaging.models import Message
from tests.core.accounts import pages
from tests.races.together import at_once, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

AT_ONCE, LIMIT = 12, 5
TOO_MANY = "Too many codes were asked for and not used. Try again in 60 minutes."


def send(number, *, purpose=purposes.RESET, network="192.0.2.1"):
    return codes.send_code_to_unknown(
        purpose=purpose,
        session_key=f"session-{number}",
        language="en",
        network=network,
        typed=f"person-{number}",
        recipient=f"+9665012345{number:02}",
        template=f"code_{purpose}",
    )


def send_from_one_network():
    return at_once(*[partial(send, number) for number in range(AT_ONCE)])


def send_from_many_networks(purpose):
    return at_once(
        *[
            partial(send, number, purpose=purpose, network=f"192.0.2.{number}")
            for number in range(AT_ONCE)
        ]
    )


@pytest.fixture
def five_per_network(monkeypatch):
    monkeypatch.setattr(codes, "MAX_UNUSED_PER_NETWORK", LIMIT)


@pytest.fixture(params=[purposes.RESET, purposes.PICTURE])
def purpose_with_budget_of_five(request, settings):
    settings.CODE_BUDGETS = {"known": LIMIT, "typed": LIMIT}
    return request.param


def test_network_is_sent_no_code_more_than_its_limit(five_per_network):
    assert told(send_from_one_network()) == [TOO_MANY] * (AT_ONCE - LIMIT)
    assert OneTimeCode.objects.count() == Message.objects.count() == LIMIT


def test_codes_of_two_budgets_count_for_one_network(monkeypatch, guards):
    """Each budget has a queue of its own, so that the network needs its own as well."""
    monkeypatch.setattr(codes, "MAX_UNUSED_PER_NETWORK", 1)

    results = guards.run_during(
        codes,
        "_issue",
        first=partial(send, 1, purpose=purposes.RESET),
        second=partial(send, 2, purpose=purposes.PICTURE),
    )

    assert told(results) == [TOO_MANY]
    assert OneTimeCode.objects.count() == 1


def test_control_without_lock_network_is_sent_more(five_per_network, guards):
    guards.take_out_lock_stripes()
    guards.wait_after(codes, "_check_pace", parties=AT_ONCE)

    assert told(send_from_one_network()) == []
    assert OneTimeCode.objects.count() == AT_ONCE


def test_hour_is_sent_no_code_more_than_its_budget(purpose_with_budget_of_five):
    refused = told(send_from_many_networks(purpose_with_budget_of_five))
    assert refused == [pages.NO_MORE_TEXTS] * (AT_ONCE - LIMIT)
    assert OneTimeCode.objects.count() == LIMIT


def test_control_without_lock_hour_is_sent_more(purpose_with_budget_of_five, guards):
    guards.take_out_lock_stripes()
    guards.wait_after(codes, "_check_budget", parties=AT_ONCE)

    assert told(send_from_many_networks(purpose_with_budget_of_five)) == []
    assert OneTimeCode.objects.count() == AT_ONCE
