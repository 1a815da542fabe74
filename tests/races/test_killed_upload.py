"""A process that is killed while it adds or removes a document: acknowledged ones are kept."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import call_command

from tests import factories
from tests.races.processes import process_of_portal
from tests.requests_app.files import stored_files

pytestmark = pytest.mark.django_db(transaction=True)
both_engines = pytest.mark.both_engines

DAY = 24 * 60 * 60

# The script adds one document, acknowledges it, and then stops at `place` in the next write.
SCRIPT_TO_KILL = """
import signal, sys
import django
django.setup()
from requests_app.actions import attachments
from requests_app.models import Attachment, Inquiry
from tests.races.inquiries import attach, remove

def stop(*args):
    print("there", flush=True)
    signal.pause()

def stop_after(owner, name):
    original = getattr(owner, name)
    setattr(owner, name, lambda *args, **kwargs: stop(original(*args, **kwargs)))

pk, place = sys.argv[1:]
inquiry = Inquiry.objects.get(pk=pk)
attach(inquiry, 60)
print("acknowledged", flush=True)

if place == "file is there":
    stop_after(attachments, "store")
elif place == "row is written and not committed":
    stop_after(Attachment.objects, "create")
elif place == "row is dropped and not committed":
    stop_after(Attachment, "delete")
else:
    attachments.discard = stop
if place.startswith("row is dropped"):
    remove(inquiry)
else:
    attach(inquiry, 61)
"""


def a_day_later():
    """Set the time of every stored file to more than a day ago."""
    then = time.time() - DAY - 60
    for path in Path(storages["private"].base_location).rglob("*"):
        os.utime(path, (then, then))


@pytest.mark.parametrize(
    ("place", "rows", "files"),
    [
        ("file is there", 1, 3),
        pytest.param("row is written and not committed", 1, 3, marks=both_engines),
        pytest.param("row is dropped and not committed", 1, 1, marks=both_engines),
        ("row is dropped and the file is still there", 0, 2),
    ],
)
def test_kill_keeps_acknowledged_files_and_sweep_removes_rest(tmp_path, place, rows, files):
    inquiry = factories.draft()
    factories.document_type()

    script = ("-c", SCRIPT_TO_KILL, str(inquiry.pk), place)
    output = {"stdout": subprocess.PIPE, "text": True}
    with process_of_portal(tmp_path, *script, **output) as process:
        assert process.stdout.readline() == "acknowledged\n"
        assert process.stdout.readline() == "there\n"

    # A file without a row has its preview beside it.
    kept = [each.stored_name for each in inquiry.attachments.all()]
    assert len(kept) == rows
    assert len(stored_files()) == files
    call_command("sweep_documents")
    assert len(stored_files()) == files, "what is younger than a day may be on its way"
    a_day_later()
    call_command("sweep_documents")
    assert len(stored_files()) == rows
    assert all(storages["private"].exists(name) for name in kept)
