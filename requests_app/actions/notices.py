"""Notices of what happens to an inquiry: to those whose it is, and to the person it is about."""

from copy import copy

from django.utils import timezone

from core.accounts.audience import Handover, audience_of
from core.messaging.actions import notices
from requests_app.models import Inquiry, InquiryEvent

EventType = InquiryEvent.EventType

_DECISIONS = {
    EventType.APPROVED: Inquiry.Outcome.APPROVED,
    EventType.REJECTED: Inquiry.Outcome.REJECTED,
}
# Those whose inquiry it is get a notice of these events.
NOTICES = {
    EventType.SUBMITTED,
    EventType.REPLIED,
    EventType.RETURNED,
    EventType.APPROVED,
    EventType.REJECTED,
    EventType.REOPENED,
    EventType.WITHDRAWN,
    EventType.UNANSWERED,
    EventType.RESUMED,
    EventType.REVIEW_ASKED,
}
# The person it is about is told of these, and in less detail.
TEMPLATES_FOR_PERSON = {
    EventType.SUBMITTED: "inquiry_filed_about_you",
    EventType.REPLIED: "inquiry_about_you_answered",
    EventType.APPROVED: "inquiry_about_you_answered",
    EventType.REJECTED: "inquiry_about_you_answered",
    EventType.REOPENED: "inquiry_about_you_reopened",
    EventType.WITHDRAWN: "inquiry_about_you_withdrawn",
    EventType.UNANSWERED: "inquiry_about_you_unanswered",
    EventType.RESUMED: "inquiry_about_you_resumed",
    EventType.REVIEW_ASKED: "inquiry_about_you_review_asked",
}


def tell(inquiry: Inquiry, event_type: EventType) -> None:
    """Tell those who are concerned of an event that has just been recorded."""
    if event_type not in NOTICES:
        return
    context, audience = {"inquiry": inquiry}, audience_of(inquiry)
    owners = f"inquiry_{event_type}"
    notices.notify(audience.owners, owners, context, about=inquiry.reference)
    if for_person := TEMPLATES_FOR_PERSON.get(event_type):
        notices.notify(audience.persons, for_person, context, about=inquiry.reference)


def notice_of(inquiry: Inquiry, event_type: EventType, language: str) -> str:
    """Return the text that the applicant gets about an event, as if it happened now."""
    after = copy(inquiry)
    if event_type in _DECISIONS:
        after.outcome, after.processed_at = _DECISIONS[event_type], timezone.now()
    context = {"inquiry": after, "has_account": True}
    return notices.text_of(f"inquiry_{event_type}", context, language)


def remind_of_return(inquiry: Inquiry) -> None:
    """Remind those whose inquiry it is that it waits for their answer."""
    context, owners = {"inquiry": inquiry}, audience_of(inquiry).owners
    notices.notify(owners, "inquiry_reminder", context, about=inquiry.reference)


def tell_passed_on(inquiry: Inquiry, handover: Handover) -> None:
    """Tell both sides that an inquiry has passed on, as a link has ended."""
    context, about = {"inquiry": inquiry}, inquiry.reference
    notices.notify(handover.gained, "inquiry_passed_to_you", context, about=about)
    notices.notify(handover.lost, "inquiry_passed_on", context, about=about)


def tell_infected(inquiry: Inquiry) -> None:
    """Tell those whose inquiry it is that a document of it was removed, as it contained malware."""
    context, owners = {"inquiry": inquiry}, audience_of(inquiry).owners
    notices.notify(owners, "inquiry_infected", context, about=inquiry.reference)
