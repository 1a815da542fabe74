"""The record of who among the staff opened which inquiry or document, and when."""

from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.models import OPENING_LASTS, User
from requests_app.models.attachments import Attachment
from requests_app.models.inquiries import Inquiry


class InquiryOpeningQuerySet(models.QuerySet["InquiryOpening"]):
    def still_open(self, *, staff: User, inquiry: Inquiry, document: Attachment | None) -> Self:
        """Return the openings of the inquiry, or of its document, by `staff` that still last."""
        since = timezone.now() - OPENING_LASTS
        return self.filter(staff=staff, inquiry=inquiry, document=document, at__gt=since)


class InquiryOpening(models.Model):
    """One opening of an inquiry or of a document of it; rows are never changed nor deleted."""

    class Role(models.TextChoices):
        OFFICER = "officer", gettext_lazy("officer")
        SUPERVISOR = "supervisor", gettext_lazy("supervisor")
        AUDITOR = "auditor", gettext_lazy("auditor")

    inquiry = models.ForeignKey(
        Inquiry,
        on_delete=models.PROTECT,
        related_name="openings",
        db_index=False,  # inquiry_opening_latest begins with it
    )
    document = models.ForeignKey(
        Attachment,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="empty if it was the page of the inquiry",
    )
    staff = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(max_length=10, choices=Role)
    at = models.DateTimeField(editable=False)

    objects = InquiryOpeningQuerySet.as_manager()

    class Meta:
        verbose_name = "opening of an inquiry"
        verbose_name_plural = "openings of inquiries"
        indexes = [models.Index(fields=["inquiry", "staff", "-at"], name="inquiry_opening_latest")]

    def __str__(self) -> str:
        return f"{self.staff_id} {self.inquiry_id}"

    @property
    def what(self) -> str:
        if self.document is None:
            return _("Inquiry opened")
        return _("Document opened: %(name)s") % {"name": self.document.document_type.name}
