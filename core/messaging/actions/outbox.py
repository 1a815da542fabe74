"""Writing a message in the transaction of what it tells of, and taking it back."""

from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from core.messaging.encryption import encrypt
from core.messaging.models import Message


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
    idempotency_key=None,
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
        **({"idempotency_key": idempotency_key} if idempotency_key else {}),
        channel=channel,
        recipient=str(recipient),
        language=language,
        subject=subject.strip(),
        text=encrypt(text.strip()) if is_secret else text.strip(),
        is_encrypted=is_secret,
        about=about,
        owner=owner,
        next_attempt_at=not_before or timezone.now(),
        not_after=not_after,
        status=Message.Status.WAITING if recipient else Message.Status.EXPIRED,
    )


def drop(keys):
    """Take back what nobody needs to be told any more, unless it has left."""
    Message.objects.filter(idempotency_key__in=keys, status=Message.Status.WAITING).delete()


def readdress(channel, *, owner, to):
    """What waits for `owner` goes to `to` from now on; without one it is not sent any more.

    Secrets stay: they prove whose the recipient is to whom they were written.
    """
    waiting = Message.objects.filter(
        owner=owner, channel=channel, status=Message.Status.WAITING, is_encrypted=False
    )
    if to:
        waiting.update(recipient=str(to))
    else:
        waiting.delete()
