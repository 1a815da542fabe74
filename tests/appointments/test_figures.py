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

from appointments.actions import cancel, check_in, displace_due, make_slots, mark_no_show, serve
from appointments.models import Closure, Offer, Slot
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import queries
from tests.appointments.places import MINUTE, MONDAY, SUNDAY, TUESDAY, at
from tests.appointments.test_queries import copies, slots_of
from tests.conftest import signed_in, signed_in_staff, without_tokens, words

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]

OFFICES = "/en/staff/appointments/office/"
FILES = ("", "csv/", "xlsx/")
MANAGER = ("view_office", "manage_office", "view_appointment", "receive_appointment")
MAX = 12
DAY = datetime.timedelta(days=1)
SUNDAY_IN_WORDS = "Sunday · 3 May 2026 CE (16 Dhu al-Qadah 1447 AH)"
MONDAY_IN_WORDS = "Monday · 4 May 2026 CE (17 Dhu al-Qadah 1447 AH)"
TUESDAY_IN_WORDS = "Tuesday · 5 May 2026 CE (18 Dhu al-Qadah 1447 AH)"
FIRST_IN_WORDS = "Friday · 1 May 2026 CE (14 Dhu al-Qadah 1447 AH)"
LAST_IN_WORDS = "Sunday · 31 May 2026 CE (14 Dhu al-Hijjah 1447 AH)"
HUGE = str(10**30)


def figures_of(office, page="", language="en"):
    return f"/{language}/staff/appointments/office/{office.pk}/figures/{page}"


@pytest.fixture
def office():
    return places.office()


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


def tables_in(text):
    """Return the tables of a CSV file, each as a list of rows: title, headings, ..., total."""
    tables = [[]]
    for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")):
        tables.append([]) if not row else tables[-1].append(row)
    return [table for table in tables if table]


def tables(browser, office, language="en", **query):
    """Return the tables of days, hours and services, each as {first cell: other cells}.

    The titles and headings are left out. The page and both files have to show the same tables.
    """
    page = browser.get(figures_of(office, "", language), query)
    shown = tables_on(page)
    in_csv = tables_in(browser.get(figures_of(office, "csv/", language), query).content.decode())
    book = book_of(browser.get(figures_of(office, "xlsx/", language), query))
    in_xlsx = [
        [
            [sheet.title],
            *(["" if cell is None else str(cell) for cell in row] for row in sheet.values),
        ]
        for sheet in book.worksheets
    ]
    assert shown == in_csv == in_xlsx
    return [{name: numbers for name, *numbers in table[2:]} for table in shown]


def tables_on(page):
    assert page.status_code == 200
    found = []
    for table in re.findall(r"(?s)<table>.*?</table>", page.content.decode()):
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


def test_a_day_is_counted_in_operations(browser, manager, slot):
    check_in(actor=manager, appointment=places.confirmed(slot=slot))
    served(slot, manager, operations=2)
    assert tables(browser, slot.office)[0][SUNDAY_IN_WORDS] == numbers("4 3 1 2 0 0 75")


def test_no_show_counts_as_booked(manager, slot, clock):
    absent = places.confirmed(slot=slot, operations=2)
    clock.now = slot.start + 15 * MINUTE
    mark_no_show(actor=manager, appointment=absent)
    browser = signed_in_staff(manager)
    assert tables(browser, slot.office)[0][SUNDAY_IN_WORDS] == numbers("4 2 2 0 2 0 50")


def test_cancelled_place_counts_as_free(browser, hours):
    appointment = places.confirmed(slot=places.slot(TUESDAY, of=hours), operations=3)
    cancel(actor=appointment.user, appointment=appointment)
    assert tables(browser, hours.office)[0][TUESDAY_IN_WORDS] == numbers("4 0 4 0 0 3 0")


def test_hold_counts_as_booked_until_it_lapses(browser, slot):
    hold = places.held(slot=slot)
    assert tables(browser, slot.office)[0][SUNDAY_IN_WORDS] == numbers("4 1 3 0 0 0 25")
    places.lapse(hold)
    days, _hours, services = tables(browser, slot.office)
    assert days[SUNDAY_IN_WORDS] == numbers("4 0 4 0 0 0 0")
    assert services == {"Total": numbers("0 0 0")}


def test_cancelled_hold_is_not_counted(browser, slot):
    hold = places.held(slot=slot)
    cancel(actor=hold.user, appointment=hold)
    assert tables(browser, slot.office)[0][SUNDAY_IN_WORDS] == numbers("4 0 4 0 0 0 0")


