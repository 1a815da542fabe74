"""The documents of an inquiry, and whether the scanner of their files is away."""

import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.accounts.models import Identity
from core.catalogue.models import DocumentType
from core.reference_data import ReferenceForeignKey
from requests_app.models.inquiries import Inquiry
from requests_app.models.signatures import CheckedSignature


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def sent(self) -> Self:
        """Return the documents that the directorate has received."""
        return self.exclude(sent_at=None)

    def unsent(self) -> Self:
        """Return the documents that the applicant can still remove."""
        return self.filter(sent_at=None)

    def by_type(self) -> Self:
        """Order by type, and within one as before."""
        return self.order_by("document_type_id", "position", "pk")

    def kept(self) -> Self:
        """Return the documents whose files are there, be it in quarantine."""
        return self.exclude(status=Attachment.Status.INFECTED)

    def infected(self) -> Self:
        return self.filter(status=Attachment.Status.INFECTED)

    def quarantined(self) -> Self:
        return self.filter(status=Attachment.Status.QUARANTINED)

    def to_be_scanned(self, now: datetime.datetime) -> Self:
        """Return the quarantined documents to scan at `now`, the longest waiting first."""
        return self.filter(scan_at__lte=now).order_by("scan_at", "pk")

    def with_original(self) -> Self:
        """Return the signed documents, whose original is kept."""
        return self.exclude(original_stored_name=None)

    def file_names(self) -> list[str]:
        """Return the names in the storage of all files of these documents."""
        rows = self.values_list(*Attachment.FILES)
        return [name for row in rows for name in row if name]

    def digests(self) -> list[str]:
        """Return the SHA-256 of these documents, and of their originals."""
        pairs = self.values_list("sha256", "original_sha256")
        return [digest for pair in pairs for digest in pair if digest]


class Attachment(models.Model):
    """A document, checked and re-encoded before it was stored under a random name.

    While the virus scanner is away it is in quarantine: its files lie apart, and nobody opens them.
    Of one that turns out to be infected the row alone is left, to say so.
    """

    # The fields with the names of its files, each of which may be empty.
    FILES = ("stored_name", "preview_stored_name", "original_stored_name")

    class Status(models.TextChoices):
        CLEAN = "clean", _("checked")
        QUARANTINED = "quarantined", _("being checked for viruses")
        INFECTED = "infected", _("removed, as it contained malware")

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
    document_type = ReferenceForeignKey(DocumentType, on_delete=models.PROTECT)
    original_name = models.CharField(max_length=120)
    stored_name = models.CharField(max_length=64, unique=True)
    preview_stored_name = models.CharField(  # noqa: DJ001  # unique where there is one
        max_length=64, unique=True, null=True, help_text="of a small JPEG of the first page"
    )
    content_type = models.CharField(max_length=20, choices=ContentType)
    size = models.PositiveIntegerField(help_text="bytes")
    sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=12, choices=Status, default=Status.CLEAN)
    scan_at = models.DateTimeField(null=True, help_text="when a quarantined document is scanned")
    removed = models.CharField(
        max_length=100,
        blank=True,
        default="",
        help_text="kinds of what was taken out, separated by commas",
    )
    pages = models.PositiveSmallIntegerField(null=True, help_text="unknown of older PDFs")
    signatures = models.JSONField(
        blank=True, default=list, help_text="of the original, as they were checked"
    )
    # Of a signed document the file as it was sent, which nothing opens: it may hold anything.
    original_stored_name = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001
    original_size = models.PositiveIntegerField(default=0, help_text="bytes")
    original_sha256 = models.CharField(max_length=64, blank=True, default="")
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
                fields=["inquiry", "document_type", "sha256", "original_sha256"],
                condition=Q(successor=None),
                name="attachment_once",
            ),
            models.UniqueConstraint(
                fields=["inquiry", "document_type", "sha256", "original_sha256", "successor"],
                name="attachment_once_each",
            ),
            models.CheckConstraint(
                condition=Q(status="quarantined", scan_at__isnull=False)
                | (~Q(status="quarantined") & Q(scan_at=None)),
                name="attachment_scan_if_quarantined",
            ),
        ]
        indexes = [
            models.Index(
                fields=["scan_at", "id"],
                name="attachment_to_be_scanned",
                condition=Q(scan_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.original_name

    @property
    def is_kept(self) -> bool:
        """Whether its files are there, be it in quarantine."""
        return self.status != self.Status.INFECTED

    @property
    def can_be_opened(self) -> bool:
        return self.status == self.Status.CLEAN

    @property
    def is_new(self) -> bool:
        """Whether its officer has not opened the inquiry since it was sent."""
        return self.sent_at is not None and self.inquiry.is_new_at(self.sent_at)

    @property
    def why_closed(self) -> str:
        """Return a sentence about why nobody can open it, or nothing."""
        if self.is_quarantined:
            return gettext("It is being checked for viruses and cannot be opened yet.")
        return "" if self.can_be_opened else gettext("It was removed, as it contained malware.")

    @property
    def is_quarantined(self) -> bool:
        return self.status == self.Status.QUARANTINED

    @property
    def has_preview(self) -> bool:
        return self.can_be_opened and bool(self.preview_stored_name)

    def files(self) -> dict[str, str]:
        """Return the names of its files in the storage, by the fields that hold them."""
        names = {field: getattr(self, field) for field in self.FILES}
        return {field: name for field, name in names.items() if name}

    @property
    def what_was_removed(self) -> str:
        """Return a sentence about what was taken out of the file, or nothing."""
        if not self.removed:
            return ""
        kinds = [str(self.Removed(kind).label) for kind in self.removed.split(",")]
        return gettext("Taken out of this file, whose pages are kept: %(kinds)s.") % {
            "kinds": gettext(", ").join(kinds)
        }

    @property
    def has_original(self) -> bool:
        """Return whether there is a signed original that may be handed out."""
        return self.can_be_opened and self.original_stored_name is not None

    @property
    def checked_signatures(self) -> list[CheckedSignature]:
        return [CheckedSignature(**each) for each in self.signatures]

    @property
    def what_was_signed(self) -> str:
        """Return a sentence for the applicant about the signatures of the file, or nothing."""
        if not self.signatures:
            return ""
        if all(each.is_sound for each in self.checked_signatures):
            return gettext(
                "Signed digitally; the directorate keeps the signed original and has checked it."
            )
        return gettext(
            "Signed digitally, but the signature does not hold or could not be checked. The "
            "directorate keeps the original. If you have the file as it was signed, send that one."
        )


class ScannerOutage(models.Model):
    """The outage of the virus scanner, from the first file without an answer to the next answer.

    There is one row at most, which all processes share.
    """

    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"since {self.since}"
