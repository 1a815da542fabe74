"""Two workers on one outbox: while leases hold, each message leaves once."""

import json
from collections import Counter

import pytest

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
