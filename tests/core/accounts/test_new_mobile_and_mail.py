"""A new mobile and a new e-mail address: each is saved with the code sent to it."""

import re
from datetime import UTC, datetime
from itertools import count

import pytest
from django.test import Client
from django.utils import timezone

from core.accounts import codes
from core.accounts.models import OneTimeCode, Recovery, User
from core.messaging.gateways import DemoPhone
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on, notices_on, signed_in, signed_in_staff, words
from tests.core.accounts import pages
from tests.core.accounts.pages import MOBILE_CODE, NEW_ADDRESS, ask_for_email, ask_for_mobile, place
from tests.delivery import deliver_due
from tests.worlds import undone

NO_MOBILE = (
    "Enter a mobile number, for example 05XXXXXXXX, "
    "or with the country code for a number from abroad."
)
SAME_MOBILE = "This mobile is already on your account."
NO_ADDRESS = "This is not an e-mail address. Write it like name@example.com."
OLD_ADDRESS = "old@example.org"
CLOSED = (
    "The mobile of this account is new. So that nobody else can use it against you, this is "
    "closed until 2 January 2077 CE (7 Safar 1500 AH) 06:04. If it cannot wait, a counter at a "
    "passports office can open it: bring your ID or passport."
)
IF_NOT_YOU = (
    "If that was not you, set a new password at once: open the portal and choose "
    '"I have forgotten my password".'
)


@pytest.fixture(autouse=True)
def _distinct_codes(monkeypatch):
    """Make consecutive codes differ: one time in a million they would be the same."""
    numbers = count(482913)
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _below: next(numbers))


# Mobile


def mobile_of(person):
    return str(User.objects.get(pk=person.pk).mobile)


def change_email(browser, person):
    ask_for_email(browser)
    pages.give_email_code(browser, person)


def remove_old_email(browser, _person):
    pages.remove_email(browser)


def recover(person):
    """Let the account be one that was recovered, and is restricted for years."""
    Recovery.objects.create(
        user=person,
        way=Recovery.Way.REGISTRY,
        status=Recovery.Status.DONE,
        new_mobile=pages.NEW_MOBILE,
        restricted_until=datetime(2077, 1, 2, 3, 4, tzinfo=UTC),
    )


def test_new_mobile_is_saved_by_code_and_old_one_is_told(browser, person):
    page = ask_for_mobile(browser)
    assert place(page) == MOBILE_CODE
    assert "A code is on its way to •••• 432. It works for 10 minutes." in words(page)
    sent = Message.objects.get()
    assert (sent.recipient, sent.is_encrypted) == (pages.NEW_MOBILE, True)
    code = factories.code_sent_to(person, "mobile")
    told = f"Tawasul: {code} is your code to use this mobile for your account. "
    assert pages.texts() == [(pages.NEW_MOBILE, told + "Never give it to anybody.")]
    assert errors_on(browser.post(MOBILE_CODE, {"code": "000000"})) == [pages.WRONG]
    assert mobile_of(person) == pages.MOBILE
    assert not pages.ordinary_texts()

    page = browser.post(MOBILE_CODE, {"code": code}, follow=True)
    assert place(page) == pages.SAFETY
    assert notices_on(page) == [
        "The mobile on your account is now •••• 432. Other devices have been signed out."
    ]
    assert "Mobile •••• 432 Change" in words(page)
    assert mobile_of(person) == pages.NEW_MOBILE
    told = (
        "Tawasul: the mobile on your account is now the one ending in 432. If that was "
        "not you, go to a passports office at once with your ID or passport."
    )
    assert pages.ordinary_texts() == [(pages.MOBILE, "en", told)]
    # A code changes the mobile once.
    assert browser.post(MOBILE_CODE, {"code": code}).url == pages.SAFETY
    assert len(pages.ordinary_texts()) == 1
    # The codes to sign in go to the new mobile.
    assert pages.can_sign_in(person, factories.PASSWORD)
    code = OneTimeCode.objects.get(purpose="sign_in")
    assert Message.objects.get(idempotency_key=code.pk).recipient == pages.NEW_MOBILE


