"""The texted code: its page, lifetime, session, limits and purposes."""

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone

from core.accounts import codes, purposes
from core.accounts.models import OneTimeCode
from core.exceptions import RuleViolation
from core.messaging.encryption import decrypt
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on, notices_on, words
from tests.core.accounts import pages
from tests.core.accounts.pages import CODE, MOBILE, NO_CODE, SIGN_IN, SPENT, TOO_SOON, WRONG
from tests.delivery import deliver_due
from tests.worlds import undone

RESEND = f"{CODE}resend/"
ON_ITS_WAY = "A code is on its way to •••• 567. It works for 10 minutes."
SENT = "We sent a code to •••• 567. It works for 10 minutes."
HELD_UP = (
    "We cannot send messages at the moment, so the code for •••• 567 has not been sent yet. "
    "We are still trying; you can also ask for another code in a minute."
)
USED = "This code has been used already. Ask for another code."


@pytest.fixture
def browser(client, person, clock):
    """Return a browser in which the person has given the password, while the clock stands still."""
    return with_password(person, client)


def with_password(person, browser=None):
    browser = browser or Client()
    browser.post(SIGN_IN, {"login": person.username, "password": factories.PASSWORD})
    return browser


def code_of(person):
    return factories.code_sent_to(person, "sign_in")


def errors_after_code(browser, digits):
    """Submit the digits and return the errors of the page; none if they are accepted."""
    response = browser.post(CODE, {"code": digits})
    return errors_on(response) if response.status_code == 200 else []


def other_than(digits):
    return f"{(int(digits) + 1) % 10**6:06}"


def test_page_shows_delivery_status_of_code(browser):
    for message, sentence in [
        ({}, ON_ITS_WAY),
        ({"failed_at": timezone.now()}, HELD_UP),
        ({"failed_at": None, "status": "sent"}, SENT),
        ({"status": "expired"}, "The code could not be sent in time. Ask for another code."),
        ({"status": "given_up"}, HELD_UP),
    ]:
        Message.objects.update(**message)
        assert sentence in words(browser.get(CODE)), message


def test_code_is_in_the_text_alone(browser, person):
    message = Message.objects.get()
    code = code_of(person)
    assert message.recipient == MOBILE
    told = f"Tawasul: {code} is your code to sign in. Never give it to anybody."
    assert decrypt(message.text) == told
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
    assert ON_ITS_WAY in words(browser.post(RESEND, follow=True))
    code = code_of(person)
    Message.objects.update(next_attempt_at=clock.now)
    settings.DEMO_PHONE_FILE = tmp_path / "phone.jsonl"
    deliver_due()
    assert SENT in words(browser.get(CODE))
    assert errors_after_code(browser, code) == []


def test_second_code_within_a_minute_is_refused_with_seconds(browser, person, clock):
    first = code_of(person)
    in_a_second = "You have just asked for a code. You can ask for another in 1 second."
    for moved, sentence in ((0, TOO_SOON.format(60)), (29, TOO_SOON.format(31)), (30, in_a_second)):
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
    assert notices_on(browser.post(RESEND, follow=True)) == [pages.TOO_MANY.format(55)]
    clock.move(55 * 60)
    assert notices_on(browser.post(RESEND, follow=True)) == []
    assert Message.objects.count() == 6


def test_used_codes_do_not_count(person, clock):
    for _sign_in in range(7):
        browser = with_password(person)
        assert errors_after_code(browser, code_of(person)) == []
        clock.move(1)


def test_limit_is_shared_by_accounts_and_not_by_purposes(browser, person):
    relative = factories.UserFactory(mobile=person.mobile)
    page = with_password(relative).get(CODE)
    assert "No code has been sent for this yet. Ask for a new one." in notices_on(page)
    assert Message.objects.count() == 1
    factories.confirmation(factories.draft(person))
    assert Message.objects.count() == 2


def test_a_code_is_good_for_ten_minutes(browser, person, clock):
    code, sent_at = code_of(person), clock.now
    for seconds, told in ((601, [pages.EXPIRED]), (600, [pages.EXPIRED]), (599, [])):
        clock.now = sent_at
        clock.move(seconds)
        assert errors_after_code(browser, code) == told, seconds


def test_code_is_accepted_in_any_spelling(person):
    for spell in (
        lambda code: code.translate(pages.ARABIC_DIGITS),
        lambda code: code.translate(pages.PERSIAN_DIGITS),
        lambda code: f" {code[:3]} {code[3:]}\n",
        lambda code: f"{code[:3]}-{code[3:]}",
        lambda code: f"\u2066{code}\u2069\x07",
    ):
        with undone():
            browser = with_password(person)
            typed = spell(code_of(person))
            assert errors_after_code(browser, typed) == [], ascii(typed)


