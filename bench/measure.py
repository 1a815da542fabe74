"""What processes use: processor time, memory, and the statements that PostgreSQL is sent."""

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg2

MIB = 1024 * 1024
# Connections of the benchmark itself have this name and are left out of all that is measured.
NAME = "bench"
_TICKS = 100  # a second, in /proc on every architecture that Linux runs Python on
_CONTROL = re.compile(r"(?i)(begin|commit|rollback|savepoint|release)\b")


def _fields(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name, or none for a process that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def family(first: int) -> list[int]:
    """Return the process and all that descend from it."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (fields := _fields(int(entry.name))):
            parents[int(entry.name)] = int(fields[1])
    found = [first]
    for parent in found:
        found += [pid for pid, its_parent in parents.items() if its_parent == parent]
    return found


def cpu_seconds(firsts: Iterable[int], without: Collection[int] = ()) -> float:
    """Return the processor time of these families so far, and of their children that have ended.

    The clock of a process counts nanoseconds, where /proc rounds to a hundredth of a second.
    """
    seconds = 0.0
    for pid in {pid for first in firsts for pid in family(first)}.difference(without):
        with suppress(OSError):
            seconds += time.clock_gettime(~pid << 3 | 2)  # as clock_getcpuclockid makes it
        if fields := _fields(pid):
            seconds += (int(fields[13]) + int(fields[14])) / _TICKS
    return seconds


def memory(pid: int) -> tuple[float, float]:
    """Return the MiB that a process has resident, and its part of them where they are shared."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kilobytes = {name: int(size) for name, size in re.findall(r"(\w+): +(\d+) kB", rollup)}
    return kilobytes["Rss"] / 1024, kilobytes["Pss"] / 1024


class Server:
    """The PostgreSQL server behind an address that `throw_away_postgres` yields."""

    def __init__(self, address: str) -> None:
        self._folder = Path(parse_qs(urlsplit(address).query)["host"][0])
        self._address = address
        self._run("ALTER SYSTEM SET autovacuum = off")
        self._run("SELECT pg_reload_conf()")
        self.pid = int((self._folder / "data" / "postmaster.pid").read_text().split()[0])

    def database(self, name: str) -> str:
        """Make a database of this name and return its address."""
        self._run(f"CREATE DATABASE {name}")
        return self._address_of(name)

    def _address_of(self, database: str) -> str:
        return self._address.replace("/postgres?", f"/{database}?")

    def cpu_seconds(self) -> float:
        """Return the processor time of the server so far, without what serves the benchmark."""
        asked = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
        own = {pid for (pid,) in self._run(asked, [NAME])}
        return cpu_seconds([self.pid], own)

    def count(self, table: str, database: str) -> int:
        [(rows,)] = self._run(f"SELECT count(*) FROM {table}", database=database)
        return int(rows)

    def tidy_up(self) -> None:
        """Do now what PostgreSQL would do by itself some time, in the middle of a measurement."""
        for (name,) in self._run("SELECT datname FROM pg_database WHERE datallowconn"):
            self._run("VACUUM ANALYZE", database=name)
        self._run("CHECKPOINT")

    @contextmanager
    def noting_statements(self) -> Iterator[Callable[[], list[str]]]:
        """Log all statements; yield a function that returns those sent since it was called last."""
        log = self._folder / "log"
        self._reload(log_statement="all", log_line_prefix="%a|")
        place = log.stat().st_size

        def sent() -> list[str]:
            nonlocal place
            with log.open("rb") as lines:
                lines.seek(place)
                text = lines.read().decode()
            place += len(text.encode())
            found = re.findall(r"(?m)^([^|\n]*)\|LOG:  (?:statement|execute [^:]*): (.*)", text)
            return [said for name, said in found if name != NAME and not _CONTROL.match(said)]

        try:
            yield sent
        finally:
            self._reload(log_statement="none", log_line_prefix="")

    def _reload(self, **settings: str) -> None:
        for name, value in settings.items():
            self._run(f"ALTER SYSTEM SET {name} = '{value}'")
        self._run("SELECT pg_reload_conf()")
        while self._run("SHOW log_statement") != [(settings["log_statement"],)]:
            time.sleep(0.05)

    def _run(
        self, statement: str, values: list[str] | None = None, database: str = "postgres"
    ) -> list[tuple]:
        connection = psycopg2.connect(self._address_of(database), application_name=NAME)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()
