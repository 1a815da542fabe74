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
        asked_back_at=None,
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
    check: Callable[[Inquiry, str, AttachmentQuerySet], None] | None = None,
    **changes: Any,
) -> Inquiry:
    """Record an event of the applicant's side with its text, as `move` does with `changes`.

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
                expected_version=_version_read(locked, expected_version),
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


def _version_read(locked: Inquiry, expected_version: int) -> int:
    """Return the version that the applicant has read, with the internal events since then.

    Those are hidden from them, so they are no conflict.
    """
    has_public_events = locked.events.filter(seq__gt=expected_version).public().exists()
    return expected_version if has_public_events else max(expected_version, locked.version)
