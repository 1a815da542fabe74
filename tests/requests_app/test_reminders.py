"""What is said a week after a return that nobody has answered, and to nobody who has."""

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
    """Stands until it is set; ahead of the real one, from which the models took their defaults."""

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
    """An inquiry of this person that has been returned to them, with all told that was due."""

    def build(person):
        inquiry = act(actions.send_back, officer, factories.claimed(officer, applicant=person))
        deliver()
        return inquiry

    return build


def deliver():
    while deliver_due():
        pass


def texts():
    """What has arrived on phones."""
    if not settings.DEMO_PHONE_FILE.exists():
        return []
    return [json.loads(line) for line in settings.DEMO_PHONE_FILE.read_text().splitlines()]


def reminders_of(inquiry):
    """The recipients whom the reminder of `inquiry` has reached, by text and by mail."""
    reminders = [text.format(inquiry.reference) for text in REMINDER.values()]
    texted = [text["recipient"] for text in texts() if text["text"] in reminders]
    return texted + [each.to[0] for each in mail.outbox if each.body.strip() in reminders]


@both_languages
def test_who_has_not_answered_for_a_week_is_reminded_once_in_their_language(
    clock, returned_to, language
):
    person = factories.UserFactory(language=language)
    # The officer reads the pages in the other language.
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
def test_who_has_an_address_is_reminded_by_mail_too(clock, returned_to, language):
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
def test_who_has_answered_or_withdrawn_is_not_reminded(clock, returned_to, action):
    person = factories.UserFactory(email="aslam@example.org")
    inquiry = returned_to(person)
    clock.now += WEEK - SECOND
    act(action, person, inquiry)

    clock.now += WEEK
    deliver()
    assert reminders_of(inquiry) == []


def test_the_reminder_follows_its_applicant_even_from_a_mobile_that_others_have_too(
    clock, returned_to
):
    person = factories.UserFactory()
    inquiry = returned_to(person)
    readdress("sms", owner=person.pk, to="+966550000432")

    clock.now += WEEK
    deliver()
    assert reminders_of(inquiry) == ["+966550000432"]


def test_a_note_among_officers_changes_nothing_about_it(clock, officer, returned_to):
    person = factories.UserFactory()
    inquiry = returned_to(person)
    act(actions.note, officer, inquiry)

    clock.now += WEEK
    deliver()
    assert reminders_of(inquiry) == [str(person.mobile)]


def test_an_answer_after_the_reminder_leaves_it_among_the_notices(clock, returned_to):
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


def test_each_return_is_reminded_of_when_nobody_answers_either(clock, officer, returned_to):
    person = factories.UserFactory()
    inquiry = returned_to(person)
    clock.now += WEEK
    deliver()
    act(actions.answer_return, person, inquiry)
    act(actions.send_back, officer, inquiry)

    clock.now += WEEK
    deliver()
    assert reminders_of(inquiry) == [str(person.mobile)] * 2


def test_a_second_click_on_the_return_writes_no_second_reminder(clock, officer):
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


def test_a_return_that_is_refused_reminds_nobody(clock, officer):
    inquiry = factories.claimed(officer)
    deliver()
    with pytest.raises(RuleViolation):
        act(actions.send_back, factories.OfficerFactory(), inquiry)

    clock.now += WEEK
    deliver()
    assert reminders_of(inquiry) == []


@pytest.mark.parametrize("action", [actions.reply, actions.approve, actions.reject])
def test_what_is_not_returned_reminds_nobody(clock, officer, action):
    inquiry = factories.claimed(officer)
    act(action, officer, inquiry)

    clock.now += WEEK
    deliver()
    assert reminders_of(inquiry) == []


def test_the_reminders_of_two_inquiries_are_each_its_own(clock, returned_to):
    person = factories.UserFactory()
    first = returned_to(person)
    clock.now += timedelta(minutes=2)  # before it, no second code is sent
    second = returned_to(person)
    act(actions.answer_return, person, first)

    clock.now += WEEK
    deliver()
    assert reminders_of(first) == []
    assert reminders_of(second) == [str(person.mobile)]


def test_it_stands_among_the_notices_from_its_time_on(clock, returned_to):
    person = factories.UserFactory(email="aslam@example.org")
    inquiry = returned_to(person)
    reminder = REMINDER["en"].format(inquiry.reference)
    address = f"/en/inquiries/{inquiry.reference}/"

    clock.now += WEEK - SECOND
    # The session of an hour has ended by then.
    assert reminder not in words(signed_in(person).get(address))

    clock.now += SECOND
    deliver()
    page = words(signed_in(person).get(address))
    assert page.count(reminder) == 2
