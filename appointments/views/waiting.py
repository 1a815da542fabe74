"""Views of the waiting list, and of the answers to offers."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from appointments import actions
from appointments.forms import WaitForm
from appointments.models import Appointment
from appointments.views.access import get_booked_by, verified
from core.accounts.access import SignedInRequest
from core.exceptions import RuleViolation


def button(act: Callable[..., str]) -> Callable[..., HttpResponse]:
    """Decorate `act` as the view of a button; it returns the message for the page that follows."""

    @verified
    @wraps(act)
    def press(request: SignedInRequest, reference: str, **kwargs: Any) -> HttpResponse:
        appointment = get_booked_by(request.user, reference)
        if request.method == "POST":
            try:
                messages.success(request, act(request, appointment, **kwargs))
            except RuleViolation as violation:
                messages.error(request, violation.message)
        # A user who had to sign in again on the way comes back without the POST: the page has the
        # button.
        return redirect("appointments:detail", reference)

    return press


@button
def wait(request: SignedInRequest, appointment: Appointment) -> str:
    form = WaitForm(request.POST)
    here = form.is_valid() and form.cleaned_data["where"] == WaitForm.HERE
    office = appointment.slot.office if here else None
    actions.wait(actor=request.user, appointment=appointment, office=office)
    return _("We will text you when an earlier time comes free.")


@button
def stop_waiting(request: SignedInRequest, appointment: Appointment) -> str:
    actions.stop_waiting(actor=request.user, appointment=appointment)
    return _("You are no longer waiting for an earlier time.")


@button
def accept(request: SignedInRequest, appointment: Appointment, pk: int) -> str:
    actions.accept(actor=request.user, offer=get_object_or_404(appointment.offers, pk=pk))
    return _("Your appointment has been moved.")


@button
def decline(request: SignedInRequest, appointment: Appointment, pk: int) -> str:
    actions.decline(actor=request.user, offer=get_object_or_404(appointment.offers, pk=pk))
    return _("The time will be offered to somebody else.")
