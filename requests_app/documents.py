"""A document on its way in and out: checked and made anew, stored, swept, and handed out again."""

import hashlib
import logging
import secrets
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import filetype
from django.core.files.base import ContentFile, File
from django.core.files.storage import storages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image

from core.exceptions import RuleViolation
from core.text import single_line
from requests_app import decoding
from requests_app.models import Attachment

logger = logging.getLogger(__name__)

MOST_BYTES = 10 * 1024 * 1024
LONGEST_NAME = 100
# The decoder's own limit is on processor time; on a busy machine that may take longer.
PATIENCE_SECONDS = 20

_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}


@dataclass(frozen=True)
class Document:
    """A checked document: its new content, what it is, and the name it came under."""

    name: str
    content: bytes
    content_type: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def clean_document(upload: UploadedFile) -> Document:
    """The uploaded file, checked by its content; RuleViolation `document` says how to mend it."""
    name = single_line(upload.name or "").replace("/", " ").replace("\\", " ")
    if (upload.size or 0) > MOST_BYTES:
        raise _refusal("too_large", name)
    original = upload.read()
    if not original:
        raise _refusal("empty", name)
    content_type = filetype.guess_mime(original)
    if content_type not in _EXTENSIONS:
        raise _refusal("unknown", name)
    content = _made_anew(original, content_type, name)
    # The name may claim what the content is not, and a double click believes the name.
    extension = "." + _EXTENSIONS[content_type]
    stem = PurePosixPath(name).stem.strip(". ")[: LONGEST_NAME - len(extension)]
    return Document((stem or _("document")) + extension, content, content_type)


def store(document: Document) -> str:
    """Save the content under a random name and sync it; that name."""
    name = secrets.token_hex(16)
    return storages["private"].save(f"{name[:2]}/{name}", ContentFile(document.content))


def discard(stored_name: str) -> None:
    storages["private"].delete(stored_name)


def sweep() -> int:
    """Remove files older than a day that no row knows; how many there were."""
    storage = storages["private"]
    day_ago = timezone.now() - timedelta(days=1)
    removed = 0
    if not storage.exists(""):
        return removed
    for folder in storage.listdir("")[0]:
        names = [f"{folder}/{name}" for name in storage.listdir(folder)[1]]
        known = set(
            Attachment.objects.filter(stored_name__in=names).values_list("stored_name", flat=True)
        )
        for name in set(names) - known:
            # A document that is being replaced at this moment goes by itself.
            with suppress(FileNotFoundError):
                if storage.get_modified_time(name) < day_ago:
                    storage.delete(name)
                    removed += 1
    return removed


def download(attachment: Attachment) -> FileResponse:
    """The document to keep, never to be shown inside the portal's own pages."""
    response = FileResponse(_stored(attachment), content_type=attachment.content_type)
    # Old mail and download programs read the plain name, all others the one in UTF-8.
    plain = f"document-{attachment.pk}.{_EXTENSIONS[attachment.content_type]}"
    response["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(attachment.original_name)}"
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def preview(attachment: Attachment, longest_side: int) -> HttpResponse:
    """A smaller picture of a picture, to look at beside its name; 404 for a PDF."""
    if not attachment.is_picture:
        raise Http404
    with _stored(attachment) as content, Image.open(content) as picture:
        picture.draft("RGB", (longest_side, longest_side))
        picture.thumbnail((longest_side, longest_side))
        response = HttpResponse(content_type="image/jpeg")
        picture.convert("RGB").save(response, "JPEG", quality=70)
    return response


def _stored(attachment: Attachment) -> File:
    try:
        return storages["private"].open(attachment.stored_name)
    except FileNotFoundError:
        logger.error("the file of document %s is missing", attachment.pk)
        raise Http404 from None


def _made_anew(original: bytes, content_type: str, name: str) -> bytes:
    command = [sys.executable, "-I", str(Path(decoding.__file__)), content_type]
    try:
        decoder = subprocess.run(  # noqa: S603
            command, input=original, capture_output=True, timeout=PATIENCE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise _refusal("damaged", name) from None
    if decoder.returncode:
        raise _refusal(decoding.REFUSALS.get(decoder.returncode, "damaged"), name)
    return decoder.stdout


def _refusal(reason: str, name: str) -> RuleViolation:
    sentences = {
        "too_large": _(
            "“%(name)s” is larger than 10 MB. "
            "Photograph it again at a smaller size, or send only the pages that matter."
        ),
        "empty": _("“%(name)s” is empty. Choose another file."),
        "unknown": _("“%(name)s” is not a JPEG or PNG picture or a PDF. Choose one of these."),
        "damaged": _("“%(name)s” cannot be read; it may be damaged. Save or photograph it again."),
        "too_many_pixels": _(
            "“%(name)s” has too many pixels. Photograph it again at a smaller size."
        ),
        "too_many_pages": _("“%(name)s” has too many pages. Send at most 100 pages in one file."),
        "encrypted": _(
            "“%(name)s” is protected with a password. Save it without one and try again."
        ),
        "active": _(
            "“%(name)s” contains scripts or attached files. "
            "Print it to a new PDF and send that one."
        ),
    }
    return RuleViolation(sentences[reason] % {"name": name[:LONGEST_NAME]}, code="document")
