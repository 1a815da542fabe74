"""The answer to a returned inquiry, the withdrawal of an inquiry, and what can follow its end."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core.accounts.access import SignedInRequest
from core.exceptions import RuleViolation
from core.methods import takes_form
from requests_app import actions
from requests_app.actions import Deed, Rights
from requests_app.forms import (
    DocumentsForm,
    ReturnAnswerForm,
    ReviewForm,
    VersionForm,
    WithdrawForm,
)
from requests_app.models import Inquiry
from requests_app.views.access import filed_page
from requests_app.views.documents import attach_all, press_button, say_when_to_send_again


@takes_form
@filed_page(Deed.ANSWER)
def answer_return(request: SignedInRequest, rights: Rights) -> HttpResponse:
    """Answer a returned inquiry with a text and documents."""
    inquiry = rights.inquiry
    reference = inquiry.reference
    if request.method != "POST" and not inquiry.is_returned:
        return redirect("inquiries:detail", reference)
    if request.method != "HEAD":
        actions.mark_answers_read(actor=request.user, inquiry=inquiry)
    form = _build_form(ReturnAnswerForm, inquiry, posted=request.POST)
    documents = DocumentsForm(
        request.POST or None, request.FILES or None, inquiry=inquiry, is_required=False
    )
    # Valid files are kept even if the text is not valid. On a second click, the first request
    # has sent them already.
    if request.method == "POST" and inquiry.is_returned and documents.is_valid():
        attach_all(request, inquiry, documents)
    if request.method == "POST" and press_button(request, inquiry):
        form = _build_form(ReturnAnswerForm, inquiry, request.POST.get("text"))
    elif form.is_valid() and documents.is_valid():
        try:
            actions.answer_return(actor=request.user, inquiry=inquiry, **form.cleaned_data)
        except RuleViolation as violation:
            form = _form_after_violation(request, form, inquiry, violation)
        else:
            messages.success(request, _("Your answer has been sent."))
            return redirect("inquiries:detail", reference)
    context = {
        "inquiry": inquiry,
        "form": form,
        "documents": documents,
        "replies": rights.replies(),
        "attachments": rights.documents().unsent().by_type(),
    }
    return say_when_to_send_again(documents, render(request, "inquiries/answer.html", context))


@takes_form
@filed_page(Deed.WITHDRAW)
def withdraw(request: SignedInRequest, rights: Rights) -> HttpResponse:
    inquiry = rights.inquiry
    reference = inquiry.reference
    if request.method != "POST" and not inquiry.is_open:
        return redirect("inquiries:detail", reference)
    form = _build_form(WithdrawForm, inquiry, posted=request.POST)
    if form.is_valid():
        try:
            actions.withdraw(actor=request.user, inquiry=inquiry, **form.cleaned_data)
        except RuleViolation as violation:
            form = _form_after_violation(request, form, inquiry, violation)
        else:
            messages.success(request, _("The inquiry has been withdrawn."))
            return redirect("inquiries:detail", reference)
    days = settings.INQUIRIES["RESUME_DAYS"]
    context = {"form": form, "inquiry": inquiry, "days": days}
    return render(request, "inquiries/withdraw.html", context)


@takes_form
@filed_page(Deed.RESUME)
def resume(request: SignedInRequest, rights: Rights) -> HttpResponse:
    """Take up again what was withdrawn, after a confirmation."""
    inquiry = rights.inquiry
    reference = inquiry.reference
    if request.method != "POST" and not inquiry.can_be_resumed:
        return redirect("inquiries:detail", reference)
    form = _build_form(VersionForm, inquiry, posted=request.POST)
    if form.is_valid():
        try:
            actions.resume(actor=request.user, inquiry=inquiry, **form.cleaned_data)
        except RuleViolation as violation:
            messages.error(request, violation.message)
        else:
            messages.success(request, _("The inquiry goes on."))
        return redirect("inquiries:detail", reference)
    return render(request, "inquiries/resume.html", {"form": form, "inquiry": inquiry})


@takes_form
@filed_page(Deed.ASK_FOR_REVIEW)
def ask_for_review(request: SignedInRequest, rights: Rights) -> HttpResponse:
    inquiry = rights.inquiry
    reference = inquiry.reference
    if request.method != "POST" and not inquiry.can_be_reviewed:
        return redirect("inquiries:detail", reference)
    form = _build_form(ReviewForm, inquiry, posted=request.POST)
    if form.is_valid():
        try:
            actions.ask_for_review(actor=request.user, inquiry=inquiry, **form.cleaned_data)
        except RuleViolation as violation:
            form = _form_after_violation(request, form, inquiry, violation)
        else:
            messages.success(request, _("Your request for a review has been sent."))
            return redirect("inquiries:detail", reference)
    return render(request, "inquiries/ask_for_review.html", {"form": form, "inquiry": inquiry})


def _build_form(
    form_class: type[forms.Form],
    inquiry: Inquiry,
    text: str | None = None,
    posted: QueryDict | None = None,
) -> forms.Form:
    """Return the form with the posted data, or a new one for the version on this page."""
    return form_class(posted or None, initial={"expected_version": inquiry.version, "text": text})


def _form_after_violation(
    request: SignedInRequest, form: forms.Form, inquiry: Inquiry, violation: RuleViolation
) -> forms.Form:
    """Show the violation, reload the inquiry, and return a form for it that keeps the text."""
    messages.error(request, violation.message)
    inquiry.refresh_from_db()
    return _build_form(type(form), inquiry, form.cleaned_data["text"])
