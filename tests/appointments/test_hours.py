"""Slots made from opening hours: which are made, closed and kept."""

import datetime
import os
import time

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appointments.actions import horizon, make_slots, slot_generation
from appointments.models import Appointment, Closure, Office, OpeningWindow, Slot
from core.catalogue.models import Holiday, Region
from tests.appointments import places
from tests.appointments.hours_forms import REASONS
from tests.appointments.places import DAY, MINUTE, MONDAY, SUNDAY, TUESDAY, at
from tests.worlds import undone

pytestmark = pytest.mark.django_db

THURSDAY, FRIDAY, SATURDAY = (datetime.date(2026, 5, day) for day in (7, 8, 9))
LAST_DAY = datetime.date(2026, 6, 2)
Season = OpeningWindow.Season


def times(day, office=None):
    """Return the times of the open slots that belong to `day`."""
    slots = Slot.objects.filter(day=day, is_closed=False)
    if office:
        slots = slots.filter(office=office)
    return [f"{timezone.localtime(slot.start):%H:%M}" for slot in slots.order_by("start")]


def quarters(first, last):
    """Return the quarters of an hour from `first` to `last`, past midnight if `last` is earlier."""
    start, end = at(MONDAY, first), at(MONDAY, last)
    end += DAY if end < start else 0 * DAY
    count = (end - start) // (15 * MINUTE)
    return [f"{start + n * 15 * MINUTE:%H:%M}" for n in range(count + 1)]


MORNING = quarters("08:00", "14:45")


def change(window, **fields):
    OpeningWindow.objects.filter(pk=window.pk).update(**fields)
    return make_slots()


def closure(first, last=None, office=None):
    return Closure.objects.create(office=office, first_day=first, last_day=last or first, **REASONS)


@pytest.fixture
def other(hours, elsewhere):
    """Return another office with the same hours, and slots."""
    make_slots()
    return elsewhere.office


@pytest.fixture
def at_ten(hours):
    """Return the slot of Monday at ten."""
    return Slot.objects.get(start=at(MONDAY, "10:00"))


# Making slots


def test_working_days_have_a_slot_every_quarter_of_an_hour(hours):
    for day in (MONDAY, THURSDAY, LAST_DAY):
        assert times(day) == MORNING
    assert times(FRIDAY) == times(SATURDAY) == []
    slot = Slot.objects.get(start=at(MONDAY, "08:00"))
    assert (slot.end, slot.capacity, slot.taken) == (at(MONDAY, "08:15"), 4, 0)


def test_slots_end_by_closing_time_or_midnight():
    for opens, closes, minutes, expected in (
        ("08:00", "08:50", 20, ["08:00", "08:20"]),
        ("21:00", "00:00", 15, quarters("21:00", "23:45")),
    ):
        with undone():
            places.window(opens, closes, slot_minutes=minutes)
            make_slots()
            assert times(MONDAY) == expected


def test_ramadan_has_its_own_hours(clock):
    """1 Ramadan 1447 is 18 February 2026, the 30th is 19 March."""
    clock.now = at(datetime.date(2026, 2, 17), "07:00")
    places.window("08:00", "15:00", season=Season.ORDINARY)
    places.window("10:00", "15:00", season=Season.RAMADAN)
    make_slots()
    assert times(datetime.date(2026, 2, 17)) == MORNING
    assert times(datetime.date(2026, 2, 18)) == quarters("10:00", "14:45")
    assert times(datetime.date(2026, 3, 19)) == quarters("10:00", "14:45")
    clock.now = at(datetime.date(2026, 3, 19), "07:00")
    make_slots()
    assert times(datetime.date(2026, 3, 22)) == MORNING


def test_slot_after_midnight_belongs_to_evening_before(service):
    places.window("21:00", "01:00")
    make_slots()
    assert times(MONDAY) == quarters("21:00", "00:45")
    late = Slot.objects.get(start=at(TUESDAY, "00:30"))
    assert (late.day, late.end) == (MONDAY, at(TUESDAY, "00:45"))
    assert Slot.objects.get(start=at(FRIDAY, "00:45")).day == THURSDAY
    assert times(FRIDAY) == []
    # The last evening can be booked past midnight.
    bookable = Slot.objects.bookable(service, 1)
    assert bookable.latest("start").start == at(LAST_DAY + DAY, "00:45")


def test_hours_apply_from_first_to_last_day():
    places.window(valid_from=TUESDAY, valid_until=THURSDAY)
    make_slots()
    days = Slot.objects.order_by("day").values_list("day", flat=True).distinct()
    assert list(days) == [TUESDAY, TUESDAY + DAY, THURSDAY]


def test_slots_are_made_from_today_to_thirty_days_ahead(clock):
    places.window(weekdays=list(range(7)))
    make_slots()
    days = list(Slot.objects.order_by("day").values_list("day", flat=True).distinct())
    assert days == horizon()
    assert (days[0], days[-1], len(days)) == (SUNDAY, LAST_DAY, 31)
    clock.now += DAY
    assert make_slots() == 28
    assert times(LAST_DAY + DAY) == MORNING


