"""Helpers for HTTP: the target of a redirect, the network of a client, the header of a download."""

from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def safe_target(request: HttpRequest, default: str) -> str:
    """Return the address in the parameter `next` if it is one of the portal's, else `default`."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = target.startswith("/") and url_has_allowed_host_and_scheme(
        target, request.get_host(), request.is_secure()
    )
    return target if is_ours else default


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


def content_disposition(plain_name: str, name: str | None = None) -> str:
    """Return the Content-Disposition header of an attachment; `plain_name` is in ASCII.

    Old mail and download programs read `plain_name`, all others `name`, which is sent in UTF-8.
    """
    header = f'attachment; filename="{plain_name}"'
    return f"{header}; filename*=UTF-8''{quote(name, safe='')}" if name else header
