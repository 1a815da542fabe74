"""Booking or moving an appointment, step by step: criteria, office, day, time.

The choices stand in the address of each step, so that the back button, another tab and another
device find them again; nothing is taken before the last step.
"""

import uuid
from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments import actions
from appointments.actions import Deed
from appointments.criteria import Criteria
from appointments.day_list import FEW, next_days
from appointments.forms import CriteriaForm, OfficeChoice, TimeForm, UntilChoice
from appointments.models import Appointment, Closure, Office, Slot
from appointments.month_grid import WEEKDAYS, months_of
from appointments.office_hours import hours_in, services_in, windows_open_on
from appointments.views.access import booked_page, verified
from core.accounts.access import SignedInRequest
from core.accounts.models import Identity
from core.accounts.people import beneficiaries_offered_to, chosen_beneficiaries, latest_of
from core.accounts.session_holder import holder_of, in_chosen_name
from core.accounts.views.people import FOUND, find_person, send_to_find
from core.catalogue.models import Region
from core.exceptions import RuleViolation
from core.methods import takes_form

# A view of one step: `urls.py` decorates it once for a booking and once for a move.
Step = Callable[[SignedInRequest, Criteria], HttpResponse]


@verified
@in_chosen_name
def new(request: SignedInRequest) -> HttpResponse:
    """Ask for the attendee, the service, the region and the number of operations."""
    query = request.GET.copy()
    if _is_in_another_name(request):
        messages.warning(
            request, _("You have changed in whose name you act. Check your choices, then go on.")
        )
        del query["holder"]
        query["again"] = "1"
        return redirect(f"{request.path}?{query.urlencode()}")
    if find := query.pop("find", None):
        query["for"] = find[-1]
        return redirect(f"{reverse('appointments:new-person')}?{query.urlencode()}")
    is_sent = "region" in query and not query.pop("again", None)
    holder = holder_of(request)
    offered = beneficiaries_offered_to(holder, _people_in(query))
    asked = query.get("attendee")
    attendee = next((person for person in offered.people if str(person.pk) == asked), None)
    if offered.are_many and attendee is None:
        query.pop("attendee", None)
        find_page = reverse("appointments:new-person")
        return send_to_find(request, find_page, asked=asked, query=query.urlencode())
    form = CriteriaForm(
        query if is_sent else None, holder=holder, offered=offered, initial=_criteria_in(query)
    )
    if form.is_valid():
        return redirect(f"{reverse('appointments:offices')}?{query.urlencode()}")
    context = {
        "form": form,
        "offered": offered,
        "attendee": attendee,
        "holder": holder,
        **_not_open(form, query),
    }
    return render(request, "appointments/new.html", context)


def _not_open(form: CriteriaForm, query: QueryDict) -> dict[str, Any]:
    """Return what the page says about a service that was asked for and is not open, if any."""
    found = form.services.not_open(query.get("service"), query.get("attendee"))
    led_on = query.copy()
    if found and found.instead:
        led_on["service"] = found.instead.slug
        if "region" in query:
            # The form is shown again with what was chosen before.
            led_on["again"] = "1"
    return {"not_open": found, "instead_query": led_on.urlencode()}


@takes_form
@verified
def new_person(request: SignedInRequest) -> HttpResponse:
    """Find the attendee, or another person to name as a beneficiary, among many."""
    holder = holder_of(request)
    people = Identity.objects.beneficiaries_for(holder)
    latest = Appointment.objects.latest_attendees(request.user, holder)
    is_attendee = request.GET.get("for") != "beneficiaries"

    def go_on(person: Identity) -> str:
        query = request.GET.copy()
        for name in ("for", FOUND):
            query.pop(name, None)
        if is_attendee:
            query["attendee"] = str(person.pk)
        elif str(person.pk) not in query.getlist("beneficiaries"):
            query.appendlist("beneficiaries", str(person.pk))
        if "region" in query:
            # The form is shown again with what was chosen before.
            query["again"] = "1"
        return f"{reverse('appointments:new')}?{query.urlencode()}"

    return find_person(
        request,
        people=people,
        first=latest_of(people, [holder.pk, *latest]),
        title=_("Who comes to the office?") if is_attendee else _("Who is the appointment for?"),
        go_on=go_on,
    )


