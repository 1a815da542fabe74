"""Models of offices, opening hours, slots and appointments."""

from appointments.models.appointments import Appointment, AppointmentQuerySet
from appointments.models.assistance import Assistance
from appointments.models.closures import Closure
from appointments.models.corrections import Correction, CorrectionQuerySet
from appointments.models.events import AppointmentEvent
from appointments.models.offices import Office, OfficeQuerySet, offices_open_to_booking
from appointments.models.opening_hours import (
    OpeningWindow,
    Weekday,
    cached_windows_of,
    weekdays_in_words,
)
from appointments.models.slips import Slip
from appointments.models.slots import Slot, SlotQuerySet
from appointments.models.waiting import Offer, OfferQuerySet, Waiting, somebody_waits

__all__ = [
    "Appointment",
    "AppointmentEvent",
    "AppointmentQuerySet",
    "Assistance",
    "Closure",
    "Correction",
    "CorrectionQuerySet",
    "Offer",
    "OfferQuerySet",
    "Office",
    "OfficeQuerySet",
    "OpeningWindow",
    "Slip",
    "Slot",
    "SlotQuerySet",
    "Waiting",
    "Weekday",
    "cached_windows_of",
    "offices_open_to_booking",
    "somebody_waits",
    "weekdays_in_words",
]
