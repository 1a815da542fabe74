"""A person's inquiries: the list, the page of one inquiry, and its receipt."""

from operator import attrgetter

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from core.accounts.access import SignedInRequest, resident_required
from core.accounts.rights import Acting, refusal
from core.accounts.session_holder import holder_of
from core.messaging.models import Message
from core.pages import UncountedPaginator
from requests_app import actions
from requests_app.actions import Deed, Rights
from requests_app.models import Inquiry, InquiryEvent
from requests_app.stations import stations_of
from requests_app.views.access import filed_page

ROWS = 20
MAX_OPENINGS = 100  # the latest ones, on the page of an inquiry
LIST_FILTERS = {
    "all": gettext_lazy("All"),
    "drafts": gettext_lazy("Drafts"),
    "waiting": gettext_lazy("Waiting for you"),
    "open": gettext_lazy("With the Directorate"),
    "finished": gettext_lazy("Finished"),
}
# What a list says that has no rows.
EMPTY_LISTS = {
    "all": gettext_lazy(
        "You have not filed an inquiry yet. When you have, its answer appears here."
    ),
    "drafts": gettext_lazy("You have begun no inquiry that is not sent yet."),
    "waiting": gettext_lazy(
        "Nothing waits for you. When an officer asks for something, we text you and it stands here."
    ),
    "open": gettext_lazy("The Directorate has no open inquiry of yours."),
    "finished": gettext_lazy("None of your inquiries has been answered to the end yet."),
}


@resident_required
def inquiry_list(request: SignedInRequest) -> HttpResponse:
    asked = request.GET.get("show")
    show = asked if asked in LIST_FILTERS else "all"
    acting = Acting(request.user, holder_of(request))
    inquiries = Inquiry.objects.listed_for(acting)
    querysets = {
        "all": inquiries,
        "drafts": inquiries.drafts_of(request.user),
        "waiting": inquiries.waiting_for(acting),
        "open": inquiries.readable().waiting(),
        "finished": inquiries.readable().finished(),
    }
    rows = querysets[show].select_related("holder").latest_first()
    page = UncountedPaginator(rows, ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "show": show,
        "shown": LIST_FILTERS.items(),
        "why_empty": EMPTY_LISTS[show],
    }
    return render(request, "inquiries/list.html", context)


@filed_page(Deed.READ)
def receipt(request: SignedInRequest, rights: Rights) -> HttpResponse:
    documents = rights.documents().sent().count()
    context = {"inquiry": rights.inquiry, "documents": documents}
    return render(request, "inquiries/receipt.html", context)


@filed_page(Deed.READ)
def handled(request: SignedInRequest, rights: Rights) -> HttpResponse:
    """Show who of the staff has opened and handled an inquiry, by role and time."""
    openings = rights.inquiry.openings.order_by("-pk").select_related("document")[:MAX_OPENINGS]
    of_staff = rights.inquiry.events.public().exclude(role=InquiryEvent.Role.APPLICANT)
    rows = sorted([*openings, *of_staff], key=attrgetter("at"), reverse=True)
    return render(request, "inquiries/handled.html", {"inquiry": rights.inquiry, "rows": rows})


@filed_page(Deed.READ_TEXT)
def detail(request: SignedInRequest, rights: Rights) -> HttpResponse:
    """Show an inquiry; to whom it no longer belongs, what they filed and nothing else."""
    inquiry = rights.inquiry
    replies = list(rights.replies())
    context = {"inquiry": inquiry, "rights": rights, "replies": replies}
    if not rights.may(Deed.READ):
        context["why"] = refusal(request.user, inquiry, rights.relation).message
        return render(request, "inquiries/former.html", context)
    if request.method != "HEAD" and any(reply.is_unread for reply in replies):
        actions.mark_answers_read(actor=request.user, inquiry=inquiry)
        context["replies"] = rights.replies()
    notices = Message.objects.about(inquiry.reference).filter(owner=request.user.pk)
    events = list(inquiry.events.public())
    context |= {
        "can_answer": rights.may(Deed.ANSWER) and inquiry.is_returned,
        "can_add": rights.may(Deed.ANSWER) and inquiry.is_at_the_desk,
        "can_ask": rights.may(Deed.ANSWER) and actions.can_ask_back(inquiry, events),
        "can_withdraw": rights.may(Deed.WITHDRAW) and inquiry.is_open,
        "can_resume": rights.may(Deed.RESUME) and inquiry.can_be_resumed,
        "can_ask_for_review": rights.may(Deed.ASK_FOR_REVIEW) and inquiry.can_be_reviewed,
        "why_not_withdraw": inquiry.is_open and rights.why_closed(Deed.WITHDRAW),
        "events": events,
        "stations": stations_of(inquiry, events),
        "attachments": rights.documents().sent(),
        "notices": notices,
    }
    return render(request, "inquiries/detail.html", context)