def test_new_mobile_is_told_to_the_mail_address_too(browser, person):
    User.objects.update(email=OLD_ADDRESS)
    pages.change_mobile(browser, person)
    mail = Message.objects.get(channel="email")
    assert (mail.recipient, mail.subject) == (
        OLD_ADDRESS,
        "Tawasul: the mobile on your account has changed",
    )
    assert mail.text == (
        "Tawasul: the mobile on your account is now the one ending in 432. If that was "
        "not you, go to a passports office at once with your ID or passport."
    )


def test_every_change_of_mobile_and_mail_ends_other_sessions(person):
    for change in (pages.change_mobile, change_email, remove_old_email):
        with undone():
            User.objects.update(email=OLD_ADDRESS)
            here, elsewhere, staff = signed_in(person), signed_in(person), signed_in_staff(person)
            of_another = signed_in(factories.UserFactory())
            change(here, person)
            for ended in (elsewhere, staff):
                assert ended.get(pages.ACCOUNT).url == f"{pages.SIGN_IN}?next={pages.ACCOUNT}"
            for stays in (here, of_another):
                assert stays.get(pages.ACCOUNT).status_code == 200, change


def test_code_on_its_way_to_the_old_mobile_opens_nothing_after_the_change(browser, person):
    elsewhere = Client()
    form = {"login": person.username, "password": factories.PASSWORD}
    elsewhere.post(pages.SIGN_IN, form)
    on_its_way = factories.code_sent_to(person, "sign_in")
    pages.change_mobile(browser, person)
    assert elsewhere.post(pages.CODE, {"code": on_its_way}).url == pages.SIGN_IN
    # The code itself is good for nothing either, should the page let it through.
    assert OneTimeCode.objects.get(purpose="sign_in").expires_at <= timezone.now()
    assert elsewhere.get(pages.ACCOUNT).status_code == 302


def test_recovered_account_changes_neither_mobile_nor_mail(browser, person):
    User.objects.update(email=OLD_ADDRESS)
    steps = [
        (ask_for_mobile, lambda: pages.give_mobile_code(browser, person)),
        (ask_for_email, lambda: pages.give_email_code(browser, person)),
    ]
    for ask, give_code in steps:
        with undone():
            recover(person)
            assert errors_on(ask(browser)) == [CLOSED]
            assert not Message.objects.exists()
        with undone():
            ask(browser)
            recover(person)
            # A recovery while the code is on its way closes the change as well.
            assert errors_on(give_code()) == [CLOSED]
    recover(person)
    assert errors_on(pages.remove_email(browser)) == [CLOSED]
    person.refresh_from_db()
    assert (person.mobile, person.email) == (pages.MOBILE, OLD_ADDRESS)


def test_mobile_needs_password(browser):
    for password in ("wrong", "", "seven Kettles and a door"):
        page = ask_for_mobile(browser, password=password)
        assert errors_on(page) == [pages.NOT_YOURS if password else "Enter your password."], (
            password
        )
        # The form shows the typed mobile again, but not the password.
        assert 'value="+966550000432"' in page.content.decode()
        assert browser.get(MOBILE_CODE).url == pages.SAFETY
    assert not Message.objects.exists()


def test_same_mobile_and_landline_are_refused(browser):
    for mobile in (pages.MOBILE, "0501234567", "٠٥٠ ١٢٣ ٤٥٦٧", "00966-50-1234567"):
        assert errors_on(ask_for_mobile(browser, mobile)) == [SAME_MOBILE], mobile
    for landline in (
        *("112573597", "0112573597", "0126315858", "0126080456", "+966112573597"),
        *("٠١١٢٥٧٣٥٩٧", "920001234"),
    ):
        page = ask_for_mobile(browser, landline)
        assert errors_on(page) == [NO_MOBILE], landline
        assert f'value="{landline}"' in page.content.decode(), landline
    assert not Message.objects.exists()


