"""A decision leaves ten minutes after it was made; until then it can be taken back."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from core.exceptions import RuleViolation
from core.messaging.models import Message
from requests_app import actions
from requests_app.models import Decision
from tests import factories
from tests.conftest import notices_on, signed_in, signed_in_staff, words
from tests.requests_app.desk_pages import (
    QUEUE,
    answer,
    buttons_on,
    desk_of,
    listed,
    now,
    press,
)
from tests.requests_app.people import TEXT, act
from tests.requests_app.steps import page_of

TEN_MINUTES = timedelta(minutes=10)
SECOND = timedelta(seconds=1)
NOT_SENT = "Your decision of"
WAITS = "until then they see the inquiry under processing"


class Clock:
    """A clock that stands still; deeds are a second apart."""

    def __init__(self):
        self.now = timezone.now()

    def __call__(self):
        self.now += SECOND
        return self.now

    def pass_by(self, time):
        """Let this time pass, and send the decisions that are due then."""
        self.now += time
        return actions.send_decisions()


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture(autouse=True)
def _ten_minutes(settings):
    settings.DECISION_MINUTES = 10


@pytest.fixture
def inquiry(clock, officer):
    return factories.claimed(officer)


@pytest.fixture
def applicant(inquiry):
    return inquiry.applicant


def decided(inquiry, outcome="approved"):
    return act(outcome, now(inquiry), inquiry.assignee)


def take_back(inquiry, actor=None, version=None):
    inquiry = now(inquiry)
    return actions.take_back(
        actor=actor or inquiry.assignee,
        inquiry=inquiry,
        expected_version=inquiry.version if version is None else version,
    )


def refusal_of(deed, *arguments, **fields):
    with pytest.raises(RuleViolation) as refused:
        deed(*arguments, **fields)
    return refused.value.code


def texts_about(inquiry):
    return Message.objects.about(inquiry.reference).filter(channel="sms").count()


@pytest.mark.parametrize(("outcome", "word"), [("approved", "Approved"), ("rejected", "Rejected")])
def test_applicant_reads_it_after_ten_minutes_and_nothing_before(
    clock, inquiry, applicant, outcome, word
):
    texts = texts_about(inquiry)
    decided(inquiry, outcome)
    phone = signed_in(applicant)

    assert clock.pass_by(TEN_MINUTES - timedelta(minutes=1)) == 0
    page = words(phone.get(page_of(inquiry)))
    assert "Under processing" in page
    for secret in (TEXT, word, "Decided", "not sent"):
        assert secret not in page
    assert "Decided" not in words(phone.get(page_of(inquiry) + "handled/"))
    assert now(inquiry).reference in phone.get("/en/inquiries/?show=open").content.decode()
    assert texts_about(inquiry) == texts

    assert clock.pass_by(timedelta(minutes=1)) == 1
    page = words(phone.get(page_of(inquiry)))
    assert TEXT in page
    assert word in page
    assert texts_about(inquiry) == texts + 1
    after = now(inquiry)
    assert (after.status, after.outcome, after.pending_outcome) == ("processed", outcome, "")
    assert after.processed_at > after.decisions.get().leaves_at
    assert [event.event_type for event in after.events.all()][-2:] == ["decided", outcome]
    assert after.events.last().actor == inquiry.assignee


def test_it_leaves_once(clock, inquiry):
    decided(inquiry)
    assert clock.pass_by(TEN_MINUTES) == 1
    assert clock.pass_by(TEN_MINUTES) == 0
    assert inquiry.replies.count() == 1


def test_with_no_minutes_it_leaves_at_once(clock, settings, inquiry):
    settings.DECISION_MINUTES = 0
    decided(inquiry)
    assert now(inquiry).status == "processed"
    assert refusal_of(take_back, inquiry) == "left"


def test_officer_takes_it_back_and_goes_on_with_the_text(clock, inquiry, officer):
    before, browser = now(inquiry), signed_in_staff(officer)
    answer(browser, inquiry, "reject", text=TEXT)
    page = browser.get(desk_of(inquiry))
    assert WAITS in words(page)
    assert "Rejected, not sent yet" in words(page)
    assert "Reject" not in buttons_on(page)

    page = press(browser, inquiry, "take_back")

    assert notices_on(page) == [
        "The decision is taken back, and the applicant knows nothing of it. Decide anew."
    ]
    assert page.context["form"]["text"].value() == TEXT
    after = now(inquiry)
    kept = ("status", "outcome", "pending_outcome", "assignee", "due_on", "processed_at")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert after.events.last().event_type == "taken_back"
    assert clock.pass_by(TEN_MINUTES) == 0
    assert not inquiry.replies.exists()


def test_text_taken_back_is_offered_until_there_is_an_answer(clock, inquiry, officer):
    decided(inquiry)
    take_back(inquiry)
    browser = signed_in_staff(officer)
    answer(browser, inquiry, "reply", text="Another answer.")
    assert not browser.get(desk_of(inquiry)).context["form"]["text"].value()


def test_text_taken_back_is_offered_to_nobody_else(clock, inquiry, officer):
    decided(inquiry)
    inquiry = take_back(inquiry)
    colleague = factories.OfficerFactory()
    actions.release(actor=officer, inquiry=inquiry, expected_version=inquiry.version)
    actions.claim(actor=colleague, inquiry=now(inquiry), expected_version=now(inquiry).version)
    page = signed_in_staff(colleague).get(desk_of(inquiry))
    assert not page.context["form"]["text"].value()


def test_second_click_takes_back_once(clock, inquiry):
    version = decided(inquiry).version
    for _click in range(2):
        assert take_back(inquiry, version=version).version == version + 1


def test_only_who_made_it_takes_it_back(clock, inquiry, officer):
    decided(inquiry)
    for other in (factories.OfficerFactory(), factories.supervisor()):
        assert refusal_of(take_back, inquiry, other) == "not_theirs"
        page = signed_in_staff(other).get(desk_of(inquiry))
        assert WAITS in words(page)
        assert "Take the decision back" not in " ".join(buttons_on(page))
    assert clock.pass_by(TEN_MINUTES) == 1


def test_what_has_left_is_not_taken_back(clock, inquiry, officer):
    decided(inquiry)
    clock.pass_by(TEN_MINUTES)
    page = press(signed_in_staff(officer), inquiry, "take_back")
    assert notices_on(page) == [
        "The decision has been sent already, so it cannot be taken back. "
        "A supervisor can reopen the inquiry."
    ]
    assert now(inquiry).status == "processed"


def test_what_nobody_decided_is_not_taken_back(clock, inquiry):
    assert refusal_of(take_back, inquiry) == "status"


def test_nothing_else_is_done_until_it_has_left(clock, inquiry, officer):
    decided(inquiry)
    supervisor = factories.supervisor()

    def done(action, actor=officer, **fields):
        fields = {"expected_version": now(inquiry).version, **fields}
        return refusal_of(action, actor=actor, inquiry=now(inquiry), **fields)

    assert done(actions.release) == "decided"
    assert done(actions.assign, supervisor, officer=supervisor) == "decided"
    for action in (actions.reply, actions.send_back, actions.approve, actions.reject):
        written = {"text": "Another answer.", "idempotency_key": uuid.uuid4()}
        assert done(action, **written) == "decided"


def test_note_goes_beside_it(clock, inquiry, officer):
    decided(inquiry)
    factories.write(actions.note, inquiry, officer)
    assert clock.pass_by(TEN_MINUTES) == 1
    assert now(inquiry).status == "processed"


def test_second_click_decides_once(clock, inquiry, officer):
    fields = {"expected_version": inquiry.version, "text": TEXT, "idempotency_key": uuid.uuid4()}
    for _click in range(2):
        after = actions.approve(actor=officer, inquiry=now(inquiry), **fields)
        assert after.version == inquiry.version + 1
    assert Decision.objects.count() == 1


def test_withdrawal_meanwhile_counts_and_the_officer_is_told(clock, inquiry, applicant, officer):
    decided(inquiry)
    factories.write(actions.withdraw, inquiry, applicant)

    assert clock.pass_by(TEN_MINUTES) == 0
    after = now(inquiry)
    assert (after.status, after.outcome, after.pending_outcome) == ("closed", "withdrawn", "")
    browser = signed_in_staff(officer)
    label = "Your decisions that were not sent, as something came up"
    first_page = browser.get("/en/staff/").content.decode()
    assert label in first_page
    assert listed(browser, queue="all", held="yes") == [inquiry.reference]
    assert NOT_SENT in words(browser.get(desk_of(inquiry)))
    assert listed(browser, queue="all", held="yes") == []


def test_withdrawal_before_the_page_was_loaded_is_no_conflict(clock, inquiry, applicant):
    """The applicant knows nothing of the decision, which has raised the version."""
    version = inquiry.version
    decided(inquiry)
    actions.withdraw(
        actor=applicant,
        inquiry=inquiry,
        expected_version=version,
        text=TEXT,
        idempotency_key=uuid.uuid4(),
    )
    assert now(inquiry).outcome == "withdrawn"


def test_decision_of_an_officer_who_leaves_goes_back_to_the_queue(clock, inquiry, officer):
    decided(inquiry)
    actions.hand_back(actor=None, officer=officer)
    assert clock.pass_by(TEN_MINUTES) == 0
    after = now(inquiry)
    assert (after.assignee, after.pending_outcome) == (None, "")


def test_queue_says_that_it_is_decided(clock, inquiry, officer):
    decided(inquiry)
    assert "Approved, not sent yet" in words(signed_in_staff(officer).get(QUEUE))
