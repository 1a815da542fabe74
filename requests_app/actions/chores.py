"""What the worker does about inquiries: reminders of returns, and notices of lost links."""

from django.db import transaction
from django.utils import timezone

from core.accounts.audience import handover_of
from core.chores.rows import for_each
from core.exceptions import RuleViolation
from requests_app.actions.notices import remind_of_return, tell_passed_on
from requests_app.actions.transitions import EventType, Role, move
from requests_app.models import Inquiry


def remind_of_returns() -> int:
    """Remind of inquiries that were returned a week ago and wait for an answer; return how many."""
    due = Inquiry.objects.to_be_reminded(timezone.now()).select_related("holder")
    return for_each(due.order_by("remind_at", "pk"), _remind)


@transaction.atomic
def _remind(inquiry: Inquiry) -> int:
    # An answer or another worker may have been quicker.
    still = Inquiry.objects.filter(pk=inquiry.pk, remind_at=inquiry.remind_at)
    reminded = still.update(remind_at=None)
    if reminded:
        remind_of_return(inquiry)
    return reminded


def pass_on_inquiries() -> int:
    """Tell both sides of open inquiries whose holder has lost the link; return how many.

    The rights have changed with the link already: see `core.accounts.rights`. What passes on again,
    to another guardian, is told of again. What a link that is back has given back is told of anew
    when that ends too.
    """
    Inquiry.objects.held_again().update(passed_on_to=[])
    return for_each(Inquiry.objects.passed_on().order_by("pk"), _pass_on)


def _pass_on(inquiry: Inquiry) -> int:
    handover = handover_of(inquiry)
    if handover is None:
        return 0
    try:
        with transaction.atomic():
            moved = move(
                inquiry,
                EventType.PASSED_ON,
                actor=None,
                role=Role.PORTAL,
                expected_version=inquiry.version,
                passed_on_to=handover.successors,
            )
            tell_passed_on(moved, handover)
    except RuleViolation:
        # Somebody was quicker: the next run looks again.
        return 0
    return 1
