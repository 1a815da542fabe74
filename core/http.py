"""Where a request comes from, where its form leads to, and under which name a file is kept."""

from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import quote

from django.conf import settings
from django.utils.http import url_has_allowed_host_and_scheme


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


def content_disposition(plain_name, name=None):
    """Write the header of a download that is kept and never shown: `plain_name` is in ASCII.

    Old mail and download programs read the plain name, all others the one in UTF-8.
    """
    header = f'attachment; filename="{plain_name}"'
    return f"{header}; filename*=UTF-8''{quote(name, safe='')}" if name else header
