"""The page of the clerk's day: the people of today, and the field of the scanner."""

from collections.abc import Iterable

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from appointments import actions
from appointments.admin.buttons import buttons_of
from appointments.admin.desk_access import checked_in_message, desk_address, desk_view, render_desk
from appointments.models import Appointment, Office
from core.accounts.access import StaffRequest
from core.exceptions import RuleViolation
from core.methods import takes_form
from core.text import single_line

# Each standing at the desk has its label and the buttons that it allows.
STANDINGS = {
    "due": (pgettext_lazy("who is expected at an office", "Due"), ["check-in"]),
    "late": (pgettext_lazy("who is expected at an office", "Late"), ["check-in", "missed"]),
    "here": (pgettext_lazy("who is expected at an office", "Here"), ["call", "served"]),
    "called": (pgettext_lazy("who is expected at an office", "Called"), ["call", "served"]),
    "served": (pgettext_lazy("who is expected at an office", "Served"), []),
    "missed": (pgettext_lazy("who is expected at an office", "Missed"), ["check-in"]),
    "unmarked": (pgettext_lazy("who is expected at an office", "Not marked"), []),
}
ROWS = 100
MAX_DIGITS = 6


@takes_form
@desk_view
def today(request: StaffRequest, office: Office, *, offices: list[Office]) -> HttpResponse:
    """List the people of today by their time, and check in the person who is scanned."""
    place = _place(request, office)
    typed = ""
    wrong: str | Promise = ""
    asks_early = False
    if request.method == "POST":
        typed = single_line(request.POST.get("typed", ""))
        try:
            appointment = _receive(request, office, typed)
        except RuleViolation as violation:
            wrong = violation.message
            asks_early = violation.code == "early"
        else:
            messages.success(request, checked_in_message(appointment))
            return redirect(place)
    mine = Appointment.objects.visible_to_clerk(request.user).filter(slot__office=office)
    people: QuerySet = mine.of_today().with_standing()
    counts = dict(people.order_by().values_list("standing").annotate(Count("pk")))
    shown = _requested_standing(request)
    rows = people.filter(standing=shown) if shown else people
    rows = rows.select_related("attendee", "slot").order_by("slot__start", "pk")
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    first = _first_by_button(page)
    keyed = [(pk, name) for name, pk in first.items()]
    return render_desk(
        request,
        "today",
        title=_("Today’s appointments"),
        office=office,
        offices=offices,
        place=place,
        typed=typed,
        wrong=wrong,
        asks_early=asks_early,
        counts=[
            (name, label, counts.get(name, 0))
            for name, (label, _can) in STANDINGS.items()
            if name != "unmarked" or counts.get(name)
        ],
        all=sum(counts.values()),
        shown=shown,
        page=page,
        # The first who is here is called next, and while nobody is, the first called is done with.
        next=keyed[0] if keyed else None,
        rows=[
            (each, label, buttons_of(names, [n for n in names if (each.pk, n) in keyed]))
            for each in page
            for label, names in [STANDINGS[each.standing]]
        ],
    )


def _first_by_button(people: Iterable[Appointment]) -> dict[str, int]:
    """Return {button: pk} of whom a key presses it for.

    It is "call" for the first person who is here, and "served" for the first who has been called.
    """
    first: dict[str, int] = {}
    for each in people:
        first.setdefault(each.standing, each.pk)
    names = {"here": "call", "called": "served"}
    return {name: first[standing] for standing, name in names.items() if standing in first}


def _receive(  # type: ignore[return]  # the last try returns or raises
    request: StaffRequest, office: Office, typed: str
) -> Appointment:
    """Check in by the text typed now, or else by the whole field.

    A scanner writes beside the text that the field has kept from an error.
    """
    kept = single_line(request.POST.get("kept", ""))
    rests = {typed.removeprefix(kept), typed.removesuffix(kept)} - {"", typed}
    for scanned in [*sorted(rests), typed]:
        try:
            return actions.receive(
                actor=request.user,
                office=office,
                scanned=scanned,
                is_early="early" in request.POST,
            )
        except RuleViolation as violation:
            if violation.code != "nothing" or scanned == typed:
                raise


def _place(request: HttpRequest, office: Office) -> str:
    """Return the address of the list with its filter and page, to come back to."""
    show, page = _requested_standing(request), request.GET.get("page", "")
    chosen = {"show": show} if show else {}
    if page.isdecimal() and len(page) < MAX_DIGITS:
        chosen["page"] = page
    return desk_address(office, **chosen)


def _requested_standing(request: HttpRequest) -> str | None:
    show = request.GET.get("show")
    return show if show in STANDINGS else None
