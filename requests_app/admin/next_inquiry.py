"""The button that hands the officer the most urgent inquiry."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from core.accounts.access import StaffRequest
from core.exceptions import RuleViolation
from core.methods import takes
from requests_app import actions


@takes("POST")
def take_next(request: StaffRequest) -> HttpResponse:
    """Assign the next inquiry to the officer and open it, or say why there is none."""
    try:
        inquiry = actions.take_next(actor=request.user)
    except RuleViolation as violation:
        messages.warning(request, violation.message)
        return redirect("admin:requests_app_inquiry_changelist")
    return redirect("admin:requests_app_inquiry_change", inquiry.pk)
