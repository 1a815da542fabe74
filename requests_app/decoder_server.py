"""Decode files for the web processes: `python -m requests_app.decoder_server SOCKET`.

This process has the libraries loaded, so that no file waits for them, and forks a child for each
file, with limits of its own. It knows no database and no keys. Requests wait in the queue of the
socket until one of --at-once children has ended.

A request is a line of JSON with `job` ("clean", or "picture" of a page) and its arguments, and the
file until the end; the answer a line of JSON, with `refused` if there is none, and the new file.
Imports no Django.
"""

import argparse
import gc
import io
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path
from typing import NoReturn

import pikepdf
from PIL import Image

from requests_app.cleaned import Cleaned
from requests_app.page_pictures import picture_of
from requests_app.refused import Refused
from requests_app.sanitizer import clean
from requests_app.signature_roots import read_roots

MAX_SECONDS = 4  # of processor time, for one file
MAX_SECONDS_IN_ALL = 20  # from its first byte to the answer; a busy machine takes longer
MAX_MEMORY = 1024**3  # bytes
# Bytes; what is stored can be larger than what was sent: 4,000 by 4,000 points of a PNG take 48 MB.
MAX_REQUEST = 64 * 1024 * 1024
_WAITING = 64  # requests in the queue of the socket

# What a child was ended by, and what it says about the file. Any other end says nothing about it.
ENDED_BY = {
    -signal.SIGXCPU: "exhausting",
    -signal.SIGKILL: "exhausting",  # sent at the hard limit of processor time
    -signal.SIGSEGV: "damaged",
    -signal.SIGBUS: "damaged",
    -signal.SIGABRT: "damaged",
}


def serve(listener: socket.socket, at_once: int, roots: Sequence[bytes]) -> None:
    """Answer requests until SIGTERM, each in a child, at most `at_once` of them at a time.

    `roots` are the certificates, in DER, that signatures may lead to.
    """
    gc.collect()
    gc.freeze()  # so that no child copies what it only reads
    at_work: dict[int, tuple[int, socket.socket]] = {}
    while True:
        watched = [*at_work] if len(at_work) >= at_once else [*at_work, listener.fileno()]
        for source in wait(watched):
            if source in at_work:
                os.close(source)
                _finish(*at_work.pop(source))
                continue
            connection, _address = listener.accept()
            child = os.fork()
            if not child:
                _answer_and_exit(connection, roots)
            at_work[os.pidfd_open(child)] = child, connection


def warm_up() -> None:
    """Decode a point and an empty page, as the libraries load much of themselves at first use."""
    for picture_format in ("JPEG", "PNG", "WEBP", "AVIF"):
        point = io.BytesIO()
        Image.new("RGB", (1, 1)).save(point, picture_format)
        clean(point.getvalue(), f"image/{picture_format.lower()}", roots=())
    page = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.pages[0].Contents = pdf.make_stream(b"q Q")
        pdf.save(page)
    drawable = clean(page.getvalue(), "application/pdf", roots=()).content
    picture_of(drawable, "application/pdf", page=1, side=1)


def _finish(child: int, connection: socket.socket) -> None:
    """Say why a child has ended without an answer, and end the connection."""
    _child, status = os.waitpid(child, 0)
    ended = os.waitstatus_to_exitcode(status)
    # Other children hold copies of this connection, so that closing it alone would not end it.
    with suppress(OSError), connection:
        if ended:
            connection.sendall(_refusal(ENDED_BY.get(ended, "busy")))
        connection.shutdown(socket.SHUT_RDWR)


def _answer_and_exit(connection: socket.socket, roots: Sequence[bytes]) -> NoReturn:
    """Do what one request asks, in its own child, without anything that the parent would do."""
    status = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.alarm(MAX_SECONDS_IN_ALL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it has nothing to write
        _answer(connection, roots)
        status = 0
    finally:
        os._exit(status)


def _answer(connection: socket.socket, roots: Sequence[bytes]) -> None:
    with connection.makefile("rb") as stream:
        request = stream.read(MAX_REQUEST + 1)
    line, _newline, original = request.partition(b"\n")
    if len(request) <= MAX_REQUEST:
        connection.sendall(do(json.loads(line), original, roots))


def do(asked: dict, original: bytes, roots: Sequence[bytes]) -> bytes:
    """Do what a request asks, in a process that is limited for good; return the answer."""
    limit_this_process()
    try:
        if asked["job"] == "picture":
            picture = picture_of(original, asked["content_type"], asked["page"], asked["side"])
            return Cleaned(picture).to_bytes()
        return clean(original, asked["content_type"], roots).to_bytes()
    except Refused as refused:
        return _refusal(str(refused))
    except MemoryError:
        return _refusal("exhausting")
    except Exception:  # whatever the libraries raise for a file that is none
        return _refusal("damaged")


def limit_this_process() -> None:
    """Limit processor time and memory."""
    for limit, value in (
        (resource.RLIMIT_CPU, MAX_SECONDS),
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))


def _refusal(reason: str) -> bytes:
    return json.dumps({"refused": reason}).encode() + b"\n"


def listen(path: Path) -> socket.socket:
    """Return a socket at this path that only this user can connect to."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    listener.bind(str(path))
    os.umask(mask)
    listener.listen(_WAITING)
    return listener


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("socket", type=Path)
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--at-once", type=int, default=cores, help=f"files at once ({cores})")
    parser.add_argument(
        "--signature-roots",
        default="",
        help="a file of certificates in PEM, or a folder of such files: authorities that are known",
    )
    options = parser.parse_args()
    try:
        roots = read_roots(options.signature_roots)
    except (OSError, ValueError) as error:
        sys.exit(f"The decoder cannot start: {error}.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    warm_up()
    with listen(options.socket) as listener:
        serve(listener, options.at_once, roots)


if __name__ == "__main__":
    main()
