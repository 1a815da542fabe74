"""The texted code: what its page says, how long and where it is good, how often it is sent."""

import pytest
from django.test import Client
from django.utils import timezone

from core.accounts import codes
from core.accounts.models import OneTimeCode
from core.exceptions import RuleViolation
from core.messaging.actions.delivery import deliver_due
from core.messaging.encryption import decrypt
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on, notices_on, words

CODE = "/en/account/code/"
RESEND = "/en/account/code/resend/"
MASKED = "•••• 567"
WRONG = "This is not the code we sent. Check the message and try again."
EXPIRED = "This code is more than 10 minutes old. Ask for another code."
REPLACED = "A newer code was sent to you. Use that one, or ask for another code."
SPENT = "A wrong code was entered too many times. Ask for another code."
NO_CODE = "Ask for a code first."


@pytest.fixture
def person(db):
    return factories.UserFactory(mobile="+966501234567")


@pytest.fixture
def browser(client, person, clock):
    """A browser in which the person has given the password, at a time that stands still."""
    return with_password(person, client)


def with_password(person, browser=None):
    browser = browser or Client()
    form = {"login": person.username, "password": factories.PASSWORD}
    browser.post("/en/account/sign-in/", form)
    return browser


def code_of(person):
    return factories.code_sent_to(person, "sign_in")


def answer_to(browser, digits):
    """What the page says to these digits; nothing when they open the door."""
    response = browser.post(CODE, {"code": digits})
    return errors_on(response) if response.status_code == 200 else []


def other_than(digits):
    return f"{(int(digits) + 1) % 10**6:06}"


# What the page says of the code


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({}, f"A code is on its way to {MASKED}. It works for 10 minutes."),
        ({"status": "sent"}, f"We sent a code to {MASKED}. It works for 10 minutes."),
        ({"status": "expired"}, "The code could not be sent in time. Ask for another code."),
        *(
            (
                held_up,
                "We cannot send messages at the moment, so the code for "
                f"{MASKED} has not been sent yet. We are still trying; you can also "
                "ask for another code in a minute.",
            )
            for held_up in ({"failed_at": timezone.now()}, {"status": "given_up"})
        ),
    ],
)
def test_the_page_says_how_the_code_is_doing(browser, message, sentence):
    Message.objects.update(**message)
    assert sentence in words(browser.get(CODE))


def test_the_text_says_what_the_code_is_for(browser, person):
    message = Message.objects.get()
    code = code_of(person)
    assert message.recipient == "+966501234567"
    assert decrypt(message.text) == (
        f"Tawasul: {code} is your code to sign in. Never give it to anybody."
    )


def test_a_code_stands_nowhere_in_the_database_as_it_is(browser, person):
    code = code_of(person)
    stored = [*OneTimeCode.objects.values_list(), *Message.objects.values_list()]
    assert code not in str(stored)


def test_while_the_gateway_is_down_another_code_can_be_asked_for(
    browser, person, clock, settings, tmp_path
):
    Message.objects.update(next_attempt_at=clock.now)
    settings.DEMO_PHONE_FILE = "/proc/no/such/folder"
    assert deliver_due() == 0
    assert "We cannot send messages at the moment" in words(browser.get(CODE))
    clock.move(60)
    page = browser.post(RESEND, follow=True)
    assert f"A code is on its way to {MASKED}. It works for 10 minutes." in words(page)
    code = code_of(person)
    Message.objects.update(next_attempt_at=clock.now)
    settings.DEMO_PHONE_FILE = tmp_path / "phone.jsonl"
    deliver_due()
    assert f"We sent a code to {MASKED}. It works for 10 minutes." in words(browser.get(CODE))
    assert answer_to(browser, code) == []


# Asking for another


def test_another_code_within_a_minute_is_refused_with_the_seconds_left(browser, person, clock):
    first = code_of(person)
    for moved, sentence in (
        (0, "A code has just been sent. You can ask for another in 60 seconds."),
        (29, "A code has just been sent. You can ask for another in 31 seconds."),
        (30, "A code has just been sent. You can ask for another in 1 second."),
    ):
        clock.move(moved)
        assert notices_on(browser.post(RESEND, follow=True)) == [sentence]
    assert Message.objects.count() == 1
    assert answer_to(browser, first) == []


def test_after_a_minute_another_code_is_sent_and_the_first_is_good_no_more(browser, person, clock):
    first = code_of(person)
    clock.move(60)
    assert notices_on(browser.post(RESEND, follow=True)) == []
    second = code_of(person)
    if first != second:  # one time in a million they are the same
        assert answer_to(browser, first) == [WRONG]
    assert answer_to(browser, second) == []


