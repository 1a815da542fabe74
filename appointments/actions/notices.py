"""What the person who booked is told of an appointment."""

from core.messaging.actions import notices


def notify(appointment, template, *, offer=None, **options):
    """Tell whoever has booked; what is said of an `offer` is of no use once that has ended."""
    context = {"appointment": appointment}
    if offer:
        context["offer"] = offer
        options["not_after"] = offer.expires_at
    notices.notify(appointment.user, template, context, about=appointment.reference, **options)
