"""What the applicant is told, and the reminder of an inquiry that was returned."""

from datetime import timedelta

from django.db.models import Max
from django.utils import timezone

from core.messaging.actions import notices
from requests_app.models import InquiryEvent

EventType = InquiryEvent.EventType

# The events of which the applicant is told.
NOTICES = {
    EventType.SUBMITTED,
    EventType.REPLIED,
    EventType.RETURNED,
    EventType.APPROVED,
    EventType.REJECTED,
    EventType.WITHDRAWN,
}
REMINDED_AFTER = timedelta(days=7)


def tell_applicant(inquiry, event_type):
    """Tell the applicant of what has just happened, where that concerns them."""
    if event_type in NOTICES:
        _notify(inquiry, f"inquiry_{event_type}")


def remind_of_return(inquiry):
    """Remind the applicant when the inquiry has waited for them for a week."""
    later = timezone.now() + REMINDED_AFTER
    _notify(inquiry, "inquiry_reminder", reminder=_reminder(inquiry), not_before=later)


def drop_reminder_of_return(inquiry):
    notices.drop_reminders([_reminder(inquiry)])


def _notify(inquiry, template, **options):
    context = {"inquiry": inquiry}
    notices.notify(inquiry.applicant, template, context, about=inquiry.reference, **options)


def _reminder(inquiry):
    returned = inquiry.events.filter(event_type=EventType.RETURNED).aggregate(seq=Max("seq"))
    return notices.Reminder(inquiry.idempotency_key, "reminder", returned["seq"])
