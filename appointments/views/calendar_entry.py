"""An appointment as a file for the user's own calendar (.ics)."""

from typing import cast

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from appointments.models import AppointmentEvent
from appointments.views.access import get_appointment_for, verified
from core.accounts.access import SignedInRequest
from core.http import content_disposition


@verified
def calendar_entry(request: SignedInRequest, reference: str) -> HttpResponse:
    appointment = get_appointment_for(request.user, reference)
    if not appointment.is_live or appointment.is_held:
        raise Http404
    office = appointment.slot.office
    event = Event()
    event.add("uid", f"{appointment.reference}@tawasul")
    event.add("sequence", appointment.version)
    event.add("dtstamp", cast(AppointmentEvent, appointment.events.last()).at)
    event.add("dtstart", appointment.slot.start)
    event.add("dtend", appointment.slot.end)
    event.add("summary", f"{appointment.service.name} · {office.name}")
    event.add("location", f"{office.name}, {office.city}")
    event.add("description", f"{_('Appointment number')} {appointment.reference}")
    if office.has_place_on_map:
        event.add("geo", (office.latitude, office.longitude))
    calendar = Calendar()
    calendar.add("prodid", "-//Tawasul//Appointments//AR")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    response = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = content_disposition(f"{appointment.reference}.ics")
    return response
