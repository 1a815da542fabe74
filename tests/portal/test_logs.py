"""Logs hold no personal data: no ID number, no mobile, no code, no session key."""

import logging
import re

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from core.messaging.models import Message
from tests import factories
from tests.conftest import ask_for_code, sign_in
from tests.delivery import deliver_due

ID_NUMBER, MOBILE = "2987654320", "+966501234567"


@pytest.fixture
def person(db):
    identity = factories.IdentityFactory(number=ID_NUMBER)
    return factories.UserFactory(username="aslam", identity=identity, mobile=MOBILE)


@pytest.fixture
def logged(caplog):
    caplog.set_level(logging.DEBUG)
    # The tests' own factories print addresses in memory, which can look like an ID number.
    caplog.set_level(logging.WARNING, logger="factory")

    def logged(*secrets):
        """Check that the log holds no secret and no personal data, and return it."""
        # A handler prints the traceback too, if there is one.
        text = "\n".join(caplog.handler.format(record) for record in caplog.records)
        for secret in (ID_NUMBER, MOBILE, MOBILE[4:], factories.PASSWORD, *secrets):
            assert secret not in text
        assert not re.search(r"(?<!\d)[1-47]\d{9}(?!\d)", text)
        return text

    return logged


def test_signing_in_logs_nothing_of_the_person(person, logged):
    client = Client()
    client.post("/en/account/sign-in/", {"login": ID_NUMBER, "password": "wrong"})
    sign_in(person, client)
    code = factories.code_sent_to(person, "sign_in")
    logged(code, client.cookies["sessionid"].value)


def test_filing_logs_nothing_of_the_person(person, logged):
    client = sign_in(person)
    inquiry = factories.draft(person, is_ready=False)
    address = f"/en/inquiries/{inquiry.reference}"
    client.post(f"{address}/details/", factories.details_of(inquiry, mobile="letters"))
    client.post(f"{address}/details/", factories.details_of(inquiry))
    ask_for_code(client, inquiry)
    code = factories.code_sent_to(person)
    client.post(f"{address}/confirm/", {"code": "000000"})
    filed = client.post(f"{address}/confirm/", {"code": code})
    assert filed.url == f"{address}/receipt/"
    logged(code, client.cookies["sessionid"].value, factories.DESCRIPTION)


def test_the_account_logs_nothing_of_the_person(person, logged):
    client = sign_in(person)
    new_mobile, email, password = "+966550000432", "aslam@example.org", "seven Kettles and a door"
    wrong = {"mobile": new_mobile, "password": "wrong-but-telling"}
    client.post("/en/account/mobile/", wrong)
    client.post("/en/account/mobile/", {**wrong, "password": factories.PASSWORD})
    codes = [factories.code_sent_to(person, "mobile")]
    client.post("/en/account/mobile/code/", {"code": "000000"})
    client.post("/en/account/mobile/code/", {"code": codes[0]})
    client.post("/en/account/email/", {"email": email, "password": factories.PASSWORD})
    codes.append(factories.code_sent_to(person, "email"))
    client.post("/en/account/email/code/", {"code": codes[1]})
    key = client.cookies["sessionid"].value
    form = {"password": factories.PASSWORD, "new_password": password, "again": password}
    assert client.post("/en/account/password/", form).url == "/en/account/safety/"
    deliver_due()
    telling = (new_mobile, new_mobile[4:], email, password, "wrong-but-telling")
    logged(*telling, *codes, key, client.cookies["sessionid"].value)


def test_sign_in_input_is_not_logged(person, logged):
    client = Client()
    client.get("/en/account/register/")
    form = {"number": ID_NUMBER, "born_day": "14", "born_month": "3", "born_year": "1986"}
    typed = {**form, "login": ID_NUMBER, "mobile": MOBILE, "password": factories.PASSWORD}
    for address in ("register", "password/reset", "picture/by-text", "recover", "objection"):
        client.post(f"/en/account/{address}/", typed)
    client.post("/en/account/picture/by-text/code/", {"code": "000000"})
    logged(client.cookies["sessionid"].value, "1986-03-14")


def test_refused_mail_logs_nothing_of_the_person(person, settings, logged):
    client = sign_in(person)
    deliver_due()
    settings.MAIL_GATEWAY = "core.messaging.gateways.Mail"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    form = {"email": "aslam@example.org", "password": factories.PASSWORD}
    client.post("/en/account/email/", form)
    code = factories.code_sent_to(person, "email")
    assert deliver_due() == 0
    message = Message.objects.get(channel="email")
    assert f"message {message.pk} not sent: GatewayError" in logged("aslam@example.org", code)


def test_failing_gateway_logs_nothing_of_the_person(person, settings, logged):
    form = {"login": "aslam", "password": factories.PASSWORD}
    Client().post("/en/account/sign-in/", form)
    settings.SMS_HTTP_TOKEN = "secret-token"
    settings.SMS_HTTP_URL = "http://127.0.0.1:9"
    for name, broken in (
        ("SMS_GATEWAY", "core.messaging.gateways.HttpSms"),
        ("DEMO_PHONE_FILE", "/proc/no/such/folder"),
    ):
        with override_settings(**{name: broken}):
            Message.objects.update(next_attempt_at=timezone.now())
            assert deliver_due() == 0
    text = logged(factories.code_sent_to(person, "sign_in"), "secret-token")
    assert text.count(f"message {Message.objects.get().pk} not sent: GatewayError") == 2


def test_errors_log_nothing_of_the_person(person, logged, monkeypatch):
    client = sign_in(person)
    missing = "/en/inquiries/812345678906/"
    client.get(missing, {"q": ID_NUMBER, "next": MOBILE})

    def fail(**_fields):
        raise ZeroDivisionError

    client.raise_request_exception = False
    inquiry = factories.draft(person, is_ready=False)
    monkeypatch.setattr("requests_app.actions.save_details", fail)
    address = f"/en/inquiries/{inquiry.reference}/details/"
    assert client.post(address, factories.details_of(inquiry)).status_code == 500
    text = logged(client.cookies["sessionid"].value, factories.DESCRIPTION)
    assert f"Not Found: {missing}" in text
    assert f"Internal Server Error: {address}" in text
    assert "ZeroDivisionError" in text


def test_staff_sign_in_logs_nothing(officer, logged):
    client = Client()
    form = {"login": officer.username, "password": factories.PASSWORD}
    client.post("/en/staff/login/", form)
    client.post("/en/staff/code/", {"code": "654321"})
    logged("654321", client.cookies["sessionid"].value)
