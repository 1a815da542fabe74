"""The monthly figures of an office, counted in operations."""

import datetime
import re

import pytest
from django.utils import timezone

from appointments.actions import check_in, make_slots, mark_no_show
from appointments.actions.waiting import entry_of
from appointments.models import Closure, Offer, Slot
from tests import factories
from tests.appointments import places
from tests.appointments.figures.pages import (
    FIRST_IN_WORDS,
    LAST_IN_WORDS,
    MONDAY_IN_WORDS,
    SUNDAY_IN_WORDS,
    TUESDAY_IN_WORDS,
    book_of,
    figures_of,
    numbers,
    served,
    tables,
)
from tests.appointments.hours_forms import REASONS
from tests.appointments.places import DAY, MONDAY, SUNDAY, at
from tests.conftest import signed_in_staff, words

pytestmark = pytest.mark.django_db


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
