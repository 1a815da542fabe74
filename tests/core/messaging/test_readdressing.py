"""A change of recipient while a message is pending or leased."""

import json

import pytest
from django.conf import settings as portal

from core.messaging.actions.delivery import deliver_due
from core.messaging.actions.outbox import readdress
from core.messaging.gateways import DemoPhone, GatewayError
from core.messaging.models import Message, MessageQuerySet
from tests import factories

OLD, NEW = "+966501234567", "+966550000432"
OWNER = 7

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]


def move():
    readdress("sms", owner=OWNER, to=NEW)


class PhoneThatReaddresses(DemoPhone):
    """A gateway during whose sending the owner changes the number."""

    def send(self, **message):
        move()
        super().send(**message)


class PhoneThatIsOff(DemoPhone):
    def send(self, **_message):
        move()
        raise GatewayError("nobody there")


@pytest.fixture
def message():
    return factories.MessageFactory(owner=OWNER, recipient=OLD)


def received():
    """Return the recipients of all received messages, in order."""
    lines = portal.DEMO_PHONE_FILE.read_text().splitlines()
    return [json.loads(line)["recipient"] for line in lines]


def recipient_of(message):
    message.refresh_from_db()
    return message.recipient


def test_pending_message_goes_to_new_number(message):
    move()
    deliver_due()
    assert received() == [NEW]


@pytest.mark.parametrize(
    ("fields", "goes_along"),
    [
        ({"owner": OWNER}, True),
        ({"owner": OWNER, "recipient": "+966500000001"}, True),
        ({"owner": OWNER + 1}, False),
        ({"owner": OWNER, "is_encrypted": True}, False),
        ({"owner": OWNER, "channel": "email"}, False),
        ({"owner": OWNER, "status": "sent"}, False),
        ({"owner": OWNER, "status": "given_up"}, False),
        ({}, False),
    ],
)
def test_owner_channel_and_status_decide_readdressing(fields, goes_along):
    message = factories.MessageFactory(**{"recipient": OLD, **fields})
    before = message.recipient
    move()
    assert recipient_of(message) == (NEW if goes_along else before)


def test_pending_message_without_new_recipient_is_deleted(message):
    readdress("sms", owner=OWNER, to="")
    assert not Message.objects.exists()


def test_message_read_but_not_leased_goes_to_new_number(message, monkeypatch):
    def read_and_be_late(messages, now):
        found = list(due(messages, now))
        move()
        return found

    due = MessageQuerySet.due
    monkeypatch.setattr(MessageQuerySet, "due", read_and_be_late)
    assert deliver_due() == 0
    assert deliver_due() == 1
    assert received() == [NEW]


def test_leased_message_is_sent_to_old_number(message, settings):
    settings.SMS_GATEWAY = f"{__name__}.PhoneThatReaddresses"
    assert deliver_due() == 1
    assert received() == [recipient_of(message)] == [OLD]
    assert message.status == Message.Status.SENT


def test_failed_leased_message_is_retried_at_new_number(message, settings):
    settings.SMS_GATEWAY = f"{__name__}.PhoneThatIsOff"
    assert deliver_due() == 0
    assert recipient_of(message) == NEW
    settings.SMS_GATEWAY = "core.messaging.gateways.DemoPhone"
    Message.objects.update(next_attempt_at=message.created_at)
    assert deliver_due() == 1
    assert received() == [NEW]
