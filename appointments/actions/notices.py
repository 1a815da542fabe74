"""Notices of what happens to an appointment: to those whose it is, and to the attendee."""

from typing import Any, cast

from appointments.models import Appointment, Waiting
from core.accounts.audience import Handover, audience_of
from core.messaging.actions import notices

# The notices that the attendee gets too where somebody else booked, by those of the owners.
TEMPLATES_FOR_ATTENDEE = {
    "appointment_confirmed": "appointment_booked_for_you",
    "appointment_booked_by_office": "appointment_booked_for_you",
    "appointment_moved": "appointment_for_you_moved",
    "appointment_moved_by_office": "appointment_for_you_moved",
    "appointment_cancelled": "appointment_for_you_cancelled",
    "appointment_cancelled_by_office": "appointment_for_you_cancelled",
    "appointment_restored": "appointment_restored",
    "appointment_closed": "appointment_for_you_closed",
    "appointment_displaced": "appointment_for_you_closed",
    "appointment_tomorrow": "appointment_tomorrow",
}


def notify(
    appointment: Appointment, template: str, *, why_closed: object = None, **options: Any
) -> None:
    """Tell those whose appointment it is, and the attendee; `why_closed` is the slot's closure."""
    context = {"appointment": appointment, "why_closed": why_closed}
    audience, about = audience_of(appointment), appointment.reference
    notices.notify(audience.owners, template, context, about=about, **options)
    if for_attendee := TEMPLATES_FOR_ATTENDEE.get(template):
        notices.notify(audience.persons, for_attendee, context, about=about, **options)


def of_closing(waiting: Waiting) -> notices.Occasion:
    """Return the occasion of telling the displaced of this entry, which may wait until morning."""
    namespace = cast(Appointment, waiting.appointment).idempotency_key
    return notices.Occasion(namespace, "closing", waiting.pk)


def drop_notices_of_closing(appointment: Appointment) -> None:
    """Withdraw what still waits to be told of the closing of the appointment's time."""
    entries = appointment.waitings.filter(before=None).select_related("appointment")
    notices.drop_notices(of_closing(entry) for entry in entries)


def tell_passed_on(appointment: Appointment, handover: Handover) -> None:
    """Tell both sides that an appointment has passed on, as a link has ended."""
    context, about = {"appointment": appointment}, appointment.reference
    notices.notify(handover.gained, "appointment_passed_to_you", context, about=about)
    notices.notify(handover.lost, "appointment_passed_on", context, about=about)


def tell_wish_passed_on(wish: Waiting, handover: Handover) -> None:
    """Tell both sides that a place on the waiting list has passed on in the same way."""
    context = {"waiting": wish}
    notices.notify(handover.gained, "wish_passed_to_you", context, about="")
    notices.notify(handover.lost, "wish_passed_on", context, about="")


def notify_waiting(
    waiting: Waiting, template: str, context: dict[str, Any], **options: Any
) -> None:
    """Tell those whose entry on the waiting list it is of a time that is kept for them."""
    appointment = waiting.appointment
    about = appointment.reference if appointment else ""
    context = {"waiting": waiting, "appointment": appointment, **context}
    audience = audience_of(waiting)
    notices.notify(audience.owners, template, context, about=about, **options)
    if appointment and (for_attendee := TEMPLATES_FOR_ATTENDEE.get(template)):
        notices.notify(audience.persons, for_attendee, context, about=about, **options)
