"""The steps of filing an inquiry."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core.accounts.access import SignedInRequest, resident_required
from core.accounts.codes import latest_code
from core.accounts.forms import CodeForm
from core.accounts.interrupted_forms import keeps_input, take_input
from core.accounts.models import OneTimeCode
from core.accounts.session_holder import holder_of
from core.exceptions import RuleViolation
from requests_app import actions, purposes
from requests_app.forms import DetailsForm, DocumentsForm, NewInquiryForm, SubjectForm
from requests_app.models import Inquiry
from requests_app.views.access import draft_step
from requests_app.views.documents import attach_all, press_button

# The step that corrects a violation by its code; all other fields are on the details page.
STEP_TO_FIX = {
    "holder": "inquiries:subject",
    "beneficiary": "inquiries:subject",
    "service": "inquiries:subject",
    "mobile": "inquiries:mobile",
    "document": "inquiries:documents",
}


@resident_required
def new(request: SignedInRequest) -> HttpResponse:
    asked = {"service": request.GET.get("service")}
    form = NewInquiryForm(request.POST or None, holder=holder_of(request), initial=asked)
    if request.method == "POST" and form.is_valid():
        try:
            inquiry = actions.start(actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            return redirect("inquiries:details", inquiry.reference)
    return render(request, "inquiries/new.html", {"form": form})


@draft_step
def subject(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    """Change the beneficiary and the service of a draft."""
    initial = {"beneficiary": inquiry.beneficiary_id, "service": inquiry.service.slug}
    form = SubjectForm(request.POST or None, holder=holder_of(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_subject(actor=request.user, inquiry=inquiry, **form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            return redirect("inquiries:details", inquiry.reference)
    return render(request, "inquiries/new.html", {"form": form, "inquiry": inquiry})


@keeps_input("details")
@draft_step
def details(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    typed = take_input(request, "details")
    initial = {
        "name": inquiry.name,
        "id_number": inquiry.id_number,
        "mobile": inquiry.mobile,
        "description": inquiry.description,
        "earlier_reference": inquiry.earlier_reference,
    }
    form = DetailsForm(request.POST or None, initial=typed or initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_details(actor=request.user, inquiry=inquiry, **form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            if inquiry.has_confirmed_mobile:
                return redirect("inquiries:documents", inquiry.reference)
            return _send_mobile_code(request, inquiry)
    context = {
        "form": form,
        "inquiry": inquiry,
        "obstacle": actions.obstacle(inquiry),
        "same_drafts": Inquiry.objects.same_drafts(inquiry),
    }
    return render(request, "inquiries/details.html", context)


@draft_step
def mobile(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    """Confirm the draft's mobile with the code that was texted to it."""
    if inquiry.has_confirmed_mobile:
        return redirect("inquiries:documents", inquiry.reference)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.confirm_mobile(
                actor=request.user,
                inquiry=inquiry,
                session_key=request.session.session_key,
                guess=form.cleaned_data["code"],
            )
        except RuleViolation as violation:
            form.add_error("code", violation.message)
        else:
            return redirect("inquiries:documents", inquiry.reference)
    sent = _latest_code(request, purposes.CONTACT)
    is_current = sent is not None and sent.recipient == str(inquiry.mobile)
    context = {
        "form": form,
        "inquiry": inquiry,
        "notice": sent.message if sent and is_current else None,
    }
    return render(request, "inquiries/mobile.html", context)


@draft_step
def send_mobile_code(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    if request.method != "POST" or inquiry.has_confirmed_mobile:
        return redirect("inquiries:mobile", inquiry.reference)
    return _send_mobile_code(request, inquiry)


def _send_mobile_code(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    try:
        actions.ask_to_confirm_mobile(
            actor=request.user, inquiry=inquiry, session_key=request.session.session_key
        )
    except RuleViolation as violation:
        messages.warning(request, violation.message)
    return redirect("inquiries:mobile", inquiry.reference)


@draft_step
def documents(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    here = redirect("inquiries:documents", inquiry.reference)
    if request.method == "POST" and press_button(request, inquiry):
        return here
    form = DocumentsForm(request.POST or None, request.FILES or None, inquiry=inquiry)
    if request.method == "POST" and form.is_valid() and attach_all(request, inquiry, form):
        return here
    context = {
        "form": form,
        "inquiry": inquiry,
        "attachments": inquiry.attachments.select_related("document_type"),
        "missing": actions.missing_documents(inquiry),
    }
    return render(request, "inquiries/documents.html", context)


@draft_step
def review(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    """Show the draft's content for review; on POST, send the code that confirms exactly it."""
    problem = None
    if request.method == "POST":
        try:
            actions.request_confirmation(
                actor=request.user,
                inquiry=inquiry,
                session_key=request.session.session_key,
                shown=request.POST.get("shown", ""),
            )
        except RuleViolation as violation:
            if violation.code in ("too_soon", "too_many"):
                messages.warning(request, violation.message)
                return redirect("inquiries:confirm", inquiry.reference)
            problem = violation
        else:
            return redirect("inquiries:confirm", inquiry.reference)
    context = {
        "inquiry": inquiry,
        "attachments": inquiry.attachments.select_related("document_type"),
        "problem": problem,
        "mended_at": STEP_TO_FIX.get(problem.code, "inquiries:details") if problem else None,
        "shown": inquiry.content_digest(),
    }
    return render(request, "inquiries/review.html", context)


@draft_step
def confirm(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    """Ask for the texted code; on POST, file the inquiry with it."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.submit(
                actor=request.user,
                inquiry=inquiry,
                session_key=request.session.session_key,
                guess=form.cleaned_data["code"],
            )
        except RuleViolation as violation:
            form.add_error("code", violation.message)
        else:
            return redirect("inquiries:receipt", inquiry.reference)
    sent = _latest_code(request, purposes.FILE)
    is_current = sent is not None and sent.confirms == inquiry.content_digest()
    context = {
        "form": form,
        "inquiry": inquiry,
        "shown": sent.confirms if sent and is_current else "",
        "notice": sent.message if sent and is_current else None,
    }
    return render(request, "inquiries/confirm.html", context)


@draft_step
def delete_draft(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    if request.method == "POST":
        try:
            actions.delete_draft(actor=request.user, inquiry=inquiry)
        except RuleViolation as violation:
            messages.error(request, violation.message)
        else:
            messages.success(request, _("The draft has been deleted."))
        return redirect("inquiries:list")
    return render(request, "inquiries/delete.html", {"inquiry": inquiry})


def _latest_code(request: SignedInRequest, purpose: str) -> OneTimeCode | None:
    """Return the last code that was sent for this purpose in this session."""
    return latest_code(actor=request.user, purpose=purpose, session_key=request.session.session_key)
