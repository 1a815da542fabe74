"""The page of the desk for people who come without an appointment."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from appointments import actions
from appointments.admin.desk_access import checked_in_message, desk_address, desk_view, render_desk
from appointments.criteria import Criteria
from appointments.forms import TimeForm, WalkInForm
from appointments.models import Appointment, Office, Slot
from appointments.next_times import OfficeTimes, next_times
from core.accounts.access import StaffRequest
from core.exceptions import RuleViolation
from core.methods import takes_form
from core.references import grouped_reference
from core.template_filters import full_moment, ltr


@takes_form
@desk_view
def walk_in(request: StaffRequest, office: Office, *, offices: list[Office]) -> HttpResponse:
    """Give a person without an appointment a place of today, or, on a full day, of another one."""
    form = WalkInForm(request.POST if request.method == "POST" else None)
    is_later = "slot" in request.POST
    time_form = TimeForm(
        request.POST if is_later else None,
        slots=Slot.objects.with_keys(request.POST.getlist("slot")),
    )
    times: list[OfficeTimes] = []
    if request.method == "POST" and form.is_valid() and (not is_later or time_form.is_valid()):
        about = {"actor": request.user, "office": office, **form.cleaned_data}
        try:
            if is_later:
                booked = actions.book_later(**about, slot=time_form.cleaned_data["slot"])
                messages.success(request, _booked_message(booked))
            else:
                messages.success(request, _admitted_message(actions.walk_in(**about)))
        except RuleViolation as violation:
            violation.show_on(form)
            if violation.code in ("full", "overlap") and actions.may_assist(request.user):
                times = _later_times(office, form)
        else:
            return redirect(desk_address(office))
    return render_desk(
        request,
        "walk_in",
        title=_("Register a walk-in"),
        office=office,
        desk=desk_address(office),
        form=form,
        times=times,
    )


def _later_times(office: Office, form: WalkInForm) -> list[OfficeTimes]:
    """Return the next times in the region for what was asked for, those of this office first."""
    asked = form.cleaned_data
    criteria = Criteria(
        service=asked["service"], region=office.region, operations=asked["operations"]
    )
    return next_times(criteria, own=[office])


def _admitted_message(appointment: Appointment) -> SafeString:
    return format_html(
        '{} <a href="{}">{}</a>',
        checked_in_message(appointment),
        reverse("admin:appointment_slip", args=[appointment.pk]),
        _("Print the slip"),
    )


def _booked_message(booked: Appointment) -> SafeString:
    return format_html(
        _("Booked: {reference}, {moment}, {office}. The person is told by text."),
        reference=ltr(grouped_reference(booked.reference)),
        moment=full_moment(booked.slot.start),
        office=booked.slot.office.name,
    )
