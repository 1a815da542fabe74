"""A new mobile and a new e-mail address: each is saved only with the code sent to it."""

import re
from itertools import count
from time import time

import pytest

from core.accounts import codes
from core.accounts.models import OneTimeCode, User
from core.messaging.actions.delivery import deliver_due
from core.messaging.gateways import DemoPhone
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on, notices_on, signed_in, words
from tests.core.accounts.test_account import NOT_YOURS, can_sign_in, ordinary_texts, section

ACCOUNT = "/en/account/"
MOBILE = "/en/account/mobile/"
MOBILE_CODE = "/en/account/mobile/code/"
EMAIL = "/en/account/email/"
EMAIL_CODE = "/en/account/email/code/"

OLD_NUMBER, NEW_NUMBER = "+966501234567", "+966550000432"
ADDRESS = "ayesha.noor@example.org"

NO_MOBILE = (
    "Enter a mobile number, for example 05XXXXXXXX, "
    "or with the country code for a number from abroad."
)
SAME_MOBILE = "This mobile is already on your account."
NO_ADDRESS = "This is not an e-mail address. Write it like name@example.com."
WRONG = "This is not the code we sent. Check the message and try again."


@pytest.fixture
def person(db):
    return factories.UserFactory(username="aslam", mobile=OLD_NUMBER)


@pytest.fixture
def browser(person):
    return signed_in(person)


@pytest.fixture(autouse=True)
def _distinct_codes(monkeypatch):
    """Make consecutive codes differ: one time in a million they would be the same."""
    numbers = count(482913)
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _below: next(numbers))


# Mobile


def ask_for_mobile(browser, mobile=NEW_NUMBER, password=factories.PASSWORD):
    return browser.post(MOBILE, {"mobile": mobile, "password": password}, follow=True)


def mobile_of(person):
    return str(User.objects.get(pk=person.pk).mobile)


def give_mobile_code(browser, person):
    code = factories.code_sent_to(person, "mobile")
    return browser.post(MOBILE_CODE, {"code": code}, follow=True)


def test_new_mobile_is_saved_by_code_and_old_one_is_told(browser, person):
    page = ask_for_mobile(browser)
    assert page.request["PATH_INFO"] == MOBILE_CODE
    assert "A code is on its way to •••• 432. It works for 10 minutes." in words(page)
    sent = Message.objects.get()
    assert (sent.recipient, sent.is_encrypted) == (NEW_NUMBER, True)
    assert mobile_of(person) == OLD_NUMBER

    page = give_mobile_code(browser, person)
    assert page.request["PATH_INFO"] == ACCOUNT
    assert notices_on(page) == ["The mobile on your account is now •••• 432."]
    assert "Mobile •••• 432 Change" in section(page, "account")
    assert mobile_of(person) == NEW_NUMBER
    assert ordinary_texts() == [
        (
            OLD_NUMBER,
            "en",
            "Tawasul: the mobile on your account is now the one ending in 432. If that was "
            "not you, go to a passports office at once.",
        )
    ]


def test_text_names_the_purpose_of_the_code(browser, person):
    ask_for_mobile(browser)
    deliver_due()
    (text,) = DemoPhone().received()
    code = text["text"].split()[1]
    assert text["text"] == (
        f"Tawasul: {code} is your code to use this mobile for your account. "
        "Never give it to anybody."
    )


def test_sign_in_codes_go_to_new_mobile(browser, person):
    ask_for_mobile(browser)
    give_mobile_code(browser, person)
    assert can_sign_in(person, factories.PASSWORD)
    code = OneTimeCode.objects.get(purpose="sign_in")
    assert Message.objects.get(idempotency_key=code.pk).recipient == NEW_NUMBER


def test_a_wrong_code_changes_nothing(browser, person):
    ask_for_mobile(browser)
    page = browser.post(MOBILE_CODE, {"code": "000000"})
    assert errors_on(page) == [WRONG]
    assert mobile_of(person) == OLD_NUMBER
    assert not ordinary_texts()


@pytest.mark.parametrize("password", ["wrong", "", "seven Kettles and a door"])
def test_mobile_needs_password(browser, person, password):
    page = ask_for_mobile(browser, password=password)
    assert errors_on(page) == [NOT_YOURS if password else "Enter your password."]
    assert not Message.objects.exists()
    # The form shows the typed mobile again, but not the password.
    assert 'value="055 000 0432"' in page.content.decode()
    assert browser.get(MOBILE_CODE).url == ACCOUNT


