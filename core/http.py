"""Requests and responses of every kind: middleware, where they come from, where forms lead to."""

import re
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.exceptions import BadRequest
from django.middleware.gzip import GZipMiddleware
from django.utils.http import url_has_allowed_host_and_scheme

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


def safe_target(request, default):
    """The page that `next` asks for, if it is one of the portal's; otherwise `default`."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = target.startswith("/") and url_has_allowed_host_and_scheme(
        target, request.get_host(), request.is_secure()
    )
    return target if is_ours else default


def client_network(request):
    """Where a request comes from, for limits: an IPv4 address, or the /64 of an IPv6 one.

    What the proxy wrote last into X-Forwarded-For is what it saw itself; what stands before that
    came with the request, and anybody can write it.
    """
    seen = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_TLS_PROXY:
        seen = request.META.get("HTTP_X_FORWARDED_FOR", seen).rpartition(",")[2].strip()
    try:
        address = ip_address(seen)
    except ValueError:
        return "0.0.0.0"  # noqa: S104
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network((address, 64), strict=False).network_address)
    return str(address)
