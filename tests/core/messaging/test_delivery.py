"""The outbox: codes are encrypted, urgent and short-lived; no message blocks another."""

import json
import logging
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.messaging.actions.delivery import (
    FIRST_PAUSE,
    LEASE,
    MAX_ATTEMPTS,
    MAX_PAUSE,
    expire_late,
)
from core.messaging.actions.outbox import readdress, write_text
from core.messaging.encryption import decrypt
from core.messaging.gateways import DemoPhone, GatewayError
from core.messaging.models import Message, MessageQuerySet
from tests import factories
from tests.delivery import deliver_due

pytestmark = pytest.mark.both_engines

CODE_TEXT = "Tawasul: 482913 is your code to sign in. Never give it to anybody."
DEAD_LINE = "+966599999999"  # `FussyPhone` cannot reach it; no factory counts that far

Status = Message.Status


class FussyPhone(DemoPhone):
    """A gateway that fails for one recipient, with an error that holds secret details."""

    def send(self, *, recipient, text, **message):
        if recipient == DEAD_LINE:
            raise GatewayError(f"cannot send {text} to {recipient}")
        super().send(recipient=recipient, text=text, **message)


class PhoneThatStopsTheWorker(DemoPhone):
    """A gateway that sends, and then stops the worker before it can record the sending."""

    def send(self, **message):
        super().send(**message)
        raise SystemExit


def gateway(phone):
    return f"{__name__}.{phone.__name__}"


@pytest.fixture
def clock(monkeypatch):
    """Stop the clock until a test sets `clock.now`.

    It is ahead of the real one, from which the models took their defaults.
    """

    class Clock:
        now = timezone.now() + timedelta(hours=1)

    monkeypatch.setattr(timezone, "now", lambda: Clock.now)
    return Clock


def write_code(valid_for=timedelta(minutes=10), recipient="+966512345678"):
    with transaction.atomic():
        return write_text(
            recipient=recipient,
            language="en",
            template="code_sign_in",
            context={"code": "482913"},
            idempotency_key=uuid4(),
            not_after=timezone.now() + valid_for,
            is_secret=True,
        )


def arrived():
    """Return the messages that the phone has received, oldest first."""
    if not settings.DEMO_PHONE_FILE.exists():
        return []
    return [json.loads(line) for line in settings.DEMO_PHONE_FILE.read_text().splitlines()]


def texts_arrived():
    return [text["text"] for text in arrived()]


# Codes


def test_code_is_encrypted_and_wiped_after_sending(db):
    code = write_code()
    waiting = Message.objects.get(pk=code.pk)
    assert "482913" not in str(Message.objects.filter(pk=code.pk).values())
    assert decrypt(waiting.text) == CODE_TEXT

    deliver_due()
    sent = Message.objects.get(pk=code.pk)
    assert texts_arrived() == [CODE_TEXT]
    assert (sent.status, sent.text) == (Status.SENT, "")


def test_code_is_sent_while_it_is_good_and_wiped_afterwards(db, clock):
    write_code()
    clock.now += timedelta(minutes=9, seconds=59)
    assert (expire_late(), deliver_due()) == (0, 1)
    assert texts_arrived() == [CODE_TEXT]

    code = write_code()
    clock.now += timedelta(minutes=10)
    assert (deliver_due(), expire_late()) == (0, 1)
    expired = Message.objects.get(pk=code.pk)
    assert (expired.status, expired.text) == (Status.EXPIRED, "")
    assert texts_arrived() == [CODE_TEXT]


def test_code_goes_ahead_of_a_hundred_older_messages_in_order(db):
    messages = factories.MessageFactory.create_batch(100)
    write_code()
    deliver_due(limit=1)
    assert texts_arrived() == [CODE_TEXT]
    assert deliver_due(limit=3) == 3
    assert texts_arrived() == [CODE_TEXT, *(message.text for message in messages[:3])]


def test_code_from_before_secret_key_change_is_sent(db, settings):
    write_code()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret key, put in place while a code was waiting in the outbox"
    deliver_due()
    assert texts_arrived() == [CODE_TEXT]


# Failures of one message


def test_message_that_cannot_be_sent_does_not_stop_others(db, settings):
    settings.SMS_GATEWAY = gateway(FussyPhone)
    unreadable, unreachable = write_code(), write_code(recipient=DEAD_LINE)
    Message.objects.filter(pk=unreadable.pk).update(text="not what was sealed")
    others = factories.MessageFactory.create_batch(2)
    assert deliver_due() == 2
    assert texts_arrived() == [message.text for message in others]
    assert Message.objects.get(pk=unreadable.pk).status == Status.WAITING
    assert Message.objects.get(pk=unreachable.pk).is_delayed


def test_failed_message_is_sent_once_gateway_is_back(db, settings, clock, tmp_path):
    switched_off = tmp_path / "a file where the folder should be"
    switched_off.touch()
    phone = settings.DEMO_PHONE_FILE
    settings.DEMO_PHONE_FILE = switched_off / "phone.jsonl"
    write_code()
    assert deliver_due() == 0

    settings.DEMO_PHONE_FILE = phone
    assert deliver_due() == 0
    clock.now += FIRST_PAUSE
    assert deliver_due() == 1
    assert texts_arrived() == [CODE_TEXT]


