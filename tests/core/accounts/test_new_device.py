"""A sign-in with a browser that the account is not known in: its owner is told."""

import re

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts import actions
from core.accounts.models import Session, User
from core.messaging.models import Message
from tests import factories
from tests.conftest import sign_in, signed_in
from tests.core.accounts import pages
from tests.core.accounts.test_devices import DESK, PHONE

ADDRESS = "aslam@example.org"
AT = "Sunday 22 November (12 Jumada al-Akhirah) 21:05"
TEXT = (
    "Tawasul: your account was opened on a new device (Firefox) on "
    f"{AT}. If that was not you, set a new password now."
)
MAIL = (
    "Your account was opened on a device that it had not been opened on before: Sunday 22 November "
    "2026 CE (12 Jumada al-Akhirah 1448 AH) 21:05.\n"
    "Browser: Firefox, Windows\n"
    "If that was you, there is nothing to do.\n"
)
RESIDENT = (
    'If it was not, choose "I have forgotten my password" where you sign in, and set a new one: it '
    'signs all devices out. You can also open "Account", then "Sign-in and safety", '
    'and press "Sign out everywhere else".'
)
STAFF = (
    "If it was not, change your password on the staff site at once, and tell those who keep the "
    "accounts of the staff."
)


@pytest.fixture(autouse=True)
def _on_a_sunday(clock):
    clock.now = clock.now.replace(year=2026, month=11, day=22, hour=18, minute=4, second=0)


@pytest.fixture
def at_home(person):
    """The browser of the very first sign-in, which is known from then on."""
    browser = sign_in(person, on(PHONE))
    assert told() == []
    return browser


def on(browser):
    return Client(headers={"user-agent": browser})


def again(person, browser, clock):
    """Sign in with this browser; return what its owner is told."""
    clock.move(61)
    browser.post(pages.SIGN_OUT)
    before = len(told())
    sign_in(person, browser)
    assert browser.get(pages.ACCOUNT).status_code == 200
    return told()[before:]


def told():
    messages = Message.objects.filter(is_encrypted=False).order_by("pk")
    return [(message.recipient, message.text) for message in messages]


def test_new_device_is_told_by_text_and_mail(person, at_home, clock):
    User.objects.update(email=ADDRESS)
    assert again(person, on(DESK), clock) == [(pages.MOBILE, TEXT), (ADDRESS, MAIL + RESIDENT)]
    assert Message.objects.get(channel="email").subject == "Tawasul: a sign-in from a new device"


def test_message_is_in_the_language_of_the_account(person, at_home, clock):
    User.objects.update(language="ar", email=ADDRESS)
    person.refresh_from_db()
    for _recipient, text in again(person, on(DESK), clock):
        assert "الأحد 12 جمادى الآخرة" in text
        assert not re.search("[A-Za-z]", re.sub("Firefox(, Windows)?", "", text))


def test_known_browser_is_told_once(person, at_home, clock):
    at_desk = on(DESK)
    assert len(again(person, at_desk, clock)) == 1
    for browser in (at_desk, at_home):
        assert again(person, browser, clock) == []
    # The browser is known for this account, not for any.
    other = factories.UserFactory()
    sign_in(other)
    assert len(again(other, at_home, clock)) == 1


def test_registering_and_resetting_make_a_browser_known(registered, clock):
    browser = Client()
    pages.prove_to_register(browser)
    pages.choose(browser)
    user = registered.user
    opened = len(told())
    assert again(user, browser, clock) == []
    elsewhere = Client()
    clock.move(61)
    pages.prove_to_reset(elsewhere)
    pages.set_password(elsewhere, factories.PASSWORD)
    assert again(user, elsewhere, clock) == []
    assert len(told()) == opened + 1  # of the new password


def test_browser_without_a_name_is_left_out(person, at_home, clock):
    ((_recipient, text),) = again(person, on("something of my own"), clock)
    assert text == TEXT.replace(" (Firefox)", "")


def test_staff_are_told_by_mail_where_they_have_an_address(clock, db):
    clock.move(61)
    for address in ("", "officer@example.org"):
        officer = factories.OfficerFactory(email=address, last_login=timezone.now())
        device = TOTPDevice.objects.create(user=officer, name="phone")
        browser, before = on(DESK), len(told())
        form = {"login": officer.username, "password": factories.PASSWORD}
        browser.post(pages.STAFF_SIGN_IN, form)
        browser.post("/en/staff/code/", {"code": f"{totp(device.bin_key):06}"})
        assert browser.get("/en/staff/").status_code == 200
        assert told()[before:] == ([(address, MAIL + STAFF)] if address else [])


def test_session_begins_only_together_with_its_warning(person, at_home, clock, monkeypatch):
    def fail(**_facts):
        assert transaction.get_connection().in_atomic_block
        raise ZeroDivisionError

    monkeypatch.setattr(actions, "warn_of_new_device", fail)
    clock.move(61)
    at_desk, sessions = on(DESK), Session.objects.filter(user=person).count()
    at_desk.raise_request_exception = False
    sign_in(person, at_desk)
    assert at_desk.get(pages.ACCOUNT).status_code == 302
    assert Session.objects.filter(user=person).count() == sessions
    assert signed_in(person).get(pages.ACCOUNT).status_code == 200
