"""The reminders of a return that nobody has answered: after a week, and before its end."""

import json
import uuid
from datetime import timedelta
from itertools import product

import pytest
from django.conf import settings
from django.core import mail
from django.utils import timezone, translation

from core.exceptions import RuleViolation
from core.hijri import both_in_text
from requests_app import actions
from tests import factories
from tests.conftest import signed_in, words
from tests.delivery import deliver_due
from tests.requests_app.desk_pages import now
from tests.requests_app.people import act
from tests.requests_app.returns import returned
from tests.requests_app.steps import page_of
from tests.worlds import undone

WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)
REMINDER = {
    "en": "Tawasul: your inquiry {} still waits for your answer, and ends after {} without one. "
    "Sign in to answer.",
    "ar": "تواصل: طلبك {} ما زال بانتظار ردك، وينتهي دون رد بعد {}. يرجى تسجيل الدخول للرد.",
}
REMINDS = "still waits for your answer"
SUBJECT = {"en": "Tawasul: your inquiry {}", "ar": "تواصل: طلبك {}"}


class Clock:
    """A clock that stands still, an hour ahead of the real one that the models' defaults use."""

    def __init__(self):
        self.now = timezone.now() + timedelta(hours=1)

    def wait(self, time):
        """Let this time pass, and deliver what is due then."""
        self.now += time
        deliver()


@pytest.fixture(autouse=True)
def _mail_server(settings):
    settings.MAIL_GATEWAY = "core.messaging.gateways.Mail"


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    return clock


@pytest.fixture
def person(db):
    return factories.UserFactory(email="aslam@example.org")


@pytest.fixture
def inquiry(person, officer):
    """Return an inquiry that was returned to the person, with all due notices sent."""
    return returned_to(person, officer)


def returned_to(person, officer):
    inquiry = returned(factories.filed(person), officer)
    deliver()
    mail.outbox.clear()
    return inquiry


def deliver():
    actions.remind_of_returns()
    while deliver_due():
        pass


def texts():
    """Return the text messages that the demo phone has received."""
    if not settings.DEMO_PHONE_FILE.exists():
        return []
    return [json.loads(line) for line in settings.DEMO_PHONE_FILE.read_text().splitlines()]


def reminder_of(inquiry, language="en"):
    return REMINDER[language].format(inquiry.reference, both_in_text(inquiry.last_day, language))


def reminders_of(inquiry):
    """Return the recipients of the reminders of `inquiry`, by text and by mail."""
    reminders = [reminder_of(inquiry, language) for language in REMINDER]
    texted = [text["recipient"] for text in texts() if text["text"] in reminders]
    return texted + [each.to[0] for each in mail.outbox if each.body.strip() in reminders]


def everywhere(person):
    return [each for each in (str(person.mobile), person.email) if each]


@pytest.mark.both_engines
def test_unanswered_return_is_reminded_after_a_week_and_a_week_before_its_end(clock, officer):
    for language, email in product(("en", "ar"), ("", "aslam@example.org")):
        person = factories.UserFactory(language=language, email=email)
        # The officer uses the pages in the other language.
        with undone(), translation.override("en" if language == "ar" else "ar"):
            inquiry = returned_to(person, officer)
            assert inquiry.last_day == timezone.localdate() + timedelta(days=30)
            reminder = reminder_of(inquiry, language)

            clock.wait(WEEK - SECOND)
            assert reminders_of(inquiry) == []
            assert mail.outbox == []

            clock.wait(SECOND)
            assert reminders_of(inquiry) == everywhere(person)
            assert texts()[-1]["text"] == reminder
            assert [each.to for each in mail.outbox] == ([[email]] if email else [])
            for sent in mail.outbox:
                assert sent.subject == SUBJECT[language].format(inquiry.reference)
                assert sent.body.strip() == reminder

            clock.wait(timedelta(days=16) - SECOND)
            assert reminders_of(inquiry) == everywhere(person)

            clock.wait(SECOND)
            assert sorted(reminders_of(inquiry)) == sorted(everywhere(person) * 2)

            clock.wait(WEEK)
            assert sorted(reminders_of(inquiry)) == sorted(everywhere(person) * 2)


def test_no_reminder_after_answer_or_withdrawal(clock, person, inquiry):
    clock.now += WEEK - SECOND
    for event_type in ("resubmitted", "withdrawn"):
        with undone():
            act(event_type, inquiry, person)
            clock.wait(WEEK)
            assert reminders_of(inquiry) == [], event_type
            clock.now -= WEEK


def test_reminder_follows_applicant_to_new_mobile(clock, person, inquiry):
    person.mobile = "+966550000432"
    person.save(update_fields=["mobile"])
    clock.wait(WEEK)
    assert reminders_of(inquiry) == ["+966550000432", person.email]


def test_internal_note_does_not_stop_reminder(clock, officer, person, inquiry):
    act("noted", inquiry, officer)
    clock.wait(WEEK)
    assert reminders_of(inquiry) == everywhere(person)


def test_each_unanswered_return_has_a_week_and_a_reminder(clock, officer, person, inquiry):
    clock.now += WEEK - SECOND
    act("resubmitted", inquiry, person)
    inquiry = act("returned", now(inquiry), officer)

    clock.wait(WEEK - SECOND)
    assert reminders_of(inquiry) == []

    clock.wait(SECOND)
    assert reminders_of(inquiry) == everywhere(person)

    act("resubmitted", now(inquiry), person)
    assert reminders_of(inquiry) == everywhere(person)
    page = words(signed_in(person).get(page_of(inquiry)))
    assert reminder_of(inquiry) in page

    again = act("returned", now(inquiry), officer)
    clock.wait(WEEK)
    assert reminders_of(again) == everywhere(person)


def test_returning_twice_writes_one_reminder(clock, officer, person):
    inquiry = factories.claimed(officer, applicant=person)
    idempotency_key = uuid.uuid4()
    for _click in range(2):
        inquiry = act("returned", inquiry, officer, idempotency_key=idempotency_key)

    clock.wait(WEEK)
    assert reminders_of(inquiry) == everywhere(person)


def test_only_a_return_sends_a_reminder(clock, officer, person):
    inquiry = factories.claimed(officer, applicant=person)
    deliver()
    with pytest.raises(RuleViolation):
        act("returned", inquiry, factories.OfficerFactory())
    for event_type in ("replied", "approved", "rejected"):
        with undone():
            act(event_type, inquiry, officer)
            clock.wait(WEEK)
            assert not any(REMINDS in text["text"] for text in texts()), event_type
    clock.wait(WEEK)
    assert not any(REMINDS in text["text"] for text in texts())


def test_reminders_of_two_inquiries_are_independent(clock, officer, person, inquiry):
    clock.now += timedelta(minutes=2)  # a second code is refused before that
    second = returned_to(person, officer)
    act("resubmitted", inquiry, person)

    clock.wait(WEEK)
    assert reminders_of(inquiry) == []
    assert reminders_of(second) == everywhere(person)


def test_reminder_is_listed_only_once_due(clock, person, inquiry):
    reminder = reminder_of(inquiry)

    clock.now += WEEK - SECOND
    # A new sign-in is needed each time, because a session lasts one hour.
    assert reminder not in words(signed_in(person).get(page_of(inquiry)))

    clock.wait(SECOND)
    page = words(signed_in(person).get(page_of(inquiry)))
    assert page.count(reminder) == 2
