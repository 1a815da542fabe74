"""Notices to the applicant, and the reminder of a returned inquiry."""

from datetime import timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from core.messaging.actions import notices
from requests_app.models import Inquiry, InquiryEvent

EventType = InquiryEvent.EventType

# The applicant gets a notice of these events.
NOTICES = {
    EventType.SUBMITTED,
    EventType.REPLIED,
    EventType.RETURNED,
    EventType.APPROVED,
    EventType.REJECTED,
    EventType.WITHDRAWN,
}
REMINDER_DELAY = timedelta(days=7)


def tell_applicant(inquiry: Inquiry, event_type: EventType) -> None:
    """Notify the applicant of the event if it is in `NOTICES`."""
    if event_type in NOTICES:
        _notify(inquiry, f"inquiry_{event_type}")


def remind_of_return(inquiry: Inquiry) -> None:
    """Schedule a reminder to the applicant for an inquiry that stays returned for a week."""
    later = timezone.now() + REMINDER_DELAY
    _notify(inquiry, "inquiry_reminder", reminder=_reminder(inquiry), not_before=later)


def drop_reminder_of_return(inquiry: Inquiry) -> None:
    notices.drop_reminders([_reminder(inquiry)])


def _notify(inquiry: Inquiry, template: str, **options: Any) -> None:
    context = {"inquiry": inquiry}
    notices.notify(inquiry.applicant, template, context, about=inquiry.reference, **options)


def _reminder(inquiry: Inquiry) -> notices.Reminder:
    returned = inquiry.events.filter(event_type=EventType.RETURNED).aggregate(seq=Max("seq"))
    return notices.Reminder(inquiry.idempotency_key, "reminder", returned["seq"])
