"""The people of an inquiry, and the action of each event."""

import uuid

from core.messaging.models import Message
from requests_app import actions
from requests_app.models import Inquiry, InquiryEvent, Reply
from tests import factories

TEXT = "The receipt of the payment, with its number and its day."

# The events that bring a filed inquiry into each status.
WAYS = {
    "under_processing": ["claimed"],
    "returned_to_applicant": ["claimed", "returned"],
    "returned_by_applicant": ["claimed", "returned", "resubmitted"],
    "processed": ["claimed", "approved"],
    "closed": ["claimed", "approved", "closed"],
}
WITHOUT_TEXT = {
    "claimed": actions.claim,
    "released": actions.release,
    "assigned": actions.assign,
    "closed": actions.close,
}
WITH_TEXT = {
    "noted": actions.note,
    "replied": actions.reply,
    "returned": actions.send_back,
    "resubmitted": actions.answer_return,
    "approved": actions.approve,
    "rejected": actions.reject,
    "withdrawn": actions.withdraw,
}
APPLICANT_EVENTS = ("submitted", "resubmitted", "withdrawn")


class People:
    """The applicant, the assigned officer, a colleague and a supervisor."""

    def __init__(self, **applicant):
        self.applicant = factories.UserFactory(**applicant)
        self.officer = factories.OfficerFactory()
        self.colleague = factories.OfficerFactory()
        self.supervisor = factories.supervisor()

    def actor_of(self, event_type):
        if event_type in APPLICANT_EVENTS:
            return self.applicant
        return {"assigned": self.supervisor}.get(event_type, self.officer)

    def do(self, event_type, inquiry, *, by=None, expected_version=None, idempotency_key=None):
        """Carry out the action of this event, by default at the version of `inquiry`."""
        actor = by or self.actor_of(event_type)
        if event_type == "submitted":
            return self.send(inquiry)
        fields = {
            "expected_version": inquiry.version if expected_version is None else expected_version
        }
        if event_type == "assigned":
            fields["officer"] = self.colleague
        if event_type in WITH_TEXT:
            return WITH_TEXT[event_type](
                actor=actor,
                inquiry=inquiry,
                text=TEXT,
                idempotency_key=idempotency_key or uuid.uuid4(),
                **fields,
            )
        return WITHOUT_TEXT[event_type](actor=actor, inquiry=inquiry, **fields)

    def send(self, inquiry):
        if inquiry.is_draft:
            return factories.submitted(inquiry)
        return actions.submit(
            actor=self.applicant, inquiry=inquiry, session_key="another", guess="000000"
        )

    def inquiry_after(self, *event_types):
        inquiry = factories.filed(self.applicant)
        for event_type in event_types:
            inquiry = self.do(event_type, inquiry)
        return inquiry

    def inquiry_in(self, status, *, to_be_claimed=False):
        if status == "draft":
            return factories.draft(self.applicant)
        inquiry = self.inquiry_after(*WAYS[status])
        assert inquiry.status == status
        if to_be_claimed and inquiry.is_at_the_desk:
            inquiry = self.do("released", inquiry)
        return inquiry

    def try_out(self, event_type, status):
        """Return an inquiry in this status, the same one after the event, and the actor."""
        before = self.inquiry_in(status, to_be_claimed=event_type == "claimed")
        actor = self.colleague if event_type == "claimed" else self.actor_of(event_type)
        return before, self.do(event_type, before, by=actor), actor


def traces(inquiry):
    """Return every row that an event on this inquiry could write."""
    return (
        Inquiry.objects.values().get(pk=inquiry.pk),
        list(InquiryEvent.objects.values()),
        list(Reply.objects.values()),
        list(Message.objects.about(inquiry.reference).values()),
    )
