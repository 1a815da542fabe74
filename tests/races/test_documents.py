"""Documents added, removed and submitted at the same moment, and a process that is killed.

The documents that are filed are always those that the applicant confirmed.
"""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import IntegrityError, connection

from requests_app import actions
from requests_app.actions import attachments
from requests_app.models import Attachment, Inquiry
from tests import factories
from tests.races.together import (
    DEADLINE_SECONDS,
    at_once,
    lock_is_awaited,
    take_out_row_locks,
    told,
    until,
    wait_after,
)
from tests.requests_app.files import stored_files

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db(transaction=True)]
parallel = pytest.mark.postgres

SESSION = "session-of-the-applicant"
CHANGED = (
    "The inquiry has changed since this code was sent. Check your answers and ask for a new code."
)
FILED = "This inquiry has already been sent and cannot be changed."
FULL = (
    "“{}.jpg” was not added: an inquiry takes at most 10 documents. "
    "Remove one first, or put several pages into one PDF."
)
PARTIES = 20
DAY = 24 * 60 * 60


def photo(width):
    """Return a picture whose content differs for each width."""
    return factories.picture(f"{width}.jpg", size=(width, 40))


def attach(inquiry, width=60):
    return factories.attached(Inquiry.objects.get(pk=inquiry.pk), photo(width))


def remove(attachment):
    inquiry = attachment.inquiry
    actions.remove(actor=inquiry.applicant, inquiry=inquiry, pk=attachment.pk)


def submit(inquiry, code):
    return actions.submit(actor=inquiry.applicant, inquiry=inquiry, session_key=SESSION, guess=code)


def now(inquiry):
    return Inquiry.objects.get(pk=inquiry.pk)


def matches_confirmation(filed):
    return filed.content_digest() == filed.events.get().content_digest


def with_nine(inquiry):
    for width in range(31, 40):
        attach(inquiry, width)
    return inquiry


# The limit


def add_twenty(inquiry):
    return at_once(*(partial(attach, inquiry, width) for width in range(60, 60 + PARTIES)))


@parallel
def test_attach_twenty_with_room_for_one_adds_one(monkeypatch):
    inquiry = with_nine(factories.draft())
    wait_after(monkeypatch, attachments, "store", parties=PARTIES)

    results = add_twenty(inquiry)

    (taken,) = [result for result in results if isinstance(result, Attachment)]
    others = [f"{width}.jpg" for width in range(60, 60 + PARTIES)]
    others.remove(taken.original_name)
    assert told(results) == [FULL.format(name.removesuffix(".jpg")) for name in others]
    assert inquiry.attachments.count() == 10
    assert len(stored_files()) == 10
    assert [each.position for each in inquiry.attachments.all()] == list(range(1, 11))


@parallel
def test_control_without_lock_attach_twenty_adds_twenty(monkeypatch):
    inquiry = with_nine(factories.draft())
    take_out_row_locks(monkeypatch)
    wait_after(monkeypatch, attachments, "_last_position", parties=PARTIES)

    assert told(add_twenty(inquiry)) == []

    assert inquiry.attachments.count() == 29


# The same document


@parallel
def test_attach_same_document_twenty_times_adds_once(monkeypatch):
    inquiry = factories.draft()
    factories.document_type()
    wait_after(monkeypatch, attachments, "store", parties=PARTIES)

    results = at_once(*[partial(attach, inquiry)] * PARTIES)

    assert set(results) == {Attachment.objects.get()}
    assert len(stored_files()) == 1


@parallel
def test_control_without_lock_attach_twice_violates_constraint(monkeypatch):
    inquiry = factories.draft()
    factories.document_type()
    take_out_row_locks(monkeypatch)
    wait_after(monkeypatch, attachments, "_last_position", parties=2)

    with pytest.raises(IntegrityError, match="attachment_once"):
        at_once(*[partial(attach, inquiry)] * 2)

    assert len(stored_files()) == 2


# During the submission


@parallel
@pytest.mark.parametrize("_round", range(5))
def test_attach_against_submit_one_succeeds(_round):
    inquiry = factories.draft()
    attach(inquiry)
    code = factories.confirmation(inquiry, SESSION)

    results = at_once(partial(submit, inquiry, code), partial(attach, inquiry, 61))

    after = now(inquiry)
    if after.is_draft:
        assert told(results) == [CHANGED]
        assert after.attachments.unsent().count() == 2
    else:
        assert told(results) == [FILED]
        assert matches_confirmation(after)
        assert after.attachments.sent().count() == 1
        assert not after.attachments.unsent().exists()
    assert len(stored_files()) == after.attachments.count()


@parallel
@pytest.mark.parametrize("_round", range(5))
def test_remove_against_submit_one_succeeds(_round):
    inquiry = factories.draft()
    document = attach(inquiry)
    code = factories.confirmation(inquiry, SESSION)

    results = at_once(partial(submit, inquiry, code), partial(remove, document))

    after = now(inquiry)
    if after.is_draft:
        assert told(results) == [CHANGED]
        assert not stored_files()
    else:
        assert told(results) == [FILED]
        assert matches_confirmation(after)
        assert len(stored_files()) == 1
    assert len(stored_files()) == after.attachments.count()