@pytest.mark.both_engines
def test_make_slots_twice_changes_nothing():
    places.window()
    places.window("21:00", "01:00", office=places.office("qasr-al-hukm", "Qasr Al-Hukm"))
    assert make_slots() == (28 + 16) * 23
    before = list(Slot.objects.order_by("pk").values())
    assert make_slots() == 0
    assert list(Slot.objects.order_by("pk").values()) == before


def test_command_prints_number_of_slots_made(capsys):
    places.window("08:00", "09:00", valid_until=SUNDAY)
    call_command("make_slots")
    call_command("make_slots")
    assert capsys.readouterr().out.splitlines() == ["4 times added", "0 times added"]


# Holidays and closures


def test_holiday_or_closure_of_all_closes_offices_until_deleted(office, other):
    for close in (
        lambda: Holiday.objects.create(day=MONDAY, name_ar="عيد", name_en="Feast"),
        lambda: closure(MONDAY),
    ):
        closing = close()
        make_slots()
        assert times(MONDAY) == []
        assert times(TUESDAY, office) == times(TUESDAY, other) == MORNING
        closing.delete()
        make_slots()
        assert times(MONDAY, office) == times(MONDAY, other) == MORNING


def test_closure_closes_one_office_for_its_days(office, elsewhere):
    places.window(office=office)
    other = elsewhere.office
    for _has_slots in (False, True):
        shut = closure(MONDAY, TUESDAY, office)
        make_slots()
        assert times(MONDAY, office) == times(TUESDAY, office) == []
        assert times(SUNDAY, office) == times(TUESDAY + DAY, office) == MORNING
        assert times(MONDAY, other) == MORNING
        shut.delete()
        make_slots()
        assert times(MONDAY, office) == times(TUESDAY, office) == MORNING


def test_windows_are_updated_apart_and_keep_a_closure_meanwhile(monkeypatch):
    first, second = (places.window(office=places.office(slug)) for slug in ("first", "second"))
    assert make_slots(first.office.windows) == 28 * 23
    assert times(MONDAY, second.office) == []
    make_slots()
    bring_up_to_date = slot_generation._bring_up_to_date

    def close_the_second_meanwhile(*of):
        monkeypatch.setattr(slot_generation, "_bring_up_to_date", bring_up_to_date)
        closure(MONDAY, office=second.office)
        make_slots(second.office.windows)
        bring_up_to_date(*of)

    monkeypatch.setattr(slot_generation, "_bring_up_to_date", close_the_second_meanwhile)
    OpeningWindow.objects.update(capacity=5)
    make_slots()
    assert times(MONDAY, first.office) == MORNING
    assert times(MONDAY, second.office) == []


def test_nothing_to_do_is_found_out_in_a_few_queries_without_a_lock():
    for slug, number in (("first", 1), ("second", 12)):
        for opens in range(number):
            places.window(f"{opens + 8:02}:00", office=places.office(slug), closes="21:00")
        make_slots()
        with CaptureQueriesContext(connection) as asked:
            assert make_slots() == 0
        assert [each["sql"] for each in asked if "UPDATE" in each["sql"]] == []
        assert len(asked) == 5, slug


def test_only_slots_that_differ_are_locked(at_ten):
    make_slots()
    Slot.objects.filter(pk=at_ten.pk).update(capacity=9)
    with CaptureQueriesContext(connection) as asked:
        make_slots()
    changed = [each["sql"] for each in asked if "appointments_slot" in each["sql"]]
    changed = [sql for sql in changed if "UPDATE" in sql]
    assert changed
    assert all(f" IN ({at_ten.pk})" in sql for sql in changed)
    assert Slot.objects.get(pk=at_ten.pk).capacity == 4


def test_closure_closes_evening_of_its_day_past_midnight():
    places.window("21:00", "01:00")
    make_slots()
    closure(MONDAY)
    make_slots()
    assert times(MONDAY) == []
    assert times(SUNDAY)[-1] == "00:45"
    assert Slot.objects.get(start=at(MONDAY, "00:45")).is_closed is False
    assert Slot.objects.get(start=at(TUESDAY, "00:45")).is_closed is True


def test_appointment_on_closed_day_keeps_its_place(at_ten):
    appointment = places.confirmed(slot=at_ten)
    closure(MONDAY)
    make_slots()
    assert places.taken(at_ten) == 1
    appointment.refresh_from_db()
    assert (appointment.status, appointment.slot) == (Appointment.Status.CONFIRMED, at_ten)


# Changed hours


@pytest.mark.both_engines
def test_changed_hours_close_old_slots_and_make_new_ones(hours):
    assert change(hours, opens="09:00", closes="16:00") == 4 * 23
    assert times(MONDAY) == quarters("09:00", "15:45")
    assert change(hours, opens="08:00", closes="15:00") == 0
    assert times(MONDAY) == MORNING


def test_appointment_outside_changed_hours_is_kept(hours):
    slot = Slot.objects.get(start=at(MONDAY, "08:00"))
    appointment = places.confirmed(slot=slot, operations=2)
    change(hours, opens="09:00")
    slot.refresh_from_db()
    appointment.refresh_from_db()
    assert (slot.is_closed, slot.taken) == (True, 2)
    assert (appointment.is_confirmed, appointment.slot_id) == (True, slot.pk)


