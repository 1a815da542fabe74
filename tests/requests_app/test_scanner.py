"""What the portal asks of the virus scanner, a real one and one that misbehaves, and what it makes
of the answers.
"""

import socket
import threading
from contextlib import contextmanager

import pytest

from requests_app import scanner
from requests_app.actions import scan_quarantined
from requests_app.models import ScannerOutage
from requests_app.scanner import Outcome, Verdict, is_reachable, scan
from tests import factories
from tests.clamd import MARKER, MAX_STREAM, SIGNATURE
from tests.conftest import errors_on
from tests.requests_app.files import names_on, stored_files
from tests.requests_app.malware import malware
from tests.requests_app.steps import add_documents

real = pytest.mark.clamd
CLEAN, AWAY, UNABLE = map(Verdict, (Outcome.CLEAN, Outcome.AWAY, Outcome.UNABLE))
VIRUS = Verdict(Outcome.INFECTED, "Some.Virus")
# A database of the tests' own is no official one.
FOUND = Verdict(Outcome.INFECTED, f"{SIGNATURE}.UNOFFICIAL")
SIZE_LIMIT = "INSTREAM size limit exceeded. ERROR"


@real
def test_real_scanner_tells_clean_from_infected(clamd):
    large = b"a" * (MAX_STREAM - 100)
    for content, verdict in (
        (b"", CLEAN),
        (b"a page", CLEAN),
        (large, CLEAN),
        (MARKER, FOUND),
        (large + MARKER, FOUND),
    ):
        assert scan(content, 30) == verdict, len(content)
    assert is_reachable()


@real
def test_file_that_is_too_large_for_the_scanner_is_not_clean(clamd, caplog):
    assert scan(b"a" * 5 * MAX_STREAM, 30) == UNABLE
    told = f"the virus scanner could not scan a document: {SIZE_LIMIT}"
    assert [record.getMessage() for record in caplog.records] == [told]


@real
def test_scanner_that_is_killed_before_or_amid_a_file_is_away(clamd, monkeypatch):
    stream = scanner._stream

    def killed_amid(content):
        first, *others = stream(content)
        yield first
        clamd.kill()
        yield from others

    monkeypatch.setattr(scanner, "_stream", killed_amid)
    assert scan(b"a page", 30) == AWAY
    assert scan(b"a page", 30) == AWAY
    assert not is_reachable()


@real
@pytest.mark.django_db
def test_upload_is_scanned_and_what_came_meanwhile_is_scanned_later(clamd, as_resident, resident):
    factories.document_type()
    inquiry = factories.draft(resident)
    refused = add_documents(as_resident, inquiry, malware())
    assert errors_on(refused) == [
        "“invoice.pdf” contains malware and was not added. Do not open it. "
        "Photograph the paper, or have your device checked and send a clean copy."
    ]
    assert stored_files() == []
    clamd.kill()
    add_documents(as_resident, inquiry, malware(), factories.picture())
    assert [each.status for each in inquiry.attachments.all()] == ["quarantined"] * 2
    assert scan_quarantined() == 0
    assert ScannerOutage.objects.count() == 1
    clamd.start()
    assert scan_quarantined() == 2
    assert [each.status for each in inquiry.attachments.all()] == ["infected", "clean"]
    assert not ScannerOutage.objects.exists()
    page = as_resident.get(f"/en/inquiries/{inquiry.reference}/documents/")
    assert names_on(page) == ["passport.jpg"]
    assert len(stored_files()) == 1


@contextmanager
def server(settings, behave, family=socket.AF_UNIX, address=None):
    """Let `behave` answer each connection in place of a scanner."""
    with socket.socket(family) as listening:
        listening.bind(address or ("127.0.0.1", 0))
        listening.listen()
        where = listening.getsockname()
        tcp = f"clamd+tcp://127.0.0.1:{where[1]}"
        settings.SCANNER = f"clamd+unix://{where}" if family == socket.AF_UNIX else tcp

        def serve():
            with listening.accept()[0] as connection:
                behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join()


def answering(answer, after=None):
    """Return how a scanner answers that has read `after` bytes, or everything to its end."""

    def behave(connection):
        received = b""
        while not (received.endswith(b"\0" * 4) if after is None else len(received) >= after):
            received += connection.recv(after or 65536)
        connection.sendall(answer)

    return behave


def test_every_answer_that_is_not_plain_is_no_verdict(settings, tmp_path, caplog):
    content = b"a" * 4 * 1024 * 1024
    for number, (behave, verdict) in enumerate(
        (
            (answering(b"stream: OK\0"), CLEAN),
            (answering(b"stream: Some.Virus FOUND\0"), VIRUS),
            (answering(b"stream: " + b"x" * 300 + b" FOUND\0"), Verdict("infected", "x" * 100)),
            (answering(b""), AWAY),
            (answering(b"stream: OK"), AWAY),  # cut off
            (answering(b"stream: OK\0", after=1000), AWAY),  # nothing has read the rest
            (answering(b"stream: Some.Virus FOUND\0", after=1000), VIRUS),
            (answering(b"", after=1000), AWAY),
            (answering(b"HTTP/1.1 400 Bad Request\r\n\r\n\0"), AWAY),
            (answering(b"x" * 5000), AWAY),
            (answering(b"stream: Can't allocate memory ERROR\0"), UNABLE),
        )
    ):
        with server(settings, behave, address=str(tmp_path / str(number))):
            assert scan(content, 30) == verdict, number
    told = "the virus scanner could not scan a document: stream: Can't allocate memory ERROR"
    assert [record.getMessage() for record in caplog.records] == [told]


def test_scanner_that_is_asked_over_the_network(settings):
    with server(settings, answering(b"stream: OK\0"), family=socket.AF_INET):
        assert scan(b"a page", 30) == CLEAN


def test_scanner_that_hangs_is_away_at_the_deadline(settings, tmp_path, monkeypatch):
    ended, dripped = threading.Event(), []

    def drip(connection):
        """Send a letter at each tick: no single operation is ever late."""
        while not ended.wait(0.02):
            try:
                connection.sendall(b"s")
                dripped.append(b"s")
            except OSError:
                return

    def be_silent(_connection):
        ended.wait()

    for number, behave in enumerate((drip, be_silent)):
        ended.clear()
        with server(settings, behave, address=str(tmp_path / str(number))):
            assert scan(b"a page", 0.2) == AWAY
            ended.set()
    assert len(dripped) < scanner._MAX_ANSWER_BYTES, "the deadline has cut it, not its length"
    monkeypatch.setattr(scanner, "CONNECT_SECONDS", 0.2)
    with socket.socket(socket.AF_UNIX) as full:
        # Nobody accepts a connection, and no more of them may wait.
        full.bind(str(tmp_path / "full"))
        full.listen(0)
        settings.SCANNER = f"clamd+unix://{tmp_path}/full"
        with socket.socket(socket.AF_UNIX) as first:
            first.connect(str(tmp_path / "full"))
            assert scan(b"a page", 30) == AWAY
            assert not is_reachable()


def test_without_a_scanner_everything_is_clean(settings):
    settings.SCANNER = "none"
    assert scan(MARKER) == CLEAN
    assert is_reachable()