def test_empty_code_is_not_counted(browser):
    assert errors_after_code(browser, " ") == ["Enter the six digits of the code."]
    assert OneTimeCode.objects.get().tries == 0


def test_fifth_code_is_the_last_to_be_compared(browser, person):
    code = code_of(person)
    with undone():
        for wrong in (other_than(code), "12345", "1234567", "²²²²²²", "abcdef"):
            assert errors_after_code(browser, wrong) == [WRONG], wrong
        assert errors_after_code(browser, code) == [SPENT]
    for wrong in (*[other_than(code)] * 3, "1" * 40):
        assert errors_after_code(browser, wrong) == [WRONG], wrong
    assert errors_after_code(browser, code) == []


def test_code_is_good_in_its_session_alone(browser, person, clock):
    first = code_of(person)
    elsewhere = with_password(person)
    assert errors_after_code(elsewhere, first) == [NO_CODE]
    clock.move(61)
    elsewhere.post(RESEND)
    second = code_of(person)
    # What another session has asked for replaces none.
    assert errors_after_code(browser, first) == []
    assert errors_after_code(elsewhere, second) == []


@pytest.fixture
def use(person, clock):
    """Return a function that uses a code in the session to which it was sent, as actions do."""

    def use(purpose, guess, action=lambda code: "done", actor=person):
        return codes.use_code(
            actor=actor, purpose=purpose, session_key="session", guess=guess, action=action
        )

    codes.send_code(actor=person, purpose="sign_in", session_key="session", language="en")
    return use


def reason_of(use, *given):
    """Return the sentence with which a use of the code is refused."""
    with pytest.raises(RuleViolation) as refused:
        use(*given)
    return refused.value.message


def test_a_code_is_good_once_and_for_its_purpose_alone(use, person):
    assert reason_of(use, "file", code_of(person)) == NO_CODE
    assert use("sign_in", code_of(person)) == "done"
    assert reason_of(use, "sign_in", code_of(person)) == USED


def test_failed_action_leaves_code_unused_and_counts_try(use, person):
    def fail(_code):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        use("sign_in", code_of(person), fail)
    assert OneTimeCode.objects.get().tries == 1
    assert use("sign_in", code_of(person)) == "done"


def test_code_of_another_person_is_refused(use, person):
    another = factories.UserFactory()
    assert reason_of(use, "sign_in", code_of(person), lambda code: "done", another) == NO_CODE


@pytest.fixture
def of_another_service(monkeypatch):
    """Let an app of the test's own register a purpose."""
    monkeypatch.setattr(purposes, "_registered", dict(purposes._registered))
    return purposes.register("permit")


def test_purpose_without_text_fails_the_check(of_another_service):
    sentence = "There is no text messages/code_permit.txt for the code's purpose permit."
    found = [error.msg for error in checks.run_checks() if error.id == "tawasul.E001"]
    assert found == [sentence]


def test_purpose_whose_codes_go_by_mail_too_needs_a_mail(monkeypatch):
    monkeypatch.setattr(purposes, "_registered", {})
    purposes.register("permit", also_by_mail=True)
    purposes.register("address", by_mail=True)
    missing = ("messages/code_permit.txt", "messages/mails/code_permit.txt")
    assert [error.msg.split()[4] for error in purposes.check_texts()] == [
        *missing,
        "messages/mails/code_address.txt",
    ]


def test_registered_purposes_have_texts():
    assert purposes.check_texts() == []
    assert {"sign_in", "email", "file", "contact"} <= set(purposes.registered())


def test_purpose_is_registered_once_and_fits_into_its_column():
    with pytest.raises(ImproperlyConfigured):
        purposes.register("file")
    longest = OneTimeCode._meta.get_field("purpose").max_length
    with pytest.raises(ImproperlyConfigured, match="longer than"):
        purposes.register("p" * (longest + 1))


def test_new_service_sends_codes_without_migration(
    of_another_service, resident, settings, tmp_path
):
    (tmp_path / "messages").mkdir()
    (tmp_path / "messages" / "code_permit.txt").write_text("Your code is {{ code }} .")
    engine, *_others = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path, *engine["DIRS"]]}]
    about = {"actor": resident, "purpose": of_another_service, "session_key": "session"}
    codes.send_code(**about, language="en")
    guess = factories.code_sent_to(resident, of_another_service)
    assert codes.use_code(**about, guess=guess, action=lambda code: code.purpose) == "permit"