def test_past_is_left_unchanged(hours, clock):
    clock.now += DAY
    change(hours, opens="09:00")
    assert times(SUNDAY) == MORNING
    assert times(MONDAY) == quarters("09:00", "14:45")


def test_changed_slot_length_applies_to_open_slots():
    for before, after in ((15, 30), (30, 15)):
        with undone():
            window = places.window(slot_minutes=before)
            make_slots()
            change(window, slot_minutes=after)
            lengths = {slot.end - slot.start for slot in Slot.objects.filter(is_closed=False)}
            assert lengths == {after * MINUTE}


@pytest.mark.both_engines
def test_raised_capacity_is_free_at_once(hours, at_ten, service):
    places.confirmed(slot=at_ten, operations=4)
    assert not Slot.objects.bookable(service, 1).filter(pk=at_ten.pk).exists()
    change(hours, capacity=6)
    assert Slot.objects.with_free().get(pk=at_ten.pk).free == 2
    assert set(Slot.objects.values_list("capacity", flat=True)) == {6}


@pytest.mark.both_engines
def test_lowered_capacity_is_never_below_taken(hours, at_ten):
    appointment = places.confirmed(slot=at_ten, operations=3)
    change(hours, capacity=1)
    at_ten.refresh_from_db()
    assert (at_ten.capacity, at_ten.taken) == (3, 3)
    assert set(Slot.objects.exclude(pk=at_ten.pk).values_list("capacity", flat=True)) == {1}
    places.cancel(appointment)
    make_slots()
    at_ten.refresh_from_db()
    assert (at_ten.capacity, at_ten.taken) == (1, 0)


def test_inactive_office_has_no_open_slots_until_active_again(office, service):
    Office.objects.update(is_active=False)
    places.window(office=office)
    assert make_slots() == 0
    Office.objects.update(is_active=True)
    make_slots()
    Office.objects.update(is_active=False)
    assert not Slot.objects.bookable(service, 1).exists()
    make_slots()
    assert not Slot.objects.filter(is_closed=False).exists()
    assert list(Office.objects.open_to_booking()) == []
    Office.objects.update(is_active=True)
    make_slots()
    assert times(MONDAY) == MORNING


# The time zone of the server


def test_the_zone_of_the_server_changes_nothing(monkeypatch, clock):
    clock.now = at(SUNDAY, "00:30")
    places.window("21:00", "01:00")
    places.window()
    try:
        for zone in ("America/Los_Angeles", "Pacific/Kiritimati"):
            monkeypatch.setitem(os.environ, "TZ", zone)
            time.tzset()
            with undone():
                make_slots()
                assert horizon()[0] == SUNDAY
                first = Slot.objects.earliest("start").start
                assert first == datetime.datetime(2026, 5, 3, 5, tzinfo=datetime.UTC)
                assert times(MONDAY) == MORNING + quarters("21:00", "00:45")
    finally:
        monkeypatch.undo()
        time.tzset()


# Loading the known offices


@pytest.fixture
def regions():
    call_command("load_reference", verbosity=0)
    assert Region.objects.count() == 13


@pytest.mark.both_engines
def test_load_offices_twice_adds_24_once_and_keeps_changes(regions, capsys):
    capsys.readouterr()
    call_command("load_offices")
    assert Office.objects.count() == 24
    assert Office.objects.aggregate(regions=Count("region", distinct=True)) == {"regions": 13}
    assert not OpeningWindow.objects.values("office").annotate(n=Count("pk")).filter(n__lt=2)
    for office in Office.objects.all():
        assert all([office.name_ar, office.name_en, office.city_ar, office.city_en])
    Office.objects.filter(slug="riyadh").update(name_en="Riyadh Passports", is_active=False)
    OpeningWindow.objects.filter(office__slug="riyadh", season=Season.ORDINARY).delete()
    call_command("load_offices")
    assert capsys.readouterr().out.splitlines() == ["24 offices added", "0 offices added"]
    assert Office.objects.count() == 24
    office = Office.objects.get(slug="riyadh")
    assert (office.name_en, office.is_active) == ("Riyadh Passports", False)
    assert office.windows.count() == 1


def test_ramadan_1447_hours_are_as_announced(regions, clock):
    call_command("load_offices", verbosity=0)
    clock.now = at(datetime.date(2026, 2, 20), "07:00")  # a Friday in Ramadan
    make_slots()
    friday, sunday = datetime.date(2026, 2, 20), datetime.date(2026, 2, 22)
    rimal = Office.objects.get(slug="al-rimal")
    mall = Office.objects.get(slug="al-tahlia-mall")
    assert times(friday, rimal) == quarters("21:00", "00:45")
    assert times(friday, mall) == []
    assert times(sunday, Office.objects.get(slug="riyadh")) == quarters("10:00", "14:45")
    afternoons_and_nights = quarters("13:00", "16:45") + quarters("21:00", "00:45")
    assert set(afternoons_and_nights) <= set(times(sunday, mall))
    assert times(friday + DAY, mall) == []
