"""Registration, reset and sign-in answer with the same bytes whether or not an account exists."""

import datetime
import re
import secrets

import pytest
from axes.models import AccessAttempt
from captcha.models import CaptchaStore
from django.test import Client

from core.accounts import codes
from core.accounts.models import OneTimeCode
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on, notices_on, picture_on, without_tokens

NUMBER, FORMER_NUMBER = "2987654320", "3000000004"
USERNAME = "aslam"
MOBILE = "+966501234567"
BORN = datetime.date(1986, 3, 14)

STAFF_SIGN_IN = "/en/staff/login/"

SPENT = "A wrong code was entered too many times. Ask for another code."
TOO_SOON = "A code has just been sent. You can ask for another in 60 seconds."
TOO_MANY = "Too many codes were sent and not used. Try again in 55 minutes."
STAFF_SHUT = "Too many wrong passwords. Try again in 15 minutes."
SHUT = "Too many wrong passwords. Try again in 15 minutes, or set a new password now."


@pytest.fixture(autouse=True)
def wrong_code(monkeypatch):
    """Return six digits that are never the right ones, so that all walks can enter the same."""
    monkeypatch.setattr(secrets, "randbelow", lambda limit: 123456)
    return "654321"


def seen(response):
    """Return the comparable parts of a response, without tokens and keys that always differ."""
    body = re.sub(rb"\b[0-9a-f]{40}\b", b"the key of a picture", without_tokens(response))
    cookies = {
        name: [cookie["path"], cookie["max-age"], cookie["httponly"], cookie["samesite"]]
        for name, cookie in response.cookies.items()
    }
    return response.status_code, dict(response.headers), cookies, body


class Walk:
    """A visitor's walk through some pages, with every response."""

    def __init__(self):
        self.client = Client()
        self.responses = []

    def get(self, address):
        return self._note(self.client.get(address))

    def post(self, address, form=None):
        return self._note(self.client.post(address, form))

    def _note(self, response):
        self.responses.append(response)
        return response

    @property
    def seen(self):
        return [seen(response) for response in self.responses]


def through_codes(address, form, clock, wrong_code):
    """Request a code, guess wrong six times, and request more at once, later, and too often."""
    walk = Walk()
    code, resend = f"{address}code/", f"{address}code/resend/"
    picture = picture_on(walk.get(address))
    walk.post(address, {**form, **picture})
    walk.get(code)
    for _guess in range(6):
        guessed = walk.post(code, {"code": wrong_code})
    assert errors_on(guessed) == [SPENT]
    walk.post(resend)
    assert notices_on(walk.get(code)) == [TOO_SOON]
    for _another in range(5):
        clock.move(61)
        walk.post(resend)
        notices = notices_on(walk.get(code))
        walk.post(code, {"code": wrong_code})
    assert notices == [TOO_MANY]
    # The walk begins again, in the same browser and in another.
    picture = picture_on(walk.get(address))
    walk.post(address, {**form, **picture})
    walk.get(code)
    walk.client = Client()
    picture = picture_on(walk.get(address))
    walk.post(address, {**form, **picture})
    walk.get(code)
    walk.post(code, {"code": wrong_code})
    return walk


def register(clock, wrong_code):
    form = {
        "number": NUMBER,
        "born_calendar": "gregorian",
        "born_day": str(BORN.day),
        "born_month": str(BORN.month),
        "born_year": str(BORN.year),
    }
    return through_codes("/en/account/register/", form, clock, wrong_code)


def reset(login, clock, wrong_code):
    return through_codes("/en/account/password/reset/", {"login": login}, clock, wrong_code)


def sign_in(login, password="wrong", address="/en/account/sign-in/", told=SHUT):
    """Give the password until the login is locked, and once more."""
    walk = Walk()
    walk.get(address)
    for _guess in range(11):
        answer = walk.post(address, {"login": login, "password": password})
    assert errors_on(answer) == [told]
    return walk


def delete_codes_and_attempts():
    for table in (OneTimeCode, Message, AccessAttempt, CaptchaStore):
        table.objects.all().delete()


# Registering


def person(**facts):
    return factories.IdentityFactory(**{"number": NUMBER, "mobile": MOBILE, **facts})


def somebody_with_two_numbers():
    identity = factories.IdentityFactory(number=FORMER_NUMBER, mobile=MOBILE)
    identity.numbers.update(is_current=False)
    identity.numbers.create(number=NUMBER)
    return identity


