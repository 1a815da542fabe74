"""The monthly figures of an office for its managers, on the page and in files."""

import csv
import datetime
import html
import io
import re
from urllib.parse import unquote

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from appointments.actions import check_in, make_slots, mark_no_show, serve, take_back
from appointments.actions.waiting import entry_of
from appointments.models import Appointment, Closure, Offer, Slot
from core.references import grouped_reference
from tests import factories
from tests.appointments import places
from tests.appointments.hours_forms import OFFICES, REASONS
from tests.appointments.places import DAY, MONDAY, SUNDAY, at
from tests.conftest import signed_in, signed_in_staff, without_tokens, words
from tests.copies import copies_of_appointment, slots_of
from tests.worlds import undone

pytestmark = pytest.mark.django_db

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


@pytest.fixture
def elsewhere():
    return places.office("qasr-al-hukm", "Qasr Al-Hukm")


@pytest.fixture
def manager(office):
    return places.clerk(office, codenames=MANAGER)


@pytest.fixture
def browser(manager):
    return signed_in_staff(manager)


@pytest.fixture
def hours(office):
    return places.window(office=office)


@pytest.fixture
def slot(hours):
    """Return a slot of today at ten for four operations; the clock stands at nine."""
    return places.slot(SUNDAY, of=hours)


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


# Counting


@pytest.mark.both_engines
def test_days_are_counted_in_operations(manager, hours, clock):
    """Each day has a slot at ten for four operations."""
    days = {day: at(datetime.date(2026, 5, day), "09:00") for day in (3, 4, 5, 6, 7, 10, 11, 12)}
    slots = {day: places.slot(moment.date(), of=hours) for day, moment in days.items()}
    expected = {}

    clock.now = days[3]
    check_in(actor=manager, appointment=places.confirmed(slot=slots[3]))
    served(slots[3], manager, operations=2)
    expected[3] = "4 3 1 2 0 0 75"

    absent = places.confirmed(slot=slots[4], operations=2)
    clock.now = at(MONDAY, "10:15")
    mark_no_show(actor=manager, appointment=absent)
    expected[4] = "4 2 2 0 2 0 50"

    places.cancel(places.confirmed(slot=slots[5], operations=3))
    expected[5] = "4 0 4 0 0 3 0"

    places.cancel(places.held(slot=slots[6]))
    expected[6] = "4 0 4 0 0 0 0"

    # A place on offer is neither booked nor free.
    kept = dict.fromkeys(("created_at", "expires_at"), slots[7].start)
    waiting = entry_of(absent)
    waiting.save()
    Offer.objects.create(waiting=waiting, appointment=absent, slot=slots[7], operations=1, **kept)
    Slot.objects.filter(pk=slots[7].pk).update(taken=1)
    expected[7] = "4 0 3 0 0 0 0"

    # Free places are never negative, and there are never more booked than there were places.
    clock.now = days[10]
    served(slots[10], manager, operations=4)
    places.confirmed(slot=slots[10], operations=4)
    expected[10] = "8 8 0 4 0 0 100"

    # Who was served on a day that is closed later still counts.
    clock.now = days[11]
    served(slots[11], manager)
    at_four = {"start": at(days[11].date(), "16:00"), "end": at(days[11].date(), "16:15")}
    Slot.objects.filter(pk=slots[11].pk).update(is_closed=True, **at_four)
    expected[11] = "1 1 0 1 0 0 100"

    # A hold counts as booked until it lapses.
    held_service = factories.ServiceFactory(name_en="Held")
    hold = places.held(slot=slots[12], service=held_service)
    expected[12] = "4 1 3 0 0 0 25"

    browser = signed_in_staff(manager)
    by_day, by_hour, services = tables(browser, hours.office)
    *rows, _total = by_day.values()
    assert rows == [numbers(row) for row in expected.values()]
    assert by_hour["16:00"] == numbers("1 1 100")
    assert services["Held"] == numbers("1 0 0")
    places.lapse(hold)
    by_day, _hours, services = tables(browser, hours.office)
    assert list(by_day.values())[-2] == numbers("4 0 4 0 0 0 0")
    assert "Held" not in services


