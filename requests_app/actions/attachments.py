"""Actions of the applicant on the documents of an inquiry until they are sent."""

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Count, Max, Sum
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.catalogue.models import DocumentType
from core.exceptions import RuleViolation
from requests_app.models import Attachment, Inquiry
from requests_app.uploads import Document, clean_document, discard, store

MAX_DOCUMENTS = 10
MAX_TOTAL_BYTES = 40 * 1024 * 1024


def attach(
    *, actor: User, inquiry: Inquiry, document_type: DocumentType, upload: UploadedFile
) -> Attachment:
    """Check and store one document, or return the row that already has the same content.

    The file is on the disk before its row is written, so that every acknowledged document exists.
    RuleViolation `document` names the file and says how to correct it; RuleViolation `filed` if
    the inquiry no longer accepts documents.
    """
    document = clean_document(upload)
    stored_name = store(document)
    try:
        with transaction.atomic():
            inquiry = _lock(actor, inquiry)
            existing = inquiry.attachments.filter(
                document_type=document_type, sha256=document.sha256
            ).first()
            if existing is None:
                _check_room(inquiry, document)
                return Attachment.objects.create(
                    inquiry=inquiry,
                    document_type=document_type,
                    original_name=document.name,
                    stored_name=stored_name,
                    content_type=document.content_type,
                    size=len(document.content),
                    sha256=document.sha256,
                    position=_last_position(inquiry) + 1,
                )
    except RuleViolation:
        # After any other failure it is unknown whether the row exists: the sweep finds out.
        discard(stored_name)
        raise
    discard(stored_name)
    return existing


def remove(*, actor: User, inquiry: Inquiry, pk: int) -> None:
    """Remove an unsent document; do nothing if it has been removed already."""
    with transaction.atomic():
        attachment = _lock(actor, inquiry).attachments.unsent().filter(pk=pk).first()
        if attachment is None:
            return
        attachment.delete()
    discard(attachment.stored_name)


@transaction.atomic
def move_up(*, actor: User, inquiry: Inquiry, pk: int) -> None:
    """Swap an unsent document with the unsent one before it."""
    unsent = list(_lock(actor, inquiry).attachments.unsent())
    pks = [attachment.pk for attachment in unsent]
    if pk not in pks[1:]:
        return
    this, before = unsent[pks.index(pk)], unsent[pks.index(pk) - 1]
    this.position, before.position = before.position, this.position
    for attachment in (this, before):
        attachment.save(update_fields=["position"])


def _lock(actor: User, inquiry: Inquiry) -> Inquiry:
    """Lock the actor's inquiry. RuleViolation `filed` if it no longer accepts documents."""
    locked = (
        Inquiry.objects.filter(applicant=actor)
        .select_for_update(of=("self",), no_key=True)
        .filter(pk=inquiry.pk)
        .first()
    )
    if locked is None or not locked.accepts_documents:
        raise RuleViolation(
            _("This inquiry has already been sent and cannot be changed."), code="filed"
        )
    return locked


def _check_room(inquiry: Inquiry, document: Document) -> None:
    """Check that one more document fits into the inquiry. RuleViolation `document`.

    Documents that were sent before a return do not count, so that there is room for those that
    the officer has asked for.
    """
    unsent = inquiry.attachments.unsent().aggregate(number=Count("pk"), bytes=Sum("size"))
    if unsent["number"] >= MAX_DOCUMENTS:
        raise RuleViolation(
            _(
                "“%(name)s” was not added: an inquiry takes at most 10 documents. "
                "Remove one first, or put several pages into one PDF."
            )
            % {"name": document.name},
            code="document",
        )
    if (unsent["bytes"] or 0) + len(document.content) > MAX_TOTAL_BYTES:
        raise RuleViolation(
            _(
                "“%(name)s” was not added: all documents together may have at most 40 MB. "
                "Remove one first, or send this one at a smaller size."
            )
            % {"name": document.name},
            code="document",
        )


def _last_position(inquiry: Inquiry) -> int:
    return inquiry.attachments.aggregate(last=Max("position"))["last"] or 0
