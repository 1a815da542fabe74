"""The threads of a web process that may wait for the decoder or the virus scanner."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.conf import settings

from requests_app.refused import Refused

# Whatever comes in at once, half of the threads stay free for everything else.
_free = BoundedSemaphore(max(1, settings.WEB_THREADS // 2))


@contextmanager
def one_thread(patience: float = 0) -> Iterator[None]:
    """Count this thread among those that wait.

    Refused `busy` if they are enough, and still are after `patience` seconds.
    """
    if not _free.acquire(timeout=patience):
        raise Refused("busy")
    try:
        yield
    finally:
        _free.release()
