"""Deadlines for a whole conversation with a server, however slowly it answers.

The timeout of a socket counts each operation alone: a server that sends a byte every few seconds
would hold its client for ever.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPSConnection
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult


class Deadline:
    """A context for one conversation: once its seconds are over, the connection is cut.

    What uses the connection then meets an OSError or the end of the answer, and leaving the context
    raises TimeoutError, whatever was received.
    """

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._watched: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _frames: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            while self._watched:
                self._watched.pop().close()
        if kind is None:
            self.check()

    def check(self) -> None:
        """Raise TimeoutError if the time is over."""
        if time.monotonic() >= self._ends:
            raise TimeoutError("the deadline has passed")

    def watch(self, sock: socket.socket) -> None:
        """Cut this connection at the deadline. Raise TimeoutError if it has passed already."""
        self.check()
        with self._lock:
            # A duplicate shuts the same connection, also once TLS has taken over the socket.
            self._watched.append(socket.socket(fileno=os.dup(sock.fileno())))

    def _cut(self) -> None:
        with self._lock:
            for sock in self._watched:
                # The server may have been quicker.
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)


@contextmanager
def http_connection(
    address: SplitResult, *, timeout: float, seconds: float
) -> Iterator[HTTPConnection]:
    """Open a connection to an http or https address; it is cut after `seconds`.

    `timeout` limits each operation, that of connecting among them. Redirects are not followed.
    """
    connect = {"https": HTTPSConnection, "http": HTTPConnection}[address.scheme]
    with (
        closing(connect(address.netloc, timeout=timeout)) as connection,
        Deadline(seconds) as deadline,
    ):
        connection.connect()
        deadline.watch(connection.sock)
        yield connection
