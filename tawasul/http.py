"""Requests and responses of every kind: middleware, and where a form may lead back to."""

from urllib.parse import unquote_to_bytes

from django.core.exceptions import BadRequest
from django.utils.http import url_has_allowed_host_and_scheme


def _is_readable(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in raw


def refuse_bad_bytes(get_response):
    """400 for an address or a cookie with NUL or with bytes that are not UTF-8.

    PostgreSQL cannot store NUL, and Django quietly replaces what it cannot decode: neither may
    reach a query. Bodies are the forms' business, which keep what was typed.
    """

    def middleware(request):
        meta = request.META
        raw = (
            # What was not UTF-8 in the path, Django has escaped again: nothing has such a name.
            request.path_info.encode(),
            unquote_to_bytes(meta.get("QUERY_STRING", "")),
            unquote_to_bytes(meta.get("HTTP_COOKIE", "").encode("latin-1", "replace")),
        )
        if not all(map(_is_readable, raw)):
            raise BadRequest("bytes that are not text")
        return get_response(request)

    return middleware


def no_store(get_response):
    """Nothing that the portal renders stays in a cache, unless its view says otherwise.

    Every page carries the name of who is signed in, so every page is personal.
    """

    def middleware(request):
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def safe_target(request, default):
    """The page that `next` asks for, if it is one of the portal's; otherwise `default`."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = target.startswith("/") and url_has_allowed_host_and_scheme(
        target, request.get_host(), request.is_secure()
    )
    return target if is_ours else default
