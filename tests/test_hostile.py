"""Hostile requests of any shape: the answer is a readable page and never a server error."""

import copy
import io
import re
import time
import uuid
from urllib.parse import quote, urlencode

import pytest
from captcha.models import CaptchaStore
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client
from django.urls import get_resolver
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.accounts import purposes
from core.accounts.models import OneTimeCode, Session
from core.catalogue.models import TEXTS_IN_BOTH_LANGUAGES
from core.messaging.encryption import encrypt
from requests_app.models import Inquiry
from tawasul.wsgi import application
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import verified
from tests.conftest import signed_in, signed_in_staff, words
from tests.test_access import routes
from tests.worlds import undone

LONG = "ا" * 100_000
BIDI = "\u202e\u2066\u200f١٢٣\u2069\u202c"
QUEUE = "/en/staff/requests_app/inquiry/"
# The forms that can be sent without signing in.
PUBLIC_FORMS = [
    f"/en/account/{page}/"
    for page in (
        *("sign-in", "register", "password/reset", "picture/by-text"),
        *("recover", "objection"),
    )
] + ["/en/staff/login/", "/en/feedback/?page=/en/"]
OWN = [f"/en/account/{page}/" for page in ("password", "mobile", "email", "acting-as")]
# The pages that come after a code or ask for one.
STEPS = [
    f"/en/account/{page}code/"
    for page in (
        *("", "register/", "password/reset/", "recover/", "picture/by-text/"),
        *("mobile/", "email/"),
    )
] + ["/en/account/register/choose/", "/en/account/password/reset/new/"]
FIELDS_OF_ACCOUNTS = [
    *("login", "password", "new_password", "again", "username", "language", "mobile", "email"),
    *("number", "born_calendar", "born_day", "born_month", "born_year", "holder", "next", "code"),
    *("picture", "picture_key"),
]
UNREADABLE = (
    "We could not read what was sent Something in it is not valid. Please start again "
    "from the home page."
)


@pytest.fixture
def draft(resident):
    return factories.draft(resident)


@pytest.fixture
def filed(resident):
    return factories.filed(resident)


@pytest.fixture
def as_chief(db):
    return signed_in_staff(factories.OfficerFactory(is_superuser=True))


@pytest.fixture
def browser_at_every_step(db):
    """A browser in whose session every step that ends with a code waits for its code."""
    identity = factories.IdentityFactory(mobile="+966512345678")
    browser = signed_in(factories.UserFactory(identity=identity))
    facts = {"at": time.time(), "next": "/en/my/", "mobile": "+966550000432"}
    facts |= {"login": "aslam", "number": "2000000006", "born": "1990-04-22"}
    facts |= {"email": "a@example.org", "identity": identity.pk, "user": identity.user.pk}
    facts |= {"password": identity.user.get_session_auth_hash(), "key": encrypt("A" * 32)}
    facts |= {"codes": encrypt("123456789012 " * 8)}
    session = browser.session
    for step in (*purposes.registered(), "choose", "new_password"):
        session[f"pending_{step}"] = facts
    session.save()
    return browser


def assert_answered(response, language="en"):
    asked = f"{response.request['PATH_INFO'][:99]}?{response.request['QUERY_STRING'][:99]}"
    assert response.status_code < 500, asked
    if not 300 <= response.status_code < 400:
        assert f'<html lang="{language}"' in response.content.decode(), asked


# Undecodable bytes


def test_undecodable_address_is_refused(as_officer):
    for address in (
        *("?page=%00", "?page=%FF", "?%C0%AF=1", "?next=%ED%A0%80", "inquiries/%00/"),
        "staff/requests_app/inquiry/?status__exact=%00",
        "staff/requests_app/inquiry/?q=%D9",
    ):
        for language in ("ar", "en"):
            response = as_officer.get(f"/{language}/{address}")
            assert response.status_code == 400, address
            assert_answered(response, language)
        assert UNREADABLE in words(response), address


def test_reference_of_any_characters_is_not_found(as_resident):
    for path in ("80%FF", "%C3%A9", "%C2%B2", "%D8%A7", "%E2%80%AE", "%0A", "%25"):
        response = as_resident.get(f"/en/inquiries/{path}/")
        assert response.status_code == 404, path
        assert_answered(response)


