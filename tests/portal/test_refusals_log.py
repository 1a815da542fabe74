"""What a refused and a failed request leave in the log, and nothing of what was sent."""

import io
import logging
import re
import traceback

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client

from tawasul.logs import cut_database_errors
from tawasul.wsgi import application
from tests import factories
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
        (
            lambda: staff.get("/en/inquiries/", told),
            f"{request}Forbidden (Permission denied): /en/inquiries/",
        ),
        (lambda: browser.get("/en/no%0Awhere/", told), f"{request}Not Found: /en/no\\nwhere/"),
        (lambda: browser.put(HOME, told), f"{request}Method Not Allowed: {HOME}"),
    ]
    for ask, line in cases:
        response = ask()
        assert 400 <= response.status_code < 500, line
        lines = printed().splitlines()
        request_id = response["X-Request-ID"]
        assert [each.split(" ", 2)[2] for each in lines] == [f"{request_id} {line}"]


def fail_with(error):
    def fail(*_arguments):
        raise error

    return fail


def duplicate(*_arguments):
    """Give a number to a second person, which the database refuses, quoting the number."""
    factories.IdentityFactory(number=ID_NUMBER)
    factories.IdentityFactory(number=ID_NUMBER)


@pytest.mark.django_db
def test_failure_has_its_traceback_and_the_id_on_the_page(printed, monkeypatch):
    browser = Client(raise_request_exception=False)
    told = KeyError(ID_NUMBER)
    told.__cause__ = ValueError(f"{ID_NUMBER} is wrong")
    for fail, types in (
        (fail_with(told), ["ValueError", "KeyError"]),
        (
            duplicate,
            [
                "psycopg2.errors.UniqueViolation (23505, accounts_identitynumber_number_key)",
                "django.db.utils.IntegrityError",
            ],
        ),
    ):
        with monkeypatch.context() as patch, transaction.atomic():
            patch.setattr("core.catalogue.views.single_line", fail)
            response = browser.get("/en/services/", headers={"x-request-id": ID_NUMBER})
            transaction.set_rollback(True)
        assert response.status_code == 500
        request_id = response["X-Request-ID"]
        assert request_id != ID_NUMBER
        first, *lines = printed().splitlines()
        assert first.endswith(
            f" {request_id} ERROR django.request: Internal Server Error: /en/services/"
        )
        assert [
            line for line in lines if not line.startswith(("  ", "Traceback", "which"))
        ] == types
        assert any("core/catalogue/views.py" in line for line in lines)
        assert ID_NUMBER not in "".join(lines)


def test_text_of_an_exception_that_another_handler_has_left_is_not_used(printed):
    record = logging.makeLogRecord({"exc_text": ID_NUMBER, "levelno": logging.ERROR})
    logging.getLogger().handle(record)
    assert ID_NUMBER not in printed()


def test_server_learns_nothing_from_an_error_page_that_fails(printed, monkeypatch):
    monkeypatch.setattr(
        "django.core.handlers.wsgi.WSGIHandler.__call__", fail_with(ValueError(ID_NUMBER))
    )
    with pytest.raises(RuntimeError) as raised:
        application({"REQUEST_METHOD": "GET"}, None)
    told = "".join(traceback.format_exception(raised.value))
    assert ID_NUMBER not in told + printed()


@pytest.mark.django_db
def test_each_response_has_an_id_of_its_own():
    ids = {Client().get(address)["X-Request-ID"] for address in (HOME, "/healthz", "/no", HOME)}
    assert len(ids) == 4
    assert all(re.fullmatch(r"\d{4}(-\d{4}){3}", each) for each in ids)


@pytest.mark.django_db
def test_line_of_the_portal_has_the_id_of_its_request(printed, monkeypatch):
    def tell(words):
        logging.getLogger("core.catalogue").error("a line")
        return words

    monkeypatch.setattr("core.catalogue.views.single_line", tell)
    response = Client().get("/en/services/")
    assert response.status_code == 200
    lines = {line.split(" ", 2)[2] for line in printed().splitlines()}
    assert lines == {f"{response['X-Request-ID']} ERROR core.catalogue: a line"}


def test_line_outside_of_a_request_has_no_id(printed):
    logging.getLogger("core.chores").error("a chore failed")
    assert printed().split(" ", 2)[2] == "- ERROR core.chores: a chore failed\n"


@pytest.mark.django_db
def test_command_prints_an_error_of_the_database_without_its_message(capsys):
    for fail, is_cut in ((duplicate, True), (fail_with(ValueError(ID_NUMBER)), False)):
        try:
            with transaction.atomic():
                fail()
        except (IntegrityError, ValueError) as error:
            cut_database_errors(type(error), error, error.__traceback__)
        printed = capsys.readouterr().err
        assert "Traceback" in printed
        assert (ID_NUMBER in printed) is not is_cut