def criteria_step(view: Step) -> Callable[..., HttpResponse]:
    """Decorate a step that needs the criteria in its address; go to the first step without."""

    @verified
    @wraps(view)
    def step(request: SignedInRequest) -> HttpResponse:
        holder = holder_of(request)
        offered = chosen_beneficiaries(holder, _people_in(request.GET))
        form = CriteriaForm(request.GET, holder=holder, offered=offered)
        if not form.is_valid() or _is_in_another_name(request):
            return redirect(f"{reverse('appointments:new')}?{request.GET.urlencode()}")
        return view(request, Criteria(**form.cleaned_data, until=_until_in(request)))

    return step


def _is_in_another_name(request: SignedInRequest) -> bool:
    """Whether the address was made for another holder: a second tab may have changed it since."""
    return request.GET.get("holder", "") not in ("", str(holder_of(request).pk))


def _until_in(request: HttpRequest) -> date | None:
    """Return until when the address says that somebody was asked to come, if that is ahead."""
    choice = UntilChoice(request.GET)
    until = choice.cleaned_data["until"] if choice.is_valid() else None
    return until if until and until >= timezone.localdate() else None


def _people_in(query: QueryDict) -> list[str]:
    """Return the keys of the people in an address: the attendee and those who are named."""
    return [*query.getlist("attendee"), *query.getlist("beneficiaries")]


def _criteria_in(query: QueryDict) -> dict[str, Any]:
    """Return the criteria in an address, to fill in the form."""
    names = [name for name in ("attendee", "service", "region", "operations") if name in query]
    return {
        **{name: query[name] for name in names},
        "beneficiaries": query.getlist("beneficiaries"),
    }


def move_step(view: Step) -> Callable[..., HttpResponse]:
    """Decorate a step of moving a booked appointment, which brings its criteria."""

    @booked_page(Deed.GIVE_UP)
    @wraps(view)
    def step(request: SignedInRequest, appointment: Appointment) -> HttpResponse:
        if not appointment.can_be_moved:
            return redirect("appointments:detail", appointment.reference)
        region = Region.cached.with_slug(request.GET.get("region"))
        criteria = Criteria(
            service=appointment.service,
            region=region or appointment.slot.office.region,
            operations=appointment.operations,
            appointment=appointment,
        )
        return view(request, criteria)

    return step


def offices(request: SignedInRequest, criteria: Criteria) -> HttpResponse:
    """Show the offices of the region with their nearest free time, the earliest first."""
    found = Office.objects.open_to_booking().filter(region=criteria.region)
    nearest_first = sorted(found.with_nearest(criteria.bookable_slots()), key=_by_nearest)
    days_step = _address(criteria, "days")
    context = {
        "criteria": criteria,
        "offices": [
            {
                "office": office,
                "days_step": f"{days_step}?{_query(request, office=office.slug)}",
                **_hours_and_services(office),
            }
            for office in nearest_first
        ],
        "regions": Region.cached.all(),
    }
    return render(request, "appointments/offices.html", context)


def _hours_and_services(office: Office) -> dict[str, Any]:
    windows = windows_open_on(office, actions.horizon())
    return {"hours": hours_in(windows), "services": services_in(windows)}


def days(request: SignedInRequest, criteria: Criteria) -> HttpResponse:
    """Show the days of one office: the next ones in a list, and all of them as a calendar."""
    office = _office_and_day(request)["office"]
    if office is None:
        return redirect(f"{_address(criteria, 'offices')}?{_query(request)}")
    free = {row["day"]: row for row in criteria.bookable_slots().filter(office=office).days()}
    # Past midnight, yesterday's evening still has times ahead.
    ahead = (day for day in actions.horizon() if not criteria.until or day <= criteria.until)
    shown = sorted({*ahead, *free})
    why_closed = Closure.objects.reasons(office, shown[0], shown[-1])
    context = {
        "criteria": criteria,
        "office": office,
        "days": next_days(office, criteria.service, shown, free=free, why_closed=why_closed),
        "has_free": bool(free),
        "months": months_of(shown, {day: row["places"] for day, row in free.items()}),
        "few": FEW,
        "weekdays": WEEKDAYS,
        "times_step": f"{_address(criteria, 'times')}?{_query(request, office=office.slug)}",
        "offices_step": f"{_address(criteria, 'offices')}?{_query(request)}",
    }
    return render(request, "appointments/days.html", context)


