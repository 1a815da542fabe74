"""Offices and their hours, the places they have, and the appointments that take them."""

from appointments.models.booking import Appointment, AppointmentQuerySet, Slot, SlotQuerySet
from appointments.models.offices import Closure, Office, OpeningWindow, Weekday
from appointments.models.papers import AppointmentEvent, Slip
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
