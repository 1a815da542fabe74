"""Passing an inquiry to another team, as a supervisor."""

import uuid

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.catalogue.models import Service, Team
from core.digests import derive_key, digest_of
from core.exceptions import RuleViolation
from requests_app.actions.rights import Deed, check_may
from requests_app.actions.transitions import EventType, Role, move
from requests_app.models import Inquiry, Reply


def transfer(
    *,
    actor: User,
    inquiry: Inquiry,
    expected_version: int,
    team: Team,
    text: str,
    idempotency_key: uuid.UUID,
) -> Inquiry:
    """Pass an open inquiry to another team, with a note that says why.

    It waits there for an officer, with the status and the due date that it has. Back with the team
    of its service, it follows its service again. A second request with the same idempotency key
    changes nothing. RuleViolation `team` if it is that team's already, or as in `check_may` and
    `move`.
    """
    key = _key(actor, inquiry.pk, team, text, idempotency_key)
    try:
        with transaction.atomic():
            check_may(actor, Deed.ASSIGN, inquiry)
            now = Inquiry.objects.get(pk=inquiry.pk)
            of_service = Service.objects.values_list("team", flat=True).get(pk=now.service_id)
            if team.pk == (now.team_id or of_service):
                raise RuleViolation(
                    _("This team works on the inquiry already. Choose another."), code="team"
                )
            inquiry = move(
                inquiry,
                EventType.TRANSFERRED,
                actor=actor,
                role=Role.OFFICER,
                expected_version=expected_version,
                content_digest=digest_of(text),
                team=None if team.pk == of_service else team,
                assignee=None,
            )
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


def has_transferred(
    *, actor: User, inquiry: int, team: Team, text: str, idempotency_key: uuid.UUID
) -> bool:
    """Return whether this very request has passed the inquiry, which the actor may not see now."""
    key = _key(actor, inquiry, team, text, idempotency_key)
    return Reply.objects.filter(idempotency_key=key).exists()


def _key(actor: User, inquiry: int, team: Team, text: str, form_key: uuid.UUID) -> uuid.UUID:
    return derive_key(form_key, actor.pk, inquiry, EventType.TRANSFERRED, team.pk, text)
