"""What happens to an inquiry when its person is asked to come to an office.

The invitation itself needs both services, and stands above them.
"""

from django.db import transaction
from django.db.models import Q

from core.accounts.models import User
from requests_app.actions.rights import Deed, check_may
from requests_app.actions.transitions import EventType, Role, move
from requests_app.models import Inquiry


@transaction.atomic
def record_invitation(
    *, actor: User, inquiry: Inquiry, expected_version: int, content_digest: str
) -> Inquiry:
    """Record that the officer who has the inquiry asks its person to come; lock it meanwhile.

    RuleViolation as in `check_may` and `move`.
    """
    return _record(inquiry, EventType.INVITED, actor, expected_version, content_digest)


@transaction.atomic
def record_withdrawn_invitation(*, actor: User, inquiry: Inquiry, expected_version: int) -> Inquiry:
    """Record that the person need not come any more. RuleViolation as in `record_invitation`."""
    return _record(inquiry, EventType.UNINVITED, actor, expected_version)


def _record(
    inquiry: Inquiry,
    event_type: EventType,
    actor: User,
    expected_version: int,
    content_digest: str = "",
) -> Inquiry:
    check_may(actor, Deed.WORK, inquiry)
    return move(
        inquiry,
        event_type,
        actor=actor,
        role=Role.OFFICER,
        expected_version=expected_version,
        only_if=Q(assignee=actor),
        content_digest=content_digest,
    )
