"""My appointments: one of them with what it needs, its slip, its calendar entry, its end."""

from datetime import timedelta

import segno
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from appointments import actions
from appointments.forms import WaitForm
from appointments.models import Appointment, Slip
from appointments.views.lookup import get_appointment_for, get_booked_by, verified
from core.exceptions import RuleViolation

ROWS = 20


@verified
def appointment_list(request):
    mine = Appointment.objects.of(request.user).select_related(
        "service", "attendee", "slot__office"
    )
    page = Paginator(mine.over(), ROWS).get_page(request.GET.get("page"))
    context = {"upcoming": mine.unsettled(), "page": page}
    return render(request, "appointments/list.html", context)


@verified
def detail(request, reference):
    """The details of a held time with the minutes left, or the appointment as it stands."""
    appointment = get_appointment_for(request.user, reference)
    open_offer = appointment.offers.open().select_related("slot__office").first()
    context = {
        "appointment": appointment,
        "is_mine": appointment.user_id == request.user.pk,
        "offer": open_offer if open_offer and open_offer.can_be_answered else None,
        "waiting": appointment.waitings.open().select_related("office").first(),
        "wait_form": WaitForm(),
        "seconds_left": _seconds_left(appointment),
        "documents": appointment.service.documents.all(),
        "named": appointment.beneficiaries.all(),
    }
    return render(request, "appointments/detail.html", context)


@verified
def confirm(request, reference):
    appointment = get_booked_by(request.user, reference)
    if request.method == "POST":
        try:
            actions.confirm(actor=request.user, appointment=appointment)
        except RuleViolation as violation:
            messages.error(request, violation.message)
    # Whoever had to sign in again on the way has pressed nothing yet: there they can.
    return redirect("appointments:detail", reference)


@verified
def cancel(request, reference):
    """Ask first, then give the place back."""
    appointment = get_booked_by(request.user, reference)
    if request.method == "POST":
        try:
            actions.cancel(actor=request.user, appointment=appointment)
        except RuleViolation as violation:
            messages.error(request, violation.message)
        else:
            messages.success(request, _("The appointment has been cancelled."))
        return redirect("appointments:detail", reference)
    if not appointment.can_be_changed:
        return redirect("appointments:detail", reference)
    return render(request, "appointments/cancel.html", {"appointment": appointment})


@verified
def slip(request, reference):
    """One page to print, with a QR that opens the page on which anybody can check it."""
    appointment = get_appointment_for(request.user, reference)
    current = appointment.slips.last()
    if current is None or not appointment.is_live:
        return redirect("appointments:detail", reference)
    address = request.build_absolute_uri(reverse("check", args=[current.check_code]))
    code = segno.make(address, error="m").svg_inline(scale=4, border=2)
    context = {
        "appointment": appointment,
        "address": address,
        "documents": appointment.service.documents.all(),
        "named": appointment.beneficiaries.all(),
        "code": mark_safe(code),  # noqa: S308 - made here, of an address
    }
    return render(request, "appointments/slip.html", context)


@verified
def calendar_entry(request, reference):
    appointment = get_appointment_for(request.user, reference)
    if not appointment.is_live or appointment.is_held:
        raise Http404
    office = appointment.slot.office
    event = Event()
    event.add("uid", f"{appointment.reference}@tawasul")
    event.add("sequence", appointment.version)
    event.add("dtstamp", appointment.events.last().at)
    event.add("dtstart", appointment.slot.start)
    event.add("dtend", appointment.slot.end)
    event.add("summary", f"{appointment.service.name} · {office.name}")
    event.add("location", f"{office.name}, {office.city}")
    event.add("description", f"{_('Appointment number')} {appointment.reference}")
    if office.has_place_on_map:
        event.add("geo", (office.latitude, office.longitude))
    calendar = Calendar()
    calendar.add("prodid", "-//Tawasul//Appointments//AR")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    response = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{appointment.reference}.ics"'
    return response


def check(request, code):
    """For whoever holds a printed slip: whether it is good, without anybody's name."""
    shown = get_object_or_404(
        Slip.objects.select_related("appointment__slot__office", "slot__office"), check_code=code
    )
    return render(request, "appointments/check.html", {"slip": shown, "state": shown.state()})


def _seconds_left(appointment):
    """Until a hold expires."""
    if not appointment.is_held:
        return 0
    left = appointment.expires_at - timezone.now()
    return max(0, -(-left // timedelta(seconds=1)))