def test_a_cookie_of_any_bytes_is_answered(db):
    for cookie in (
        "sessionid=%00abcdefghijklmnop",
        "sessionid=abc\xff\xfedefghijklmnop",
        'sessionid="\\000abcdefghijklmnop"',  # a quoted cookie may hold any byte in octal
        'csrftoken="\\000"',
        'django_language="\\000"',
        "messages=garbage; sessionid=garbage",
        f"sessionid={'a' * 100_000}",
    ):
        for address in ("/en/", "/en/my/", "/en/staff/"):
            assert_answered(Client().get(address, headers={"cookie": cookie}))


def test_a_body_of_any_bytes_is_answered(as_resident, draft):
    fields = ["idempotency_key", "beneficiary", "service", "mobile", "description"]
    form = "application/x-www-form-urlencoded"
    steps = [f"{draft.reference}/{step}/" for step in ("details", "documents", "confirm")]
    inquiries = [f"/en/inquiries/{step}" for step in ("new/", *steps)]
    for body in (b"%00", b"%FF%FE", b"\0", b"%ED%A0%80", b"%E2%80%AE"):
        raw = b"&".join(name.encode() + b"=" + body for name in [*fields, *FIELDS_OF_ACCOUNTS])
        for address in (*PUBLIC_FORMS, *OWN, *inquiries):
            browser = Client() if address in PUBLIC_FORMS else as_resident
            with undone():
                response = browser.post(address, raw, content_type=form)
            assert response.status_code == 200, (address, body)
            assert_answered(response)


def test_unreadable_field_says_so_and_is_kept(as_resident, as_chief, draft):
    told = "Some characters could not be read. Type this text again."
    form, parts = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
    part = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    details = f"/en/inquiries/{draft.reference}/details/"
    for browser, address, fields in (
        (Client(), "/en/account/sign-in/", (b"login", b"password")),
        (Client(), "/en/account/register/", (b"number", b"born_day", b"picture")),
        (as_resident, "/en/account/mobile/", (b"mobile", b"password")),
        (as_resident, "/en/account/email/", (b"email", b"password")),
        (as_resident, details, (b"mobile", b"description")),
        (as_chief, "/en/staff/appointments/office/add/", (b"name_ar", b"city_en", b"slug")),
    ):
        for byte, kept in ((b"\0", "\0"), (b"\xff", "\ufffd")):
            typed = b"0501234567" + byte
            encoded = b"&".join(name + b"=" + quote(typed).encode() for name in fields)
            raw = b"".join(part % (name, typed) for name in fields) + b"--x--\r\n"
            for kind, body in ((form, encoded), (parts, raw)):
                page = browser.post(address, body, content_type=kind)
                admin = page.context.get("adminform")
                shown = admin.form if admin else page.context["form"]
                errors = [list(each) for each in shown.errors.values()]
                assert errors.count([told]) == len(fields), (address, typed, kind, errors)
                assert shown[fields[0].decode()].value() == f"0501234567{kept}"


def test_body_that_is_not_utf_8_is_refused(as_resident, as_chief, draft):
    """Django would read such a body as Latin-1, and take it for what was typed."""
    for browser, address in (
        (as_resident, f"/en/inquiries/{draft.reference}/details/"),
        (as_chief, "/en/staff/appointments/office/add/"),
        (Client(), "/en/account/sign-in/"),
    ):
        for body in (b"name=\xc7\xe1\xe1\xe5", b"name=\xed\xa0\x80", b"\xff=1&name=a"):
            page = browser.post(address, body, content_type="application/x-www-form-urlencoded")
            assert (page.status_code, UNREADABLE in words(page)) == (400, True), (address, body)
    assert Inquiry.objects.get().name == draft.name


# Shapes that no browser sends


