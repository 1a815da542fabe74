"""Waiting for an earlier time, and the answer to one that is offered."""

from functools import wraps

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from appointments import actions
from appointments.forms import WaitForm
from appointments.views.access import get_booked_by, verified
from core.exceptions import RuleViolation


def button(act):
    """A button: what `act` does, and its word for the page that comes back."""

    @verified
    @wraps(act)
    def press(request, reference, **kwargs):
        appointment = get_booked_by(request.user, reference)
        if request.method == "POST":
            try:
                messages.success(request, act(request, appointment, **kwargs))
            except RuleViolation as violation:
                messages.error(request, violation.message)
        # Whoever had to sign in again on the way has pressed nothing yet: there they can.
        return redirect("appointments:detail", reference)

    return press


@button
def wait(request, appointment):
    form = WaitForm(request.POST)
    here = form.is_valid() and form.cleaned_data["where"] == WaitForm.HERE
    office = appointment.slot.office if here else None
    actions.wait(actor=request.user, appointment=appointment, office=office)
    return _("We will text you when an earlier time comes free.")


@button
def stop_waiting(request, appointment):
    actions.stop_waiting(actor=request.user, appointment=appointment)
    return _("You are no longer waiting for an earlier time.")


@button
def accept(request, appointment, pk):
    actions.accept(actor=request.user, offer=get_object_or_404(appointment.offers, pk=pk))
    return _("Your appointment has been moved.")


@button
def decline(request, appointment, pk):
    actions.decline(actor=request.user, offer=get_object_or_404(appointment.offers, pk=pk))
    return _("The time will be offered to somebody else.")
