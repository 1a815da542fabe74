"""A second officer reads some of the refusals before they leave."""

import secrets
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.digests import derive_key, digest_of
from core.exceptions import RuleViolation
from requests_app.actions.rights import Deed, check_may
from requests_app.actions.transitions import EventType, Role, move
from requests_app.models import Decision, Inquiry, Reply


def is_drawn() -> bool:
    """Return whether the refusal that is about to be made is one of those that are read twice."""
    return secrets.randbelow(100) < settings.SECOND_READING_PERCENT


@transaction.atomic
def confirm_refusal(*, actor: User, inquiry: Inquiry, expected_version: int) -> Inquiry:
    """Let a colleague's refusal leave that waits for a second officer.

    Its minutes begin now, in which its officer can take it back. RuleViolation `own_decision`,
    `not_to_be_read`, or as in `check_may` and `move`.
    """
    decision = _to_be_read(actor, inquiry)
    inquiry = _move(inquiry, EventType.SECONDED, actor, expected_version)
    decision.second_reader = actor
    decision.leaves_at = timezone.now() + timedelta(minutes=settings.DECISION_MINUTES)
    decision.save(update_fields=["second_reader", "leaves_at"])
    return inquiry


def send_refusal_back(
    *,
    actor: User,
    inquiry: Inquiry,
    expected_version: int,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Send a colleague's refusal back to them, with a note that says why.

    A second request with the same idempotency key changes nothing. RuleViolation as in
    `confirm_refusal`.
    """
    key = derive_key(idempotency_key, actor.pk, inquiry.pk, EventType.SENT_BACK, text)
    try:
        with transaction.atomic():
            _to_be_read(actor, inquiry)
            digest = digest_of(text)
            inquiry = _move(inquiry, EventType.SENT_BACK, actor, expected_version, digest)
            Reply.objects.create(
                inquiry=inquiry,
                author=actor,
                kind=Reply.Kind.NOTE,
                text=text,
                idempotency_key=key,
            )
    except (RuleViolation, IntegrityError):
        if not Reply.objects.filter(idempotency_key=key).exists():
            raise
        inquiry.refresh_from_db()
    return inquiry


def _to_be_read(actor: User, inquiry: Inquiry) -> Decision:
    """Return the refusal of the inquiry that `actor` can read as the second officer."""
    check_may(actor, Deed.WORK, inquiry)
    decision = inquiry.decisions.to_be_read().first()
    if decision is None:
        raise RuleViolation(
            _("This refusal does not wait for a second officer any more."), code="not_to_be_read"
        )
    if decision.officer_id == actor.pk:
        raise RuleViolation(
            _("You have made this decision, so another officer has to read it."),
            code="own_decision",
        )
    return decision


def _move(
    inquiry: Inquiry, event_type: EventType, actor: User, expected_version: int, digest: str = ""
) -> Inquiry:
    return move(
        inquiry,
        event_type,
        actor=actor,
        role=Role.OFFICER,
        expected_version=expected_version,
        only_if=Q(pending_outcome=Inquiry.Outcome.REJECTED),
        content_digest=digest,
    )
