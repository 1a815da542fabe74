import signal
import socket
import threading
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand

from tawasul.portal.worker import Worker
from tawasul.portal.worker_status import status


@contextmanager
def stop_signals_call(end: Callable[[], None]) -> Iterator[None]:
    """Call `end`, in a thread of its own, once the process is told to end by a signal.

    A handler would run in the middle of whatever the main thread does. One that sets an event, for
    which that thread is just beginning to wait, waits for ever for the lock that the wait holds.
    """
    told, tells = socket.socketpair()
    tells.setblocking(False)

    def wait() -> None:
        if told.recv(1):
            end()

    with told, tells:
        signal.set_wakeup_fd(tells.fileno())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_signal: None)
        threading.Thread(target=wait, daemon=True).start()
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)


class Command(BaseCommand):
    help = "Deliver messages as they come, and do what is due, until told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--status", action="store_true", help="say how the workers are doing, and do nothing"
        )

    def handle(self, **options: Any) -> None:
        if options["status"]:
            self.stdout.write(status())
            return
        worker = Worker()
        with stop_signals_call(worker.end):
            worker.run()