def test_place_kept_for_walk_ins_is_free_once_everybody_can_book_it(manager, hours, clock):
    places.slot(MONDAY, of=hours, kept=1)
    for moment, free in ((at(MONDAY, "07:59"), 3), (at(MONDAY, "08:00"), 4)):
        clock.now = moment
        by_day, *_others = tables(signed_in_staff(manager), hours.office)
        assert by_day[MONDAY_IN_WORDS] == numbers(f"4 0 {free} 0 0 0 0")


@pytest.mark.both_engines
def test_closed_day_has_no_places(browser, office, hours):
    make_slots()
    appointment = places.confirmed(slot=Slot.objects.get(start=at(MONDAY, "10:00")))
    Closure.objects.create(office=office, first_day=MONDAY, last_day=MONDAY, **REASONS)
    make_slots()
    places.displace()
    appointment.refresh_from_db()
    assert appointment.is_displaced
    days = tables(browser, office)[0]
    assert MONDAY_IN_WORDS not in days
    assert days[TUESDAY_IN_WORDS][0] == "112"


@pytest.mark.both_engines
def test_month_of_one_office_is_listed_by_day_with_its_total(browser, slot, hours, elsewhere):
    for day in (datetime.date(2026, 4, 30), datetime.date(2026, 6, 1)):
        places.slot(day, of=hours)
    places.confirmed(slot=places.slot(MONDAY, of=places.window(office=elsewhere)))
    days, at_hours, services = tables(browser, slot.office)
    assert days["Total"] == numbers("4 0 4 0 0 0 0")
    assert at_hours == {"10:00": numbers("4 0 0"), "Total": numbers("4 0 0")}
    assert services == {"Total": numbers("0 0 0")}
    places.confirmed(slot=slot)
    places.confirmed(slot=places.slot(MONDAY, of=hours), operations=4)
    days = tables(browser, slot.office)[0]
    assert list(days) == [SUNDAY_IN_WORDS, MONDAY_IN_WORDS, "Total"]
    assert days[MONDAY_IN_WORDS] == numbers("4 4 0 0 0 0 100")
    assert days["Total"] == numbers("8 5 3 0 0 0 62")


def test_open_days_are_drawn_from_the_side_where_reading_begins(browser, slot, hours):
    places.confirmed(slot=slot, operations=3)
    places.slot(MONDAY, of=hours, capacity=2)
    bar = re.compile(
        r'<title>(.*?)</title><rect class="whole" x="(\d+)" [^>]*height="(\d+)"/>'
        r'<rect class="part" [^>]*height="(\d+)"/>'
    )
    for language, drawn in (
        ("en", [("3: 3 / 4", "5", "160", "120"), ("4: 0 / 2", "37", "80", "0")]),
        ("ar", [("16: 3 / 4", "741", "160", "120"), ("17: 0 / 2", "709", "80", "0")]),
    ):
        page = browser.get(figures_of(slot.office, language=language)).content.decode()
        assert bar.findall(page) == drawn, language
    empty = browser.get(figures_of(slot.office), {"month": "2026-01"})
    assert "Nothing could be booked at this office in this month." in words(empty)
    assert "<figure" not in empty.content.decode()


@pytest.mark.both_engines
def test_load_of_hour_sums_its_slots_on_all_days(browser, hours):
    for day, time in ((SUNDAY, "10:45"), (MONDAY, "10:00"), (MONDAY, "09:30")):
        places.slot(day, time, of=hours)
    places.confirmed(slot=Slot.objects.get(start=at(SUNDAY, "10:45")), operations=2)
    places.confirmed(slot=Slot.objects.get(start=at(MONDAY, "10:00")), operations=4)
    assert list(tables(browser, hours.office)[1].items()) == [
        ("09:00", numbers("4 0 0")),
        ("10:00", numbers("8 6 75")),
        ("Total", numbers("12 6 50")),
    ]
    book = book_of(browser.get(figures_of(hours.office, "xlsx/")))
    assert book["By hour of the day"]["A2"].value == datetime.time(9)


