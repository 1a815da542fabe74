"""The steps of filing an inquiry, by whoever files it or with a clerk at the counter.

Who opens a step is decided where it gets its address: in `requests_app.urls`, and for clerks in
`tawasul.portal.staff_filing`.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from core.accounts.access import SignedInRequest
from core.accounts.codes import latest_code, seconds_until_another
from core.accounts.forms import CodeForm
from core.accounts.models import Identity, OneTimeCode
from core.accounts.people import Offered, beneficiaries_offered_to, latest_of
from core.accounts.rights import Acting
from core.accounts.session_holder import holder_of
from core.accounts.views.people import FOUND, find_person, send_to_find
from core.exceptions import RuleViolation
from core.http import in_language
from core.methods import takes_form
from requests_app import actions, purposes
from requests_app.forms import (
    HOLDER_CHANGED,
    DetailsForm,
    DocumentsForm,
    NewInquiryForm,
    SubjectForm,
)
from requests_app.models import Inquiry
from requests_app.views.access import address_of
from requests_app.views.documents import (
    asked_documents,
    attach_all,
    press_button,
    say_when_to_send_again,
)

ANOTHER = "another"  # the button to file one although one is open about the same
MAX_ALREADY = 5  # of those are shown
# The step that corrects a violation by its code; all other fields are on the details page.
STEP_TO_FIX = {
    "holder": "inquiries:subject",
    "beneficiary": "inquiries:subject",
    "service": "inquiries:subject",
    "mobile": "inquiries:mobile",
    "document": "inquiries:documents",
}


def new(request: SignedInRequest, *, start: Callable[..., Inquiry] = actions.start) -> HttpResponse:
    """Begin an inquiry with `start`."""
    holder = holder_of(request)
    asked = _asked(request)
    offered = _offered_to(holder, asked)
    find = address_of(request, "new-person")
    if "find" in request.POST or offered.has_to_be_found:
        return _send_to_find(request, find, offered, asked)
    form = NewInquiryForm(request.POST or None, holder=holder, offered=offered, initial=asked)
    if request.method == "POST" and form.is_valid():
        if already := _open_already(request, form):
            return _lead_to(request, already)
        try:
            inquiry = start(actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            return _to(request, "details", inquiry)
    context = {"form": form, "offered": offered, **_not_open(form, asked)}
    return render(request, "inquiries/new.html", context)


def new_person(request: SignedInRequest) -> HttpResponse:
    """Find the beneficiary of a new inquiry among many."""
    return _find_beneficiary(request, address_of(request, "new"))


def subject(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    """Change the beneficiary and the service of a draft."""
    holder = holder_of(request)
    now = {"beneficiary": str(inquiry.beneficiary_id), "service": inquiry.service.slug}
    asked = now | _asked(request)
    offered = _offered_to(holder, asked)
    find = address_of(request, "subject-person", inquiry.reference)
    if "find" in request.POST or offered.has_to_be_found:
        return _send_to_find(request, find, offered, asked)
    form = SubjectForm(request.POST or None, holder=holder, offered=offered, initial=asked)
    if request.method == "POST" and form.is_valid():
        if already := _open_already(request, form):
            return _lead_to(request, already)
        try:
            actions.change_subject(actor=request.user, inquiry=inquiry, **form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            return _to(request, "details", inquiry)
    context = {"form": form, "offered": offered, "inquiry": inquiry, **_not_open(form, asked)}
    return render(request, "inquiries/new.html", context)


def subject_person(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    """Find another beneficiary for a draft among many."""
    return _find_beneficiary(request, address_of(request, "subject", inquiry.reference))


def _open_already(request: SignedInRequest, form: SubjectForm) -> list[Inquiry]:
    """Return what is open about the chosen subject, unless another is to be filed anyway.

    A clerk sees nothing else of the account.
    """
    if ANOTHER in request.POST or hasattr(request, "at_counter"):
        return []
    chosen = form.cleaned_data
    acting = Acting(request.user, chosen["holder"])
    already = Inquiry.objects.open_about(acting, chosen["beneficiary"], chosen["service"])
    return list(already.latest_first()[:MAX_ALREADY])


def _lead_to(request: SignedInRequest, already: list[Inquiry]) -> HttpResponse:
    """Offer to add to what is open about the same, before another one is filed."""
    sent = ("beneficiary", "service", "holder", "idempotency_key", "typist")
    context = {
        "already": already,
        "sent": [(name, request.POST[name]) for name in sent if name in request.POST],
        "another": ANOTHER,
    }
    return render(request, "inquiries/already.html", context)


def _asked(request: SignedInRequest) -> dict[str, str]:
    """Return the beneficiary and the service that were sent, or stand in the address."""
    sent = request.GET.dict() | request.POST.dict()
    return {name: sent[name] for name in ("beneficiary", "service") if sent.get(name)}


def _not_open(form: SubjectForm, asked: dict[str, str]) -> dict[str, Any]:
    """Return what the page says about a service that was asked for and is not open, if any."""
    found = form.services.not_open(asked.get("service"), asked.get("beneficiary"))
    instead = found and found.instead
    return {
        "not_open": found,
        "instead_query": urlencode({**asked, "service": instead.slug}) if instead else "",
    }


def _offered_to(holder: Identity, asked: dict[str, str]) -> Offered:
    return beneficiaries_offered_to(holder, [asked.get("beneficiary")])


def _send_to_find(
    request: SignedInRequest, page: str, offered: Offered, asked: dict[str, str]
) -> HttpResponse:
    missing = asked.pop("beneficiary", None) if offered.has_to_be_found else None
    if request.POST.get("holder") not in (None, "", str(holder_of(request).pk)):
        messages.warning(request, HOLDER_CHANGED)
        missing = None
    return send_to_find(request, page, asked=missing, query=urlencode(asked))


def _find_beneficiary(request: SignedInRequest, page: str) -> HttpResponse:
    holder = holder_of(request)
    people = Identity.objects.beneficiaries_for(holder)
    latest = Inquiry.objects.latest_beneficiaries(request.user, holder)

    def go_on(person: Identity) -> str:
        query = request.GET.copy()
        query.pop(FOUND, None)
        query["beneficiary"] = str(person.pk)
        return f"{page}?{query.urlencode()}"

    return find_person(
        request,
        people=people,
        first=latest_of(people, [holder.pk, *latest]),
        title=_("Who is the inquiry for?"),
        go_on=go_on,
    )


def details(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    initial = {
        "mobile": inquiry.mobile,
        "description": inquiry.description,
        "earlier_reference": inquiry.earlier_reference,
    }
    form = DetailsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_details(actor=request.user, inquiry=inquiry, **form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            if inquiry.has_confirmed_mobile:
                return _to(request, "documents", inquiry)
            return _send_mobile_code(request, inquiry)
    context = {
        "form": form,
        "inquiry": inquiry,
        "obstacle": actions.obstacle(inquiry),
        # A clerk sees nothing else of the account.
        "same_drafts": Inquiry.objects.same_drafts(inquiry).drafts_of(request.user),
    }
    return render(request, "inquiries/details.html", context)


def mobile(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    """Confirm the draft's mobile with the code that was texted to it."""
    if inquiry.has_confirmed_mobile:
        return _to(request, "documents", inquiry)
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
            return _to(request, "documents", inquiry)
    sent = _latest_code(request, inquiry, purposes.CONTACT)
    is_current = sent is not None and sent.recipient == str(inquiry.mobile)
    context = {
        "form": form,
        "inquiry": inquiry,
        "notice": sent.message if sent and is_current else None,
        "seconds_left": seconds_until_another(sent),
    }
    return render(request, "inquiries/mobile.html", context)