def test_the_sixth_unused_code_of_an_hour_is_refused_with_the_minutes_left(browser, person, clock):
    for _another in range(4):
        clock.move(61)
        browser.post(RESEND)
    assert Message.objects.count() == 5
    clock.move(61)
    assert notices_on(browser.post(RESEND, follow=True)) == [
        "Too many codes were sent and not used. Try again in 55 minutes."
    ]
    clock.move(55 * 60)
    assert notices_on(browser.post(RESEND, follow=True)) == []
    assert Message.objects.count() == 6


def test_codes_that_were_used_do_not_count(person, clock):
    for _sign_in in range(7):
        browser = with_password(person)
        assert answer_to(browser, code_of(person)) == []
        clock.move(1)


def test_whoever_shares_the_mobile_shares_its_pace(browser, person):
    relative = factories.UserFactory(mobile=person.mobile)
    page = with_password(relative).get(CODE)
    assert "No code has been sent for this yet. Ask for a new one." in notices_on(page)
    assert Message.objects.count() == 1


def test_a_code_for_another_purpose_has_a_pace_of_its_own(browser, person):
    inquiry = factories.draft(person)
    factories.confirmation(inquiry)
    assert Message.objects.count() == 2


# Entering it


@pytest.mark.parametrize(("seconds", "told"), [(599, []), (600, [EXPIRED]), (601, [EXPIRED])])
def test_a_code_is_good_for_ten_minutes(browser, person, clock, seconds, told):
    code = code_of(person)
    clock.move(seconds)
    assert answer_to(browser, code) == told


@pytest.mark.parametrize(
    "typed",
    [
        lambda code: code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
        lambda code: code.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")),
        lambda code: f" {code[:3]} {code[3:]}\n",
        lambda code: f"{code[:3]}-{code[3:]}",
        lambda code: f"\u2066{code}\u2069\0",
    ],
    ids=["arabic", "persian", "spaces", "hyphen", "marks"],
)
def test_a_code_is_taken_however_it_is_typed(browser, person, typed):
    assert answer_to(browser, typed(code_of(person))) == []


@pytest.mark.parametrize("typed", ["12345", "1234567", "²²²²²²", "abcdef", "1" * 40])
def test_what_is_no_code_is_told_like_a_wrong_one(browser, typed):
    assert answer_to(browser, typed) == [WRONG]


def test_an_empty_code_is_asked_for_and_not_counted(browser):
    assert answer_to(browser, " ") == ["Enter the six digits of the code."]
    assert OneTimeCode.objects.get().tries == 0


def test_after_five_wrong_codes_the_right_one_is_good_no_more(browser, person):
    code = code_of(person)
    for _try in range(5):
        assert answer_to(browser, other_than(code)) == [WRONG]
    assert answer_to(browser, code) == [SPENT]


def test_the_right_code_is_good_at_the_fifth_try(browser, person):
    code = code_of(person)
    for _try in range(4):
        answer_to(browser, other_than(code))
    assert answer_to(browser, code) == []


def test_a_code_that_is_right_has_to_be_of_this_session(browser, person):
    elsewhere = with_password(person)
    assert answer_to(elsewhere, code_of(person)) == [NO_CODE]


def test_a_code_sent_to_another_session_kills_the_one_of_this(browser, person, clock):
    first = code_of(person)
    clock.move(61)
    elsewhere = with_password(person)
    assert answer_to(browser, first) == [REPLACED]
    assert answer_to(elsewhere, code_of(person)) == []


@pytest.fixture
def use(person, clock):
    """Use a code from the session in which it was sent, as an action does."""

    def use(purpose, guess, action=lambda code: "done"):
        return codes.use_code(
            actor=person, purpose=purpose, session_key="session", guess=guess, action=action
        )

    codes.send_code(actor=person, purpose="sign_in", session_key="session", language="en")
    return use


def test_a_code_is_good_for_its_purpose_alone(use, person):
    with pytest.raises(RuleViolation) as refused:
        use("file", code_of(person))
    assert refused.value.message == NO_CODE
    assert use("sign_in", code_of(person)) == "done"


def test_a_code_is_good_once(use, person):
    use("sign_in", code_of(person))
    with pytest.raises(RuleViolation) as refused:
        use("sign_in", code_of(person))
    assert refused.value.message == "This code has been used already. Ask for another code."


def test_a_deed_that_fails_leaves_the_code_unused_and_the_try_counted(use, person):
    def fail(_code):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        use("sign_in", code_of(person), fail)
    assert OneTimeCode.objects.get().tries == 1
    assert use("sign_in", code_of(person)) == "done"


def test_the_code_of_one_person_is_not_good_for_another(use, person):
    another = factories.UserFactory()
    with pytest.raises(RuleViolation) as refused:
        codes.use_code(
            actor=another,
            purpose="sign_in",
            session_key="session",
            guess=code_of(person),
            action=lambda code: "done",
        )
    assert refused.value.message == NO_CODE
