"""What is sent about a filed inquiry: answers, additions, questions, and what follows its end."""

from collections.abc import Callable
from typing import NamedTuple

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
    AddForm,
    AskBackForm,
    DocumentsForm,
    ReturnAnswerForm,
    ReviewForm,
    VersionForm,
    WithdrawForm,
)
from requests_app.models import Inquiry
from requests_app.views.access import filed_page
from requests_app.views.documents import attach_all, press_button, say_when_to_send_again


class _Sending(NamedTuple):
    """What is sent: its form and template, its action, and what it did."""

    form: type[forms.Form]
    template: str
    act: Callable[..., Inquiry]
    done: str


@takes_form
@filed_page(Deed.ANSWER)
def answer_return(request: SignedInRequest, rights: Rights) -> HttpResponse:
    """Answer a returned inquiry with a text and documents."""
    done = _("Your answer has been sent.")
    answer = _Sending(ReturnAnswerForm, "inquiries/answer.html", actions.answer_return, done)
    return _send(request, rights, answer, is_open=rights.inquiry.is_returned)


@takes_form
@filed_page(Deed.ANSWER)
def add_message(request: SignedInRequest, rights: Rights) -> HttpResponse:
    """Add a text, documents or both to an inquiry that is at the desk."""
    done = _("What you added has been sent. The officer finds it marked as new.")
    addition = _Sending(AddForm, "inquiries/add.html", actions.add_message, done)
    return _send(request, rights, addition, is_open=rights.inquiry.is_at_the_desk)


def _send(
    request: SignedInRequest, rights: Rights, sending: _Sending, *, is_open: bool
) -> HttpResponse:
    """Show the page on which a text and documents are sent, and send them."""
    inquiry = rights.inquiry
    reference = inquiry.reference
    if request.method != "POST" and not is_open:
        return redirect("inquiries:detail", reference)
    if request.method != "HEAD":
        actions.mark_answers_read(actor=request.user, inquiry=inquiry)
    form = _build_form(sending.form, inquiry, posted=request.POST)
    documents = DocumentsForm(
        request.POST or None, request.FILES or None, inquiry=inquiry, is_required=False
    )
    # Valid files are kept even if the text is not valid. On a second click, the first request
    # has sent them already.
    if request.method == "POST" and is_open and documents.is_valid():
        attach_all(request, inquiry, documents)
    if request.method == "POST" and press_button(request, inquiry):
        form = _build_form(sending.form, inquiry, request.POST.get("text"))
    elif form.is_valid() and documents.is_valid():
        try:
            sending.act(actor=request.user, inquiry=inquiry, **form.cleaned_data)
        except RuleViolation as violation:
            if violation.code in form.fields:
                violation.show_on(form)
            else:
                form = _form_after_violation(request, form, inquiry, violation)
        else:
            messages.success(request, sending.done)
            return redirect("inquiries:detail", reference)
    context = {
        "inquiry": inquiry,
        "form": form,
        "documents": documents,
        "replies": rights.replies(),
        "attachments": rights.documents().unsent().by_type(),
    }
    return say_when_to_send_again(documents, render(request, sending.template, context))


@takes_form
@filed_page(Deed.WITHDRAW)
def withdraw(request: SignedInRequest, rights: Rights) -> HttpResponse:
    done = _("The inquiry has been withdrawn.")
    withdrawal = _Sending(WithdrawForm, "inquiries/withdraw.html", actions.withdraw, done)
    return _send_text(request, rights, withdrawal, is_open=rights.inquiry.is_open)


@takes_form
@filed_page(Deed.ANSWER)
def ask_back(request: SignedInRequest, rights: Rights) -> HttpResponse:
    """Ask one question about the answer to a processed inquiry."""
    done = _("Your question has been sent. We text you when it is answered.")
    question = _Sending(AskBackForm, "inquiries/ask.html", actions.ask_back, done)
    is_open = actions.can_ask_back(rights.inquiry, rights.inquiry.events.all())
    return _send_text(request, rights, question, is_open=is_open)


def _send_text(
    request: SignedInRequest, rights: Rights, sending: _Sending, *, is_open: bool
) -> HttpResponse:
    """Show the page on which a text is sent, and send it."""
    inquiry = rights.inquiry
    reference = inquiry.reference
    if request.method != "POST" and not is_open:
        return redirect("inquiries:detail", reference)
    form = _build_form(sending.form, inquiry, posted=request.POST)
    if form.is_valid():
        try:
            sending.act(actor=request.user, inquiry=inquiry, **form.cleaned_data)
        except RuleViolation as violation:
            form = _form_after_violation(request, form, inquiry, violation)
        else:
            messages.success(request, sending.done)
            return redirect("inquiries:detail", reference)
    context = {
        "form": form,
        "inquiry": inquiry,
        "replies": rights.replies(),
        "days": settings.INQUIRIES["RESUME_DAYS"],
    }
    return render(request, sending.template, context)


@takes_form
@filed_page(Deed.ASK_FOR_REVIEW)
def ask_for_review(request: SignedInRequest, rights: Rights) -> HttpResponse:
    done = _("Your request for a review has been sent.")
    review = _Sending(ReviewForm, "inquiries/ask_for_review.html", actions.ask_for_review, done)
    return _send_text(request, rights, review, is_open=rights.inquiry.can_be_reviewed)


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
