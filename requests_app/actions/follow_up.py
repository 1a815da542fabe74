"""Actions of the applicant on a filed inquiry."""

import uuid
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from core.accounts.models import User
from core.catalogue.working_days import add_working_days
from core.digests import derive_key, digest_of
from core.exceptions import RuleViolation
from requests_app.actions.transitions import EventType, Role, move
from requests_app.models import Attachment, Inquiry, Reply
from requests_app.uploads import discard


def answer_return(
    *,
    actor: User,
    inquiry: Inquiry,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Answer a returned inquiry with a text and its unsent documents; compute a new due date."""
    due_on = add_working_days(timezone.localdate(), inquiry.service.target_working_days)

    def send(documents: QuerySet[Attachment]) -> None:
        documents.update(sent_at=timezone.now())

    return _write(
        inquiry,
        EventType.RESUBMITTED,
        actor=actor,
        expected_version=expected_version,
        text=text,
        idempotency_key=idempotency_key,
        with_unsent=send,
        due_on=due_on,
    )


def withdraw(
    *,
    actor: User,
    inquiry: Inquiry,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Withdraw the inquiry with a reason, and delete its unsent documents."""
    stored: list[str] = []

    def delete_documents(documents: QuerySet[Attachment]) -> None:
        stored.extend(documents.values_list("stored_name", flat=True))
        documents.delete()

    inquiry = _write(
        inquiry,
        EventType.WITHDRAWN,
        actor=actor,
        expected_version=expected_version,
        text=text,
        idempotency_key=idempotency_key,
        with_unsent=delete_documents,
    )
    for name in stored:
        discard(name)
    return inquiry


def mark_answers_read(*, actor: User, inquiry: Inquiry) -> None:
    """Mark the officers' answers as read, once the applicant has them on the screen."""
    if inquiry.applicant_id == actor.pk:
        unread = inquiry.replies.filter(kind=Reply.Kind.ANSWER, read_at=None)
        unread.update(read_at=timezone.now())


def _write(
    inquiry: Inquiry,
    event_type: EventType,
    *,
    actor: User,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
    with_unsent: Callable[[QuerySet[Attachment]], None],
    **changes: Any,
) -> Inquiry:
    """Record an event of the applicant with its text; set the fields in `changes`.

    A second request with the same idempotency key changes nothing. `with_unsent` is called with
    the queryset of the unsent documents. RuleViolation as in `move`.
    """
    idempotency_key = derive_key(idempotency_key, actor.pk, inquiry.pk, event_type, text)
    try:
        with transaction.atomic():
            # A concurrent upload waits for this lock, and then finds the new status.
            locked = (
                Inquiry.objects.filter(applicant=actor)
                .select_for_update(of=("self",), no_key=True)
                .get(pk=inquiry.pk)
            )
            has_public_events = locked.events.filter(seq__gt=expected_version).public().exists()
            if expected_version < locked.version and not has_public_events:
                # Internal events since then are hidden from the applicant, so they are no conflict.
                expected_version = locked.version
            unsent = locked.attachments.unsent()
            moved = move(
                locked,
                event_type,
                actor=actor,
                role=Role.APPLICANT,
                expected_version=expected_version,
                content_digest=digest_of([text, *unsent.values_list("sha256", flat=True)]),
                **changes,
            )
            with_unsent(unsent)
            kind = Reply.Kind.FROM_APPLICANT
            Reply.objects.create(
                inquiry=moved, author=actor, kind=kind, text=text, idempotency_key=idempotency_key
            )
    except (RuleViolation, IntegrityError):
        if not Reply.objects.filter(idempotency_key=idempotency_key).exists():
            raise
        moved = Inquiry.objects.get(pk=inquiry.pk)
    return moved
