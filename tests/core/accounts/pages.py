"""The pages of an account as people use them: addresses, forms, sentences, texts, and time."""

import datetime
import re
import time
from unittest import mock

from django.test import Client
from django.utils import timezone

from core.accounts.models import OneTimeCode
from core.accounts.registry import LocalRegistry, RegistryUnavailable
from core.hijri import hijri_date
from core.messaging.encryption import decrypt
from core.messaging.gateways import DemoPhone
from core.messaging.models import Message
from tests import factories
from tests.conftest import picture_on, words
from tests.delivery import deliver_due

SIGN_IN, SIGN_OUT = "/en/account/sign-in/", "/en/account/sign-out/"
STAFF_SIGN_IN = "/en/staff/login/"
ACCOUNT, MY_PAGE, CODE = "/en/account/", "/en/my/", "/en/account/code/"
MY_DATA, SAFETY, LINKS = f"{ACCOUNT}data/", f"{ACCOUNT}safety/", f"{ACCOUNT}links/"
MESSAGES = f"{ACCOUNT}messages/"
REGISTER, RESET = "/en/account/register/", "/en/account/password/reset/"
CHANGE_PASSWORD = "/en/account/password/"
CHANGE_MOBILE, MOBILE_CODE = "/en/account/mobile/", "/en/account/mobile/code/"
CHANGE_EMAIL, EMAIL_CODE = "/en/account/email/", "/en/account/email/code/"
REMOVE_EMAIL = "/en/account/email/remove/"

RECOVER, OBJECTION = "/en/account/recover/", "/en/account/objection/"

# The facts of the fixtures `registered` and `person`.
NUMBER, FORMER_NUMBER = "2987654320", "3000000004"
MOBILE = "+966501234567"
BORN = datetime.date(1986, 3, 14)

NEW_PASSWORD = "seven Kettles and a door"
NEW_MOBILE, NEW_ADDRESS = "+966550000432", "ayesha.noor@example.org"
ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")

DO_NOT_MATCH = "This username or ID number and this password do not match. Check both."
SHUT = "Too many wrong passwords. Try again in 15 minutes, or set a new password now."
STAFF_SHUT = "Too many wrong passwords. Try again in 15 minutes."
NOT_YOURS = "This is not your password. Type it again."
NOT_THE_SAME = "The two passwords are not the same. Type both again."
TOO_SHORT = "This password has fewer than 8 characters. Use a longer one."
GUESSABLE = "This password can be guessed from what is known about you. Choose another."
TAKEN = "This username is taken. Choose another."
DISPUTED = (
    "Somebody has objected to the new mobile of this account, so nobody can sign in to it. Go to a "
    "passports office with your ID or passport: a counter decides."
)
WRONG = "This code is not right. Check it and try again."
SPENT = "A wrong code was entered too many times. Ask for another code."
EXPIRED = "This code is more than 10 minutes old. Ask for another code."
NO_CODE = "Ask for a code first."
TOO_MANY = "Too many codes were asked for and not used. Try again in {} minutes."
TOO_SOON = "You have just asked for a code. You can ask for another in {} seconds."
NO_MORE_TEXTS = (
    "Very many codes are being asked for, and we cannot send yours now. Try again in an hour, or "
    "go to a passports office with your ID or passport."
)
AWAY = "The registry cannot be reached at the moment. Try again in a few minutes."


# Registering and setting a new password


def born_on(day=BORN, calendar="gregorian"):
    """Return the form fields of a birth date."""
    numbers = hijri_date(day) if calendar == "hijri" else (day.year, day.month, day.day)
    year, month, day = map(str, numbers)
    return {"born_calendar": calendar, "born_year": year, "born_month": month, "born_day": day}


def ask_to_register(
    client, number=NUMBER, born=BORN, calendar="gregorian", language="en", **options
):
    """Submit the first page of registration and return the page that follows."""
    address = f"/{language}/account/register/"
    picture = picture_on(client.get(address, **options))
    form = {"number": number, **born_on(born, calendar), **picture}
    return client.post(address, form, follow=True, **options)


def prove_to_register(client, **typed):
    """Go as far as the last page, on which username and password are chosen."""
    ask_to_register(client, **typed)
    return give_code_to(f"{REGISTER}code/", client, newest_code("register"))


def choose(client, username="aslam", password=factories.PASSWORD, language="en", **options):
    form = {"username": username, "new_password": password, "again": password}
    return client.post(f"{REGISTER}choose/", {**form, "language": language}, **options)


def ask_to_reset(client, login="aslam", born=BORN, language="en", **options):
    """Submit the first page of a reset and return the page that follows."""
    address = f"/{language}/account/password/reset/"
    form = {"login": login, **born_on(born), **picture_on(client.get(address, **options))}
    return client.post(address, form, follow=True, **options)


def prove_to_reset(client, login="aslam"):
    """Go as far as the last page, on which the new password is set."""
    ask_to_reset(client, login)
    return give_code_to(f"{RESET}code/", client, newest_code("reset"))


