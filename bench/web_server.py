"""Compare the worker of the web server with gunicorn's own threads, on the same page.

    TAWASUL_DEMO=1 .venv/bin/python bench/web_server.py

It serves the demo's database and takes turns, so that the machine does not matter. The ratios are
of the processor time for a request, with four visitors at once, and what either does while 64
clients send a byte a second.
"""

import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST, PAGE = "127.0.0.1", "/en/services/"
ROUNDS, VISITORS, REQUESTS, SLOW = 5, 4, 50, 64
SECONDS_TO_ANSWER, SECONDS_OF_A_TRY = 30, 5
BEGUN = (
    f"POST {PAGE} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 1000\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\n\r\nbegun="
)


@contextmanager
def served(*options: str) -> Iterator[tuple[int, int]]:
    """Serve with these options of gunicorn; yield the port and the id of the first process."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
    server = subprocess.Popen(
        [*command, "--bind", f"{HOST}:{port}", *options], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + SECONDS_TO_ANSWER
        while not visit(port, 1) and time.monotonic() < deadline:
            time.sleep(0.1)
        visit(port, REQUESTS)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait()


def visit(port: int, count: int, timeout: float = SECONDS_TO_ANSWER) -> int:
    """Open the page so many times on one connection; return how often it was answered."""
    visitor = HTTPConnection(HOST, port, timeout=timeout)
    answered = 0
    with suppress(OSError, HTTPException):
        for _each in range(count):
            visitor.request("GET", PAGE)
            visitor.getresponse().read()
            answered += 1
    visitor.close()
    return answered


def processor_seconds(first: int) -> float:
    """Return the processor time of this process and its children so far."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if first in (int(path.parent.name), int(fields[1])):
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def milliseconds_of_a_request(*options: str) -> float:
    with served(*options) as (port, first), ThreadPoolExecutor(VISITORS) as pool:
        before = processor_seconds(first)
        answered = sum(pool.map(visit, [port] * VISITORS, [REQUESTS] * VISITORS))
        return (processor_seconds(first) - before) * 1000 / answered


def answered_beside_slow_clients(*options: str) -> int:
    with served(*options) as (port, _first), ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection((HOST, port))) for _each in range(SLOW)
        ]
        for each in slow:
            each.sendall(BEGUN.encode())
        ended = threading.Event()

        def drip() -> None:
            while not ended.wait(1):
                for each in slow:
                    with suppress(OSError):
                        each.sendall(b"a")

        dripping = threading.Thread(target=drip)
        dripping.start()
        answered = visit(port, 20, SECONDS_OF_A_TRY)
        ended.set()
        dripping.join()
        return answered


def main() -> None:
    ours, threads = (), ("--worker-class", "gthread")
    ratios = []
    for _round in range(ROUNDS):
        mine, theirs = milliseconds_of_a_request(*ours), milliseconds_of_a_request(*threads)
        ratios.append(mine / theirs)
        print(f"{mine:.2f} ms for a request, {theirs:.2f} with gthread: {ratios[-1]:.2f}")
    print(f"Median of {ROUNDS} ratios: {statistics.median(ratios):.2f}")
    for name, options in (("ours", ours), ("gthread", threads)):
        print(f"Beside {SLOW} slow clients, {name}: {answered_beside_slow_clients(*options)} of 20")


if __name__ == "__main__":
    main()
