"""Hostile input to the pages of an account: it is answered, and changes nothing."""

from urllib.parse import urlencode

import pytest

from core.accounts.models import User
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on
from tests.core.accounts import pages
from tests.core.accounts.pages import ACCOUNT, CHANGE_PASSWORD, EMAIL_CODE, NEW_PASSWORD
from tests.worlds import undone

FORMS = {
    CHANGE_PASSWORD: ("password", "new_password", "again"),
    pages.CHANGE_MOBILE: ("mobile", "password"),
    pages.CHANGE_EMAIL: ("email", "password"),
    pages.REMOVE_EMAIL: ("password",),
    pages.MESSAGES: ("language",),
    "/en/account/acting-as/": ("holder",),
    f"{ACCOUNT}devices/0123456789abcdef/": ("device",),
    pages.MOBILE_CODE: ("code",),
    EMAIL_CODE: ("code",),
}
URLENCODED = "application/x-www-form-urlencoded"
VALUES = [
    *(b"", b"%00", b"a%00%00%00%00%00%00b", b"%ED%A0%80%ED%A0%80%ED%A0%80"),
    *(b"%FF%FE\xff\xfe%80abcdefg", b"%C0%80", b"a" * 100_000, "ا".encode() * 50_000),
    *("\u202e\u2066\u200f\u0663".encode(), b"%22%3E%3Cscript%3Ealert(1)%3C/script%3E"),
    *(b"%25s%25(x)s{{7*7}}{%25", b"9" * 5000, b"null"),
]
BODIES = [
    ("application/json", b'{"email": "a@example.org", "password": 1}'),
    ("application/json", b"[" * 10_000),
    ("multipart/form-data", b"--x"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="password'),
    ("text/plain", b"password=1&language=ar&holder="),
    (URLENCODED, b"&".join(b"f%d=1" % n for n in range(1500))),
]


@pytest.fixture
def browser_awaiting_codes(as_resident):
    """Return a browser in which a new mobile and a new e-mail address wait for their codes."""
    User.objects.update(email="old@example.org")
    pages.ask_for_mobile(as_resident)
    pages.ask_for_email(as_resident)
    return as_resident


def changeable_values(person):
    """Return all values that a form of the account could change."""
    return User.objects.values().get(pk=person.pk)


def post_raw(browser, address, body, content_type=URLENCODED):
    response = browser.post(address, body, content_type=content_type)
    assert response.status_code in (200, 302, 400), (address, body[:100])
    if response.status_code == 200:
        assert '<html lang="en"' in response.content.decode()
        assert "<script>alert" not in response.content.decode()


def test_arbitrary_bytes_and_arrays_change_nothing(browser_awaiting_codes, resident):
    before = changeable_values(resident)
    arrays = (b"NAME[]=value", b"NAME[0]=value", b"NAME.x=value", b"NAME[a]=NAME&x=value")
    cases = [*(b"NAME=" + value for value in VALUES), *(b"%s&%s" % (pair, pair) for pair in arrays)]
    for case in cases:
        with undone():
            for address, fields in FORMS.items():
                pairs = [case.replace(b"NAME", name.encode()) for name in fields]
                post_raw(browser_awaiting_codes, address, b"&".join(pairs))
            assert changeable_values(resident) == before, case[:100]
            assert browser_awaiting_codes.get(ACCOUNT).status_code == 200, case[:100]


def test_a_body_of_any_shape_changes_nothing(browser_awaiting_codes, resident):
    before = changeable_values(resident)
    for content_type, body in BODIES:
        with undone():
            for address in FORMS:
                post_raw(browser_awaiting_codes, address, body, content_type)
            assert changeable_values(resident) == before, (content_type, body[:100])


def test_file_in_place_of_value_changes_nothing(browser_awaiting_codes, resident):
    before = changeable_values(resident)
    for address, fields in FORMS.items():
        files = {name: factories.picture() for name in fields}
        response = browser_awaiting_codes.post(address, files)
        assert response.status_code in (200, 302), address
    assert changeable_values(resident) == before


def test_missing_field_changes_no_password(as_resident, resident):
    form = {"password": factories.PASSWORD, "new_password": NEW_PASSWORD, "again": NEW_PASSWORD}
    for missing in form:
        sent = {name: value for name, value in form.items() if name != missing}
        assert len(errors_on(as_resident.post(CHANGE_PASSWORD, sent))) == 1, missing
        assert pages.can_sign_in(resident, factories.PASSWORD), missing


def test_unreadable_password_is_not_set(as_resident, resident):
    """Otherwise any other unreadable input would open the account as well."""
    password = factories.PASSWORD.encode()
    for unreadable in (b"%ED%A0%80", b"%D9", b"%C7%E3%D3"):
        new = b"seven%20" + unreadable + b"%20Kettles"
        body = b"password=%s&new_password=%s&again=%s" % (password, new, new)
        post_raw(as_resident, CHANGE_PASSWORD, body)
        assert pages.can_sign_in(resident, factories.PASSWORD), unreadable


def test_only_post_changes_anything(browser_awaiting_codes, resident):
    before, messages = changeable_values(resident), Message.objects.count()
    good = {"language": "ar", "remove": "1", "holder": "", "email": pages.NEW_ADDRESS}
    good |= {"mobile": "0550000888", "password": factories.PASSWORD}
    good |= {"new_password": NEW_PASSWORD, "again": NEW_PASSWORD}
    good = urlencode({**good, "code": factories.code_sent_to(resident, "mobile")})
    resend = [f"{pages.MOBILE_CODE}resend/", f"{EMAIL_CODE}resend/"]
    shown = {"GET": (200, 302), "HEAD": (200, 302), "OPTIONS": (204,)}
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "FOO"):
        for address in (*FORMS, *resend, pages.SIGN_OUT):
            response = browser_awaiting_codes.generic(
                method, f"{address}?{good}", good, content_type=URLENCODED
            )
            assert response.status_code in shown.get(method, (405,)), (method, address)
        assert changeable_values(resident) == before, method
        assert Message.objects.count() == messages, method
        assert browser_awaiting_codes.get(ACCOUNT).status_code == 200, method
