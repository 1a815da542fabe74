"""Downloads and previews of stored documents."""

import logging

from django.core.files.base import File
from django.core.files.storage import storages
from django.http import FileResponse, Http404, HttpResponse
from PIL import Image

from core.http import content_disposition
from requests_app.models import Attachment
from requests_app.uploads import EXTENSIONS

logger = logging.getLogger(__name__)


def download(attachment: Attachment) -> FileResponse:
    """Return the document as an attachment, never shown inside the portal's own pages."""
    response = FileResponse(_open_file(attachment), content_type=attachment.content_type)
    ascii_name = f"document-{attachment.pk}.{EXTENSIONS[attachment.content_type]}"
    response["Content-Disposition"] = content_disposition(ascii_name, attachment.original_name)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def preview(attachment: Attachment, longest_side: int) -> HttpResponse:
    """Return a smaller JPEG of a picture, at most `longest_side` pixels; raise 404 for a PDF."""
    if not attachment.is_picture:
        raise Http404
    with _open_file(attachment) as content, Image.open(content) as picture:
        picture.draft("RGB", (longest_side, longest_side))
        picture.thumbnail((longest_side, longest_side))
        response = HttpResponse(content_type="image/jpeg")
        picture.convert("RGB").save(
            response,  # type: ignore[arg-type]  # Pillow needs only its write()
            "JPEG",
            quality=70,
        )
    return response


def _open_file(attachment: Attachment) -> File:
    try:
        return storages["private"].open(attachment.stored_name)
    except FileNotFoundError:
        logger.error("the file of document %s is missing", attachment.pk)
        raise Http404 from None
