"""What every page needs: its own address in the other language."""

from django.conf import settings
from django.urls import translate_url
from django.utils.http import escape_leading_slashes
from django.utils.translation import get_language


def page(request):
    other = "en" if get_language() == "ar" else "ar"
    return {
        "other_language": other,
        "other_language_url": translate_url(escape_leading_slashes(request.get_full_path()), other),
        "is_demo": settings.DEMO,
    }
