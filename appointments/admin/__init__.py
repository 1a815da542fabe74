"""The office desk, and the hours by those who keep them."""

from appointments.admin.desk import AppointmentAdmin
from appointments.admin.hours import ClosureAdmin, OfficeAdmin, OpeningWindowAdmin

__all__ = ["AppointmentAdmin", "ClosureAdmin", "OfficeAdmin", "OpeningWindowAdmin"]
