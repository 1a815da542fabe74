"""What every page needs: its own address in the other language, and in whose name one acts."""

from django.conf import settings
from django.urls import translate_url
from django.utils.http import escape_leading_slashes
from django.utils.translation import get_language

from tawasul.accounts.access import holder_of


def page(request):
    other = "en" if get_language() == "ar" else "ar"
    return {
        "other_language": other,
        "other_language_url": translate_url(escape_leading_slashes(request.get_full_path()), other),
        "is_demo": settings.DEMO,
        "acting_as": _acting_as(request),
    }


def _acting_as(request):
    """The establishment in whose name somebody acts; None for oneself."""
    is_on = "acting_as" in getattr(request, "session", {})
    if not (is_on and request.user.is_authenticated):
        return None
    holder = holder_of(request)
    return holder if holder != request.user.identity else None
