"""Inquiries: what is stored of one, and what can be said of it."""

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy
from phonenumber_field.modelfields import PhoneNumberField

from core.accounts.models import Identity, User
from core.arabic_spelling import fold_name
from core.catalogue.models import Service, Team
from core.digests import digest_of
from core.reference_data import ReferenceForeignKey
from core.references import new_reference
from core.search import searchable
from core.text import bare_digits
from requests_app.models import statuses
from requests_app.models.days import DAY
from requests_app.models.lists import InquiryQuerySet

if TYPE_CHECKING:
    from requests_app.models.attachments import Attachment


class Inquiry(models.Model):
    """A request filed through Tawasul.

    `version` counts its events: 0 for a draft, and the `seq` of the latest event afterwards.
    `last_digest` is that event's digest, the end of the chain.
    """

    Status, Outcome = statuses.Status, statuses.Outcome
    PARTIES = statuses.PARTIES
    AT_THE_DESK, OPEN, FILED = statuses.AT_THE_DESK, statuses.OPEN, statuses.FILED
    DECIDED, IN_TIME = statuses.DECIDED, statuses.IN_TIME

    idempotency_key = models.UUIDField(unique=True, editable=False)
    reference = models.CharField(
        _("request number"), max_length=12, unique=True, default=new_reference, editable=False
    )
    applicant = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("applicant"),
        on_delete=models.PROTECT,
        related_name="inquiries",
        db_index=False,  # inquiry_by_applicant begins with it
    )
    holder = models.ForeignKey(
        Identity,
        verbose_name=_("filed through"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # inquiry_by_holder begins with it
    )
    beneficiary = models.ForeignKey(
        Identity,
        verbose_name=_("beneficiary"),
        on_delete=models.PROTECT,
        related_name="inquiries",
        db_index=False,  # inquiry_by_beneficiary begins with it
    )
    service = ReferenceForeignKey(Service, verbose_name=_("service"), on_delete=models.PROTECT)
    team = ReferenceForeignKey(
        Team,
        verbose_name=_("team"),
        on_delete=models.SET_NULL,  # without that team, it is its service's again
        null=True,
        related_name="passed_inquiries",
        db_index=False,  # inquiry_of_team holds the few that have one
        help_text="to which it was passed; empty while it is that of its service",
    )
    name = models.CharField(pgettext_lazy("of the beneficiary", "name"), max_length=150)
    id_number = models.CharField(_("ID or border number"), max_length=10)
    mobile = PhoneNumberField(_("mobile"))
    confirmed_mobile = PhoneNumberField(
        blank=True, help_text="one besides the account's that a code has reached"
    )
    description = models.TextField(_("description"), blank=True)
    earlier_reference = models.CharField(
        _("number of an earlier request"), max_length=30, blank=True
    )
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("prepared by"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,  # nobody lists them, and accounts of staff are never deleted
    )
    prepared_until = models.DateTimeField(
        null=True,
        help_text="until when the clerk who prepares it sees it; empty once the applicant has "
        "taken it over",
    )
    status = models.CharField(_("status"), max_length=25, choices=Status, default=Status.DRAFT)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True)
    pending_outcome = models.CharField(
        max_length=10,
        choices=Outcome,
        blank=True,
        help_text="of a decision that has not left the portal yet; the applicant never sees it",
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("assigned to"),
        on_delete=models.PROTECT,
        null=True,
        related_name="assigned_inquiries",
    )
    rejected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("rejected by"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,  # inquiry_reviews holds the few that have one
        help_text="of a review: whose rejection it is about; empty once the review is decided",
    )
    due_on = models.DateField(_("due on"), null=True)
    escalated_for = models.DateField(
        null=True, help_text="the due date of which supervisors were told that it has passed"
    )
    version = models.PositiveIntegerField(default=0)
    last_digest = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(_("started"), default=timezone.now, editable=False)
    submitted_at = models.DateTimeField(_("filed"), null=True)
    processed_at = models.DateTimeField(_("processed"), null=True)
    remind_at = models.DateTimeField(null=True, help_text="of a return that waits for an answer")
    ends_at = models.DateTimeField(
        null=True,
        help_text="when the portal ends a return that nobody has answered, or closes what is "
        "processed; the start of a day",
    )
    days_left = models.PositiveSmallIntegerField(
        null=True, help_text="working days until it was due, of a return that waits for an answer"
    )
    days_waited = models.PositiveSmallIntegerField(
        default=0, help_text="working days that it has waited for its applicant, until the last one"
    )
    look_again_since = models.DateTimeField(
        null=True, help_text="of a decided inquiry that has lost a document, for a supervisor"
    )
    new_since = models.DateTimeField(
        null=True, help_text="of what the applicant has sent and its officer has not opened"
    )
    asked_back_at = models.DateTimeField(
        null=True, help_text="of a question about the answer that nobody has answered yet"
    )
    passed_on_to = models.JSONField(
        default=list, help_text="the keys of the successors who were told that it is theirs now"
    )
    search_text = models.TextField(blank=True, editable=False, help_text="empty for a draft")

    objects = InquiryQuerySet.as_manager()

    is_former: bool  # added by `listed_for`

    class Meta:
        verbose_name = _("inquiry")
        verbose_name_plural = _("Inquiries")
        permissions = [
            ("triage_inquiry", "Can work on inquiries"),
            ("assign_inquiry", "Can give inquiries to officers"),
            ("download_original", "Can download the originals of signed documents"),
            ("prepare_inquiry", "Can prepare inquiries for people at the counter"),
            ("export_inquiry", "Can export lists of inquiries"),
            ("export_personal", "Can export names, ID numbers and mobiles with them"),
        ]
        indexes = [
            # For the lists of a person by status: without it, PostgreSQL reads everybody's drafts
            # or open inquiries in inquiry_queue to find this person's.
            models.Index(fields=["applicant", "status", "-id"], name="inquiry_by_applicant"),
            models.Index(fields=["holder", "status", "-id"], name="inquiry_by_holder"),
            models.Index(fields=["beneficiary", "status", "-id"], name="inquiry_by_beneficiary"),
            models.Index(
                fields=["remind_at"],
                name="inquiry_reminders",
                condition=Q(remind_at__isnull=False),
            ),
            models.Index(
                fields=["rejected_by"],
                name="inquiry_reviews",
                condition=Q(rejected_by__isnull=False),
            ),
            models.Index(
                fields=["ends_at"], name="inquiry_ends", condition=Q(ends_at__isnull=False)
            ),
            models.Index(
                fields=["look_again_since"],
                name="inquiry_to_look_at_again",
                condition=Q(look_again_since__isnull=False),
            ),
            models.Index(
                fields=["asked_back_at"],
                name="inquiry_asked_back",
                condition=Q(asked_back_at__isnull=False),
            ),
            models.Index(fields=["status", "due_on", "id"], name="inquiry_queue"),
            # For the figures of some weeks or months, which would read all years otherwise.
            models.Index(
                fields=["submitted_at"],
                name="inquiry_filed_at",
                condition=Q(submitted_at__isnull=False),
            ),
            models.Index(
                fields=["processed_at"],
                name="inquiry_answered_at",
                condition=Q(outcome__in=["approved", "rejected"]),
            ),
            models.Index(fields=["team"], name="inquiry_of_team", condition=Q(team__isnull=False)),
            # What waits, in the order of the queue: the first page is read and the rest is not
            # sorted. It holds what the queue is filtered by, so that counting reads it alone.
            models.Index(
                fields=["due_on", "id"],
                include=["assignee", "service", "team", "applicant", "holder", "beneficiary"],
                name="inquiry_waiting",
                condition=Q(status__in=["under_processing", "returned_by_applicant"]),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                # The event that a clerk has prepared it comes before the one that it was sent.
                condition=Q(status="draft", version=0, submitted_at=None)
                | Q(status="draft", version=1, submitted_at=None, prepared_by__isnull=False)
                | (~Q(status="draft") & Q(version__gt=0, submitted_at__isnull=False)),
                name="inquiry_filed_has_events",
            ),
            models.CheckConstraint(
                condition=Q(status="processed", outcome__in=["approved", "rejected"])
                | (Q(status="closed") & ~Q(outcome=""))
                | (~Q(status__in=["processed", "closed"]) & Q(outcome="")),
                name="inquiry_outcome_when_decided",
            ),
            models.CheckConstraint(
                condition=Q(pending_outcome="")
                | Q(
                    pending_outcome__in=["approved", "rejected"],
                    assignee__isnull=False,
                    status__in=["under_processing", "returned_by_applicant"],
                ),
                name="inquiry_pending_at_the_desk",
            ),
            models.CheckConstraint(
                condition=Q(asked_back_at=None) | Q(status="processed"),
                name="inquiry_asked_back_after_answer",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def team_now(self) -> Team | None:
        """The team that works on it, as the process keeps services; None is every team."""
        return self.team or self.service.team

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    def is_in_preparation_by(self, clerk: User) -> bool:
        """Return whether `clerk` prepares it at the counter now, or has just seen it sent."""
        until = self.prepared_until
        return self.prepared_by_id == clerk.pk and until is not None and until > timezone.now()

    @property
    def is_overdue(self) -> bool:
        return self.is_at_the_desk and cast(datetime.date, self.due_on) < timezone.localdate()

    @property
    def is_at_the_desk(self) -> bool:
        return self.status in self.AT_THE_DESK

    @property
    def is_to_be_answered(self) -> bool:
        """Whether an officer has to act: at the desk, or on a question about the answer."""
        return self.is_at_the_desk or self.asked_back_at is not None

    @property
    def ask_back_until(self) -> datetime.datetime | None:
        """Until when one question about the answer can be asked; None without an answer."""
        if self.processed_at is None or not self.is_decided:
            return None
        return self.processed_at + datetime.timedelta(days=settings.ASK_BACK_DAYS)

    @property
    def is_decided(self) -> bool:
        """Whether the directorate has decided it: it is not withdrawn, nor ended unanswered."""
        return self.outcome in self.DECIDED

    @property
    def can_be_reopened(self) -> bool:
        """Whether a supervisor can take it up again: whoever withdrew it does that themselves."""
        return bool(self.outcome) and self.outcome != self.Outcome.WITHDRAWN

    @property
    def last_day(self) -> datetime.date | None:
        """The last day on which a return can be answered, or on which it stays processed."""
        return timezone.localdate(self.ends_at) - DAY if self.ends_at else None

    @property
    def resume_by(self) -> datetime.date | None:
        """The last day on which what is withdrawn can be taken up again."""
        is_withdrawn = self.outcome == self.Outcome.WITHDRAWN
        return self._last_day_after_the_end("RESUME_DAYS") if is_withdrawn else None

    @property
    def review_by(self) -> datetime.date | None:
        """The last day on which a review of its rejection can be asked for."""
        is_rejected = self.outcome == self.Outcome.REJECTED
        return self._last_day_after_the_end("REVIEW_DAYS") if is_rejected else None

    @property
    def can_be_reviewed(self) -> bool:
        return self.review_by is not None and timezone.localdate() <= self.review_by

    @property
    def is_review(self) -> bool:
        """Whether its applicant has asked for a review of a rejection, and waits for it."""
        return self.is_open and self.rejected_by_id is not None

    def is_decidable_by(self, officer: User) -> bool:
        """Return whether it is no review, or one that this officer may decide.

        That is a supervisor other than the officer who rejected it.
        """
        may_review = officer.has_perm("requests_app.assign_inquiry")
        return self.rejected_by_id is None or (may_review and self.rejected_by_id != officer.pk)

    @property
    def can_be_resumed(self) -> bool:
        return self.resume_by is not None and timezone.localdate() <= self.resume_by

    def _last_day_after_the_end(self, setting: str) -> datetime.date:
        ended_on = timezone.localdate(cast(datetime.datetime, self.processed_at))
        return ended_on + settings.INQUIRIES[setting] * DAY

    @property
    def pending_words(self) -> str:
        """What a decision that has not left yet says, for officers."""
        words = pgettext("of an inquiry", "%(outcome)s, not sent yet")
        return words % {"outcome": self.get_pending_outcome_display()}

    @property
    def review_words(self) -> str:
        """What the status of a review says, for officers."""
        words = pgettext("of an inquiry", "%(status)s, a review")
        return words % {"status": self.get_status_display()}

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def is_undecided(self) -> bool:
        """Whether it is open, and no decision waits to be sent."""
        return self.is_open and not self.pending_outcome

    @property
    def is_closed(self) -> bool:
        return self.status == self.Status.CLOSED

    @property
    def is_processed(self) -> bool:
        return self.status == self.Status.PROCESSED

    @property
    def is_returned(self) -> bool:
        """Whether the inquiry waits for its applicant."""
        return self.status == self.Status.RETURNED_TO_APPLICANT

    @property
    def was_returned_by_portal(self) -> bool:
        """Whether the portal has returned it last, as a document of it was infected."""
        last = self.events.filter(event_type="returned").order_by("seq").last()
        return last is not None and last.role == "portal"

    @property
    def accepts_documents(self) -> bool:
        """Whether the applicant can still add documents."""
        return self.is_draft or self.is_open

    def is_new_at(self, moment: datetime.datetime) -> bool:
        """Whether what the applicant has sent at `moment` is new to its officer."""
        return self.new_since is not None and moment >= self.new_since

    def is_opened_by(self, officer: User) -> bool:
        """Whether an officer who opens it is the one whose reading the applicant waits for."""
        return self.assignee_id in (None, officer.pk)

    @property
    def has_confirmed_mobile(self) -> bool:
        """Whether a code has confirmed the mobile, for the account or for this inquiry."""
        return self.mobile in (self.applicant.mobile, self.confirmed_mobile)

    @property
    def is_named_as_registered(self) -> bool:
        """Whether the name is one of the registry's two by now, in any spelling."""
        names = (self.beneficiary.name_ar, self.beneficiary.name_en)
        return fold_name(self.name) in map(fold_name, names)

    @property
    def is_as_registered(self) -> bool:
        """Whether name and number are those that the registry has by now."""
        return self.is_named_as_registered and self.id_number == self.beneficiary.current_number

    def was_continued_by(self, user: User) -> bool:
        """Return whether `user` has answered in it, for whichever side."""
        return self.replies.filter(author=user, kind="from_applicant").exists()

    def build_search_text(self) -> str:
        """Return the text that officers search: the numbers, names and description."""
        mobile = str(self.mobile).lstrip("+")
        return searchable(
            self.reference,
            self.id_number,
            *self.beneficiary.every_number,
            mobile,
            self.mobile.as_national.replace(" ", ""),
            self.name,
            self.beneficiary.name_ar,
            self.beneficiary.name_en,
            self.earlier_reference,
            bare_digits(self.earlier_reference),
            self.description,
        )

    def content_digest(self, attachments: "Iterable[Attachment] | None" = None) -> str:
        """Return the digest of everything that the applicant confirms; any change alters it.

        `attachments` are those of the inquiry, where they have been read already.
        """
        attachments = self.attachments.all() if attachments is None else attachments
        documents = [
            (each.document_type_id, each.sha256, each.original_sha256)
            for each in attachments
            if each.is_kept
        ]
        return digest_of(
            {
                "reference": self.reference,
                "holder": self.holder_id,
                "beneficiary": self.beneficiary_id,
                "service": self.service_id,
                "name": self.name,
                "id_number": self.id_number,
                "mobile": str(self.mobile),
                "description": self.description,
                "earlier_reference": self.earlier_reference,
                # An unsigned document has no original.
                "attachments": [[fact for fact in row if fact != ""] for row in documents],
            }
        )
