"""The status transitions of inquiries."""

from collections.abc import Collection
from typing import Any

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.accounts.models import User
from core.exceptions import RuleViolation
from requests_app.actions.clock import clock_after, clock_of_question
from requests_app.actions.notices import tell
from requests_app.models import Decision, Inquiry, InquiryEvent

Status = Inquiry.Status
Outcome = Inquiry.Outcome
EventType = InquiryEvent.EventType
Role = InquiryEvent.Role
# What is processed is answered, unless a question about the answer is open.
_TO_BE_ANSWERED = (*Inquiry.AT_THE_DESK, Status.PROCESSED)
_ANSWERED = Q(status=Status.PROCESSED, asked_back_at=None)
# The statuses in which each event may happen, and the status after it; None keeps the status.
TRANSITIONS: dict[EventType, tuple[Collection[str], str | None]] = {
    EventType.PREPARED: ({Status.DRAFT}, None),
    EventType.SUBMITTED: ({Status.DRAFT}, Status.UNDER_PROCESSING),
    EventType.CLAIMED: (_TO_BE_ANSWERED, None),
    EventType.RELEASED: (_TO_BE_ANSWERED, None),
    EventType.HANDED_BACK: ((*Inquiry.OPEN, Status.PROCESSED), None),
    EventType.ASSIGNED: (_TO_BE_ANSWERED, None),
    EventType.TRANSFERRED: (Inquiry.OPEN, None),
    EventType.NOTED: (Inquiry.FILED, None),
    EventType.REPLIED: (_TO_BE_ANSWERED, None),
    EventType.RETURNED: (Inquiry.AT_THE_DESK, Status.RETURNED_TO_APPLICANT),
    EventType.RESUBMITTED: ({Status.RETURNED_TO_APPLICANT}, Status.RETURNED_BY_APPLICANT),
    EventType.ADDED: (Inquiry.AT_THE_DESK, None),
    EventType.ASKED_BACK: ({Status.PROCESSED}, None),
    EventType.DECIDED: (Inquiry.AT_THE_DESK, None),
    EventType.TAKEN_BACK: (Inquiry.AT_THE_DESK, None),
    EventType.SECONDED: (Inquiry.AT_THE_DESK, None),
    EventType.SENT_BACK: (Inquiry.AT_THE_DESK, None),
    EventType.APPROVED: (Inquiry.AT_THE_DESK, Status.PROCESSED),
    EventType.REJECTED: (Inquiry.AT_THE_DESK, Status.PROCESSED),
    EventType.REOPENED: ({Status.PROCESSED, Status.CLOSED}, Status.UNDER_PROCESSING),
    EventType.CLOSED: ({Status.PROCESSED}, Status.CLOSED),
    EventType.WITHDRAWN: (Inquiry.OPEN, Status.CLOSED),
    EventType.RESUMED: ({Status.CLOSED}, Status.UNDER_PROCESSING),
    EventType.REVIEW_ASKED: ({Status.PROCESSED, Status.CLOSED}, Status.UNDER_PROCESSING),
    EventType.UNANSWERED: ({Status.RETURNED_TO_APPLICANT}, Status.CLOSED),
    EventType.PASSED_ON: (Inquiry.OPEN, None),
    EventType.CHECKED: (Inquiry.FILED, None),
    EventType.INFECTED: (Inquiry.FILED, None),
    EventType.ESCALATED: (Inquiry.AT_THE_DESK, None),
    EventType.LOOKED_AGAIN: (Inquiry.FILED, None),
    EventType.INVITED: (Inquiry.OPEN, None),
    EventType.UNINVITED: (Inquiry.OPEN, None),
}
# What goes on beside a decision that has not left yet, and what makes it go back to its officer.
# Everything else has to wait until it has left, or was taken back.
_BESIDE_A_DECISION = {
    EventType.NOTED,
    EventType.SECONDED,
    EventType.CHECKED,
    EventType.ESCALATED,
    EventType.PASSED_ON,
}
_ENDING_A_DECISION = {
    EventType.TAKEN_BACK: Decision.State.TAKEN_BACK,
    EventType.SENT_BACK: Decision.State.HELD_BACK,
    EventType.HANDED_BACK: Decision.State.HELD_BACK,
    EventType.ADDED: Decision.State.HELD_BACK,
    EventType.WITHDRAWN: Decision.State.HELD_BACK,
    EventType.INFECTED: Decision.State.HELD_BACK,
}
# What is done about an inquiry that waits for an officer.
_WHILE_IT_WAITS = {
    EventType.CLAIMED,
    EventType.RELEASED,
    EventType.HANDED_BACK,
    EventType.ASSIGNED,
    EventType.REPLIED,
}
OUTCOMES = {
    EventType.APPROVED: Outcome.APPROVED,
    EventType.REJECTED: Outcome.REJECTED,
    EventType.WITHDRAWN: Outcome.WITHDRAWN,
    EventType.UNANSWERED: Outcome.UNANSWERED,
}


