"""The page of the monthly figures of an office, and its files, read as tables."""

import csv
import datetime
import html
import io
import re

import openpyxl

from appointments.actions import check_in, serve
from tests.appointments import places
from tests.conftest import words

FILES = ("", "csv/", "xlsx/")
MANAGER = ("view_office", "manage_office", "view_appointment", "receive_appointment")
SUNDAY_IN_WORDS = f"Sunday · {places.ON_SUNDAY}"
MONDAY_IN_WORDS = f"Monday · {places.ON_MONDAY}"
TUESDAY_IN_WORDS = f"Tuesday · {places.ON_TUESDAY}"
FIRST_IN_WORDS = "Friday · 1 May 2026 CE (14 Dhu al-Qadah 1447 AH)"
LAST_IN_WORDS = "Sunday · 31 May 2026 CE (14 Dhu al-Hijjah 1447 AH)"
HUGE = str(10**30)


def figures_of(office, page="", language="en"):
    return f"/{language}/staff/appointments/office/{office.pk}/figures/{page}"


TABLES = ("days", "hours", "services")


def rows_of_csv(browser, office, table, language="en", **query):
    response = browser.get(figures_of(office, "csv/", language), {"table": table, **query})
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def tables(browser, office, language="en", **query):
    """Return the tables of days, hours and services, each as {first cell: other cells}.

    The titles and headings are left out. The page and the files have to show the same tables; in
    the files the days have dates before them, and CSV files have no total. What was taken back is
    written differently in files.
    """
    shown = tables_on(browser.get(figures_of(office, "", language), query))[: len(TABLES)]
    in_csv = [rows_of_csv(browser, office, table, language, **query) for table in TABLES]
    book = book_of(browser.get(figures_of(office, "xlsx/", language), query))
    sheets = book.worksheets[: len(TABLES)]
    in_xlsx = [[texts_of(line) for line in sheet.values] for sheet in sheets]
    assert in_csv == [lines[:-1] for lines in in_xlsx]
    in_xlsx[0] = [line[1:] for line in in_xlsx[0]]
    assert [[title[0], *lines] for title, *lines in shown] == [
        [sheet.title, *lines] for sheet, lines in zip(sheets, in_xlsx, strict=True)
    ]
    return [{name: numbers for name, *numbers in table[2:]} for table in shown]


def texts_of(cells):
    return ["" if cell is None else text_of(cell) for cell in cells]


def text_of(cell):
    if isinstance(cell, datetime.datetime):
        return str(cell.date())
    return cell.isoformat("minutes") if isinstance(cell, datetime.time) else str(cell)


def tables_on(page):
    assert page.status_code == 200
    found = []
    for table in re.findall(r"(?s)<table\b.*?</table>", page.content.decode()):
        rows = re.findall(r"(?s)<tr>.*?</tr>", table)
        cells = [re.findall(r"(?s)<(?:td|th)\b[^>]*>(.*?)</(?:td|th)>", row) for row in rows]
        title = re.search(r"(?s)<caption[^>]*>(.*?)</caption>", table)[1]
        found.append([[html.unescape(title)], *([words(cell) for cell in row] for row in cells)])
    return found


def book_of(response):
    assert response.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(response.content))


def numbers(text):
    """Split a row into its cells; a dash stands for an empty cell."""
    return ["" if each == "-" else each for each in text.split()]


def served(slot, clerk, **criteria):
    appointment = places.confirmed(slot=slot, **criteria)
    check_in(actor=clerk, appointment=appointment)
    return serve(actor=clerk, appointment=appointment)
