"""Writing a message with what it tells of, and delivering what waits."""

import logging
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone, translation

from core.messaging.gateways import TIMEOUT_SECONDS, gateway_of
from core.messaging.models import Message
from core.messaging.sealing import seal, unseal

logger = logging.getLogger(__name__)

# A worker that was killed leaves its message leased for this long; a live one is done sooner.
LEASE = timedelta(seconds=2 * TIMEOUT_SECONDS)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
MOST_ATTEMPTS = 34  # a little more than a day


def write_text(**message):
    """Put a text to a mobile into the outbox: see `_write`."""
    return _write(Message.Channel.SMS, **message)


def write_mail(**message):
    """Put a mail into the outbox: see `_write`. The first line of its template is the subject."""
    return _write(Message.Channel.EMAIL, **message)


def _write(
    channel,
    *,
    recipient,
    language,
    template,
    context,
    about="",
    owner=None,
    key=None,
    not_before=None,
    not_after=None,
    is_secret=False,
):
    """Only inside the transaction of what the message tells of; sent from `not_before` on.

    After `not_after` it is of no use any more, and dropped. A secret goes ahead of all others,
    waits encrypted, and is wiped once it is sent or expired. Without a recipient it has expired
    already: written like any other, so that no clock tells the two apart, and never sent. What has
    an `owner` follows them: see `readdress`.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a message belongs to a transaction")
    is_mail = channel == Message.Channel.EMAIL
    with translation.override(language):
        folder = "messages/mails" if is_mail else "messages"
        text = render_to_string(f"{folder}/{template}.txt", context).strip()
    subject = ""
    if is_mail:
        subject, _newline, text = text.partition("\n")
    return Message.objects.create(
        **({"key": key} if key else {}),
        channel=channel,
        recipient=str(recipient),
        language=language,
        subject=subject.strip(),
        text=seal(text.strip()) if is_secret else text.strip(),
        is_sealed=is_secret,
        about=about,
        owner=owner,
        next_attempt_at=not_before or timezone.now(),
        not_after=not_after,
        state=Message.State.WAITING if recipient else Message.State.EXPIRED,
    )


def drop(keys):
    """Take back what nobody needs to be told any more, unless it has left."""
    Message.objects.filter(key__in=keys, state=Message.State.WAITING).delete()


def readdress(channel, *, owner, to):
    """What waits for `owner` goes to `to` from now on; without one it is not sent any more.

    Secrets stay: they prove whose the recipient is to whom they were written.
    """
    waiting = Message.objects.filter(
        owner=owner, channel=channel, state=Message.State.WAITING, is_sealed=False
    )
    if to:
        waiting.update(recipient=str(to))
    else:
        waiting.delete()


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
        state=Message.State.WAITING, not_after__lte=timezone.now()
    ).update(state=Message.State.EXPIRED, text="")


def forget_unsent_secrets():
    """Delete what was written to nobody, or came too late, a day after."""
    day_ago = timezone.now() - timedelta(days=1)
    return Message.objects.filter(
        state=Message.State.EXPIRED, is_sealed=True, created_at__lt=day_ago
    ).delete()[0]


def _lease_next():
    """The first message due, leased to this worker, or None."""
    now = timezone.now()
    for message in Message.objects.due(now)[:20]:
        # Whoever changes the row first has the lease; the others go on to the next message. One
        # that goes elsewhere since it was read is read again before it is sent.
        leased = Message.objects.filter(
            pk=message.pk,
            state=Message.State.WAITING,
            attempts=message.attempts,
            recipient=message.recipient,
        ).update(attempts=F("attempts") + 1, next_attempt_at=now + LEASE)
        if leased:
            message.attempts += 1
            return message
    return None


def _deliver(message):
    try:
        text = unseal(message.text) if message.is_sealed else message.text
        gateway_of(message.channel).send(
            key=message.key, recipient=message.recipient, text=text, subject=message.subject
        )
    except Exception as error:
        # Whatever is wrong with this one, the others behind it have to leave.
        _put_off(message, error)
        return 0
    Message.objects.filter(pk=message.pk, state=Message.State.WAITING).update(
        state=Message.State.SENT,
        sent_at=timezone.now(),
        # Where it went, even if it was to go elsewhere by then.
        recipient=message.recipient,
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