@pytest.mark.both_engines
def test_evening_past_midnight_counts_on_first_day(browser, hours):
    last = datetime.date(2026, 5, 31)
    evening = places.window("22:00", "01:00", office=hours.office, weekdays=[6])
    places.slot(last, "22:00", of=evening)
    late = places.slot(last + DAY, "00:30", of=evening, belongs_to=last)
    places.confirmed(slot=late)
    days, at_hours, _services = tables(browser, hours.office)
    assert days[LAST_IN_WORDS] == numbers("8 1 7 0 0 0 12")
    assert list(at_hours) == ["22:00", "00:00", "Total"]
    assert at_hours["00:00"] == numbers("4 1 25")
    june = tables(browser, hours.office, month="2026-06")[0]
    assert june["Total"] == numbers("0 0 0 0 0 0 -")


@pytest.mark.both_engines
def test_hours_are_riyadh_time_in_any_process_zone(browser, hours):
    """Half past two in Riyadh is half past eleven, the evening before, in UTC."""
    night = places.window("02:00", "03:00", office=hours.office)
    places.slot(datetime.date(2026, 5, 1), "02:30", of=night)
    with timezone.override("UTC"):
        days, at_hours, _services = tables(browser, hours.office)
    assert days[FIRST_IN_WORDS][0] == "4"
    assert list(at_hours) == ["02:00", "Total"]


@pytest.mark.both_engines
def test_services_are_ordered_by_bookings(browser, manager, slot):
    seldom = factories.ServiceFactory(name_en="Final exit")
    often = factories.ServiceFactory(name_en="Iqama renewal")
    factories.ServiceFactory(name_en="Never booked")
    places.confirmed(slot=slot, service=seldom)
    served(slot, manager, service=often, operations=2)
    places.confirmed(slot=slot, service=often)
    assert list(tables(browser, slot.office)[2].items()) == [
        ("Iqama renewal", numbers("3 2 0")),
        ("Final exit", numbers("1 0 0")),
        ("Total", numbers("4 2 0")),
    ]


# The month


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


# Permissions


def answers(browser, office):
    return [browser.get(figures_of(office, page)).status_code for page in FILES]


def is_offered(browser):
    """Return whether the list of offices links to the figures of one of them."""
    page = browser.get(OFFICES).content.decode()
    link = re.search(r'href="([^"]*)">Figures of your offices<', page)
    return bool(link) and browser.get(link[1]).status_code == 200


def test_figures_are_for_superusers_and_managers_of_the_office(manager, office, elsewhere):
    clerk, secretary = ("view_appointment", "receive_appointment"), ("view_office", "change_office")
    for user, here, there in (
        (manager, 200, 404),
        (factories.OfficerFactory(is_superuser=True), 200, 200),
        (places.clerk(codenames=MANAGER), 404, 404),
        *((places.clerk(office, codenames=some), 403, 403) for some in ((), clerk, secretary)),
    ):
        browser = signed_in_staff(user)
        assert answers(browser, office) == [here] * 3, user
        assert answers(browser, elsewhere) == [there] * 3, user
        assert is_offered(browser) == (here == 200), user


def test_foreign_and_missing_office_answer_alike(browser, elsewhere):
    for page in FILES:
        of_another = browser.get(figures_of(elsewhere, page))
        path, nowhere = f"office/{elsewhere.pk}/", "office/987654/"
        of_nothing = browser.get(figures_of(elsewhere, page).replace(path, nowhere))
        assert of_nothing.status_code == of_another.status_code == 404
        read = without_tokens(of_nothing).decode().replace(nowhere, path)
        assert read == without_tokens(of_another).decode()


