"""Bulk actions: one action on many inquiries, each with its own result."""

import re
from collections.abc import Iterable

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _

from core.accounts.access import StaffRequest
from core.accounts.interrupted_forms import take_input
from core.exceptions import RuleViolation
from core.methods import takes_form
from core.references import grouped_reference
from core.template_filters import ltr
from requests_app.admin.buttons import BUTTONS, IN_BULK
from requests_app.admin.names import beneficiary_of
from requests_app.models import Inquiry, InquiryQuerySet

MAX_INQUIRIES = 100
_ITEM = re.compile(r"([0-9]{1,18}):([0-9]{1,9})")


def begin(request: StaffRequest, name: str, chosen: InquiryQuerySet) -> HttpResponse:
    """Show the inquiries that were chosen in the queue, and the form of the action."""
    if chosen.count() > MAX_INQUIRIES:
        too_many = _("Choose at most %(most)s inquiries at once.") % {"most": MAX_INQUIRIES}
        messages.error(request, too_many)
        return redirect("admin:requests_app_inquiry_changelist")
    return _page(request, name, list(chosen), BUTTONS[name].form(initial={"expected_version": 0}))


@takes_form
def press(request: StaffRequest, name: str) -> HttpResponse:
    """Run the action on each inquiry at the version that was shown, and report each result.

    After the session has ended in between, show the page again as it was sent.
    """
    if name not in IN_BULK:
        raise Http404
    button = BUTTONS[name]
    if not request.user.has_perm(f"requests_app.{button.permission}_inquiry"):
        raise PermissionDenied
    sent = take_input(request, "bulk") or request.POST
    versions = dict(map(_item, sent.getlist("item")[:MAX_INQUIRIES]))
    if not versions:
        return redirect("admin:requests_app_inquiry_changelist")
    of_staff = Inquiry.objects.visible_to_staff(request.user).filter(pk__in=versions)
    inquiries = of_staff.select_related("beneficiary", "assignee__identity")
    inquiries = inquiries.order_by("due_on", "pk")
    typed = {**sent.dict(), "expected_version": 0}
    if request.method != "POST":
        return _page(request, name, inquiries, button.form(initial=typed), versions)
    form = button.form(typed)
    if not form.is_valid():
        return _page(request, name, inquiries, form, versions)
    refused = []
    for inquiry in inquiries:
        decided = {**form.cleaned_data, "expected_version": versions[inquiry.pk]}
        reference = ltr(grouped_reference(inquiry.reference))
        try:
            button.act(actor=request.user, inquiry=inquiry, **decided)
        except RuleViolation as violation:
            messages.error(request, format_html("{}: {}", reference, violation.message))
            refused.append(inquiry)
        else:
            messages.success(request, format_html("{}: {}", reference, button.done))
    if refused and "text" in form.fields:
        # The messages give the reasons; the text stays on the page for the refused inquiries.
        for inquiry in refused:
            inquiry.refresh_from_db()
        again = button.form(initial={"expected_version": 0, "text": form.cleaned_data["text"]})
        return _page(request, name, refused, again)
    return redirect("admin:requests_app_inquiry_changelist")


def _item(value: str) -> tuple[int, int]:
    match = _ITEM.fullmatch(value)
    if match is None:
        raise BadRequest("no such item")
    return int(match[1]), int(match[2])


def _page(
    request: StaffRequest,
    name: str,
    inquiries: Iterable[Inquiry],
    form: forms.Form,
    versions: dict[int, int] | None = None,
) -> HttpResponse:
    items = [
        (inquiry, beneficiary_of(inquiry), (versions or {}).get(inquiry.pk, inquiry.version))
        for inquiry in inquiries
    ]
    context = {
        **admin.site.each_context(request),
        "title": BUTTONS[name].label,
        "name": name,
        "items": items,
        "form": form,
    }
    return render(request, "admin/requests_app/inquiry/bulk.html", context)
