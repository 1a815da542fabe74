"""What nobody should send to the pages of an account: it is answered, and changes nothing."""

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
def at_every_step(as_resident):
    """A browser in which the steps for a mobile and an address wait for their codes."""
    ask_for_mobile(as_resident)
    ask_for_email(as_resident)
    return as_resident


def as_known(person):
    """All that a form of the account could change."""
    return User.objects.values().get(pk=person.pk)


def post_raw(browser, address, body, content_type="application/x-www-form-urlencoded"):
    response = browser.post(address, body, content_type=content_type)
    assert response.status_code in (200, 302, 400)
    if response.status_code == 200:
        assert '<html lang="en"' in response.content.decode()
        assert "<script>alert" not in response.content.decode()
    return response


@pytest.mark.parametrize("value", BYTES.values(), ids=BYTES.keys())
def test_bytes_of_any_kind_change_nothing(at_every_step, resident, value):
    before = as_known(resident)
    for address, fields in FORMS.items():
        body = b"&".join(name.encode() + b"=" + value for name in fields)
        post_raw(at_every_step, address, body)
    assert as_known(resident) == before
    assert at_every_step.get(ACCOUNT).status_code == 200


@pytest.mark.parametrize("name", ["{}[]", "{}[0]", "{}.x", "{0}[a]={0}&x"])
def test_arrays_and_parts_instead_of_values_change_nothing(at_every_step, resident, name):
    before = as_known(resident)
    for address, fields in FORMS.items():
        body = "&".join(f"{name.format(field)}=value" for field in fields * 2)
        post_raw(at_every_step, address, body.encode())
    assert as_known(resident) == before


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
def test_a_body_of_any_shape_changes_nothing(at_every_step, resident, content_type, body):
    User.objects.update(email="old@example.org")
    before = as_known(resident)
    for address in FORMS:
        post_raw(at_every_step, address, body, content_type)
    assert as_known(resident) == before


def test_a_file_where_a_value_belongs_changes_nothing(at_every_step, resident):
    before = as_known(resident)
    for address, fields in FORMS.items():
        response = at_every_step.post(address, {name: factories.picture() for name in fields})
        assert response.status_code in (200, 302)
    assert as_known(resident) == before


@pytest.mark.parametrize("missing", ["password", "new_password", "again"])
def test_a_field_that_is_missing_changes_no_password(as_resident, resident, missing):
    form = {"password": factories.PASSWORD, "new_password": NEW_PASSWORD, "again": NEW_PASSWORD}
    del form[missing]
    assert len(errors_on(as_resident.post(PASSWORD, form))) == 1
    assert can_sign_in(resident, factories.PASSWORD)


@pytest.mark.parametrize("unreadable", [b"%ED%A0%80", b"%D9", b"%C7%E3%D3"])
def test_a_password_that_could_not_be_read_is_not_set(as_resident, resident, unreadable):
    """Whatever else cannot be read would open the account as well."""
    new = b"seven%20" + unreadable + b"%20Kettles"
    password = factories.PASSWORD.encode()
    post_raw(as_resident, PASSWORD, b"password=%s&new_password=%s&again=%s" % (password, new, new))
    assert can_sign_in(resident, factories.PASSWORD)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "FOO"])
def test_nothing_but_a_post_changes_anything(at_every_step, resident, method):
    User.objects.update(email="old@example.org")
    before, messages = as_known(resident), Message.objects.count()
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
        response = at_every_step.generic(
            method, f"{address}?{urlencode(good)}", urlencode(good), content_type=form
        )
        assert response.status_code in (200, 302)
    assert as_known(resident) == before
    assert Message.objects.count() == messages
    assert at_every_step.get(ACCOUNT).status_code == 200
