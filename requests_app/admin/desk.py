"""The page of an inquiry for officers; only its buttons change the inquiry."""

import datetime
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Prefetch, Q, prefetch_related_objects
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language_info, pgettext
from django.utils.translation import gettext as _

from core.accounts.access import StaffRequest, get_visible
from core.accounts.interrupted_forms import take_input
from core.accounts.models import User
from core.accounts.rights import has_passed_on
from core.arabic_spelling import is_arabic
from core.catalogue.models import several_teams
from core.catalogue.working_days import shown_working_days
from core.exceptions import RuleViolation
from core.http import in_language, other_language
from core.methods import takes_form
from core.security_log import Event, note
from requests_app.actions import mark_messages_read, note_opening, notice_of, see_held_back
from requests_app.admin.buttons import ANSWERS, BUTTONS, DECISIONS, OWN_TEXTS
from requests_app.admin.names import beneficiary_of
from requests_app.downloads import download, download_original, opened, page_picture
from requests_app.forms import (
    AnswerForm,
    AssignForm,
    CannedTextForm,
    NoteForm,
    ReopenForm,
    SecondReadingForm,
    TransferForm,
)
from requests_app.models import Attachment, Decision, Inquiry, InquiryEvent

MAX_OPENINGS = 100  # the latest ones, in the history
EventType = InquiryEvent.EventType
NOTICE_OF = {"approve": EventType.APPROVED, "reject": EventType.REJECTED}
PAGE_SIDE = 1600  # pixels; a page of small print is readable at this size


def get_inquiry_for(request: StaffRequest, pk: int) -> Inquiry:
    """Return the inquiry if this officer may see it; raise 404 as for a missing one if not."""
    if not request.user.has_perm("requests_app.view_inquiry"):
        raise PermissionDenied
    inquiries = Inquiry.objects.visible_to_staff(request.user, now=True).select_related(
        "applicant__identity",
        "holder",
        "beneficiary",
        "assignee__identity",
        "rejected_by__identity",
    )
    return get_visible(inquiries, request.user, "inquiry", pk=pk)


def desk(request: StaffRequest, pk: int) -> HttpResponse:
    inquiry = get_inquiry_for(request, pk)
    if request.method != "HEAD":
        note_opening(actor=request.user, inquiry=inquiry)
        # The inquiry itself keeps the marks, so that this page shows what is new.
        mark_messages_read(actor=request.user, inquiry=inquiry)
    answered = take_input(request, "desk_answer").get("text")
    typed = {name: take_input(request, f"desk_{name}") for name in OWN_TEXTS}
    # A message means that an action was done, so the focus goes to the next thing to do.
    focus = "work" if len(messages.get_messages(request)) else ""
    decision = _last_decision(inquiry)
    unsent = decision if decision and decision.is_open_again_to(request.user) else None
    if unsent and request.method != "HEAD":
        see_held_back(actor=request.user, decision=unsent)
    kept = unsent.text if unsent and inquiry.is_at_the_desk else None
    return _page(request, inquiry, _answer_form(inquiry, answered or kept), typed, focus)


@takes_form
def press(request: StaffRequest, pk: int, name: str) -> HttpResponse:
    """Run the action of a button that needs no answer to the applicant."""
    inquiry = get_inquiry_for(request, pk)
    button = BUTTONS[name]
    if request.method != "POST":
        return redirect("admin:requests_app_inquiry_change", pk)
    form = button.form(request.POST)
    if form.is_valid():
        try:
            button.act(actor=request.user, inquiry=inquiry, **form.cleaned_data)
        except RuleViolation as violation:
            messages.error(request, violation.message)
        else:
            messages.success(request, button.done)
            if button.ends_sight:
                return redirect("admin:requests_app_inquiry_changelist")
            return redirect("admin:requests_app_inquiry_change", pk)
    elif "expected_version" not in form.errors:
        for errors in form.errors.values():
            messages.error(request, str(errors[0]))
    # The message says what changed, so the page shows the current version and the typed text.
    inquiry.refresh_from_db()
    typed = {name: request.POST}
    return _page(request, inquiry, _answer_form(inquiry), typed, focus="told")


