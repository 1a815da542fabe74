"""The button that passes an inquiry to another team, which may end the sight of who presses it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from core.accounts.access import StaffRequest
from requests_app.actions.transfer import has_transferred
from requests_app.admin import desk
from requests_app.admin.buttons import BUTTONS
from requests_app.forms import TransferForm


def press(request: StaffRequest, pk: int) -> HttpResponse:
    """Pass the inquiry on; a second click is led to the queue as the first one was."""
    form = TransferForm(request.POST)
    if form.is_valid():
        names = ("team", "text", "idempotency_key")
        sent = {name: form.cleaned_data[name] for name in names}
        if has_transferred(actor=request.user, inquiry=pk, **sent):
            messages.success(request, BUTTONS["transfer"].done)
            return redirect("admin:requests_app_inquiry_changelist")
    return desk.press(request, pk, "transfer")
