"""Cookies that browsers give back to this host alone, over HTTPS.

In production their names begin with __Host-: a browser takes such a cookie only with Secure, for
the path / and without a domain, so that no neighbouring subdomain and nobody on the way can set it.
Over the demo's plain HTTP it would take none, so the names are plain there.
"""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest, HttpResponse


def cookie_name(plain_name: str) -> str:
    return settings.COOKIE_PREFIX + plain_name


def set_cookie(
    response: HttpResponse, plain_name: str, value: str, seconds: int, *, for_scripts: bool = False
) -> None:
    """Set a cookie that lasts for `seconds`; no script reads it unless it is `for_scripts`."""
    response.set_cookie(
        cookie_name(plain_name),
        value,
        max_age=seconds,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=not for_scripts,
        samesite="Lax",
    )


def read_cookie(request: HttpRequest, plain_name: str) -> str:
    return request.COOKIES.get(cookie_name(plain_name), "")


class _MessageCookie(CookieStorage):
    @property
    def cookie_name(self) -> str:  # type: ignore[override]  # as Django reads it
        return cookie_name("messages")


class MessageStorage(FallbackStorage):
    """Django's own storage of messages, with our name of the cookie."""

    storage_classes = (_MessageCookie, SessionStorage)
