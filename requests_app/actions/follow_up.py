"""Actions on a filed inquiry of those whose it is."""

import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts import registry
from core.accounts.models import User
from core.catalogue.working_days import add_working_days
from core.digests import derive_key, digest_of
from core.exceptions import RuleViolation
from requests_app.actions.rights import Deed, check_may, may
from requests_app.actions.transitions import EventType, Role, move
from requests_app.actions.triage import lock_officer, may_work
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


def resume(*, actor: User, inquiry: Inquiry, expected_version: int) -> Inquiry:
    """Take up again what its owners have withdrawn, within RESUME_DAYS.

    It is under processing with a new due date, and is its officer's again, or in the queue if they
    may not work on it by now. A second request returns what the first has made. RuleViolation
    `registry_away` or `too_late`, or as in `check_may` and `move`.
    """
    registry.refresh_parties(actor, inquiry)
    with transaction.atomic():
        # The account comes before the inquiry, as wherever somebody is assigned.
        officer = lock_officer(inquiry.assignee) if inquiry.assignee else None
        locked = Inquiry.objects.locked().get(pk=inquiry.pk)
        check_may(actor, Deed.RESUME, locked)
        since = locked.events.filter(seq__gt=expected_version, event_type=EventType.RESUMED)
        if since.filter(actor=actor).exists():
            return locked
        if locked.resume_by and not locked.can_be_resumed:
            raise RuleViolation(
                _("This inquiry was withdrawn too long ago. Please file a new one."),
                code="too_late",
            )
        return move(
            locked,
            EventType.RESUMED,
            actor=actor,
            role=Role.APPLICANT,
            expected_version=_version_read(locked, expected_version),
            only_if=Q(outcome=Inquiry.Outcome.WITHDRAWN, assignee=officer),
            outcome="",
            processed_at=None,
            due_on=add_working_days(timezone.localdate(), locked.service.target_working_days),
            assignee=officer if officer and may_work(officer, locked) else None,
        )


def ask_for_review(
    *,
    actor: User,
    inquiry: Inquiry,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Ask for a review of a rejection, within REVIEW_DAYS, and say why.

    The inquiry is under processing with a new due date, and waits in the queue for a supervisor who
    did not reject it. RuleViolation `registry_away` or `too_late`, or as in `_write`.
    """
    registry.refresh_parties(actor, inquiry)
    rejected = inquiry.events.filter(event_type=EventType.REJECTED).order_by("-seq").first()
    if inquiry.review_by and not inquiry.can_be_reviewed:
        raise RuleViolation(
            _("This inquiry was rejected too long ago for a review. Please file a new one."),
            code="too_late",
        )
    return _write(
        inquiry,
        EventType.REVIEW_ASKED,
        deed=Deed.ASK_FOR_REVIEW,
        actor=actor,
        expected_version=expected_version,
        text=text,
        idempotency_key=idempotency_key,
        only_if=Q(outcome=Inquiry.Outcome.REJECTED),
        outcome="",
        processed_at=None,
        look_again_since=None,
        due_on=add_working_days(timezone.localdate(), inquiry.service.target_working_days),
        assignee=None,
        rejected_by=rejected and rejected.actor,
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
    **changes: Any,
) -> Inquiry:
    """Record an event of the applicant's side with its text, as `move` does with `changes`.

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
            documents = rights.documents().unsent().kept()
            moved = move(
                locked,
                event_type,
                actor=actor,
                role=Role.APPLICANT,
                expected_version=_version_read(locked, expected_version),
                content_digest=digest_of([text, *documents.digests()]),
                **changes,
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


def _version_read(locked: Inquiry, expected_version: int) -> int:
    """Return the version that the applicant has read, with the internal events since then.

    Those are hidden from them, so they are no conflict.
    """
    has_public_events = locked.events.filter(seq__gt=expected_version).public().exists()
    return expected_version if has_public_events else max(expected_version, locked.version)
