"""A user's appointments: the list, the details, confirming and cancelling."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments import actions
from appointments.forms import WaitForm
from appointments.models import Appointment, Closure, Waiting
from appointments.views.access import get_appointment_for, get_booked_by, verified
from core.accounts.access import SignedInRequest
from core.exceptions import RuleViolation
from core.methods import takes_form

ROWS = 20


@verified
def appointment_list(request: SignedInRequest) -> HttpResponse:
    mine = Appointment.objects.visible_to(request.user).select_related(
        "service", "attendee", "slot__office"
    )
    waiting = Waiting.objects.filter(user=request.user).with_offers().latest_first()
    lists = {"upcoming": mine.unsettled(), "waiting": waiting, "past": mine.over()}
    context = {
        name: Paginator(rows, ROWS).get_page(request.GET.get(name)) for name, rows in lists.items()
    }
    return render(request, "appointments/list.html", context)


@verified
def detail(request: SignedInRequest, reference: str) -> HttpResponse:
    """Show a held time with the minutes left, or the appointment as it stands."""
    appointment = get_appointment_for(request.user, reference)
    offers = list(appointment.offers.select_related("slot__office").order_by("-pk"))
    context = {
        "appointment": appointment,
        "is_mine": appointment.user_id == request.user.pk,
        "offer": next((offer for offer in offers if offer.can_be_answered), None),
        "offers": offers,
        "waiting": appointment.waitings.open().select_related("office").first(),
        "wait_form": WaitForm(),
        "seconds_left": _seconds_left(appointment),
        "documents": appointment.service.documents.all(),
        "why_closed": appointment.is_displaced and Closure.objects.why_closed(appointment.slot),
        "named": appointment.beneficiaries.all(),
    }
    return render(request, "appointments/detail.html", context)


@takes_form
@verified
def confirm(request: SignedInRequest, reference: str) -> HttpResponse:
    appointment = get_booked_by(request.user, reference)
    if request.method == "POST":
        try:
            actions.confirm(actor=request.user, appointment=appointment)
        except RuleViolation as violation:
            messages.error(request, violation.message)
    # A user who had to sign in again on the way comes back without the POST: the page has the
    # button.
    return redirect("appointments:detail", reference)


@takes_form
@verified
def cancel(request: SignedInRequest, reference: str) -> HttpResponse:
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


def _seconds_left(appointment: Appointment) -> int:
    """Return the seconds until the hold expires, or 0."""
    if not appointment.is_held:
        return 0
    left = appointment.expires_at - timezone.now()
    return max(0, -(-left // timedelta(seconds=1)))
