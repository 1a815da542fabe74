"""Middleware for the encoding of requests, and the compression and caching of responses."""

import logging
import re
from collections.abc import Callable, Iterable
from urllib.parse import unquote_to_bytes
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from csp.utils import build_policy
from django.core.exceptions import BadRequest
from django.http import HttpRequest, UnreadablePostError
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_CHARSET = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)


def _is_readable(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in raw


def _is_utf_8(request: HttpRequest) -> bool:
    """Return whether the body of a form can be decoded; the parts of a multipart body each can."""
    if request.method != "POST" or request.content_type != "application/x-www-form-urlencoded":
        return True
    try:
        request.body.decode("utf-8")
    except (UnicodeDecodeError, UnreadablePostError):
        return False
    return True


def refuse_bad_bytes(get_response: GetResponse) -> GetResponse:
    """Answer 400 to bytes that are not text in the path, a cookie, the query string or the body.

    PostgreSQL cannot store NUL, and Django silently replaces bytes that it cannot decode: neither
    may reach a query. Within a body, the fields of the forms refuse NUL and what stands in place of
    such bytes, because forms keep what the user typed. But a body whose own bytes are not UTF-8, as
    no browser sends it, Django reads as Latin-1, in which no field finds anything wrong.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        # Django has escaped the bytes of the path that are not UTF-8; no address has such a name.
        texts = (request.path_info, *request.COOKIES.values())
        query = unquote_to_bytes(request.META.get("QUERY_STRING", ""))
        if any("\0" in text for text in texts) or not (_is_readable(query) and _is_utf_8(request)):
            raise BadRequest("bytes that are not text")
        return get_response(request)

    return middleware


def read_as_utf8(application: WSGIApplication) -> WSGIApplication:
    """Wrap a WSGI application so that it reads each body as UTF-8.

    The charset that a client names is dropped, because Django fails on some names of encodings.
    """

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        content_type = environ.get("CONTENT_TYPE", "")
        environ["CONTENT_TYPE"] = _CHARSET.sub("", content_type)
        return application(environ, start_response)

    return wrapped


def hide_messages(application: WSGIApplication) -> WSGIApplication:
    """Wrap a WSGI application so that the server learns of an error, and not of its message.

    Django answers all errors with the error page. When that page fails, the error goes on to the
    server, which would log the messages of the whole chain, with what people typed.
    """

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return application(environ, start_response)
        except Exception as error:
            logger.critical("the error page failed", exc_info=error)
            raise RuntimeError("the error page failed") from None

    return wrapped


class CompressPages(GZipMiddleware):
    """Django's GZip middleware, which hides its lengths from BREACH, limited to HTML pages.

    Documents are compressed already, and a download without its length shows no progress.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


# What a page could ask a device for, and none of ours does.
_DEVICE = ("camera", "geolocation", "microphone", "payment", "usb")


def keep_to_itself(get_response: GetResponse) -> GetResponse:
    """Let pages load nothing of other sites, ask for no part of the device, and be loaded by none.

    Every page has the same policies, so they are put together once, which the middleware of
    django-csp does for each response. A document brings a stricter one of its own.
    """
    content_policy = build_policy()
    device_policy = ", ".join(f"{part}=()" for part in _DEVICE)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", content_policy)
        response.headers["Permissions-Policy"] = device_policy
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    return middleware


def no_store(get_response: GetResponse) -> GetResponse:
    """Keep responses out of caches, unless the view sets Cache-Control itself.

    Every page carries the name of the signed-in user, so every page is personal.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware
