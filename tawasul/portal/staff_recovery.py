"""The pages of the staff site that give a person at a counter a new mobile."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from core.accounts import actions, authenticators, codes, purposes
from core.accounts.access import StaffRequest, get_visible
from core.accounts.document_form import DocumentForm
from core.accounts.forms import CodeForm
from core.accounts.models import Identity, PersonOpening, Recovery
from core.exceptions import RuleViolation
from core.methods import takes, takes_form
from tawasul.portal.counter import begun_by, recoveries_for, to_confirm, works_at_counter
from tawasul.portal.counter_forms import NewMobileForm, RefusalForm
from tawasul.portal.counter_guide import CASES

MAX_ROWS = 100
_View = Callable[..., HttpResponse]
_SEND_LIMITS = ("too_soon", "too_many", "budget")


def urls(admin_view: Callable[..., Callable[..., HttpResponseBase]]) -> list[URLPattern]:
    """Return the routes of these pages for the staff site."""
    views: list[tuple[str, _View, str]] = [
        ("people/<int:pk>/mobile/", begin, "new_mobile"),
        ("people/<int:pk>/lift/", lift, "lift"),
        ("recoveries/", recoveries, "recoveries"),
        ("recoveries/<int:pk>/", recovery, "recovery"),
        ("recoveries/<int:pk>/confirm/", confirm, "confirm_recovery"),
        ("recoveries/<int:pk>/refuse/", refuse, "refuse_recovery"),
        ("recoveries/<int:pk>/code/", code, "recovery_code"),
        ("recoveries/<int:pk>/code/send/", send, "send_recovery_code"),
        ("counter/", guide, "counter_guide"),
    ]
    return [path(route, admin_view(view), name=name) for route, view, name in views]


def _at_counter(view: _View) -> _View:
    """Let only those open the view who work at a counter."""

    @wraps(view)
    def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not works_at_counter(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def _with_opened_person(view: _View) -> _View:
    """Pass on the person whose page this member of staff has open; lead others to that page."""

    @wraps(view)
    def guarded(request: StaffRequest, pk: int) -> HttpResponse:
        people = Identity.objects.unrelated_to(request.user.identity).select_related("user")
        person = get_visible(people, request.user, "person", pk=pk)
        if not PersonOpening.objects.still_open(staff=request.user, person=person).exists():
            if request.method == "POST":
                messages.warning(
                    request, _("The page of this person is not open any more. Begin again from it.")
                )
            return redirect("admin:person", pk)
        return view(request, person)

    return guarded


def _with_recovery(view: _View) -> _View:
    """Pass on a recovery that this member of staff works on."""

    @wraps(view)
    def guarded(request: StaffRequest, pk: int) -> HttpResponse:
        visible = recoveries_for(request.user).select_related(
            "user__identity", "person", "begun_by__identity", "confirmed_by__identity"
        )
        return view(request, get_visible(visible, request.user, "recovery", pk=pk))

    return guarded


@takes_form
@_at_counter
@_with_opened_person
def begin(request: StaffRequest, person: Identity) -> HttpResponse:
    user = getattr(person, "user", None)
    form = NewMobileForm(
        request.POST or None, has_authenticator=user is not None and authenticators.has_any(user)
    )
    if request.method == "POST" and form.is_valid():
        try:
            begun = actions.begin_recovery(actor=request.user, person=person, **form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            return redirect("admin:recovery", begun.pk)
    title = _("A new mobile for this account") if user else _("A mobile to register with")
    context = {"title": title, "form": form, "person": person, "account": user}
    return _render(request, "begin", context)


@takes_form
@_at_counter
@_with_opened_person
def lift(request: StaffRequest, person: Identity) -> HttpResponse:
    form = DocumentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.lift_restriction(actor=request.user, person=person, **form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            messages.success(request, _("Nothing of this account is closed any more."))
            return redirect("admin:person", person.pk)
    context = {"title": _("Lift the restrictions"), "form": form, "person": person}
    return _render(request, "lift", context)


@_at_counter
def recoveries(request: StaffRequest) -> HttpResponse:
    """List what waits for this member of staff, as the second or as the one who has begun."""
    whose = ("user__identity", "person", "begun_by__identity")
    waiting, mine = (
        rows(request.user).select_related(*whose).order_by("-begun_at")
        for rows in (to_confirm, begun_by)
    )
    context = {
        "title": _("New mobiles at the counter"),
        "to_confirm": waiting[:MAX_ROWS],
        "mine": mine[:MAX_ROWS],
    }
    return _render(request, "recoveries", context)


@_at_counter
@_with_recovery
def recovery(request: StaffRequest, recovery: Recovery) -> HttpResponse:
    """Show how far it is, with what this member of staff can do next."""
    is_live = recovery.is_open and not recovery.has_lapsed
    is_mine = recovery.begun_by_id == request.user.pk
    is_confirmed = recovery.status == Recovery.Status.CONFIRMED
    context = {
        "title": _("New mobile at the counter"),
        "recovery": recovery,
        "is_live": is_live,
        "is_mine": is_mine,
        "can_confirm": is_live and not is_mine and not is_confirmed,
        "can_send": is_live and is_mine and is_confirmed and recovery.user is not None,
        "is_done": recovery.status == Recovery.Status.DONE and recovery.user is not None,
        "lasts_until": recovery.lasts_until,
    }
    return _render(request, "recovery", context)


@takes("POST")
@_at_counter
@_with_recovery
def confirm(request: StaffRequest, recovery: Recovery) -> HttpResponse:
    try:
        actions.confirm_recovery(actor=request.user, recovery=recovery)
    except RuleViolation as violation:
        messages.error(request, violation.message)
    else:
        messages.success(request, _("You have confirmed this."))
    return redirect("admin:recovery", recovery.pk)


@takes_form
@_at_counter
@_with_recovery
def refuse(request: StaffRequest, recovery: Recovery) -> HttpResponse:
    form = RefusalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.refuse_recovery(actor=request.user, recovery=recovery, **form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            messages.success(request, _("This is given up. Nothing has changed."))
            return redirect("admin:recoveries")
    context = {"title": _("Refuse or give up"), "form": form, "recovery": recovery}
    return _render(request, "refuse", context)


@takes("POST")
@_at_counter
@_with_recovery
def send(request: StaffRequest, recovery: Recovery) -> HttpResponse:
    """Send the code, and show the page on which the person types it."""
    try:
        actions.send_counter_code(
            actor=request.user, recovery=recovery, session_key=request.session.session_key
        )
    except RuleViolation as violation:
        messages.warning(request, violation.message)
        if violation.code not in _SEND_LIMITS:
            return redirect("admin:recovery", recovery.pk)
    return redirect("admin:recovery_code", recovery.pk)


@takes_form
@_at_counter
@_with_recovery
def code(request: StaffRequest, recovery: Recovery) -> HttpResponse:
    """Show the form for the code at the screen of who has begun it, and finish with the right one.

    Everybody else, and a second click, is led to the page of the recovery.
    """
    is_waiting = recovery.status == Recovery.Status.CONFIRMED and not recovery.has_lapsed
    if recovery.user is None or recovery.begun_by_id != request.user.pk or not is_waiting:
        return redirect("admin:recovery", recovery.pk)
    session_key = request.session.session_key
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.finish_recovery(
                actor=request.user,
                recovery=recovery,
                session_key=session_key,
                guess=form.cleaned_data["code"],
            )
        except RuleViolation as violation:
            if violation.code in ("used", "overtaken"):
                return redirect("admin:recovery", recovery.pk)
            form.add_error("code", violation.message)
        else:
            return redirect("admin:recovery", recovery.pk)
    sent = codes.latest_code(actor=recovery.user, purpose=purposes.COUNTER, session_key=session_key)
    context = {
        "title": _("The person enters the code"),
        "form": form,
        "recovery": recovery,
        "recipient": sent and sent.recipient,
        "notice": sent and sent.message,
    }
    return _render(request, "code", context)


def guide(request: StaffRequest) -> HttpResponse:
    """Show what to do at a counter, case by case."""
    if not request.user.has_perm("accounts.open_person"):
        raise PermissionDenied
    return _render(request, "guide", {"title": _("What to do at the counter"), "cases": CASES})


def _render(request: StaffRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    context = {**admin.site.each_context(request), **context}
    return render(request, f"admin/counter/{name}.html", context)
