"""Drafts begun in several tabs, and documents added to one draft at the same moment."""

import uuid
from functools import partial
from threading import BoundedSemaphore

import pytest
from django.db import IntegrityError

from requests_app import actions, waiting_threads
from requests_app.actions import attachments, drafts, upload_limits
from requests_app.models import Attachment, Inquiry
from tests import factories
from tests.races.inquiries import attach
from tests.races.together import at_once, told
from tests.requests_app.files import stored_files

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

FULL = (
    "“{}.jpg” was not added: an inquiry takes at most 10 documents. "
    "Remove one first, or put several pages into one PDF."
)
PARTIES = 20
WIDTHS = range(60, 60 + PARTIES)


def begin_twice(resident):
    """Send the form of the first step twice at once, with the same idempotency key."""
    form = {"service": factories.ServiceFactory(), "idempotency_key": uuid.uuid4()}
    begin = partial(actions.start, actor=resident, beneficiary=resident.identity, **form)
    return at_once(begin, begin)


@pytest.mark.parametrize("_round", range(3))
def test_start_form_sent_twice_makes_one_draft(resident, _round):
    one, other = begin_twice(resident)

    assert one == other == Inquiry.objects.get()


def test_control_with_new_key_each_time_two_drafts_are_made(resident, guards):
    guards.take_out_form_keys(drafts)

    one, other = begin_twice(resident)

    assert one != other
    assert {one, other} == set(Inquiry.objects.all())


def first_step(browser, person, idempotency_key):
    """Post the first step of a new inquiry for this person; return the response and the service."""
    service = factories.ServiceFactory()
    form = {"idempotency_key": idempotency_key, "beneficiary": person.identity_id}
    return browser.post("/en/inquiries/new/", {**form, "service": service.slug}), service


def test_back_and_another_service_makes_new_draft(resident, as_resident):
    # A browser that goes back shows the form as it was, with its key.
    idempotency_key = uuid.uuid4()
    first_step(as_resident, resident, idempotency_key)

    response, chosen = first_step(as_resident, resident, idempotency_key)

    reference = response.url.split("/")[3]
    assert Inquiry.objects.get(reference=reference).service == chosen


def test_form_key_of_foreign_draft_opens_nothing(resident, as_resident):
    draft = factories.draft()

    response, _service = first_step(as_resident, resident, draft.idempotency_key)

    assert response.status_code in (200, 302)
    assert draft.reference not in response.headers.get("Location", "")


@pytest.fixture
def draft(db):
    factories.document_type()
    return factories.draft()


@pytest.fixture
def with_nine(draft):
    for width in range(31, 40):
        attach(draft, width)
    return draft


@pytest.fixture(autouse=True)
def _no_upload_waits(monkeypatch):
    """Let as many uploads be checked at once as there are parties, by one person too."""
    monkeypatch.setattr(upload_limits, "MAX_AT_ONCE", PARTIES)
    monkeypatch.setattr(waiting_threads, "_free", BoundedSemaphore(PARTIES))


def add_twenty(inquiry):
    return at_once(*(partial(attach, inquiry, width) for width in WIDTHS))


def test_attach_twenty_with_room_for_one_adds_one(with_nine, guards):
    guards.wait_after(attachments, "store", parties=PARTIES)

    results = add_twenty(with_nine)

    (taken,) = [result for result in results if isinstance(result, Attachment)]
    others = [width for width in WIDTHS if taken.original_name != f"{width}.jpg"]
    assert told(results) == [FULL.format(width) for width in others]
    assert [each.position for each in with_nine.attachments.all()] == list(range(1, 11))
    assert len(stored_files()) == 10


def test_control_without_lock_attach_twenty_adds_twenty(with_nine, guards):
    guards.take_out_row_locks()
    guards.wait_after(attachments, "_check_room", parties=PARTIES)

    assert told(add_twenty(with_nine)) == []

    assert with_nine.attachments.count() == 29


def test_attach_same_document_twenty_times_adds_once(draft, guards):
    guards.wait_after(attachments, "store", parties=PARTIES)

    assert set(at_once(*[partial(attach, draft)] * PARTIES)) == {Attachment.objects.get()}
    assert len(stored_files()) == 1


def test_control_without_lock_attach_twice_violates_constraint(draft, guards):
    guards.take_out_row_locks()
    guards.wait_after(attachments, "_check_room", parties=2)

    with pytest.raises(IntegrityError, match="attachment_once"):
        at_once(*[partial(attach, draft)] * 2)

    assert len(stored_files()) == 3  # with the preview of the one without a row
