"""Delivering the messages of the outbox, and dropping those that are too late."""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.chores.failures import log_failure
from core.messaging.actions.outages import note_outcome
from core.messaging.encryption import decrypt
from core.messaging.gateways import DEADLINE_SECONDS, GatewayError, gateway_of
from core.messaging.models import Message

logger = logging.getLogger(__name__)
# A killed worker leaves its messages leased for this long; a live one finishes sooner.
LEASE = timedelta(seconds=DEADLINE_SECONDS + 4)
FIRST_PAUSE = timedelta(seconds=5)
MAX_PAUSE = timedelta(hours=1)
MAX_ATTEMPTS = 34  # a little more than a day


def lease_due(limit: int, *, secrets_only: bool = False) -> list[Message]:
    """Lease up to `limit` due messages to this worker, and return them in order.

    Messages that another worker is leasing at this moment are passed over.
    """
    now = timezone.now()
    due = Message.objects.due(now)
    if secrets_only:
        due = due.filter(is_encrypted=True)
    # This look takes no lock: on SQLite, a transaction that only looks would hold up all writers.
    if not limit or not due.exists():
        return []
    with transaction.atomic():
        messages = list(due.select_for_update(skip_locked=True)[:limit])
        leased = Message.objects.filter(pk__in=[message.pk for message in messages])
        leased.update(attempts=F("attempts") + 1, next_attempt_at=now + LEASE)
    for message in messages:
        message.attempts += 1
    return messages


def send(message: Message) -> Exception | None:
    """Give a leased message to its gateway; return the error if that failed.

    A failure of one message, of any kind, must not hold up the messages behind it. This does not
    touch the database.
    """
    try:
        gateway_of(message.channel).send(
            idempotency_key=message.idempotency_key,
            recipient=message.recipient,
            text=decrypt(message.text) if message.is_encrypted else message.text,
            subject=message.subject,
        )
    except Exception as error:
        return error
    return None


def record(message: Message, error: Exception | None) -> None:
    """Record that a leased message was sent, or why it was not."""
    note_outcome(message.channel, error)
    if error:
        _record_failure(message, error)
        return
    Message.objects.filter(pk=message.pk, status=Message.Status.WAITING).update(
        status=Message.Status.SENT,
        sent_at=timezone.now(),
        # Record what was sent and to whom, even if it has got another recipient or language since.
        recipient=message.recipient,
        language=message.language,
        subject=message.subject,
        text="" if message.is_encrypted else message.text,
        other_subject="",
        other_text="",
    )


def expire_late() -> int:
    """Expire the messages that are too late to send, and wipe their text; return their number."""
    return Message.objects.filter(
        status=Message.Status.WAITING, not_after__lte=timezone.now()
    ).update(status=Message.Status.EXPIRED, text="", other_text="")


def purge_expired_secrets() -> int:
    """Delete expired secrets a day after they were written; return their number.

    A secret has expired if it had no recipient, or was too late to send.
    """
    day_ago = timezone.now() - timedelta(days=1)
    return Message.objects.filter(
        status=Message.Status.EXPIRED, is_encrypted=True, created_at__lt=day_ago
    ).delete()[0]


def _record_failure(message: Message, error: Exception) -> None:
    if not isinstance(error, GatewayError):
        log_failure(logger, f"message {message.pk}", error)
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
