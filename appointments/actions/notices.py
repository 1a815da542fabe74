"""Notices to the user who booked an appointment."""

from typing import Any

from appointments.models import Appointment, Offer
from core.messaging.actions import notices


def notify(
    appointment: Appointment, template: str, *, offer: Offer | None = None, **options: Any
) -> None:
    """Write a notice to the user who booked; one about an `offer` is not sent after that ends."""
    context: dict[str, Any] = {"appointment": appointment}
    if offer:
        context["offer"] = offer
        options["not_after"] = offer.expires_at
    notices.notify(appointment.user, template, context, about=appointment.reference, **options)
