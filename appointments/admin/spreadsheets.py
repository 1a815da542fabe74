"""Export of tables to CSV and Excel files, in which no text is a formula."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import xlsxwriter
from django.http import HttpResponse
from django.utils.translation import get_language_bidi
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from core.http import content_disposition
from core.text import single_line

# To some programs, the minus sign begins a formula, too; the wide forms of all these characters are
# folded to them.
_BEGIN_FORMULAS = frozenset("=+-@\N{MINUS SIGN}")
_UNSEEN = re.compile("C.|Z.|Mn")

Cell = str | float | None


@dataclass(frozen=True)
class Table:
    r"""Rows of a text and numbers under their headings; `total` comes below them.

    The title also names a sheet, for which Excel has 31 characters and none of []:*?/\.
    """

    title: str
    headings: list[str]
    rows: list[list[Cell]]
    total: list[Cell]
    has_load: bool = False

    @property
    def lines(self) -> Sequence[Sequence[Cell]]:
        return [self.headings, *self.rows, self.total]


def escape_formula(text: str) -> str:
    """Return the text on one line, after an apostrophe if a program might calculate it."""
    text = single_line(text)
    seen = (char for char in text if not _UNSEEN.fullmatch(unicodedata.category(char)))
    first = next(seen, "")
    return f"'{text}" if unicodedata.normalize("NFKC", first) in _BEGIN_FORMULAS else text


def as_csv(tables: Iterable[Table], names: Sequence[str]) -> HttpResponse:
    """Return a download of the tables, one below the other.

    The first of its two `names` is in ASCII.
    """
    content = io.StringIO()
    # Excel recognises UTF-8 by this mark alone.
    content.write("\N{ZERO WIDTH NO-BREAK SPACE}")
    writer = csv.writer(content)
    for table in tables:
        writer.writerow([escape_formula(table.title)])
        writer.writerows([_plain(cell) for cell in line] for line in table.lines)
        writer.writerow([])
    return _download(content.getvalue(), "text/csv; charset=utf-8", names)


def as_xlsx(tables: Iterable[Table], names: Sequence[str]) -> HttpResponse:
    """Return a download of the tables, each on a sheet of its own.

    The first of its two `names` is in ASCII.
    """
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True})
        for table in tables:
            sheet = book.add_worksheet(table.title)
            if get_language_bidi():
                sheet.right_to_left()
            sheet.freeze_panes(1, 0)
            last = len(table.lines) - 1
            for row, line in enumerate(table.lines):
                for column, cell in enumerate(line):
                    _write(sheet, row, column, cell, bold if row in (0, last) else None)
            sheet.autofit()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _download(content.getvalue(), kind, names)


def _plain(cell: Cell) -> Cell:
    return escape_formula(cell) if isinstance(cell, str) else cell


def _write(sheet: Worksheet, row: int, column: int, cell: Cell, style: Format | None) -> None:
    """Write a cell by its type: xlsxwriter may take a text for a formula or a link."""
    if isinstance(cell, str):
        sheet.write_string(row, column, escape_formula(cell), style)
    elif cell is not None:
        sheet.write_number(row, column, cell, style)


def _download(content: str | bytes, content_type: str, names: Sequence[str]) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition(*names)
    return response
