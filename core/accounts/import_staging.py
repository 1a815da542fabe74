"""The staging of an import: its rows on disk before they are written to the tables."""

import pickle
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from core.accounts import registry_import
from core.accounts.models import Link
from core.accounts.registry_records import Record, WrongRecord

BATCH = 2_000  # rows


class ImportStaging:
    """Rows that wait to be written to the tables, in a temporary SQLite database on disk.

    The database file has no name, and SQLite deletes it when the connection closes.
    """

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(
            """
            PRAGMA journal_mode = OFF;
            CREATE TABLE rows (kind TEXT, line INTEGER, record BLOB, PRIMARY KEY (kind, line))
                WITHOUT ROWID;
            CREATE TABLE keys (
                kind TEXT, key TEXT, line INTEGER, current_number TEXT, PRIMARY KEY (kind, key)
            ) WITHOUT ROWID;
            """
        )

    def close(self) -> None:
        self._db.close()

    def put(self, kind: str, line: int, record: Record) -> None:
        """Store a row; raise WrongRecord if an earlier row has its number already."""
        if kind != "link":
            current_number = getattr(record, "current_number", None)
            self._claim(kind, record.number, line, current_number)
        self._db.execute("INSERT INTO rows VALUES (?, ?, ?)", (kind, line, pickle.dumps(record)))

    def remove_row(self, kind: str, line: int) -> None:
        self._db.execute("DELETE FROM rows WHERE kind = ? AND line = ?", (kind, line))

    def pop_contradictions(self) -> Iterator[tuple[str, int, str]]:
        """Remove the rows that have a number in force which another row calls a former number.

        Yield the kind, the line and the reason of each. Otherwise the content of the tables would
        decide which of the two rows is right, and a second run could reject other rows.
        """
        self._db.execute(
            """
            CREATE TABLE contradictions AS
            SELECT row.kind, row.line, former.line AS says, 'number' AS column_name
            FROM keys AS former JOIN keys AS row
                ON row.key = former.key AND row.kind IN ('person', 'establishment')
            WHERE former.kind = 'former_number'
            UNION ALL
            SELECT row.kind, row.line, former.line, 'current_number'
            FROM keys AS row JOIN keys AS former
                ON former.key = row.current_number AND former.kind = 'former_number'
            WHERE row.kind = 'former_number'
            ORDER BY 2
            """
        )
        for kind, line, says, column in self._db.execute("SELECT * FROM contradictions"):
            yield kind, line, f"{column} is a former number according to line {says}"
        self._db.execute(
            "DELETE FROM rows WHERE (kind, line) IN (SELECT kind, line FROM contradictions)"
        )

    def batches(self, kind: str) -> Iterator[tuple[list[int], list[Any]]]:
        """Yield lists of lines and records of a kind, `BATCH` at a time, in the file's order."""
        last = 0
        while True:
            rows = self._db.execute(
                "SELECT line, record FROM rows WHERE kind = ? AND line > ? ORDER BY line LIMIT ?",
                (kind, last, BATCH),
            ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            # The data was pickled by this object, in a file that no other process can open by name.
            yield [line for line, _ in rows], [pickle.loads(record) for _, record in rows]  # noqa: S301

    def without_duplicates(
        self, lines: Iterable[int], links: Iterable[Link | WrongRecord]
    ) -> Iterator[Link | WrongRecord]:
        """Yield the links, with a WrongRecord in place of each that an earlier line has already."""
        for line, link in zip(lines, links, strict=True):
            try:
                if not isinstance(link, WrongRecord):
                    self._claim("link", repr(registry_import.link_key(link)), line)
                yield link
            except WrongRecord as wrong:
                yield wrong

    def _claim(self, kind: str, key: str, line: int, current_number: str | None = None) -> None:
        taken = self._db.execute(
            "INSERT OR IGNORE INTO keys VALUES (?, ?, ?, ?)", (kind, key, line, current_number)
        )
        if not taken.rowcount:
            (first,) = self._db.execute(
                "SELECT line FROM keys WHERE kind = ? AND key = ?", (kind, key)
            ).fetchone()
            what = "this link" if kind == "link" else "number"
            raise WrongRecord(f"{what} stands in line {first} already")
