"""Handing the inquiries of an officer who leaves back to the queue."""

from django.db import transaction
from django.utils.translation import gettext as _

from core.accounts.models import KEEP_STAFF, User
from core.exceptions import RuleViolation
from core.security_log import Event, note
from requests_app.actions.transitions import EventType, Role, move
from requests_app.models import Inquiry


@transaction.atomic
def hand_back(*, actor: User | None, officer: User) -> int:
    """Give all open inquiries of an officer who no longer works on any back to the queue.

    The caller has locked the officer's account in its transaction. An actor of None is the command
    line. Return how many there were. RuleViolation `not_keeper`.
    """
    if actor and not actor.has_perm(KEEP_STAFF):
        note(Event.DEED_REFUSED, "not_keeper", account=actor.pk, kind="hand_back")
        raise RuleViolation(_("Your account may not keep staff."), code="not_keeper")
    theirs = Inquiry.objects.filter(assignee=officer, status__in=Inquiry.OPEN).order_by("pk")
    inquiries = list(theirs.select_for_update(no_key=True))
    for inquiry in inquiries:
        move(
            inquiry,
            EventType.HANDED_BACK,
            actor=actor,
            role=Role.KEEPER,
            expected_version=inquiry.version,
            assignee=None,
        )
    return len(inquiries)
