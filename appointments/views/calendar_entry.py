"""An appointment as a file for the user's own calendar (.ics)."""

from django.http import Http404, HttpResponse
from django.urls import reverse

from appointments.actions import Deed
from appointments.models import Appointment
from appointments.views.access import booked_page
from core.accounts.access import SignedInRequest
from core.http import content_disposition


@booked_page(Deed.READ)
def calendar_entry(request: SignedInRequest, appointment: Appointment) -> HttpResponse:
    """Return the file that puts the appointment into a calendar, or takes it out again."""
    # The library takes a fifth of what Django itself does to load, and few people ask for the file.
    from appointments.calendar_file import calendar_file

    if not appointment.is_called_off and (appointment.is_held or not appointment.is_live):
        raise Http404
    page = reverse("appointments:detail", args=[appointment.reference])
    content = calendar_file(appointment, request.build_absolute_uri(page))
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = content_disposition(f"{appointment.reference}.ics")
    return response
