"""A person's inquiries: the list, the page of one inquiry, and its receipt."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy

from core.accounts.access import SignedInRequest, resident_required
from core.messaging.models import Message
from requests_app import actions
from requests_app.models import Inquiry
from requests_app.views.access import get_inquiry_for

ROWS = 20
LIST_FILTERS = {
    "all": gettext_lazy("All"),
    "drafts": gettext_lazy("Drafts"),
    "waiting": gettext_lazy("Waiting for you"),
    "open": gettext_lazy("With the Directorate"),
    "finished": gettext_lazy("Finished"),
}


@resident_required
def inquiry_list(request: SignedInRequest) -> HttpResponse:
    asked = request.GET.get("show")
    show = asked if asked in LIST_FILTERS else "all"
    inquiries = Inquiry.objects.visible_to(request.user)
    querysets = {
        "all": inquiries,
        "drafts": inquiries.drafts_of(request.user),
        "waiting": inquiries.waiting_for(request.user),
        "open": inquiries.waiting(),
        "finished": inquiries.finished(),
    }
    rows = querysets[show].select_related("service").order_by("-pk")
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    context = {"page": page, "show": show, "shown": LIST_FILTERS.items()}
    return render(request, "inquiries/list.html", context)


@resident_required
def receipt(request: SignedInRequest, reference: str) -> HttpResponse:
    inquiry = get_inquiry_for(request.user, reference)
    if inquiry.is_draft:
        return redirect("inquiries:details", reference)
    return render(request, "inquiries/receipt.html", {"inquiry": inquiry})


@resident_required
def detail(request: SignedInRequest, reference: str) -> HttpResponse:
    inquiry = get_inquiry_for(request.user, reference)
    if inquiry.is_draft:
        return redirect("inquiries:details", reference)
    if request.method != "HEAD":
        actions.mark_answers_read(actor=request.user, inquiry=inquiry)
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
