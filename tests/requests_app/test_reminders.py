"""The reminder a week after a return that the applicant has not answered."""

import json
import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.utils import timezone, translation

from core.exceptions import RuleViolation
from core.messaging.actions.delivery import deliver_due
from core.messaging.actions.outbox import readdress
from requests_app import actions
from tests import factories
from tests.conftest import signed_in, words

pytestmark = pytest.mark.both_engines

WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)
QUESTION = "Which fee was it, and on which day did you pay it?"
REMINDER = {
    "en": "Tawasul: your inquiry {} has been waiting for your answer for a week. "
    "Sign in to read what is missing.",
    "ar": "تواصل: طلبك {} ينتظر ردك منذ أسبوع. يرجى تسجيل الدخول لمعرفة ما ينقصه.",
}
SUBJECT = {"en": "Tawasul: your inquiry {}", "ar": "تواصل: طلبك {}"}
both_languages = pytest.mark.parametrize("language", ["en", "ar"])


class Clock:
    """A clock that stands still, an hour ahead of the real one that the models' defaults use."""

    def __init__(self):
        self.now = timezone.now() + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _mail_server(settings):
    settings.MAIL_GATEWAY = "core.messaging.gateways.Mail"


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    return clock


def act(action, actor, inquiry, text=QUESTION):
    inquiry.refresh_from_db()
    return action(
        actor=actor,
        inquiry=inquiry,
        expected_version=inquiry.version,
        text=text,
        idempotency_key=uuid.uuid4(),
    )


@pytest.fixture
def returned_to(officer):
    """Return a function that makes an inquiry returned to a person, with all due notices sent."""

    def build(person):
        inquiry = act(actions.send_back, officer, factories.claimed(officer, applicant=person))
        deliver()
        return inquiry

    return build


def deliver():
    while deliver_due():
        pass


def texts():
    """Return the text messages that the demo phone has received."""
    if not settings.DEMO_PHONE_FILE.exists():
        return []
    return [json.loads(line) for line in settings.DEMO_PHONE_FILE.read_text().splitlines()]


def reminders_of(inquiry):
    """Return the recipients of the reminder of `inquiry`, by text and by mail."""
    reminders = [text.format(inquiry.reference) for text in REMINDER.values()]
    texted = [text["recipient"] for text in texts() if text["text"] in reminders]
    return texted + [each.to[0] for each in mail.outbox if each.body.strip() in reminders]


@both_languages
def test_unanswered_return_is_reminded_once_after_a_week(clock, returned_to, language):
    person = factories.UserFactory(language=language)
    # The officer uses the pages in the other language.
    with translation.override("en" if language == "ar" else "ar"):
        inquiry = returned_to(person)

    clock.now += WEEK - SECOND
    deliver()
    assert reminders_of(inquiry) == []

    clock.now += SECOND
    deliver()
    assert reminders_of(inquiry) == [str(person.mobile)]
    assert texts()[-1]["text"] == REMINDER[language].format(inquiry.reference)

    clock.now += WEEK
    deliver()
    assert reminders_of(inquiry) == [str(person.mobile)]


@both_languages
def test_reminder_is_also_sent_by_mail(clock, returned_to, language):
    person = factories.UserFactory(language=language, email="aslam@example.org")
    inquiry = returned_to(person)
    mail.outbox.clear()

    clock.now += WEEK - SECOND
    deliver()
    assert mail.outbox == []

    clock.now += SECOND
    deliver()
    (sent,) = mail.outbox
    assert sent.to == ["aslam@example.org"]
    assert sent.subject == SUBJECT[language].format(inquiry.reference)
    assert sent.body.strip() == REMINDER[language].format(inquiry.reference)
    assert reminders_of(inquiry) == [str(person.mobile), "aslam@example.org"]


@pytest.mark.parametrize("action", [actions.answer_return, actions.withdraw])
def test_no_reminder_after_answer_or_withdrawal(clock, returned_to, action):
    person = factories.UserFactory(email="aslam@example.org")
    inquiry = returned_to(person)
    clock.now += WEEK - SECOND
    act(action, person, inquiry)

    clock.now += WEEK
    deliver()
    assert reminders_of(inquiry) == []


