"""Middleware for requests and responses of every kind."""

import re
from urllib.parse import unquote_to_bytes

from django.core.exceptions import BadRequest
from django.middleware.gzip import GZipMiddleware

_CHARSET = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)


def _is_readable(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in raw


def refuse_bad_bytes(get_response):
    """400 for an address or a cookie with NUL, and for a query that is not UTF-8.

    PostgreSQL cannot store NUL, and Django quietly replaces what it cannot decode: neither may
    reach a query. Bodies are the forms' business, which keep what was typed.
    """

    def middleware(request):
        # What was not UTF-8 in the path, Django has escaped again: nothing has such a name.
        texts = (request.path_info, *request.COOKIES.values())
        query = unquote_to_bytes(request.META.get("QUERY_STRING", ""))
        if any("\0" in text for text in texts) or not _is_readable(query):
            raise BadRequest("bytes that are not text")
        return get_response(request)

    return middleware


def read_as_utf8(application):
    """WSGI: whatever a client says, its body is UTF-8; Django fails on some names of encodings."""

    def wrapped(environ, start_response):
        content_type = environ.get("CONTENT_TYPE", "")
        environ["CONTENT_TYPE"] = _CHARSET.sub("", content_type)
        return application(environ, start_response)

    return wrapped


class CompressPages(GZipMiddleware):
    """Django's compression, which hides its lengths from BREACH, for pages alone.

    Documents are compressed already, and a download without its length shows no progress.
    """

    def process_response(self, request, response):
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


def no_store(get_response):
    """Nothing that the portal renders stays in a cache, unless its view says otherwise.

    Every page carries the name of who is signed in, so every page is personal.
    """

    def middleware(request):
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware
