"""Handing the inquiries of an officer who leaves, or is away, back to the queue."""

from django.db import transaction
from django.utils.translation import gettext as _

from core.accounts.models import KEEP_STAFF, User
from core.exceptions import RuleViolation
from core.security_log import Event, note
from requests_app.actions.transitions import EventType, Role, move
from requests_app.actions.triage import lock_officer
from requests_app.models import Inquiry, InquiryQuerySet


@transaction.atomic
def hand_back(*, actor: User | None, officer: User) -> int:
    """Give all open inquiries of an officer who no longer works on any back to the queue.

    The caller has locked the officer's account in its transaction. An actor of None is the command
    line. Return how many there were. RuleViolation `not_keeper`.
    """
    if actor and not actor.has_perm(KEEP_STAFF):
        note(Event.DEED_REFUSED, "not_keeper", account=actor.pk, kind="hand_back")
        raise RuleViolation(_("Your account may not keep staff."), code="not_keeper")
    return _give_back(Inquiry.objects.all(), officer, actor, Role.KEEPER)


@transaction.atomic
def hand_over(*, actor: User, officer: User) -> int:
    """Give the open inquiries of an officer who is away back to the queue, as a supervisor.

    Those that concern the supervisor themselves stay. Return how many there were. RuleViolation
    `not_supervisor`.
    """
    if not actor.has_perms(("requests_app.triage_inquiry", "requests_app.assign_inquiry")):
        note(Event.DEED_REFUSED, "not_supervisor", account=actor.pk, kind="hand_over")
        raise RuleViolation(_("Only supervisors give inquiries to others."), code="not_supervisor")
    visible = Inquiry.objects.visible_to_staff(actor)
    return _give_back(visible, lock_officer(officer), actor, Role.OFFICER)


def _give_back(inquiries: InquiryQuerySet, officer: User, actor: User | None, role: Role) -> int:
    theirs = inquiries.in_hand_of(officer).order_by("pk")
    found = list(theirs.locked())
    for inquiry in found:
        move(
            inquiry,
            EventType.HANDED_BACK,
            actor=actor,
            role=role,
            expected_version=inquiry.version,
            assignee=None,
        )
    return len(found)