def test_reminder_follows_applicant_to_new_mobile(clock, returned_to):
    person = factories.UserFactory()
    inquiry = returned_to(person)
    readdress("sms", owner=person.pk, to="+966550000432")

    clock.now += WEEK
    deliver()
    assert reminders_of(inquiry) == ["+966550000432"]


def test_internal_note_does_not_stop_reminder(clock, officer, returned_to):
    person = factories.UserFactory()
    inquiry = returned_to(person)
    act(actions.note, officer, inquiry)

    clock.now += WEEK
    deliver()
    assert reminders_of(inquiry) == [str(person.mobile)]


def test_sent_reminder_stays_among_notices_after_answer(clock, returned_to):
    person = factories.UserFactory()
    inquiry = returned_to(person)
    clock.now += WEEK
    deliver()

    act(actions.answer_return, person, inquiry)

    assert reminders_of(inquiry) == [str(person.mobile)]
    page = words(signed_in(person).get(f"/en/inquiries/{inquiry.reference}/"))
    assert REMINDER["en"].format(inquiry.reference) in page


def test_a_second_return_has_a_week_of_its_own(clock, officer, returned_to):
    person = factories.UserFactory(email="aslam@example.org")
    inquiry = returned_to(person)
    clock.now += WEEK - SECOND
    act(actions.answer_return, person, inquiry)
    act(actions.send_back, officer, inquiry)

    clock.now += WEEK - SECOND
    deliver()
    assert reminders_of(inquiry) == []

    clock.now += SECOND
    deliver()
    assert reminders_of(inquiry) == [str(person.mobile), "aslam@example.org"]


def test_each_unanswered_return_is_reminded(clock, officer, returned_to):
    person = factories.UserFactory()
    inquiry = returned_to(person)
    clock.now += WEEK
    deliver()
    act(actions.answer_return, person, inquiry)
    act(actions.send_back, officer, inquiry)

    clock.now += WEEK
    deliver()
    assert reminders_of(inquiry) == [str(person.mobile)] * 2


def test_returning_twice_writes_one_reminder(clock, officer):
    person = factories.UserFactory()
    inquiry = factories.claimed(officer, applicant=person)
    fields = {
        "expected_version": inquiry.version,
        "text": QUESTION,
        "idempotency_key": uuid.uuid4(),
    }
    for _click in range(2):
        actions.send_back(actor=officer, inquiry=inquiry, **fields)

    clock.now += WEEK
    deliver()
    assert reminders_of(inquiry) == [str(person.mobile)]


def test_refused_return_sends_no_reminder(clock, officer):
    inquiry = factories.claimed(officer)
    deliver()
    with pytest.raises(RuleViolation):
        act(actions.send_back, factories.OfficerFactory(), inquiry)

    clock.now += WEEK
    deliver()
    assert reminders_of(inquiry) == []


@pytest.mark.parametrize("action", [actions.reply, actions.approve, actions.reject])
def test_actions_other_than_return_send_no_reminder(clock, officer, action):
    inquiry = factories.claimed(officer)
    act(action, officer, inquiry)

    clock.now += WEEK
    deliver()
    assert reminders_of(inquiry) == []


def test_reminders_of_two_inquiries_are_independent(clock, returned_to):
    person = factories.UserFactory()
    first = returned_to(person)
    clock.now += timedelta(minutes=2)  # a second code is refused before that
    second = returned_to(person)
    act(actions.answer_return, person, first)

    clock.now += WEEK
    deliver()
    assert reminders_of(first) == []
    assert reminders_of(second) == [str(person.mobile)]


def test_reminder_is_listed_only_once_due(clock, returned_to):
    person = factories.UserFactory(email="aslam@example.org")
    inquiry = returned_to(person)
    reminder = REMINDER["en"].format(inquiry.reference)
    address = f"/en/inquiries/{inquiry.reference}/"

    clock.now += WEEK - SECOND
    # A new sign-in is needed each time, because a session lasts one hour.
    assert reminder not in words(signed_in(person).get(address))

    clock.now += SECOND
    deliver()
    page = words(signed_in(person).get(address))
    assert page.count(reminder) == 2
