"""A refused registration gives its reason in a text to the mobile, and not on the page."""

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
def make_refused_identity(db):
    """Return a function that creates an identity that may not register, by the reason."""

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


TEXT_BY_REASON = [
    ("unknown", None),
    ("wrong birth date", None),
    ("establishment", None),
    ("no mobile", None),
    ("minor", MINOR),
    ("departed", DEPARTED),
    ("deceased", DECEASED),
    ("has an account", KNOWN),
]


def ask_for_reason(client, reason, identity, language="en"):
    number = identity.current_number if identity else NUMBER
    born = (identity and identity.birth_date) or BORN
    if reason == "wrong birth date":
        born += datetime.timedelta(days=1)
    return ask(client, number=number, born=born, language=language)


@pytest.mark.parametrize(("reason", "text"), TEXT_BY_REASON)
def test_refusal_reason_is_sent_only_to_mobile(client, make_refused_identity, reason, text):
    accounts = 1 if reason == "has an account" else 0
    identity = make_refused_identity(reason)

    page = ask_for_reason(client, reason, identity)

    assert place(page) == CODE
    assert IF_RIGHT in words(page)
    assert errors_on(page) == notices_on(page) == []
    assert errors_on(client.post(CODE, {"code": code_in_last_message()})) == [WRONG]
    assert texts() == ([(MOBILE, text)] if text else [])
    assert client.get(CHOOSE).url == REGISTER
    assert User.objects.count() == accounts


def code_in_last_message():
    """Return the six digits in the newest message, sent or not; arbitrary ones if it has none."""
    [text, *_earlier] = [decrypt(message.text) for message in Message.objects.order_by("-pk")]
    found = re.search(r"\b\d{6}\b", text)
    return found[0] if found else "000000"


@pytest.mark.parametrize("reason", [reason for reason, text in TEXT_BY_REASON if text is not None])
def test_refusal_reason_is_in_page_language(client, make_refused_identity, reason):
    ask_for_reason(client, reason, make_refused_identity(reason), language="ar")
    [(_recipient, text)] = texts()
    assert is_arabic(text)


def test_birth_date_in_other_calendar_is_wrong(client, db):
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
def test_person_is_of_age_with_eighteen_hijri_years(client, db, clock, born, text):
    # It is half past midnight in Riyadh on 1 Muharram 1447; the person was born on 1 or 2
    # Muharram 1429.
    clock.now = datetime.datetime(2025, 6, 25, 21, 30, tzinfo=datetime.UTC)
    factories.IdentityFactory(number=NUMBER, mobile=MOBILE, birth_date=born)
    ask(client, born=born)
    if text == "code":
        code = newest_code()
        text = f"Tawasul: {code} is your code to open an account. Never give it to anybody."
    assert texts() == [(MOBILE, text)]


def test_missing_fields_are_named(client, db):
    assert errors_on(client.post(REGISTER, {"number": " "})) == [
        "Enter your ID number.",
        "Enter the day, the month and the year.",
        "Enter the digits in the picture.",
    ]
