"""The replies and notes on an inquiry."""

from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.accounts.models import Identity, User
from requests_app.models.inquiries import Inquiry


class ReplyQuerySet(models.QuerySet["Reply"]):
    def public(self) -> Self:
        """Return the replies that the applicant may read."""
        return self.exclude(kind=Reply.Kind.NOTE)


class Reply(models.Model):
    """A text on an inquiry: an answer to the applicant, one from them, or an internal note."""

    class Kind(models.TextChoices):
        ANSWER = "answer", _("answer")
        NOTE = "note", _("internal note")
        FROM_APPLICANT = "from_applicant", _("message of the applicant")

    idempotency_key = models.UUIDField(unique=True, editable=False)
    inquiry = models.ForeignKey(Inquiry, on_delete=models.PROTECT, related_name="replies")
    kind = models.CharField(max_length=15, choices=Kind, default=Kind.ANSWER)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # No side sees another's answers.
    successor = models.ForeignKey(
        Identity,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="to whom the inquiry had passed and who wrote it; empty on the holder's side",
    )
    text = models.TextField(_("answer"), help_text="empty if documents alone were added")
    written_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(null=True, help_text="by the other side, the first time")

    objects = ReplyQuerySet.as_manager()

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.inquiry_id} {self.pk}"

    @property
    def is_new(self) -> bool:
        """Whether its officer has not opened it, if the applicant has sent it."""
        return self.kind == self.Kind.FROM_APPLICANT and self.inquiry.is_new_at(self.written_at)

    @property
    def is_unread(self) -> bool:
        """Whether it is an answer that nobody whose inquiry it is has had on the screen."""
        return self.kind == self.Kind.ANSWER and self.read_at is None
