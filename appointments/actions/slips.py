"""Issuing slips."""

from appointments.models import Appointment, Slip


def issue_slip(appointment: Appointment) -> Slip:
    """Issue the slip of the present time; earlier slips then count as moved."""
    return Slip.objects.create(appointment=appointment, slot=appointment.slot)