def test_a_body_of_any_shape_is_answered(as_resident, draft):
    inquiries = ["/en/inquiries/new/", f"/en/inquiries/{draft.reference}/documents/"]
    parts = "multipart/form-data; boundary=x"
    for content_type, body in (
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=", b"--x\r\n"),
        ("multipart/form-data; boundary=\xff", b"--x\r\n"),
        (parts, b"no part at all"),
        (parts, b'--x\r\nContent-Disposition: form-data; name="code'),
        (parts, b"--x\r\nContent-Transfer-Encoding: base64\r\n\r\n!"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"code=1"),
        ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % n for n in range(1500))),
        ("application/json", b'{"code": "123456"}'),
        ("nonsense", b"\0" * 1000),
    ):
        for address in (*inquiries, *OWN, *PUBLIC_FORMS):
            browser = Client() if address in PUBLIC_FORMS else as_resident
            with undone():
                response = browser.post(address, body, content_type=content_type)
            assert_answered(response)
            assert response.status_code in (200, 400), (address, content_type, body[:50])


@pytest.mark.django_db(transaction=True)
def test_a_charset_of_any_name_is_answered():
    """Use the WSGI application itself, as Django reads the charset before any middleware runs.

    Without the test client, a request ends the connection of a test that is one transaction.
    """
    body = b'--x\r\nContent-Disposition: form-data; name="login"\r\n\r\n+2AA-\r\n--x--\r\n'
    for charset in ("hex", "idna", "utf-7", "utf-16", "no-such-thing"):
        for method in ("GET", "POST"):
            answered = []
            environ = {
                "REQUEST_METHOD": method,
                "PATH_INFO": "/en/account/sign-in/",
                "QUERY_STRING": "next=%D8%A7",
                "SERVER_NAME": "testserver",
                "SERVER_PORT": "80",
                "CONTENT_TYPE": f"multipart/form-data; boundary=x; charset={charset}",
                "CONTENT_LENGTH": str(len(body)),
                "wsgi.input": io.BytesIO(body),
                "wsgi.url_scheme": "http",
            }
            application(environ, lambda status, _headers, to=answered: to.append(int(status[:3])))
            assert answered, (method, charset)
            assert answered[0] < 500, (method, charset)


def test_a_method_of_any_name_is_answered_with_a_page(as_resident, as_officer, filed):
    of_person = ("/en/", "/en/my/", f"/en/inquiries/{filed.reference}/", "/ar/inquiries/new/")
    for method in ("PROPFIND", "TRACE", "PATCH", "FOO", "get"):
        for address in of_person:
            assert_answered(as_resident.generic(method, address), address[1:3])
        for address in (QUEUE, f"{QUEUE}{filed.pk}/change/", f"{QUEUE}add/"):
            assert_answered(as_officer.generic(method, address))


def test_a_host_of_any_name_is_refused_with_a_page(client, db):
    response = client.get("/en/", headers={"host": "evil.example:8000"})
    assert response.status_code == 400
    assert_answered(response)


# Sizes and numbers


