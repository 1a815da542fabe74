"""The database goes away at any moment of a request: the answer is 503, never 500 or 400."""

import copy
import select
import uuid
from contextlib import contextmanager
from unittest import mock

import pytest
from django.db import connection

from appointments.models import Appointment
from core import reference_data
from requests_app.models import Inquiry
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import address, criteria_of, verified
from tests.conftest import signed_in, signed_in_staff
from tests.races.together import DEADLINE_SECONDS

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lost_at():
    """Return a context in which the server ends the connection before its nth statement.

    A commit counts as one too. The context yields a list that is empty if there were fewer.
    """
    killer = connection.copy()

    @contextmanager
    def lost_at(number):
        lost, left, commit = [], iter(range(number - 1, -1, -1)), connection.commit

        def count():
            if next(left, None) == 0:
                lost.append(connection.connection.info.backend_pid)
                with killer.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(%s)", lost)
                # The server says goodbye, which can be read on the connection.
                assert select.select([connection.connection], [], [], DEADLINE_SECONDS)[0]

        def execute(run, *statement):
            count()
            return run(*statement)

        def commit_or_not():
            count()
            commit()

        with (
            connection.execute_wrapper(execute),
            mock.patch.object(connection, "commit", commit_or_not),
        ):
            yield lost
        connection.close()

    yield lost_at
    killer.close()


@pytest.fixture
def away_at_every_statement(lost_at):
    """Return a function that repeats a request, and loses the database at each of its statements.

    It returns the response of the last request, in which there was nothing left to lose.
    """

    def away_at_every_statement(browser, ask):
        browser.raise_request_exception = False
        browser.get("/en/contact/")  # the first request imports all views
        cookies = copy.deepcopy(browser.cookies)
        for number in range(1, 200):
            browser.cookies = copy.deepcopy(cookies)
            with lost_at(number) as lost:
                response = ask()
            if not lost:
                assert number > 1
                return response
            told = response.status_code, response.headers.get("Retry-After")
            assert told == (503, "10"), number
        raise AssertionError("the request does not end")

    return away_at_every_statement


def test_catalogue(client, away_at_every_statement):
    factories.ServiceFactory()

    def ask_after_ten_seconds():
        reference_data.forget()
        return client.get("/en/services/")

    assert away_at_every_statement(client, ask_after_ten_seconds).status_code == 200


def test_signing_in(client, away_at_every_statement, resident):
    form = {"login": resident.username, "password": factories.PASSWORD}
    sent = away_at_every_statement(client, lambda: client.post("/en/account/sign-in/", form))
    assert sent.url == "/en/account/code/"


def test_filing(away_at_every_statement, resident):
    browser = signed_in(resident)
    draft = factories.draft(resident)
    code = factories.confirmation(draft, browser.session.session_key)
    page = f"/en/inquiries/{draft.reference}/"
    filed = away_at_every_statement(
        browser, lambda: browser.post(f"{page}confirm/", {"code": code})
    )
    assert filed.url == f"{page}receipt/"
    assert Inquiry.objects.get().events.count() == 1


def test_booking(away_at_every_statement, resident):
    browser, slot = verified(resident), places.some_slot()
    criteria = criteria_of(resident.identity, factories.ServiceFactory())
    form = {"idempotency_key": uuid.uuid4(), "slot": slot.pk}
    step = address("/en/appointments/new/time/", criteria, office=slot.office.slug, day=slot.day)
    held = away_at_every_statement(browser, lambda: browser.post(step, form))
    assert held.url == f"/en/appointments/{Appointment.objects.get().reference}/"


def test_desk(away_at_every_statement, officer):
    browser, inquiry = signed_in_staff(officer), factories.filed()
    queue = "/en/staff/requests_app/inquiry/"
    shown = away_at_every_statement(browser, lambda: browser.get(f"{queue}?queue={officer.pk}"))
    assert shown.status_code == 200
    form = {"text": "A note.", "expected_version": inquiry.version, "idempotency_key": uuid.uuid4()}
    page = f"{queue}{inquiry.pk}/"
    noted = away_at_every_statement(browser, lambda: browser.post(f"{page}note/", form))
    assert noted.url == f"{page}change/"
    assert inquiry.replies.count() == 1