@takes_form
def answer(request: StaffRequest, pk: int) -> HttpResponse:
    """Send an answer to the applicant; the pressed button decides what happens to the inquiry.

    A decision is shown before it is made. An inquiry that has changed meanwhile is not asked about:
    the action says what has changed, or that this very decision has been made.
    """
    inquiry = get_inquiry_for(request, pk)
    if request.method != "POST":
        return redirect("admin:requests_app_inquiry_change", pk)
    form, decision = AnswerForm(request.POST), request.POST.get("decision")
    is_valid = form.is_valid()
    if "insert" in request.POST:
        return _with_canned_text(request, inquiry, form)
    if "preview" in request.POST and is_valid:
        return _confirmation(request, inquiry, form, "")
    if (
        "change" in request.POST
        or "preview" in request.POST
        or (form.is_switched and decision not in DECISIONS)
    ):
        return _page(request, inquiry, form)
    if decision not in ANSWERS:
        raise BadRequest("no such decision")
    is_shown = decision in DECISIONS and "confirmed" not in request.POST
    if form.is_switched or (
        is_shown and is_valid and form.cleaned_data["expected_version"] == inquiry.version
    ):
        return _confirmation(request, inquiry, form, decision)
    button = BUTTONS[decision]
    focus = ""
    if is_valid:
        try:
            button.act(actor=request.user, inquiry=inquiry, **form.cleaned_data)
        except RuleViolation as violation:
            messages.error(request, violation.message)
            focus = "told"
            # The message says what changed, so the page shows the current version.
            inquiry.refresh_from_db()
            form = _answer_form(inquiry, form.cleaned_data["text"])
        else:
            messages.success(request, button.done)
            return redirect("admin:requests_app_inquiry_change", pk)
    return _page(request, inquiry, form, focus=focus)


def _with_canned_text(request: StaffRequest, inquiry: Inquiry, form: AnswerForm) -> HttpResponse:
    """Show the desk with the chosen canned text below what is typed already."""
    choice = CannedTextForm(request.POST, inquiry=inquiry)
    canned = choice.cleaned_data["canned"] if choice.is_valid() else None
    for errors in choice.errors.values():
        messages.error(request, str(errors[0]))
    texts = [request.POST.get("text", "").strip(), canned.filled_in(inquiry) if canned else ""]
    return _page(request, inquiry, _answer_form(inquiry, "\n\n".join(filter(None, texts))))


def _confirmation(
    request: StaffRequest, inquiry: Inquiry, form: AnswerForm, decision: str
) -> HttpResponse:
    """Show what the applicant will get, before anything is done: a preview, or a decision."""
    # A form that is shown again in the other language has nothing cleaned.
    typed = {name: form.cleaned_data.get(name, form[name].value()) for name in form.fields}
    form = AnswerForm(initial=typed)
    form.fields["text"].widget = forms.HiddenInput()
    titles = {
        "approve": _("Approve this inquiry?"),
        "reject": _("Reject this inquiry?"),
        "": _("What the applicant will get"),
    }
    language = inquiry.applicant.language
    context = {
        **admin.site.each_context(request),
        "title": titles[decision],
        "inquiry": inquiry,
        "beneficiary": beneficiary_of(inquiry),
        "decision": decision,
        "text": typed["text"],
        "form": form,
        "typed_at": _typed_at(inquiry),
        "minutes": decision and settings.DECISION_MINUTES,
        "language": get_language_info(language),
        "notice": notice_of(inquiry, NOTICE_OF.get(decision, EventType.REPLIED), language),
        "is_other_language": is_arabic(typed["text"] or "") != (language == "ar"),
    }
    return render(request, "admin/requests_app/inquiry/confirm.html", context)


def document(request: StaffRequest, pk: int, document_pk: int) -> FileResponse | HttpResponse:
    return opened(request, _opened(request, pk, document_pk, "download"), download)


def document_page(request: StaffRequest, pk: int, document_pk: int, page: int) -> HttpResponse:
    """Show a page of a document, with ways to the ones before and after it."""
    return opened(request, _document(request, pk, document_pk), partial(_page_of, request, page))


