"""Helpers for HTTP: targets of redirects, origins of requests, answers known already, downloads."""

from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language


def safe_target(request: HttpRequest, default: str) -> str:
    """Return the address in the parameter `next` if it is one of the portal's, else `default`.

    It is in the language of the page, which may have been switched since the address was made.
    """
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = target.startswith("/") and url_has_allowed_host_and_scheme(
        target, request.get_host(), request.is_secure()
    )
    return in_language(target if is_ours else default, get_language())


def other_language() -> str:
    """Return the language to which a page can be switched."""
    return "en" if get_language() == "ar" else "ar"


def in_language(address: str, language: str) -> str:
    """Return an address of the portal in this language, whichever language it was in.

    Django's `translate_url` leaves those alone that are not in the active language, and those that
    it does not find.
    """
    first, slash, rest = address.removeprefix("/").partition("/")
    is_in_a_language = slash and first in dict(settings.LANGUAGES)
    return f"/{language}/{rest}" if is_in_a_language else f"/{language}{address}"


def client_network(request: HttpRequest) -> str:
    """Return the client's IPv4 address, or the /64 network of its IPv6 one, for rate limits.

    The last entry of X-Forwarded-For is the address that the proxy itself saw; the entries before
    it came with the request, and a client can write anything there.
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


def is_sent_from_elsewhere(request: HttpRequest) -> bool:
    """Return whether a page of another site has sent this form, as far as the browser says so.

    It is for a form without a token. Browsers tell the site that a request comes from, older ones
    its origin, and no page can change either.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and origin != f"{request.scheme}://{request.get_host()}"


def unless_known(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return `response`, which has an ETag, or a 304 for a client that says it has it already."""
    etag = response.headers["ETag"]
    return get_conditional_response(request, etag=etag, response=response) or response


def content_disposition(plain_name: str, name: str | None = None) -> str:
    """Return the Content-Disposition header of an attachment; `plain_name` is in ASCII.

    Old mail and download programs read `plain_name`, all others `name`, which is sent in UTF-8.
    """
    header = f'attachment; filename="{plain_name}"'
    return f"{header}; filename*=UTF-8''{quote(name, safe='')}" if name else header
