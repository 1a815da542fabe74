"""Offices and their hours, the places they have, and the appointments that take them."""

from appointments.models.booking import Appointment, AppointmentQuerySet, Slot, SlotQuerySet
from appointments.models.offices import Closure, Office, OpeningWindow, Weekday
from appointments.models.papers import AppointmentEvent, Slip

__all__ = [
    "Appointment",
    "AppointmentEvent",
    "AppointmentQuerySet",
    "Closure",
    "Office",
    "OpeningWindow",
    "Slip",
    "Slot",
    "SlotQuerySet",
    "Weekday",
]
