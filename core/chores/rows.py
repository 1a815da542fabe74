"""Doing something to many rows, each on its own."""

import logging
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import connection

from core.chores.failures import has_lost_database, log_failure

logger = logging.getLogger(__name__)
# SQLite has one writer, and those that wait look again at most so many seconds later.
LONGEST_PAUSE = 0.1

T = TypeVar("T")


class Step:
    """The limited time after which a chore makes way; what is left is done in its next run."""

    def __init__(self, seconds: float = 20) -> None:
        self._ends = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends


UNLIMITED = Step(float("inf"))


class Failures:
    """The rows that failed: each is logged, and the first error is raised in the end."""

    def __init__(self) -> None:
        self._first: Exception | None = None

    def attempt(self, do: Callable[[T], int | None], row: T) -> int:
        """Do `do` to the row and return what it returned, or 0 if it failed.

        Raise the error if the database has gone away.
        """
        try:
            return do(row) or 0
        except Exception as error:
            if has_lost_database(error):
                raise
            log_failure(logger, repr(row), error)
            self._first = self._first or error
            return 0

    def raise_first(self) -> None:
        if self._first:
            raise self._first


def for_each(rows: Iterable[T], do: Callable[[T], int | None], step: Step | None = None) -> int:
    """Do `do` to each row until the step is over, and return the sum of what it returned.

    `do` has a transaction of its own. A row for which it fails is logged and passed over, so that
    it never hides the rows behind it. The first error is raised again at the end, or at once if the
    database has gone away.
    """
    step, failures = step or Step(), Failures()
    done = 0
    for row in rows:
        begun = time.monotonic()
        done += failures.attempt(do, row)
        if step.is_over:
            break
        if connection.vendor == "sqlite":
            # One transaction straight after the other would keep all other writers out.
            time.sleep(min(time.monotonic() - begun, LONGEST_PAUSE))
    failures.raise_first()
    return done