def test_mobile_is_accepted_in_any_spelling(person):
    for typed in (
        *("0550000432", "550000432", "٠٥٥٠٠٠٠٤٣٢", "۰۵۵۰۰۰۰۴۳۲", "０５５０００0432"),
        *("\u2066055-000 0432\u2069", "00966550000432", "+٩٦٦ ٥٥ ٠٠٠ ٠٤٣٢"),
        "+92 301 2345678",
    ):
        with undone():
            browser = signed_in(person)
            ask_for_mobile(browser, typed)
            pages.give_mobile_code(browser, person)
            number = "+923012345678" if typed.startswith("+92") else pages.NEW_MOBILE
            assert mobile_of(person) == number, typed


def test_code_confirms_only_the_mobile_it_was_sent_to(browser, person):
    ask_for_mobile(browser)
    of_the_first = factories.code_sent_to(person, "mobile")
    ask_for_mobile(browser, "0550000777")
    assert errors_on(browser.post(MOBILE_CODE, {"code": of_the_first})) == [pages.WRONG]
    assert mobile_of(person) == pages.MOBILE
    # A refused form in between does not change the mobile that waits.
    assert errors_on(ask_for_mobile(browser, pages.MOBILE)) == [SAME_MOBILE]
    page = pages.give_mobile_code(browser, person)
    assert mobile_of(person) == "+966550000777"
    assert notices_on(page) == [
        "The mobile on your account is now •••• 777. Other devices have been signed out."
    ]


def test_code_of_another_purpose_does_not_confirm_mobile(browser, person):
    for purpose in ("sign_in", "email"):
        with undone():
            session = {"session_key": browser.session.session_key, "language": "en"}
            codes.send_code(actor=person, purpose=purpose, recipient=pages.NEW_MOBILE, **session)
            other = factories.code_sent_to(person, purpose)
            ask_for_mobile(browser)
            assert errors_on(browser.post(MOBILE_CODE, {"code": other})) == [pages.WRONG], purpose
            assert mobile_of(person) == pages.MOBILE, purpose


def test_code_of_one_device_confirms_nothing_on_another(browser, person):
    elsewhere = signed_in(person)
    ask_for_mobile(elsewhere, "0550000777")
    ask_for_mobile(browser)
    of_this = factories.code_sent_to(person, "mobile")
    assert errors_on(elsewhere.post(MOBILE_CODE, {"code": of_this})) == [pages.WRONG]
    assert mobile_of(person) == pages.MOBILE


def test_code_page_needs_the_form_first(browser):
    for address, begins in ((MOBILE_CODE, pages.SAFETY), (pages.EMAIL_CODE, pages.MESSAGES)):
        assert browser.get(address).url == begins
        assert browser.post(address, {"code": "482913"}).url == begins
        assert browser.post(f"{address}resend/").url == begins
    assert not Message.objects.exists()


def test_form_is_valid_for_fifteen_minutes(browser):
    ask_for_mobile(browser)
    for minutes, status in ((14, 200), (16, 302)):
        with pages.minutes_later(minutes):
            assert browser.get(MOBILE_CODE).status_code == status


def test_refused_second_code_leaves_first_valid_for_ten_minutes(clock, person):
    browser = signed_in(person)
    ask_for_mobile(browser)
    clock.move(29)
    resent = browser.post(f"{MOBILE_CODE}resend/", follow=True)
    for page in (resent, ask_for_mobile(browser)):
        assert notices_on(page) == [pages.TOO_SOON.format(31)]
    assert Message.objects.count() == 1
    clock.move(600 - 29)
    assert errors_on(pages.give_mobile_code(browser, person)) == [pages.EXPIRED]
    assert mobile_of(person) == pages.MOBILE
    clock.move(-1)
    pages.give_mobile_code(browser, person)
    assert mobile_of(person) == pages.NEW_MOBILE


def test_codes_for_one_mobile_are_limited_across_accounts(clock, person):
    browser = signed_in(person)
    ask_for_mobile(browser)
    page = ask_for_mobile(signed_in(factories.UserFactory()))
    assert pages.TOO_SOON.format(60) in notices_on(page)
    assert Message.objects.count() == 1
    for _another in range(4):
        clock.move(61)
        assert notices_on(ask_for_mobile(browser)) == []
    clock.move(61)
    assert notices_on(ask_for_mobile(browser)) == [pages.TOO_MANY.format(55)]
    assert Message.objects.count() == 5


