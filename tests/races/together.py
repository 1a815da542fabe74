"""Run actions at the same moment, and take a guard out to show that it is needed.

A race that passes proves little: the threads may have missed each other. So each race has a control
beside it, in which the guard is gone and each thread waits between looking and writing until all
have looked. The rule that the control breaks is the one that the guard protects.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection, connections
from django.db.models import QuerySet
from django.utils import translation

from core.exceptions import RuleViolation

DEADLINE_SECONDS = 30


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


def take_out_row_locks(monkeypatch):
    """Make `select_for_update` take no lock, for a control."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda queryset, **_options: queryset)


def wait_after(monkeypatch, owner, name, *, parties):
    """Let each call of `name` wait at its end until all `parties` have made theirs."""
    everybody = Barrier(parties, timeout=DEADLINE_SECONDS)
    original = getattr(owner, name)

    def do_and_wait(*args, **kwargs):
        result = original(*args, **kwargs)
        everybody.wait()
        return result

    monkeypatch.setattr(owner, name, do_and_wait)


def look_before_writing(monkeypatch, queryset_class, *, parties, only_if_changes):
    """Split each conditional UPDATE into a look and a write that trusts it, for a control.

    Between the two, each thread waits until all `parties` have looked. Updates that do not change
    the field `only_if_changes` stay as they are.
    """
    everybody = Barrier(parties, timeout=DEADLINE_SECONDS)
    update = queryset_class.update

    def look_then_write(queryset, **changes):
        if only_if_changes not in changes:
            return update(queryset, **changes)
        found = list(queryset.values_list("pk", flat=True))
        everybody.wait()
        return update(queryset.model.objects.filter(pk__in=found), **changes)

    monkeypatch.setattr(queryset_class, "update", look_then_write)