def send_mobile_code(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    if request.method != "POST" or inquiry.has_confirmed_mobile:
        return _to(request, "mobile", inquiry)
    return _send_mobile_code(request, inquiry)


def _send_mobile_code(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    try:
        actions.ask_to_confirm_mobile(
            actor=request.user, inquiry=inquiry, session_key=request.session.session_key
        )
    except RuleViolation as violation:
        messages.warning(request, violation.message)
    return _to(request, "mobile", inquiry)


def documents(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    here = _to(request, "documents", inquiry)
    if request.method == "POST" and press_button(request, inquiry):
        return here
    form = DocumentsForm(request.POST or None, request.FILES or None, inquiry=inquiry)
    if request.method == "POST" and form.is_valid() and attach_all(request, inquiry, form):
        return here
    attachments = list(inquiry.attachments.all())
    context = {
        "form": form,
        "inquiry": inquiry,
        "attachments": attachments,
        "rows": asked_documents(form, inquiry, attachments),
        "missing": actions.missing_documents(inquiry.service, attachments),
        # It is the person who reads on, in the language of their account.
        "review_at": in_language(
            address_of(request, "review", inquiry.reference),
            actions.language_for(request.user, inquiry),
        ),
    }
    return say_when_to_send_again(form, render(request, "inquiries/documents.html", context))


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
                return _to(request, "confirm", inquiry)
            problem = violation
        else:
            return _to(request, "confirm", inquiry)
    attachments = list(inquiry.attachments.all())
    context = {
        "inquiry": inquiry,
        "attachments": attachments,
        "problem": problem,
        "mended_at": STEP_TO_FIX.get(problem.code, "inquiries:details") if problem else None,
        "shown": inquiry.content_digest(attachments),
    }
    return render(request, "inquiries/review.html", context)


def confirm(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    """Ask for the code, texted or of the app; on POST, file the inquiry with it."""
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
            return _to(request, "receipt", inquiry)
    sent = _latest_code(request, inquiry, purposes.to_file(inquiry, request.user))
    if sent and sent.confirms != inquiry.content_digest():
        sent = None
    context = {
        "form": form,
        "inquiry": inquiry,
        "shown": sent.confirms if sent else "",
        "notice": sent and sent.message,
        "by_app": sent and sent.by_app,
        "mail": sent and sent.mail,
        "seconds_left": seconds_until_another(sent),
    }
    return render(request, "inquiries/confirm.html", context)


def delete_draft(request: SignedInRequest, inquiry: Inquiry) -> HttpResponse:
    if request.method == "POST":
        try:
            actions.delete_draft(actor=request.user, inquiry=inquiry)
        except RuleViolation as violation:
            messages.error(request, violation.message)
        else:
            messages.success(request, _("The draft has been deleted."))
        return redirect(address_of(request, "list"))
    return render(request, "inquiries/delete.html", {"inquiry": inquiry})


def _latest_code(request: SignedInRequest, inquiry: Inquiry, purpose: str) -> OneTimeCode | None:
    """Return the last code that was sent to the applicant for this purpose in this session."""
    return latest_code(
        actor=inquiry.applicant, purpose=purpose, session_key=request.session.session_key
    )


def _to(request: SignedInRequest, step: str, inquiry: Inquiry) -> HttpResponse:
    return redirect(address_of(request, step, inquiry.reference))


def steps_of_draft(
    guard: Callable[..., Callable[..., HttpResponseBase]],
    choose_subject: Callable[..., HttpResponse],
) -> list[URLPattern]:
    """Return the addresses of the steps of a draft; `guard` decides who gets to them.

    `choose_subject` is the view `subject`, or asks something before it.
    """
    steps = {
        "subject": ("subject/", choose_subject),
        "subject-person": ("subject/person/", subject_person),
        "details": ("details/", details),
        "mobile": ("mobile/", mobile),
        "send-mobile-code": ("mobile/send/", send_mobile_code),
        "documents": ("documents/", documents),
        "review": ("review/", review),
        "confirm": ("confirm/", confirm),
        "delete": ("delete/", delete_draft),
    }
    return [
        path(f"<reference:reference>/{route}", takes_form(guard(view)), name=name)
        for name, (route, view) in steps.items()
    ]