def set_password(client, password=NEW_PASSWORD, again=None, **options):
    form = {"new_password": password, "again": password if again is None else again}
    return client.post(f"{RESET}new/", form, **options)


def ask_to_recover(client, number=NUMBER, born=BORN, language="en", **options):
    """Submit the first page of a recovery and return the page that follows."""
    address = f"/{language}/account/recover/"
    form = {"number": number, **born_on(born), **picture_on(client.get(address, **options))}
    return client.post(address, form, follow=True, **options)


def prove_to_recover(client):
    """Go as far as the last page, on which the account takes the mobile."""
    ask_to_recover(client)
    return give_code_to(f"{RECOVER}code/", client, newest_code("recover"))


def recover(client, **options):
    """Let the account take the mobile that the registry has, and return the page that says so."""
    prove_to_recover(client)
    return client.post(f"{RECOVER}mobile/", follow=True, **options)


def object_to_recovery(client, login="aslam", password=factories.PASSWORD, **options):
    """Send an objection and return the page that follows."""
    form = {"login": login, "password": password}
    picture = picture_on(client.get(OBJECTION, **options))
    return client.post(OBJECTION, {**form, **picture}, follow=True, **options)


def ask_again(client, address):
    """Ask for another code with the picture that the page shows; return the page that follows."""
    resend = f"{address}code/resend/"
    return client.post(resend, picture_on(client.get(resend)), follow=True)


def newest_code(purpose):
    """Return the digits of the last code sent to somebody who is not signed in."""
    return factories.code_sent_to(None, purpose)


def newest_code_to(mobile):
    """Return the digits of the last code that was texted to this mobile."""
    code = OneTimeCode.objects.filter(recipient=mobile).latest("created_at")
    text = decrypt(Message.objects.get(idempotency_key=code.pk).text)
    return re.search(r"\b\d{6}\b", text)[0]


def give_code_to(address, client, code):
    return client.post(address, {"code": code}, follow=True)


# A new mobile and a new e-mail address


def ask_for_mobile(browser, mobile=NEW_MOBILE, password=factories.PASSWORD):
    return browser.post(CHANGE_MOBILE, {"mobile": mobile, "password": password}, follow=True)


def give_mobile_code(browser, person):
    return give_code_to(MOBILE_CODE, browser, factories.code_sent_to(person, "mobile"))


def ask_for_email(browser, email=NEW_ADDRESS, address=CHANGE_EMAIL, password=factories.PASSWORD):
    return browser.post(address, {"email": email, "password": password}, follow=True)


def remove_email(browser, password=factories.PASSWORD):
    return browser.post(REMOVE_EMAIL, {"password": password}, follow=True)


def change_mobile(browser, person):
    ask_for_mobile(browser)
    give_mobile_code(browser, person)


def give_email_code(browser, person):
    return give_code_to(EMAIL_CODE, browser, factories.code_sent_to(person, "email"))


# What is seen


def place(page):
    """Return the address of the page after all redirects."""
    return page.request["PATH_INFO"]


def section(page, name):
    """Return the visible words of one section of the account page."""
    return words(_section(page, name))


def rows(page, name):
    """Return the visible words of each row in one section of the account page."""
    return [words(row) for row in re.findall(r"(?s)<li>.*?</li>", _section(page, name))]


def _section(page, name):
    found = rf'(?s)<section aria-labelledby="{name}">.*?</section>'
    return re.search(found, page.content.decode())[0]


def texts():
    """Deliver all messages and return those on the phone, newest first: [(recipient, text)]."""
    Message.objects.update(next_attempt_at=timezone.now())
    deliver_due()
    return [(text["recipient"], text["text"]) for text in DemoPhone().received()]


def ordinary_texts():
    """Return (recipient, language, text) of all messages except codes."""
    messages = Message.objects.filter(is_encrypted=False).order_by("pk")
    return list(messages.values_list("recipient", "language", "text"))


def is_arabic(text):
    return bool(re.search("[\u0600-\u06ff]", text)) and not re.search("[A-Za-z]", text)


def can_sign_in(person, password):
    form = {"login": person.username, "password": password}
    return Client().post(SIGN_IN, form).status_code == 302


# Time, a registry that is away, and cases that leave nothing behind


def minutes_later(minutes):
    """Let so many minutes pass, in a `with` block, for the steps that wait in a session."""
    moment = time.time() + minutes * 60
    return mock.patch("core.accounts.pending_steps.time.time", return_value=moment)


def age_codes(seconds):
    """Move the creation of all codes back by so many seconds."""
    for code in OneTimeCode.objects.all():
        code.created_at -= datetime.timedelta(seconds=seconds)
        code.save(update_fields=["created_at"])


def registry_away():
    """Let the registry be away, in a `with` block."""
    away = mock.Mock(side_effect=RegistryUnavailable)
    return mock.patch.multiple(LocalRegistry, lookup=away, refresh=away)


def digits_in(text):
    return re.search(r"\b\d{6}\b", text)[0]
