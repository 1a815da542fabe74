"""Booking a place, step by step: what, where, on which day, at what time.

What was chosen stands in the address of each step, so that the back button, another tab and another
device find it again; nothing is taken before the last of them.
"""

from functools import wraps
from operator import itemgetter

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from appointments import actions
from appointments.criteria import Criteria
from appointments.forms import CriteriaForm, OfficeChoice, TimeForm
from appointments.models import Office, Slot
from appointments.month_grid import WEEKDAYS, months_of
from appointments.views.access import get_booked_by, verified
from core.accounts.acting_as import holder_of
from core.catalogue.models import Region
from core.exceptions import RuleViolation


@verified
def new(request):
    """For whom, which service, in which region, how many operations."""
    holder = holder_of(request)
    asked = {"service": request.GET.get("service")}
    form = CriteriaForm(
        request.GET if "region" in request.GET else None, holder=holder, initial=asked
    )
    if form.is_valid():
        return redirect(f"{reverse('appointments:offices')}?{request.GET.urlencode()}")
    return render(request, "appointments/new.html", {"form": form})


def criteria_step(view):
    """A step for which the criteria stand in the address; where they do not, back to the first."""

    @verified
    @wraps(view)
    def step(request):
        form = CriteriaForm(request.GET, holder=holder_of(request))
        if not form.is_valid():
            return redirect(f"{reverse('appointments:new')}?{request.GET.urlencode()}")
        return view(request, Criteria(**form.cleaned_data))

    return step


def move_step(view):
    """The same step for an appointment that is to have another time."""

    @verified
    @wraps(view)
    def step(request, reference):
        appointment = get_booked_by(request.user, reference)
        if not appointment.can_be_changed:
            return redirect("appointments:detail", reference)
        region = Region.objects.filter(slug=request.GET.get("region")).first()
        criteria = Criteria(
            service=appointment.service,
            region=region or appointment.slot.office.region,
            operations=appointment.operations,
            appointment=appointment,
        )
        return view(request, criteria)

    return step


@criteria_step
def offices(request, criteria):
    return _show_offices(request, criteria)


@criteria_step
def days(request, criteria):
    return _show_days(request, criteria)


@criteria_step
def times(request, criteria):
    return _show_times(request, criteria)


@move_step
def move_offices(request, criteria):
    return _show_offices(request, criteria)


@move_step
def move_days(request, criteria):
    return _show_days(request, criteria)


@move_step
def move_times(request, criteria):
    return _show_times(request, criteria)


def _show_offices(request, criteria):
    """The offices of the region, each with its nearest free day, the earliest first."""
    found = Office.objects.open_to_booking().filter(region=criteria.region)
    offices = sorted(found.with_nearest(criteria.bookable_slots()), key=_by_nearest)
    days_step = _address(criteria, "days")
    context = {
        "criteria": criteria,
        "offices": [
            (office, f"{days_step}?{_query(request, office=office.slug)}") for office in offices
        ],
        "regions": Region.objects.all(),
    }
    return render(request, "appointments/offices.html", context)


def _show_days(request, criteria):
    """The days of one office, and how free each is."""
    office = _chosen(request)["office"]
    if office is None:
        return redirect(f"{_address(criteria, 'offices')}?{_query(request)}")
    free = list(criteria.bookable_slots().filter(office=office).days())
    places = {row["day"]: row["places"] for row in free}
    # Past midnight, yesterday's evening has times to come.
    days = sorted({*actions.horizon(), *places})
    context = {
        "criteria": criteria,
        "office": office,
        "months": months_of(days, places),
        "weekdays": WEEKDAYS,
        "times_step": f"{_address(criteria, 'times')}?{_query(request, office=office.slug)}",
        "offices_step": f"{_address(criteria, 'offices')}?{_query(request)}",
        "earliest": min(free, key=itemgetter("first"), default=None),
    }
    return render(request, "appointments/days.html", context)


def _show_times(request, criteria):
    """The free times of one day; choosing one holds the place, or moves the appointment at once."""
    chosen = _chosen(request)
    office, day = chosen["office"], chosen["day"]
    if office is None:
        return redirect(f"{_address(criteria, 'offices')}?{_query(request)}")
    if day is None:
        return redirect(f"{_address(criteria, 'days')}?{_query(request, office=office.slug)}")
    free = criteria.bookable_slots().filter(office=office)
    # What is sent may be full by now, even by the first of two clicks: the action knows.
    of_day = Slot.objects.filter(office=office, day=day)
    form = TimeForm(request.POST or None, slots=of_day)
    if form.is_valid():
        try:
            taken = _take(request, criteria, **form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            return redirect("appointments:detail", taken.reference)
    form.fields["slot"].queryset = free.filter(day=day).distinct_starts()
    context = {
        "criteria": criteria,
        "office": office,
        "day": day,
        "form": form,
        "slots": form.fields["slot"].queryset,
        "nearest": form.errors and free.exclude(day=day).order_by("start").first(),
        "days_step": f"{_address(criteria, 'days')}?{_query(request, office=office.slug)}",
    }
    return render(request, "appointments/times.html", context)


def _take(request, criteria, *, slot, idempotency_key):
    """Move the appointment to the slot, or hold a place there; the appointment."""
    if criteria.appointment:
        moved = actions.move(actor=request.user, appointment=criteria.appointment, slot=slot)
        messages.success(request, _("Your appointment has been moved."))
        return moved
    return actions.hold(
        actor=request.user,
        holder=holder_of(request),
        attendee=criteria.attendee,
        service=criteria.service,
        slot=slot,
        operations=criteria.operations,
        idempotency_key=idempotency_key,
        beneficiaries=criteria.beneficiaries,
    )


def _by_nearest(office):
    is_without = office.nearest is None
    return is_without, 0 if is_without else office.nearest.timestamp(), office.pk


def _chosen(request):
    """The office and the day of the address; None for what is not there, or makes no sense."""
    choice = OfficeChoice(request.GET)
    choice.is_valid()
    return {name: choice.cleaned_data.get(name) for name in choice.fields}


def _address(criteria, step):
    if criteria.appointment:
        return reverse(f"appointments:move-{step}", args=[criteria.appointment.reference])
    return reverse(f"appointments:{step}")


def _query(request, **chosen):
    """The criteria of this address, with the office that was chosen, and without the day."""
    query = request.GET.copy()
    for name in ("office", "day"):
        query.pop(name, None)
    for name, value in chosen.items():
        query[name] = value
    return query.urlencode()
