"""What the worker does about inquiries: reminders, ends, and notices of lost links."""

from django.db import transaction
from django.utils import timezone

from core.accounts.audience import handover_of
from core.chores.rows import for_each
from core.exceptions import RuleViolation
from requests_app.actions.clock import next_reminder
from requests_app.actions.notices import remind_of_return, tell, tell_passed_on
from requests_app.actions.transitions import EventType, Role, move
from requests_app.models import Inquiry

# In one run; after an upgrade there may be many.
MAX_ENDS = 1_000


def remind_of_returns() -> int:
    """Remind of returned inquiries a week after the return and a week before their end.

    Return of how many.
    """
    due = Inquiry.objects.to_be_reminded(timezone.now()).select_related("holder")
    return for_each(due.order_by("remind_at", "pk"), _remind)


@transaction.atomic
def _remind(inquiry: Inquiry) -> int:
    # An answer or another worker may have been quicker.
    still = Inquiry.objects.filter(pk=inquiry.pk, remind_at=inquiry.remind_at)
    reminded = still.update(remind_at=next_reminder(inquiry))
    if reminded:
        remind_of_return(inquiry)
    return reminded


def end_inquiries() -> int:
    """End returned inquiries that nobody has answered, and close those that are processed.

    Return how many.
    """
    due = Inquiry.objects.to_be_ended(timezone.now()).only("pk").order_by("ends_at", "pk")
    return for_each(due[:MAX_ENDS], _end)


@transaction.atomic
def _end(found: Inquiry) -> int:
    inquiry = Inquiry.objects.locked().get(pk=found.pk)
    # An answer, a supervisor or another worker may have been quicker.
    if inquiry.ends_at is None or inquiry.ends_at > timezone.now():
        return 0
    event = EventType.UNANSWERED if inquiry.is_returned else EventType.CLOSED
    moved = move(inquiry, event, actor=None, role=Role.PORTAL, expected_version=inquiry.version)
    if event == EventType.UNANSWERED:
        tell(moved, event)
    return 1


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
