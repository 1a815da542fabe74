"""While texts are delayed, codes go to the confirmed mail address as well, and pages say so."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from core.accounts.models import User
from core.messaging.encryption import decrypt
from core.messaging.models import Message, Outage
from tests import factories
from tests.conftest import ask_for_code, errors_on, notices_on, signed_in
from tests.core.accounts import pages
from tests.worlds import undone

pytestmark = pytest.mark.django_db

ADDRESS = "aslam@example.org"
DELAYED = "Texts are delayed at the moment."
ALSO_TO = f"{DELAYED} The code goes to a•••@example.org as well."
ALSO_TO_ACCOUNT = (
    f"{DELAYED} The code also goes to the e-mail address of the account, if it has one."
)
IN_THE_MAIL = (
    "The code works for 10 minutes. It comes by e-mail as well because texts are delayed at the "
    "moment."
)


@pytest.fixture
def person(person):
    person.email = ADDRESS
    person.save(update_fields=["email"])
    return person


def gateway_fails(*, since):
    Outage.objects.update_or_create(
        channel="sms", defaults={"since": timezone.now() - timedelta(seconds=since)}
    )


def mails():
    """Return (recipient, status, text) of the mails, oldest first."""
    found = Message.objects.filter(channel="email").order_by("pk")
    return [(mail.recipient, mail.status, decrypt(mail.text)) for mail in found]


def give_password(person):
    browser = Client()
    form = {"login": person.username, "password": factories.PASSWORD}
    return browser, browser.post(pages.SIGN_IN, form, follow=True)


def test_code_to_sign_in_goes_to_the_mail_after_two_minutes_without_texts(person):
    for seconds in (None, 119):
        with undone():
            if seconds:
                gateway_fails(since=seconds)
            _browser, page = give_password(person)
            assert mails() == []
            assert DELAYED not in page.content.decode(), seconds
    gateway_fails(since=121)
    browser, page = give_password(person)
    assert ALSO_TO in notices_on(page)
    ((recipient, status, text),) = mails()
    code = pages.digits_in(text)
    assert (recipient, status) == (ADDRESS, "waiting")
    assert text == (
        f"Tawasul: {code} is your code to sign in. Never give it to anybody.\n\n{IN_THE_MAIL}"
    )
    assert code == factories.code_sent_to(person, "sign_in")
    # The code is one code, whichever way it arrives: it is good once.
    assert browser.post(pages.CODE, {"code": code}).url == pages.MY_PAGE
    assert browser.get(pages.ACCOUNT).status_code == 200
    again = Client()
    again.cookies = browser.cookies
    assert again.post(pages.CODE, {"code": code}).status_code == 302


def test_account_without_an_address_gets_the_text_alone(person):
    User.objects.update(email="")
    gateway_fails(since=121)
    _browser, page = give_password(person)
    assert mails() == []
    assert DELAYED not in page.content.decode()


def test_code_to_file_goes_to_the_mail_too(person):
    gateway_fails(since=121)
    inquiry = factories.draft(person)
    page = ask_for_code(signed_in(person), inquiry, follow=True)
    assert ALSO_TO in notices_on(page)
    ((recipient, _status, text),) = mails()
    assert (recipient, pages.digits_in(text)) == (ADDRESS, factories.code_sent_to(person))


def test_code_that_confirms_a_new_mobile_or_address_goes_nowhere_else(person):
    gateway_fails(since=121)
    browser = signed_in(person)
    for ask in (pages.ask_for_mobile, pages.ask_for_email):
        assert DELAYED not in ask(browser).content.decode()
    assert [recipient for recipient, *_rest in mails()] == [pages.NEW_ADDRESS]


def test_code_to_reset_goes_to_the_mail_too_and_every_page_says_the_same(person, clock):
    gateway_fails(since=121)
    for login, address, status in (
        ("aslam", ADDRESS, "waiting"),
        ("nobody", "", "expired"),
    ):
        with undone():
            browser = Client()
            page = pages.ask_to_reset(browser, login)
            assert ALSO_TO_ACCOUNT in notices_on(page)
            ((recipient, written, text),) = mails()
            assert (recipient, written) == (address, status)
            code = pages.digits_in(text)
            page = browser.post(f"{pages.RESET}code/", {"code": code})
            assert errors_on(page) == ([] if address else [pages.WRONG])
    # Who has had a text just now gets no mail either.
    pages.ask_to_reset(Client())
    pages.ask_to_reset(Client(), pages.NUMBER)
    assert [recipient for recipient, *_rest in mails()] == [ADDRESS, ""]


def test_visitors_are_told_that_texts_are_delayed(registered):
    for seconds, told in ((119, False), (121, True)):
        gateway_fails(since=seconds)
        with undone():
            assert (DELAYED in notices_on(pages.ask_to_register(Client()))) == told
            assert mails() == []