@pytest.mark.parametrize("mobile", [OLD_NUMBER, "0501234567", "٠٥٠ ١٢٣ ٤٥٦٧", "00966-50-1234567"])
def test_same_mobile_is_refused_in_any_spelling(browser, person, mobile):
    assert errors_on(ask_for_mobile(browser, mobile)) == [SAME_MOBILE]
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("landline", "shown"),
    [
        ("112573597", "011 257 3597"),
        ("0112573597", "011 257 3597"),
        ("0126315858", "012 631 5858"),
        ("0126080456", "012 608 0456"),
        ("+966112573597", "011 257 3597"),
        ("٠١١٢٥٧٣٥٩٧", "011 257 3597"),
        ("920001234", "9200 01234"),
    ],
)
def test_a_landline_is_refused_and_shown_again(browser, person, landline, shown):
    page = ask_for_mobile(browser, landline)
    assert errors_on(page) == [NO_MOBILE]
    assert f'value="{shown}"' in page.content.decode()
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0550000432", NEW_NUMBER),
        ("550000432", NEW_NUMBER),
        ("٠٥٥٠٠٠٠٤٣٢", NEW_NUMBER),
        ("۰۵۵۰۰۰۰۴۳۲", NEW_NUMBER),
        ("０５５０００0432", NEW_NUMBER),
        ("\u2066055-000 0432\u2069", NEW_NUMBER),
        ("00966550000432", NEW_NUMBER),
        ("+٩٦٦ ٥٥ ٠٠٠ ٠٤٣٢", NEW_NUMBER),
        ("+92 301 2345678", "+923012345678"),
    ],
)
def test_mobile_is_accepted_in_any_spelling(browser, person, typed, number):
    ask_for_mobile(browser, typed)
    give_mobile_code(browser, person)
    assert mobile_of(person) == number


def test_code_does_not_confirm_another_mobile(browser, person):
    ask_for_mobile(browser)
    of_the_first = factories.code_sent_to(person, "mobile")
    ask_for_mobile(browser, "0550000777")
    assert errors_on(browser.post(MOBILE_CODE, {"code": of_the_first})) == [WRONG]
    assert mobile_of(person) == OLD_NUMBER
    give_mobile_code(browser, person)
    assert mobile_of(person) == "+966550000777"


@pytest.mark.parametrize("purpose", ["sign_in", "email"])
def test_code_of_another_purpose_does_not_confirm_mobile(browser, person, purpose):
    codes.send_code(
        actor=person,
        purpose=purpose,
        session_key=browser.session.session_key,
        language="en",
        recipient=NEW_NUMBER,
    )
    other = factories.code_sent_to(person, purpose)
    ask_for_mobile(browser)
    assert errors_on(browser.post(MOBILE_CODE, {"code": other})) == [WRONG]
    assert mobile_of(person) == OLD_NUMBER


def test_code_of_one_device_confirms_nothing_on_another(browser, person):
    elsewhere = signed_in(person)
    ask_for_mobile(elsewhere, "0550000777")
    ask_for_mobile(browser)
    of_this = factories.code_sent_to(person, "mobile")
    assert errors_on(elsewhere.post(MOBILE_CODE, {"code": of_this})) == [WRONG]
    assert mobile_of(person) == OLD_NUMBER


def test_notice_names_the_confirmed_mobile(browser, person):
    ask_for_mobile(browser)
    assert errors_on(ask_for_mobile(browser, OLD_NUMBER)) == [SAME_MOBILE]
    page = give_mobile_code(browser, person)
    assert mobile_of(person) == NEW_NUMBER
    assert notices_on(page) == ["The mobile on your account is now •••• 432."]


def test_a_code_changes_the_mobile_once(browser, person):
    ask_for_mobile(browser)
    code = factories.code_sent_to(person, "mobile")
    first = browser.post(MOBILE_CODE, {"code": code})
    again = browser.post(MOBILE_CODE, {"code": code})
    assert (first.url, again.url) == (ACCOUNT, ACCOUNT)
    assert len(ordinary_texts()) == 1


def test_code_page_needs_the_form_first(browser, person):
    for address in (MOBILE_CODE, EMAIL_CODE):
        assert browser.get(address).url == ACCOUNT
        assert browser.post(address, {"code": "482913"}).url == ACCOUNT
        assert browser.post(f"{address}resend/").url == ACCOUNT
    assert not Message.objects.exists()


@pytest.mark.parametrize(("minutes", "is_in_time"), [(14, True), (16, False)])
def test_form_is_valid_for_fifteen_minutes(browser, person, monkeypatch, minutes, is_in_time):
    ask_for_mobile(browser)
    later = time() + minutes * 60
    monkeypatch.setattr("core.accounts.pending_steps.time.time", lambda: later)
    assert browser.get(MOBILE_CODE).status_code == (200 if is_in_time else 302)


