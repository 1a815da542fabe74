"""Several workers: while leases hold, each message leaves once and each chore runs once."""

import json
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from core.chores import actions
from core.chores.models import ChoreQuerySet
from core.messaging.models import Message, MessageQuerySet
from tests import factories
from tests.delivery import deliver_due
from tests.races.together import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def deliveries(settings):
    """Return the number of arrivals of each text at the demo phone."""
    lines = settings.DEMO_PHONE_FILE.read_text().splitlines()
    return Counter(json.loads(line)["text"] for line in lines)


@pytest.mark.parametrize("_round", range(3))
def test_four_workers_deliver_each_message_once(settings, _round):
    messages = factories.MessageFactory.create_batch(60)

    sent = at_once(*[deliver_due] * 4)
    sent.append(deliver_due())  # a worker that finds only leased messages leaves the rest for later

    assert deliveries(settings) == {message.text: 1 for message in messages}
    assert sum(sent) == 60
    assert set(Message.objects.values_list("status", "attempts")) == {("sent", 1)}


def test_control_without_locked_lease_message_is_sent_twice(settings, guards):
    message = factories.MessageFactory()
    guards.take_out_row_locks()
    guards.look_before_writing(MessageQuerySet, parties=2, only_if_changes="attempts")

    at_once(deliver_due, deliver_due)

    assert deliveries(settings) == {message.text: 2}


CHORES = {f"chore-{number}": (timedelta(hours=1), int) for number in range(10)}


def lease_all():
    """Lease chores until none is left; return their names."""
    return [lease.name for lease in iter(lambda: actions.lease_next(CHORES), None)]


@pytest.mark.parametrize("_round", range(3))
def test_each_chore_is_one_workers(_round):
    actions.register(CHORES)

    leased = at_once(*[lease_all] * 4)

    assert sorted(name for names in leased for name in names) == sorted(CHORES)


def test_control_without_conditional_lease_chore_runs_twice(guards):
    actions.register(CHORES)
    guards.look_before_writing(ChoreQuerySet, parties=2, only_if_changes="leased_until")

    first, second = at_once(*[partial(actions.lease_next, CHORES)] * 2)

    assert first.name == second.name
