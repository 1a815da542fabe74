"""Admin of offices: the desk, and the reference data that managers keep."""

from appointments.admin.closures import ClosureAdmin
from appointments.admin.desk import AppointmentAdmin
from appointments.admin.holidays import HolidayAdmin
from appointments.admin.offices import OfficeAdmin
from appointments.admin.opening_hours import OpeningWindowAdmin

__all__ = [
    "AppointmentAdmin",
    "ClosureAdmin",
    "HolidayAdmin",
    "OfficeAdmin",
    "OpeningWindowAdmin",
]
