"""Following an inquiry: my inquiries, one of them, answering a return, withdrawing."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.access import keeps_typed, resident_required, take_typed
from core.exceptions import RuleViolation
from core.messaging.models import Message
from requests_app import actions
from requests_app.forms import DocumentsForm, ReturnAnswerForm, WithdrawForm
from requests_app.models import Inquiry
from requests_app.views.documents import attach_all, press_button
from requests_app.views.lookup import get_filed_by, get_inquiry_for

ROWS = 20
# What a person may want to see of their inquiries.
SHOWN = {
    "all": gettext_lazy("All"),
    "drafts": gettext_lazy("Drafts"),
    "waiting": gettext_lazy("Waiting for you"),
    "open": gettext_lazy("With the Directorate"),
    "finished": gettext_lazy("Finished"),
}


@resident_required
def inquiry_list(request):
    asked = request.GET.get("show")
    show = asked if asked in SHOWN else "all"
    inquiries = Inquiry.objects.of(request.user)
    narrowed = {
        "all": inquiries,
        "drafts": inquiries.drafts_of(request.user),
        "waiting": inquiries.waiting_for(request.user),
        "open": inquiries.waiting(),
        "finished": inquiries.finished(),
    }
    rows = narrowed[show].select_related("service").order_by("-pk")
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    context = {"page": page, "show": show, "shown": SHOWN.items()}
    return render(request, "inquiries/list.html", context)


@resident_required
def receipt(request, reference):
    inquiry = get_inquiry_for(request.user, reference)
    if inquiry.is_draft:
        return redirect("inquiries:details", reference)
    return render(request, "inquiries/receipt.html", {"inquiry": inquiry})


@resident_required
def detail(request, reference):
    inquiry = get_inquiry_for(request.user, reference)
    if inquiry.is_draft:
        return redirect("inquiries:details", reference)
    actions.note_read(actor=request.user, inquiry=inquiry)
    is_applicant = inquiry.applicant_id == request.user.pk
    context = {
        "inquiry": inquiry,
        "can_answer": is_applicant and inquiry.is_returned,
        "can_withdraw": is_applicant and inquiry.is_open,
        "replies": inquiry.replies.public(),
        "events": inquiry.events.public(),
        "attachments": inquiry.attachments.sent().select_related("document_type"),
        "notices": Message.objects.about(inquiry.reference),
    }
    return render(request, "inquiries/detail.html", context)


@keeps_typed("answer")
@resident_required
def answer_return(request, reference):
    """Send back what was returned, with words and documents."""
    inquiry = get_filed_by(request.user, reference)
    if request.method != "POST" and not inquiry.is_returned:
        return redirect("inquiries:detail", reference)
    actions.note_read(actor=request.user, inquiry=inquiry)
    typed = take_typed(request, "answer") or {}
    form = _form_of(ReturnAnswerForm, inquiry, typed.get("text"), request.POST)
    documents = DocumentsForm(
        request.POST or None, request.FILES or None, inquiry=inquiry, is_required=False
    )
    # Files that can be taken are kept, whatever is wrong beside them. After a second click, the
    # first has sent them already.
    if request.method == "POST" and inquiry.is_returned and documents.is_valid():
        attach_all(request, inquiry, documents)
    if request.method == "POST" and press_button(request, inquiry):
        form = _form_of(ReturnAnswerForm, inquiry, request.POST.get("text"))
    elif form.is_valid() and documents.is_valid():
        try:
            actions.answer_return(actor=request.user, inquiry=inquiry, **form.cleaned_data)
        except RuleViolation as violation:
            form = _told_of(request, form, inquiry, violation)
        else:
            messages.success(request, _("Your answer has been sent."))
            return redirect("inquiries:detail", reference)
    context = {
        "inquiry": inquiry,
        "form": form,
        "documents": documents,
        "replies": inquiry.replies.public(),
        "attachments": inquiry.attachments.unsent().select_related("document_type"),
    }
    return render(request, "inquiries/answer.html", context)


@keeps_typed("withdraw")
@resident_required
def withdraw(request, reference):
    inquiry = get_filed_by(request.user, reference)
    if request.method != "POST" and not inquiry.is_open:
        return redirect("inquiries:detail", reference)
    typed = take_typed(request, "withdraw") or {}
    form = _form_of(WithdrawForm, inquiry, typed.get("text"), request.POST)
    if form.is_valid():
        try:
            actions.withdraw(actor=request.user, inquiry=inquiry, **form.cleaned_data)
        except RuleViolation as violation:
            form = _told_of(request, form, inquiry, violation)
        else:
            messages.success(request, _("The inquiry has been withdrawn."))
            return redirect("inquiries:detail", reference)
    return render(request, "inquiries/withdraw.html", {"form": form, "inquiry": inquiry})


def _form_of(form_class, inquiry, text, posted=None):
    """The form with what was posted, or for the version that is on this page."""
    return form_class(posted or None, initial={"seen": inquiry.version, "text": text})


def _told_of(request, form, inquiry, violation):
    """The person is told what stands against it; the text stays, for the page as it is now."""
    messages.error(request, violation.message)
    inquiry.refresh_from_db()
    return _form_of(type(form), inquiry, form.cleaned_data["text"])
