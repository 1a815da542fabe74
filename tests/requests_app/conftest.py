from contextlib import contextmanager

import pytest

from core.accounts.models import User
from requests_app import decoder_server
from requests_app.models import Attachment, Inquiry
from tests import factories
from tests.conftest import errors_on
from tests.decoder import cpu_seconds
from tests.requests_app.files import names_on, stored_files, upload
from tests.requests_app.people import People, after
from tests.requests_app.steps import add_documents
from tests.worlds import undone, world


@world
def settled():
    """Return the keys of People, and those of an inquiry of theirs in each status."""
    people = People.new()
    by_status = {status: people.inquiry_in(status).pk for status in Inquiry.Status.values}
    return [person.pk for person in people], by_status


@pytest.fixture
def people(settled, db):
    return People(*(User.objects.get(pk=pk) for pk in settled[0]))


@pytest.fixture
def inquiry_in(settled, people):
    """Return a function that fetches the inquiry in a status, ready for an event."""

    def inquiry_in(status, event_type=None):
        inquiry = Inquiry.objects.get(pk=settled[1][status])
        if event_type == "claimed" and inquiry.is_at_the_desk:
            inquiry = people.do("released", inquiry)
        return inquiry

    return inquiry_in


@world
def handled():
    """Return the keys of the inquiries of `resident` by their state; `officer` has or had them."""
    ways = {
        "queue": [],
        "claimed": ["claimed"],
        "returned": ["claimed", "returned"],
        "answered": ["claimed", "returned", "resubmitted"],
        "answered, released": ["claimed", "returned", "resubmitted", "released"],
        "approved": ["claimed", "approved"],
        "rejected": ["claimed", "rejected"],
        "closed": ["claimed", "approved", "closed"],
        "withdrawn": ["withdrawn"],
    }
    officer = factories.OfficerFactory(username="officer")
    factories.OfficerFactory(username="colleague")
    resident = factories.UserFactory(username="resident")
    return {
        state: after(factories.filed(resident), officer, *events).pk
        for state, events in ways.items()
    }


@pytest.fixture
def handled_inquiry(handled, db):
    """Return a function that fetches the inquiry in a state."""
    return lambda state: Inquiry.objects.get(pk=handled[state])


@world
def choosable():
    """Return the keys of four inquiries for bulk actions by their state; `officer` has them."""
    ways = {"filed": [], "claimed": ["claimed"], "approved": ["claimed", "approved"]}
    officer = factories.supervisor(username="officer")
    return {
        state: [after(factories.filed(), officer, *events).pk for _row in range(4)]
        for state, events in ways.items()
    }


@pytest.fixture
def ready(choosable, db):
    """Return a function that fetches inquiries on which `officer` can carry out an action."""

    def ready(name, count=2):
        state = {"claim": "filed", "close": "approved"}.get(name, "claimed")
        return list(Inquiry.objects.filter(pk__in=choosable[state][:count]).order_by("pk"))

    return ready


@pytest.fixture
def send_file(as_resident, resident, decoder_process):
    """Return a context in which a file has been sent on the third step, and the page that follows.

    The kernel checks the limit only once a tick, so the sanitizer may exceed it a little.
    """
    factories.document_type()
    inquiry = factories.draft(resident)

    @contextmanager
    def send_file(name, content):
        before = cpu_seconds(decoder_process)
        with undone():
            page = add_documents(as_resident, inquiry, upload(name, content))
            assert page.status_code == 200, name
            yield page
        spent = cpu_seconds(decoder_process) - before
        assert spent < decoder_server.MAX_SECONDS + 0.5, name

    return send_file


@pytest.fixture
def refuse_files(send_file):
    """Return a function that sends files by their names; each is refused with this sentence."""

    def refuse_files(files, sentence):
        for name, content in files.items():
            with send_file(name, content) as page:
                assert errors_on(page) == [f"“{name}” {sentence}"]
                assert not stored_files(), name
                assert not Attachment.objects.exists(), name

    return refuse_files


@pytest.fixture
def keep_file(send_file):
    """Return a function that sends a file, checks that it is kept, and returns the stored bytes."""

    def keep_file(name, content):
        with send_file(name, content) as page:
            assert errors_on(page) == [], name
            assert len(names_on(page)) == 1, name
            (stored,) = stored_files()
            return stored

    return keep_file
