"""Delivering the messages of the outbox, and dropping those that are too late."""

import logging
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from core.messaging.encryption import decrypt
from core.messaging.gateways import TIMEOUT_SECONDS, gateway_of
from core.messaging.models import Message

logger = logging.getLogger(__name__)
# A killed worker leaves its message leased for this long; a live one finishes sooner.
LEASE = timedelta(seconds=2 * TIMEOUT_SECONDS)
FIRST_PAUSE = timedelta(seconds=5)
MAX_PAUSE = timedelta(hours=1)
MAX_ATTEMPTS = 34  # a little more than a day


def deliver_due(*, limit: int = 50) -> int:
    """Send up to `limit` due messages, one after the other; return the number sent."""
    sent = 0
    for _turn in range(limit):
        message = _lease_next()
        if message is None:
            break
        sent += _deliver(message)
    return sent


def expire_late() -> int:
    """Expire the messages that are too late to send, and wipe their text; return their number."""
    return Message.objects.filter(
        status=Message.Status.WAITING, not_after__lte=timezone.now()
    ).update(status=Message.Status.EXPIRED, text="")


def purge_expired_secrets() -> int:
    """Delete expired secrets a day after they were written; return their number.

    A secret has expired if it had no recipient, or was too late to send.
    """
    day_ago = timezone.now() - timedelta(days=1)
    return Message.objects.filter(
        status=Message.Status.EXPIRED, is_encrypted=True, created_at__lt=day_ago
    ).delete()[0]


def _lease_next() -> Message | None:
    """Lease the first due message to this worker and return it, or None."""
    now = timezone.now()
    for message in Message.objects.due(now)[:20]:
        # The worker that updates the row first has the lease; the others go on to the next message.
        # A message whose recipient has changed since it was read has to be read again before it
        # is sent.
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


def _deliver(message: Message) -> int:
    try:
        text = decrypt(message.text) if message.is_encrypted else message.text
        gateway_of(message.channel).send(
            idempotency_key=message.idempotency_key,
            recipient=message.recipient,
            text=text,
            subject=message.subject,
        )
    except Exception as error:
        # A failure of this message, of any kind, must not hold up the messages behind it.
        _record_failure(message, error)
        return 0
    Message.objects.filter(pk=message.pk, status=Message.Status.WAITING).update(
        status=Message.Status.SENT,
        sent_at=timezone.now(),
        # Record the recipient that the message was sent to, even if it has been readdressed since.
        recipient=message.recipient,
        text="" if message.is_encrypted else message.text,
    )
    return 1


def _record_failure(message: Message, error: Exception) -> None:
    if message.attempts >= MAX_ATTEMPTS:
        logger.error("message %s given up: %s", message.pk, type(error).__name__)
        outcome: dict[str, Any] = {"status": Message.Status.GIVEN_UP}
    else:
        logger.warning("message %s not sent: %s", message.pk, type(error).__name__)
        pause = min(FIRST_PAUSE * 2 ** (message.attempts - 1), MAX_PAUSE)
        outcome = {"next_attempt_at": timezone.now() + pause}
    Message.objects.filter(
        pk=message.pk, status=Message.Status.WAITING, attempts=message.attempts
    ).update(failed_at=timezone.now(), **outcome)
