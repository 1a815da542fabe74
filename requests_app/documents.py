"""A document on its way in and out: what it really is, made anew without what nobody needs to see.

Pictures are decoded and encoded again, which leaves out place and camera, and anything hidden
behind the picture. PDFs are refused when they are encrypted or could do something when opened.
"""

import hashlib
import io
import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

import filetype
import pikepdf
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from requests_app.models import Attachment
from tawasul.exceptions import RuleViolation
from tawasul.text import single_line

logger = logging.getLogger(__name__)

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 4000  # pixels; a page photographed at this size can be read to the last letter
MOST_PAGES = 100
MOST_PDF_OBJECTS = 100_000
LONGEST_NAME = 100

_PICTURE_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}
_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
_ACTIVE_KEYS = ("/JS", "/AA", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent")
_ACTIVE_ACTIONS = (
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/Rendition",
    "/RichMediaExecute",
)


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
    name = single_line(upload.name or "").replace("/", " ").replace("\\", " ")[-LONGEST_NAME:]
    if (upload.size or 0) > MOST_BYTES:
        raise _refusal(
            name,
            _(
                "“%(name)s” is larger than 10 MB. "
                "Photograph it again at a smaller size, or send only the pages that matter."
            ),
        )
    original = upload.read()
    content_type = filetype.guess_mime(original)
    try:
        if content_type in _PICTURE_FORMATS:
            content = _new_picture(original, content_type, name)
        elif content_type == "application/pdf":
            content = _new_pdf(original, name)
        else:
            raise _refusal(
                name, _("“%(name)s” is not a JPEG or PNG picture or a PDF. Choose one of these.")
            )
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, pikepdf.PdfError):
        raise _refusal(
            name, _("“%(name)s” cannot be read; it may be damaged. Save or photograph it again.")
        ) from None
    return Document(name=name, content=content, content_type=content_type)


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
        for name in names:
            if name not in known and storage.get_modified_time(name) < day_ago:
                storage.delete(name)
                removed += 1
    return removed


def download(attachment: Attachment) -> FileResponse:
    """The document to keep, never to be shown inside the portal's own pages."""
    try:
        content = storages["private"].open(attachment.stored_name)
    except FileNotFoundError:
        logger.error("the file of document %s is missing", attachment.pk)
        raise Http404 from None
    response = FileResponse(content, content_type=attachment.content_type)
    # Old mail and download programs read the plain name, all others the one in UTF-8.
    plain = f"document-{attachment.pk}.{_EXTENSIONS[attachment.content_type]}"
    response["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(attachment.original_name)}"
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _refusal(name: str, sentence: str) -> RuleViolation:
    return RuleViolation(sentence % {"name": name}, code="document")


def _new_picture(original: bytes, content_type: str, name: str) -> bytes:
    picture_format = _PICTURE_FORMATS[content_type]
    with Image.open(io.BytesIO(original), formats=[picture_format]) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise _refusal(
                name, _("“%(name)s” has too many pixels. Photograph it again at a smaller size.")
            )
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        modes = ("RGB", "L") if picture_format == "JPEG" else ("RGB", "RGBA", "L")
        if upright.mode not in modes:
            upright = upright.convert("RGB")
        upright.info.clear()
        new = io.BytesIO()
        upright.save(new, picture_format, quality=85, compress_level=3)
    return new.getvalue()


def _new_pdf(original: bytes, name: str) -> bytes:
    try:
        pdf = pikepdf.open(io.BytesIO(original))
    except pikepdf.PasswordError:
        raise _refusal(
            name, _("“%(name)s” is protected with a password. Save it without one and try again.")
        ) from None
    with pdf:
        if not 1 <= len(pdf.pages) <= MOST_PAGES or len(pdf.objects) > MOST_PDF_OBJECTS:
            raise _refusal(
                name, _("“%(name)s” has too many pages. Send at most 100 pages in one file.")
            )
        if any(map(_is_active, _dictionaries(pdf))):
            raise _refusal(
                name,
                _(
                    "“%(name)s” contains scripts or attached files. "
                    "Print it to a new PDF and send that one."
                ),
            )
        new = io.BytesIO()
        pdf.save(new)
    return new.getvalue()


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Every dictionary of the file, however deep; references are met where they point to."""
    waiting = [pdf.trailer, *pdf.objects]
    while waiting:
        item = waiting.pop()
        if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            yield item
            values = [item[key] for key in item.keys()]  # noqa: SIM118
        elif isinstance(item, pikepdf.Array):
            values = list(item)
        else:
            continue
        waiting.extend(
            value for value in values if isinstance(value, pikepdf.Object) and not value.is_indirect
        )


def _is_active(dictionary: pikepdf.Object) -> bool:
    if any(key in dictionary for key in _ACTIVE_KEYS):
        return True
    action = dictionary.get("/S")
    return isinstance(action, pikepdf.Name) and str(action) in _ACTIVE_ACTIONS
