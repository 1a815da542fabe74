"""Uploaded documents: checked, re-encoded and stored before their row is written."""

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import product
from pathlib import PurePosixPath
from typing import IO

import filetype
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from core.exceptions import RuleViolation
from core.text import single_line
from requests_app import decoder, scanner
from requests_app.cleaned import PREVIEW_SIDE, Signature
from requests_app.pdf_head import begins_as_pdf
from requests_app.refused import Refused
from requests_app.scanner import Outcome, Verdict
from requests_app.storage import PRIVATE, QUARANTINE, STORAGES
from requests_app.waiting_threads import one_thread

MAX_BYTES = 10 * 1024 * 1024
MAX_NAME_LENGTH = 100
RETRY_AFTER_SECONDS = 10  # after which a busy decoder is worth asking again
EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
# What is taken, and what it becomes: everybody can open a JPEG.
STORED_AS = {
    **{content_type: content_type for content_type in EXTENSIONS},
    **dict.fromkeys(("image/heif", "image/avif", "image/webp"), "image/jpeg"),
}
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_ANY_PICTURE_BRANDS = {b"mif1", b"msf1"}  # what is inside, another brand says


@dataclass(frozen=True)
class Document:
    """A checked document: its corrected name, its new content, and its content type.

    `removed` has the kinds of what was taken out, each a value of `Attachment.Removed`; `preview`
    is a small JPEG of the first page, or empty if it could not be drawn; `verdict` is the virus
    scanner's on the file as it came. A signed document has its original, the bytes as they were
    sent.
    """

    name: str
    content: bytes
    content_type: str
    verdict: Verdict
    removed: tuple[str, ...] = ()
    pages: int = 1
    preview: bytes = b""
    signatures: tuple[Signature, ...] = ()
    original: bytes = b""

    @property
    def is_quarantined(self) -> bool:
        return self.verdict.outcome != Outcome.CLEAN

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def original_sha256(self) -> str:
        return hashlib.sha256(self.original).hexdigest() if self.original else ""


class Infected(RuleViolation):
    """Raised for an infected file, with the verdict of the virus scanner."""

    def __init__(self, name: str, verdict: Verdict) -> None:
        super().__init__(_refusal("infected", name).message, code="document")
        self.verdict = verdict


def name_of(upload: UploadedFile) -> str:
    """Return the name of an uploaded file as a sentence can hold it."""
    return single_line(upload.name or "").replace("/", " ").replace("\\", " ")


def clean_document(upload: UploadedFile) -> Document:
    """Check an uploaded file by its content, and return it re-encoded.

    RuleViolation `document` says how to correct the file, and is Infected where a virus was found;
    `busy` says that it can be sent again soon.
    """
    name = name_of(upload)
    if "\ufffd" in name:
        raise _refusal("unreadable_name", name)
    if (upload.size or 0) > MAX_BYTES:
        raise _refusal("too_large", name)
    original = upload.read()
    if not original:
        raise _refusal("empty", name)
    found = type_by_content(original)
    if found is None:
        raise _refusal("unknown", name)
    content_type = STORED_AS[found]
    try:
        with one_thread():
            verdict = scanner.scan(original)
        if verdict.outcome == Outcome.INFECTED:
            raise Infected(name, verdict)
        cleaned = decoder.clean(original, found)
    except Refused as refused:
        raise _refusal(str(refused), name) from None
    preview = cleaned.preview
    if not preview:
        # Drawn in a child of its own: a page that takes too long for it is no reason to refuse.
        with suppress(Refused):
            preview = decoder.picture_of(cleaned.content, content_type, page=1, side=PREVIEW_SIDE)
    # The extension may contradict the content, and a double click opens a file by its extension.
    extension = "." + EXTENSIONS[content_type]
    stem = single_line(PurePosixPath(name).stem.strip(". ")[: MAX_NAME_LENGTH - len(extension)])
    return Document(
        name=(stem or _("document")) + extension,
        content=cleaned.content,
        content_type=content_type,
        verdict=verdict,
        removed=cleaned.removed,
        pages=cleaned.pages,
        preview=preview,
        signatures=tuple(map(_with_clean_names, cleaned.signatures)),
        original=original if cleaned.signatures else b"",
    )


