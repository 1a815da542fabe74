"""Filing an inquiry step by step, and following it."""

from functools import wraps

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render

from requests_app import actions
from requests_app.documents import download
from requests_app.forms import DetailsForm, DocumentForm, NewInquiryForm
from requests_app.models import Inquiry
from tawasul.accounts.access import holder_of, keeps_typed, resident_required, take_typed
from tawasul.accounts.codes import latest_code
from tawasul.accounts.forms import CodeForm
from tawasul.accounts.models import OneTimeCode
from tawasul.exceptions import RuleViolation
from tawasul.messaging.models import Message

ROWS = 20


def get_inquiry_for(user, reference):
    """The inquiry that `user` may see under this reference; 404 for any other as for none."""
    inquiries = Inquiry.objects.of(user).select_related(
        "applicant", "holder", "beneficiary", "service"
    )
    return get_object_or_404(inquiries, reference=reference)


def draft_step(view):
    """A page that works on a draft; once it is filed, each of them leads to the receipt."""

    @wraps(view)
    def step(request, reference):
        inquiry = get_inquiry_for(request.user, reference)
        if not inquiry.is_draft:
            return redirect("inquiries:receipt", reference)
        return view(request, inquiry)

    return resident_required(step)


@resident_required
def inquiry_list(request):
    inquiries = Inquiry.objects.of(request.user).select_related("service").order_by("-pk")
    page = Paginator(inquiries, ROWS).get_page(request.GET.get("page"))
    return render(request, "inquiries/list.html", {"page": page})


@resident_required
def new(request):
    holder = holder_of(request)
    asked = {"service": request.GET.get("service")}
    form = NewInquiryForm(request.POST or None, holder=holder, initial=asked)
    if request.method == "POST" and form.is_valid():
        try:
            inquiry = actions.start(actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            return redirect("inquiries:details", inquiry.reference)
    return render(request, "inquiries/new.html", {"form": form})


@keeps_typed("details")
@draft_step
def details(request, inquiry):
    typed = take_typed(request, "details")
    initial = {
        "name": inquiry.name,
        "id_number": inquiry.id_number,
        "mobile": inquiry.mobile,
        "description": inquiry.description,
    }
    form = DetailsForm(request.POST or None, initial=typed or initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_details(actor=request.user, inquiry=inquiry, **form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            return redirect("inquiries:documents", inquiry.reference)
    return render(request, "inquiries/details.html", {"form": form, "inquiry": inquiry})


@draft_step
def documents(request, inquiry):
    form = DocumentForm(request.POST or None, request.FILES or None, service=inquiry.service)
    if request.method == "POST" and form.is_valid():
        try:
            actions.attach(
                actor=request.user,
                inquiry=inquiry,
                document_type=form.cleaned_data["document_type"],
                upload=form.cleaned_data["file"],
            )
        except RuleViolation as violation:
            form.add_error("file", violation.message)
        else:
            return redirect("inquiries:review", inquiry.reference)
    context = {
        "form": form,
        "inquiry": inquiry,
        "attachments": inquiry.attachments.select_related("document_type"),
        "is_required": inquiry.service.documents.exists(),
    }
    return render(request, "inquiries/documents.html", context)


@draft_step
def review(request, inquiry):
    """Check your answers; posting asks for the code that confirms just these."""
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
        "shown": inquiry.content_digest(),
    }
    return render(request, "inquiries/review.html", context)


@draft_step
def confirm(request, inquiry):
    """The texted code; posting it sends the inquiry."""
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
    sent = latest_code(
        actor=request.user,
        purpose=OneTimeCode.Purpose.FILE,
        session_key=request.session.session_key,
    )
    is_for_this = sent is not None and sent.confirms == inquiry.content_digest()
    context = {
        "form": form,
        "inquiry": inquiry,
        "shown": sent.confirms if is_for_this else "",
        "notice": sent.message if is_for_this else None,
    }
    return render(request, "inquiries/confirm.html", context)


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
    context = {
        "inquiry": inquiry,
        "replies": inquiry.replies.all(),
        "events": inquiry.events.all(),
        "attachments": inquiry.attachments.select_related("document_type"),
        "notices": Message.objects.about(reference),
    }
    return render(request, "inquiries/detail.html", context)


@resident_required
def document(request, reference, pk):
    inquiry = get_inquiry_for(request.user, reference)
    return download(get_object_or_404(inquiry.attachments, pk=pk))
