"""The queue of inquiries: its filters, columns, search and bulk actions."""

import datetime
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest
from django.core.paginator import Page, Paginator
from django.db.models import F, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core.accounts.access import StaffRequest
from core.accounts.interrupted_forms import keeps_input
from core.accounts.models import User
from core.hijri import both_calendars
from core.methods import READ, takes, takes_form
from core.references import grouped_reference
from core.staff_lists import CappedPaginator, StaffList, searched_for
from core.staff_reading import days_from_today, status_tag
from core.template_filters import isolated, ltr
from requests_app.admin import bulk, desk, transfer
from requests_app.admin.buttons import ANSWERS, BUTTONS, IN_BULK
from requests_app.admin.exports import export, export_file, exports
from requests_app.admin.figures import figures
from requests_app.admin.filters import (
    AskedBackFilter,
    AssigneeFilter,
    FiledStatusFilter,
    HeldBackFilter,
    LookAgainFilter,
    OverdueFilter,
    ReviewFilter,
    SecondReadingFilter,
    TeamFilter,
    teams_told_apart,
)
from requests_app.admin.names import beneficiary_of
from requests_app.admin.next_inquiry import take_next
from requests_app.admin.periods import (
    AgeFilter,
    AnsweredFilter,
    FiledFilter,
    InTimeFilter,
    ReturnedFilter,
)
from requests_app.admin.workload import workload
from requests_app.models import Inquiry, InquiryQuerySet
from requests_app.models.figures import may_see_figures

if TYPE_CHECKING:
    pass


# What a row of the list shows. The texts of an inquiry are by far its largest columns.
SHOWN = (
    *("reference", "service", "team", "name", "status", "outcome", "pending_outcome"),
    *("due_on", "version", "new_since", "asked_back_at", "rejected_by"),
    *("beneficiary__name_ar", "beneficiary__name_en"),
    *("assignee__username", "assignee__identity__name_ar", "assignee__identity__name_en"),
)


MAX_FOUND = 500  # inquiries that a search shows


class FoundPaginator(CappedPaginator):
    """Pages of what a search has found, newest first.

    A frequent word is found among the latest inquiries, which are read one by one until there are
    MAX_FOUND. For a rare one, the index gives the keys of all that have it, which are few enough to
    be sorted here. What is shown is then read by its keys: PostgreSQL takes every word to be in one
    row of fifty, and would join for so many.
    """

    object_list: InquiryQuerySet

    @cached_property
    def _among_latest(self) -> list[int]:
        return list(self.object_list.latest_found.values_list("pk", flat=True)[:MAX_FOUND])

    @cached_property
    def _found(self) -> list[int]:
        """The keys of what was found, newest first; of MAX_FOUND, it is not known which."""
        if len(self._among_latest) == MAX_FOUND:
            return self._among_latest
        keys = self.object_list.order_by().values_list("pk", flat=True)[:MAX_FOUND]
        return sorted(keys, reverse=True)

    @cached_property
    def _capped_count(self) -> tuple[int, bool]:
        return len(self._found), len(self._found) == MAX_FOUND

    def page(self, number: int | str) -> Page:
        number = self.validate_number(number)
        bottom = (number - 1) * self.per_page
        shown = slice(bottom, bottom + self.per_page)
        keys = (self._among_latest if self.is_cut_off else self._found)[shown]
        if self.is_cut_off and len(keys) < self.per_page:
            keys = list(self.object_list.values_list("pk", flat=True)[shown])
        searched = cast(InquiryQuerySet, self.object_list.searched)
        return Page(searched.filter(pk__in=keys).order_by("-pk"), number, self)


