"""Some refusals are read by a second officer before they leave."""

import uuid

import pytest

from requests_app import actions
from requests_app.actions import second_reading
from requests_app.models import Decision
from tests import factories
from tests.conftest import notices_on, signed_in, signed_in_staff, words
from tests.requests_app.desk_pages import TEXT, buttons_on, desk_of, listed, now, press
from tests.requests_app.people import act
from tests.requests_app.steps import page_of

LABEL = "Refusals that a second officer has to read"
OBJECTION = "The fee is booked: see the receipt."


@pytest.fixture(autouse=True)
def _every_refusal(settings):
    settings.SECOND_READING_PERCENT = 100


@pytest.fixture
def refused(officer):
    return act("rejected", factories.claimed(officer), officer)


@pytest.fixture
def colleague(db):
    return factories.OfficerFactory()


def send(inquiry):
    """Let what has to leave leave, and return what the applicant sees of the inquiry."""
    actions.send_decisions()
    return words(signed_in(inquiry.applicant).get(page_of(inquiry)))


def test_it_leaves_once_a_second_officer_has_confirmed_it(refused, colleague):
    assert TEXT not in send(refused)
    browser = signed_in_staff(colleague)
    assert LABEL in browser.get("/en/staff/").content.decode()
    assert listed(browser, queue="all", reading="yes") == [refused.reference]
    assert "has refused it" in words(browser.get(desk_of(refused)))

    page = press(browser, refused, "confirm_refusal")

    assert notices_on(page) == ["The refusal is confirmed, and will be sent to the applicant."]
    assert listed(browser, queue="all", reading="yes") == []
    shown = send(refused)
    assert "Rejected" in shown
    assert "second officer" not in shown
    assert [event.event_type for event in refused.events.all()][-3:] == [
        *("decided", "seconded", "rejected"),
    ]
    assert refused.decisions.get().second_reader == colleague


def test_it_can_be_taken_back_for_ten_minutes_after_that(refused, colleague, officer, settings):
    settings.DECISION_MINUTES = 10
    press(signed_in_staff(colleague), refused, "confirm_refusal")
    assert actions.send_decisions() == 0
    page = press(signed_in_staff(officer), refused, "take_back")
    assert page.context["form"]["text"].value()


def test_it_goes_back_to_its_officer_with_a_note(refused, colleague, officer):
    fields = {"text": OBJECTION, "idempotency_key": uuid.uuid4()}
    page = press(signed_in_staff(colleague), refused, "send_refusal_back", **fields)

    assert notices_on(page) == ["The refusal is back with its officer, who reads your note."]
    assert OBJECTION not in send(refused)
    browser = signed_in_staff(officer)
    assert listed(browser, queue="all", held="yes") == [refused.reference]
    page = browser.get(desk_of(refused))
    assert OBJECTION in words(page)
    assert page.context["form"]["text"].value() == refused.decisions.get().text
    assert now(refused).status == "under_processing"


def test_note_is_needed_and_what_was_typed_stays(refused, colleague):
    browser = signed_in_staff(colleague)
    page = press(browser, refused, "send_refusal_back", text="", idempotency_key=uuid.uuid4())
    assert notices_on(page) == ["Write why the refusal cannot stand."]
    stale = {"text": OBJECTION, "idempotency_key": uuid.uuid4(), "expected_version": 1}
    page = press(browser, refused, "send_refusal_back", **stale)
    assert page.context["second_form"]["text"].value() == OBJECTION
    assert refused.decisions.get().state == Decision.State.WAITING


def test_its_officer_does_not_read_it_a_second_time(refused, officer):
    browser = signed_in_staff(officer)
    assert listed(browser, queue="all", reading="yes") == []
    assert "Confirm the refusal" not in " ".join(buttons_on(browser.get(desk_of(refused))))
    page = press(browser, refused, "confirm_refusal")
    assert notices_on(page) == ["You have made this decision, so another officer has to read it."]
    assert actions.send_decisions() == 0


def test_second_reader_comes_too_late(refused, colleague, officer):
    press(signed_in_staff(officer), refused, "take_back")
    page = press(signed_in_staff(colleague), refused, "confirm_refusal")
    assert notices_on(page) == ["This refusal does not wait for a second officer any more."]


def test_sent_back_twice_is_noted_once(refused, colleague):
    fields = {"actor": colleague, "expected_version": refused.version, "text": OBJECTION}
    key = uuid.uuid4()
    for _click in range(2):
        actions.send_refusal_back(inquiry=now(refused), idempotency_key=key, **fields)
    assert refused.replies.filter(kind="note").count() == 1


def test_approvals_are_not_read_twice(officer):
    assert act("approved", factories.claimed(officer), officer).status == "processed"


@pytest.mark.parametrize(("percent", "drawn"), [(0, 0), (2, 2), (100, 100)])
def test_so_many_of_a_hundred_are_drawn(settings, monkeypatch, percent, drawn):
    settings.SECOND_READING_PERCENT = percent
    numbers = iter(range(100))
    monkeypatch.setattr(second_reading.secrets, "randbelow", lambda _below: next(numbers))
    assert sum(second_reading.is_drawn() for _refusal in range(100)) == drawn
