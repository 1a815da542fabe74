"""From which status each event leads to which, and moving on."""

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.exceptions import RuleViolation
from requests_app.actions.notices import drop_reminder_of_return, remind_of_return, tell_applicant
from requests_app.models import Inquiry, InquiryEvent

Status, Outcome = Inquiry.Status, Inquiry.Outcome
Deed, Role = InquiryEvent.Deed, InquiryEvent.Role
# From which statuses each deed leads to which; None is where it was.
MOVES = {
    Deed.SUBMITTED: ({Status.DRAFT}, Status.UNDER_PROCESSING),
    Deed.CLAIMED: (Inquiry.AT_THE_DESK, None),
    Deed.RELEASED: (Inquiry.AT_THE_DESK, None),
    Deed.ASSIGNED: (Inquiry.AT_THE_DESK, None),
    Deed.NOTED: (Inquiry.FILED, None),
    Deed.REPLIED: (Inquiry.AT_THE_DESK, None),
    Deed.RETURNED: (Inquiry.AT_THE_DESK, Status.RETURNED_TO_APPLICANT),
    Deed.RESUBMITTED: ({Status.RETURNED_TO_APPLICANT}, Status.RETURNED_BY_APPLICANT),
    Deed.APPROVED: (Inquiry.AT_THE_DESK, Status.PROCESSED),
    Deed.REJECTED: (Inquiry.AT_THE_DESK, Status.PROCESSED),
    Deed.CLOSED: ({Status.PROCESSED}, Status.CLOSED),
    Deed.WITHDRAWN: (Inquiry.OPEN, Status.CLOSED),
}
OUTCOMES = {
    Deed.APPROVED: Outcome.APPROVED,
    Deed.REJECTED: Outcome.REJECTED,
    Deed.WITHDRAWN: Outcome.WITHDRAWN,
}


def move(inquiry, deed, *, actor, role, seen, only_if=None, content_digest="", **changes):
    """Move on from the version that `actor` has seen, and record it; RuleViolation says why not."""
    from_statuses, to_status = MOVES[deed]
    before = Inquiry.objects.filter(pk=inquiry.pk).values_list("status", flat=True).get()
    to_status = to_status or before
    if deed in OUTCOMES:
        changes = {"outcome": OUTCOMES[deed], "processed_at": timezone.now(), **changes}
    moved = (
        Inquiry.objects.filter(only_if or Q(), pk=inquiry.pk, status=before, version=seen)
        .filter(status__in=from_statuses)
        .update(status=to_status, version=F("version") + 1, **changes)
    )
    if not moved:
        raise _why_not(inquiry.pk, deed, actor, role, seen)
    inquiry = Inquiry.objects.select_related("service", "applicant", "assignee").get(pk=inquiry.pk)
    InquiryEvent.append(
        inquiry,
        actor=actor,
        role=role,
        deed=deed,
        from_status=before,
        to_status=to_status,
        content_digest=content_digest,
    )
    if before == Status.RETURNED_TO_APPLICANT != to_status:
        drop_reminder_of_return(inquiry)
    tell_applicant(inquiry, deed)
    if to_status == Status.RETURNED_TO_APPLICANT != before:
        remind_of_return(inquiry)
    return inquiry


def _why_not(pk, deed, actor, role, seen):
    inquiry = Inquiry.objects.select_related("assignee__identity").get(pk=pk)
    if deed == Deed.CLAIMED and inquiry.assignee_id:
        return RuleViolation(
            _("This inquiry is already assigned to %(who)s.")
            % {"who": inquiry.assignee.get_short_name()},
            code="claimed",
        )
    changes = _changes(inquiry, role, seen)
    if changes:
        return RuleViolation(
            _("This inquiry has changed since you opened it: %(changes)s. Read it again first.")
            % {"changes": changes},
            code="stale",
        )
    if role == Role.OFFICER and inquiry.is_at_the_desk and inquiry.assignee != actor:
        return RuleViolation(
            _("This inquiry is not assigned to you. Assign it to yourself first."),
            code="unclaimed",
        )
    return RuleViolation(
        _("This cannot be done while the inquiry is “%(status)s”.")
        % {"status": inquiry.get_status_display()},
        code="status",
    )


def _changes(inquiry, role, seen):
    """What has happened since, in words; who did it is told to officers alone."""
    since = inquiry.events.filter(seq__gt=seen).select_related("actor__identity")
    if role == Role.OFFICER:
        words = [
            pgettext("what happened, and who did it", "%(deed)s (%(who)s)")
            % {"deed": event.get_deed_display(), "who": event.actor.get_short_name()}
            for event in since
        ]
    else:
        words = [str(event.get_deed_display()) for event in since.public()]
    return pgettext("between the items of a list", ", ").join(words)
