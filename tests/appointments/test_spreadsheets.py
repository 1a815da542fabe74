"""Tables as CSV and XLSX files, in which spreadsheet programs calculate nothing."""

import csv
import io

import openpyxl
from django.utils import translation

from appointments.admin.spreadsheets import Table, as_csv, as_xlsx

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


def rows_of_csv(*tables):
    content = as_csv(tables, NAMES).content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content, newline="")))


def book(*tables):
    return openpyxl.load_workbook(io.BytesIO(as_xlsx(tables, NAMES).content))


def names_in_both(name):
    """Return the text of the cell of this name in the CSV, and the cell in the workbook."""
    return rows_of_csv(table(name))[2][0], book(table(name)).worksheets[0]["A2"]


def test_csv_has_byte_order_mark_for_excel():
    response = as_csv([table("خدمة", title="By day")], NAMES)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    lines = "By day\r\nService,Booked,Load\r\nخدمة,3,\r\nTotal,3,50\r\n\r\n"
    assert response.content == b"\xef\xbb\xbf" + lines.encode()


def test_csv_lists_tables_one_below_another():
    rows = rows_of_csv(table("A", title="One"), table("B", title="Two"))
    assert [row[:1] for row in rows] == [
        *(["One"], ["Service"], ["A"], ["Total"], []),
        *(["Two"], ["Service"], ["B"], ["Total"], []),
    ]


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


def test_formulas_in_titles_and_headings_are_escaped():
    risky = Table(title="=A", headings=["=B", "-C"], rows=[], total=["+D", 1])
    assert rows_of_csv(risky) == [["'=A"], ["'=B", "'-C"], ["'+D", "1"], []]
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