class FoundList(ChangeList):
    """A list that takes what a search has found from the paginator, the only page of it, too."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.multi_page and isinstance(self.paginator, FoundPaginator):
            self.result_list = self.paginator.page(1).object_list


def _questions_for(user: User) -> int:
    """Return how many questions after an answer wait for this officer, or for anybody."""
    if not user.has_perm("requests_app.triage_inquiry"):
        return 0
    asked_back = Inquiry.objects.visible_to_staff(user).asked_back()
    return asked_back.unassigned_or_assigned_to(user).count()


def _bulk_action(name: str) -> Callable[..., HttpResponse]:
    button = BUTTONS[name]

    @admin.action(description=button.label, permissions=[button.permission])
    def choose(
        model_admin: "InquiryAdmin", request: StaffRequest, queryset: InquiryQuerySet
    ) -> HttpResponse:
        return bulk.begin(request, name, queryset)

    choose.__name__ = name
    return choose


@admin.register(Inquiry)
class InquiryAdmin(StaffList, admin.ModelAdmin):
    list_display = (
        "request_number",
        "short_service",
        "beneficiary_name",
        "state",
        "officer",
        "due",
    )
    list_filter = (
        AssigneeFilter,
        OverdueFilter,
        LookAgainFilter,
        AskedBackFilter,
        ReviewFilter,
        HeldBackFilter,
        SecondReadingFilter,
        ("status", FiledStatusFilter),
        "outcome",
        "service",
        TeamFilter,
        AgeFilter,
        FiledFilter,
        AnsweredFilter,
        InTimeFilter,
        ReturnedFilter,
    )
    list_select_related = ("beneficiary", "assignee__identity")
    search_fields = ("search_text",)
    ordering = ("due_on", "pk")
    actions = [_bulk_action(name) for name in IN_BULK]

    @admin.display(description=_("request number"), ordering="reference")
    def request_number(self, inquiry: Inquiry) -> SafeString:
        return ltr(grouped_reference(inquiry.reference))

    @admin.display(description=Inquiry._meta.get_field("service").verbose_name, ordering="service")
    def short_service(self, inquiry: Inquiry) -> str:
        return inquiry.service.short_name

    @admin.display(description=_("team"), empty_value="-")
    def team_name(self, inquiry: Inquiry) -> SafeString | None:
        return isolated(inquiry.team_now.name) if inquiry.team_now else None

    @admin.display(
        description=Inquiry._meta.get_field("name").verbose_name, ordering="beneficiary__name_ar"
    )
    def beneficiary_name(self, inquiry: Inquiry) -> SafeString:
        return beneficiary_of(inquiry)

    @admin.display(description=_("assigned to"), ordering="assignee", empty_value="-")
    def officer(self, inquiry: Inquiry) -> SafeString | None:
        return isolated(inquiry.assignee.get_short_name()) if inquiry.assignee else None

    @admin.display(description=Inquiry._meta.get_field("status").verbose_name, ordering="status")
    def state(self, inquiry: Inquiry) -> SafeString:
        tags = [self._status_of(inquiry)]
        if inquiry.asked_back_at:
            tags.append(status_tag("needed", _("Question after the answer")))
        if inquiry.new_since:
            tags.append(status_tag("new", _("New from the applicant")))
        return format_html_join(" ", "{}", ([tag] for tag in tags))

    def _status_of(self, inquiry: Inquiry) -> SafeString:
        if inquiry.outcome:
            return status_tag(inquiry.outcome, inquiry.get_outcome_display())
        if inquiry.pending_outcome:
            return status_tag(inquiry.pending_outcome, inquiry.pending_words)
        if inquiry.is_review:
            return status_tag(inquiry.status, inquiry.review_words)
        return status_tag(inquiry.status, inquiry.get_status_display())

    @admin.display(description=_("due on"), ordering="due_on")
    def due(self, inquiry: Inquiry) -> SafeString | str:
        """Return the day, and before it how far it is while officers have to meet it."""
        day = cast(datetime.date, inquiry.due_on)
        if not inquiry.is_at_the_desk:
            return both_calendars(day)
        left = days_from_today(day)
        far = format_html("<strong>{}</strong>", left)
        if inquiry.is_overdue:
            far = format_html("{} {}", status_tag("rejected", _("overdue")), left)
        return format_html('{} <span class="hint">{}</span>', far, both_calendars(day))

    def get_queryset(self, request: HttpRequest) -> InquiryQuerySet:
        inquiries = Inquiry.objects.visible_to_staff(cast(StaffRequest, request).user)
        return inquiries.only(*SHOWN)

    def get_list_display(self, request: HttpRequest) -> Any:
        if not teams_told_apart(cast(StaffRequest, request).user):
            return self.list_display
        return ("request_number", "short_service", "team_name", *self.list_display[2:])

    def get_action_choices(
        self, request: HttpRequest, default_choices: list[tuple[str, str]] | None = None
    ) -> list[tuple[str, str]]:
        return super().get_action_choices(request, [("", str(_("Choose an action")))])

    def get_paginator(
        self, request: HttpRequest, queryset: QuerySet, per_page: int, *args: Any, **kwargs: Any
    ) -> Paginator:
        if isinstance(queryset, InquiryQuerySet) and queryset.searched is not None:
            return FoundPaginator(queryset, per_page)
        return super().get_paginator(request, queryset, per_page, *args, **kwargs)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return FoundList

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable] | tuple[str, ...]:
        if searched_for(request):
            # The order is newest first, by an expression: in the order of an index, PostgreSQL
            # would read the whole table for a word that only old rows have.
            return [(F("pk") + 0).desc()]
        return self.ordering

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not all(re.fullmatch("[0-9]{1,18}", pk) for pk in chosen):
            raise BadRequest("no such choice")
        user = cast(StaffRequest, request).user
        context = {"may_see_figures": may_see_figures(user), "questions": _questions_for(user)}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def get_search_results(  # type: ignore[override]  # what get_queryset returns
        self, request: HttpRequest, queryset: InquiryQuerySet, search_term: str
    ) -> tuple[InquiryQuerySet, bool]:
        query = searched_for(request)
        return queryset.with_words(query) if query else queryset, False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Inquiry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Inquiry | None = None) -> bool:
        return False

    def has_triage_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("requests_app.triage_inquiry")

    def has_assign_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("requests_app.assign_inquiry")

    def get_urls(self) -> list[URLPattern]:
        of_staff = self.admin_site.admin_view
        document = "<int:pk>/documents/<int:document_pk>/"
        page = f"{document}pages/<int:page>/"
        alone = [name for name in BUTTONS if name not in ANSWERS]
        answer = keeps_input("desk_answer")(of_staff(desk.answer))
        chosen = keeps_input("bulk")(of_staff(bulk.press))
        return [
            *(
                path(f"<int:pk>/{name}/", self._press(name), name=f"inquiry_{name}")
                for name in alone
            ),
            path("<int:pk>/answer/", answer, name="inquiry_answer"),
            path(document, of_staff(desk.document), name="inquiry_document"),
            path(page, of_staff(desk.document_page), name="inquiry_page"),
            path(f"{page}picture/", of_staff(desk.page_as_picture), name="inquiry_picture"),
            path(f"{document}original/", of_staff(desk.document_original), name="inquiry_original"),
            path("workload/", of_staff(workload), name="inquiry_workload"),
            path("next/", of_staff(take_next), name="inquiry_next"),
            path("bulk/<slug:name>/", chosen, name="inquiry_bulk"),
            path("figures/", of_staff(figures), name="inquiry_figures"),
            path("export/", of_staff(export), name="inquiry_export"),
            path("exports/", of_staff(exports), name="inquiry_exports"),
            path("exports/<int:pk>/", of_staff(export_file), name="inquiry_export_file"),
            *super().get_urls(),
        ]

    def _press(self, name: str) -> Callable[..., HttpResponse]:
        """Return the view of a button, which keeps its text like an answer if it has one."""
        press = transfer.press if name == "transfer" else partial(desk.press, name=name)
        view = takes_form(self.admin_site.admin_view(press))
        has_text = "text" in BUTTONS[name].form.base_fields
        return keeps_input(f"desk_{name}")(view) if has_text else view

    @takes(*READ)
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not re.fullmatch("[0-9]{1,18}", object_id):
            return redirect("admin:requests_app_inquiry_changelist")
        return desk.desk(cast(StaffRequest, request), int(object_id))
