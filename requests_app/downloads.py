"""Stored documents as downloads, and their pages as pictures."""

import logging
from collections.abc import Callable
from typing import TypeVar

from django.core.files.base import File
from django.core.files.storage import storages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from core.http import content_disposition
from requests_app import decoder
from requests_app.models import Attachment
from requests_app.refused import Refused
from requests_app.storage import PRIVATE
from requests_app.uploads import EXTENSIONS, RETRY_AFTER_SECONDS

_Response = TypeVar("_Response", bound=HttpResponseBase)

# A desk shows several pictures of pages, each of which takes a fraction of a second, and none can
# be sent again as a file can.
PATIENCE_SECONDS = 3

logger = logging.getLogger(__name__)


def opened(
    request: HttpRequest, attachment: Attachment, how: Callable[[Attachment], _Response]
) -> _Response | HttpResponse:
    """Return what `how` makes of the document, or a page that says why nobody can open it (409)."""
    if attachment.can_be_opened:
        return how(attachment)
    if attachment.is_quarantined:
        title = _("This document cannot be opened yet")
        advice = _("It is being checked for viruses. Try again later.")
    else:
        title = _("This document has been removed")
        advice = _("It contained malware.")
    context = {"title": title, "advice": advice}
    return render(request, "portal/sorry.html", context, status=409)


def download(attachment: Attachment) -> FileResponse:
    """Return the document as an attachment, never shown inside the portal's own pages."""
    response = FileResponse(
        _open_file(attachment, attachment.stored_name), content_type=attachment.content_type
    )
    ascii_name = f"document-{attachment.pk}.{EXTENSIONS[attachment.content_type]}"
    response["Content-Disposition"] = content_disposition(ascii_name, attachment.original_name)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def download_original(attachment: Attachment) -> FileResponse:
    """Return the signed original as bytes that no browser opens; it was not cleaned.

    Raise 404 if the document is not signed.
    """
    if not attachment.original_stored_name:
        raise Http404
    content = _open_file(attachment, attachment.original_stored_name)
    response = FileResponse(content, content_type="application/octet-stream")
    stem = attachment.original_name.removesuffix(".pdf")
    name = _("%(name)s (signed original).pdf") % {"name": stem}
    ascii_name = f"signed-original-{attachment.pk}.pdf"
    response["Content-Disposition"] = content_disposition(ascii_name, name)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def preview(attachment: Attachment) -> HttpResponse:
    """Return a small JPEG of the first page; raise 404 if there is none."""
    if not attachment.preview_stored_name:
        raise Http404
    with _open_file(attachment, attachment.preview_stored_name) as file:
        return HttpResponse(file.read(), content_type="image/jpeg")


def page_picture(attachment: Attachment, page: int, longest_side: int) -> HttpResponse:
    """Return a page, counted from 1, as a JPEG of at most `longest_side` pixels.

    Raise 404 if there is no such page, or it cannot be drawn; 503 if the decoder is busy.
    """
    with _open_file(attachment, attachment.stored_name) as file:
        content = file.read()
    content_type = attachment.content_type
    try:
        picture = decoder.picture_of(
            content, content_type, page=page, side=longest_side, patience=PATIENCE_SECONDS
        )
    except Refused as refused:
        if str(refused) == "busy":
            return HttpResponse(status=503, headers={"Retry-After": RETRY_AFTER_SECONDS})
        raise Http404 from None
    return HttpResponse(picture, content_type="image/jpeg")


def _open_file(attachment: Attachment, stored_name: str) -> File:
    try:
        return storages[PRIVATE].open(stored_name)
    except FileNotFoundError:
        logger.error("a file of document %s is missing", attachment.pk)
        raise Http404 from None
