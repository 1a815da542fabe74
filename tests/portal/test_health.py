"""Error pages and health checks when something is wrong on the server."""

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.test import Client

from tests import factories
from tests.conftest import signed_in, words

AWAY = (
    "The service is not available at the moment "
    "We cannot reach our records right now. Everything we have confirmed to you is safe, "
    "but your last step may not have been saved. Please try again in a few minutes. "
    "If it cannot wait, please call +966 11 257 3597. Home page"
)
BROKEN = (
    "Something went wrong on our side The last thing you did was not completed; "
    "whatever was saved before it is still there. Please try again in a little while. "
    "If it happens again, please call +966 11 257 3597. "
    "When you call, give the number of this error: {} Home page"
)


@pytest.fixture
def visitor(resident):
    """Return a browser that shows an error page instead of raising the error in the test."""
    client = signed_in(resident)
    client.raise_request_exception = False
    return client


class Away:
    """A database that answers no query, and counts the queries."""

    def __init__(self, error):
        self.error = error
        self.asked = 0

    def __call__(self, execute, sql, params, many, context):
        self.asked += 1
        raise self.error("server closed the connection unexpectedly")


def test_page_reports_database_outage_in_both_languages(visitor):
    pages = ("/en/", "/ar/", "/en/my/", "/en/inquiries/", "/en/staff/")
    for address in (*pages, "/en/staff/requests_app/inquiry/"):
        # psycopg2 raises exactly DatabaseError where the server closes the connection.
        for error in (OperationalError, InterfaceError, DatabaseError):
            away = Away(error)
            with connection.execute_wrapper(away):
                response = visitor.get(address)
            assert (response.status_code, response["Retry-After"]) == (503, "10")
            assert AWAY in words(response)
            assert "الخدمة غير متاحة حاليًا" in words(response)
            assert away.asked == 1, "the page itself must not ask the database"
            assert "no-store" in response["Cache-Control"]
            assert "unsafe" not in response["Content-Security-Policy"]


def test_sign_in_reports_database_outage(db):
    client = Client(raise_request_exception=False)
    form = {"login": "aslam", "password": "a"}
    with connection.execute_wrapper(Away(OperationalError)):
        response = client.post("/en/account/sign-in/", form)
    assert response.status_code == 503
    assert AWAY in words(response)


def test_other_error_has_its_own_page(visitor, monkeypatch, django_assert_num_queries):
    def fail(_request):
        raise ZeroDivisionError

    monkeypatch.setattr("tawasul.portal.context.in_language", lambda *_args: fail(None))
    with django_assert_num_queries(0):
        response = visitor.get("/en/account/no-such-page/")
    assert response.status_code == 500
    request_id = response["X-Request-ID"]
    assert BROKEN.format(request_id) in words(response)
    assert "حدث خطأ من جهتنا" in words(response)
    assert f"وعند الاتصال يرجى ذكر رقم هذا الخطأ: {request_id}" in words(response)


def test_health_checks_tell_whether_the_database_answers(client, db):
    ready = client.get("/readyz")
    assert (ready.status_code, ready.content) == (200, b"ok")
    with connection.execute_wrapper(Away(DatabaseError)):
        alive, away = client.get("/healthz"), client.get("/readyz")
    assert (alive.status_code, alive.content) == (200, b"ok")
    assert (away.status_code, away.content) == (503, b"no database")


def test_not_found_page_is_in_language_of_address(client, db):
    for language, sentence in (("en", "There is no such page"), ("ar", "الصفحة غير موجودة")):
        response = client.get(f"/{language}/no/such/page/")
        assert response.status_code == 404
        assert sentence in words(response)


def test_missing_csrf_token_page_gives_advice(resident):
    client = Client(enforce_csrf_checks=True)
    client.force_login(resident)
    response = client.post("/en/inquiries/new/", {})
    assert response.status_code == 403
    assert (
        "This page has expired You may have signed in or out since you opened it, so nothing was "
        "sent. Go back in your browser, copy what you typed, load the page again, paste it "
        "and send it. My page"
    ) in words(response)


def test_forbidden_page_is_explained_to_staff(client, db):
    client.force_login(factories.OfficerFactory())
    response = client.get("/en/inquiries/")
    assert response.status_code == 403
    assert (
        "Your account cannot open this page Sign in with an account that can. Home page"
    ) in words(response)
