"""The command that imports people, establishments, former numbers and links from a CSV file."""

import csv
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, nullcontext
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, transaction

from core.accounts import registry_import
from core.accounts.import_staging import ImportStaging
from core.accounts.registry_records import COLUMNS, WrongRecord, read_record
from core.text import single_line

PROGRESS = 50_000
MAX_ROW_LENGTH = 10_000  # characters; the longest texts by far are names, which have 150 at most
TOO_LONG = f"the row has more than {MAX_ROW_LENGTH:,} characters; is a quotation mark not closed?"
BAD_QUOTES = "a quotation mark is not closed, or stands where none may stand"
KINDS = ("person", "establishment", "former_number", "link")
WRONG = "wrong"

Row = list[str] | WrongRecord


class Command(BaseCommand):
    help = (
        "Add and bring up to date the people, establishments, former numbers and links of a CSV "
        "file. A wrong row is named by its line, the others go in; a second run changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help=f"UTF-8, with the columns {', '.join(COLUMNS)}")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would happen and write nothing"
        )

    def handle(self, *, file: str, dry_run: bool, **options: Any) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        with closing(ImportStaging()) as staging:
            self._read(file, staging)
            try:
                with transaction.atomic() if dry_run else nullcontext():
                    self._put(staging)
                    if dry_run:
                        transaction.set_rollback(True)
            except DatabaseError as error:
                raise CommandError(
                    f"The database refused a batch of rows ({type(error).__name__}): does another "
                    "import run at the same time? None of the batch is in: run this again."
                ) from error
        self._report(dry_run)

    def _read(self, file: str, staging: ImportStaging) -> None:
        """Stage the valid rows of the file, and count the wrong ones."""
        try:
            with open(file, encoding="utf-8-sig") as text:
                rows = read_rows(text)
                header = read_header(rows)
                for count, (line, row) in enumerate(rows, start=1):
                    self._stage(staging, header, line, row)
                    self._show_progress(count, "read")
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise CommandError("The file is not UTF-8. Save it as UTF-8.") from error
        for kind, line, reason in staging.pop_contradictions():
            self._count(kind, line, WrongRecord(reason))

    def _stage(self, staging: ImportStaging, header: list[str], line: int, row: Row) -> None:
        kind = None
        try:
            if isinstance(row, WrongRecord):
                raise row
            if len(row) != len(header):
                raise WrongRecord(f"the row has to have {len(header)} fields, not {len(row)}")
            texts = dict(zip(header, row, strict=True))
            kind = single_line(texts["record"])
            staging.put(kind, line, read_record(texts))
        except WrongRecord as wrong:
            self._count(kind, line, wrong)

    def _put(self, staging: ImportStaging) -> None:
        """Write the staged rows to the tables, each kind after the kinds it refers to."""
        count = 0
        put: Callable[[list[Any]], Sequence[str | WrongRecord | None]]
        for kind, put in (
            ("former_number", registry_import.exchange_numbers),
            ("person", registry_import.put_identities),
            ("establishment", registry_import.put_identities),
            ("former_number", registry_import.put_former_numbers),
            ("link", registry_import.put_links),
        ):
            for lines, records in staging.batches(kind):
                if kind == "link":
                    records = list(
                        staging.without_duplicates(lines, registry_import.links_between(records))
                    )
                outcomes = put(records)
                for line, outcome in zip(lines, outcomes, strict=True):
                    if outcome is not None:
                        staging.remove_row(kind, line)
                        count += 1
                        self._count(kind, line, outcome)
                        self._show_progress(count, "done")

    def _count(self, kind: str | None, line: int, outcome: str | WrongRecord) -> None:
        if isinstance(outcome, WrongRecord):
            self.stdout.write(f"line {line}: {outcome}")
            outcome = WRONG
        self.counts[kind if kind in KINDS else "unknown", outcome] += 1

    def _show_progress(self, count: int, done: str) -> None:
        if count % PROGRESS == 0:
            self.stdout.write(f"{count:,} rows {done}")
            self.stdout.flush()

    def _report(self, dry_run: bool) -> None:
        for kind in (*KINDS, "unknown"):
            outcomes = (
                registry_import.ADDED,
                registry_import.CHANGED,
                registry_import.UNCHANGED,
                WRONG,
            )
            counts = (f"{self.counts[kind, outcome]:,} {outcome}" for outcome in outcomes)
            self.stdout.write(f"{kind}: {', '.join(counts)}")
        if dry_run:
            self.stdout.write("This was a dry run: nothing was written.")
        wrong = sum(number for (_kind, outcome), number in self.counts.items() if outcome == WRONG)
        if wrong:
            others = "All others would go in" if dry_run else "All others are in"
            raise CommandError(f"Wrong rows: {wrong:,}. {others}.")


def read_rows(text: TextIO) -> Iterator[tuple[int, Row]]:
    """Yield the first line number of each row with its fields, or with a WrongRecord.

    After a row that cannot be read, reading goes on at that row's second line, so that a quotation
    mark that is not closed does not swallow the following rows.
    """
    again: deque[str] = deque()
    number = 1
    while True:
        lines: list[str] = []
        try:
            row: Row = next(csv.reader(lines_of_a_row(text, again, lines), strict=True))
        except StopIteration:
            return
        except (csv.Error, WrongRecord) as error:
            row = error if isinstance(error, WrongRecord) else WrongRecord(BAD_QUOTES)
            again.extendleft(reversed(lines[1:]))
            del lines[1:]
        if row:
            yield number, row
        number += len(lines)


def lines_of_a_row(text: TextIO, again: deque[str], lines: list[str]) -> Iterator[str]:
    """Yield the lines of `again`, then of the file, and append each to `lines`.

    Raises WrongRecord when the row gets longer than `MAX_ROW_LENGTH`.
    """
    length = 0
    while line := again.popleft() if again else read_line(text):
        lines.append(line)
        length += len(line)
        if length > MAX_ROW_LENGTH:
            raise WrongRecord(TOO_LONG)
        yield line


def read_line(text: TextIO) -> str:
    """Return the next line of the file, cut at `MAX_ROW_LENGTH` + 1 characters.

    So a line that is too long is recognised without being held in memory. Raises CommandError for
    NUL bytes.
    """
    line = piece = text.readline(MAX_ROW_LENGTH + 1)
    while True:
        if "\0" in piece:
            raise CommandError("The file has NUL bytes: it is damaged, or no text.")
        if len(piece) <= MAX_ROW_LENGTH or piece.endswith("\n"):
            return line
        piece = text.readline(MAX_ROW_LENGTH + 1)


def read_header(rows: Iterator[tuple[int, Row]]) -> list[str]:
    """Return the columns in the order of the file.

    Raises CommandError unless each of `COLUMNS` is there exactly once, and no other.
    """
    _line, header = next(rows, (1, []))
    if isinstance(header, WrongRecord):
        raise CommandError(f"The header cannot be read: {header}.")
    header = [single_line(name) for name in header]
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise CommandError(f"The header lacks {', '.join(missing)}.")
    for position, name in enumerate(header, start=1):
        # The message must not quote the text: in a file without a header it is personal data.
        if name not in COLUMNS:
            raise CommandError(f"Column {position} of the header is none that an import has.")
        if name in header[: position - 1]:
            raise CommandError(f"The header has the column {name} twice.")
    return header
