"""The texted code: its page, its lifetime, its session and its limits."""

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
    """Return a browser in which the person has given the password, while the clock stands still."""
    return with_password(person, client)


def with_password(person, browser=None):
    browser = browser or Client()
    form = {"login": person.username, "password": factories.PASSWORD}
    browser.post("/en/account/sign-in/", form)
    return browser


def code_of(person):
    return factories.code_sent_to(person, "sign_in")


def errors_after_code(browser, digits):
    """Submit the digits and return the errors of the page; none if they are accepted."""
    response = browser.post(CODE, {"code": digits})
    return errors_on(response) if response.status_code == 200 else []


def other_than(digits):
    return f"{(int(digits) + 1) % 10**6:06}"


# The page of the code


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
def test_page_shows_delivery_status_of_code(browser, message, sentence):
    Message.objects.update(**message)
    assert sentence in words(browser.get(CODE))


def test_text_names_the_purpose_of_the_code(browser, person):
    message = Message.objects.get()
    code = code_of(person)
    assert message.recipient == "+966501234567"
    assert decrypt(message.text) == (
        f"Tawasul: {code} is your code to sign in. Never give it to anybody."
    )


def test_database_holds_no_code_in_plain_text(browser, person):
    code = code_of(person)
    stored = [*OneTimeCode.objects.values_list(), *Message.objects.values_list()]
    assert code not in str(stored)


def test_another_code_can_be_requested_while_gateway_is_down(
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
    assert errors_after_code(browser, code) == []


# Requesting another code


def test_second_code_within_a_minute_is_refused_with_seconds(browser, person, clock):
    first = code_of(person)
    for moved, sentence in (
        (0, "A code has just been sent. You can ask for another in 60 seconds."),
        (29, "A code has just been sent. You can ask for another in 31 seconds."),
        (30, "A code has just been sent. You can ask for another in 1 second."),
    ):
        clock.move(moved)
        assert notices_on(browser.post(RESEND, follow=True)) == [sentence]
    assert Message.objects.count() == 1
    assert errors_after_code(browser, first) == []


def test_second_code_after_a_minute_invalidates_the_first(browser, person, clock):
    first = code_of(person)
    clock.move(60)
    assert notices_on(browser.post(RESEND, follow=True)) == []
    second = code_of(person)
    if first != second:  # one time in a million both codes are the same
        assert errors_after_code(browser, first) == [WRONG]
    assert errors_after_code(browser, second) == []


def test_sixth_unused_code_is_refused_with_minutes(browser, person, clock):
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


def test_used_codes_do_not_count(person, clock):
    for _sign_in in range(7):
        browser = with_password(person)
        assert errors_after_code(browser, code_of(person)) == []
        clock.move(1)


def test_accounts_with_one_mobile_share_its_limit(browser, person):
    relative = factories.UserFactory(mobile=person.mobile)
    page = with_password(relative).get(CODE)
    assert "No code has been sent for this yet. Ask for a new one." in notices_on(page)
    assert Message.objects.count() == 1


def test_each_purpose_has_its_own_limit(browser, person):
    inquiry = factories.draft(person)
    factories.confirmation(inquiry)
    assert Message.objects.count() == 2


# Entering the code


@pytest.mark.parametrize(("seconds", "told"), [(599, []), (600, [EXPIRED]), (601, [EXPIRED])])
def test_a_code_is_good_for_ten_minutes(browser, person, clock, seconds, told):
    code = code_of(person)
    clock.move(seconds)
    assert errors_after_code(browser, code) == told


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
def test_code_is_accepted_in_any_spelling(browser, person, typed):
    assert errors_after_code(browser, typed(code_of(person))) == []


@pytest.mark.parametrize("typed", ["12345", "1234567", "²²²²²²", "abcdef", "1" * 40])
def test_malformed_code_is_answered_like_a_wrong_one(browser, typed):
    assert errors_after_code(browser, typed) == [WRONG]


def test_empty_code_is_not_counted(browser):
    assert errors_after_code(browser, " ") == ["Enter the six digits of the code."]
    assert OneTimeCode.objects.get().tries == 0


def test_five_wrong_codes_invalidate_the_right_one(browser, person):
    code = code_of(person)
    for _try in range(5):
        assert errors_after_code(browser, other_than(code)) == [WRONG]
    assert errors_after_code(browser, code) == [SPENT]


def test_right_code_is_accepted_at_fifth_try(browser, person):
    code = code_of(person)
    for _try in range(4):
        errors_after_code(browser, other_than(code))
    assert errors_after_code(browser, code) == []


def test_code_of_another_session_is_refused(browser, person):
    elsewhere = with_password(person)
    assert errors_after_code(elsewhere, code_of(person)) == [NO_CODE]


def test_code_for_another_session_invalidates_this_one(browser, person, clock):
    first = code_of(person)
    clock.move(61)
    elsewhere = with_password(person)
    assert errors_after_code(browser, first) == [REPLACED]
    assert errors_after_code(elsewhere, code_of(person)) == []


@pytest.fixture
def use(person, clock):
    """Return a function that uses a code in the session to which it was sent, as actions do."""

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


def test_failed_action_leaves_code_unused_and_counts_try(use, person):
    def fail(_code):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        use("sign_in", code_of(person), fail)
    assert OneTimeCode.objects.get().tries == 1
    assert use("sign_in", code_of(person)) == "done"


def test_code_of_another_person_is_refused(use, person):
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
