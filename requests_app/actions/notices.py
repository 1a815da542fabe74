"""What the applicant is told, and the reminder of an inquiry that was returned."""

from datetime import timedelta

from django.db.models import Max
from django.utils import timezone

from core.messaging.actions import notices
from requests_app.models import InquiryEvent

Deed = InquiryEvent.Deed

# The events of which the applicant is told.
NOTICES = {
    Deed.SUBMITTED,
    Deed.REPLIED,
    Deed.RETURNED,
    Deed.APPROVED,
    Deed.REJECTED,
    Deed.WITHDRAWN,
}
REMINDED_AFTER = timedelta(days=7)


def tell_applicant(inquiry, deed):
    """Tell the applicant of what has just happened, where that concerns them."""
    if deed in NOTICES:
        _notify(inquiry, f"inquiry_{deed}")


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
    returned = inquiry.events.filter(deed=Deed.RETURNED).aggregate(seq=Max("seq"))
    return notices.Reminder(inquiry.key, "reminder", returned["seq"])