def send_text_just_before(purpose, whom):
    """Send `whom` a text as if it had been requested just before by another of their logins."""
    codes.send_code_to_unknown(
        purpose=purpose,
        session_key="another",
        language="en",
        asked_for="another name",
        network="192.0.2.1",
        recipient=MOBILE,
        template=f"code_{purpose}",
        confirms=str(whom.pk),
    )


REGISTRATION_CASES = {
    "may": person,
    "may, by a former number": somebody_with_two_numbers,
    "had a text just now": lambda: send_text_just_before("register", person()),
    "another birth date": lambda: person(birth_date=BORN + datetime.timedelta(days=1)),
    "no birth date": lambda: person(birth_date=None),
    "establishment": lambda: person(number="7001234567", birth_date=None),
    "minor": lambda: person(birth_date=datetime.date(2024, 3, 14)),
    "departed": lambda: person(status="departed"),
    "deceased": lambda: person(status="deceased"),
    "no mobile": lambda: person(mobile=""),
    "has an account": lambda: factories.UserFactory(identity=person()),
    "had an account": lambda: factories.UserFactory(identity=person(), is_active=False),
}


@pytest.mark.parametrize("make", REGISTRATION_CASES.values(), ids=REGISTRATION_CASES.keys())
def test_registration_answers_are_identical_for_all_identities(db, clock, wrong_code, make):
    for_nobody = register(clock, wrong_code).seen
    delete_codes_and_attempts()
    make()
    assert register(clock, wrong_code).seen == for_nobody


# Reset


def account(*, status="active", **facts):
    identity = somebody_with_two_numbers()
    identity.status = status
    identity.save(update_fields=["status"])
    facts = {"username": USERNAME, "mobile": MOBILE, **facts}
    return factories.UserFactory(identity=identity, **facts)


ACCOUNT_CASES = {
    "account": account,
    "no mobile": lambda: account(mobile=""),
    "closed": lambda: account(is_active=False),
    "departed": lambda: account(status="departed"),
    "deceased": lambda: account(status="deceased"),
    "no password": lambda: account(password=None),
    "staff who is a resident too": lambda: account(is_staff=True),
    "registered without an account": somebody_with_two_numbers,
}
every_case_and_login = pytest.mark.parametrize(
    ("make", "login"),
    [
        *((make, USERNAME) for make in ACCOUNT_CASES.values()),
        (account, NUMBER),
        (account, FORMER_NUMBER),
    ],
    ids=[*ACCOUNT_CASES, "by number", "by former number"],
)


@every_case_and_login
def test_reset_answers_are_identical_for_all_accounts(db, clock, wrong_code, make, login):
    for_nobody = reset(login, clock, wrong_code).seen
    delete_codes_and_attempts()
    make()
    assert reset(login, clock, wrong_code).seen == for_nobody


def test_reset_answers_are_identical_after_recent_text(db, clock, wrong_code):
    for_nobody = reset(USERNAME, clock, wrong_code).seen
    delete_codes_and_attempts()
    send_text_just_before("reset", account())
    assert reset(USERNAME, clock, wrong_code).seen == for_nobody


# Signing in


@every_case_and_login
def test_wrong_password_answers_are_identical_for_all_accounts(db, clock, make, login):
    for_nobody = sign_in(login).seen
    delete_codes_and_attempts()
    make()
    assert sign_in(login).seen == for_nobody


def test_closed_account_answers_like_wrong_password(db, clock):
    for_nobody = sign_in(USERNAME, factories.PASSWORD).seen
    delete_codes_and_attempts()
    account(is_active=False)
    assert sign_in(USERNAME, factories.PASSWORD).seen == for_nobody


@pytest.mark.parametrize(
    "facts",
    [{"is_staff": True}, {"is_staff": False}, {"is_staff": True, "is_active": False}],
    ids=["staff", "not staff", "closed"],
)
def test_staff_page_answers_are_identical_for_all_accounts(db, clock, facts):
    for_nobody = sign_in(USERNAME, address=STAFF_SIGN_IN, told=STAFF_SHUT).seen
    delete_codes_and_attempts()
    factories.UserFactory(username=USERNAME, **facts)
    assert sign_in(USERNAME, address=STAFF_SIGN_IN, told=STAFF_SHUT).seen == for_nobody


def test_staff_page_answers_resident_like_unknown_user(db, clock):
    form = {"login": USERNAME, "password": factories.PASSWORD}
    for_nobody = seen(Client().post(STAFF_SIGN_IN, form))
    delete_codes_and_attempts()
    account()
    assert seen(Client().post(STAFF_SIGN_IN, form)) == for_nobody
