"""The worker: it delivers messages and does chores, each in threads of their own."""

import logging
import select
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone

from appointments.models.slots import ALLOCATOR
from core.chores import actions as chores
from core.chores.failures import log_failure
from core.exceptions import is_without_database
from core.messaging.dispatcher import Dispatcher
from core.wake import CHANNEL, Topic
from tawasul.portal.chores import CHORES

logger = logging.getLogger(__name__)

DELIVERY = "deliver"  # its row among the chores says when delivery last ran
PAUSE_SECONDS = 0.5
LISTEN_SECONDS = 1  # between two looks whether it is to end
RETRY_SECONDS = 3
NOTE_EVERY = timedelta(seconds=10)
# The row of a chore may change meanwhile: another worker ends, or the clock is set.
LONGEST_SLEEP_SECONDS = 5
# If one chore takes long, the others go on.
CHORE_THREADS = 2
# A chore that hangs does not keep the worker from ending.
SECONDS_TO_END = 5


class Worker:
    """Delivers messages and does chores until it is told to end; workers share the work."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._woken = {topic: threading.Event() for topic in Topic}
        self._dispatcher = Dispatcher(settings.SENDERS, on_sent=self._woken[Topic.CODES].set)
        self._noted = timezone.now() - NOTE_EVERY
        self._running: set[str] = set()

    def run(self) -> None:
        jobs = [self._deliver, *[self._do_chore] * CHORE_THREADS]
        if connection.vendor == "postgresql":
            jobs.append(self._listen)
        self._until_it_works(lambda: chores.register([DELIVERY, *CHORES]))
        connection.close()
        threads = [
            threading.Thread(target=self._again_and_again, args=[job], daemon=True) for job in jobs
        ]
        for thread in threads:
            thread.start()
        self._stop.wait()
        # Messages first: their leases end soon, and another worker would send them again.
        threads[0].join()
        self._until_it_works(self._dispatcher.finish)
        ends = time.monotonic() + SECONDS_TO_END
        for thread in threads[1:]:
            thread.join(max(0, ends - time.monotonic()))
        connection.close()

    def end(self) -> None:
        """Finish what is in hand, then return from `run`."""
        self._stop.set()
        for woken in self._woken.values():
            woken.set()

    def _again_and_again(self, job: Callable[[], None]) -> None:
        while not self._stop.is_set():
            self._until_it_works(job)
        connection.close()

    def _until_it_works(self, job: Callable[[], None]) -> None:
        """Do this job, and after any failure do it again; give up only when told to stop."""
        while True:
            try:
                return job()
            except Exception as error:
                if is_without_database(error):
                    # What waits is still there afterwards.
                    logger.warning("no database: %s", type(error).__name__)
                else:
                    log_failure(logger, "the worker", error)
            close_old_connections()
            if self._stop.wait(RETRY_SECONDS):
                return None

    def _deliver(self) -> None:
        woken = self._woken[Topic.CODES]
        woken.clear()
        self._dispatcher.turn()
        if timezone.now() - self._noted >= NOTE_EVERY:
            chores.note_alive(DELIVERY)
            self._noted = timezone.now()
        if not self._stop.is_set():
            woken.wait(PAUSE_SECONDS)

    def _do_chore(self) -> None:
        if self._woken[Topic.PLACES].is_set():
            self._woken[Topic.PLACES].clear()
            chores.hurry(ALLOCATOR)
        # What hangs in the other thread of this worker must not take this one as well.
        others = {name: chore for name, chore in CHORES.items() if name not in self._running}
        lease = chores.lease_next(others)
        if lease is None:
            seconds = (chores.next_due(others) - timezone.now()).total_seconds()
            self._woken[Topic.PLACES].wait(min(max(seconds, 0), LONGEST_SLEEP_SECONDS))
            return
        self._running.add(lease.name)
        try:
            chores.run(CHORES, lease)
        finally:
            self._running.discard(lease.name)

    def _listen(self) -> None:
        """Pass on the hints of `core.wake`, which arrive on a connection of its own."""
        listening = connection.copy()
        listening.settings_dict |= settings.LISTEN_DATABASE
        try:
            with listening.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            raw = listening.connection
            while not self._stop.is_set():
                if select.select([raw], [], [], LISTEN_SECONDS)[0]:
                    with listening.wrap_database_errors:
                        raw.poll()
                while raw.notifies:
                    self._woken[Topic(raw.notifies.pop().payload)].set()
        finally:
            listening.close()
