"""One question about an answer, within two weeks of it."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from core.exceptions import RuleViolation
from core.messaging.models import Message
from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import errors_on, notices_on, signed_in, signed_in_staff, words
from tests.requests_app.desk_pages import QUEUE, answer, buttons_on, desk_of, listed, now, press
from tests.requests_app.people import act, after, user_named
from tests.requests_app.steps import form_on, page_of
from tests.worlds import undone, world

pytestmark = pytest.mark.usefixtures("approved")

QUESTION = "Which of the two fees was it that you have found?"
ANSWER = "It was the fee of the renewal."
WAITS = "1 question after an answer waits for you"
ALREADY = (
    "You have already asked about this answer. If something is still open, file a new inquiry."
)
OVER = (
    "The time for a question about this answer is over. "
    "If something is still open, file a new inquiry."
)


@world
def approved():
    """Return the key of an inquiry of `resident` that `officer` has approved."""
    officer = factories.OfficerFactory(username="officer")
    resident = factories.UserFactory(username="resident")
    return after(factories.filed(resident), officer, "claimed", "approved").pk


resident = user_named("resident")
officer = user_named("officer")


@pytest.fixture
def inquiry(approved, db):
    return Inquiry.objects.get(pk=approved)


def ask(inquiry, **fields):
    fields = {"text": QUESTION, "idempotency_key": uuid.uuid4(), **fields}
    inquiry = now(inquiry)
    return actions.ask_back(
        actor=inquiry.applicant, inquiry=inquiry, expected_version=inquiry.version, **fields
    )


def refusal_of(deed, *arguments, **fields):
    with pytest.raises(RuleViolation) as refused:
        deed(*arguments, **fields)
    return refused.value


def ask_on_page(browser, inquiry, text=QUESTION):
    address = page_of(inquiry, "ask")
    return browser.post(address, form_on(browser.get(address), text), follow=True)


@pytest.mark.both_engines
def test_question_goes_to_the_officer_and_their_answer_comes_back(
    as_resident, as_officer, inquiry, officer
):
    assert "Ask about the answer" in words(as_resident.get(page_of(inquiry)))
    page = ask_on_page(as_resident, inquiry)
    assert notices_on(page)[:1] == ["Your question has been sent. We text you when it is answered."]
    assert QUESTION in words(page)
    assert "Next: an officer answers the question, on this page." in words(page)
    kept = ("status", "outcome", "assignee", "due_on", "processed_at")
    asked = now(inquiry)
    assert [getattr(asked, name) for name in kept] == [getattr(inquiry, name) for name in kept]
    queue = words(as_officer.get(QUEUE))
    assert WAITS in queue
    assert "Questions after an answer" in words(as_officer.get("/en/staff/"))
    assert listed(as_officer, asked="yes") == [inquiry.reference]
    assert listed(as_officer, queue="mine") == [inquiry.reference]
    assert "Question after the answer" in words(as_officer.get(QUEUE, {"asked": "yes"}))
    desk = as_officer.get(desk_of(inquiry))
    assert "The applicant asked about the answer on" in words(desk)
    assert QUESTION in words(desk)
    texts = Message.objects.about(inquiry.reference).count()

    page = answer(as_officer, inquiry, "reply", text=ANSWER)

    assert notices_on(page) == ["Your answer has been sent."]
    assert "Answer the question" not in buttons_on(page)
    answered = now(inquiry)
    assert answered.asked_back_at is None
    assert [getattr(answered, name) for name in kept] == [getattr(inquiry, name) for name in kept]
    assert Message.objects.about(inquiry.reference).count() == texts + 1
    last = Message.objects.about(inquiry.reference).latest("pk").text
    assert last.startswith("Tawasul: there is an answer to your inquiry")
    assert ANSWER in words(as_resident.get(page_of(inquiry)))
    assert WAITS not in words(as_officer.get(QUEUE))
    assert listed(as_officer, asked="yes") == []


def test_desk_offers_the_answer_alone(as_officer, inquiry):
    before = buttons_on(as_officer.get(desk_of(inquiry)))
    assert any("Close the inquiry" in button for button in before)
    ask(inquiry)
    buttons = " ".join(buttons_on(as_officer.get(desk_of(inquiry))))
    assert "Answer the question" in buttons
    for other in ("Approve", "Reject", "Return to the applicant", "Close the inquiry"):
        assert other not in buttons, other


@pytest.mark.both_engines
def test_one_question_a_decision(as_resident, inquiry, officer):
    ask(inquiry)
    assert refusal_of(ask, inquiry).message == ALREADY
    act("replied", now(inquiry), officer)
    assert refusal_of(ask, inquiry).code == "asked"
    assert "Ask about the answer" not in words(as_resident.get(page_of(inquiry)))
    assert as_resident.get(page_of(inquiry, "ask")).url == page_of(inquiry)
    act("reopened", now(inquiry), factories.supervisor())
    act("rejected", now(inquiry), officer)
    ask(inquiry)


def test_within_two_weeks(as_resident, inquiry, monkeypatch):
    end = inquiry.processed_at + timedelta(days=14)
    monkeypatch.setattr(timezone, "now", lambda: end)
    assert refusal_of(ask, inquiry).message == OVER
    monkeypatch.setattr(timezone, "now", lambda: end - timedelta(seconds=1))
    ask(inquiry)


def test_nothing_is_asked_in_another_status(resident, officer):
    for events in ([], ["claimed"], ["claimed", "returned"], ["claimed", "approved", "closed"]):
        with undone():
            inquiry = after(factories.filed(resident), officer, *events)
            assert refusal_of(ask, inquiry).code == "status", events
    with undone():
        inquiry = act("withdrawn", factories.filed(resident), resident)
        assert refusal_of(ask, inquiry).code == "status"


def test_second_click_asks_once(inquiry):
    version, key = inquiry.version, uuid.uuid4()
    for _click in range(2):
        ask(inquiry, idempotency_key=key)
    assert now(inquiry).version == version + 1
    assert inquiry.replies.filter(text=QUESTION).count() == 1


def test_question_without_words_is_refused(as_resident, inquiry):
    page = ask_on_page(as_resident, inquiry, " ")
    assert errors_on(page) == ["Write your question."]
    assert now(inquiry).asked_back_at is None


def test_strangers_ask_nothing(inquiry):
    stranger = signed_in(factories.UserFactory())
    form = {"text": QUESTION, "expected_version": inquiry.version, "idempotency_key": uuid.uuid4()}
    assert stranger.post(page_of(inquiry, "ask"), form).status_code == 404
    assert now(inquiry).asked_back_at is None


def test_inquiry_with_an_open_question_is_not_closed(as_officer, inquiry, officer):
    ask(inquiry)
    page = press(as_officer, inquiry, "close")
    told = "The applicant has asked about the answer. Answer the question first."
    assert notices_on(page)[0] == told
    act("replied", now(inquiry), officer)
    assert act("closed", now(inquiry), officer).status == "closed"


def test_without_a_question_a_decided_inquiry_takes_no_answer(inquiry, officer):
    for event_type in ("replied", "released"):
        assert refusal_of(act, event_type, inquiry, officer).code == "status", event_type
    for event_type in ("approved", "returned"):
        asked = ask(inquiry) if now(inquiry).asked_back_at is None else now(inquiry)
        assert refusal_of(act, event_type, asked, officer).code == "status", event_type


def test_only_who_has_it_answers(inquiry, officer):
    ask(inquiry)
    colleague = factories.OfficerFactory()
    assert refusal_of(act, "replied", now(inquiry), colleague).code == "unclaimed"
    assert WAITS not in words(signed_in_staff(colleague).get(QUEUE))


def test_question_to_an_officer_who_is_gone_is_everybodys(inquiry, officer):
    officer.is_active = False
    officer.save()
    assert ask(inquiry).assignee is None
    colleague = factories.OfficerFactory()
    browser = signed_in_staff(colleague)
    assert WAITS in words(browser.get(QUEUE))
    page = press(browser, inquiry, "claim")
    assert notices_on(page)[0] == "The inquiry is assigned to you. You can answer it now."
    assert answer(browser, inquiry, "reply", text=ANSWER).status_code == 200
    assert now(inquiry).asked_back_at is None


def test_question_to_an_officer_who_leaves_is_everybodys(inquiry, officer):
    ask(inquiry)
    actions.hand_back(actor=None, officer=officer)
    after = now(inquiry)
    assert (after.assignee, after.status) == (None, "processed")
    assert after.asked_back_at is not None


def test_reopening_ends_the_question(inquiry):
    ask(inquiry)
    assert act("reopened", now(inquiry), factories.supervisor()).asked_back_at is None


def test_question_is_new_until_its_officer_has_read_it(as_resident, as_officer, inquiry):
    ask(inquiry)
    assert "New from the applicant" in words(as_officer.get(desk_of(inquiry)))
    assert "New from the applicant" not in words(as_officer.get(desk_of(inquiry)))
    assert "Read by an officer" in words(as_resident.get(page_of(inquiry)))
