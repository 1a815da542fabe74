"""A refused request is one line of the log: no traceback, and nothing of what was sent."""

import io
import logging

import pytest
from django.conf import settings
from django.test import Client

from tests.conftest import signed_in_staff

ID_NUMBER = "2987654320"
HOME, SIGN_IN = "/en/", "/en/account/sign-in/"
QUEUE = "/en/staff/requests_app/inquiry/"
TYPED = {"login": ID_NUMBER, "password": "telling"}


@pytest.fixture
def printed(monkeypatch):
    """Return a function that gives what the log has printed since the last call."""
    consoles = [
        each for each in logging.getLogger().handlers if type(each) is logging.StreamHandler
    ]
    stream = io.StringIO()
    monkeypatch.setattr(consoles[0], "stream", stream)

    def printed():
        text = stream.getvalue()
        stream.seek(0)
        stream.truncate()
        return text

    return printed


def too_many():
    return dict.fromkeys(map(str, range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)), ID_NUMBER)


@pytest.mark.django_db
def test_refused_request_is_one_line(officer, printed):
    browser, staff = Client(), signed_in_staff(officer)
    forged = Client(enforce_csrf_checks=True)
    told = {"q": ID_NUMBER}
    origin = {"origin": f"https://{ID_NUMBER}.example"}
    referer = {"secure": True, "headers": {"referer": f"https://x.example/?q={ID_NUMBER}"}}
    multipart = {"content_type": f"multipart/form-data; boundary={ID_NUMBER}é"}
    large = {"login": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + ID_NUMBER}
    form = {"content_type": "application/x-www-form-urlencoded"}
    request, security = "WARNING django.request: ", "django.security."
    cases = [
        (
            lambda: browser.get(f"{HOME}?q=%00{ID_NUMBER}"),
            f"{request}bytes that are not text: {HOME}",
        ),
        (
            lambda: browser.get(HOME, told, headers={"host": f"{ID_NUMBER}.example"}),
            f"ERROR {security}DisallowedHost: {HOME}",
        ),
        (
            lambda: staff.get(QUEUE, {"id_number__exact": ID_NUMBER}),
            f"ERROR {security}DisallowedModelAdminLookup: {QUEUE}",
        ),
        (
            lambda: staff.post(QUEUE, {"_selected_action": ID_NUMBER + "x"}),
            f"{request}no such choice: {QUEUE}",
        ),
        (
            lambda: browser.post(SIGN_IN, too_many()),
            f"ERROR {security}TooManyFieldsSent: {SIGN_IN}",
        ),
        (
            lambda: browser.post(SIGN_IN, f"login={large['login']}", **form),
            f"ERROR {security}RequestDataTooBig: {SIGN_IN}",
        ),
        (
            lambda: browser.post(SIGN_IN, ID_NUMBER, **multipart),
            f"{request}Bad request (Unable to parse request body): {SIGN_IN}",
        ),
        (lambda: forged.post(SIGN_IN, TYPED), f"WARNING {security}csrf: {SIGN_IN}"),
        (lambda: forged.post(SIGN_IN, TYPED, headers=origin), f"WARNING {security}csrf: {SIGN_IN}"),
        (lambda: forged.post(SIGN_IN, TYPED, **referer), f"WARNING {security}csrf: {SIGN_IN}"),
        (lambda: staff.get("/en/my/", told), f"{request}Forbidden (Permission denied): /en/my/"),
        (lambda: browser.get("/en/no%0Awhere/", told), f"{request}Not Found: /en/no\\nwhere/"),
        (lambda: browser.put(HOME, told), f"{request}Method Not Allowed: {HOME}"),
    ]
    for ask, line in cases:
        response = ask()
        assert 400 <= response.status_code < 500, line
        lines = printed().splitlines()
        assert [each.split(" ", 2)[2] for each in lines] == [line]


@pytest.mark.django_db
def test_failure_keeps_its_traceback(printed, monkeypatch):
    def fail(*_arguments):
        raise ZeroDivisionError

    monkeypatch.setattr("core.catalogue.views.single_line", fail)
    assert Client(raise_request_exception=False).get("/en/services/").status_code == 500
    assert "Internal Server Error: /en/services/\nTraceback" in printed()