def document_original(
    request: StaffRequest, pk: int, document_pk: int
) -> FileResponse | HttpResponse:
    return opened(request, _opened(request, pk, document_pk, "original"), download_original)


def _page_of(request: StaffRequest, page: int, attachment: Attachment) -> HttpResponse:
    if not 1 <= page <= (attachment.pages or page):
        raise Http404
    context = {
        **admin.site.each_context(request),
        "title": attachment.document_type.name,
        "inquiry": attachment.inquiry,
        "attachment": attachment,
        "page": page,
        "is_last": page == attachment.pages,
    }
    return render(request, "admin/requests_app/inquiry/document_page.html", context)


def page_as_picture(request: StaffRequest, pk: int, document_pk: int, page: int) -> HttpResponse:
    attachment = _opened(request, pk, document_pk, "preview")
    return opened(request, attachment, partial(page_picture, page=page, longest_side=PAGE_SIDE))


def _opened(request: StaffRequest, pk: int, document_pk: int, kind: str) -> Attachment:
    """Return a document that was sent, for `kind` of opening, and note it if it can be opened."""
    found = _document(request, pk, document_pk, is_original=kind == "original")
    reference = found.inquiry.reference
    if found.can_be_opened:
        if request.method != "HEAD":
            note_opening(actor=request.user, inquiry=found.inquiry, document=found)
        note(Event.DOCUMENT_OPENED, account=request.user.pk, kind=kind, reference=reference)
    return found


def _document(
    request: StaffRequest, pk: int, document_pk: int, *, is_original: bool = False
) -> Attachment:
    """Return a document that was sent, and whose original this officer may have if it is asked."""
    user, inquiry = request.user, get_inquiry_for(request, pk)
    sent, reference = inquiry.attachments.sent(), inquiry.reference
    if is_original:
        may = user.has_perm("requests_app.download_original")
        sent = sent.with_original() if may else sent.none()
    return get_visible(sent, user, "document", reference=reference, pk=document_pk)


def _answer_form(inquiry: Inquiry, text: str | None = None) -> AnswerForm:
    return AnswerForm(initial={"expected_version": inquiry.version, "text": text})


def _events_of(inquiry: Inquiry) -> Iterable[InquiryEvent]:
    """Return the events of the inquiry, read once for a page."""
    with_names = InquiryEvent.objects.select_related("actor__identity")
    prefetch_related_objects([inquiry], Prefetch("events", with_names))
    return inquiry.events.all()


def _last_decision(inquiry: Inquiry) -> Decision | None:
    """Return the last decision that did not leave at once, or None without one."""
    if not any(each.event_type == EventType.DECIDED for each in _events_of(inquiry)):
        return None
    return inquiry.decisions.select_related("officer__identity").last()


def _typed_at(inquiry: Inquiry) -> str:
    """Return where the answer goes when the language of its page is switched."""
    return in_language(reverse("admin:inquiry_answer", args=[inquiry.pk]), other_language())


def _next_after(inquiry: Inquiry, officer: User) -> int | None:
    """Return the pk of the next inquiry in the officer's queue, or None at its end."""
    later = Q(due_on__gt=inquiry.due_on) | Q(due_on=inquiry.due_on, pk__gt=inquiry.pk)
    queue = Inquiry.objects.visible_to_staff(officer).waiting().unassigned_or_assigned_to(officer)
    queue = queue.filter(pending_outcome="").decidable_by(officer)
    return queue.filter(later).order_by("due_on", "pk").values_list("pk", flat=True).first()


def _age_of(inquiry: Inquiry) -> int:
    """Return the working days since it was filed, until it was decided or has ended."""
    filed_at = cast(datetime.datetime, inquiry.submitted_at)
    until = inquiry.processed_at or timezone.now()
    return shown_working_days(timezone.localdate(filed_at), timezone.localdate(until))