def test_a_place_on_offer_is_neither_booked_nor_free(browser, slot, hours):
    waiting = places.confirmed(slot=places.slot(MONDAY, of=hours))
    kept = dict.fromkeys(("created_at", "expires_at"), slot.start)
    Offer.objects.create(appointment=waiting, slot=slot, operations=1, **kept)
    Slot.objects.filter(pk=slot.pk).update(taken=1)
    assert tables(browser, slot.office)[0][SUNDAY_IN_WORDS] == numbers("4 0 3 0 0 0 0")


def test_free_places_are_never_negative(browser, manager, slot):
    served(slot, manager, operations=4)
    places.confirmed(slot=slot, operations=4)
    assert tables(browser, slot.office)[0][SUNDAY_IN_WORDS] == numbers("4 8 0 4 0 0 200")


def test_closed_day_has_no_places(browser, office, hours):
    make_slots()
    appointment = places.confirmed(slot=Slot.objects.get(start=at(MONDAY, "10:00")))
    Closure.objects.create(office=office, first_day=MONDAY, last_day=MONDAY, reason_ar="صيانة")
    make_slots()
    displace_due()
    appointment.refresh_from_db()
    assert appointment.is_displaced
    days = tables(browser, office)[0]
    assert days[MONDAY_IN_WORDS] == numbers("0 0 0 0 0 0 -")
    assert days[TUESDAY_IN_WORDS][0] == "112"


def test_served_on_day_closed_later_still_counts(browser, manager, slot):
    served(slot, manager)
    Slot.objects.filter(pk=slot.pk).update(is_closed=True)
    days, hours, _services = tables(browser, slot.office)
    assert days[SUNDAY_IN_WORDS] == numbers("0 1 0 1 0 0 -")
    assert hours["10:00"] == numbers("0 1 -")


def test_every_day_of_the_month_is_there_and_the_total_below(browser, slot, hours):
    places.confirmed(slot=slot)
    places.confirmed(slot=places.slot(MONDAY, of=hours), operations=4)
    days = tables(browser, slot.office)[0]
    assert next(iter(days)) == FIRST_IN_WORDS
    assert list(days)[30] == LAST_IN_WORDS
    assert days[FIRST_IN_WORDS] == numbers("0 0 0 0 0 0 -")
    assert days[MONDAY_IN_WORDS] == numbers("4 4 0 0 0 0 100")
    assert list(days)[31:] == ["Total"]
    assert days["Total"] == numbers("8 5 3 0 0 0 62")


def test_other_months_and_other_offices_are_not_counted(browser, slot, hours, elsewhere):
    for day in (datetime.date(2026, 4, 30), datetime.date(2026, 6, 1)):
        places.slot(day, of=hours)
    places.confirmed(slot=places.slot(MONDAY, of=places.window(office=elsewhere)))
    days, at_hours, services = tables(browser, slot.office)
    assert days["Total"] == numbers("4 0 4 0 0 0 0")
    assert at_hours == {"10:00": numbers("4 0 0"), "Total": numbers("4 0 0")}
    assert services == {"Total": numbers("0 0 0")}


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


def test_hours_are_riyadh_time_in_any_process_zone(browser, hours):
    """Half past two in Riyadh is half past eleven, the evening before, in UTC."""
    night = places.window("02:00", "03:00", office=hours.office)
    places.slot(datetime.date(2026, 5, 1), "02:30", of=night)
    with timezone.override("UTC"):
        days, at_hours, _services = tables(browser, hours.office)
    assert days[FIRST_IN_WORDS][0] == "4"
    assert list(at_hours) == ["02:00", "Total"]


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


@pytest.mark.parametrize(
    ("language", "code", "length", "first", "last", "before", "after"),
    [
        ("en", "2026-02", 28, (2026, 2, 1), (2026, 2, 28), "2026-01", "2026-03"),
        ("en", "2028-02", 29, (2028, 2, 1), (2028, 2, 29), "2028-01", "2028-03"),
        ("en", "2026-12", 31, (2026, 12, 1), (2026, 12, 31), "2026-11", "2027-01"),
        ("en", "2027-01", 31, (2027, 1, 1), (2027, 1, 31), "2026-12", "2027-02"),
        ("ar", "1447-11", 30, (2026, 4, 18), (2026, 5, 17), "1447-10", "1447-12"),
        ("ar", "1447-12", 29, (2026, 5, 18), (2026, 6, 15), "1447-11", "1448-01"),
        ("ar", "1448-01", 29, (2026, 6, 16), (2026, 7, 14), "1447-12", "1448-02"),
    ],
)
def test_month_follows_calendar_of_language(
    browser, hours, language, code, length, first, last, before, after
):
    first, last = datetime.date(*first), datetime.date(*last)
    for day in (first - DAY, first, last, last + DAY):
        places.slot(day, of=hours)
    days = tables(browser, hours.office, language, month=code)[0]
    *rows, total = days.values()
    assert len(rows) == length
    assert [n for n, row in enumerate(rows) if row[0] == "4"] == [0, length - 1]
    assert total[0] == "8"
    links = months_linked_from(browser, hours.office, language, month=code)
    assert (links[0], links[1]) == (before, after)
    assert set(links[2:]) == {code}


