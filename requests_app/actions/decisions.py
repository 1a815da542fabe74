"""Decisions of officers: made, taken back, and sent once their minutes are over."""

import uuid
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.chores.rows import for_each
from core.digests import derive_key, digest_of
from core.exceptions import RuleViolation
from requests_app.actions.rights import Deed, check_may, may
from requests_app.actions.second_reading import is_drawn
from requests_app.actions.transitions import OUTCOMES, EventType, Role, move
from requests_app.models import Decision, Inquiry, Reply
from requests_app.uploads import discard

_EVENTS = {OUTCOMES[each]: each for each in (EventType.APPROVED, EventType.REJECTED)}


def approve(
    *,
    actor: User,
    inquiry: Inquiry,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Approve the inquiry with an answer, which leaves as `_decide` says."""
    return _decide(
        inquiry,
        Inquiry.Outcome.APPROVED,
        actor=actor,
        expected_version=expected_version,
        text=text,
        idempotency_key=idempotency_key,
    )


def reject(
    *,
    actor: User,
    inquiry: Inquiry,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Reject the inquiry with the reason, which leaves as `_decide` says."""
    return _decide(
        inquiry,
        Inquiry.Outcome.REJECTED,
        actor=actor,
        expected_version=expected_version,
        text=text,
        idempotency_key=idempotency_key,
    )


def take_back(*, actor: User, inquiry: Inquiry, expected_version: int) -> Inquiry:
    """Take back a decision of the actor's that has not left yet; its text is theirs to go on with.

    The inquiry is what it was before, with the due date it had. A second request returns it as the
    first has left it. RuleViolation `left`, or as in `check_may` and `move`.
    """
    check_may(actor, Deed.WORK, inquiry)
    try:
        with transaction.atomic():
            return move(
                inquiry,
                EventType.TAKEN_BACK,
                actor=actor,
                role=Role.OFFICER,
                expected_version=expected_version,
                only_if=Q(assignee=actor) & ~Q(pending_outcome=""),
            )
    except RuleViolation:
        last = inquiry.decisions.select_related("officer__identity").last()
        if last is None:
            raise
        if last.state == Decision.State.LEFT:
            raise _has_left() from None
        if last.officer != actor:
            raise _is_not_theirs(last.officer) from None
        now = Inquiry.objects.get(pk=inquiry.pk)
        if last.state == Decision.State.TAKEN_BACK and now.version == expected_version + 1:
            return now
        raise


def see_held_back(*, actor: User, decision: Decision) -> None:
    """Note that an officer has seen that a decision of theirs did not leave."""
    Decision.objects.held_back_from(actor).filter(pk=decision.pk).update(seen_at=timezone.now())


def send_decisions() -> int:
    """Let the decisions leave whose minutes are over; return how many have left."""
    due = Decision.objects.due(timezone.now()).select_related("officer")
    return for_each(due.order_by("leaves_at", "pk"), _send)


@transaction.atomic
def _send(decision: Decision) -> int:
    # Whoever takes it back, or adds something, waits for this lock or has been quicker.
    inquiry = Inquiry.objects.locked().get(pk=decision.inquiry_id)
    waiting = Decision.objects.waiting().filter(pk=decision.pk)
    if not waiting.exists():
        return 0
    _write(inquiry, decision, expected_version=inquiry.version, pending=decision.outcome)
    waiting.update(state=Decision.State.LEFT)
    return 1


def _decide(
    inquiry: Inquiry,
    outcome: str,
    *,
    actor: User,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Decide an inquiry that is assigned to the actor.

    The decision leaves DECISION_MINUTES later, or at once if that is 0. Some refusals wait for a
    second officer first. A second request with the same idempotency key changes nothing.
    RuleViolation `quarantined`, or as in `check_may` and `move`.
    """
    check_may(actor, Deed.DECIDE, inquiry)
    key = derive_key(idempotency_key, actor.pk, inquiry.pk, outcome, text)
    delay = timedelta(minutes=settings.DECISION_MINUTES)
    # A review is the second reading of a refusal, and few may do it.
    can_be_drawn = outcome == Inquiry.Outcome.REJECTED and not inquiry.is_review
    to_be_read = can_be_drawn and is_drawn()
    is_waiting = to_be_read or bool(delay)
    decision = Decision(
        idempotency_key=key,
        inquiry=inquiry,
        officer=actor,
        outcome=outcome,
        text=text,
        state=Decision.State.WAITING if is_waiting else Decision.State.LEFT,
        leaves_at=None if to_be_read else timezone.now() + delay,
    )
    try:
        with transaction.atomic():
            if is_waiting:
                inquiry = move(
                    inquiry,
                    EventType.DECIDED,
                    actor=actor,
                    role=Role.OFFICER,
                    expected_version=expected_version,
                    only_if=Q(assignee=actor, pending_outcome=""),
                    content_digest=digest_of([outcome, text]),
                    pending_outcome=outcome,
                )
            else:
                inquiry = _write(inquiry, decision, expected_version=expected_version, pending="")
            _check_can_be_read(inquiry, actor)
            decision.save()
    except (RuleViolation, IntegrityError):
        if not Decision.objects.filter(idempotency_key=key).exists():
            raise
        inquiry.refresh_from_db()
    return inquiry


def _write(inquiry: Inquiry, decision: Decision, *, expected_version: int, pending: str) -> Inquiry:
    """Let the applicant read a decision: write its event, its answer and its notices.

    `pending` is what the inquiry has to have as its `pending_outcome`. Documents that the applicant
    has not sent by then are deleted.
    """
    officer, text = decision.officer, decision.text
    inquiry = move(
        inquiry,
        _EVENTS[Inquiry.Outcome(decision.outcome)],
        actor=officer,
        role=Role.OFFICER,
        expected_version=expected_version,
        only_if=Q(assignee=officer, pending_outcome=pending),
        content_digest=digest_of(text),
        pending_outcome="",
    )
    unsent = inquiry.attachments.unsent()
    transaction.on_commit(partial(discard, *unsent.file_names()))
    unsent.delete()
    Reply.objects.create(
        inquiry=inquiry,
        author=officer,
        kind=Reply.Kind.ANSWER,
        text=text,
        idempotency_key=decision.idempotency_key,
    )
    return inquiry


def _check_can_be_read(inquiry: Inquiry, actor: User) -> None:
    """Check that no document is in quarantine; a supervisor may decide without it.

    RuleViolation `quarantined`. The inquiry has just been changed, so its documents stay as they
    are until the transaction ends.
    """
    unread = inquiry.attachments.sent().quarantined().first()
    if unread and not may(actor, Deed.ASSIGN, inquiry):
        raise RuleViolation(
            _(
                "“%(name)s” is still being checked for viruses and cannot be opened yet. "
                "Decide once it can, or ask a supervisor to decide without it."
            )
            % {"name": unread.original_name},
            code="quarantined",
        )


def _is_not_theirs(officer: User) -> RuleViolation:
    return RuleViolation(
        _("%(who)s has made this decision. Only they can take it back before it is sent.")
        % {"who": officer.get_short_name()},
        code="not_theirs",
    )


def _has_left() -> RuleViolation:
    return RuleViolation(
        _(
            "The decision has been sent already, so it cannot be taken back. "
            "A supervisor can reopen the inquiry."
        ),
        code="left",
    )
