"""The text of an appointment's calendar file. Imported by the view that answers with one, alone."""

from datetime import timedelta
from email.utils import parseaddr
from typing import cast

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event, vCalAddress
from icalendar.enums import STATUS

from appointments.models import Appointment, AppointmentEvent
from core.references import reference_in_text
from core.template_filters import full_moment_in_words

# The first is in time for another time, the second for the way to the office.
ALARMS = (timedelta(days=1), timedelta(hours=2))


def calendar_file(appointment: Appointment, url: str) -> bytes:
    """Return the calendar file of an appointment, whose page is at `url`.

    All files of an appointment have one UID, and a later one has a higher SEQUENCE: a calendar
    changes the entry that it has. The methods are those of RFC 5546 for a published event.
    """
    calendar = Calendar.new(
        prodid="-//Tawasul//Appointments//AR",
        method="CANCEL" if appointment.is_called_off else "PUBLISH",
        subcomponents=[_event(appointment, url)],
    )
    return calendar.to_ical()


def _event(appointment: Appointment, url: str) -> Event:
    office = appointment.slot.office
    summary = f"{appointment.service.short_name} · {office.short_name}"
    number = f"{_('Appointment number')} {reference_in_text(appointment.reference)}"
    alarms = [] if appointment.is_called_off else [_alarm(ahead, summary) for ahead in ALARMS]
    event = Event.new(
        uid=f"{appointment.reference}@tawasul",
        sequence=appointment.version,
        stamp=timezone.now(),
        last_modified=cast(AppointmentEvent, appointment.events.last()).at,
        status=STATUS.CANCELLED if appointment.is_called_off else STATUS.CONFIRMED,
        organizer=vCalAddress.new(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], cn=office.name),
        start=appointment.slot.start,
        end=appointment.slot.end,
        summary=summary,
        location=f"{office.name}, {office.city}",
        description=f"{full_moment_in_words(appointment.slot.start)}\n{number}",
        url=url,
        subcomponents=alarms,
    )
    if office.has_place_on_map:
        event.add("geo", (office.latitude, office.longitude))
    return event


def _alarm(ahead: timedelta, text: str) -> Alarm:
    alarm = Alarm.new(description=text)
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -ahead)
    return alarm
