"""The page of the staff site with what people say of pages."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from core.accounts.access import StaffRequest
from tawasul.portal.feedback import PAGES
from tawasul.portal.models import Feedback

VIEW_FEEDBACK = "portal.view_feedback"
DAYS = 30
MAX_SENTENCES = 50


def feedback(request: StaffRequest) -> HttpResponse:
    """Show the answers of the last days, counted by page and language, and the last sentences."""
    if not request.user.has_perm(VIEW_FEEDBACK):
        raise PermissionDenied
    first = timezone.localdate() - timedelta(days=DAYS - 1)
    given = Feedback.objects.filter(day__gte=first)
    context = {
        **admin.site.each_context(request),
        "title": _("What people say of pages"),
        "days": DAYS,
        "rows": [_in_words(row) for row in given.counts()],
        "sentences": [
            {**row, **_in_words(row)} for row in given.with_sentence().values()[:MAX_SENTENCES]
        ],
    }
    return render(request, "admin/feedback.html", context)


def urls(wrap: Callable[[Callable[..., HttpResponse]], Callable[..., Any]]) -> list[URLPattern]:
    """Return the address of this page; `wrap` lets in those who are signed in to the site."""
    return [path("feedback/", wrap(feedback), name="feedback")]


def _in_words(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with its page and language as people read them, and the share of yes."""
    said = row.get("yes", 0) + row.get("no", 0)
    return {
        **row,
        "page": PAGES.get(row["page"], row["page"]),
        "language_name": get_language_info(row["language"])["name_translated"],
        "share": round(100 * row["yes"] / said) if said else None,
    }
