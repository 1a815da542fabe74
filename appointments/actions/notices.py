"""Notices to the user who booked an appointment."""

from typing import Any

from appointments.models import Appointment
from core.messaging.actions import notices


def notify(
    appointment: Appointment, template: str, *, why_closed: object = None, **options: Any
) -> None:
    """Write a notice to the user who booked; `why_closed` is the closure of the slot."""
    context = {"appointment": appointment, "why_closed": why_closed}
    notices.notify(appointment.user, template, context, about=appointment.reference, **options)
