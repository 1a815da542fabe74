"""Tables as files that spreadsheet programs open, in which no text is a formula."""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass

import xlsxwriter
from django.http import HttpResponse
from django.utils.translation import get_language_bidi

from core.http import content_disposition
from core.text import single_line

# The minus sign is one to some programs; the wide forms of all of them are folded to these.
_BEGIN_FORMULAS = frozenset("=+-@\N{MINUS SIGN}")
_UNSEEN = re.compile("C.|Z.|Mn")


@dataclass(frozen=True)
class Table:
    r"""Rows of a text and numbers under their headings; `total` comes below them.

    The title names a sheet, too, for which Excel has 31 characters and none of []:*?/\.
    """

    title: str
    headings: list
    rows: list
    total: list
    has_load: bool = False

    @property
    def lines(self):
        return [self.headings, *self.rows, self.total]


def escape_formula(text):
    """The text on one line, with an apostrophe before it where a program might calculate it."""
    text = single_line(text)
    seen = (char for char in text if not _UNSEEN.fullmatch(unicodedata.category(char)))
    first = next(seen, "")
    return f"'{text}" if unicodedata.normalize("NFKC", first) in _BEGIN_FORMULAS else text


def as_csv(tables, names):
    """The tables one below the other; of its two `names`, the first is in ASCII."""
    content = io.StringIO()
    # Excel takes a file for UTF-8 by this mark alone.
    content.write("\N{ZERO WIDTH NO-BREAK SPACE}")
    writer = csv.writer(content)
    for table in tables:
        writer.writerow([escape_formula(table.title)])
        writer.writerows([_plain(cell) for cell in line] for line in table.lines)
        writer.writerow([])
    return _download(content.getvalue(), "text/csv; charset=utf-8", names)


def as_xlsx(tables, names):
    """As `as_csv`, each table on a sheet of its own."""
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


def _plain(cell):
    return escape_formula(cell) if isinstance(cell, str) else cell


def _write(sheet, row, column, cell, style):
    """By the kind of the cell: what xlsxwriter guesses from a text may be a formula or a link."""
    if isinstance(cell, str):
        sheet.write_string(row, column, escape_formula(cell), style)
    elif cell is not None:
        sheet.write_number(row, column, cell, style)


def _download(content, content_type, names):
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition(*names)
    return response
