"""Writing a message with what it tells of, and delivering what waits."""

import logging
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone, translation

from tawasul.messaging.gateways import TIMEOUT_SECONDS, sms_gateway
from tawasul.messaging.models import Message
from tawasul.messaging.sealing import seal, unseal

logger = logging.getLogger(__name__)

# A worker that was killed leaves its message leased for this long; a live one is done sooner.
LEASE = timedelta(seconds=2 * TIMEOUT_SECONDS)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
MOST_ATTEMPTS = 34  # a little more than a day


def write_text(*, recipient, language, template, context, about="", key=None, not_after=None):
    """Put a text into the outbox. Only inside the transaction of what it tells of.

    With `not_after` the text is a secret that is of no use later: it goes ahead of all others,
    waits encrypted, and is wiped once it is sent or expired.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a message belongs to a transaction")
    with translation.override(language):
        text = render_to_string(f"messages/{template}.txt", context).strip()
    is_secret = not_after is not None
    return Message.objects.create(
        **({"key": key} if key else {}),
        recipient=str(recipient),
        language=language,
        text=seal(text) if is_secret else text,
        is_sealed=is_secret,
        about=about,
        not_after=not_after,
    )


def deliver_due(*, limit=50):
    """Send what is due, one message after the other; the number of messages that left."""
    gateway = sms_gateway()
    sent = 0
    for _turn in range(limit):
        message = _lease_next()
        if message is None:
            break
        sent += _deliver(message, gateway)
    return sent


def expire_late():
    """Drop what it is too late to send, and wipe it."""
    return Message.objects.filter(
        state=Message.State.WAITING, not_after__lte=timezone.now()
    ).update(state=Message.State.EXPIRED, text="")


def _lease_next():
    """The first message due, leased to this worker, or None."""
    now = timezone.now()
    for message in Message.objects.due(now)[:20]:
        # Whoever changes the row first has the lease; the others go on to the next message.
        leased = Message.objects.filter(
            pk=message.pk, state=Message.State.WAITING, attempts=message.attempts
        ).update(attempts=F("attempts") + 1, next_attempt_at=now + LEASE)
        if leased:
            message.attempts += 1
            return message
    return None


def _deliver(message, gateway):
    try:
        text = unseal(message.text) if message.is_sealed else message.text
        gateway.send(key=message.key, recipient=message.recipient, text=text)
    except Exception as error:
        # Whatever is wrong with this one, the others behind it have to leave.
        _put_off(message, error)
        return 0
    Message.objects.filter(pk=message.pk, state=Message.State.WAITING).update(
        state=Message.State.SENT,
        sent_at=timezone.now(),
        text="" if message.is_sealed else message.text,
    )
    return 1


def _put_off(message, error):
    if message.attempts >= MOST_ATTEMPTS:
        logger.error("message %s given up: %s", message.pk, type(error).__name__)
        outcome = {"state": Message.State.GIVEN_UP}
    else:
        logger.warning("message %s not sent: %s", message.pk, type(error).__name__)
        pause = min(FIRST_PAUSE * 2 ** (message.attempts - 1), LONGEST_PAUSE)
        outcome = {"next_attempt_at": timezone.now() + pause}
    Message.objects.filter(
        pk=message.pk, state=Message.State.WAITING, attempts=message.attempts
    ).update(failed_at=timezone.now(), **outcome)