# E-mail address


def email_of(person):
    return User.objects.get(pk=person.pk).email


def test_email_is_saved_by_its_code_and_mobile_is_told(browser, person):
    User.objects.update(email=OLD_ADDRESS)
    page = ask_for_email(browser)
    assert place(page) == pages.EMAIL_CODE
    assert f"A code is on its way to {NEW_ADDRESS}. It works for 10 minutes." in words(page)
    deliver_due()
    (mail,) = DemoPhone().received()
    assert (mail["recipient"], mail["subject"]) == (NEW_ADDRESS, "Your code from Tawasul")
    code = pages.digits_in(mail["text"])
    assert mail["text"] == (
        f"{code} is your code to get our notices at this address. It works for 10 minutes. If "
        "you have not asked for it, delete this e-mail: nothing will happen."
    )
    assert errors_on(browser.post(pages.EMAIL_CODE, {"code": "000000"})) == [pages.WRONG]
    assert email_of(person) == OLD_ADDRESS

    page = browser.post(pages.EMAIL_CODE, {"code": code}, follow=True)
    assert place(page) == pages.MESSAGES
    assert notices_on(page) == [
        "Your e-mail address is confirmed. Other devices have been signed out."
    ]
    assert f"E-mail address {NEW_ADDRESS} Change" in words(page)
    assert email_of(person) == NEW_ADDRESS
    assert [text.text for text in Message.objects.filter(channel="sms")] == [
        "Tawasul: an e-mail address has been confirmed for your account. If that was not you, "
        "set a new password now."
    ]
    to_old = Message.objects.get(recipient=OLD_ADDRESS)
    assert to_old.subject == "Tawasul: the e-mail address of your account has changed"
    assert to_old.text == (
        "This address is no longer on your account: another one has been confirmed. " + IF_NOT_YOU
    )


def test_email_needs_password(browser, person):
    for password, told in (("", "Enter your password."), ("wrong", pages.NOT_YOURS)):
        page = ask_for_email(browser, password=password)
        assert errors_on(page) == [told]
        # The form shows the typed address again, but not the password.
        assert f'value="{NEW_ADDRESS}"' in page.content.decode()
        assert browser.get(pages.EMAIL_CODE).url == pages.MESSAGES
    assert not Message.objects.exists()


def test_arabic_mail_and_pages_are_arabic(browser, person):
    page = ask_for_email(browser, address="/ar/account/email/")
    assert place(page) == "/ar/account/email/code/"
    deliver_due()
    (mail,) = DemoPhone().received()
    assert not re.search("[A-Za-z]", mail["subject"] + mail["text"])
    page = browser.post(
        "/ar/account/email/code/", {"code": pages.digits_in(mail["text"])}, follow=True
    )
    assert place(page) == "/ar/account/messages/"
    (notice,) = notices_on(page)
    assert not re.search("[A-Za-z]", notice)
    assert email_of(person) == NEW_ADDRESS


def test_code_confirms_only_the_email_it_was_sent_to(browser, person):
    ask_for_email(browser)
    of_the_first = factories.code_sent_to(person, "email")
    ask_for_email(browser, "another@example.org")
    assert errors_on(browser.post(pages.EMAIL_CODE, {"code": of_the_first})) == [pages.WRONG]
    assert email_of(person) == ""
    pages.give_email_code(browser, person)
    assert email_of(person) == "another@example.org"


