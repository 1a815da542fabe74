"""The context that every page needs: sections, other language, holder, display settings."""

import datetime
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import escape_leading_slashes
from django.utils.translation import gettext as _

from core.accounts.access import SignedInRequest
from core.accounts.idle import idle_minutes, seconds_left
from core.accounts.session_holder import has_chosen, holder_of, is_representative
from core.cookies import cookie_name
from core.http import in_language, other_language
from tawasul.portal.appearance import COOKIE, appearance_of, sheets_of

# The day on which what the pages say last changed; a release moves it.
LAST_CHANGED = datetime.date(2026, 12, 1)


def page(request: HttpRequest) -> dict[str, Any]:
    other, look = other_language(), appearance_of(request)
    return {
        "other_language": other,
        "other_language_url": in_language(escape_leading_slashes(request.get_full_path()), other),
        "is_demo": settings.DEMO,
        "idle": _idle(request),
        "told_of_input": getattr(request, "told_of_input", None),
        **_name(request),
        "is_public": getattr(request, "is_public", False),
        "at_counter": getattr(request, "at_counter", None),
        "is_read_by_person": getattr(request, "is_read_by_person", False),
        "look": look,
        "look_sheets": sheets_of(look),
        "look_cookie": cookie_name(COOKIE),
        "start": _start(request),
        "sections": _sections(request),
        "last_changed": LAST_CHANGED,
    }


def _idle(request: HttpRequest) -> dict[str, int] | None:
    """Return what a page of somebody signed in says of the end of their session."""
    if not hasattr(request, "session") or not (left := seconds_left(request)):
        return None
    return {"seconds_left": left, "minutes": idle_minutes(request)}


def _is_resident(request: HttpRequest) -> bool:
    """Return whether a page is the own one of a resident who is signed in."""
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated and bool(user.identity_id)


def _start(request: HttpRequest) -> tuple[str, str]:
    """Return where the mark in the header leads, and what it is called."""
    if hasattr(request, "at_counter"):
        return reverse("admin:index"), _("Tawasul")
    if _is_resident(request):
        return reverse("portal:my-page"), _("Tawasul: my page")
    return reverse("portal:home"), _("Tawasul")


def _sections(request: HttpRequest) -> list[tuple[str, str, bool]]:
    """Return the navigation in the header: address, name, and whether it is the current one."""
    user = getattr(request, "user", None)
    services = (reverse("catalogue:services"), _("Services"))
    if getattr(request, "is_read_by_person", False):
        sections = []
    elif hasattr(request, "at_counter"):
        sections = [(reverse("admin:index"), _("Staff site"))]
    elif _is_resident(request):
        sections = [
            (reverse("inquiries:list"), _("Inquiries")),
            (reverse("appointments:list"), _("Appointments")),
            (reverse("accounts:overview"), _("Account")),
            services,
        ]
    elif user is None:
        # A public page knows nobody: the way in leads whoever is signed in to their own page.
        sections = [services, (reverse("portal:my-page"), _("My services"))]
    elif user.is_authenticated:
        sections = [services, (reverse("admin:index"), _("Staff site"))]
    else:
        sections = [services, (reverse("accounts:sign-in"), _("Sign in"))]
    return [(url, name, request.path.startswith(url)) for url, name in sections]


def _name(request: HttpRequest) -> dict[str, Any]:
    """Return in whose name the user acts, of those who can choose.

    `acting_as` is an establishment, on every page. `acts_as_self` is true where a representative
    acts as themselves, on their own pages alone: public pages are the same for everybody.
    """
    if hasattr(request, "at_counter"):
        return {}
    if not (has_chosen(request) and request.user.is_authenticated and request.user.identity_id):
        return {}
    resident = cast(SignedInRequest, request)
    holder = holder_of(resident)
    if holder != resident.user.identity:
        return {"acting_as": holder}
    is_asked_here = request.path.startswith(reverse("accounts:acting-as"))
    is_shown = getattr(request, "is_own_page", False) and not is_asked_here
    return {"acts_as_self": is_shown and is_representative(resident)}
