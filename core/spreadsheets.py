"""Export of tables to CSV and Excel files: typed cells, and no text that is a formula."""

import csv
import datetime
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from django.http import HttpResponse
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from core.http import content_disposition
from core.text import single_line

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

# To some programs, the minus sign begins a formula, too; the wide forms of all these characters are
# folded to them.
_BEGIN_FORMULAS = frozenset("=+-@\N{MINUS SIGN}")
_UNSEEN = re.compile("C.|Z.|Mn")

# Programs sort and calculate with numbers, dates and times, but not with words for them.
_NUMBER = "#,##0"
_FORMATS = {int: _NUMBER, float: _NUMBER, datetime.date: "yyyy-mm-dd", datetime.time: "hh:mm"}

# Of letters; the widths of what is in the cells are not known before it is written.
_COLUMN_WIDTH = 18

Cell = str | float | datetime.date | datetime.time | None


@dataclass(frozen=True)
class Table:
    r"""Rows of a text or time and numbers under their headings; `total` comes below them.

    The title also names a sheet, for which Excel has 31 characters and none of []:*?/\.
    `dates` are those of the rows, for a column of their own in files; a page has them in words.
    """

    title: str
    headings: list[str]
    rows: list[list[Cell]]
    total: list[Cell]
    dates: list[datetime.date] | None = None

    @property
    def lines(self) -> list[list[Cell]]:
        """The lines of a file: the headings, the rows and the total."""
        lines: list[list[Cell]] = [[*self.headings], *self.rows, self.total]
        if self.dates is None:
            return lines
        first: list[Cell] = [_("Date"), *self.dates, None]
        return [[cell, *line] for cell, line in zip(first, lines, strict=True)]


def escape_formula(text: str) -> str:
    """Return the text on one line, after an apostrophe if a program might calculate it."""
    text = single_line(text)
    seen = (char for char in text if not _UNSEEN.fullmatch(unicodedata.category(char)))
    first = next(seen, "")
    return f"'{text}" if unicodedata.normalize("NFKC", first) in _BEGIN_FORMULAS else text


def as_csv(table: Table, names: Sequence[str]) -> HttpResponse:
    """Return a download of one table: its headings in the first line, then its rows.

    A file has one table, so that each column has one kind of value, and no total, which programs
    would take for one more row. The first of its two `names` is in ASCII.
    """
    content = io.StringIO()
    # Excel recognises UTF-8 by this mark alone.
    content.write("\N{ZERO WIDTH NO-BREAK SPACE}")
    csv.writer(content).writerows([_plain(cell) for cell in line] for line in table.lines[:-1])
    return _download(content.getvalue(), "text/csv; charset=utf-8", names)


def as_xlsx(tables: Iterable[Table], names: Sequence[str]) -> HttpResponse:
    """Return a download of the tables, each on a sheet of its own.

    The first of its two `names` is in ASCII.
    """
    import xlsxwriter  # 30 ms and 2 MiB of each start, and few people export tables

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True, "num_format": _NUMBER})
        styles = {kind: book.add_format({"num_format": each}) for kind, each in _FORMATS.items()}
        for table in tables:
            sheet = book.add_worksheet(table.title)
            if get_language_bidi():
                sheet.right_to_left()
            sheet.freeze_panes(1, 0)
            last = len(table.lines) - 1
            for row, line in enumerate(table.lines):
                for column, cell in enumerate(line):
                    # A date may be of a subclass, as those of a Hijri month are.
                    typed = (style for kind, style in styles.items() if isinstance(cell, kind))
                    style = bold if row in (0, last) else next(typed, None)
                    _write(sheet, row, column, cell, style)
            # What is sorted or filtered leaves the total where it is.
            sheet.autofilter(0, 0, last - 1, len(table.lines[0]) - 1)
            sheet.autofit()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _download(content.getvalue(), kind, names)


def write_csv(file: IO[bytes], lines: Iterable[Sequence[Cell]]) -> None:
    """Write lines to a file as they come; the first has the headings."""
    # Excel recognises UTF-8 by its mark alone.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    csv.writer(text).writerows([_plain(cell) for cell in line] for line in lines)
    text.detach()  # or the file would be closed with it


def write_xlsx(file: IO[bytes], title: str, lines: Iterable[Sequence[Cell]], folder: Path) -> None:
    """Write lines to a sheet as they come; the first has the headings.

    What is not in the file yet lies in `folder`, so that the memory does not grow with the rows.
    """
    import xlsxwriter  # as above

    with xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": str(folder)}) as book:
        styles = {kind: book.add_format({"num_format": each}) for kind, each in _FORMATS.items()}
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet(title)
        if get_language_bidi():
            sheet.right_to_left()
        sheet.freeze_panes(1, 0)
        for row, line in enumerate(lines):
            if row == 0:
                sheet.set_column(0, len(line) - 1, _COLUMN_WIDTH)
            for column, cell in enumerate(line):
                _write(sheet, row, column, cell, bold if row == 0 else styles.get(type(cell)))


def _plain(cell: Cell) -> Cell:
    match cell:
        case str():
            return escape_formula(cell)
        case datetime.time():
            return cell.isoformat("minutes")
    return cell


def _write(sheet: "Worksheet", row: int, column: int, cell: Cell, style: "Format | None") -> None:
    """Write a cell by its type: xlsxwriter may take a text for a formula or a link."""
    match cell:
        case str():
            sheet.write_string(row, column, escape_formula(cell), style)
        case datetime.date() | datetime.time():
            sheet.write_datetime(row, column, cell, style)
        case int() | float():
            sheet.write_number(row, column, cell, style)


def _download(content: str | bytes, content_type: str, names: Sequence[str]) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition(*names)
    return response
