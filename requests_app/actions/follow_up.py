"""Actions on a filed inquiry of those whose it is."""

import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
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
from core.template_filters import time_of_day
from requests_app.actions.rights import Deed, check_may, may
from requests_app.actions.transitions import EventType, Role, move
from requests_app.actions.triage import lock_officer, may_work
from requests_app.models import AttachmentQuerySet, Inquiry, InquiryEvent, Reply
from requests_app.uploads import discard

MAX_ADDITIONS = 10  # within a day
MIN_WORDS = 3
_DAY = timedelta(days=1)
_QUESTION_OR_DECISION = (EventType.ASKED_BACK, EventType.APPROVED, EventType.REJECTED)


def answer_return(
    *,
    actor: User,
    inquiry: Inquiry,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Answer a returned inquiry with a text and its unsent documents; compute a new due date.

    Unsent documents of another side are deleted. RuleViolation `registry_away`, or as in `_write`.
    """
    registry.refresh_parties(actor, inquiry)
    due_on = add_working_days(timezone.localdate(), inquiry.service.target_working_days)

    return _write(
        inquiry,
        EventType.RESUBMITTED,
        deed=Deed.ANSWER,
        actor=actor,
        expected_version=expected_version,
        text=text,
        idempotency_key=idempotency_key,
        due_on=due_on,
    )


def add_message(
    *,
    actor: User,
    inquiry: Inquiry,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Add a text, the unsent documents, or both to an inquiry that is at the desk.

    Its status, officer and due date stay, and it is marked as new. RuleViolation `text` if there is
    neither, `too_many` after MAX_ADDITIONS, `registry_away`, or as in `_write`.
    """
    registry.refresh_parties(actor, inquiry)
    return _write(
        inquiry,
        EventType.ADDED,
        deed=Deed.ANSWER,
        check=_check_addition,
        actor=actor,
        expected_version=expected_version,
        text=text,
        idempotency_key=idempotency_key,
    )


def _check_addition(locked: Inquiry, text: str, documents: AttachmentQuerySet) -> None:
    if len(text.split()) < MIN_WORDS and not documents.exists():
        raise RuleViolation(
            _("Write what you want to add, in three words at least, or add a document."),
            code="text",
        )
    since = timezone.now() - _DAY
    added = locked.events.filter(event_type=EventType.ADDED, at__gt=since)
    times = list(added.values_list("at", flat=True))
    if len(times) >= MAX_ADDITIONS:
        raise RuleViolation(
            _(
                "You have added to this inquiry 10 times within a day. "
                "Put the rest together, and send it from %(time)s on."
            )
            % {"time": time_of_day(times[-MAX_ADDITIONS] + _DAY)},
            code="too_many",
        )


def ask_back(
    *,
    actor: User,
    inquiry: Inquiry,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Ask one question about the answer to a processed inquiry, which keeps its status.

    It goes to the officer who has decided, or to everybody if they may not work on it any more.
    RuleViolation `asked`, `late`, `registry_away`, or as in `_write`.
    """
    registry.refresh_parties(actor, inquiry)
    with transaction.atomic():
        # Whoever ends the officer's account waits, and then hands this question back too.
        officer = lock_officer(inquiry.assignee) if inquiry.assignee else None
        return _write(
            inquiry,
            EventType.ASKED_BACK,
            deed=Deed.ANSWER,
            check=_check_question,
            actor=actor,
            expected_version=expected_version,
            text=text,
            idempotency_key=idempotency_key,
            only_if=Q(assignee=officer),
            asked_back_at=timezone.now(),
            assignee=officer if officer and may_work(officer, inquiry) else None,
        )


def can_ask_back(inquiry: Inquiry, events: Iterable[InquiryEvent]) -> bool:
    """Return whether a question about the answer can be asked now; `events` are the inquiry's."""
    return inquiry.is_processed and not (_has_asked(events) or _is_late(inquiry))


def _has_asked(events: Iterable[InquiryEvent]) -> bool:
    """Return whether the last answer among the events, in their order, was followed by one."""
    told = [each.event_type for each in events if each.event_type in _QUESTION_OR_DECISION]
    return told[-1:] == [EventType.ASKED_BACK]


def _is_late(inquiry: Inquiry) -> bool:
    return inquiry.ask_back_until is None or inquiry.ask_back_until <= timezone.now()


def _check_question(locked: Inquiry, _text: str, _documents: AttachmentQuerySet) -> None:
    if not locked.is_processed:
        return
    if _has_asked(locked.events.all()):
        raise RuleViolation(
            _(
                "You have already asked about this answer. "
                "If something is still open, file a new inquiry."
            ),
            code="asked",
        )
    if _is_late(locked):
        raise RuleViolation(
            _(
                "The time for a question about this answer is over. "
                "If something is still open, file a new inquiry."
            ),
            code="late",
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
    check: Callable[[Inquiry, str, AttachmentQuerySet], None] | None = None,
    **changes: Any,
) -> Inquiry:
    """Record an event of the applicant's side with its text; set the fields in `changes`.

    An answer is marked as new, and sends the unsent documents of its side; all others are deleted.
    `check` sees the locked inquiry, the text and those documents. A second request with the same
    idempotency key changes nothing. RuleViolation as in `check`, `check_may` and `move`.
    """
    idempotency_key = derive_key(idempotency_key, actor.pk, inquiry.pk, event_type, text)
    stored: list[str] = []
    now = timezone.now()
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
            if check:
                check(locked, text, documents)
            if deed == Deed.ANSWER:
                changes["new_since"] = locked.new_since or now
            moved = move(
                locked,
                event_type,
                actor=actor,
                role=Role.APPLICANT,
                expected_version=expected_version,
                content_digest=digest_of([text, *documents.digests()]),
                **changes,
            )
            if deed == Deed.ANSWER:
                documents.update(sent_at=now)
            unsent = moved.attachments.unsent()
            stored += unsent.file_names()
            unsent.delete()
            Reply.objects.create(
                inquiry=moved,
                author=actor,
                kind=Reply.Kind.FROM_APPLICANT,
                successor_id=rights.successor_id,
                text=text,
                written_at=now,
                idempotency_key=idempotency_key,
            )
    except (RuleViolation, IntegrityError):
        if not Reply.objects.filter(idempotency_key=idempotency_key).exists():
            raise
        return Inquiry.objects.get(pk=inquiry.pk)
    discard(*stored)
    return moved
