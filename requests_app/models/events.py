"""The events of an inquiry."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.accounts.models import User
from core.events import Event
from requests_app.models.inquiries import Inquiry


class InquiryEventQuerySet(models.QuerySet["InquiryEvent"]):
    def public(self) -> Self:
        """Return the events that the applicant and the beneficiary may see."""
        return self.exclude(event_type__in=InquiryEvent.INTERNAL)


class InquiryEvent(Event):
    """An event of an inquiry."""

    SUBJECT = "inquiry"
    DIGESTED = ("from_status", "to_status", "content_digest")

    class EventType(models.TextChoices):
        PREPARED = "prepared", _("Prepared by the office at the counter")
        SUBMITTED = "submitted", _("Filed")
        CLAIMED = "claimed", _("Assigned to an officer")
        RELEASED = "released", _("Given back to the queue")
        HANDED_BACK = (
            "handed_back",
            _("Given back to the queue, as its officer no longer works on it"),
        )
        ASSIGNED = "assigned", _("Assigned by a supervisor")
        TRANSFERRED = "transferred", _("Passed to another team")
        NOTED = "noted", _("Internal note")
        REPLIED = "replied", _("Answered")
        RETURNED = "returned", pgettext_lazy("what happened to an inquiry", "Returned to applicant")
        RESUBMITTED = "resubmitted", _("Answered by the applicant")
        ADDED = "added", _("Added by the applicant")
        ASKED_BACK = "asked_back", _("Question of the applicant about the answer")
        DECIDED = "decided", _("Decided, not sent to the applicant yet")
        TAKEN_BACK = "taken_back", _("Decision taken back before it was sent")
        SECONDED = "seconded", _("Refusal confirmed by a second officer")
        SENT_BACK = "sent_back", _("Refusal sent back by a second officer")
        APPROVED = "approved", pgettext_lazy("what happened to an inquiry", "Approved")
        REJECTED = "rejected", pgettext_lazy("what happened to an inquiry", "Rejected")
        REOPENED = "reopened", pgettext_lazy("what happened to an inquiry", "Reopened")
        CLOSED = "closed", pgettext_lazy("what happened to an inquiry", "Closed")
        WITHDRAWN = "withdrawn", pgettext_lazy("what happened to an inquiry", "Withdrawn")
        UNANSWERED = (
            "unanswered",
            pgettext_lazy(
                "what happened to an inquiry", "Ended without an answer from the applicant"
            ),
        )
        RESUMED = "resumed", _("Taken up again by the applicant")
        REVIEW_ASKED = "review_asked", _("Review of the rejection asked for")
        PASSED_ON = (
            "passed_on",
            pgettext_lazy("what happened to an inquiry", "Passed on to the person it is about"),
        )
        CHECKED = "checked", _("A document was checked for viruses and can be opened")
        INFECTED = "infected", _("A document was removed, as it contained malware")
        ESCALATED = "escalated", _("Overdue: supervisors were told")
        LOOKED_AGAIN = "looked_again", _("A supervisor has looked at it again")
        INVITED = "invited", _("Asked to come to an office")
        UNINVITED = "uninvited", _("No longer asked to come to an office")

    # Only officers see these events.
    INTERNAL = (
        EventType.RELEASED,
        EventType.HANDED_BACK,
        EventType.ASSIGNED,
        EventType.TRANSFERRED,
        EventType.NOTED,
        EventType.DECIDED,
        EventType.TAKEN_BACK,
        EventType.SECONDED,
        EventType.SENT_BACK,
        EventType.CHECKED,
        EventType.ESCALATED,
        EventType.LOOKED_AGAIN,
    )

    class Role(models.TextChoices):
        APPLICANT = "applicant", _("applicant")
        OFFICER = "officer", _("officer")
        PORTAL = "portal", _("the portal")
        KEEPER = "keeper", _("staff keeper")
        CLERK = "clerk", _("clerk")

    inquiry = models.ForeignKey(Inquiry, on_delete=models.PROTECT, related_name="events")
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=10, choices=Role)
    event_type = models.CharField(max_length=12, choices=EventType)
    from_status = models.CharField(max_length=25, choices=Inquiry.Status)
    to_status = models.CharField(max_length=25, choices=Inquiry.Status)
    content_digest = models.CharField(max_length=64, blank=True)

    objects = InquiryEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["inquiry", "seq"]
        indexes = [
            models.Index(
                fields=["at"], name="event_returned_at", condition=Q(event_type="returned")
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["inquiry", "seq"], name="event_seq_once"),
        ]

    @property
    def who(self) -> str:
        """The name of who did it, for officers; the portal's own deeds have that of their role."""
        return self.actor.get_short_name() if self.actor else self.get_role_display()
