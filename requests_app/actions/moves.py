"""What every deed does: from which status it leads to which, its event and its notices."""

import uuid
from datetime import timedelta

from django.db.models import F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.exceptions import RuleViolation
from core.messaging.actions import drop, write_mail, write_text
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
# Of which the applicant is told.
NOTICES = {
    Deed.SUBMITTED,
    Deed.REPLIED,
    Deed.RETURNED,
    Deed.APPROVED,
    Deed.REJECTED,
    Deed.WITHDRAWN,
}
# An inquiry that waits for its applicant for so long reminds them.
REMINDED_AFTER = timedelta(days=7)


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
    event = InquiryEvent(
        inquiry=inquiry,
        seq=inquiry.version,
        at=timezone.now(),
        actor=actor,
        role=role,
        deed=deed,
        from_status=before,
        to_status=to_status,
        content_digest=content_digest,
        previous_digest=inquiry.last_digest,
    )
    event.digest = inquiry.last_digest = event.computed_digest()
    event.save(force_insert=True)
    inquiry.save(update_fields=["last_digest"])
    if before == Status.RETURNED_TO_APPLICANT != to_status:
        drop([_reminder_key(inquiry, write) for write in _WRITERS])
    if deed in NOTICES:
        _notify(inquiry, f"inquiry_{deed}")
    if deed == Deed.RETURNED:
        _notify(inquiry, "inquiry_reminder", is_reminder=True)
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


_WRITERS = (write_text, write_mail)


def _notify(inquiry, template, *, is_reminder=False):
    """A text, and a mail where there is an address, in the language of who has filed it."""
    recipients = (inquiry.applicant.mobile, inquiry.applicant.email)
    for write, recipient in zip(_WRITERS, recipients, strict=True):
        if recipient:
            later = {
                "key": _reminder_key(inquiry, write),
                "not_before": timezone.now() + REMINDED_AFTER,
            }
            write(
                recipient=recipient,
                language=inquiry.applicant.language,
                template=template,
                context={"inquiry": inquiry},
                about=inquiry.reference,
                owner=inquiry.applicant_id,
                **(later if is_reminder else {}),
            )


def _reminder_key(inquiry, write):
    """The same when the reminder of a return is written and when it is dropped."""
    returned = inquiry.events.filter(deed=Deed.RETURNED).aggregate(seq=Max("seq"))
    return uuid.uuid5(inquiry.key, f"reminder {write.__name__} {returned['seq']}")
