"""Notices to the applicant, and the reminder of a returned inquiry."""

from datetime import timedelta

from django.db.models import Max
from django.utils import timezone

from core.messaging.actions import notices
from requests_app.models import InquiryEvent

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


def tell_applicant(inquiry, event_type):
    """Notify the applicant of the event if it is in `NOTICES`."""
    if event_type in NOTICES:
        _notify(inquiry, f"inquiry_{event_type}")


def remind_of_return(inquiry):
    """Schedule a reminder to the applicant for an inquiry that stays returned for a week."""
    later = timezone.now() + REMINDER_DELAY
    _notify(inquiry, "inquiry_reminder", reminder=_reminder(inquiry), not_before=later)


def drop_reminder_of_return(inquiry):
    notices.drop_reminders([_reminder(inquiry)])


def _notify(inquiry, template, **options):
    context = {"inquiry": inquiry}
    notices.notify(inquiry.applicant, template, context, about=inquiry.reference, **options)


def _reminder(inquiry):
    returned = inquiry.events.filter(event_type=EventType.RETURNED).aggregate(seq=Max("seq"))
    return notices.Reminder(inquiry.idempotency_key, "reminder", returned["seq"])
