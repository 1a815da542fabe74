"""Run actions at the same moment, and see what they did."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection, connections
from django.utils import translation

from core.exceptions import RuleViolation

DEADLINE_SECONDS = 60


def at_once(*steps):
    """Run all `steps` at the same moment, each on a database connection of its own, in English.

    Return their results in order; for a RuleViolation, the violation itself.
    """
    start = Barrier(len(steps), timeout=DEADLINE_SECONDS)

    def do(action):
        try:
            connection.ensure_connection()
            with translation.override("en"):
                start.wait()
                return action()
        except RuleViolation as violation:
            return violation
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(do, steps))


def told(results):
    """Return the messages of the RuleViolations among the results of `at_once`."""
    return [str(result.message) for result in results if isinstance(result, RuleViolation)]


def now(row):
    """Return the row as it is in the database now."""
    return type(row).objects.get(pk=row.pk)


def event_types_of(row):
    return list(row.events.values_list("event_type", flat=True))


def until(condition):
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def lock_is_awaited():
    """Return whether another connection to this database waits for a lock."""
    with connection.cursor() as cursor:
        # Inside a transaction PostgreSQL keeps showing the connections that it showed first.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid) "
            "WHERE NOT granted AND datname = current_database())"
        )
        return cursor.fetchone()[0]
