"""The documents of an inquiry."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.accounts.models import Identity
from core.catalogue.models import DocumentType
from requests_app.models.inquiries import Inquiry


def preview_name(stored_name: str) -> str:
    """Return the name of the preview beside the file of this name."""
    return f"{stored_name}.jpg"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def sent(self) -> Self:
        """Return the documents that the directorate has received."""
        return self.exclude(sent_at=None)

    def unsent(self) -> Self:
        """Return the documents that the applicant can still remove."""
        return self.filter(sent_at=None)


class Attachment(models.Model):
    """A document, checked and re-encoded before it was stored under a random name."""

    class Status(models.TextChoices):
        CLEAN = "clean", _("checked")

    class ContentType(models.TextChoices):
        JPEG = "image/jpeg", "JPEG"
        PNG = "image/png", "PNG"
        PDF = "application/pdf", "PDF"

    class Removed(models.TextChoices):
        """What was taken out of a document before it was stored."""

        SCRIPTS = "scripts", _("scripts")
        FILES = "files", _("attached files")
        ACTIONS = "actions", _("actions of links and buttons")
        MEDIA = "media", _("sounds and films")
        FORM_PROGRAM = "form_program", _("the program of a form")
        SIGNATURE = "signature", _("a digital signature")
        ELSEWHERE = "elsewhere", _("references to other files")

    inquiry = models.ForeignKey(Inquiry, on_delete=models.PROTECT, related_name="attachments")
    document_type = models.ForeignKey(DocumentType, on_delete=models.PROTECT)
    original_name = models.CharField(max_length=120)
    stored_name = models.CharField(max_length=64, unique=True)
    content_type = models.CharField(max_length=20, choices=ContentType)
    size = models.PositiveIntegerField(help_text="bytes")
    sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=12, choices=Status, default=Status.CLEAN)
    removed = models.CharField(
        max_length=100,
        blank=True,
        default="",
        help_text="kinds of what was taken out, separated by commas",
    )
    pages = models.PositiveSmallIntegerField(null=True, help_text="unknown of older PDFs")
    has_preview = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    # No side sees another's documents.
    successor = models.ForeignKey(
        Identity,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="to whom the inquiry had passed and who added it; empty on the holder's side",
    )
    sent_at = models.DateTimeField(null=True, help_text="with the inquiry or a later answer")

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["inquiry", "document_type", "sha256"],
                condition=Q(successor=None),
                name="attachment_once",
            ),
            models.UniqueConstraint(
                fields=["inquiry", "document_type", "sha256", "successor"],
                name="attachment_once_each",
            ),
        ]

    def __str__(self) -> str:
        return self.original_name

    @property
    def what_was_removed(self) -> str:
        """Return a sentence about what was taken out of the file, or nothing."""
        if not self.removed:
            return ""
        kinds = [str(self.Removed(kind).label) for kind in self.removed.split(",")]
        return gettext("Taken out of this file, whose pages are kept: %(kinds)s.") % {
            "kinds": gettext(", ").join(kinds)
        }