def months_linked_from(browser, office, language="en", **query):
    """Return the months in the links: the one before, the one after, and those of the files."""
    page = browser.get(figures_of(office, language=language), query).content.decode()
    return re.findall(r'href="[^"]*\?month=([^"]+)"', re.search(r"(?s)<main.*</main>", page)[0])


def test_month_defaults_to_current(browser, slot):
    assert months_linked_from(browser, slot.office)[:2] == ["2026-04", "2026-06"]
    assert months_linked_from(browser, slot.office, "ar")[:2] == ["1447-10", "1447-12"]
    heading = "May 2026 CE (Dhu al-Qadah – Dhu al-Hijjah 1447 AH)"
    assert heading in words(browser.get(figures_of(slot.office)))


@pytest.mark.parametrize(
    "code",
    [
        *("", "2026", "2026-13", "2026-00", "1448-13", "0000-00", "0000-01", "0001-01", "1342-12"),
        *("1924-07", "1500-12", "1501-01", "2077-11", "9999-12", "2026-1", "2026-011", "-2026-01"),
        *("٢٠٢٦-٠٦", "2026-06 ", " 2026-06", "2026-06\n", "²026-06", "NaN", HUGE, f"{HUGE}-01"),
        *("' OR 1=1 --", "<script>alert(1)</script>", "\u202e2026-06", "a" * 5000, "2026/06"),
    ],
    ids=lambda code: repr(code)[:30],
)
def test_invalid_month_falls_back_to_current(browser, slot, code):
    for language, months in (("en", ["2026-04", "2026-06"]), ("ar", ["1447-10", "1447-12"])):
        for page in FILES:
            response = browser.get(figures_of(slot.office, page, language), {"month": code})
            assert response.status_code == 200
        assert months_linked_from(browser, slot.office, language, month=code)[:2] == months


@pytest.mark.parametrize("code", ["2026-06\0", "\0"])
def test_invalid_bytes_are_refused(browser, slot, code):
    for page in FILES:
        assert browser.get(figures_of(slot.office, page), {"month": code}).status_code == 400


@pytest.mark.parametrize(
    ("language", "asked", "shown"), [("ar", "2026-11", "1448-06"), ("en", "1448-06", "2026-11")]
)
def test_month_is_converted_to_other_calendar(browser, slot, language, asked, shown):
    links = months_linked_from(browser, slot.office, language, month=asked)
    assert set(links[2:]) == {shown}


@pytest.mark.parametrize(
    ("language", "code", "other"),
    [
        ("en", "1924-08", "1924-09"),
        ("en", "2077-10", "2077-09"),
        ("ar", "1343-01", "1343-02"),
        ("ar", "1500-11", "1500-10"),
    ],
)
def test_end_of_calendar_links_one_way_only(browser, slot, language, code, other):
    links = months_linked_from(browser, slot.office, language, month=code)
    assert links == [other, code, code]


# Permissions


def answers(browser, office):
    return [browser.get(figures_of(office, page)).status_code for page in FILES]


def is_offered(browser):
    """Return whether the list of offices links to the figures of one of them."""
    page = browser.get(OFFICES).content.decode()
    link = re.search(r'href="([^"]*)">Figures of your offices<', page)
    return bool(link) and browser.get(link[1]).status_code == 200


def test_managers_see_their_own_office_alone(browser, office, elsewhere):
    assert answers(browser, office) == [200, 200, 200]
    assert answers(browser, elsewhere) == [404, 404, 404]
    assert is_offered(browser)
    assert "Qasr" not in words(browser.get(figures_of(office)))


def test_foreign_and_missing_office_answer_alike(browser, elsewhere):
    for page in FILES:
        of_another = browser.get(figures_of(elsewhere, page))
        path, nowhere = f"office/{elsewhere.pk}/", "office/987654/"
        of_nothing = browser.get(figures_of(elsewhere, page).replace(path, nowhere))
        assert of_nothing.status_code == of_another.status_code == 404
        read = without_tokens(of_nothing).decode().replace(nowhere, path)
        assert read == without_tokens(of_another).decode()


