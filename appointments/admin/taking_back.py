"""The page of the desk on which a mark is taken back."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from appointments import actions
from appointments.actions.taking_back import Mark
from appointments.admin.desk_access import render_desk
from appointments.forms import TakeBackForm
from appointments.models import Appointment
from core.accounts.access import StaffRequest
from core.exceptions import RuleViolation
from core.http import safe_target
from core.template_filters import ltr, time_of_day

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


def take_back_page(request: StaffRequest, appointment: Appointment) -> HttpResponse:
    """Show what would be taken back, and take it back; then go on where the person came from."""
    page = reverse("admin:appointments_appointment_change", args=[appointment.pk])
    place = safe_target(request, page)
    form = TakeBackForm(
        request.POST if request.method == "POST" else None, initial=_now(appointment)
    )
    if request.method == "POST" and form.is_valid():
        try:
            done = actions.take_back(
                actor=request.user, appointment=appointment, **form.cleaned_data
            )
        except RuleViolation as violation:
            if violation.code in ("stale", "status", "settled"):
                messages.error(request, violation.message)
                appointment.refresh_from_db()
                form = TakeBackForm(initial={**form.cleaned_data, **_now(appointment)})
            else:
                violation.show_on(form)
        else:
            status = done.get_status_display()
            messages.success(
                request,
                _("Taken back. The appointment is “%(status)s” now.") % {"status": status},
            )
            return redirect(place)
    mark = actions.last_mark(appointment)
    if mark is None or not appointment.can_be_taken_back:
        if not messages.get_messages(request):
            messages.error(request, _("There is nothing to take back on this appointment."))
        return redirect(page)
    return render_desk(
        request,
        "take_back",
        title=_("Take back"),
        appointment=appointment,
        mark=mark.event_type.label,
        afterwards=_afterwards(mark),
        form=form,
        place=place,
        # The list leads to a row, which a link back need not.
        back=place.partition("#")[0],
    )


def _now(appointment: Appointment) -> dict[str, Any]:
    return {"expected_version": appointment.version}


def _afterwards(mark: Mark) -> "_StrOrPromise":
    """Return in words what the appointment is once this mark is taken back."""
    if mark.status != Appointment.Status.CHECKED_IN:
        return mark.status.label
    if mark.called_at is None:
        return _("At the office, not called")
    return format_html(_("At the office, called at {}"), ltr(time_of_day(mark.called_at)))
