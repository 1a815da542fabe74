"""Offices and their hours, the slots they have, and the appointments that take them."""

from appointments.models.appointments import Appointment, AppointmentQuerySet
from appointments.models.closures import Closure
from appointments.models.events import AppointmentEvent
from appointments.models.offices import Office
from appointments.models.opening_hours import OpeningWindow, Weekday
from appointments.models.slips import Slip
from appointments.models.slots import Slot, SlotQuerySet
from appointments.models.waiting import Offer, Waiting

__all__ = [
    "Appointment",
    "AppointmentEvent",
    "AppointmentQuerySet",
    "Closure",
    "Offer",
    "Office",
    "OpeningWindow",
    "Slip",
    "Slot",
    "SlotQuerySet",
    "Waiting",
    "Weekday",
]
