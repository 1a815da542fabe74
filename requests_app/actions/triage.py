"""Actions of officers and supervisors on an inquiry."""

import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.catalogue.working_days import add_working_days
from core.digests import derive_key, digest_of
from core.exceptions import RuleViolation
from requests_app.actions.rights import Deed, check_may, may
from requests_app.actions.transitions import EventType, Role, move
from requests_app.models import Inquiry, Reply

# Whoever may not decide an inquiry may not have it, nor answer it.
_OF_ITS_OFFICER = (EventType.CLAIMED, EventType.REPLIED, EventType.RETURNED)


def claim(*, actor: User, inquiry: Inquiry, expected_version: int) -> Inquiry:
    """Assign an unassigned inquiry to the actor.

    A second request returns the inquiry that the first one has assigned to them.
    """
    try:
        with transaction.atomic():
            return _officer_move(
                inquiry,
                EventType.CLAIMED,
                actor=lock_officer(actor),
                expected_version=expected_version,
                only_if=Q(assignee=None),
                assignee=actor,
            )
    except RuleViolation:
        in_hand = Inquiry.objects.visible_to_staff(actor, now=True).in_hand_of(actor)
        mine = in_hand.filter(pk=inquiry.pk).first()
        if mine is None:
            raise
        return mine


@transaction.atomic
def release(*, actor: User, inquiry: Inquiry, expected_version: int) -> Inquiry:
    """Give an inquiry back to the queue."""
    return _officer_move(
        inquiry,
        EventType.RELEASED,
        actor=actor,
        expected_version=expected_version,
        only_if=Q(assignee=actor),
        assignee=None,
    )


@transaction.atomic
def assign(*, actor: User, inquiry: Inquiry, expected_version: int, officer: User) -> Inquiry:
    """Assign an inquiry to an officer, as a supervisor.

    RuleViolation `not_supervisor`, `officer` if that officer may not work on the inquiry, or as in
    `_officer_move`.
    """
    check_may(actor, Deed.ASSIGN, inquiry)
    officer = lock_officer(officer)
    if not may_work(officer, inquiry):
        raise RuleViolation(
            _("%(who)s may not work on this inquiry. Choose another officer.")
            % {"who": officer.get_short_name()},
            code="officer",
        )
    return _officer_move(
        inquiry,
        EventType.ASSIGNED,
        actor=actor,
        expected_version=expected_version,
        assignee=officer,
    )


def reply(
    *,
    actor: User,
    inquiry: Inquiry,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Send an answer to the applicant and keep the status.

    A decided inquiry takes one if its applicant has asked about the decision, and answers that.
    """
    return _write(
        inquiry,
        EventType.REPLIED,
        actor=actor,
        expected_version=expected_version,
        text=text,
        idempotency_key=idempotency_key,
        asked_back_at=None,
    )


def note(
    *,
    actor: User,
    inquiry: Inquiry,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Add an internal note, which the applicant never sees."""
    return _write(
        inquiry,
        EventType.NOTED,
        actor=actor,
        expected_version=expected_version,
        text=text,
        idempotency_key=idempotency_key,
    )


def send_back(
    *,
    actor: User,
    inquiry: Inquiry,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Return the inquiry to the applicant with a text that says what is missing."""
    return _write(
        inquiry,
        EventType.RETURNED,
        actor=actor,
        expected_version=expected_version,
        text=text,
        idempotency_key=idempotency_key,
    )


@transaction.atomic
def look_again(*, actor: User, inquiry: Inquiry, expected_version: int) -> Inquiry:
    """Note that a supervisor has looked at a decided inquiry that had lost a document.

    RuleViolation `not_supervisor`, or as in `_officer_move`.
    """
    check_may(actor, Deed.ASSIGN, inquiry)
    return _officer_move(
        inquiry,
        EventType.LOOKED_AGAIN,
        actor=actor,
        expected_version=expected_version,
        only_if=~Q(look_again_since=None),
        look_again_since=None,
    )


@transaction.atomic
def reopen(
    *,
    actor: User,
    inquiry: Inquiry,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Take up a decided or unanswered inquiry again, as a supervisor, and say why.

    The applicant reads the reason. It has no outcome any more and a new due date, and is its
    officer's again, or in the queue if they may not work on it by now. RuleViolation
    `not_supervisor`, `withdrawn`, or as in `_officer_move`.
    """
    check_may(actor, Deed.ASSIGN, inquiry)
    if inquiry.outcome == Inquiry.Outcome.WITHDRAWN:
        raise RuleViolation(
            _("The applicant has withdrawn this inquiry, so it cannot be reopened here."),
            code="withdrawn",
        )
    officer = lock_officer(inquiry.assignee) if inquiry.assignee else None
    return _write(
        inquiry,
        EventType.REOPENED,
        actor=actor,
        expected_version=expected_version,
        text=text,
        idempotency_key=idempotency_key,
        only_if=Q(assignee=officer),
        outcome="",
        processed_at=None,
        look_again_since=None,
        asked_back_at=None,
        due_on=add_working_days(timezone.localdate(), inquiry.service.target_working_days),
        assignee=officer if officer and may_work(officer, inquiry) else None,
    )


@transaction.atomic
def close(*, actor: User, inquiry: Inquiry, expected_version: int) -> Inquiry:
    """Close a processed inquiry."""
    return _officer_move(inquiry, EventType.CLOSED, actor=actor, expected_version=expected_version)


def _write(
    inquiry: Inquiry,
    event_type: EventType,
    *,
    actor: User,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
    only_if: Q | None = None,
    **changes: Any,
) -> Inquiry:
    """Record an event of the officer with its text, and set the fields in `changes`.

    Unless `only_if` says otherwise, the inquiry has to be assigned to the actor, but for a note. A
    second request with the same idempotency key changes nothing. RuleViolation as in
    `_officer_move`.
    """
    idempotency_key = derive_key(idempotency_key, actor.pk, inquiry.pk, event_type, text)
    is_note = event_type == EventType.NOTED
    try:
        with transaction.atomic():
            inquiry = _officer_move(
                inquiry,
                event_type,
                actor=actor,
                expected_version=expected_version,
                only_if=only_if or (Q() if is_note else Q(assignee=actor)),
                content_digest=digest_of(text),
                **changes,
            )
            kind = Reply.Kind.NOTE if is_note else Reply.Kind.ANSWER
            Reply.objects.create(
                inquiry=inquiry, author=actor, kind=kind, text=text, idempotency_key=idempotency_key
            )
    except (RuleViolation, IntegrityError):
        if not Reply.objects.filter(idempotency_key=idempotency_key).exists():
            raise
        inquiry.refresh_from_db()
    return inquiry


def _officer_move(
    inquiry: Inquiry, event_type: EventType, *, actor: User, **changes: Any
) -> Inquiry:
    """Record an event of an officer. RuleViolation as in `check_may` and `move`."""
    check_may(actor, Deed.DECIDE if event_type in _OF_ITS_OFFICER else Deed.WORK, inquiry)
    return move(inquiry, event_type, actor=actor, role=Role.OFFICER, **changes)


def may_work(officer: User, inquiry: Inquiry) -> bool:
    """Return whether the inquiry can be given to `officer`, whose account is locked."""
    return officer.is_active and officer.is_staff and may(officer, Deed.DECIDE, inquiry)


def lock_officer(officer: User) -> User:
    """Return the officer's account as it is now, locked until the inquiry is theirs.

    Whoever ends the account, or takes the role away, waits for it, and hands this inquiry back too.
    """
    return User.objects.select_for_update(no_key=True).get(pk=officer.pk)