def _with_clean_names(signature: Signature) -> Signature:
    """Return the signature without what could hide in the names of its certificate."""
    names = {"signer": signature.signer, "organisation": signature.organisation}
    return replace(signature, **{field: single_line(name) for field, name in names.items()})


def type_by_content(original: bytes) -> str | None:
    """Return the content type, or None if it is not one that is taken."""
    found = _type_by_signature(original)
    if found not in STORED_AS and begins_as_pdf(original):
        return "application/pdf"
    return found if found in STORED_AS else None


def _type_by_signature(original: bytes) -> str | None:
    """Return the content type of any kind of file, or None if it is unknown.

    Files of the phones' formats (ISO/IEC 14496-12) begin with a box of brands, of which `filetype`
    knows only some.
    """
    if original[4:8] != b"ftyp":
        return filetype.guess_mime(original)
    box = original[: min(int.from_bytes(original[:4], "big"), 512)]
    major, compatible = box[8:12], {box[at : at + 4] for at in range(16, len(box), 4)}
    if major in _ANY_PICTURE_BRANDS:
        return "image/avif" if compatible & _AVIF_BRANDS else "image/heif"
    if major in _AVIF_BRANDS:
        return "image/avif"
    return "image/heif" if major in _HEIF_BRANDS else None


def store(document: Document) -> dict[str, str]:
    """Save its files, in quarantine if it was not scanned; return their names by their fields."""
    storage = QUARANTINE if document.is_quarantined else PRIVATE
    files = {
        "stored_name": document.content,
        "preview_stored_name": document.preview,
        "original_stored_name": document.original,
    }
    return {field: save(content, storage) for field, content in files.items() if content}


def save(content: bytes, storage: str) -> str:
    """Save the content under a random name, sync it, and return the name."""
    return save_file(ContentFile(content), storage)


def save_file(file: IO[bytes] | ContentFile, storage: str) -> str:
    """Save a file as `save` does its content, without reading it whole."""
    name = secrets.token_hex(16)
    return storages[storage].save(f"{name[:2]}/{name}", file)


def discard(*stored_names: str) -> None:
    """Delete files, in quarantine or not."""
    for storage, name in product(STORAGES, stored_names):
        storages[storage].delete(name)


def _refusal(reason: str, name: str) -> RuleViolation:
    sentences = {
        "too_large": _(
            "“%(name)s” is larger than 10 MB. "
            "Photograph it again at a smaller size, or send only the pages that matter."
        ),
        "empty": _("“%(name)s” is empty. Choose another file."),
        "unknown": _("“%(name)s” is not a photo or a PDF. Photograph it, or save it as a PDF."),
        "unreadable_name": _(
            "The name of the file “%(name)s” could not be read. Rename it and choose it again."
        ),
        "cut_off": _(
            "“%(name)s” is cut off or damaged, pages are missing. Save it again and send it whole."
        ),
        "damaged": _("“%(name)s” cannot be read; it may be damaged. Save or photograph it again."),
        "too_many_pixels": _(
            "“%(name)s” has too many pixels. Photograph it again at a smaller size."
        ),
        "too_many_pages": _("“%(name)s” has too many pages. Send at most 100 pages in one file."),
        "infected": _(
            "“%(name)s” contains malware and was not added. Do not open it. "
            "Photograph the paper, or have your device checked and send a clean copy."
        ),
        "encrypted": _(
            "“%(name)s” is protected with a password. Save it without one and try again."
        ),
        "form_program": _(
            "“%(name)s” is a form that shows nothing without its own program. "
            "Open it there, print it to a new PDF and send that one."
        ),
        "nothing_to_show": _("The pages of “%(name)s” are empty. Choose another file."),
        "inflates": _(
            "“%(name)s” is too large when it is opened. Print it to a new PDF and send that one."
        ),
        "exhausting": _(
            "“%(name)s” takes too long to check. "
            "Print it to a new PDF or photograph it, and send that one."
        ),
        "busy": _("“%(name)s” could not be checked just now. Send it again in a minute."),
    }
    code = "busy" if reason == "busy" else "document"
    return RuleViolation(sentences[reason] % {"name": name[:MAX_NAME_LENGTH]}, code=code)