def test_manager_of_two_offices_can_switch(browser, manager, office, elsewhere):
    manager.offices.add(elsewhere)
    page = browser.get(figures_of(office), {"month": "2026-07"})
    link = f'<a href="{figures_of(elsewhere)}?month=2026-07"><bdi>Qasr Al-Hukm</bdi></a>'
    assert link in page.content.decode()
    assert "Another office" in words(page)
    assert answers(browser, elsewhere) == [200, 200, 200]


def test_superusers_see_every_office(office, elsewhere):
    browser = signed_in_staff(factories.OfficerFactory(is_superuser=True))
    assert answers(browser, office) == answers(browser, elsewhere) == [200, 200, 200]
    assert is_offered(browser)


@pytest.mark.parametrize(
    "codenames",
    [(), ("view_appointment", "receive_appointment"), ("view_office", "change_office")],
)
def test_clerks_without_permission_see_no_figures(office, elsewhere, codenames):
    browser = signed_in_staff(places.clerk(office, codenames=codenames))
    assert answers(browser, office) == answers(browser, elsewhere) == [403, 403, 403]
    assert not is_offered(browser)


def test_a_manager_of_no_office_sees_nothing(office):
    browser = signed_in_staff(places.clerk(codenames=MANAGER))
    assert answers(browser, office) == [404, 404, 404]
    assert not is_offered(browser)


def test_browser_without_staff_session_goes_to_sign_in(office, manager):
    resident = factories.UserFactory()
    resident.user_permissions.set(manager.user_permissions.all())
    office.clerks.add(resident)
    # A password alone does not open the staff site.
    for browser in (Client(), signed_in(resident), signed_in(manager)):
        assert answers(browser, office) == [302, 302, 302]


@pytest.mark.parametrize("pk", ["0", "1" * 18, HUGE])
def test_unknown_office_has_no_figures(browser, pk):
    for page in FILES:
        assert browser.get(f"{OFFICES}{pk}/figures/{page}").status_code == 404


# The files


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_file_name_has_ascii_fallback(browser, office, extension):
    office.name_ar = 'الرمال "1";\r\n\u202e/x'
    office.save()
    names = {"en": ("2026-05", "Al-Rimal"), "ar": ("1447-11", 'الرمال "1"; /x')}
    for language, (code, name) in names.items():
        response = browser.get(figures_of(office, f"{extension}/", language))
        plain, quoted = response["Content-Disposition"].split("; filename*=UTF-8''")
        assert plain == f'attachment; filename="al-rimal-{code}.{extension}"'
        assert quoted.isascii()
        assert not set('";/\r\n ') & set(quoted)
        assert unquote(quoted) == f"{name} {code}.{extension}"
        assert "no-store" in response["Cache-Control"]


def test_the_columns_have_headings(browser, office):
    days, hours, services = (table[:2] for table in tables_on(browser.get(figures_of(office))))
    headings = ["Places", "Booked", "Free", "Served", "Missed", "Cancelled", "Booked (%)"]
    assert days == [["By day"], ["Day", *headings]]
    assert hours == [["By hour of the day"], ["Hour", "Places", "Booked", "Booked (%)"]]
    assert services == [["By service"], ["Service", "Booked", "Served", "Missed"]]


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
    in_csv = tables_in(browser.get(figures_of(slot.office, "csv/")).content.decode())[2]
    cell = book_of(browser.get(figures_of(slot.office, "xlsx/")))["By service"]["A2"]
    assert "<bdi>=1+&lt;b&gt;1&lt;/b&gt;</bdi>" in page
    assert in_csv[2] == [f"'{name}", "1", "0", "0"]
    assert (cell.value, cell.data_type) == (f"'{name}", "s")


@pytest.mark.parametrize("page", FILES)
def test_query_count_is_constant_for_thousands_of_slots(browser, manager, slot, page):
    one = places.confirmed(slot=slot)
    path = figures_of(slot.office, page)
    for_one = queries(browser, path)
    more = [slots_of(slot.window, 100, day=MONDAY + day * DAY, minutes=5)[0] for day in range(27)]
    for n, first in enumerate(more):
        copies(one, 2, slot=first)
        manager.offices.add(places.office(f"office-{n}", f"Office {n}"))
    assert queries(browser, path) == for_one <= MAX
    assert tables(browser, slot.office)[0]["Total"][:2] == ["10804", "55"]
