"""Handing inquiries back to the queue: of an officer who leaves, is away, or is in other teams."""

from django.db import transaction
from django.utils.translation import gettext as _

from core.accounts.models import KEEP_STAFF, User
from core.catalogue.models import several_teams
from core.chores.rows import for_each
from core.exceptions import RuleViolation
from core.security_log import Event, note
from requests_app.actions.transitions import EventType, Role, move
from requests_app.actions.triage import lock_officer
from requests_app.models import Inquiry, InquiryQuerySet


@transaction.atomic
def hand_back(*, actor: User | None, officer: User, only_hidden: bool = False) -> int:
    """Give the open inquiries of an officer who no longer works on them back to the queue.

    With `only_hidden`, those that their teams do not see. The caller has locked the officer's
    account in its transaction. An actor of None is the command line. Return how many there were.
    RuleViolation `not_keeper`.
    """
    if actor and not actor.has_perm(KEEP_STAFF):
        note(Event.DEED_REFUSED, "not_keeper", account=actor.pk, kind="hand_back")
        raise RuleViolation(_("Your account may not keep staff."), code="not_keeper")
    theirs = Inquiry.objects.hidden_from_assignee() if only_hidden else Inquiry.objects.all()
    return _give_back(theirs, officer, actor, Role.KEEPER)


def hand_back_hidden() -> int:
    """Give back what officers have in hand of services that other teams have by now.

    Return how many there were.
    """
    if not several_teams():
        return 0
    return for_each(Inquiry.objects.hidden_from_assignee().order_by("pk"), _hand_back_hidden)


def _hand_back_hidden(inquiry: Inquiry) -> int:
    try:
        with transaction.atomic():
            _move_back(inquiry, None, Role.PORTAL)
    except RuleViolation:
        return 0  # somebody was quicker: the next run looks again
    return 1


@transaction.atomic
def hand_over(*, actor: User, officer: User) -> int:
    """Give the open inquiries of an officer who is away back to the queue, as a supervisor.

    Those that concern the supervisor themselves stay. Return how many there were. RuleViolation
    `not_supervisor`.
    """
    if not actor.has_perms(("requests_app.triage_inquiry", "requests_app.assign_inquiry")):
        note(Event.DEED_REFUSED, "not_supervisor", account=actor.pk, kind="hand_over")
        raise RuleViolation(_("Only supervisors give inquiries to others."), code="not_supervisor")
    visible = Inquiry.objects.visible_to_staff(actor, now=True)
    return _give_back(visible, lock_officer(officer), actor, Role.OFFICER)


def _give_back(inquiries: InquiryQuerySet, officer: User, actor: User | None, role: Role) -> int:
    theirs = inquiries.in_hand_of(officer).order_by("pk")
    found = list(theirs.locked())
    for inquiry in found:
        _move_back(inquiry, actor, role)
    return len(found)


def _move_back(inquiry: Inquiry, actor: User | None, role: Role) -> None:
    move(
        inquiry,
        EventType.HANDED_BACK,
        actor=actor,
        role=role,
        expected_version=inquiry.version,
        assignee=None,
    )
