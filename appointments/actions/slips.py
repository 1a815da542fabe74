"""Issuing slips."""

from appointments.models import Slip


def issue_slip(appointment):
    """Make the slip of the time that the appointment has now; those before are of a moved one."""
    return Slip.objects.create(appointment=appointment, slot=appointment.slot)
