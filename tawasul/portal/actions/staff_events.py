"""Recording what was changed about a staff account, and telling its holder."""

from collections.abc import Sequence

from core.accounts.models import StaffEvent, User
from core.messaging.actions.outbox import write_mail
from core.security_log import Event, note

Type = StaffEvent.EventType

# In the security log. The kinds of change have an event each, as they are watched for apart.
_NOTED = {
    Type.ADDED: Event.STAFF_ADDED,
    Type.ROLES: Event.ROLE_CHANGED,
    Type.TEAM: Event.ROLE_CHANGED,
    Type.OFFICES: Event.OFFICE_CHANGED,
    Type.ADDRESS: Event.STAFF_ADDRESS_CHANGED,
    Type.ENDED: Event.STAFF_ENDED,
    Type.TAKEN_BACK: Event.STAFF_TAKEN_BACK,
    Type.RESET: Event.AUTHENTICATOR_RESET,
    Type.RECOVERY_CODES: Event.RECOVERY_CODES_MADE,
    Type.ENROLLED: Event.ENROLMENT,
}


def record(
    member: User,
    event_type: StaffEvent.EventType,
    *,
    actor: User | None,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
    also_tell: str = "",
) -> None:
    """Record an event of the member's account, and mail them that it has happened.

    `also_tell` is an address that the member had until now.
    """
    StaffEvent.objects.create(
        staff=member, actor=actor, event_type=event_type, before=list(before), after=list(after)
    )
    for address in dict.fromkeys((member.email, also_tell)):
        if address:
            write_mail(
                recipient=address,
                language=member.language,
                template="staff_account",
                context={"what": event_type.label},
                about=member.subject,
            )
    account = actor.pk if actor else None
    kind = "team" if event_type == Type.TEAM else ""
    note(_NOTED[event_type], account=account, staff=member.pk, kind=kind)
