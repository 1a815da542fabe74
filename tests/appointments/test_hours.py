"""Slots made from opening hours: which are made, closed and kept."""

import datetime
import os
import time

import pytest
from django.core.management import call_command
from django.db.models import Count
from django.utils import timezone

from appointments.actions import cancel, horizon, make_slots, slot_generation
from appointments.models import Appointment, Closure, Office, OpeningWindow, Slot
from core.catalogue.models import Holiday, Region
from tests import factories
from tests.appointments import places
from tests.appointments.places import MONDAY, SUNDAY, TUESDAY, at

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]

FRIDAY, SATURDAY = datetime.date(2026, 5, 8), datetime.date(2026, 5, 9)
THURSDAY = datetime.date(2026, 5, 7)
NEXT_SUNDAY = datetime.date(2026, 5, 10)
LAST_DAY = datetime.date(2026, 6, 2)
DAY = datetime.timedelta(days=1)
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
    count = (end - start) // datetime.timedelta(minutes=15)
    return [f"{start + n * datetime.timedelta(minutes=15):%H:%M}" for n in range(count + 1)]


def change(window, **fields):
    OpeningWindow.objects.filter(pk=window.pk).update(**fields)
    return make_slots()


def closure(first, last=None, office=None):
    return Closure.objects.create(
        office=office,
        first_day=first,
        last_day=last or first,
        reason_ar="Maintenance",
        reason_en="Maintenance",
    )


# Making slots


def test_working_days_have_a_slot_every_quarter_of_an_hour():
    places.window()
    make_slots()
    for day in (MONDAY, THURSDAY, LAST_DAY):
        assert times(day) == quarters("08:00", "14:45")
    assert times(FRIDAY) == times(SATURDAY) == []
    slot = Slot.objects.get(start=at(MONDAY, "08:00"))
    assert (slot.end, slot.capacity, slot.taken) == (at(MONDAY, "08:15"), 4, 0)


def test_slot_ending_after_closing_time_is_not_made():
    places.window("08:00", "08:50", slot_minutes=20)
    make_slots()
    assert times(MONDAY) == ["08:00", "08:20"]


def test_ramadan_has_its_own_hours(clock):
    """1 Ramadan 1447 is 18 February 2026, the 30th is 19 March."""
    clock.now = at(datetime.date(2026, 2, 17), "07:00")
    places.window("08:00", "15:00", season=Season.ORDINARY)
    places.window("10:00", "15:00", season=Season.RAMADAN)
    make_slots()
    assert times(datetime.date(2026, 2, 17)) == quarters("08:00", "14:45")
    assert times(datetime.date(2026, 2, 18)) == quarters("10:00", "14:45")
    assert times(datetime.date(2026, 3, 19)) == quarters("10:00", "14:45")
    clock.now = at(datetime.date(2026, 3, 19), "07:00")
    make_slots()
    assert times(datetime.date(2026, 3, 22)) == quarters("08:00", "14:45")


def test_slot_after_midnight_belongs_to_evening_before():
    places.window("21:00", "01:00")
    make_slots()
    assert times(MONDAY) == quarters("21:00", "00:45")
    late = Slot.objects.get(start=at(TUESDAY, "00:30"))
    assert (late.day, late.end) == (MONDAY, at(TUESDAY, "00:45"))
    assert Slot.objects.get(start=at(FRIDAY, "00:45")).day == THURSDAY
    assert times(FRIDAY) == []


def test_hours_may_end_at_midnight():
    places.window("21:00", "00:00")
    make_slots()
    assert times(MONDAY) == quarters("21:00", "23:45")


def test_last_evening_is_bookable_past_midnight():
    places.window("21:00", "01:00")
    make_slots()
    bookable = Slot.objects.bookable(factories.ServiceFactory(), 1)
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
    assert times(LAST_DAY + DAY) == quarters("08:00", "14:45")


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


def test_holiday_closes_all_offices_until_deleted():
    one, other = places.office(), places.office("qasr-al-hukm", "Qasr Al-Hukm")
    places.window(office=one)
    places.window(office=other)
    make_slots()
    holiday = Holiday.objects.create(day=MONDAY, name_ar="Founding Day", name_en="Founding Day")
    make_slots()
    assert times(MONDAY) == []
    assert times(TUESDAY, one) == times(TUESDAY, other) == quarters("08:00", "14:45")
    holiday.delete()
    make_slots()
    assert times(MONDAY, one) == times(MONDAY, other) == quarters("08:00", "14:45")


