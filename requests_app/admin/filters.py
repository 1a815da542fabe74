"""The filters of the queue: by who has an inquiry, by its state, and by what waits for whom."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.accounts.access import StaffRequest
from core.accounts.models import User
from core.accounts.teams import of_teams, teams_of
from core.catalogue.models import Team, several_teams
from core.staff_lists import searched_for
from requests_app.forms import officers
from requests_app.models import Inquiry, InquiryQuerySet

if TYPE_CHECKING:
    from django.contrib.admin.filters import _ListFilterChoices
    from django.utils.functional import _StrOrPromise


class AssigneeFilter(admin.SimpleListFilter):
    """A filter by assignee; by default, the unassigned inquiries and the officer's own."""

    title = _("assigned to")
    parameter_name = "queue"

    def lookups(  # type: ignore[override]  # what InquiryAdmin passes
        self, request: StaffRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[str, "_StrOrPromise"]]:
        colleagues = officers(teams_of(request.user))
        return [
            ("mine", _("Me")),
            ("nobody", _("Nobody")),
            *((str(officer.pk), officer.get_short_name()) for officer in colleagues),
            ("all", _("All inquiries")),
        ]

    def choices(self, changelist: ChangeList) -> Iterator["_ListFilterChoices"]:
        chosen = self.value() or ("all" if searched_for(self.request) else None)
        for value, label in ((None, _("Unassigned and mine")), *self.lookup_choices):
            yield {
                "selected": chosen == value,
                "query_string": changelist.get_query_string(
                    {self.parameter_name: value} if value else None, [self.parameter_name]
                ),
                "display": label,
            }

    def queryset(  # type: ignore[override]  # what InquiryAdmin passes
        self, request: StaffRequest, queryset: InquiryQuerySet
    ) -> InquiryQuerySet:
        value = self.value()
        # A search covers all inquiries, and finished ones are found by a filter on their status.
        if value == "all" or (value is None and searched_for(request)):
            return queryset
        narrowing = ("status__exact", "outcome__exact", AskedBackFilter.parameter_name)
        is_narrowed = any(request.GET.get(name) for name in narrowing)
        if value == "mine":
            mine = queryset.filter(assignee=request.user)
            return mine if is_narrowed else queryset.in_hand_of(request.user)
        if not is_narrowed:
            queryset = queryset.waiting()
        if value == "nobody":
            return queryset.filter(assignee=None)
        if value in [str(officer.pk) for officer in officers()]:
            return queryset.filter(assignee=int(value))
        return queryset.unassigned_or_assigned_to(request.user)


class OverdueFilter(admin.SimpleListFilter):
    title = _("time left")
    parameter_name = "time"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[str, "_StrOrPromise"]]:
        return [("overdue", _("overdue"))]

    def queryset(  # type: ignore[override]  # what InquiryAdmin passes
        self, request: StaffRequest, queryset: InquiryQuerySet
    ) -> InquiryQuerySet:
        return queryset.overdue() if self.value() == "overdue" else queryset


class TeamFilter(admin.SimpleListFilter):
    """A filter by team, for those who see the inquiries of several."""

    title = _("team")
    parameter_name = "team"

    def lookups(  # type: ignore[override]  # what InquiryAdmin passes
        self, request: StaffRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[str, "_StrOrPromise"]]:
        return [(team.slug, team.name) for team in teams_told_apart(request.user)]

    def queryset(  # type: ignore[override]  # what InquiryAdmin passes
        self, request: StaffRequest, queryset: InquiryQuerySet
    ) -> InquiryQuerySet:
        teams = teams_told_apart(request.user)
        chosen = {team.pk for team in teams if team.slug == self.value()}
        return queryset.filter(of_teams(chosen)) if chosen else queryset


def teams_told_apart(user: User) -> list[Team]:
    """Return the teams whose inquiries `user` sees, if there are at least two."""
    teams, own = several_teams(), teams_of(user)
    seen = [team for team in teams if not own or team.pk in own]
    return seen if len(seen) > 1 else []


class WaitingFilter(admin.SimpleListFilter):
    """A filter with one choice, for those with a permission: what waits for somebody like them."""

    permission: str
    choice: "_StrOrPromise"
    is_offered = True  # or shown where it is in use alone: the first page has led there

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[str, "_StrOrPromise"]]:
        is_shown = self.is_offered or self.parameter_name in request.GET
        return [("yes", self.choice)] if is_shown and request.user.has_perm(self.permission) else []

    def queryset(  # type: ignore[override]  # what InquiryAdmin passes
        self, request: StaffRequest, queryset: InquiryQuerySet
    ) -> InquiryQuerySet:
        return self.waiting(queryset, request.user) if self.value() == "yes" else queryset

    def waiting(self, inquiries: InquiryQuerySet, user: User) -> InquiryQuerySet:
        raise NotImplementedError


class LookAgainFilter(WaitingFilter):
    """A filter for supervisors: the decided inquiries that have lost a document since."""

    title = _("decisions to review")
    parameter_name = "again"
    permission = "requests_app.assign_inquiry"
    choice = _("a document was removed")

    def waiting(self, inquiries: InquiryQuerySet, user: User) -> InquiryQuerySet:
        return inquiries.to_look_at_again()


class AskedBackFilter(WaitingFilter):
    """A filter for officers: the decided inquiries with an open question about the answer."""

    title = _("questions after an answer")
    parameter_name = "asked"
    permission = "requests_app.triage_inquiry"
    choice = _("waiting for an answer")

    def waiting(self, inquiries: InquiryQuerySet, user: User) -> InquiryQuerySet:
        return inquiries.asked_back()


class ReviewFilter(WaitingFilter):
    """A filter for supervisors: the reviews of rejections that they may decide."""

    title = _("reviews of rejections")
    parameter_name = "review"
    permission = "requests_app.assign_inquiry"
    choice = _("asked for by the applicant")

    def waiting(self, inquiries: InquiryQuerySet, user: User) -> InquiryQuerySet:
        return inquiries.reviews_for(user)


class HeldBackFilter(WaitingFilter):
    """A filter for officers: those of which a decision of theirs did not leave."""

    title = _("decisions not sent")
    parameter_name = "held"
    permission = "requests_app.triage_inquiry"
    choice = _("something came up before")
    is_offered = False

    def waiting(self, inquiries: InquiryQuerySet, user: User) -> InquiryQuerySet:
        return inquiries.held_back_from(user)


class SecondReadingFilter(WaitingFilter):
    """A filter for officers: the refusals that they can read as the second one."""

    title = _("refusals to be read")
    parameter_name = "reading"
    permission = "requests_app.triage_inquiry"
    choice = _("by a second officer")
    is_offered = False

    def waiting(self, inquiries: InquiryQuerySet, user: User) -> InquiryQuerySet:
        return inquiries.to_be_read_by(user)


class FiledStatusFilter(admin.ChoicesFieldListFilter):
    """A filter by status without drafts, which only the applicant sees."""

    def choices(self, changelist: ChangeList) -> Iterator["_ListFilterChoices"]:
        for choice in super().choices(changelist):
            if choice["display"] != Inquiry.Status.DRAFT.label:
                yield choice
