"""Reference data kept in the process: what pages read of it, and what is never decided by it."""

import time
import uuid
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appointments import actions as booking
from core import reference_data
from core.catalogue.models import DocumentType, Service
from core.exceptions import RuleViolation
from requests_app import actions as filing
from tests import factories
from tests.appointments import places
from tests.conftest import words


@pytest.fixture
def service(db):
    return factories.ServiceFactory(can_be_booked=True)


@pytest.fixture
def other_process(monkeypatch):
    """Let this process not see what is written from now on, as by another one."""
    monkeypatch.setattr(reference_data, "forget", lambda: None)


@pytest.fixture
def seconds(monkeypatch):
    """Return a function that lets so many seconds pass for what is kept in the process."""
    passed = [time.monotonic()]
    monkeypatch.setattr(reference_data, "MAX_AGE", 10)
    monkeypatch.setattr(reference_data, "time", SimpleNamespace(monotonic=lambda: passed[0]))

    def let_pass(number):
        passed[0] += number

    reference_data.forget()
    return let_pass


def test_change_shows_after_ten_seconds_and_costs_nothing_before(
    client, service, seconds, other_process
):
    address = f"/en/services/{service.slug}/"
    assert service.name_en in words(client.get(address))
    Service.objects.filter(pk=service.pk).update(name_en="Another name")
    seconds(9.9)
    with CaptureQueriesContext(connection) as statements:
        assert service.name_en in words(client.get(address))
    assert not statements.captured_queries
    before = reference_data.version()
    seconds(0.1)
    assert "Another name" in words(client.get(address))
    assert reference_data.version() != before


def test_documents_of_a_service_are_kept_with_it(client, service, seconds, other_process):
    address = f"/en/services/{service.slug}/"
    client.get(address)
    before = reference_data.version()
    service.documents.add(DocumentType.objects.create(slug="deed", name_en="Deed", name_ar="صك"))
    seconds(10)
    assert "Deed" in words(client.get(address))
    assert reference_data.version() != before


def test_row_that_is_newer_is_read_from_the_database(client, service, other_process):
    client.get("/en/services/")
    newer = factories.ServiceFactory(slug="newer")
    assert Service(instead_id=newer.pk).instead == newer


def test_what_is_written_asks_the_database(resident, service, other_process):
    slot = places.some_slot()
    # A page shows both while it is open, and it closes before they are sent.
    assert Service.cached.get(service.pk).is_open_to_booking
    Service.objects.filter(pk=service.pk).update(is_active=False)
    assert Service.cached.get(service.pk).is_open_to_inquiries
    person = {"actor": resident, "holder": resident.identity}
    asked = {"service": Service.cached.get(service.pk), "idempotency_key": uuid.uuid4()}
    with pytest.raises(RuleViolation) as refused:
        filing.start(**person, beneficiary=resident.identity, **asked)
    assert refused.value.code == "service"
    with pytest.raises(RuleViolation) as refused:
        booking.hold(**person, attendee=resident.identity, slot=slot, operations=1, **asked)
    assert refused.value.code == "service"
    wished = {"operations": 1, "region": slot.office.region, "office": None, "last_day": slot.day}
    with pytest.raises(RuleViolation) as refused:
        booking.wait_for_any_time(
            **person, attendee=resident.identity, service=asked["service"], **wished
        )
    assert refused.value.code == "service"


def test_what_is_sent_asks_the_database(resident, service, other_process):
    draft = factories.draft(resident, service)
    Service.cached.get(service.pk)
    Service.objects.filter(pk=service.pk).update(takes_inquiries=False)
    with pytest.raises(RuleViolation) as refused:
        filing.request_confirmation(
            actor=resident, inquiry=draft, session_key="s" * 32, shown=draft.content_digest()
        )
    assert refused.value.code == "service"