def test_refused_second_code_leaves_first_valid(clock, person):
    browser = signed_in(person)
    ask_for_mobile(browser)
    clock.move(29)
    page = ask_for_mobile(browser)
    assert notices_on(page) == ["A code has just been sent. You can ask for another in 31 seconds."]
    page = browser.post(f"{MOBILE_CODE}resend/", follow=True)
    assert notices_on(page) == ["A code has just been sent. You can ask for another in 31 seconds."]
    assert Message.objects.count() == 1
    give_mobile_code(browser, person)
    assert mobile_of(person) == NEW_NUMBER


def test_sixth_unused_code_for_one_mobile_is_refused(clock, person):
    browser = signed_in(person)
    for _another in range(5):
        ask_for_mobile(browser)
        clock.move(61)
    assert notices_on(ask_for_mobile(browser)) == [
        "Too many codes were sent and not used. Try again in 55 minutes."
    ]
    assert Message.objects.count() == 5


def test_codes_of_other_accounts_for_one_mobile_count(clock, person):
    ask_for_mobile(signed_in(person))
    page = ask_for_mobile(signed_in(factories.UserFactory()))
    assert "A code has just been sent. You can ask for another in 60 seconds." in notices_on(page)
    assert Message.objects.count() == 1


def test_ten_minutes_old_code_changes_nothing(clock, person):
    browser = signed_in(person)
    ask_for_mobile(browser)
    clock.move(600)
    page = give_mobile_code(browser, person)
    assert errors_on(page) == ["This code is more than 10 minutes old. Ask for another code."]
    assert mobile_of(person) == OLD_NUMBER


# E-mail address


def ask_for_email(browser, email=ADDRESS, address=EMAIL):
    return browser.post(address, {"email": email}, follow=True)


def email_of(person):
    return User.objects.get(pk=person.pk).email


def give_email_code(browser, person, address=EMAIL_CODE):
    return browser.post(address, {"code": factories.code_sent_to(person, "email")}, follow=True)


def digits_in(text):
    return re.search(r"\b\d{6}\b", text)[0]


def test_email_is_saved_by_its_code(browser, person):
    page = ask_for_email(browser)
    assert page.request["PATH_INFO"] == EMAIL_CODE
    assert f"A code is on its way to {ADDRESS}. It works for 10 minutes." in words(page)
    assert email_of(person) == ""

    deliver_due()
    (mail,) = DemoPhone().received()
    assert (mail["recipient"], mail["subject"]) == (ADDRESS, "Your code from Tawasul")
    code = digits_in(mail["text"])
    assert mail["text"] == (
        f"{code} is your code to get our notices at this address. It works for 10 minutes. If "
        "you have not asked for it, delete this e-mail: nothing will happen."
    )
    assert email_of(person) == ""

    page = browser.post(EMAIL_CODE, {"code": code}, follow=True)
    assert page.request["PATH_INFO"] == ACCOUNT
    assert notices_on(page) == ["Your e-mail address is confirmed."]
    assert f"E-mail address {ADDRESS} Change" in section(page, "account")
    assert email_of(person) == ADDRESS


def test_arabic_mail_and_pages_are_arabic(browser, person):
    page = ask_for_email(browser, address="/ar/account/email/")
    assert page.request["PATH_INFO"] == "/ar/account/email/code/"
    deliver_due()
    (mail,) = DemoPhone().received()
    assert not re.search("[A-Za-z]", mail["subject"] + mail["text"])
    page = browser.post("/ar/account/email/code/", {"code": digits_in(mail["text"])}, follow=True)
    assert page.request["PATH_INFO"] == "/ar/account/"
    assert len(notices_on(page)) == 1
    assert not re.search("[A-Za-z]", notices_on(page)[0])
    assert email_of(person) == ADDRESS


def test_wrong_code_confirms_no_email(browser, person):
    ask_for_email(browser)
    assert errors_on(browser.post(EMAIL_CODE, {"code": "000000"})) == [WRONG]
    assert email_of(person) == ""


def test_code_does_not_confirm_another_email(browser, person):
    ask_for_email(browser)
    of_the_first = factories.code_sent_to(person, "email")
    ask_for_email(browser, "another@example.org")
    assert errors_on(browser.post(EMAIL_CODE, {"code": of_the_first})) == [WRONG]
    assert email_of(person) == ""
    give_email_code(browser, person)
    assert email_of(person) == "another@example.org"


def test_new_email_replaces_old_one_only_by_code(browser, person):
    User.objects.update(email="old@example.org")
    ask_for_email(browser)
    assert email_of(person) == "old@example.org"
    give_email_code(browser, person)
    assert email_of(person) == ADDRESS


