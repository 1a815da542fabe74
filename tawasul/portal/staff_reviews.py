"""The pages of the staff site on which the list of who may do what is read and signed off."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts.access import StaffRequest
from core.accounts.models import AUDIT, AccessReview
from core.exceptions import RuleViolation
from core.methods import takes_form
from core.security_log import Event, note
from core.spreadsheets import as_csv
from tawasul.portal import actions
from tawasul.portal.access_list import (
    as_table,
    digest_of_rights,
    in_words,
    is_review_due,
    rows_now,
)
from tawasul.portal.staff_forms import SignOffForm
from tawasul.portal.staff_members import may_read

MAX_REVIEWS = 20


@takes_form
@may_read
def review(request: StaffRequest) -> HttpResponse:
    """Show who may do what now; an auditor signs the list off as it is shown."""
    form = SignOffForm(request.POST or None)
    if form.is_valid():
        try:
            signed = actions.sign_off(actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            messages.error(request, violation.message)
        else:
            messages.success(request, _("The list is signed off."))
            return redirect("admin:access-reviewed", signed.pk)
    rows = rows_now()
    context = {
        "title": _("Who may do what"),
        "rows": in_words(rows),
        "form": SignOffForm(initial={"shown": digest_of_rights(rows)}),
        "may_sign": request.user.has_perm(AUDIT),
        "is_due": is_review_due(),
        "reviews": AccessReview.objects.select_related("signed_by__identity")[:MAX_REVIEWS],
        "focus": "told" if request.method == "POST" else "",
    }
    return _render(request, "review", context)


@may_read
def review_as_csv(request: StaffRequest) -> HttpResponse:
    note(Event.EXPORT, account=request.user.pk, kind="access")
    table, day = as_table(rows_now()), timezone.localdate().isoformat()
    return as_csv(table, [f"who-may-do-what-{day}.csv", f"{table.title} {day}.csv"])


@may_read
def reviewed(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a list as it was signed off."""
    signed = get_object_or_404(AccessReview.objects.select_related("signed_by__identity"), pk=pk)
    context = {
        "title": _("Who could do what"),
        "review": signed,
        "rows": in_words(signed.content),
    }
    return _render(request, "reviewed", context)


def urls(wrap: Callable[[Callable[..., HttpResponse]], Callable[..., Any]]) -> list[URLPattern]:
    """Return the addresses of these pages; `wrap` lets in those who are signed in to the site."""
    return [
        path("members/review/", wrap(review), name="access-review"),
        path("members/review/csv/", wrap(review_as_csv), name="access-review-csv"),
        path("members/review/<int:pk>/", wrap(reviewed), name="access-reviewed"),
    ]


def _render(request: StaffRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    context = {**admin.site.each_context(request), **context}
    return render(request, f"admin/members/{name}.html", context)
