"""Tables as CSV and XLSX files, in which spreadsheet programs calculate nothing."""

import csv
import datetime
import io

import openpyxl
from django.utils import translation

from core.spreadsheets import Table, as_csv, as_xlsx

NAMES = ("figures.csv", "figures.csv")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULAS = [
    *("=1+1", "+1", "-1", "@SUM(A1)", " =1", "\u00a0=1", "\u3000-1", "\u202e=1", "\u200f+1"),
    *("\u200d=1", "\u061c@x", "\ufeff=1", "\ufe0f=1", "\n=1", "\u2028=1", "\uff1d1", "\uff201"),
    *("\u22121", "=cmd|' /C calc'!A0", '=HYPERLINK("http://a.b")', "\t=1", "\r=1", "\t \t-1"),
    *("\U000e0001=1", "\ue000=1", "\x0b=1", "\u200b\u2066\u00ad=1"),
]
HARMLESS = [
    *("Exit / re-entry", "A = B", "1-2", "“-”", "خروج - عودة", 'A "quoted", name', "A;B"),
    *("http://a.b", "internal:Sheet!A1", "2026-05-03", "", "'", "12", "{=1}", "<b>&amp;"),
]


def table(*names, title="By service"):
    return Table(
        title=title,
        headings=["Service", "Booked", "Load"],
        rows=[[name, 3, None] for name in names],
        total=["Total", 3, 50],
    )


def rows_of_csv(table):
    content = as_csv(table, NAMES).content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content, newline="")))


def book(*tables):
    return openpyxl.load_workbook(io.BytesIO(as_xlsx(tables, NAMES).content))


def names_in_both(name):
    """Return the text of the cell of this name in the CSV, and the cell in the workbook."""
    return rows_of_csv(table(name))[1][0], book(table(name)).worksheets[0]["A2"]


def test_csv_begins_with_headings_after_the_mark_for_excel_and_has_no_total():
    response = as_csv(table("خدمة"), NAMES)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response.content == b"\xef\xbb\xbf" + "Service,Booked,Load\r\nخدمة,3,\r\n".encode()


def test_dates_times_and_numbers_are_typed():
    timed = Table(
        title="By day",
        headings=["Hour", "Booked"],
        rows=[[datetime.time(0), 1000], [datetime.time(13, 30), 2]],
        total=["Total", 1002],
        dates=[datetime.date(2026, 5, 3), datetime.date(2026, 5, 4)],
    )
    assert rows_of_csv(timed) == [
        *(["Date", "Hour", "Booked"], ["2026-05-03", "00:00", "1000"], ["2026-05-04", "13:30", "2"])
    ]
    sheet = book(timed).worksheets[0]
    assert [[(cell.value, cell.number_format) for cell in row] for row in sheet["A2:C4"]] == [
        [
            (datetime.datetime(2026, 5, 3), "yyyy-mm-dd"),  # noqa: DTZ001 - as openpyxl reads it
            (datetime.time(0), "hh:mm"),
            (1000, "#,##0"),
        ],
        [
            (datetime.datetime(2026, 5, 4), "yyyy-mm-dd"),  # noqa: DTZ001
            (datetime.time(13, 30), "hh:mm"),
            (2, "#,##0"),
        ],
        [(None, "General"), ("Total", "#,##0"), (1002, "#,##0")],
    ]
    # The total stays below what is sorted.
    assert sheet.auto_filter.ref == "A1:C3"


def test_workbook_has_sheet_per_table_with_numbers():
    assert as_xlsx([table()], NAMES)["Content-Type"] == XLSX
    made = book(table("A", title="One"), table("B", "C", title="Two"))
    assert made.sheetnames == ["One", "Two"]
    assert list(made["Two"].values) == [
        *(("Service", "Booked", "Load"), ("B", 3, None), ("C", 3, None), ("Total", 3, 50))
    ]


def test_workbook_direction_follows_language():
    for language, from_the_right in (("ar", True), ("en", False)):
        with translation.override(language):
            sheets = book(table(title="One"), table(title="Two")).worksheets
        assert [bool(sheet.sheet_view.rightToLeft) for sheet in sheets] == [from_the_right] * 2


def test_formula_is_escaped_as_text():
    for name in FORMULAS:
        in_csv, cell = names_in_both(name)
        assert in_csv == cell.value, ascii(name)
        assert in_csv.startswith("'"), ascii(name)
        assert (cell.data_type, cell.hyperlink) == ("s", None), ascii(name)


def test_formulas_in_headings_and_total_are_escaped():
    risky = Table(title="=A", headings=["=B", "-C"], rows=[], total=["+D", 1])
    assert rows_of_csv(risky) == [["'=B", "'-C"]]
    cells = [cell for row in book(risky).worksheets[0].iter_rows() for cell in row]
    assert [cell.value for cell in cells] == ["'=B", "'-C", "'+D", 1]
    assert [cell.data_type for cell in cells] == ["s", "s", "s", "n"]


def test_ordinary_name_is_left_unchanged():
    for name in HARMLESS:
        in_csv, cell = names_in_both(name)
        assert (in_csv, cell.value or "", cell.hyperlink) == (name, name, None)


def test_control_characters_are_stripped():
    for name in ("\tA", "\rA", "\nA", "\0\x01\x1fA", "\u202eA", " A\t\r\n"):
        in_csv, cell = names_in_both(name)
        assert in_csv == cell.value == "A", ascii(name)