@pytest.mark.parametrize("is_there_first", [True, False])
def test_closure_closes_one_office_for_its_days(is_there_first):
    one, other = places.office(), places.office("qasr-al-hukm", "Qasr Al-Hukm")
    places.window(office=one)
    places.window(office=other)
    if not is_there_first:
        make_slots()
    shut = closure(MONDAY, TUESDAY, one)
    make_slots()
    assert times(MONDAY, one) == times(TUESDAY, one) == []
    assert times(SUNDAY, one) == times(TUESDAY + DAY, one) == quarters("08:00", "14:45")
    assert times(MONDAY, other) == quarters("08:00", "14:45")
    shut.delete()
    make_slots()
    assert times(MONDAY, one) == times(TUESDAY, one) == quarters("08:00", "14:45")


def test_closure_saved_during_make_slots_is_kept(monkeypatch):
    first, second = (places.window(office=places.office(slug)) for slug in ("first", "second"))
    make_slots()
    bring_up_to_date = slot_generation._bring_up_to_date

    def close_the_second_meanwhile(*of):
        monkeypatch.setattr(slot_generation, "_bring_up_to_date", bring_up_to_date)
        closure(MONDAY, office=second.office)
        make_slots(second.office.windows)
        bring_up_to_date(*of)

    monkeypatch.setattr(slot_generation, "_bring_up_to_date", close_the_second_meanwhile)
    make_slots()
    assert times(MONDAY, first.office) == quarters("08:00", "14:45")
    assert times(MONDAY, second.office) == []


def test_make_slots_only_of_given_windows():
    first, second = (places.window(office=places.office(slug)) for slug in ("first", "second"))
    assert make_slots(first.office.windows) == 28 * 23
    assert times(MONDAY, second.office) == []


def test_a_closure_without_an_office_is_for_all():
    one, other = places.office(), places.office("qasr-al-hukm", "Qasr Al-Hukm")
    places.window(office=one)
    places.window(office=other)
    make_slots()
    closure(MONDAY)
    make_slots()
    assert times(MONDAY) == []


def test_closure_closes_evening_of_its_day_past_midnight():
    places.window("21:00", "01:00")
    make_slots()
    closure(MONDAY)
    make_slots()
    assert times(MONDAY) == []
    assert times(SUNDAY)[-1] == "00:45"
    assert Slot.objects.get(start=at(MONDAY, "00:45")).is_closed is False
    assert Slot.objects.get(start=at(TUESDAY, "00:45")).is_closed is True


def test_appointment_on_closed_day_keeps_its_place():
    places.window()
    make_slots()
    slot = Slot.objects.get(start=at(MONDAY, "10:00"))
    appointment = places.confirmed(slot=slot)
    closure(MONDAY)
    make_slots()
    assert places.taken(slot) == 1
    appointment.refresh_from_db()
    assert (appointment.status, appointment.slot_id) == (Appointment.Status.CONFIRMED, slot.pk)


# Changed hours


def test_changed_hours_close_old_slots_and_make_new_ones():
    window = places.window()
    make_slots()
    assert change(window, opens="09:00", closes="16:00") == 4 * 23
    assert times(MONDAY) == quarters("09:00", "15:45")
    assert change(window, opens="08:00", closes="15:00") == 0
    assert times(MONDAY) == quarters("08:00", "14:45")


def test_appointment_outside_changed_hours_is_kept():
    window = places.window()
    make_slots()
    slot = Slot.objects.get(start=at(MONDAY, "08:00"))
    appointment = places.confirmed(slot=slot, operations=2)
    change(window, opens="09:00")
    slot.refresh_from_db()
    appointment.refresh_from_db()
    assert (slot.is_closed, slot.taken) == (True, 2)
    assert (appointment.is_confirmed, appointment.slot_id) == (True, slot.pk)


