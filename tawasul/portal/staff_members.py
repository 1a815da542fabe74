"""The pages of the staff site on which the accounts of staff are kept."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import user_passes_test
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appointments.models import Office
from core.accounts.access import StaffRequest, get_visible
from core.accounts.models import AUDIT, KEEP_STAFF, Enrolment, StaffEvent, User, staff_accounts
from core.catalogue.models import Team, several_teams
from core.exceptions import RuleViolation
from core.methods import takes_form
from core.search import MAX_QUERY_LENGTH, found_by
from core.text import single_line
from requests_app.forms import VersionForm
from requests_app.models import Inquiry
from tawasul.portal import actions
from tawasul.portal.access_list import with_authenticators
from tawasul.portal.actions.staff import version_of
from tawasul.portal.staff_forms import AddStaffForm, DutiesForm, TakeBackForm
from tawasul.portal.staff_roles import ROLES, roles_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ROWS = 50
MAX_EVENTS = 100
_HOURS = int(Enrolment.VALID_FOR.total_seconds() // 3600)


def _check_reads(user: User) -> bool:
    if user.has_perm(KEEP_STAFF) or user.has_perm(AUDIT):
        return True
    raise PermissionDenied


may_read = user_passes_test(_check_reads)  # type: ignore[arg-type]  # signed in by now


@may_read
def members(request: StaffRequest) -> HttpResponse:
    """List those who work here, then those whose account has ended."""
    words = single_line(request.GET.get("q", ""))[:MAX_QUERY_LENGTH]
    staff = staff_accounts().select_related("identity").prefetch_related("groups", "offices")
    if words:
        username = User.objects.normalize_username(words)
        staff = staff.filter(
            Q(username__contains=username) | found_by("identity__search_text", words)
        )
    page = Paginator(staff.order_by("-is_staff", "username"), ROWS).get_page(
        request.GET.get("page")
    )
    context = {
        "title": _("Accounts of staff"),
        "words": words,
        "page": page,
        "rows": [(member, _roles_in_words(member)) for member in page],
        "may_keep": request.user.has_perm(KEEP_STAFF),
    }
    return _render(request, "list", context)


@takes_form
@may_read
def add(request: StaffRequest) -> HttpResponse:
    if not request.user.has_perm(KEEP_STAFF):
        raise PermissionDenied
    form = AddStaffForm(request.POST or None)
    if form.is_valid():
        try:
            member, code = actions.add_staff(
                actor=request.user,
                username=form.cleaned_data["username"],
                idempotency_key=form.cleaned_data["idempotency_key"],
                **form.duties,
            )
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            if code:
                return _show_code(request, member, code)
            messages.warning(
                request,
                _(
                    "This account has been added already. If you have not noted its code, take "
                    "the authenticator off, which makes a new one."
                ),
            )
            return redirect("admin:member", member.pk)
    return _render(request, "form", {"title": _("Add a member of staff"), "form": form})


@takes_form
@may_read
def member(request: StaffRequest, pk: int) -> HttpResponse:
    """Show an account of staff and what has happened to it; change its duties."""
    member = _member(request, pk)
    version = version_of(member)
    form = DutiesForm(request.POST or None, member=member, version=version)
    if form.is_valid():
        seen = form.cleaned_data["expected_version"]
        try:
            actions.change_staff(
                actor=request.user, member=member, expected_version=seen, **form.duties
            )
        except RuleViolation as violation:
            form = _after(violation, request, member)
        else:
            messages.success(request, _("The account is as you said."))
            return redirect("admin:member", pk)
    return _render(request, "member", {"form": form, **_facts(request.user, member, version)})


@takes_form
@may_read
def take_back(request: StaffRequest, pk: int) -> HttpResponse:
    """Open an account that has ended again, with the duties that are chosen."""
    member = _member(request, pk)
    if not _may_keep(request.user, member):
        raise PermissionDenied
    if member.is_staff:
        return redirect("admin:member", pk)
    form = TakeBackForm(request.POST or None, version=version_of(member))
    if form.is_valid():
        seen = form.cleaned_data["expected_version"]
        try:
            code = actions.take_back_staff(
                actor=request.user, member=member, expected_version=seen, **form.duties
            )
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            return _show_code(request, member, code)
    context = {"title": _("Take an account back"), "form": form, "member": member}
    return _render(request, "form", context)


@dataclass(frozen=True)
class _Step:
    """A deed that is asked about on a page of its own, and what is said there."""

    title: "StrOrPromise"
    consequences: "StrOrPromise"
    act: Callable[..., Any]
    is_danger: bool = False


_STEPS = {
    "end": _Step(
        gettext_lazy("End the account"),
        gettext_lazy(
            "Their sessions end with the next page. Their roles, offices and authenticator go, and "
            "their open inquiries go back to the queue. The account can be taken back."
        ),
        actions.end_staff,
        is_danger=True,
    ),
    "authenticator": _Step(
        gettext_lazy("Remove the authenticator"),
        gettext_lazy(
            "Their sessions end, and their recovery codes are void. You get a code for them, with "
            "which they set a new password and a new authenticator. Make sure who asks for this: "
            "whoever has the code gets the account."
        ),
        actions.reset_authenticator,
        is_danger=True,
    ),
    "recovery-codes": _Step(
        gettext_lazy("Make new recovery codes"),
        gettext_lazy(
            "The old ones are void. Hand the new ones over in person, on paper: each is good once "
            "in place of the authenticator, after the password."
        ),
        actions.renew_recovery_codes,
    ),
}


@takes_form
@may_read
def step(request: StaffRequest, pk: int, *, name: str) -> HttpResponse:
    """Ask whether to do one of `_STEPS`, and do it."""
    member, wanted = _member(request, pk), _STEPS[name]
    if not _may_keep(request.user, member):
        raise PermissionDenied
    version = version_of(member)
    form = VersionForm(request.POST or None, initial={"expected_version": version})
    if form.is_valid():
        try:
            result = wanted.act(actor=request.user, member=member, **form.cleaned_data)
        except RuleViolation as violation:
            messages.error(request, violation.message)
            return redirect("admin:member", pk)
        if name == "end":
            messages.success(request, _("The account has ended."))
            return redirect("admin:member", pk)
        if name == "recovery-codes":
            return _show_recovery_codes(request, member, result)
        return _show_code(request, member, result)
    context = {
        "title": wanted.title,
        "step": wanted,
        "form": form,
        "member": member,
        "open_inquiries": _open_inquiries(member),
    }
    return _render(request, "step", context)


def urls(wrap: Callable[[Callable[..., HttpResponse]], Callable[..., Any]]) -> list[URLPattern]:
    """Return the addresses of these pages; `wrap` lets in those who are signed in to the site."""
    steps = [
        path(f"members/<int:pk>/{name}/", wrap(_with_name(name)), name=f"member-{name}")
        for name in _STEPS
    ]
    return [
        path("members/", wrap(members), name="members"),
        path("members/add/", wrap(add), name="member-add"),
        path("members/<int:pk>/", wrap(member), name="member"),
        path("members/<int:pk>/take-back/", wrap(take_back), name="member-take-back"),
        *steps,
    ]


def _with_name(name: str) -> Callable[..., HttpResponse]:
    return takes_form(partial(step, name=name))


def _member(request: StaffRequest, pk: int) -> User:
    staff = with_authenticators(staff_accounts()).select_related("identity")
    staff = staff.prefetch_related("groups", "offices", "teams")
    return get_visible(staff, request.user, "staff", pk=pk)


def _may_keep(user: User, member: User) -> bool:
    """Return whether the page offers deeds; the actions ask again, and note a refusal."""
    is_other = user.pk != member.pk and not member.is_superuser
    return is_other and user.has_perm(KEEP_STAFF) and not user.is_auditor


def _after(violation: RuleViolation, request: StaffRequest, member: User) -> DutiesForm:
    """Return the form with what was typed, at the version that the page shows from now on."""
    member.refresh_from_db()
    data = request.POST.copy()
    data["expected_version"] = str(version_of(member))
    form = DutiesForm(data, member=member)
    form.is_valid()
    violation.show_on(form)
    return form


def _facts(user: User, member: User, version: int) -> dict[str, Any]:
    events = StaffEvent.objects.filter(staff=member).select_related("actor__identity")
    last_first = events.order_by("-pk")[:MAX_EVENTS]
    rows: list[Team | Office] = [*Team.cached.all(), *Office.cached.all()]
    names = {row.slug: row.name for row in rows}
    return {
        "title": _("Account of staff"),
        "member": member,
        "roles": _roles_in_words(member),
        "teams": member.teams.all() if several_teams() else (),
        "has_authenticator": member.has_authenticator,  # type: ignore[attr-defined]  # annotated
        "enrolment": Enrolment.objects.open().filter(user=member).first(),
        "open_inquiries": _open_inquiries(member),
        "may_keep": _may_keep(user, member),
        "events": [(event, _change_in_words(event, names)) for event in last_first],
        "max_events": MAX_EVENTS,
        "has_more": version > MAX_EVENTS,
    }


def _open_inquiries(member: User) -> int:
    return Inquiry.objects.filter(assignee=member, status__in=Inquiry.OPEN).count()


def _roles_in_words(member: User) -> list["StrOrPromise"]:
    return [ROLES[role] for role in roles_of(member)]


def _change_in_words(event: StaffEvent, names: dict[str, str]) -> tuple[list, list] | None:
    """Return what was before and what is after, as people read it, or None if nothing is kept."""
    if not event.before and not event.after:
        return None
    return [_in_words(each, names) for each in event.before if each], [
        _in_words(each, names) for each in event.after if each
    ]


def _in_words(word: str, names: dict[str, str]) -> "StrOrPromise":
    if word == "superuser":
        return _("Superuser")
    name = word.removeprefix("office ").removeprefix("team ")
    return ROLES.get(word) or names.get(name) or name


def _show_code(request: StaffRequest, member: User, code: str) -> HttpResponse:
    address = request.build_absolute_uri(reverse("admin:enrol"))
    context = {"title": _("Code for the enrolment"), "member": member, "code": code}
    return _render(request, "code", {**context, "enrol_at": address, "hours": _HOURS})


def _show_recovery_codes(request: StaffRequest, member: User, codes: list[str]) -> HttpResponse:
    context = {"title": _("New recovery codes"), "member": member, "codes": codes}
    return _render(request, "recovery_codes", context)


def _render(request: StaffRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    context = {**admin.site.each_context(request), **context}
    return render(request, f"admin/members/{name}.html", context)