def test_retry_delay_grows_to_an_hour_and_ends_after_a_day(db, settings, clock, caplog):
    settings.SMS_GATEWAY = gateway(FussyPhone)
    message = factories.MessageFactory(recipient=DEAD_LINE)
    begun, pauses = clock.now, []

    for _attempt in range(MAX_ATTEMPTS):
        deliver_due()
        message.refresh_from_db()
        pauses.append(message.next_attempt_at - clock.now)
        clock.now = message.next_attempt_at

    growing = [timedelta(seconds=5 * 2**doubled) for doubled in range(10)]
    assert growing[0] == FIRST_PAUSE
    assert pauses[:-1] == [*growing, *[MAX_PAUSE] * (MAX_ATTEMPTS - 11)]
    assert (message.status, message.attempts) == (Status.GIVEN_UP, MAX_ATTEMPTS)
    assert timedelta(days=1) < clock.now - begun < timedelta(days=1, hours=6)
    # The log names the message and the kind of the error only.
    failures = [*["not sent"] * (MAX_ATTEMPTS - 1), "given up"]
    assert caplog.messages == [f"message {message.pk} {each}: GatewayError" for each in failures]
    levels = [*[logging.WARNING] * (MAX_ATTEMPTS - 1), logging.ERROR]
    assert [record.levelno for record in caplog.records] == levels
    assert {record.name for record in caplog.records} == {"core.messaging.actions.delivery"}
    assert {record.exc_info for record in caplog.records} == {None}

    clock.now += timedelta(days=1)
    caplog.clear()
    assert deliver_due() == 0
    assert caplog.records == []


# Failures of the worker


def test_message_of_dead_worker_is_resent_under_same_key(db, settings, clock):
    message = factories.MessageFactory()
    settings.SMS_GATEWAY = gateway(PhoneThatStopsTheWorker)
    with pytest.raises(SystemExit):
        deliver_due()
    settings.SMS_GATEWAY = gateway(DemoPhone)

    clock.now += LEASE - timedelta(seconds=1)
    assert deliver_due() == 0
    clock.now += timedelta(seconds=1)
    assert deliver_due() == 1
    once = (str(message.idempotency_key), message.text)
    assert [(text["key"], text["text"]) for text in arrived()] == [once, once]
    assert Message.objects.get().status == Status.SENT


# Writing


news = partial(
    write_text,
    recipient="+966512345678",
    language="en",
    template="code_sign_in",
    context={"code": "482913"},
)


def test_message_is_rolled_back_with_its_transaction(db):
    with transaction.atomic():
        news()
        transaction.set_rollback(True)
    assert Message.objects.count() == 0


def test_message_needs_a_transaction(transactional_db):
    with pytest.raises(transaction.TransactionManagementError):
        news()
    assert Message.objects.count() == 0


# A change of the number to which the messages of an owner go


OLD, NEW = "+966501234567", "+966550000432"
OWNER = 7


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
def message(db):
    return factories.MessageFactory(owner=OWNER, recipient=OLD)


def recipients():
    return [text["recipient"] for text in arrived()]


def recipient_of(message):
    message.refresh_from_db()
    return message.recipient


def test_owner_channel_and_status_decide_readdressing(db):
    for fields, goes_along in (
        ({"owner": OWNER}, True),
        ({"owner": OWNER, "recipient": "+966500000001"}, True),
        ({"owner": OWNER + 1}, False),
        ({"owner": OWNER, "is_encrypted": True}, False),
        ({"owner": OWNER, "channel": "email"}, False),
        ({"owner": OWNER, "status": "sent"}, False),
        ({"owner": OWNER, "status": "given_up"}, False),
        ({}, False),
    ):
        message = factories.MessageFactory(**{"recipient": OLD, **fields})
        before = message.recipient
        move()
        assert recipient_of(message) == (NEW if goes_along else before), fields


def test_pending_message_goes_to_new_number(message):
    move()
    deliver_due()
    assert recipients() == [NEW]


def test_pending_message_without_new_recipient_is_deleted(message):
    readdress("sms", owner=OWNER, to="")
    assert not Message.objects.exists()


def test_message_seen_but_not_leased_goes_to_new_number(message, monkeypatch):
    def look_and_be_late(messages):
        found = look(messages)
        move()
        return found

    look = MessageQuerySet.exists
    monkeypatch.setattr(MessageQuerySet, "exists", look_and_be_late)
    assert deliver_due() == 1
    assert recipients() == [NEW]


def test_leased_message_is_sent_to_old_number(message, settings):
    settings.SMS_GATEWAY = gateway(PhoneThatReaddresses)
    assert deliver_due() == 1
    assert recipients() == [recipient_of(message)] == [OLD]
    assert message.status == Message.Status.SENT


def test_failed_leased_message_is_retried_at_new_number(message, settings):
    settings.SMS_GATEWAY = gateway(PhoneThatIsOff)
    assert deliver_due() == 0
    assert recipient_of(message) == NEW
    settings.SMS_GATEWAY = gateway(DemoPhone)
    Message.objects.update(next_attempt_at=message.created_at)
    assert deliver_due() == 1
    assert recipients() == [NEW]
