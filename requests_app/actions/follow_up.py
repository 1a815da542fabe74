"""Actions on a filed inquiry of those whose it is."""

import uuid

from django.db import IntegrityError, transaction
from django.utils import timezone

from core.accounts import registry
from core.accounts.models import User
from core.digests import derive_key, digest_of
from core.exceptions import RuleViolation
from requests_app.actions.rights import Deed, check_may, may
from requests_app.actions.transitions import EventType, Role, move
from requests_app.models import Inquiry, Reply
from requests_app.uploads import discard


def answer_return(
    *,
    actor: User,
    inquiry: Inquiry,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Answer a returned inquiry with a text and its unsent documents; the clock goes on.

    Unsent documents of another side are deleted. RuleViolation `registry_away`, or as in `_write`.
    """
    registry.refresh_parties(actor, inquiry)
    return _write(
        inquiry,
        EventType.RESUBMITTED,
        deed=Deed.ANSWER,
        actor=actor,
        expected_version=expected_version,
        text=text,
        idempotency_key=idempotency_key,
    )


def withdraw(
    *,
    actor: User,
    inquiry: Inquiry,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Withdraw the inquiry with a reason, and delete its unsent documents.

    RuleViolation as in `_write`.
    """
    return _write(
        inquiry,
        EventType.WITHDRAWN,
        deed=Deed.WITHDRAW,
        actor=actor,
        expected_version=expected_version,
        text=text,
        idempotency_key=idempotency_key,
    )


def mark_answers_read(*, actor: User, inquiry: Inquiry) -> None:
    """Mark the officers' answers as read, once whose inquiry it is has them on the screen."""
    if may(actor, Deed.ANSWER, inquiry):
        unread = inquiry.replies.filter(kind=Reply.Kind.ANSWER, read_at=None)
        unread.update(read_at=timezone.now())


def _write(
    inquiry: Inquiry,
    event_type: EventType,
    *,
    deed: Deed,
    actor: User,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Record an event of the applicant's side with its text.

    An answer sends the unsent documents of its side; all others are deleted. A second request with
    the same idempotency key changes nothing. RuleViolation as in `check_may` and `move`.
    """
    idempotency_key = derive_key(idempotency_key, actor.pk, inquiry.pk, event_type, text)
    stored: list[str] = []
    try:
        with transaction.atomic():
            # A concurrent upload waits for this lock, and then finds the new status.
            locked = Inquiry.objects.locked().get(pk=inquiry.pk)
            rights = check_may(actor, deed, locked)
            has_public_events = locked.events.filter(seq__gt=expected_version).public().exists()
            if expected_version < locked.version and not has_public_events:
                # Internal events since then are hidden from the applicant, so they are no conflict.
                expected_version = locked.version
            documents = rights.documents().unsent().kept()
            moved = move(
                locked,
                event_type,
                actor=actor,
                role=Role.APPLICANT,
                expected_version=expected_version,
                content_digest=digest_of([text, *documents.digests()]),
            )
            if deed == Deed.ANSWER:
                documents.update(sent_at=timezone.now())
            unsent = moved.attachments.unsent()
            stored += unsent.file_names()
            unsent.delete()
            Reply.objects.create(
                inquiry=moved,
                author=actor,
                kind=Reply.Kind.FROM_APPLICANT,
                successor_id=rights.successor_id,
                text=text,
                idempotency_key=idempotency_key,
            )
    except (RuleViolation, IntegrityError):
        if not Reply.objects.filter(idempotency_key=idempotency_key).exists():
            raise
        return Inquiry.objects.get(pk=inquiry.pk)
    discard(*stored)
    return moved