@takes_form
def times(request: SignedInRequest, criteria: Criteria) -> HttpResponse:
    """Show the free times of one day; a choice holds the place, or moves the appointment."""
    chosen = _office_and_day(request)
    office, day = chosen["office"], chosen["day"]
    if office is None:
        return redirect(f"{_address(criteria, 'offices')}?{_query(request)}")
    if day is None:
        return redirect(f"{_address(criteria, 'days')}?{_query(request, office=office.slug)}")
    # The slot that is sent may be full by now, even by the first of two clicks: the action decides.
    sent = Slot.objects.filter(office=office, day=day).with_keys(request.POST.getlist("slot"))
    form = TimeForm(request.POST or None, slots=sent)
    if form.is_valid():
        try:
            taken = _hold_or_move(request, criteria, **form.cleaned_data)
        except RuleViolation as violation:
            if violation.code in ("full", "overlap"):  # it is about the time, not the person
                form.add_error("slot", violation.message)
            else:
                violation.show_on(form)
        else:
            return redirect("appointments:detail", taken.reference)
    free = criteria.bookable_slots().filter(office=office)
    slots = form.fields["slot"].rows = free.filter(day=day).distinct_starts()
    nearest = None
    if form.errors or not slots:
        nearest = free.exclude(day=day).order_by("start").first()
    at_office = _query(request, office=office.slug)
    context = {
        "criteria": criteria,
        "office": office,
        "day": day,
        "form": form,
        "slots": slots,
        "nearest": nearest,
        "times_step": f"{_address(criteria, 'times')}?{at_office}",
        "days_step": f"{_address(criteria, 'days')}?{at_office}",
        "hold_minutes": settings.BOOKING["HOLD_MINUTES"],
    }
    return render(request, "appointments/times.html", context)


def _hold_or_move(
    request: SignedInRequest, criteria: Criteria, *, slot: Slot, idempotency_key: uuid.UUID
) -> Appointment:
    """Move the appointment to the slot, or hold a place there; return the appointment."""
    if criteria.appointment:
        moved = actions.move(actor=request.user, appointment=criteria.appointment, slot=slot)
        messages.success(request, _("Your appointment has been moved."))
        return moved
    return actions.hold(
        actor=request.user,
        holder=holder_of(request),
        attendee=cast(Identity, criteria.attendee),
        service=criteria.service,
        slot=slot,
        operations=criteria.operations,
        idempotency_key=idempotency_key,
        beneficiaries=criteria.beneficiaries,
    )


def _by_nearest(office: Office) -> tuple[bool, float, int]:
    nearest = office.nearest
    return nearest is None, 0 if nearest is None else nearest.timestamp(), office.pk


def _office_and_day(request: HttpRequest) -> dict[str, Any]:
    """Return the office and the day of the address; None for unknown or invalid ones."""
    choice = OfficeChoice(request.GET)
    choice.is_valid()
    return {name: choice.cleaned_data.get(name) for name in choice.fields}


def _address(criteria: Criteria, step: str) -> str:
    if criteria.appointment:
        return reverse(f"appointments:move-{step}", args=[criteria.appointment.reference])
    return reverse(f"appointments:{step}")


def _query(request: HttpRequest, **chosen: str) -> str:
    """Return the query of this address, with the chosen office and without the day."""
    query = request.GET.copy()
    for name in ("office", "day"):
        query.pop(name, None)
    for name, value in chosen.items():
        query[name] = value
    return query.urlencode()