def test_manager_of_two_offices_can_switch(browser, manager, office, elsewhere):
    assert "Qasr" not in words(browser.get(figures_of(office)))
    manager.offices.add(elsewhere)
    page = browser.get(figures_of(office), {"month": "2026-07"})
    link = f'<a href="{figures_of(elsewhere)}?month=2026-07"><bdi>Qasr Al-Hukm</bdi></a>'
    assert link in page.content.decode()
    assert "Another office" in words(page)
    assert answers(browser, elsewhere) == [200, 200, 200]


def test_browser_without_staff_session_goes_to_sign_in(office, manager):
    resident = factories.UserFactory()
    resident.user_permissions.set(manager.user_permissions.all())
    office.clerks.add(resident)
    # A password alone does not open the staff site.
    for browser in (Client(), signed_in(resident), signed_in(manager)):
        assert answers(browser, office) == [302, 302, 302]


def test_unknown_office_has_no_figures(browser):
    for pk in ("0", "1" * 18, HUGE):
        for page in FILES:
            assert browser.get(f"{OFFICES}{pk}/figures/{page}").status_code == 404, (pk, page)


# The files


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


# Marks taken back


@pytest.fixture
def taken_back(slot):
    """Return an appointment of Sunday whose check-in was taken back by a clerk of the office."""
    clerk = places.clerk(slot.office, identity=factories.IdentityFactory(name_en="Huda Saleh"))
    appointment = places.confirmed(slot=slot)
    check_in(actor=clerk, appointment=appointment)
    appointment.refresh_from_db()
    take_back(
        actor=clerk,
        appointment=appointment,
        reason="wrong_person",
        words="=His brother",
        expected_version=appointment.version,
    )
    return appointment


def test_marks_taken_back_are_listed_in_their_month(browser, taken_back):
    office, number = taken_back.slot.office, grouped_reference(taken_back.reference)
    why = "It was another person: =His brother"
    page = browser.get(figures_of(office))
    of_page = [f"{places.ON_SUNDAY} · 09:00", "Huda Saleh", number, "Checked in", why]
    assert tables_on(page)[3][2:] == [of_page, ["Total", "1", "", "", ""]]
    assert f'href="/en/staff/appointments/appointment/{taken_back.pk}/change/"' in (
        page.content.decode()
    )
    in_file = ["2026-05-03", "09:00", "Huda Saleh", number, "Checked in", why]
    assert rows_of_csv(browser, office, "taken-back")[1:] == [in_file]
    book = book_of(browser.get(figures_of(office, "xlsx/")))
    lines = [texts_of(line) for line in book["Marks taken back"].values]
    assert lines[1:] == [in_file, ["", "Total", "1", "", "", ""]]
    later = browser.get(figures_of(office), {"month": "2026-06"})
    assert tables_on(later)[3][2:] == [["Total", "0", "", "", ""]]


def test_auditors_read_what_was_taken_back_but_not_of_themselves(taken_back, elsewhere):
    auditor = factories.of_role("auditor", identity=factories.IdentityFactory())
    shown = signed_in_staff(auditor).get(figures_of(taken_back.slot.office))
    assert tables_on(shown)[3][3][:2] == ["Total", "1"]
    of_another = signed_in_staff(auditor).get(figures_of(elsewhere))
    assert tables_on(of_another)[3][2][:2] == ["Total", "0"]
    Appointment.objects.filter(pk=taken_back.pk).update(attendee=auditor.identity)
    shown = signed_in_staff(auditor).get(figures_of(taken_back.slot.office))
    assert tables_on(shown)[3][2][:2] == ["Total", "0"]


def test_what_is_not_marked_is_booked_and_neither_served_nor_missed(browser, slot):
    places.in_status("unmarked", slot=slot)
    Slot.objects.filter(pk=slot.pk).update(taken=0)
    days = tables(browser, slot.office)[0]
    assert days[SUNDAY_IN_WORDS] == numbers("4 1 3 0 0 0 25")
