"""The people of an inquiry, and the action of each event."""

import uuid
from typing import NamedTuple

import pytest

from core.accounts.models import User
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
    "resumed": actions.resume,
}
WITH_TEXT = {
    "noted": actions.note,
    "transferred": actions.transfer,
    "replied": actions.reply,
    "returned": actions.send_back,
    "resubmitted": actions.answer_return,
    "added": actions.add_message,
    "asked_back": actions.ask_back,
    "approved": actions.approve,
    "rejected": actions.reject,
    "reopened": actions.reopen,
    "withdrawn": actions.withdraw,
    "review_asked": actions.ask_for_review,
}
APPLICANT_EVENTS = (
    *("submitted", "resubmitted", "added", "asked_back", "withdrawn"),
    *("resumed", "review_asked"),
)
OF_SUPERVISORS = ("assigned", "transferred", "reopened")


def act(event_type, inquiry, actor, **fields):
    """Carry out the action of this event, by default at the version of `inquiry` and with TEXT."""
    fields = {"actor": actor, "inquiry": inquiry, "expected_version": inquiry.version, **fields}
    if event_type in WITHOUT_TEXT:
        return WITHOUT_TEXT[event_type](**fields)
    fields = {"text": TEXT, "idempotency_key": uuid.uuid4(), **fields}
    return WITH_TEXT[event_type](**fields)


def after(inquiry, officer, *event_types):
    """Return `inquiry` after these events, each caused by the officer or the applicant."""
    for event_type in event_types:
        actor = inquiry.applicant if event_type in APPLICANT_EVENTS else officer
        inquiry = act(event_type, inquiry, actor)
    return inquiry


def user_named(username):
    """Return a fixture: the user of this name, whom the world of the module has made."""

    @pytest.fixture
    def user(db):
        return User.objects.get(username=username)

    return user


class People(NamedTuple):
    """The applicant, the assigned officer, a colleague and a supervisor."""

    applicant: User
    officer: User
    colleague: User
    supervisor: User

    @classmethod
    def new(cls):
        officers = (factories.OfficerFactory(), factories.OfficerFactory())
        return cls(factories.UserFactory(), *officers, factories.supervisor())

    def actor_of(self, event_type):
        if event_type in APPLICANT_EVENTS:
            return self.applicant
        return self.supervisor if event_type in OF_SUPERVISORS else self.officer

    def do(self, event_type, inquiry, *, by=None, **fields):
        """Carry out the action of this event, by default at the version of `inquiry`."""
        if event_type == "submitted":
            return self.send(inquiry)
        if event_type == "assigned":
            fields["officer"] = self.colleague
        if event_type == "transferred":
            fields["team"] = factories.team("another")
        return act(event_type, inquiry, by or self.actor_of(event_type), **fields)

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

    def inquiry_in(self, status):
        if status == "draft":
            return factories.draft(self.applicant)
        inquiry = self.inquiry_after(*WAYS[status])
        assert inquiry.status == status
        return inquiry


def traces(inquiry):
    """Return every row that an event on this inquiry could write."""
    return (
        Inquiry.objects.values().get(pk=inquiry.pk),
        list(InquiryEvent.objects.values()),
        list(Reply.objects.values()),
        list(Message.objects.about(inquiry.reference).values()),
    )
