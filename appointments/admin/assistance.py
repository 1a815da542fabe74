"""The pages of the desk on which a clerk books, moves and cancels for somebody else."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from appointments import actions
from appointments.admin.desk_access import desk_address, desk_view, render_desk
from appointments.criteria import Criteria
from appointments.forms import AssistanceForm, CriteriaForm, NextTimesForm, TimeForm
from appointments.models import Appointment, Assistance, Office, Slot
from appointments.next_times import next_times
from appointments.purposes import CALLER
from core.accounts.access import StaffRequest, get_visible
from core.accounts.codes import latest_code
from core.accounts.forms import CodeForm
from core.accounts.models import Identity
from core.accounts.people import beneficiaries_offered_to
from core.accounts.rights import Acting
from core.catalogue.models import Region
from core.exceptions import RuleViolation
from core.methods import takes, takes_form

_View = Callable[..., HttpResponse]
_SEND_LIMITS = ("too_soon", "too_many", "budget")
ROWS = 50


def urls() -> list[URLPattern]:
    """Return the routes of these pages, below the appointments of the staff site."""
    views: list[tuple[str, _View, str]] = [
        ("assistance/", begin, "assist"),
        ("assistance/<int:pk>/", person, "assistance"),
        ("assistance/<int:pk>/code/", code, "assistance_code"),
        ("assistance/<int:pk>/code/send/", send, "send_caller_code"),
        ("assistance/<int:pk>/book/", book, "assistance_book"),
        ("assistance/<int:pk>/times/", times, "assistance_times"),
        ("assistance/<int:pk>/<slug:reference>/move/", move, "assistance_move"),
        ("assistance/<int:pk>/<slug:reference>/cancel/", cancel, "assistance_cancel"),
    ]
    return [path(route, admin.site.admin_view(view), name=name) for route, view, name in views]


@takes_form
@desk_view
def begin(request: StaffRequest, office: Office, *, offices: list[Office]) -> HttpResponse:
    """Ask whom the clerk helps, and how they show who they are; a caller is sent a code."""
    if not actions.may_assist(request.user):
        raise PermissionDenied
    form = AssistanceForm(request.POST or None, initial={"number": request.GET.get("number", "")})
    if request.method == "POST" and form.is_valid():
        try:
            begun = actions.begin_assistance(actor=request.user, office=office, **form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            return _send(request, begun) if not begun.is_proven else _page_of(begun)
    return render_desk(
        request,
        "assist",
        title=_("Help a person"),
        office=office,
        desk=desk_address(office),
        form=form,
    )


def _assisting(view: _View) -> _View:
    """Pass on the help that this clerk has begun; lead to its beginning once it is over."""

    @wraps(view)
    def guarded(request: StaffRequest, pk: int, **kwargs: Any) -> HttpResponse:
        if not actions.may_assist(request.user):
            raise PermissionDenied
        mine = Assistance.objects.of(request.user).select_related("person")
        found = get_visible(mine, request.user, "assistance", pk=pk)
        if found.is_over:
            messages.warning(
                request, _("The half hour for helping this person is over. Begin again with them.")
            )
            return redirect(_beginning(found.office))
        return view(request, found, **kwargs)

    return guarded


def _proven(aim: str) -> Callable[[_View], _View]:
    """Pass on the help to a person who has shown who they are, for this aim."""

    def decorate(view: _View) -> _View:
        @_assisting
        @wraps(view)
        def guarded(request: StaffRequest, assistance: Assistance, **kwargs: Any) -> HttpResponse:
            if not assistance.is_proven:
                return redirect("admin:assistance_code", assistance.pk)
            if assistance.aim != aim:
                return _page_of(assistance)
            return view(request, assistance, **kwargs)

        return guarded

    return decorate


@takes("POST")
@_assisting
def send(request: StaffRequest, assistance: Assistance) -> HttpResponse:
    return _send(request, assistance)


def _send(request: StaffRequest, assistance: Assistance) -> HttpResponse:
    if assistance.is_proven:
        return _page_of(assistance)
    try:
        actions.send_caller_code(
            actor=request.user, assistance=assistance, session_key=request.session.session_key
        )
    except RuleViolation as violation:
        messages.warning(request, violation.message)
        if violation.code not in _SEND_LIMITS:
            return redirect(_beginning(assistance.office))
    return redirect("admin:assistance_code", assistance.pk)


@takes_form
@_assisting
def code(request: StaffRequest, assistance: Assistance) -> HttpResponse:
    """Take the code that the caller reads out."""
    if assistance.is_proven:
        return _page_of(assistance)
    session_key = request.session.session_key
    form = CodeForm(request.POST or None)
    form.fields["code"].widget.attrs["autocomplete"] = "off"
    if request.method == "POST" and form.is_valid():
        try:
            actions.prove_caller(
                actor=request.user,
                assistance=assistance,
                session_key=session_key,
                guess=form.cleaned_data["code"],
            )
        except RuleViolation as violation:
            if violation.code == "used":
                return _page_of(assistance)
            form.add_error("code", violation.message)
        else:
            return _page_of(assistance)
    account = getattr(assistance.person, "user", None)
    sent = latest_code(
        actor=account if account and account.is_active else None,
        purpose=CALLER,
        session_key=session_key,
    )
    return _render(
        request,
        assistance,
        "assistance_code",
        title=_("The caller reads out the code"),
        form=form,
        recipient=sent and sent.recipient,
        notice=sent and sent.message,
    )


@_assisting
def person(request: StaffRequest, assistance: Assistance) -> HttpResponse:
    """Show the appointments of the person, with what can be done."""
    if not assistance.is_proven:
        return redirect("admin:assistance_code", assistance.pk)
    return _render(
        request,
        assistance,
        "assistance",
        title=assistance.person.name,
        appointments=_theirs(assistance)[:ROWS],
        is_booking=assistance.aim == Assistance.Aim.BOOK,
    )


@_proven(Assistance.Aim.BOOK)
def book(request: StaffRequest, assistance: Assistance) -> HttpResponse:
    """Ask for whom, which service, where and how many operations."""
    is_sent = "region" in request.GET and "again" not in request.GET
    form = _criteria_form(assistance, request.GET if is_sent else None)
    if is_sent and form.is_valid():
        return redirect(
            f"{reverse('admin:assistance_times', args=[assistance.pk])}?{request.GET.urlencode()}"
        )
    return _render(
        request, assistance, "assistance_book", title=_("Book an appointment"), form=form
    )


@takes_form
@_proven(Assistance.Aim.BOOK)
def times(request: StaffRequest, assistance: Assistance) -> HttpResponse:
    """Show the next free times; the one that is chosen is booked at once."""
    chosen = _criteria_form(assistance, request.GET)
    if not chosen.is_valid():
        book_page = reverse("admin:assistance_book", args=[assistance.pk])
        return redirect(f"{book_page}?{request.GET.urlencode()}")

    def book_at(slot: Slot, key: Any) -> Appointment:
        criteria = Criteria(**chosen.cleaned_data)
        booked = actions.book_for(
            actor=request.user,
            assistance=assistance,
            attendee=cast(Identity, criteria.attendee),
            service=criteria.service,
            slot=slot,
            operations=criteria.operations,
            beneficiaries=criteria.beneficiaries,
            idempotency_key=key,
        )
        messages.success(request, _("The appointment is booked, and the person is told by text."))
        return booked

    return _times(request, assistance, Criteria(**chosen.cleaned_data), book_at)


@takes_form
@_proven(Assistance.Aim.CHANGE)
def move(request: StaffRequest, assistance: Assistance, reference: str) -> HttpResponse:
    """Show the next free times for an appointment; the one that is chosen is its new one."""
    appointment = _appointment(request, assistance, reference)
    if not appointment.can_be_moved:
        return _page_of(assistance)

    def move_to(slot: Slot, _key: Any) -> Appointment:
        moved = actions.move_for(
            actor=request.user, assistance=assistance, appointment=appointment, slot=slot
        )
        messages.success(request, _("The appointment is moved, and the person is told by text."))
        return moved

    region = Region.cached.with_slug(request.GET.get("region")) or appointment.slot.office.region
    criteria = Criteria(
        service=appointment.service,
        region=region,
        operations=appointment.operations,
        appointment=appointment,
    )
    return _times(request, assistance, criteria, move_to)


@takes_form
@_proven(Assistance.Aim.CHANGE)
def cancel(request: StaffRequest, assistance: Assistance, reference: str) -> HttpResponse:
    """Ask first, then give the place back."""
    appointment = _appointment(request, assistance, reference)
    if request.method == "POST":
        try:
            actions.cancel_for(actor=request.user, assistance=assistance, appointment=appointment)
        except RuleViolation as violation:
            messages.error(request, violation.message)
        else:
            messages.success(
                request, _("The appointment is cancelled, and the person is told by text.")
            )
        return _page_of(assistance)
    if not appointment.can_be_cancelled:
        return _page_of(assistance)
    return _render(
        request,
        assistance,
        "assistance_cancel",
        title=_("Cancel the appointment"),
        appointment=appointment,
    )


def _times(
    request: StaffRequest,
    assistance: Assistance,
    criteria: Criteria,
    take: Callable[[Slot, Any], Appointment],
) -> HttpResponse:
    sent = Slot.objects.with_keys(request.POST.getlist("slot"))
    form = TimeForm(request.POST or None, slots=sent)
    if form.is_valid():
        try:
            take(form.cleaned_data["slot"], form.cleaned_data["idempotency_key"])
        except RuleViolation as violation:
            form.add_error("slot", violation.message)
        else:
            return _page_of(assistance)
    narrowed = NextTimesForm(request.GET, region=criteria.region, days=actions.horizon())
    shown = narrowed.cleaned_data if narrowed.is_valid() else {}
    return _render(
        request,
        assistance,
        "assistance_times",
        title=_("Choose a time"),
        form=form,
        criteria=criteria,
        narrowed=narrowed,
        kept=_kept_in(request.GET),
        times=next_times(criteria, own=[assistance.office], **shown),
        regions=Region.cached.all(),
    )


def _kept_in(query: QueryDict) -> list[tuple[str, str]]:
    """Return what the address has besides what the page narrows the times by."""
    kept = {name: query.getlist(name) for name in query if name not in ("office", "first_day")}
    return [(name, value) for name, values in kept.items() for value in values if name != "region"]


def _criteria_form(assistance: Assistance, query: QueryDict | None) -> CriteriaForm:
    person = assistance.person
    chosen = [*query.getlist("attendee"), *query.getlist("beneficiaries")] if query else []
    offered = beneficiaries_offered_to(person, [person.pk, *chosen])
    initial = {"attendee": person.pk, "region": assistance.office.region.slug}
    return CriteriaForm(query, holder=person, offered=offered, initial=initial)


def _theirs(assistance: Assistance) -> Any:
    """Return what the person has ahead of them, and may change themselves."""
    acting = Acting(actions.account_of(assistance.person), assistance.person)
    owned = Appointment.objects.filter(acting.owned(Appointment.PARTIES)).unsettled()
    return owned.exclude(status=Appointment.Status.HELD).select_related("attendee", "slot")


def _appointment(request: StaffRequest, assistance: Assistance, reference: str) -> Appointment:
    return get_visible(_theirs(assistance), request.user, "appointment", reference__exact=reference)


def _page_of(assistance: Assistance) -> HttpResponse:
    return redirect("admin:assistance", assistance.pk)


def _beginning(office: Office) -> str:
    return f"{reverse('admin:assist')}?office={office.slug}"


def _render(
    request: HttpRequest, assistance: Assistance, name: str, **context: Any
) -> HttpResponse:
    return render_desk(
        request,
        name,
        assistance=assistance,
        office=assistance.office,
        desk=desk_address(assistance.office),
        **context,
    )