def test_an_address_can_be_removed(browser, person):
    assert "Stop e-mailing me" not in words(browser.get(EMAIL))
    User.objects.update(email=ADDRESS)
    page = browser.get(EMAIL)
    assert "Stop e-mailing me" in words(page)
    assert f'value="{ADDRESS}"' in page.content.decode()
    page = browser.post(EMAIL, {"remove": "1"}, follow=True)
    assert page.request["PATH_INFO"] == ACCOUNT
    assert notices_on(page) == ["We will no longer e-mail you."]
    assert "E-mail address None Change" in section(page, "account")
    assert email_of(person) == ""


def test_a_link_removes_no_address(browser, person):
    User.objects.update(email=ADDRESS)
    assert browser.get(EMAIL, {"remove": "1"}).status_code == 200
    assert email_of(person) == ADDRESS


@pytest.mark.parametrize(
    "email",
    [
        *("ayesha", "ayesha@", "@example.org", "a b@example.org", "a@b@example.org", "a@example"),
        *("عائشة@example.org", "a@example.org, b@example.org", "a@example.org b@example.org"),
        *("a@example.org\nBcc: b@example.org", "<a@example.org>", "a@example..org", "a@-x.org"),
        *("\ufffd@example.org", '"><script>@example.org', "a@[", "a@example.org%0ABcc:b"),
    ],
)
def test_invalid_email_is_refused_and_shown_again(browser, person, email):
    page = ask_for_email(browser, email)
    assert errors_on(page) == [NO_ADDRESS]
    assert page.context["form"]["email"].value() == email
    assert "<script>" not in page.content.decode().split("<main", 1)[1].split("</main", 1)[0]
    assert not Message.objects.exists()


def test_overlong_email_is_refused(browser, person):
    for email in (f"{'a' * 64}@{'b.' * 100}org", f"{'a' * 100_000}@example.org"):
        assert errors_on(ask_for_email(browser, email))
    assert not Message.objects.exists()


def test_empty_email_is_asked_for(browser, person):
    for nothing in ("", "  ", "\u200f"):
        assert errors_on(ask_for_email(browser, nothing)) == ["Enter an e-mail address."]


@pytest.mark.parametrize(
    "typed", [f"  {ADDRESS}\n", f"\u2066{ADDRESS}\u2069", f"\0{ADDRESS}\u200f", f"\ufeff{ADDRESS}"]
)
def test_spaces_and_marks_around_email_are_ignored(browser, person, typed):
    ask_for_email(browser, typed)
    give_email_code(browser, person)
    assert email_of(person) == ADDRESS


@pytest.mark.parametrize("email", ["a+b@example.org", "o'neil@example.org", "ali@مثال.السعودية"])
def test_every_valid_email_is_accepted_and_gets_mail(browser, person, settings, mailoutbox, email):
    settings.MAIL_GATEWAY = "core.messaging.gateways.Mail"
    ask_for_email(browser, email)
    assert deliver_due() == 1
    assert mailoutbox[0].message()["To"].isascii()
    browser.post(EMAIL_CODE, {"code": digits_in(mailoutbox[0].body)})
    assert email_of(person) == email


def test_second_mail_within_a_minute_is_refused(clock, person):
    browser = signed_in(person)
    ask_for_email(browser)
    clock.move(59)
    assert notices_on(ask_for_email(browser)) == [
        "A code has just been sent. You can ask for another in 1 second."
    ]
    clock.move(1)
    assert notices_on(browser.post(f"{EMAIL_CODE}resend/", follow=True)) == []
    assert Message.objects.count() == 2


@pytest.mark.parametrize("channel", ["mobile", "email"])
def test_account_gets_five_codes_an_hour_for_all_targets(browser, person, channel):
    for number in range(5):
        if channel == "mobile":
            page = ask_for_mobile(browser, f"050000010{number}")
        else:
            page = ask_for_email(browser, f"somebody-{number}@example.org")
        assert notices_on(page) == []
    if channel == "mobile":
        page = ask_for_mobile(browser, "0500000109")
    else:
        page = ask_for_email(browser, "somebody-9@example.org")
    assert "Too many codes were sent and not used. Try again in 60 minutes." in notices_on(page)
    assert Message.objects.count() == 5


def test_mobile_is_told_of_new_email(browser, person):
    ask_for_email(browser)
    give_email_code(browser, person)
    assert [text.text for text in Message.objects.filter(channel="sms")] == [
        "Tawasul: an e-mail address has been confirmed for your account. If that was not you, "
        "set a new password now."
    ]
