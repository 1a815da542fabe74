"""Documents in quarantine: scanned once the virus scanner is back, then released or removed."""

import logging
from datetime import timedelta
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from core.chores.rows import for_each
from core.security_log import Event, note
from requests_app import scanner
from requests_app.actions.notices import tell_infected
from requests_app.actions.transitions import EventType, Role, move
from requests_app.models import Attachment, Inquiry, ScannerOutage
from requests_app.scanner import Outcome, Verdict
from requests_app.storage import PRIVATE, QUARANTINE
from requests_app.uploads import discard, save

logger = logging.getLogger(__name__)
# Of two files of a document, both have to be scanned within the lease of a chore after its step.
SCAN_SECONDS = 15
# A document that the scanner cannot tell of, or dies of, keeps no other one waiting.
PAUSE = timedelta(minutes=10)
MAX_DOCUMENTS_A_RUN = 200


def note_verdict(verdict: Verdict) -> None:
    """Note in the security log where an outage of the scanner begins, and where it ends.

    Processes share the row of an outage, and each statement holds by itself.
    """
    if verdict.outcome == Outcome.AWAY:
        _outage, has_begun = ScannerOutage.objects.get_or_create(pk=1)
        if has_begun:
            note(Event.SCANNER_AWAY, "begun")
    elif settings.SCANNER != scanner.NO_SCANNER and ScannerOutage.objects.filter(pk=1).delete()[0]:
        note(Event.SCANNER_AWAY, "ended")


def scan_quarantined() -> int:
    """Scan the documents in quarantine again, as long as the scanner answers.

    Return how many were released or removed.
    """
    waiting = Attachment.objects.to_be_scanned(timezone.now())[:MAX_DOCUMENTS_A_RUN]
    return for_each(takewhile(_scanner_is_there, waiting), _scan)


def _scanner_is_there(_attachment: Attachment) -> bool:
    is_there = scanner.is_reachable()
    if not is_there:
        note_verdict(Verdict(Outcome.AWAY))
    return is_there


def _scan(attachment: Attachment) -> int:
    try:
        files = {field: _read(name) for field, name in attachment.files().items()}
    except FileNotFoundError:
        # Whoever removes the document, or another worker, may have been quicker.
        if _postpone(attachment):
            logger.error("a file of document %s is missing in quarantine", attachment.pk)
        return 0
    verdict = Verdict(Outcome.CLEAN)
    for field, content in files.items():
        if field == "preview_stored_name":
            continue  # drawn by the portal
        verdict = scanner.scan(content, SCAN_SECONDS)
        note_verdict(verdict)
        if verdict.outcome != Outcome.CLEAN:
            break
    if verdict.outcome == Outcome.CLEAN:
        return _release(attachment, files)
    if verdict.outcome == Outcome.INFECTED:
        return _remove(attachment, verdict.signature)
    _postpone(attachment)
    return 0


def _release(attachment: Attachment, files: dict[str, bytes]) -> int:
    """Keep the files where documents are opened from; return whether nobody was quicker."""
    kept = {field: save(content, PRIVATE) for field, content in files.items()}
    with transaction.atomic():
        inquiry = _lock(attachment)
        waiting = Attachment.objects.quarantined().filter(pk=attachment.pk)
        is_released = waiting.update(status=Attachment.Status.CLEAN, scan_at=None, **kept)
        if is_released and inquiry and _is_sent(attachment):
            _record(inquiry, EventType.CHECKED, attachment)
    # After a failure it is unknown which files the row has: the sweep finds out.
    discard(*(attachment.files() if is_released else kept).values())
    return is_released


def _remove(attachment: Attachment, signature: str) -> int:
    """Take an infected document out of its inquiry; return whether nobody was quicker.

    Whoever is about to send it reads so on the page. Once it was sent, its side gets a notice. An
    inquiry at the desk is returned, and a decided one goes to a supervisor.
    """
    with transaction.atomic():
        inquiry = _lock(attachment)
        waiting = Attachment.objects.quarantined().filter(pk=attachment.pk)
        is_removed = waiting.update(status=Attachment.Status.INFECTED, scan_at=None)
        if not is_removed or inquiry is None:
            return 0
        if _is_sent(attachment):
            changes = {"look_again_since": timezone.now()} if inquiry.is_decided else {}
            inquiry = _record(inquiry, EventType.INFECTED, attachment, **changes)
            if inquiry.is_at_the_desk:
                inquiry = _record(inquiry, EventType.RETURNED, attachment)
            tell_infected(inquiry)
    discard(*attachment.files().values())
    note(Event.DOCUMENT_INFECTED, "removed", kind=signature, reference=inquiry.reference)
    return is_removed


def _postpone(attachment: Attachment) -> int:
    """Let the others be scanned first; return whether the document is still in quarantine."""
    waiting = Attachment.objects.quarantined().filter(pk=attachment.pk)
    return waiting.update(scan_at=timezone.now() + PAUSE)


def _lock(attachment: Attachment) -> Inquiry | None:
    """Lock the inquiry of the document, before its row, as those do who change its documents."""
    return Inquiry.objects.locked().filter(pk=attachment.inquiry_id).first()


def _is_sent(attachment: Attachment) -> bool:
    """Return whether the document was sent by now; its inquiry is locked."""
    return Attachment.objects.sent().filter(pk=attachment.pk).exists()


def _record(
    inquiry: Inquiry, event_type: EventType, attachment: Attachment, **changes: Any
) -> Inquiry:
    return move(
        inquiry,
        event_type,
        actor=None,
        role=Role.PORTAL,
        expected_version=inquiry.version,
        content_digest=attachment.sha256,
        **changes,
    )


def _read(name: str) -> bytes:
    with storages[QUARANTINE].open(name) as file:
        return file.read()
