"""Actions on the documents of an inquiry until they are sent."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, NamedTuple

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts import registry
from core.accounts.models import User
from core.catalogue.models import DocumentType
from core.exceptions import RuleViolation
from core.security_log import Event, note
from requests_app.actions.drafts import take_over
from requests_app.actions.quarantine import note_verdict
from requests_app.actions.rights import Deed, Rights, check_may
from requests_app.actions.upload_limits import counted
from requests_app.models import Attachment, Inquiry
from requests_app.uploads import Document, Infected, clean_document, discard, name_of, store

MAX_DOCUMENTS = 10
MAX_TOTAL_BYTES = 40 * 1024 * 1024


class Attached(NamedTuple):
    """A document of the inquiry, and a sentence for who sent it if it was there already."""

    attachment: Attachment
    notice: str = ""


def attach(
    *,
    actor: User,
    inquiry: Inquiry,
    document_type: DocumentType,
    uploads: Iterable[UploadedFile],
) -> list[Attached]:
    """Check and store documents of one type, and return their rows.

    The acceptable ones are added, whatever is wrong with others. RuleViolation `document` names the
    first refused file and says how to correct it, with the other ones in `also`, and the notices of
    those that were there already; RuleViolation `filed` if the inquiry no longer accepts documents,
    `not_yours`, or `registry_away` for one that was filed.
    """
    if not inquiry.is_draft:
        registry.refresh_parties(actor, inquiry)
    added, refused = [], []
    for upload in uploads:
        try:
            added.append(_attach(actor, inquiry, document_type, upload))
        except RuleViolation as violation:
            refused.append(violation)
    if refused:
        first, *also = refused
        also += [RuleViolation(each.notice, "document") for each in added if each.notice]
        raise RuleViolation(first.message, first.code, also)
    return added


def _attach(
    actor: User, inquiry: Inquiry, document_type: DocumentType, upload: UploadedFile
) -> Attached:
    """Check and store one document, or return the row of its type that has the same content.

    The file is on the disk before its row is written, so that every acknowledged document exists.
    """
    try:
        with counted(actor, name_of(upload)):
            document = clean_document(upload)
    except Infected as infected:
        signature, its = infected.verdict.signature, inquiry.reference
        note(Event.DOCUMENT_INFECTED, "refused", account=actor.pk, kind=signature, reference=its)
        raise
    note_verdict(document.verdict)
    stored = store(document)
    try:
        with transaction.atomic():
            rights = _lock(actor, inquiry)
            # Two files with the same pages differ if they were signed in another way.
            digests = {"sha256": document.sha256, "original_sha256": document.original_sha256}
            documents = list(rights.documents())
            same = [
                each for each in documents if all(getattr(each, k) == v for k, v in digests.items())
            ]
            if any(each.status == Attachment.Status.INFECTED for each in same):
                raise Infected(document.name, document.verdict)
            existing = next((each for each in same if each.document_type == document_type), None)
            if existing is None:
                _check_room(documents, document)
                new = Attachment.objects.create(
                    inquiry=rights.inquiry,
                    document_type=document_type,
                    original_name=document.name,
                    **stored,
                    content_type=document.content_type,
                    size=len(document.content),
                    removed=",".join(document.removed),
                    pages=document.pages,
                    signatures=list(map(asdict, document.signatures)),
                    original_size=len(document.original),
                    **digests,
                    **_quarantine(document),
                    position=max((each.position for each in documents), default=0) + 1,
                    successor_id=rights.successor_id,
                )
                return Attached(new, _also_elsewhere(new, same[0]) if same else "")
    except RuleViolation:
        # After any other failure it is unknown whether the row exists: the sweep finds out.
        discard(*stored.values())
        raise
    discard(*stored.values())
    return Attached(existing, _already_there(existing, document))


def _already_there(existing: Attachment, document: Document) -> str:
    """Return a notice; none for what is sent again because its first answer was lost."""
    if existing.original_name == document.name and not existing.sent_at:
        return ""
    return _(
        "“%(name)s” was not added again: the same file is there already as “%(there)s”, "
        "%(document_type)s."
    ) % {
        "name": document.name,
        "there": existing.original_name,
        "document_type": existing.document_type.name,
    }


def _also_elsewhere(new: Attachment, other: Attachment) -> str:
    # One scan may hold two documents that the service needs, so it is taken as both.
    return _(
        "“%(name)s” was added as %(document_type)s. The same file is there as %(other_type)s too, "
        "named “%(there)s”. If that is a mistake, remove one of the two."
    ) % {
        "name": new.original_name,
        "document_type": new.document_type.name,
        "there": other.original_name,
        "other_type": other.document_type.name,
    }


def _quarantine(document: Document) -> dict[str, Any]:
    """Return the fields of the row of a document that has to be scanned again, if it has."""
    if not document.is_quarantined:
        return {}
    return {"status": Attachment.Status.QUARANTINED, "scan_at": timezone.now()}


def remove(*, actor: User, inquiry: Inquiry, pk: int) -> None:
    """Remove an unsent document; do nothing if it has been removed already."""
    with transaction.atomic():
        attachment = _lock(actor, inquiry).documents().unsent().filter(pk=pk).first()
        if attachment is None:
            return
        attachment.delete()
    discard(*attachment.files().values())


@transaction.atomic
def move_up(*, actor: User, inquiry: Inquiry, pk: int) -> None:
    """Swap an unsent document with the unsent one of its type before it."""
    unsent = list(_lock(actor, inquiry).documents().unsent())
    this = next((attachment for attachment in unsent if attachment.pk == pk), None)
    if this is None:
        return
    of_type = [each for each in unsent if each.document_type_id == this.document_type_id]
    if this == of_type[0]:
        return
    before = of_type[of_type.index(this) - 1]
    this.position, before.position = before.position, this.position
    for attachment in (this, before):
        attachment.save(update_fields=["position"])


def _lock(actor: User, inquiry: Inquiry) -> Rights:
    """Lock the inquiry and return the actor's rights on it, which allow to change its documents.

    RuleViolation `not_yours`, or `filed` if it no longer accepts documents.
    """
    locked = Inquiry.objects.locked().filter(pk=inquiry.pk).first()
    if locked is None:
        raise _already_sent()
    rights = check_may(actor, Deed.EDIT if locked.is_draft else Deed.ANSWER, locked)
    # What was meant for a draft or an answer that has been sent meanwhile belongs to nothing.
    is_over = locked.status != inquiry.status and (inquiry.is_draft or inquiry.is_returned)
    if is_over or not locked.accepts_documents:
        raise _already_sent()
    take_over(locked, actor)
    return rights


def _already_sent() -> RuleViolation:
    return RuleViolation(
        _("This inquiry has already been sent and cannot be changed."), code="filed"
    )


def _check_room(documents: Iterable[Attachment], document: Document) -> None:
    """Check that one more document fits into the inquiry. RuleViolation `document`.

    Documents that were sent before a return do not count, so that there is room for those that
    the officer has asked for.
    """
    sizes = [each.size for each in documents if each.sent_at is None and each.is_kept]
    if len(sizes) >= MAX_DOCUMENTS:
        raise RuleViolation(
            _(
                "“%(name)s” was not added: an inquiry takes at most 10 documents. "
                "Remove one first, or put several pages into one PDF."
            )
            % {"name": document.name},
            code="document",
        )
    if sum(sizes) + len(document.content) > MAX_TOTAL_BYTES:
        raise RuleViolation(
            _(
                "“%(name)s” was not added: all documents together may have at most 40 MB. "
                "Remove one first, or send this one at a smaller size."
            )
            % {"name": document.name},
            code="document",
        )
