"""The clerk's day: who is due, here and late, who walks in, and whom the waiting room is called."""

from datetime import timedelta
from functools import wraps
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from appointments import actions
from appointments.forms import WalkInForm
from appointments.models import Appointment
from core.display import ltr, time_of_day
from core.exceptions import RuleViolation
from core.numbers import grouped_reference
from core.text import single_line

RIGHTS = ("appointments.view_appointment", "appointments.receive_appointment")
# What a clerk can press, and what is told afterwards.
BUTTONS = {
    "check-in": (
        actions.check_in,
        gettext_lazy("Check in"),
        gettext_lazy("The person is checked in."),
    ),
    "call": (
        actions.call,
        pgettext_lazy("a button that asks somebody to the counter", "Call"),
        gettext_lazy("The number is on the screen of the waiting room."),
    ),
    "served": (
        actions.serve,
        gettext_lazy("Served"),
        gettext_lazy("The person has been served."),
    ),
    "missed": (
        actions.miss,
        gettext_lazy("Did not come"),
        gettext_lazy("The appointment is marked as missed."),
    ),
}
# How somebody stands at the desk, and what can be pressed then.
STANDINGS = {
    "due": (pgettext_lazy("who is expected at an office", "Due"), ["check-in"]),
    "late": (pgettext_lazy("who is expected at an office", "Late"), ["check-in", "missed"]),
    "here": (pgettext_lazy("who is expected at an office", "Here"), ["call", "served"]),
    "called": (pgettext_lazy("who is expected at an office", "Called"), ["call", "served"]),
    "served": (pgettext_lazy("who is expected at an office", "Served"), []),
    "missed": (pgettext_lazy("who is expected at an office", "Missed"), []),
}
# What is pressed a hundred times a day; the field of the scanner has the check-in.
KEYS = {
    "check-in": pgettext_lazy("a key of the keyboard", "k"),
    "call": pgettext_lazy("a key of the keyboard", "c"),
    "served": pgettext_lazy("a key of the keyboard", "v"),
}
ROWS = 100
MOST_TYPED = 300
MOST_DIGITS = 6
MOST_CALLED = 6
CALLED_FOR = timedelta(hours=3)
REFRESH_SECONDS = 10


def at_a_desk(view):
    """For who receives people, with the office of the address, or their only one; else a choice."""

    @wraps(view)
    def guarded(request):
        if not request.user.has_perms(RIGHTS):
            raise PermissionDenied
        # Superusers, too, receive people only where they are clerks.
        offices = list(request.user.offices.all())
        slug = request.GET.get("office")
        chosen = [office for office in offices if office.slug == slug] if slug else offices
        if slug and not chosen:
            raise Http404
        if len(chosen) != 1:
            return _render(request, "today", title=_("Today at the desk"), offices=offices)
        return view(request, chosen[0], offices=offices)

    return guarded


@at_a_desk
def today(request, office, *, offices):
    """Who comes today, by their time, and the field into which a scanner types."""
    place = _place(request, office)
    typed, wrong = "", ""
    if request.method == "POST":
        typed = _words(request, "typed", 2 * MOST_TYPED)
        try:
            appointment = _receive(request, office, typed)
        except RuleViolation as violation:
            wrong = violation.message
        else:
            messages.success(request, _told_of(appointment))
            return redirect(place)
    people = Appointment.objects.at_desk_of(request.user).filter(slot__office=office)
    people = people.of_today().with_standing()
    counts = dict(people.order_by().values_list("standing").annotate(Count("pk")))
    shown = _standing_in(request)
    rows = people.filter(standing=shown) if shown else people
    rows = rows.select_related("attendee", "service", "slot").order_by("slot__start", "pk")
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    keys = _keys_by_row(page)
    return _render(
        request,
        "today",
        title=_("Today at the desk"),
        office=office,
        offices=offices,
        place=place,
        typed=typed[:MOST_TYPED],
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


@at_a_desk
def walk_in(request, office, *, offices):
    """Somebody has come without an appointment."""
    form = WalkInForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            appointment = actions.walk_in(actor=request.user, office=office, **form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            messages.success(request, _told_of(appointment))
            return redirect(_address(office))
    return _render(
        request,
        "walk_in",
        title=_("Somebody without an appointment"),
        office=office,
        desk=_address(office),
        form=form,
    )


@at_a_desk
def calls(request, office, *, offices):
    """For the waiting room: the numbers that are called, and nothing about whose they are."""
    here = Appointment.objects.filter(slot__office=office)
    called = here.called_since(timezone.now() - CALLED_FOR).values_list("reference", flat=True)
    response = _render(
        request, "calls", title=_("Now calling"), office=office, called=called[:MOST_CALLED]
    )
    # A header does what a `meta` would, and no page is refreshed under somebody who reads it.
    response["Refresh"] = str(REFRESH_SECONDS)
    return response


def buttons_of(names, keys=()):
    """The buttons of a row or a page; those that are in `keys` with the key that presses them."""
    return [(name, BUTTONS[name][1], KEYS[name] if name in keys else "") for name in names]


def _keys_by_row(people):
    """The buttons that a key presses: "call" where somebody waits first, "served" as called."""
    first = {}
    for each in people:
        first.setdefault(each.standing, each.pk)
    names = {"here": "call", "called": "served"}
    return {pk: [names[standing]] for standing, pk in first.items() if standing in names}


def _receive(request, office, typed):
    """What was typed now counts first: a scanner writes beside what an error has kept."""
    kept = _words(request, "kept", MOST_TYPED)
    rests = {typed.removeprefix(kept), typed.removesuffix(kept)} - {"", typed}
    for brought in [*sorted(rests), typed]:
        try:
            return actions.receive(actor=request.user, office=office, brought=brought)
        except RuleViolation as violation:
            if violation.code != "nothing" or brought == typed:
                raise


def _told_of(appointment):
    return format_html(
        _("The person is checked in: {} at {}."),
        ltr(grouped_reference(appointment.reference)),
        ltr(time_of_day(appointment.slot.start)),
    )


def _place(request, office):
    """The address of the list as it is looked at, to come back to."""
    show, page = _standing_in(request), request.GET.get("page", "")
    chosen = {"show": show} if show else {}
    if page.isdecimal() and len(page) < MOST_DIGITS:
        chosen["page"] = page
    return _address(office, **chosen)


def _standing_in(request):
    show = request.GET.get("show")
    return show if show in STANDINGS else None


def _words(request, name, most):
    return single_line(request.POST.get(name, "")[:most])


def _address(office, **chosen):
    query = urlencode({"office": office.slug, **chosen})
    return f"{reverse('admin:appointment_today')}?{query}"


def _render(request, name, **context):
    template = f"admin/appointments/appointment/{name}.html"
    return render(request, template, {**admin.site.each_context(request), **context})
