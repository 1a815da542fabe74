"""The context that every page needs: sections, other language, holder, display settings."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import escape_leading_slashes
from django.utils.translation import gettext as _

from core.accounts.models import Identity
from core.accounts.session_holder import holder_of
from core.http import in_language, other_language
from tawasul.portal.appearance import appearance_of


def page(request: HttpRequest) -> dict[str, Any]:
    other = other_language()
    return {
        "other_language": other,
        "other_language_url": in_language(escape_leading_slashes(request.get_full_path()), other),
        "is_demo": settings.DEMO,
        "acting_as": _acting_as(request),
        "look": appearance_of(request),
        "sections": _sections(request),
    }


def _sections(request: HttpRequest) -> list[tuple[str, str, bool]]:
    """Return the navigation below the header: address, name, and whether it is the current one."""
    user = getattr(request, "user", None)
    sections = [
        (reverse("catalogue:services"), _("Services")),
        (reverse("portal:contact"), _("Contact")),
    ]
    if user is not None and user.is_authenticated and user.identity_id:
        sections = [
            (reverse("portal:my-page"), _("My page")),
            (reverse("inquiries:list"), _("My inquiries")),
            (reverse("appointments:list"), _("My appointments")),
            (reverse("accounts:overview"), _("My account")),
            sections[0],
        ]
    return [(url, name, request.path.startswith(url)) for url, name in sections]


def _acting_as(request: HttpRequest) -> Identity | None:
    """Return the establishment that the user acts as, or None if they act as themselves."""
    is_on = "acting_as" in getattr(request, "session", {})
    if not (is_on and request.user.is_authenticated):
        return None
    holder = holder_of(request)  # type: ignore[arg-type]  # the user has signed in
    return holder if holder != request.user.identity else None