def test_past_is_left_unchanged(clock):
    window = places.window()
    make_slots()
    clock.now += DAY
    change(window, opens="09:00")
    assert times(SUNDAY) == quarters("08:00", "14:45")
    assert times(MONDAY) == quarters("09:00", "14:45")


@pytest.mark.parametrize(("before", "after"), [(15, 30), (30, 15)])
def test_changed_slot_length_applies_to_open_slots(before, after):
    window = places.window(slot_minutes=before)
    make_slots()
    change(window, slot_minutes=after)
    lengths = {slot.end - slot.start for slot in Slot.objects.filter(is_closed=False)}
    assert lengths == {datetime.timedelta(minutes=after)}


def test_raised_capacity_is_free_at_once():
    window = places.window()
    make_slots()
    slot = Slot.objects.get(start=at(MONDAY, "10:00"))
    places.confirmed(slot=slot, operations=4)
    assert not Slot.objects.bookable(factories.ServiceFactory(), 1).filter(pk=slot.pk).exists()
    change(window, capacity=6)
    assert Slot.objects.with_free().get(pk=slot.pk).free == 2
    assert set(Slot.objects.values_list("capacity", flat=True)) == {6}


def test_lowered_capacity_is_never_below_taken():
    window = places.window()
    make_slots()
    slot = Slot.objects.get(start=at(MONDAY, "10:00"))
    appointment = places.confirmed(slot=slot, operations=3)
    change(window, capacity=1)
    slot.refresh_from_db()
    assert (slot.capacity, slot.taken) == (3, 3)
    assert set(Slot.objects.exclude(pk=slot.pk).values_list("capacity", flat=True)) == {1}
    cancel(actor=appointment.user, appointment=appointment)
    make_slots()
    slot.refresh_from_db()
    assert (slot.capacity, slot.taken) == (1, 0)


def test_inactive_office_has_no_open_slots_until_active_again():
    office = places.office()
    places.window(office=office)
    make_slots()
    service = factories.ServiceFactory()
    Office.objects.update(is_active=False)
    assert not Slot.objects.bookable(service, 1).exists()
    make_slots()
    assert not Slot.objects.filter(is_closed=False).exists()
    assert list(Office.objects.open_to_booking()) == []
    Office.objects.update(is_active=True)
    make_slots()
    assert times(MONDAY) == quarters("08:00", "14:45")


def test_office_inactive_from_start_gets_no_slots():
    places.window(office=places.office(is_active=False))
    assert make_slots() == 0


# The time zone of the server


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati"])
def test_the_zone_of_the_server_changes_nothing(zone, monkeypatch, clock):
    clock.now = at(SUNDAY, "00:30")
    places.window("21:00", "01:00")
    places.window()
    monkeypatch.setitem(os.environ, "TZ", zone)
    time.tzset()
    try:
        make_slots()
        starts = Slot.objects.order_by("start").values_list("start", flat=True)
        assert horizon()[0] == SUNDAY
        assert starts[0] == datetime.datetime(2026, 5, 3, 5, tzinfo=datetime.UTC)
        assert times(MONDAY) == quarters("08:00", "14:45") + quarters("21:00", "00:45")
    finally:
        monkeypatch.undo()
        time.tzset()


# Loading the known offices


@pytest.fixture
def regions():
    call_command("load_reference", verbosity=0)
    assert Region.objects.count() == 13


def test_load_offices_twice_adds_24_offices_once(regions, capsys):
    capsys.readouterr()
    call_command("load_offices")
    call_command("load_offices")
    assert capsys.readouterr().out.splitlines() == ["24 offices added", "0 offices added"]
    assert Office.objects.count() == 24
    assert Office.objects.aggregate(regions=Count("region", distinct=True)) == {"regions": 13}
    assert not OpeningWindow.objects.values("office").annotate(n=Count("pk")).filter(n__lt=2)
    for office in Office.objects.all():
        assert all([office.name_ar, office.name_en, office.city_ar, office.city_en])


def test_load_offices_again_keeps_changes_by_staff(regions):
    call_command("load_offices", verbosity=0)
    Office.objects.filter(slug="riyadh").update(name_en="Riyadh Passports", is_active=False)
    OpeningWindow.objects.filter(office__slug="riyadh", season=Season.ORDINARY).delete()
    call_command("load_offices", verbosity=0)
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