def _page(
    request: StaffRequest,
    inquiry: Inquiry,
    form: AnswerForm,
    typed: Mapping[str, Mapping[str, Any]] | None = None,
    focus: str = "",
) -> HttpResponse:
    """Render the desk with the focus on the messages ("told") or the next thing to do ("work").

    `typed` is what stands in the forms of OWN_TEXTS, by their names.
    """

    def typed_in(name: str, *fields: str) -> dict[str, Any]:
        sent: Mapping[str, Any] = (typed or {}).get(name) or {}
        return {**expected_version, **{field: sent.get(field) for field in ("text", *fields)}}

    may_work = request.user.has_perm("requests_app.triage_inquiry")
    may_assign = request.user.has_perm("requests_app.assign_inquiry")
    attachments = list(inquiry.attachments.sent())
    team = inquiry.team_now if several_teams() else None
    is_mine = inquiry.assignee == request.user
    is_at_desk = may_work and inquiry.is_to_be_answered and not inquiry.pending_outcome
    answers = [(name, BUTTONS[name].label) for name in ANSWERS if name not in DECISIONS]
    decisions = [(name, BUTTONS[name].label) for name in DECISIONS]
    if inquiry.asked_back_at:
        answers, decisions = [("reply", _("Answer the question"))], []
    expected_version = {"expected_version": inquiry.version}
    # A refused answer stays on the screen, even if another officer has the inquiry by now.
    can_answer = (is_at_desk and is_mine) or bool(form["text"].value())
    form.keeps_typed = can_answer
    attributes = form.fields["text"].widget.attrs
    attributes["accesskey"] = pgettext("a key of the keyboard", "a")
    if focus == "work" and can_answer:
        attributes |= {"autofocus": True, "aria-describedby": "told"}
    context = {
        **admin.site.each_context(request),
        "title": inquiry.service.name,
        "inquiry": inquiry,
        "team": team,
        "beneficiary": beneficiary_of(inquiry),
        "has_passed_on": has_passed_on(inquiry),
        "attachments": attachments,
        "replies": inquiry.replies.select_related("author__identity"),
        "events": _events_of(inquiry),
        "openings": inquiry.openings.order_by("-pk").select_related("document", "staff__identity")[
            :MAX_OPENINGS
        ],
        "form": form,
        "canned_form": CannedTextForm(inquiry=inquiry),
        "typed_at": _typed_at(inquiry),
        "answers": answers,
        "decisions": decisions,
        "note_form": NoteForm(initial=typed_in("note"), auto_id="note_%s"),
        "age": _age_of(inquiry),
        "can_claim": is_at_desk
        and inquiry.assignee is None
        and inquiry.is_decidable_by(request.user),
        "can_release": is_at_desk and is_mine,
        "can_close": may_work and inquiry.is_processed and not inquiry.asked_back_at,
        "can_note": may_work,
        "can_look_again": may_assign and inquiry.look_again_since is not None,
        "has_unread": any(attachment.is_quarantined for attachment in attachments),
        "may_decide_unread": may_assign,
        "can_answer": can_answer,
        "waits_for_applicant": is_mine and inquiry.is_returned,
        "next": _next_after(inquiry, request.user),
        "focus": focus,
    }
    if decision := _last_decision(inquiry):
        is_held_back = decision.state == Decision.State.HELD_BACK
        context |= {
            "decision": decision,
            "can_take_back": may_work and decision.officer == request.user,
            "held_back": is_held_back and decision.is_open_again_to(request.user),
        }
        if decision.waits_for_reader and may_work and decision.officer != request.user:
            context["second_form"] = SecondReadingForm(
                initial=typed_in("send_refusal_back"), auto_id="second_%s"
            )
    if is_at_desk and may_assign:
        context["assign_form"] = AssignForm(
            initial=expected_version, auto_id="assign_%s", team=team
        )
    if may_assign and inquiry.is_undecided and several_teams():
        context["transfer_form"] = TransferForm(
            initial=typed_in("transfer", "team"), auto_id="transfer_%s", passed_by=team
        )
    # A refused reason stays on the screen, even if the inquiry has been reopened by now.
    reason = typed_in("reopen")
    if may_assign and (inquiry.can_be_reopened or reason["text"]):
        context["reopen_form"] = ReopenForm(initial=reason, auto_id="reopen_%s")
    return render(request, "admin/requests_app/inquiry/desk.html", context)
