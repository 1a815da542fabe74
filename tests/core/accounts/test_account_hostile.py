"""Hostile input to the pages of an account: it is answered, and changes nothing."""

from urllib.parse import urlencode

import pytest

from core.accounts.models import User
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on
from tests.core.accounts.test_account import ACCOUNT, LANGUAGE, NEW_PASSWORD, PASSWORD, can_sign_in
from tests.core.accounts.test_new_mobile_and_mail import (
    ADDRESS,
    EMAIL,
    EMAIL_CODE,
    MOBILE,
    MOBILE_CODE,
    ask_for_email,
    ask_for_mobile,
)

FORMS = {
    PASSWORD: ("password", "new_password", "again"),
    MOBILE: ("mobile", "password"),
    EMAIL: ("email",),
    LANGUAGE: ("language",),
    "/en/account/acting-as/": ("holder",),
    f"{ACCOUNT}devices/0123456789abcdef/": ("device",),
    MOBILE_CODE: ("code",),
    EMAIL_CODE: ("code",),
}
BYTES = {
    "nothing": b"",
    "nul": b"%00",
    "nul-within": b"a%00%00%00%00%00%00b",
    "surrogate": b"%ED%A0%80%ED%A0%80%ED%A0%80",
    "no-text": b"%FF%FE\xff\xfe%80abcdefg",
    "overlong": b"%C0%80",
    "100-kb": b"a" * 100_000,
    "100-kb-arabic": "ا".encode() * 50_000,
    "marks": "\u202e\u2066\u200f\u0663".encode(),
    "markup": b"%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    "percent": b"%25s%25(x)s{{7*7}}{%25",
    "number": b"9" * 5000,
    "null": b"null",
}


@pytest.fixture
def browser_awaiting_codes(as_resident):
    """Return a browser in which a new mobile and a new e-mail address wait for their codes."""
    ask_for_mobile(as_resident)
    ask_for_email(as_resident)
    return as_resident


def changeable_values(person):
    """Return all values that a form of the account could change."""
    return User.objects.values().get(pk=person.pk)


def post_raw(browser, address, body, content_type="application/x-www-form-urlencoded"):
    response = browser.post(address, body, content_type=content_type)
    assert response.status_code in (200, 302, 400)
    if response.status_code == 200:
        assert '<html lang="en"' in response.content.decode()
        assert "<script>alert" not in response.content.decode()
    return response


@pytest.mark.parametrize("value", BYTES.values(), ids=BYTES.keys())
def test_arbitrary_bytes_change_nothing(browser_awaiting_codes, resident, value):
    before = changeable_values(resident)
    for address, fields in FORMS.items():
        body = b"&".join(name.encode() + b"=" + value for name in fields)
        post_raw(browser_awaiting_codes, address, body)
    assert changeable_values(resident) == before
    assert browser_awaiting_codes.get(ACCOUNT).status_code == 200


@pytest.mark.parametrize("name", ["{}[]", "{}[0]", "{}.x", "{0}[a]={0}&x"])
def test_arrays_and_parts_instead_of_values_change_nothing(browser_awaiting_codes, resident, name):
    before = changeable_values(resident)
    for address, fields in FORMS.items():
        body = "&".join(f"{name.format(field)}=value" for field in fields * 2)
        post_raw(browser_awaiting_codes, address, body.encode())
    assert changeable_values(resident) == before


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"email": "a@example.org", "remove": 1}'),
        ("application/json", b"[" * 10_000),
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="remove'),
        ("text/plain", b"remove=1&language=ar&holder="),
        ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % n for n in range(1500))),
    ],
    ids=range(6),
)
def test_a_body_of_any_shape_changes_nothing(browser_awaiting_codes, resident, content_type, body):
    User.objects.update(email="old@example.org")
    before = changeable_values(resident)
    for address in FORMS:
        post_raw(browser_awaiting_codes, address, body, content_type)
    assert changeable_values(resident) == before


def test_file_in_place_of_value_changes_nothing(browser_awaiting_codes, resident):
    before = changeable_values(resident)
    for address, fields in FORMS.items():
        response = browser_awaiting_codes.post(
            address, {name: factories.picture() for name in fields}
        )
        assert response.status_code in (200, 302)
    assert changeable_values(resident) == before


@pytest.mark.parametrize("missing", ["password", "new_password", "again"])
def test_missing_field_changes_no_password(as_resident, resident, missing):
    form = {"password": factories.PASSWORD, "new_password": NEW_PASSWORD, "again": NEW_PASSWORD}
    del form[missing]
    assert len(errors_on(as_resident.post(PASSWORD, form))) == 1
    assert can_sign_in(resident, factories.PASSWORD)


@pytest.mark.parametrize("unreadable", [b"%ED%A0%80", b"%D9", b"%C7%E3%D3"])
def test_unreadable_password_is_not_set(as_resident, resident, unreadable):
    """Otherwise any other unreadable input would open the account as well."""
    new = b"seven%20" + unreadable + b"%20Kettles"
    password = factories.PASSWORD.encode()
    post_raw(as_resident, PASSWORD, b"password=%s&new_password=%s&again=%s" % (password, new, new))
    assert can_sign_in(resident, factories.PASSWORD)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "FOO"])
def test_only_post_changes_anything(browser_awaiting_codes, resident, method):
    User.objects.update(email="old@example.org")
    before, messages = changeable_values(resident), Message.objects.count()
    good = {
        "language": "ar",
        "remove": "1",
        "holder": "",
        "email": ADDRESS,
        "mobile": "0550000888",
        "password": factories.PASSWORD,
        "new_password": NEW_PASSWORD,
        "again": NEW_PASSWORD,
        "code": factories.code_sent_to(resident, "mobile"),
    }
    resend = [f"{MOBILE_CODE}resend/", f"{EMAIL_CODE}resend/"]
    for address in (*FORMS, *resend, "/en/account/sign-out/"):
        form = "application/x-www-form-urlencoded"
        response = browser_awaiting_codes.generic(
            method, f"{address}?{urlencode(good)}", urlencode(good), content_type=form
        )
        assert response.status_code in (200, 302)
    assert changeable_values(resident) == before
    assert Message.objects.count() == messages
    assert browser_awaiting_codes.get(ACCOUNT).status_code == 200
