import logging
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, close_old_connections

from appointments.actions import (
    displace_due,
    expire_due,
    lapse_due,
    make_slots,
    offer_recently_freed,
    settle_past,
)
from core.accounts.actions.devices import forget_ended_sessions
from core.accounts.codes import forget_old_codes
from core.accounts.visual_code import forget_old_pictures
from core.messaging.actions.delivery import deliver_due, expire_late, purge_expired_secrets
from requests_app.document_sweep import sweep

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 0.5
RETRY_SECONDS = 3
# Periodic tasks: seconds between two runs, and the function.
CHORES = (
    (30, expire_late),
    (30, expire_due),
    (10, lapse_due),
    (10, offer_recently_freed),
    (10, displace_due),
    (10 * 60, make_slots),
    (10 * 60, settle_past),
    (60 * 60, sweep),
    (60 * 60, forget_old_codes),
    (60 * 60, forget_ended_sessions),
    (60 * 60, forget_old_pictures),
    (60 * 60, purge_expired_secrets),
)
# The worker checks for a stop signal between batches, and a gateway that hangs may cost five
# seconds a message.
MESSAGES_AT_A_TIME = 4


def attempt(chore: Callable[[], object]) -> None:
    """Run a chore and log an OSError, so that no message waits; it runs again when due."""
    try:
        chore()
    except OSError as error:
        logger.error("%s failed: %s", chore.__name__, type(error).__name__)


class Command(BaseCommand):
    help = "Deliver messages as they come, and do what is due, until told to stop."

    def handle(self, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_signal: stop.set())
        next_run = dict.fromkeys(CHORES, 0.0)
        while not stop.is_set():
            try:
                idle = deliver_due(limit=MESSAGES_AT_A_TIME) == 0
                for chore in CHORES:
                    seconds, do = chore
                    if time.monotonic() >= next_run[chore]:
                        attempt(do)
                        next_run[chore] = time.monotonic() + seconds
            except (DatabaseError, InterfaceError) as error:
                # The database is down or restarting; waiting messages are still there afterwards.
                logger.warning("no database: %s", type(error).__name__)
                close_old_connections()
                stop.wait(RETRY_SECONDS)
            else:
                if idle:
                    stop.wait(PAUSE_SECONDS)