def test_every_form_takes_a_text_of_any_size(as_resident, browser_at_every_step, draft, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None  # the test is about the size of one field
    names = ("beneficiary", "service", "mobile", "description", "idempotency_key")
    steps = ("details", "documents", "confirm")
    browsers = {
        "/en/inquiries/new/": as_resident,
        **{f"/en/inquiries/{draft.reference}/{step}/": as_resident for step in steps},
        **dict.fromkeys(OWN, as_resident),
        **dict.fromkeys(PUBLIC_FORMS, Client()),
        **dict.fromkeys(STEPS, browser_at_every_step),
    }
    for text in (LONG, "9" * 100_000, BIDI, "<script>alert(1)</script>", "%s{{x}}"):
        fields = dict.fromkeys((*names, *FIELDS_OF_ACCOUNTS), text) | {"again": "not the same"}
        with undone():
            for address, browser in browsers.items():
                response = browser.post(address, fields)
                assert response.status_code == 200, (address, text[:20])
                assert_answered(response)
                assert "<script>alert" not in response.content.decode()
            assert Inquiry.objects.get().description == factories.DESCRIPTION


def test_the_desk_takes_a_text_of_any_size(as_officer, filed):
    desk = f"{QUEUE}{filed.pk}/"
    for text in (LONG, BIDI, "9" * 5000):
        fields = {"idempotency_key": text, "expected_version": text, "text": text}
        assert_answered(as_officer.post(f"{desk}answer/", {**fields, "decision": "approve"}))
        assert_answered(as_officer.post(f"{desk}answer/", {**fields, "decision": text}))
        assert_answered(as_officer.post(f"{desk}claim/", fields))
        filed.refresh_from_db()
        assert filed.version == 1, text[:20]


def test_a_page_of_any_number_is_a_page(as_resident, as_officer, filed):
    for page in ("99999999999999999999", "9" * 5000, "abc", "-1", "0", "", "١"):
        listed = as_resident.get("/en/inquiries/", {"page": page})
        assert listed.status_code == 200, page[:20]
        assert filed.reference in listed.content.decode(), page[:20]
        queue = as_officer.get(QUEUE, {"p": page}, follow=True)
        assert queue.status_code == 200, page[:20]
        assert_answered(queue)


def test_row_of_any_number_is_answered(as_officer, as_resident, filed):
    pages = ("", "change/", "history/", "delete/", "claim/", "documents/1/")
    for pk in ("9" * 30, "9" * 5000, "0", "abc", "_00", "1_2F", "²", "-1", "1/2"):
        for page in pages:
            response = as_officer.get(f"{QUEUE}{pk}/{page}", follow=True)
            assert response.status_code in (200, 403, 404), (pk[:20], page)
            assert_answered(response)
    for number in ("9" * 30, "9" * 5000, "0"):
        response = as_resident.get(f"/en/inquiries/{filed.reference}/documents/{number}/")
        assert response.status_code == 404, number[:20]


def test_queue_answers_any_query(as_officer, filed):
    for query in (
        *("reference__regex=(", "reference__regex=%5B", "name__iregex=*"),
        *("submitted_at__year=99999999999", "submitted_at__year=abc", "submitted_at__week_day=abc"),
        *("due_on__gte=yesterday", "due_on__range=1", "id__in=999999999999999999999999"),
        *("version__in=1,x", "version__gt=99999999999999999999", "version__isnull=perhaps"),
        *("idempotency_key=abc", "assignee__password__startswith=a", "status__exact=nonsense"),
        *("queue=nonsense", "q=%22%27", "q=" + "1" * 20_000, "o=99.-1.x"),
        *("all=&e=1&_popup=1&_facets=True", "_to_field=reference"),
    ):
        response = as_officer.get(f"{QUEUE}?{query}", follow=True)
        assert response.status_code in (200, 400), query[:40]
        assert_answered(response)


def test_view_on_site_with_any_key_is_not_found(as_chief, db):
    for model in (OneTimeCode, Inquiry):
        table = ContentType.objects.get_for_model(model).pk
        for pk in ("abc", "1", str(uuid.uuid4()), "9" * 30, "9" * 5000):
            assert as_chief.get(f"/en/staff/r/{table}/{pk}/").status_code == 404


def test_a_target_of_any_kind_leads_to_no_other_site(as_officer, as_resident):
    for target in (
        *("foo", "https://evil.example/", "//evil.example/", "///evil.example/"),
        *("/\\evil.example/", "https:evil.example", "javascript:alert(1)", "http://["),
        *("\n//evil.example/", ""),
    ):
        for browser, page in ((as_resident, "account/sign-in"), (as_officer, "staff/login")):
            response = browser.get(f"/en/{page}/", {"next": target})
            assert response.status_code == 302, target
            assert re.match(r"/en/(my|staff)/\Z", response.url), target


# Anything


NAMES = [
    *("page", "next", "q", "p", "o", "e", "all", "queue", "status__exact", "outcome__exact"),
    *("idempotency_key", "beneficiary", "service", "mobile", "description"),
    *("code", "document_type", "files", "login", "password", "expected_version", "text"),
    *("decision", "csrfmiddlewaretoken"),
    *("slug", *TEXTS_IN_BOTH_LANGUAGES, "beneficiary_kinds", "nationalities", "_popup", "post"),
    *("attendee", "region", "operations", "beneficiaries", "office", "day", "slot", "weekdays"),
    *("opens", "closes", "season", "valid_from", "valid_until", "slot_minutes", "capacity"),
    "kept_for_walk_ins",
    *("roles", "offices", "teams", "team", "begins_at", "ends_at", "is_useful", "sentence"),
    *("services", "clerks", "first_day", "last_day", "latitude", "longitude"),
    *("remove", "up", "officer", "item", "action", "_selected_action", "index", "show", "time"),
    *("shown", "earlier_reference", "service__id__exact"),
    *("another_picture", "picture_by_text", *FIELDS_OF_ACCOUNTS),
]
VALUES = st.one_of(
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=20),
    st.integers(-(2**70), 2**70).map(lambda number: str(number).encode()),
    st.sampled_from([b"", b"\0", b"\xff", b"approve", b"claim", LONG.encode(), BIDI.encode()]),
    st.sampled_from([b"0", b"00", b"1", b"1:1", b"1:2:3", b"'", b"\\", b"mine", b"overdue"]),
    st.sampled_from([b"[]", b"[{}]", b"null", b"on", b"1_00", b"//evil.example/", b"foo", b"%s"]),
)
FIELDS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6)
CONTENT_TYPES = st.sampled_from(
    [
        *("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
        *("multipart/form-data", "text/plain"),
    ]
)
METHODS = st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "FOO"])
ROLES = st.sampled_from(["anonymous", "resident", "officer", "desk", "chief", "at every step"])
PLACE = re.compile(r"<\w+:(\w+)>|\(\?P<(\w+)>[^)]*\)")


