"""The triage desk: the queue of inquiries, and one inquiry on one page."""

import re

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext_lazy as _

from requests_app import actions
from requests_app.documents import download
from requests_app.forms import AnswerForm, ClaimForm
from requests_app.models import Inquiry
from tawasul.accounts.access import keeps_typed, take_typed
from tawasul.display import ltr
from tawasul.exceptions import RuleViolation
from tawasul.hijri import both_calendars
from tawasul.numbers import bare_digits, grouped_reference

_ANSWERS = {
    "reply": (actions.reply, _("Your answer has been sent.")),
    "approve": (actions.approve, _("The inquiry has been approved.")),
    "reject": (actions.reject, _("The inquiry has been rejected.")),
}


class QueueFilter(admin.SimpleListFilter):
    """What this officer has to do, unless they ask for everything."""

    title = _("queue")
    parameter_name = "queue"

    def lookups(self, request, model_admin):
        return [("all", _("All inquiries"))]

    def choices(self, changelist):
        for value, label in ((None, _("Unassigned and mine")), *self.lookup_choices):
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string(
                    {self.parameter_name: value} if value else None, [self.parameter_name]
                ),
                "display": label,
            }

    def queryset(self, request, queryset):
        if self.value() == "all" or request.GET.get("q"):
            return queryset
        return queryset.waiting().unclaimed_or_of(request.user)


class FiledStatusFilter(admin.ChoicesFieldListFilter):
    """The statuses that staff can meet: a draft is its applicant's alone."""

    def choices(self, changelist):
        for choice in super().choices(changelist):
            if choice["display"] != Inquiry.Status.DRAFT.label:
                yield choice


@admin.register(Inquiry)
class InquiryAdmin(admin.ModelAdmin):
    list_display = (
        "request_number",
        "service",
        "name",
        "status",
        "assignee",
        "due",
        "pace",
    )
    list_filter = (QueueFilter, ("status", FiledStatusFilter), "outcome")
    list_select_related = ("service", "assignee__identity")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("=reference",)
    ordering = ("due_on", "pk")
    actions = None
    show_facets = admin.ShowFacets.NEVER

    @admin.display(description=_("request number"), ordering="reference")
    def request_number(self, inquiry):
        return ltr(grouped_reference(inquiry.reference))

    @admin.display(description=_("due on"), ordering="due_on")
    def due(self, inquiry):
        return both_calendars(inquiry.due_on)

    @admin.display(description=_("time left"))
    def pace(self, inquiry):
        if inquiry.status != Inquiry.Status.UNDER_PROCESSING:
            return ""
        return _("overdue") if inquiry.is_overdue else _("on time")

    def get_queryset(self, request):
        return Inquiry.objects.for_staff(request.user)

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": self.opts.verbose_name_plural})

    def get_search_results(self, request, queryset, search_term):
        return super().get_search_results(request, queryset, bare_digits(search_term))

    def lookup_allowed(self, lookup, value, request):
        """Only what the filters offer: nobody searches descriptions by typing an address."""
        return lookup in ("queue", "status__exact", "outcome__exact")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        of_staff = self.admin_site.admin_view
        answer = keeps_typed("desk")(of_staff(self.answer))
        document = "<int:pk>/documents/<int:document_pk>/"
        return [
            path("<int:pk>/claim/", of_staff(self.claim), name="inquiry_claim"),
            path("<int:pk>/answer/", answer, name="inquiry_answer"),
            path(document, of_staff(self.document), name="inquiry_document"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """One inquiry on one page: read here, changed by the buttons alone."""
        if not re.fullmatch("[0-9]{1,18}", object_id):
            return redirect("admin:requests_app_inquiry_changelist")
        inquiry = self._get(request, int(object_id))
        # Only whose inquiry it is wrote the answer that may have been kept in this browser.
        is_mine = inquiry.assignee == request.user
        typed = (is_mine and take_typed(request, "desk")) or {}
        return self._desk(request, inquiry, self._answer_form(inquiry, typed.get("text")))

    def claim(self, request, pk):
        inquiry = self._get(request, pk)
        form = ClaimForm(request.POST)
        if form.is_valid():
            try:
                actions.claim(actor=request.user, inquiry=inquiry, seen=form.cleaned_data["seen"])
            except RuleViolation as violation:
                messages.error(request, violation.message)
            else:
                messages.success(
                    request, _("The inquiry is assigned to you. You can answer it now.")
                )
        return redirect("admin:requests_app_inquiry_change", pk)

    def answer(self, request, pk):
        inquiry = self._get(request, pk)
        if request.method != "POST":
            return redirect("admin:requests_app_inquiry_change", pk)
        if request.POST.get("deed") not in _ANSWERS:
            raise BadRequest("no such deed")
        act, done = _ANSWERS[request.POST["deed"]]
        form = AnswerForm(request.POST)
        if form.is_valid():
            try:
                act(actor=request.user, inquiry=inquiry, **form.cleaned_data)
            except RuleViolation as violation:
                messages.error(request, violation.message)
                # The officer has now been told what changed, and the page shows it.
                inquiry.refresh_from_db()
                form = self._answer_form(inquiry, form.cleaned_data["text"])
            else:
                messages.success(request, done)
                return redirect("admin:requests_app_inquiry_change", pk)
        return self._desk(request, inquiry, form)

    def document(self, request, pk, document_pk):
        inquiry = self._get(request, pk)
        return download(get_object_or_404(inquiry.attachments, pk=document_pk))

    def _get(self, request, pk):
        if not self.has_view_permission(request):
            raise PermissionDenied
        inquiries = self.get_queryset(request).select_related(
            "applicant__identity", "holder", "beneficiary", "service", "assignee__identity"
        )
        return get_object_or_404(inquiries, pk=pk)

    def _answer_form(self, inquiry, text=None):
        return AnswerForm(initial={"seen": inquiry.version, "text": text})

    def _desk(self, request, inquiry, form):
        is_open = inquiry.status == Inquiry.Status.UNDER_PROCESSING
        context = {
            **self.admin_site.each_context(request),
            "title": inquiry.service.name,
            "opts": self.opts,
            "inquiry": inquiry,
            "attachments": inquiry.attachments.select_related("document_type"),
            "replies": inquiry.replies.select_related("author__identity"),
            "events": inquiry.events.select_related("actor__identity"),
            "form": form,
            "can_claim": is_open and inquiry.assignee is None,
            # An answer that was refused stays on the screen, whoever has the inquiry now.
            "can_answer": (is_open and inquiry.assignee == request.user)
            or request.method == "POST",
        }
        return render(request, "admin/requests_app/inquiry/desk.html", context)
