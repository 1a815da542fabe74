"""Writing messages to the outbox, withdrawing them, and changing their recipient or language."""

import datetime
import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone, translation

from core.messaging.encryption import encrypt
from core.messaging.models import Message
from core.wake import Topic, wake_workers


def write_text(**message: Any) -> Message:
    """Write a text to a mobile to the outbox: see `_write`."""
    return _write(Message.Channel.SMS, **message)


def write_mail(**message: Any) -> Message:
    """Write a mail to the outbox: see `_write`. The first line of its template is the subject."""
    return _write(Message.Channel.EMAIL, **message)


def _write(
    channel: str,
    *,
    recipient: object,
    language: str,
    template: str,
    context: dict[str, Any],
    about: str = "",
    owner: int | None = None,
    idempotency_key: uuid.UUID | None = None,
    occasion: uuid.UUID | None = None,
    not_before: datetime.datetime | None = None,
    not_after: datetime.datetime | None = None,
    is_secret: bool = False,
) -> Message:
    """Write a message to the outbox, in the transaction of the change that it reports.

    It is sent from `not_before` on, and expires after `not_after`. A secret is sent ahead of all
    others, waits encrypted, and is wiped once it is sent or expired. A message without a recipient
    is written like any other, so that the response time does not differ, but has expired already
    and is never sent. A message with an `owner` is written in both languages; it goes to the
    owner's new number or address, and in their new language, if they change them: see `readdress`
    and `follow_language`. Those of one `occasion` can be withdrawn together: see `drop`. Raise
    TransactionManagementError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a message belongs to a transaction")
    if is_secret:
        wake_workers(Topic.CODES)
    subject, text = rendered(channel, template, context, language)
    other_subject = other_text = ""
    if owner is not None and not is_secret:
        other_subject, other_text = rendered(channel, template, context, _other(language))
    return Message.objects.create(
        **({"idempotency_key": idempotency_key} if idempotency_key else {}),
        channel=channel,
        recipient=str(recipient),
        language=language,
        subject=subject,
        text=encrypt(text) if is_secret else text,
        other_subject=other_subject,
        other_text=other_text,
        is_encrypted=is_secret,
        about=about,
        owner=owner,
        occasion=occasion,
        next_attempt_at=not_before or timezone.now(),
        not_after=not_after,
        status=Message.Status.WAITING if recipient else Message.Status.EXPIRED,
    )


def rendered(
    channel: str, template: str, context: dict[str, Any], language: str
) -> tuple[str, str]:
    """Return the subject, which only a mail has, and the text."""
    is_mail = channel == Message.Channel.EMAIL
    folder = "messages/mails" if is_mail else "messages"
    with translation.override(language):
        text = render_to_string(f"{folder}/{template}.txt", context).strip()
    subject, _newline, text = text.partition("\n") if is_mail else ("", "", text)
    return subject.strip(), text.strip()


def _other(language: str) -> str:
    return next(each for each, _name in settings.LANGUAGES if each != language)


def drop(occasions: Iterable[uuid.UUID]) -> None:
    """Delete the messages of these occasions, unless they have been sent."""
    Message.objects.filter(occasion__in=occasions, status=Message.Status.WAITING).delete()


def readdress(channel: str, *, owner: int, to: object) -> None:
    """Send the waiting messages of `owner` to `to` instead; delete them if `to` is empty.

    Secrets keep their recipient: a code proves who owns the number or address it was written to.
    """
    waiting = Message.objects.filter(
        owner=owner, channel=channel, status=Message.Status.WAITING, is_encrypted=False
    )
    if to:
        waiting.update(recipient=str(to))
    else:
        waiting.delete()


def follow_language(*, owner: int, language: str) -> None:
    """Let the waiting messages of `owner` say what they say in `language`.

    They carry both wordings, so that nothing is looked up when they leave. Those without an owner,
    secrets, and what is in the hands of a sender already keep their language.
    """
    Message.objects.filter(owner=owner, status=Message.Status.WAITING, is_encrypted=False).exclude(
        language=language
    ).exclude(other_text="").update(
        language=language,
        subject=F("other_subject"),
        text=F("other_text"),
        other_subject=F("subject"),
        other_text=F("text"),
    )
