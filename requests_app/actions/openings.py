"""Opening an inquiry or a document of it on the staff site, which is recorded."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.exceptions import RuleViolation
from requests_app.actions.rights import Deed, may
from requests_app.models import Attachment, Inquiry, InquiryOpening, Reply


def note_opening(*, actor: User, inquiry: Inquiry, document: Attachment | None = None) -> None:
    """Record that the actor opens it, unless their last opening still lasts.

    Whose cases they see is asked by whoever shows it. RuleViolation `not_officer`.
    """
    if not actor.has_perm("requests_app.view_inquiry"):
        raise RuleViolation(_("Your account may not work on inquiries."), code="not_officer")
    lasting = InquiryOpening.objects.still_open(staff=actor, inquiry=inquiry, document=document)
    # This look takes no lock: on SQLite, a transaction that only looks would hold up all writers.
    if lasting.exists():
        return
    with transaction.atomic():
        # A second request waits here for the first one, and finds its row.
        User.objects.select_for_update(no_key=True).get(pk=actor.pk)
        if not lasting.exists():
            InquiryOpening.objects.create(
                staff=actor,
                inquiry=inquiry,
                document=document,
                role=_role_of(actor),
                at=timezone.now(),
            )


def mark_messages_read(*, actor: User, inquiry: Inquiry) -> None:
    """Mark what the applicant has sent as read, once the officer it is for has it on the screen.

    That is the officer who has the inquiry, or anybody who works on inquiries if nobody has it.
    """
    if not (inquiry.new_since and inquiry.is_opened_by(actor) and may(actor, Deed.WORK, inquiry)):
        return
    with transaction.atomic():
        # What was sent since the page was read stays new.
        seen = Inquiry.objects.filter(pk=inquiry.pk, version=inquiry.version)
        if seen.update(new_since=None):
            messages = inquiry.replies.filter(kind=Reply.Kind.FROM_APPLICANT, read_at=None)
            messages.update(read_at=timezone.now())


def _role_of(actor: User) -> InquiryOpening.Role:
    """Return what the applicant reads: the name of the actor is none of their business."""
    if actor.has_perm("requests_app.assign_inquiry"):
        return InquiryOpening.Role.SUPERVISOR
    if actor.has_perm("requests_app.triage_inquiry"):
        return InquiryOpening.Role.OFFICER
    return InquiryOpening.Role.AUDITOR
