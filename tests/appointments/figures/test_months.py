"""The month of the figures, by the calendar of the language."""

import datetime
import re

import pytest

from tests.appointments import places
from tests.appointments.figures.pages import FILES, HUGE, figures_of, tables
from tests.appointments.places import DAY
from tests.conftest import words
from tests.worlds import undone

pytestmark = pytest.mark.django_db


def test_month_follows_calendar_of_language(browser, hours):
    for language, code, length, first, last, before, after in (
        ("en", "2026-02", 28, (2026, 2, 1), (2026, 2, 28), "2026-01", "2026-03"),
        ("en", "2028-02", 29, (2028, 2, 1), (2028, 2, 29), "2028-01", "2028-03"),
        ("en", "2026-12", 31, (2026, 12, 1), (2026, 12, 31), "2026-11", "2027-01"),
        ("en", "2027-01", 31, (2027, 1, 1), (2027, 1, 31), "2026-12", "2027-02"),
        ("ar", "1447-11", 30, (2026, 4, 18), (2026, 5, 17), "1447-10", "1447-12"),
        ("ar", "1447-12", 29, (2026, 5, 18), (2026, 6, 15), "1447-11", "1448-01"),
        ("ar", "1448-01", 29, (2026, 6, 16), (2026, 7, 14), "1447-12", "1448-02"),
    ):
        first, last = datetime.date(*first), datetime.date(*last)
        with undone():
            for day in (first - DAY, first, last, last + DAY):
                places.slot(day, of=hours)
            days = tables(browser, hours.office, language, month=code)[0]
        *rows, total = days.values()
        assert [row[0] for row in rows] == ["4", "4"], code
        assert total[0] == "8", code
        assert (last - first).days + 1 == length, code
        links = months_linked_from(browser, hours.office, language, month=code)
        assert (links[0], links[1]) == (before, after), code
        assert links[2:] == [code]


def months_linked_from(browser, office, language="en", **query):
    """Return the months in the links, each once: before, after, and the one of the files."""
    return months_on(browser.get(figures_of(office, language=language), query))


def months_on(page):
    main = re.search(r"(?s)<main.*</main>", page.content.decode())[0]
    return list(dict.fromkeys(re.findall(r'href="[^"]*\?month=([^"&]+)[&"]', main)))


def test_month_defaults_to_current(browser, slot):
    assert months_linked_from(browser, slot.office)[:2] == ["2026-04", "2026-06"]
    assert months_linked_from(browser, slot.office, "ar")[:2] == ["1447-10", "1447-12"]
    heading = "May 2026 CE (Dhu al-Qadah – Dhu al-Hijjah 1447 AH)"
    assert heading in words(browser.get(figures_of(slot.office)))


def test_invalid_month_falls_back_to_current(browser, slot):
    for code in (
        *("", "2026", "2026-13", "2026-00", "1448-13", "0000-00", "0000-01", "0001-01", "1342-12"),
        *("1924-07", "1500-12", "1501-01", "2077-11", "9999-12", "2026-1", "2026-011", "-2026-01"),
        *("٢٠٢٦-٠٦", "2026-06 ", " 2026-06", "2026-06\n", "²026-06", "NaN", HUGE, f"{HUGE}-01"),
        *("' OR 1=1 --", "<script>alert(1)</script>", "\u202e2026-06", "a" * 5000, "2026/06"),
    ):
        for language, months in (("en", ["2026-04", "2026-06"]), ("ar", ["1447-10", "1447-12"])):
            paths = [figures_of(slot.office, page, language) for page in FILES]
            found = [browser.get(path, {"month": code}) for path in paths]
            assert [each.status_code for each in found] == [200, 200, 200], code
            assert months_on(found[0])[:2] == months, code
    for page in FILES:
        for code in ("2026-06\0", "\0"):
            answer = browser.get(figures_of(slot.office, page), {"month": code})
            assert answer.status_code == 400, (code, page)


def test_month_is_converted_and_ends_of_calendar_link_one_way(browser, slot):
    for language, asked, links in (
        ("ar", "2026-11", ["1448-05", "1448-07", "1448-06"]),
        ("en", "1448-06", ["2026-10", "2026-12", "2026-11"]),
        ("en", "1924-08", ["1924-09", "1924-08"]),
        ("en", "2077-10", ["2077-09", "2077-10"]),
        ("ar", "1343-01", ["1343-02", "1343-01"]),
        ("ar", "1500-11", ["1500-10", "1500-11"]),
    ):
        assert months_linked_from(browser, slot.office, language, month=asked) == links
