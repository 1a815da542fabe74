"""The printed slip with its QR code, and the public page that checks it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from appointments import actions
from appointments.actions import Deed
from appointments.models import Appointment, Slip
from appointments.views.access import booked_page
from core.accounts.access import SignedInRequest
from core.qr_codes import qr_code


@booked_page(Deed.READ)
def slip(request: SignedInRequest, appointment: Appointment) -> HttpResponse:
    """Show the page to print, with the QR code of the page on which anybody can check it."""
    current = appointment.slips.last()
    if current is None or not appointment.is_live:
        return redirect("appointments:detail", appointment.reference)
    address = request.build_absolute_uri(reverse("check", args=[current.check_code]))
    context = {
        "appointment": appointment,
        "address": address,
        "documents": appointment.service.documents.all(),
        "named": actions.rights_of(request.user, appointment).named_of(appointment),
        "code": qr_code(address),
    }
    return render(request, "appointments/slip.html", context)


def check(request: HttpRequest, code: str) -> HttpResponse:
    """Show whether a printed slip is good, without any personal data."""
    shown = get_object_or_404(
        Slip.objects.select_related("appointment__slot", "slot"), check_code=code
    )
    return render(request, "appointments/check.html", {"slip": shown, "status": shown.status()})