def move(
    inquiry: Inquiry,
    event_type: EventType,
    *,
    actor: User | None,
    role: Role,
    expected_version: int,
    only_if: Q | None = None,
    content_digest: str = "",
    **changes: Any,
) -> Inquiry:
    """Record an event on the inquiry and set its new status and the fields in `changes`.

    `expected_version` is the version that `actor` has seen, `only_if` a further condition on the
    row. RuleViolation `claimed`, `stale`, `unclaimed`, `decided`, `asked` or `status`.
    """
    from_statuses, to_status = TRANSITIONS[event_type]
    only_if = only_if or Q()
    if event_type in _ENDING_A_DECISION:
        changes = {"pending_outcome": "", **changes}
    elif event_type not in _BESIDE_A_DECISION and "pending_outcome" not in changes:
        only_if &= Q(pending_outcome="")
    if event_type in _WHILE_IT_WAITS:
        only_if &= ~_ANSWERED
    elif event_type == EventType.CLOSED:
        only_if &= Q(asked_back_at=None)
    before = inquiry.status
    if inquiry.version != expected_version:
        before = Inquiry.objects.filter(pk=inquiry.pk).values_list("status", flat=True).get()
    to_status = to_status or before
    if event_type in OUTCOMES:
        changes = {"outcome": OUTCOMES[event_type], "processed_at": timezone.now(), **changes}
    if event_type in (EventType.APPROVED, EventType.REJECTED):
        changes = {"rejected_by": None, **changes}
    if to_status != before:
        changes = {**clock_after(inquiry, before, to_status), **changes}
    elif before == Status.PROCESSED and event_type in (EventType.ASKED_BACK, EventType.REPLIED):
        changes |= clock_of_question(is_open=event_type == EventType.ASKED_BACK)
    moved = (
        Inquiry.objects.filter(only_if, pk=inquiry.pk, status=before, version=expected_version)
        .filter(status__in=from_statuses)
        .update(status=to_status, version=F("version") + 1, **changes)
    )
    if not moved:
        raise _explain_refusal(inquiry.pk, event_type, actor, role, expected_version)
    if event_type in _ENDING_A_DECISION:
        decisions = Decision.objects.waiting().filter(inquiry=inquiry)
        decisions.update(state=_ENDING_A_DECISION[event_type])
    with_people = Inquiry.objects.select_related("applicant", "holder", "beneficiary", "assignee")
    inquiry = with_people.get(pk=inquiry.pk)
    InquiryEvent.append(
        inquiry,
        actor=actor,
        role=role,
        event_type=event_type,
        from_status=before,
        to_status=to_status,
        content_digest=content_digest,
    )
    if role != Role.PORTAL:
        # Of what the portal does by itself, it tells in other words.
        tell(inquiry, event_type)
    return inquiry


def _explain_refusal(
    pk: int, event_type: EventType, actor: User | None, role: Role, expected_version: int
) -> RuleViolation:
    inquiry = Inquiry.objects.select_related("assignee__identity").get(pk=pk)
    if event_type == EventType.CLAIMED and inquiry.assignee:
        return RuleViolation(
            _("This inquiry is already assigned to %(who)s.")
            % {"who": inquiry.assignee.get_short_name()},
            code="claimed",
        )
    changes = _describe_changes(inquiry, role, expected_version)
    if changes:
        return RuleViolation(
            _("This inquiry has changed since you opened it: %(changes)s. Read it again first.")
            % {"changes": changes},
            code="stale",
        )
    if role == Role.OFFICER and inquiry.pending_outcome:
        return RuleViolation(
            _(
                "This inquiry is decided, and the decision is about to be sent. "
                "Whoever made it can take it back until then."
            ),
            code="decided",
        )
    if event_type == EventType.CLOSED and inquiry.asked_back_at:
        return RuleViolation(
            _("The applicant has asked about the answer. Answer the question first."), code="asked"
        )
    # Whoever reopens an inquiry need not have it.
    needs_it = role == Role.OFFICER and event_type != EventType.REOPENED
    is_at_work = inquiry.is_open or inquiry.is_to_be_answered
    can_happen = is_at_work and inquiry.status in TRANSITIONS[event_type][0]
    if needs_it and can_happen and inquiry.assignee != actor:
        return RuleViolation(
            _("This inquiry is not assigned to you. Assign it to yourself first."),
            code="unclaimed",
        )
    return RuleViolation(
        _("This cannot be done while the inquiry is “%(status)s”.")
        % {"status": inquiry.get_status_display()},
        code="status",
    )


def _describe_changes(inquiry: Inquiry, role: Role, expected_version: int) -> str:
    """Describe the events since `expected_version`; only officers are told the actors' names."""
    since = inquiry.events.filter(seq__gt=expected_version).select_related("actor__identity")
    if role == Role.OFFICER:
        words = [
            pgettext("what happened, and who did it", "%(event)s (%(who)s)")
            % {"event": event.get_event_type_display(), "who": event.who}
            for event in since
        ]
    else:
        words = [str(event.get_event_type_display()) for event in since.public()]
    return pgettext("between the items of a list", ", ").join(words)