def test_an_address_can_be_removed_but_not_by_a_link(browser, person):
    assert "Stop e-mailing me" not in words(browser.get(pages.CHANGE_EMAIL))
    User.objects.update(email=NEW_ADDRESS)
    page = browser.get(pages.CHANGE_EMAIL)
    assert "Stop e-mailing me" in words(page)
    assert f'value="{NEW_ADDRESS}"' in page.content.decode()
    page = browser.get(pages.REMOVE_EMAIL, {"password": factories.PASSWORD})
    assert f"we tell {NEW_ADDRESS} that it is no longer on your account" in words(page)
    for password, told in (("", "Enter your password."), ("wrong", pages.NOT_YOURS)):
        assert errors_on(pages.remove_email(browser, password)) == [told]
    assert email_of(person) == NEW_ADDRESS
    assert not Message.objects.exists()
    page = pages.remove_email(browser)
    assert place(page) == pages.MESSAGES
    assert notices_on(page) == ["We will no longer e-mail you. Other devices have been signed out."]
    assert "E-mail address None Add" in words(page)
    assert email_of(person) == ""
    mail = Message.objects.get()
    assert (mail.recipient, mail.subject) == (NEW_ADDRESS, "Tawasul: we no longer e-mail you")
    assert mail.text == f"This address has been removed from your account. {IF_NOT_YOU}"
    assert browser.get(pages.REMOVE_EMAIL).url == pages.MESSAGES


def test_invalid_email_is_refused_and_shown_again(browser):
    for email in (
        *("ayesha", "ayesha@", "@example.org", "a b@example.org", "a@b@example.org", "a@example"),
        *("عائشة@example.org", "a@example.org, b@example.org", "a@example.org b@example.org"),
        *("a@example.org\nBcc: b@example.org", "<a@example.org>", "a@example..org", "a@-x.org"),
        *('"><script>@example.org', "a@[", "a@example.org%0ABcc:b"),
    ):
        page = ask_for_email(browser, email)
        assert errors_on(page) == [NO_ADDRESS], email
        assert page.context["form"]["email"].value() == email
        main = page.content.decode().split("<main", 1)[1].split("</main", 1)[0]
        assert "<script>" not in main, email
    for overlong in (f"{'a' * 64}@{'b.' * 100}org", f"{'a' * 100_000}@example.org"):
        assert errors_on(ask_for_email(browser, overlong))
    for nothing in ("", "  ", "\u200f"):
        assert errors_on(ask_for_email(browser, nothing)) == ["Enter an e-mail address."]
    assert not Message.objects.exists()


def test_valid_email_is_accepted_and_gets_mail(person, settings, mailoutbox):
    settings.MAIL_GATEWAY = "core.messaging.gateways.Mail"
    for typed, email in [
        *((f"  {NEW_ADDRESS}\n", NEW_ADDRESS), (f"\u2066{NEW_ADDRESS}\u2069", NEW_ADDRESS)),
        *((f"\x07{NEW_ADDRESS}\u200f", NEW_ADDRESS), (f"\ufeff{NEW_ADDRESS}", NEW_ADDRESS)),
        *((email, email) for email in ("a+b@example.org", "o'neil@example.org")),
        ("ali@مثال.السعودية", "ali@مثال.السعودية"),
    ]:
        with undone():
            browser = signed_in(person)
            ask_for_email(browser, typed)
            assert deliver_due() == 1, typed
            mail = mailoutbox.pop()
            assert mail.message()["To"].isascii(), typed
            browser.post(pages.EMAIL_CODE, {"code": pages.digits_in(mail.body)})
            assert email_of(person) == email, typed


def test_second_mail_within_a_minute_is_refused(clock, person):
    browser = signed_in(person)
    ask_for_email(browser)
    clock.move(59)
    told = "You have just asked for a code. You can ask for another in 1 second."
    assert notices_on(ask_for_email(browser)) == [told]
    clock.move(1)
    assert notices_on(browser.post(f"{pages.EMAIL_CODE}resend/", follow=True)) == []
    assert Message.objects.count() == 2


def test_account_gets_five_codes_an_hour_for_all_targets(browser, person):
    for ask, target in (
        (ask_for_mobile, "050000010{}"),
        (ask_for_email, "somebody-{}@example.org"),
    ):
        with undone():
            for number in range(5):
                assert notices_on(ask(browser, target.format(number))) == [], target
            assert pages.TOO_MANY.format(60) in notices_on(ask(browser, target.format(9))), target
            assert Message.objects.count() == 5, target
