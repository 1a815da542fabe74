"""Telling supervisors of inquiries that were not answered by the day on which they were due."""

from collections.abc import Collection

from django.contrib.auth.backends import ModelBackend
from django.db import transaction
from django.db.models import F

from core.accounts.models import User
from core.messaging.actions.outbox import write_mail
from requests_app.actions.transitions import EventType, Role, move
from requests_app.models import Inquiry

MAX_IN_ONE_MAIL = 50


def escalate_overdue() -> int:
    """Tell supervisors of what has become overdue, each inquiry once for each due date.

    They get one mail for all of it, if they have an address for notices; none of their own cases
    stands in it. Return how many inquiries there were.
    """
    told = 0
    while escalated := _escalate_some():
        told += escalated
    return told


@transaction.atomic
def _escalate_some() -> int:
    overdue = Inquiry.objects.overdue().not_escalated().order_by("due_on", "pk")
    found = list(
        overdue.select_for_update(of=("self",), no_key=True, skip_locked=True)[:MAX_IN_ONE_MAIL]
    )
    for inquiry in found:
        move(
            inquiry,
            EventType.ESCALATED,
            actor=None,
            role=Role.PORTAL,
            expected_version=inquiry.version,
            escalated_for=F("due_on"),
        )
    if found:
        _tell_supervisors({inquiry.pk for inquiry in found})
    return len(found)


def _tell_supervisors(keys: Collection[int]) -> None:
    supervisors = ModelBackend().with_perm("requests_app.assign_inquiry")
    for supervisor in supervisors.filter(is_staff=True).exclude(email="").order_by("pk"):
        _tell(supervisor, keys)


def _tell(supervisor: User, keys: Collection[int]) -> None:
    visible = Inquiry.objects.visible_to_staff(supervisor, now=True).filter(pk__in=keys)
    inquiries = list(visible.order_by("due_on", "pk"))
    if inquiries:
        write_mail(
            recipient=supervisor.email,
            language=supervisor.language,
            template="inquiries_overdue",
            context={"inquiries": inquiries},
            owner=supervisor.pk,
        )
