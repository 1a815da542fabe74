"""Signing off the list of who may do what."""

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from core.accounts.models import AUDIT, AccessReview, StaffEvent, User
from core.exceptions import RuleViolation
from core.security_log import Event, note
from tawasul.portal.access_list import digest_of_rights, rows_now


def sign_off(*, actor: User, shown: str, idempotency_key: uuid.UUID) -> AccessReview:
    """Keep the list as it is, signed off by the actor, who has been shown the digest `shown`.

    An auditor signs, and nobody what they have changed themselves since the last time. A second
    request with the same idempotency key returns the first one's review. RuleViolation
    `not_auditor`, `own_changes`, or `changed` if the list is not what it was.
    """
    if not actor.has_perm(AUDIT):
        raise _refused(actor, _("Only auditors sign this list off."), "not_auditor")
    by_actor = StaffEvent.objects.filter(actor=actor).exclude(staff=actor)
    last = AccessReview.objects.first()
    if (by_actor.filter(at__gt=last.at) if last else by_actor).exists():
        raise _refused(
            actor,
            _(
                "You have changed accounts of staff since the list was last signed off. Ask an "
                "auditor who has not."
            ),
            "own_changes",
        )
    rows = rows_now()
    digest = digest_of_rights(rows)
    if digest != shown:
        raise RuleViolation(
            _("The list has changed since you opened it. Read it again, then sign it off."),
            code="changed",
        )
    with transaction.atomic():
        review, is_new = AccessReview.objects.get_or_create(
            idempotency_key=idempotency_key,
            defaults={"signed_by": actor, "digest": digest, "content": rows},
        )
        if is_new:
            note(Event.ACCESS_REVIEWED, account=actor.pk)
    return review


def _refused(actor: User, message: str, code: str) -> RuleViolation:
    note(Event.DEED_REFUSED, code, account=actor.pk, kind="sign_off")
    return RuleViolation(message, code=code)
