"""Delivering what waits, and dropping what is too late."""

import logging
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from core.messaging.encryption import decrypt
from core.messaging.gateways import TIMEOUT_SECONDS, gateway_of
from core.messaging.models import Message

logger = logging.getLogger(__name__)
# A worker that was killed leaves its message leased for this long; a live one is done sooner.
LEASE = timedelta(seconds=2 * TIMEOUT_SECONDS)
FIRST_PAUSE = timedelta(seconds=5)
MAX_PAUSE = timedelta(hours=1)
MAX_ATTEMPTS = 34  # a little more than a day


def deliver_due(*, limit=50):
    """Send what is due, one message after the other; the number of messages that left."""
    sent = 0
    for _turn in range(limit):
        message = _lease_next()
        if message is None:
            break
        sent += _deliver(message)
    return sent


def expire_late():
    """Drop what it is too late to send, and wipe it."""
    return Message.objects.filter(
        status=Message.Status.WAITING, not_after__lte=timezone.now()
    ).update(status=Message.Status.EXPIRED, text="")


def forget_unsent_secrets():
    """Delete what was written to nobody, or came too late, a day after."""
    day_ago = timezone.now() - timedelta(days=1)
    return Message.objects.filter(
        status=Message.Status.EXPIRED, is_encrypted=True, created_at__lt=day_ago
    ).delete()[0]


def _lease_next():
    """The first message due, leased to this worker, or None."""
    now = timezone.now()
    for message in Message.objects.due(now)[:20]:
        # Whoever changes the row first has the lease; the others go on to the next message. One
        # that goes elsewhere since it was read is read again before it is sent.
        leased = Message.objects.filter(
            pk=message.pk,
            status=Message.Status.WAITING,
            attempts=message.attempts,
            recipient=message.recipient,
        ).update(attempts=F("attempts") + 1, next_attempt_at=now + LEASE)
        if leased:
            message.attempts += 1
            return message
    return None


def _deliver(message):
    try:
        text = decrypt(message.text) if message.is_encrypted else message.text
        gateway_of(message.channel).send(
            idempotency_key=message.idempotency_key,
            recipient=message.recipient,
            text=text,
            subject=message.subject,
        )
    except Exception as error:
        # Whatever is wrong with this one, the others behind it have to leave.
        _put_off(message, error)
        return 0
    Message.objects.filter(pk=message.pk, status=Message.Status.WAITING).update(
        status=Message.Status.SENT,
        sent_at=timezone.now(),
        # Where it went, even if it was to go elsewhere by then.
        recipient=message.recipient,
        text="" if message.is_encrypted else message.text,
    )
    return 1


def _put_off(message, error):
    if message.attempts >= MAX_ATTEMPTS:
        logger.error("message %s given up: %s", message.pk, type(error).__name__)
        outcome = {"status": Message.Status.GIVEN_UP}
    else:
        logger.warning("message %s not sent: %s", message.pk, type(error).__name__)
        pause = min(FIRST_PAUSE * 2 ** (message.attempts - 1), MAX_PAUSE)
        outcome = {"next_attempt_at": timezone.now() + pause}
    Message.objects.filter(
        pk=message.pk, status=Message.Status.WAITING, attempts=message.attempts
    ).update(failed_at=timezone.now(), **outcome)