def submit_during(action, monkeypatch, inquiry, code, *, owner, name):
    """Submit while `action` is about to call `name`.

    `action` goes on once the submission has ended or waits for a lock.
    """
    has_looked, is_through = Event(), Event()
    write = getattr(owner, name)

    def write_late(*args, **kwargs):
        has_looked.set()
        until(lambda: is_through.is_set() or lock_is_awaited())
        return write(*args, **kwargs)

    def send():
        assert has_looked.wait(DEADLINE_SECONDS)
        result = submit(inquiry, code)
        is_through.set()
        return result

    monkeypatch.setattr(owner, name, write_late)
    return told(at_once(send, action))


def submit_during_attach(monkeypatch, inquiry, code):
    return submit_during(
        partial(attach, inquiry, 61),
        monkeypatch,
        inquiry,
        code,
        owner=Attachment.objects,
        name="create",
    )


def submit_during_remove(monkeypatch, inquiry, code):
    return submit_during(
        partial(remove, inquiry.attachments.get()),
        monkeypatch,
        inquiry,
        code,
        owner=Attachment,
        name="delete",
    )


@pytest.fixture
def confirmed(db):
    """A draft with one document, and the code that confirms it."""
    inquiry = factories.draft()
    attach(inquiry)
    return inquiry, factories.confirmation(inquiry, SESSION)


@parallel
@pytest.mark.parametrize(
    ("submit_meanwhile", "left"), [(submit_during_attach, 2), (submit_during_remove, 0)]
)
def test_submit_waits_for_document_change_and_is_refused(
    monkeypatch, confirmed, submit_meanwhile, left
):
    inquiry, code = confirmed

    assert submit_meanwhile(monkeypatch, inquiry, code) == [CHANGED]

    assert now(inquiry).is_draft
    assert inquiry.attachments.unsent().count() == len(stored_files()) == left


@parallel
def test_control_without_lock_filed_inquiry_gains_document(monkeypatch, confirmed):
    inquiry, code = confirmed
    take_out_row_locks(monkeypatch)

    assert submit_during_attach(monkeypatch, inquiry, code) == []

    assert not now(inquiry).is_draft
    assert inquiry.attachments.unsent().count() == 1
    assert not matches_confirmation(now(inquiry))


@parallel
def test_control_without_lock_filed_inquiry_loses_document(monkeypatch, confirmed):
    inquiry, code = confirmed
    take_out_row_locks(monkeypatch)

    assert submit_during_remove(monkeypatch, inquiry, code) == []

    assert not now(inquiry).is_draft
    assert not stored_files()
    assert not matches_confirmation(now(inquiry))


# A killed process

# The script adds one document, acknowledges it, and then stops at `place` in the next write.
SCRIPT_TO_KILL = """
import sys, signal
import django
django.setup()
from requests_app.actions import attachments
from requests_app.models import Attachment, Inquiry
from tests.races.test_documents import attach, remove

pk, place = sys.argv[1:]
inquiry = Inquiry.objects.get(pk=pk)
first = attach(inquiry, 60)
print("acknowledged", flush=True)

def stop_after(owner, name):
    original = getattr(owner, name)
    def do_and_stop(*args, **kwargs):
        original(*args, **kwargs)
        print("there", flush=True)
        signal.pause()
    setattr(owner, name, do_and_stop)

if place == "file is there":
    stop_after(attachments, "store")
    attach(inquiry, 61)
elif place == "row is written and not committed":
    stop_after(Attachment.objects, "create")
    attach(inquiry, 61)
elif place == "row is dropped and not committed":
    stop_after(Attachment, "delete")
    remove(first)
else:
    attachments.discard = lambda name: (print("there", flush=True), signal.pause())
    remove(first)
"""


@contextmanager
def stopping_process(inquiry, place, data_folder):
    name = connection.settings_dict["NAME"]
    address = (
        f"sqlite:///{name}"
        if connection.vendor == "sqlite"
        else urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    )
    environment = {
        **os.environ,
        "DATABASE_URL": address,
        "DATA_DIR": str(data_folder),
        "DJANGO_SETTINGS_MODULE": "tawasul.settings",
    }
    command = [sys.executable, "-c", SCRIPT_TO_KILL, str(inquiry.pk), place]
    with subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def a_day_later():
    """Set the time of every stored file to more than a day ago."""
    then = time.time() - DAY - 60
    for path in Path(storages["private"].base_location).rglob("*"):
        os.utime(path, (then, then))


@pytest.mark.parametrize(
    ("place", "rows", "files"),
    [
        ("file is there", 1, 2),
        ("row is written and not committed", 1, 2),
        ("row is dropped and not committed", 1, 1),
        ("row is dropped and the file is still there", 0, 1),
    ],
)
def test_kill_keeps_acknowledged_files_and_sweep_removes_rest(tmp_path, place, rows, files):
    inquiry = factories.draft()
    factories.document_type()

    with stopping_process(inquiry, place, tmp_path) as process:
        assert process.stdout.readline() == "acknowledged\n"
        assert process.stdout.readline() == "there\n"
        process.kill()

    kept = [each.stored_name for each in inquiry.attachments.all()]
    assert len(kept) == rows
    assert len(stored_files()) == files
    call_command("sweep_documents")
    assert len(stored_files()) == files, "what is younger than a day may be on its way"
    a_day_later()
    call_command("sweep_documents")
    assert len(stored_files()) == rows
    assert all(storages["private"].exists(name) for name in kept)
