"""The decoder when it is busy, dies, or is away: nobody's file is called damaged for it."""

import fcntl
from datetime import timedelta
from functools import partial
from threading import BoundedSemaphore, Thread

import pytest
from django.utils import timezone

from core import template_filters
from requests_app import decoder as asking
from requests_app import waiting_threads
from requests_app.models import Attachment, Upload
from requests_app.models.uploads import forget_old_uploads
from tests import factories
from tests.conftest import errors_on
from tests.decoder import decoder
from tests.races.together import until
from tests.requests_app.files import MEGABYTE, names_on, pdf, photo, stored_files, upload
from tests.requests_app.steps import add_documents

BUSY = "could not be checked just now. Send it again in a minute."
# What a child of the decoder does in place of its work.
ENDS = {
    # It may write no file.
    "os.write(os.memfd_create('file'), b'.')": (
        "cannot be read; it may be damaged. Save or photograph it again."
    ),
    "os.kill(os.getpid(), signal.SIGSEGV)": (
        "cannot be read; it may be damaged. Save or photograph it again."
    ),
    "os.kill(os.getpid(), signal.SIGKILL)": (
        "takes too long to check. Print it to a new PDF or photograph it, and send that one."
    ),
    "os.kill(os.getpid(), signal.SIGALRM)": BUSY,
    "os._exit(3)": BUSY,
}


@pytest.fixture
def add(as_resident, resident):
    factories.document_type()
    return partial(add_documents, as_resident, factories.draft(resident))


def is_told_to_come_again(page, name="a.jpg"):
    assert errors_on(page) == [f"“{name}” {BUSY}"]
    assert page.status_code == 503
    assert int(page["Retry-After"]) > 0
    assert stored_files() == []
    assert not Upload.objects.exists(), "it counts among the sixty of an hour"
    return True


def test_child_that_dies_ends_one_upload_alone(add, settings):
    for end, sentence in ENDS.items():
        with decoder(clean=end) as (_process, settings.DECODER_SOCKET):
            page = add(photo("a.jpg"))
            assert errors_on(page) == [f"“a.jpg” {sentence}"], end
            assert (page.status_code == 503) == (sentence == BUSY), end
            assert add(upload("a.pdf", pdf())).status_code == page.status_code, end


def test_file_waits_for_nothing_while_the_decoder_is_away(add, settings):
    with decoder() as (process, settings.DECODER_SOCKET):
        process.kill()
        process.wait()
        assert is_told_to_come_again(add(photo("a.jpg")))
    with decoder() as (_process, settings.DECODER_SOCKET):
        assert names_on(add(photo("a.jpg"))) == ["a.jpg"]


@pytest.fixture
def gate(settings, tmp_path):
    """Let the decoder hold every PDF until this gate is unlocked."""
    gate = (tmp_path / "gate").open("w")
    lock = f"__import__('fcntl').flock(open({gate.name!r}), {fcntl.LOCK_SH})"
    hold = f"original.startswith(b'%PDF') and {lock}"
    with gate, decoder(at_once=3, clean=hold) as (_process, settings.DECODER_SOCKET):
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield gate
        fcntl.flock(gate, fcntl.LOCK_UN)


@pytest.fixture
def held():
    """Return a function that asks for so many PDFs, each in a thread, and gives the threads."""
    threads = []

    def held(number):
        for _each in range(number):
            thread = Thread(target=asking.clean, args=(pdf(), "application/pdf"))
            threads.append(thread)
            thread.start()
        until(lambda: waiting_threads._free._value == 2 - number)
        return threads

    yield held
    for thread in threads:
        thread.join()


def test_quick_file_does_not_wait_for_the_end_of_a_slow_one(add, gate, held):
    (slow,) = held(1)
    assert names_on(add(photo("a.jpg"))) == ["a.jpg"]
    assert slow.is_alive()
    fcntl.flock(gate, fcntl.LOCK_UN)


def test_half_of_the_threads_never_wait_for_the_decoder(add, gate, held, as_resident):
    """Of four threads, which are as many as there are unless told."""
    waiting = held(2)
    assert is_told_to_come_again(add(photo("a.jpg")))
    fcntl.flock(gate, fcntl.LOCK_UN)
    for thread in waiting:
        thread.join()
    assert names_on(add(photo("a.jpg"))) == ["a.jpg"]


def test_person_sends_60_files_within_an_hour(add, resident):
    """Files that are refused take as long to check as the others."""
    first = timezone.now() - timedelta(minutes=20)
    Upload.objects.bulk_create(
        Upload(user=resident, began_at=first, ended_at=first) for _file in range(59)
    )
    assert errors_on(add(upload("a.txt", b"text"))) != []
    again = template_filters.time_of_day(first + timedelta(hours=1))
    page = add(photo("a.jpg"))
    assert errors_on(page) == [
        "“a.jpg” was not added: you have sent 60 files within an hour. "
        f"Send it again from {again} on."
    ]
    assert page.status_code == 200
    Upload.objects.filter(began_at=first).update(began_at=first - timedelta(minutes=41))
    assert names_on(add(photo("a.jpg"))) == ["a.jpg"]
    assert (forget_old_uploads(), Upload.objects.count()) == (59, 2)


def test_upload_of_a_killed_process_counts_two_minutes(add, resident):
    begun = timezone.now() - timedelta(minutes=1)
    Upload.objects.bulk_create(Upload(user=resident, began_at=begun) for _file in range(3))
    assert add(photo("a.jpg")).status_code == 503
    Upload.objects.update(began_at=begun - timedelta(minutes=2))
    assert names_on(add(photo("a.jpg"))) == ["a.jpg"]


def test_page_of_a_document_that_grew_when_it_was_stored_is_drawn():
    """A PNG with a palette of 10 MB becomes one of thirty."""
    grown = factories.picture().read() + bytes(30 * MEGABYTE)
    assert asking.picture_of(grown, "image/jpeg", page=1, side=10).startswith(b"\xff\xd8")


def test_first_page_does_not_wait_for_a_thread(monkeypatch, add):
    """Only pages that staff look at may: uploads leave half of the threads free."""
    taken = BoundedSemaphore(1)
    monkeypatch.setattr(waiting_threads, "_free", taken)
    cleaned = asking.clean(pdf(), "application/pdf")

    def clean_and_lose_the_place(*_file):
        taken.acquire()
        return cleaned

    monkeypatch.setattr(asking, "clean", clean_and_lose_the_place)
    monkeypatch.setattr(taken, "acquire", partial(at_once_or_never, taken.acquire))
    assert names_on(add(upload("scan.pdf", pdf()))) == ["scan.pdf"]
    assert Attachment.objects.get().preview_stored_name is None


def at_once_or_never(acquire, blocking=True, timeout=None):
    assert not timeout, "an upload waits for a thread"
    return acquire(blocking, timeout)
