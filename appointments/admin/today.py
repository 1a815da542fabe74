"""The clerk's day: who is due, here and late, and the scanner's field."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from appointments import actions
from appointments.admin.buttons import buttons_of
from appointments.admin.desk_access import checked_in_message, desk_address, desk_view, render_desk
from appointments.models import Appointment
from core.exceptions import RuleViolation
from core.text import single_line

# How somebody stands at the desk, and what can be pressed then.
STANDINGS = {
    "due": (pgettext_lazy("who is expected at an office", "Due"), ["check-in"]),
    "late": (pgettext_lazy("who is expected at an office", "Late"), ["check-in", "missed"]),
    "here": (pgettext_lazy("who is expected at an office", "Here"), ["call", "served"]),
    "called": (pgettext_lazy("who is expected at an office", "Called"), ["call", "served"]),
    "served": (pgettext_lazy("who is expected at an office", "Served"), []),
    "missed": (pgettext_lazy("who is expected at an office", "Missed"), []),
}
ROWS = 100
MAX_TYPED_LENGTH = 300
MAX_DIGITS = 6


@desk_view
def today(request, office, *, offices):
    """Who comes today, by their time, and the field into which a scanner types."""
    place = _place(request, office)
    typed, wrong = "", ""
    if request.method == "POST":
        typed = _words(request, "typed", 2 * MAX_TYPED_LENGTH)
        try:
            appointment = _receive(request, office, typed)
        except RuleViolation as violation:
            wrong = violation.message
        else:
            messages.success(request, checked_in_message(appointment))
            return redirect(place)
    people = Appointment.objects.visible_to_clerk(request.user).filter(slot__office=office)
    people = people.of_today().with_standing()
    counts = dict(people.order_by().values_list("standing").annotate(Count("pk")))
    shown = _standing_in(request)
    rows = people.filter(standing=shown) if shown else people
    rows = rows.select_related("attendee", "service", "slot").order_by("slot__start", "pk")
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    keys = _keys_by_row(page)
    return render_desk(
        request,
        "today",
        title=_("Today at the desk"),
        office=office,
        offices=offices,
        place=place,
        typed=typed[:MAX_TYPED_LENGTH],
        wrong=wrong,
        counts=[(name, label, counts.get(name, 0)) for name, (label, _can) in STANDINGS.items()],
        all=sum(counts.values()),
        shown=shown,
        page=page,
        rows=[
            (each, label, buttons_of(names, keys.get(each.pk, ())))
            for each in page
            for label, names in [STANDINGS[each.standing]]
        ],
    )


def _keys_by_row(people):
    """The buttons that a key presses: "call" where somebody waits first, "served" as called."""
    first = {}
    for each in people:
        first.setdefault(each.standing, each.pk)
    names = {"here": "call", "called": "served"}
    return {pk: [names[standing]] for standing, pk in first.items() if standing in names}


def _receive(request, office, typed):
    """What was typed now counts first: a scanner writes beside what an error has kept."""
    kept = _words(request, "kept", MAX_TYPED_LENGTH)
    rests = {typed.removeprefix(kept), typed.removesuffix(kept)} - {"", typed}
    for matching_scan in [*sorted(rests), typed]:
        try:
            return actions.receive(actor=request.user, office=office, matching_scan=matching_scan)
        except RuleViolation as violation:
            if violation.code != "nothing" or matching_scan == typed:
                raise


def _place(request, office):
    """The address of the list as it is looked at, to come back to."""
    show, page = _standing_in(request), request.GET.get("page", "")
    chosen = {"show": show} if show else {}
    if page.isdecimal() and len(page) < MAX_DIGITS:
        chosen["page"] = page
    return desk_address(office, **chosen)


def _standing_in(request):
    show = request.GET.get("show")
    return show if show in STANDINGS else None


def _words(request, name, most):
    return single_line(request.POST.get(name, "")[:most])
