"""The figures as files, with names and headings in the language of the page."""

from urllib.parse import unquote

import pytest

from tests import factories
from tests.appointments import places
from tests.appointments.figures.pages import book_of, figures_of, rows_of_csv, tables, tables_on
from tests.appointments.places import DAY, MONDAY
from tests.conftest import words
from tests.copies import copies_of_appointment, slots_of

pytestmark = pytest.mark.django_db


def test_file_name_has_ascii_fallback(browser, office):
    office.name_ar = 'الرمال "1";\r\n\u202e/x'
    office.save()
    for language, code, name in (
        *(("en", "2026-05", "Al-Rimal"), ("ar", "1447-11", 'الرمال "1"; /x')),
    ):
        title = {"en": "By hour of the day", "ar": "حسب الساعة"}[language]
        for page, end, translated in (
            *(("xlsx/", ".xlsx", ".xlsx"), ("csv/?table=hours", "-hours.csv", f" {title}.csv")),
        ):
            response = browser.get(figures_of(office, page, language))
            plain, quoted = response["Content-Disposition"].split("; filename*=UTF-8''")
            assert plain == f'attachment; filename="al-rimal-{code}{end}"'
            assert quoted.isascii()
            assert not set('";/\r\n ') & set(quoted)
            assert unquote(quoted) == f"{name} {code}{translated}"
            assert "no-store" in response["Cache-Control"]


def test_the_columns_have_headings(browser, office):
    days, hours, services, taken_back = (
        table[:2] for table in tables_on(browser.get(figures_of(office)))
    )
    headings = ["Places", "Booked", "Free", "Served", "Missed", "Cancelled", "Booked (%)"]
    assert days == [["By day"], ["Day", *headings]]
    assert hours == [["By hour of the day"], ["Hour", "Places", "Booked", "Booked (%)"]]
    assert services == [["By service"], ["Service", "Booked", "Served", "Missed"]]
    of_each = ["Time", "Clerk", "Appointment", "What was taken back", "Why"]
    assert taken_back == [["Marks taken back"], of_each]


def test_file_without_known_table_has_days(browser, office):
    for table in ("", "weeks", "\u202e", "days" * 1000):
        assert rows_of_csv(browser, office, table)[0][:2] == ["Date", "Day"], table


def test_names_follow_language(browser, office, slot):
    office.name_ar = "الرمال"
    office.save()
    places.confirmed(slot=slot)
    assert "الخدمات الخاصة بالمقيمين" in tables(browser, office, "ar")[2]
    shown = words(browser.get(figures_of(office, language="ar")))
    assert "الرمال" in shown
    assert "Al-Rimal" not in shown


def test_formula_and_markup_in_name_are_plain_text(browser, slot):
    name = "=1+<b>1</b>"
    places.confirmed(slot=slot, service=factories.ServiceFactory(name_en=name))
    page = browser.get(figures_of(slot.office)).content.decode()
    in_csv = rows_of_csv(browser, slot.office, "services")
    cell = book_of(browser.get(figures_of(slot.office, "xlsx/")))["By service"]["A2"]
    assert "<bdi>=1+&lt;b&gt;1&lt;/b&gt;</bdi>" in page
    assert in_csv[1] == [f"'{name}", "1", "0", "0"]
    assert (cell.value, cell.data_type) == (f"'{name}", "s")


@pytest.mark.both_engines
def test_totals_of_thousands_of_slots(browser, manager, slot):
    one = places.confirmed(slot=slot)
    more = [slots_of(slot.window, 100, day=MONDAY + day * DAY, minutes=5)[0] for day in range(27)]
    for n, first in enumerate(more):
        copies_of_appointment(one, 2, slot=first)
        manager.offices.add(places.office(f"office-{n}", f"Office {n}"))
    assert tables(browser, slot.office)[0]["Total"][:2] == ["10804", "55"]
