"""Measure every path of the public in the database at 10,000 rows and at 1,000,000.

    make bench-flat, or TAWASUL_DEMO=1 .venv/bin/python bench/flat.py [FEWER MORE]

It starts a PostgreSQL server for itself and fills two databases with so many inquiries,
appointments, slots and messages, and what belongs to them (`rows.py`). It walks as a visitor, as
somebody with a few rows, and as somebody with hundreds, whose own rows are the same in both, in
turn with the fewer and with more rows of everybody else. Each statement is explained just before it
runs (EXPLAIN ANALYZE).

It prints of each path its statements, the milliseconds of the server's CPU for planning and
executing them, and the pages of 8 KB read, at both sizes, the least of ROUNDS. The exit status is 1
if a path of the public takes over half more with more rows, in time (and over FLOOR ms more) and in
pages alike: on a busy machine, the same statements take half more time for no reason of theirs, and
an index with a hundred times the rows is a page deeper. The chores of the worker and the pages of
staff are printed too, and not judged.
"""

import logging
import os
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg2

from tests.database import throw_away_postgres

ROUNDS = 3
MOST_GROWTH, FLOOR = 1.5, 0.3  # times, ms
EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "


@dataclass
class Cost:
    """What a path took in the database."""

    statements: int = 0
    milliseconds: float = 0
    pages: int = 0
    longest: tuple[float, str] = (0, "")

    def add(self, sql: str, milliseconds: float, plan: dict[str, Any]) -> None:
        self.milliseconds += milliseconds
        self.pages += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        self.longest = max(self.longest, (milliseconds, sql))


@dataclass
class Costs:
    """The costs of each path, in the order of the first walk."""

    of: dict[str, list[Cost]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def taken(self, path: str) -> Iterator[None]:
        """Note under `path` what the statements in the block take."""
        from django.db import connection

        cost = Cost()
        with connection.execute_wrapper(explaining(cost)):
            yield
        self.of[path].append(cost)

    def least(self, path: str) -> Cost:
        return min(self.of[path], key=lambda cost: cost.milliseconds)


def explaining(cost: Cost) -> Callable[..., Any]:
    from django.db import connection

    def execute(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if sql.startswith(EXPLAINED) and not many:
            cost.statements += 1
            with connection.connection.cursor() as cursor:
                cursor.execute("SAVEPOINT explained")
                before = cpu_milliseconds(connection.connection.info.backend_pid)
                with suppress(psycopg2.Error):  # which the path itself expects
                    cursor.execute(EXPLAIN + sql, params)
                    took = cpu_milliseconds(connection.connection.info.backend_pid) - before
                    whole = cursor.mogrify(sql, params).decode()
                    cost.add(whole, took, cursor.fetchone()[0][0]["Plan"])
                cursor.execute("ROLLBACK TO SAVEPOINT explained")
        return execute(sql, params, many, context)

    return execute


def cpu_milliseconds(process: int) -> float:
    """Return how long the process has run so far, without its waits for other processes."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e6


@contextmanager
def portal() -> Iterator[None]:
    """Set the portal up in this process, on a PostgreSQL server of its own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "tawasul.settings",
            "DATABASE_URL": stack.enter_context(throw_away_postgres()),
        }
        import django

        django.setup()
        from django.test import override_settings
        from django.test.utils import setup_test_environment

        from core.security_log import LOGGER
        from tests.decoder import decoder
        from tests.worlds import surroundings

        setup_test_environment()
        logging.getLogger(LOGGER).handlers = [logging.NullHandler()]
        _process, socket = stack.enter_context(decoder())
        stack.enter_context(override_settings(**surroundings(folder), DECODER_SOCKET=socket))
        yield


def main(fewer: int, more: int) -> None:
    with portal():
        sys.exit(compare(fewer, more))


def compare(fewer: int, more: int) -> int:
    from django.core.management import call_command
    from django.db import connection

    from bench.rows import fill
    from bench.walk import Walkers, do_chores, reference_data

    call_command("migrate", verbosity=0)
    keys = reference_data()
    made(fill, 0, fewer, keys)
    walkers = Walkers()
    with_more = copied_database()
    with turned_to(with_more):
        made(fill, fewer, more, keys)
    before, after = Costs(), Costs()
    for number in range(ROUNDS + 1):
        # What else the machine does meets both alike. The first walk of both is for what is kept.
        walkers.walk(before if number else Costs())
        with turned_to(with_more):
            walkers.walk(after if number else Costs())
    do_chores(before)
    with turned_to(with_more):
        do_chores(after)
    connection.close()
    return report(before, after, fewer, more)


def copied_database() -> Any:
    """Copy the database, and return a connection to the copy."""
    from django.db import connection, connections

    original = connection.settings_dict["NAME"]
    copy = connections.create_connection("default")
    copy.settings_dict = {**copy.settings_dict, "NAME": "with_more"}
    connection.close()  # nobody may be connected to what is copied
    parameters = {**connection.get_connection_params(), "dbname": "template1"}
    with closing(psycopg2.connect(**parameters)) as other, other.cursor() as cursor:
        other.autocommit = True
        cursor.execute(f'CREATE DATABASE with_more TEMPLATE "{original}"')
    return copy


@contextmanager
def turned_to(other: Any) -> Iterator[None]:
    """Let the portal use this connection in the block."""
    from django.db import connections

    usual = connections["default"]
    connections["default"] = other
    yield
    connections["default"] = usual


def made(fill: Callable[..., None], first: int, last: int, keys: dict[str, list[int]]) -> None:
    from django.db import connection

    began = time.monotonic()
    fill(first, last, **keys)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_size_pretty(pg_database_size(current_database()))")
        (size,) = cursor.fetchone()
        cursor.execute("SET max_parallel_workers_per_gather = 0")  # one process is measured
    print(f"{last:,} rows of each after {time.monotonic() - began:.0f} s: {size}", flush=True)


def report(before: Costs, after: Costs, fewer: int, more: int) -> int:
    print(f"\n{'':58}{'SQL':>4}{'ms at':>10}{'ms at':>10}{'':7}{'8 KB at':>10}{'8 KB at':>10}")
    print(f"{'path':62}{fewer:>10,}{more:>10,}{'times':>7}{fewer:>10,}{more:>10,}")
    grown = []
    for path in before.of:
        few, many = before.least(path), after.least(path)
        times = many.milliseconds / (few.milliseconds or 1)
        has_grown = (
            many.milliseconds > max(few.milliseconds * MOST_GROWTH, few.milliseconds + FLOOR)
            and many.pages > few.pages * MOST_GROWTH
        )
        print(
            f"{path:58}{many.statements:>4}{few.milliseconds:>10.2f}{many.milliseconds:>10.2f}"
            f"{times:>7.2f}{few.pages:>10,}{many.pages:>10,}{' !' if has_grown else ''}"
        )
        if has_grown and not path.startswith(("worker", "staff")):
            grown.append((path, many.longest))
    for path, (took, sql) in grown:
        print(f"\n{path} grows. Its longest statement took {took:.1f} ms:\n{sql[:3000]}")
    return int(bool(grown))


if __name__ == "__main__":
    sizes = [int(re.sub("[,_]", "", size)) for size in sys.argv[1:]] or [10_000, 1_000_000]
    main(*sizes)