@st.composite
def addresses(draw):
    """Draw an address of the portal, with `{name}` in the place of a row's key."""
    with translation.override(draw(st.sampled_from(["ar", "en"]))):
        route = draw(st.sampled_from(sorted(set(routes(get_resolver())))))
    return "/" + PLACE.sub(
        lambda place: draw(st.just(f"{{{place[1] or place[2]}}}") | VALUES.map(quote)),
        route.replace("^", "").replace("$", ""),
    )


@st.composite
def requests(draw):
    content_type = draw(CONTENT_TYPES)
    fields = draw(FIELDS)
    body = urlencode(fields).encode()
    if content_type.startswith("multipart"):
        part = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        parts = [part % (name.encode(), value) for name, value in fields.items()]
        body = b"".join([*parts, b"--x--\r\n"])
    return {
        "method": draw(METHODS),
        "path": f"{draw(addresses())}?{urlencode(draw(FIELDS))}",
        "data": body,
        "content_type": content_type,
    }


@pytest.fixture
def world(resident, as_officer, as_chief, browser_at_every_step, draft, filed):
    browser, booked = verified(resident), places.confirmed(resident)
    rows = {
        "reference": filed.reference,
        "pk": filed.pk,
        "object_id": filed.pk,
        "document_pk": 1,
        "page": 1,
        "content_type_id": ContentType.objects.get_for_model(Inquiry).pk,
        "app_label": "requests_app",
        "name": "note",
        "url": "nothing",
        "key": CaptchaStore.generate_key(),
        "code": booked.slips.get().check_code,
        "button": "check-in",
        "device": Session.objects.filter(user=draft.applicant).get().device,
    }
    of_booking = {"reference": booked.reference, "pk": booked.pk, "object_id": booked.pk}
    browsers = {
        "anonymous": Client(),
        "resident": browser,
        "officer": as_officer,
        "desk": signed_in_staff(places.clerk(booked.slot.office)),
        "chief": as_chief,
        "at every step": browser_at_every_step,
    }
    return browsers, {"": rows, "/appointments/": rows | of_booking}


@settings(
    max_examples=800,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(role=ROLES, request=requests())
def test_anything_at_all_is_answered(world, role, request):
    browsers, rows = world
    browser = browsers[role]
    cookies = copy.deepcopy(browser.cookies)
    about = "/appointments/" if "/appointments/" in request["path"] else ""
    for name, value in rows[about].items():
        request["path"] = request["path"].replace(f"{{{name}}}", str(value))
    before = transaction.savepoint()
    try:
        response = browser.generic(**request)
        if response.streaming:
            list(response.streaming_content)  # to its end, which closes the file
    finally:
        transaction.savepoint_rollback(before)
        browser.cookies = cookies
    assert response.status_code < 500
