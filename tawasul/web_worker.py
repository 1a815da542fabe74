"""The worker of the web server: a process of gunicorn in which waitress talks to the clients.

In gunicorn's own workers a thread waits while a request arrives and while its answer is taken: as
many slow clients as there are threads, and nobody else is served. Waitress does both in a loop
beside the threads, with what does not fit into memory in temporary files. A thread gets a request
once it is there as a whole.
"""

import os
import select
import time

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server

MB = 1024 * 1024
MAX_BODY = 45 * MB  # an inquiry takes 40 MB of documents
MAX_HEAD = 32 * 1024
# A connection takes up to three file descriptors, and a process often has no more than 1,024.
MAX_CONNECTIONS = 300
# What a request and its answer may take on their way: 40 MB at 0.5 Mbit/s are eleven minutes.
SECONDS_ON_THE_WAY = 15 * 60
TURN_SECONDS = 0.5
# Somebody whose connection was taken last may have their request still on the way.
SECONDS_TO_LINGER = 0.5


class WebWorker(Worker):
    """Serves until it is told to end, and then finishes the requests that have arrived."""

    def run(self) -> None:
        self._dispatchers: dict[int, wasyncore.dispatcher] = {}
        self._busy_since: dict[HTTPChannel, float] = {}
        create_server(
            self.wsgi,
            self._dispatchers,
            sockets=[each.sock for each in self.sockets],
            threads=self.cfg.threads,
            max_request_body_size=MAX_BODY,
            max_request_header_size=MAX_HEAD,
            connection_limit=MAX_CONNECTIONS,
            # Which proxy is believed is for Django's settings to say.
            clear_untrusted_proxy_headers=False,
            ident="",
        )
        while self.alive and self.ppid == os.getppid():
            self._turn()
            self._close_slow_channels()
        self._finish()

    def _turn(self) -> None:
        self.notify()
        wasyncore.poll2(TURN_SECONDS, self._dispatchers)

    def _channels(self) -> list[HTTPChannel]:
        return [each for each in self._dispatchers.values() if isinstance(each, HTTPChannel)]

    def _close_slow_channels(self) -> None:
        """Close those over which a request has been coming, or an answer going, for too long.

        Waitress itself closes only those over which nothing at all comes or goes.
        """
        now = time.monotonic()
        self._busy_since = {
            channel: self._busy_since.get(channel, now)
            for channel in self._channels()
            if channel.request or channel.total_outbufs_len
        }
        for channel, since in self._busy_since.items():
            if now - since > SECONDS_ON_THE_WAY:
                channel.will_close = True

    def _finish(self) -> None:
        """Accept no more connections, and answer the requests that have arrived as a whole."""
        for each in list(self._dispatchers.values()):
            if each.accepting:
                # Those that wait to be accepted would be reset.
                while select.select([each.socket], [], [], 0)[0]:
                    each.handle_accept()
                wasyncore.dispatcher.close(each)
        begun = time.monotonic()
        while time.monotonic() - begun < self.cfg.graceful_timeout:
            self._turn()
            is_busy = any(each.requests or each.total_outbufs_len for each in self._channels())
            if not is_busy and time.monotonic() - begun > SECONDS_TO_LINGER:
                break
        wasyncore.close_all(self._dispatchers)
