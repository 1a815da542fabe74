"""The pages on which an officer asks the person of an inquiry to come to an office."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from core.accounts.access import StaffRequest, get_visible
from core.exceptions import RuleViolation
from core.methods import takes_form
from requests_app.forms import VersionForm
from requests_app.models import Inquiry
from tawasul.portal.actions import invite, withdraw_invitation
from tawasul.portal.invitation_forms import InvitationForm
from tawasul.portal.models import Invitation


def urls(admin_view: Callable[..., Any]) -> list[URLPattern]:
    page = "requests_app/inquiry/<int:pk>/invitation/"
    return [
        path(page, takes_form(admin_view(_invite)), name="invitation"),
        path(f"{page}withdraw/", takes_form(admin_view(_withdraw)), name="withdraw_invitation"),
    ]


def _invite(request: StaffRequest, pk: int) -> HttpResponse:
    inquiry = _inquiry_for(request, pk)
    if request.method != "POST" and not _can_ask(request, inquiry):
        return _desk_of(inquiry)
    form = InvitationForm(request.POST or None, inquiry=inquiry)
    if request.method == "POST" and form.is_valid():
        try:
            invite(actor=request.user, inquiry=inquiry, **form.cleaned_data)
        except RuleViolation as violation:
            inquiry.refresh_from_db()
            form = _with_current_version(request.POST, inquiry)
            violation.show_on(form)
        else:
            messages.success(
                request, _("They are asked to come to an office, and are told by text.")
            )
            return _desk_of(inquiry)
    context = {
        **admin.site.each_context(request),
        "title": _("Ask to come to an office"),
        "inquiry": inquiry,
        "form": form,
    }
    return render(request, "admin/invitations/invite.html", context)


def _inquiry_for(request: StaffRequest, pk: int) -> Inquiry:
    if not request.user.has_perms(("requests_app.view_inquiry", "requests_app.triage_inquiry")):
        raise PermissionDenied
    inquiries = Inquiry.objects.visible_to_staff(request.user).select_related("beneficiary")
    return get_visible(inquiries, request.user, "inquiry", pk=pk)


def _can_ask(request: StaffRequest, inquiry: Inquiry) -> bool:
    is_theirs = inquiry.is_undecided and inquiry.assignee == request.user
    return is_theirs and not Invitation.objects.open().filter(inquiry=inquiry).exists()


def _with_current_version(posted: QueryDict, inquiry: Inquiry) -> InvitationForm:
    """Return the form as it was sent, for the inquiry as it is now: the page says what changed."""
    sent = posted.copy()
    sent["expected_version"] = str(inquiry.version)
    form = InvitationForm(sent, inquiry=inquiry)
    form.is_valid()
    return form


def _withdraw(request: StaffRequest, pk: int) -> HttpResponse:
    inquiry = _inquiry_for(request, pk)
    form = VersionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_invitation(actor=request.user, inquiry=inquiry, **form.cleaned_data)
        except RuleViolation as violation:
            messages.error(request, violation.message)
        else:
            messages.success(request, _("They are told by text that they need not come any more."))
    return _desk_of(inquiry)


def _desk_of(inquiry: Inquiry) -> HttpResponse:
    return redirect(reverse("admin:requests_app_inquiry_change", args=[inquiry.pk]))
