"""Who cannot open an account reads why on their mobile, and nothing on the page."""

import datetime
import re

import pytest
from django.utils import timezone

from core.accounts.models import User
from core.messaging.encryption import decrypt
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on, notices_on, words
from tests.core.accounts.test_registration import (
    BORN,
    CHOOSE,
    CODE,
    DECEASED,
    DEPARTED,
    IF_RIGHT,
    KNOWN,
    MINOR,
    MOBILE,
    NUMBER,
    REGISTER,
    WRONG,
    ask,
    in_digits,
    is_arabic,
    newest_code,
    picture_on,
    place,
    texts,
)


@pytest.fixture
def who_may_not(db):
    """Make a person of the registry, by what keeps them from opening an account."""

    def make(reason):
        person = {"number": NUMBER, "mobile": MOBILE}
        match reason:
            case "unknown":
                return None
            case "establishment":
                changes = {"number": "7001234567", "birth_date": None}
            case "no mobile":
                changes = {"mobile": ""}
            case "minor":
                changes = {"birth_date": timezone.localdate() - datetime.timedelta(days=365 * 10)}
            case "departed" | "deceased":
                changes = {"status": reason}
            case _:
                changes = {}
        identity = factories.IdentityFactory(**{**person, **changes})
        if reason == "has an account":
            factories.UserFactory(identity=identity, username="the-first")
        return identity

    return make


WHO_GETS_WHICH_TEXT = [
    ("unknown", None),
    ("wrong birth date", None),
    ("establishment", None),
    ("no mobile", None),
    ("minor", MINOR),
    ("departed", DEPARTED),
    ("deceased", DECEASED),
    ("has an account", KNOWN),
]


def ask_as(client, reason, identity, language="en"):
    number = identity.current_number if identity else NUMBER
    born = (identity and identity.birth_date) or BORN
    if reason == "wrong birth date":
        born += datetime.timedelta(days=1)
    return ask(client, number=number, born=born, language=language)


@pytest.mark.parametrize(("reason", "text"), WHO_GETS_WHICH_TEXT)
def test_who_may_not_open_an_account_reads_why_on_their_mobile_alone(
    client, who_may_not, reason, text
):
    accounts = 1 if reason == "has an account" else 0
    identity = who_may_not(reason)

    page = ask_as(client, reason, identity)

    assert place(page) == CODE
    assert IF_RIGHT in words(page)
    assert errors_on(page) == notices_on(page) == []
    assert errors_on(client.post(CODE, {"code": digits_written()})) == [WRONG]
    assert texts() == ([(MOBILE, text)] if text else [])
    assert client.get(CHOOSE).url == REGISTER
    assert User.objects.count() == accounts


def digits_written():
    """Six digits of the last text that was written, sent or not; any others where it has none."""
    [text, *_earlier] = [decrypt(message.text) for message in Message.objects.order_by("-pk")]
    found = re.search(r"\b\d{6}\b", text)
    return found[0] if found else "000000"


@pytest.mark.parametrize(
    "reason", [reason for reason, text in WHO_GETS_WHICH_TEXT if text is not None]
)
def test_the_reason_comes_in_the_language_of_the_page(client, who_may_not, reason):
    ask_as(client, reason, who_may_not(reason), language="ar")
    [(_recipient, text)] = texts()
    assert is_arabic(text)


def test_the_day_of_birth_in_the_other_calendar_is_a_wrong_one(client, db):
    born = datetime.date(1408, 3, 14)
    factories.IdentityFactory(number=NUMBER, mobile=MOBILE, birth_date=born)
    form = {"number": NUMBER, **in_digits(born), "born_calendar": "hijri"}
    client.post(REGISTER, {**form, **picture_on(client.get(REGISTER))})
    assert texts() == []


@pytest.mark.parametrize(
    ("born", "text"),
    [
        (datetime.date(2008, 1, 10), "code"),
        (datetime.date(2008, 1, 11), MINOR),
    ],
    ids=["of age today", "of age tomorrow"],
)
def test_one_is_of_age_with_eighteen_hijri_years(client, db, clock, born, text):
    # 1 Muharram 1447, half an hour after midnight in the Kingdom; born on 1 or 2 Muharram 1429.
    clock.now = datetime.datetime(2025, 6, 25, 21, 30, tzinfo=datetime.UTC)
    factories.IdentityFactory(number=NUMBER, mobile=MOBILE, birth_date=born)
    ask(client, born=born)
    if text == "code":
        code = newest_code()
        text = f"Tawasul: {code} is your code to open an account. Never give it to anybody."
    assert texts() == [(MOBILE, text)]


def test_what_is_missing_is_asked_for(client, db):
    assert errors_on(client.post(REGISTER, {"number": " "})) == [
        "Enter your ID number.",
        "Enter the day, the month and the year.",
        "Enter the digits in the picture.",
    ]
