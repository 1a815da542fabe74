"""The page of the desk for people who come without an appointment."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from appointments import actions
from appointments.admin.desk_access import checked_in_message, desk_address, desk_view, render_desk
from appointments.forms import WalkInForm
from appointments.models import Office
from core.accounts.access import StaffRequest
from core.exceptions import RuleViolation
from core.methods import takes_form


@takes_form
@desk_view
def walk_in(request: StaffRequest, office: Office, *, offices: list[Office]) -> HttpResponse:
    """Give a person without an appointment a place of today."""
    form = WalkInForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            appointment = actions.walk_in(actor=request.user, office=office, **form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            messages.success(request, checked_in_message(appointment))
            return redirect(desk_address(office))
    return render_desk(
        request,
        "walk_in",
        title=_("Register a walk-in"),
        office=office,
        desk=desk_address(office),
        form=form,
    )
