"""A pytest plugin that gives the tests a database, before Django reads its settings.

TAWASUL_TEST_DATABASE names it: empty for a throw-away PostgreSQL, `sqlite` for a file (which
deselects the tests marked `postgres`), or the postgres:// address of a running server.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg2
import pytest

ROOT = Path(__file__).resolve().parent.parent
ON_SQLITE = os.environ.get("TAWASUL_TEST_DATABASE") == "sqlite"

cleanup = ExitStack()


# A wrapper runs before pytest-django, which reads the settings in the same hook.
@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    if os.environ.get("TAWASUL_DEMO") != "1":
        raise pytest.UsageError("The tests need TAWASUL_DEMO=1: run `make test`, or export it.")
    if "PYTEST_XDIST_WORKER" not in os.environ:
        given = os.environ.get("TAWASUL_TEST_DATABASE")
        if given in (None, "", "sqlite"):
            given = cleanup.enter_context(sqlite_file() if given else throw_away_postgres())
        os.environ["DATABASE_URL"] = given
    return (yield)


def pytest_configure() -> None:
    if ON_SQLITE:
        from django.conf import settings

        # Django would test in memory, where there is neither WAL nor a lock.
        default = settings.DATABASES["default"]
        default["TEST"] = {**default.get("TEST", {}), "NAME": default["NAME"]}


def pytest_unconfigure() -> None:
    cleanup.close()


@contextmanager
def sqlite_file() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="tawasul-") as folder:
        yield f"sqlite:///{folder}/db.sqlite3"


@contextmanager
def throw_away_postgres() -> Iterator[str]:
    # The server has a session of its own, so that Ctrl-C does not end it before the tests.
    with subprocess.Popen(
        [sys.executable, "-m", "tests.cluster"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as server:
        assert server.stdout
        url = server.stdout.readline().strip()
        if not url:
            raise pytest.UsageError("No PostgreSQL for the tests; the reason stands above.")
        yield url


def pytest_report_header() -> str:
    if ON_SQLITE:
        return f"database: SQLite {sqlite3.sqlite_version}"
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    version = connection.get_parameter_status("server_version")
    connection.close()
    return f"database: PostgreSQL {version}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    other = "postgres" if ON_SQLITE else "sqlite"
    left_out = {item for item in items if item.get_closest_marker(other)}
    config.hook.pytest_deselected(items=list(left_out))
    # The longest tests run first, so that no worker waits for another at the end.
    items[:] = sorted(
        (item for item in items if item not in left_out), key=lambda item: not _takes_long(item)
    )


def _takes_long(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("takes_long"))
