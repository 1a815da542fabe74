"""The virus scanner: what it says about a file.

It is clamd, the daemon of ClamAV, asked over its socket; its address is the setting SCANNER. The
commands are those of `man clamd`.
"""

import logging
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings

from core.deadlines import Deadline

logger = logging.getLogger(__name__)
NO_SCANNER = "none"
CONNECT_SECONDS = 2
# While somebody waits; a document that takes longer goes into quarantine and is scanned again.
UPLOAD_SECONDS = 5
_CHUNK_BYTES = 256 * 1024
_MAX_ANSWER_BYTES = 1024
_MAX_SIGNATURE_LENGTH = 100


class Outcome(StrEnum):
    CLEAN = "clean"
    INFECTED = "infected"
    AWAY = "away"  # no answer: it was not reached, was cut off, or took too long
    UNABLE = "unable"  # it has answered that it cannot tell


@dataclass(frozen=True)
class Verdict:
    """What the scanner says: an outcome, and of an infected file the name of the signature."""

    outcome: Outcome
    signature: str = ""


def scan(content: bytes, seconds: float = UPLOAD_SECONDS) -> Verdict:
    """Return the scanner's verdict on the content of a file, after `seconds` at most.

    No error is raised: whatever keeps the scanner from telling is an outcome of its own. Without a
    scanner, as in the demo, everything is clean.
    """
    if settings.SCANNER == NO_SCANNER:
        return Verdict(Outcome.CLEAN)
    try:
        answer, has_all = _ask(b"zINSTREAM\0", _stream(content), seconds)
    except OSError:
        return Verdict(Outcome.AWAY)
    if found := re.fullmatch("stream: (.+) FOUND", answer):
        return Verdict(Outcome.INFECTED, found[1][:_MAX_SIGNATURE_LENGTH])
    if answer == "stream: OK" and has_all:
        return Verdict(Outcome.CLEAN)
    if not answer.endswith("ERROR"):
        return Verdict(Outcome.AWAY)
    # As where the scanner takes smaller files than the portal does (StreamMaxLength).
    logger.error("the virus scanner could not scan a document: %s", answer)
    return Verdict(Outcome.UNABLE)


def is_reachable() -> bool:
    """Return whether the scanner answers; without one, nothing is missing."""
    if settings.SCANNER == NO_SCANNER:
        return True
    try:
        return _ask(b"zPING\0", (), CONNECT_SECONDS)[0] == "PONG"
    except OSError:
        return False


def _ask(command: bytes, chunks: Iterator[bytes] | tuple[()], seconds: float) -> tuple[str, bool]:
    """Send a command with what belongs to it; return the answer, and whether all could be sent.

    An answer that is cut off is empty. Raise OSError without a connection or at the deadline.
    """
    with closing(_connect()) as connection, Deadline(seconds) as deadline:
        deadline.watch(connection)
        connection.settimeout(seconds)
        has_all = True
        try:
            for part in (command, *chunks):
                connection.sendall(part)
        except ConnectionError:
            # It may have said why before it closed the connection.
            has_all = False
        return _answer(connection), has_all


def _connect() -> socket.socket:
    address = urlsplit(settings.SCANNER)
    if address.scheme == "clamd+tcp":
        return socket.create_connection((address.hostname, address.port), CONNECT_SECONDS)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(CONNECT_SECONDS)
        connection.connect(address.path)
    except OSError:
        connection.close()
        raise
    return connection


def _stream(content: bytes) -> Iterator[bytes]:
    """Yield the chunks of INSTREAM: each with its length before it, and an empty one at the end."""
    for at in range(0, len(content), _CHUNK_BYTES):
        chunk = content[at : at + _CHUNK_BYTES]
        yield struct.pack("!L", len(chunk)) + chunk
    yield struct.pack("!L", 0)


def _answer(connection: socket.socket) -> str:
    received = b""
    while b"\0" not in received and len(received) < _MAX_ANSWER_BYTES:
        part = connection.recv(_MAX_ANSWER_BYTES)
        if not part:
            return ""
        received += part
    return received.partition(b"\0")[0].decode("ascii", "replace").strip()
