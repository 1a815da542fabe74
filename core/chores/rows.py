"""Doing something to many rows, each on its own."""

import logging
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

from core.chores.failures import log_failure

logger = logging.getLogger(__name__)
# After this long a chore makes way for the others; what is left is done in its next run.
STEP_SECONDS = 20
# SQLite has one writer, and those that wait look again at most so many seconds later.
LONGEST_PAUSE = 0.1

T = TypeVar("T")


def for_each(rows: Iterable[T], do: Callable[[T], int | None]) -> int:
    """Do `do` to each row, for a limited time, and return the sum of what it returned.

    `do` has a transaction of its own. A row for which it fails is logged and passed over, so that
    it never hides the rows behind it. The first error is raised again at the end, or at once if the
    database has gone away.
    """
    deadline = time.monotonic() + STEP_SECONDS
    done, first_error = 0, None
    for row in rows:
        begun = time.monotonic()
        try:
            done += do(row) or 0
        except Exception as error:
            is_of_database = isinstance(error, OperationalError | InterfaceError)
            if is_of_database and not connection.is_usable():
                raise
            log_failure(logger, repr(row), error)
            first_error = first_error or error
        now = time.monotonic()
        if now > deadline:
            break
        if connection.vendor == "sqlite":
            # One transaction straight after the other would keep all other writers out.
            time.sleep(min(now - begun, LONGEST_PAUSE))
    if first_error:
        raise first_error
    return done
