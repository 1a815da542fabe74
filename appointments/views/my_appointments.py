"""A person's appointments: the list, one of them, confirming and cancelling it."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments import actions
from appointments.forms import WaitForm
from appointments.models import Appointment
from appointments.views.access import get_appointment_for, get_booked_by, verified
from core.exceptions import RuleViolation

ROWS = 20


@verified
def appointment_list(request):
    mine = Appointment.objects.visible_to(request.user).select_related(
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


def _seconds_left(appointment):
    """Until a hold expires."""
    if not appointment.is_held:
        return 0
    left = appointment.expires_at - timezone.now()
    return max(0, -(-left // timedelta(seconds=1)))
