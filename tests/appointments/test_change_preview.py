"""The preview of a change of hours before it is saved: the weeks, and the people booked there."""

import pytest

from appointments.actions import make_slots
from appointments.models import Closure, Slot
from tests import factories
from tests.appointments import places
from tests.appointments.hours_forms import (
    CLOSURES,
    HOURS,
    OFFICES,
    closure_form,
    hours_form,
    is_saved,
    office_form,
)
from tests.appointments.places import MONDAY, TUESDAY, WORKING_DAYS, at
from tests.appointments.test_hours import quarters, times
from tests.conftest import signed_in_staff, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser():
    return signed_in_staff(factories.OfficerFactory(is_superuser=True))


@pytest.fixture
def hours(office):
    """Return hours on working days from eight to three, with their slots."""
    hours = places.window(office=office)
    make_slots()
    return hours


def test_change_is_previewed_before_it_is_saved(browser, hours):
    page = browser.post(f"{CLOSURES}add/", closure_form(office=hours.office.pk))
    shown = words(page)
    assert "Nobody is booked at a time that closes with this change." in shown
    assert "The hours of Al-Rimal with this change May 2026 CE" in shown
    assert "4 17 AH closed 5 18 AH 08:00–15:00 · 4 at once" in shown
    assert not Closure.objects.exists()
    assert times(MONDAY) == quarters("08:00", "14:45")


def test_preview_of_closure_names_booked_people(browser, hours):
    appointment = places.confirmed(slot=Slot.objects.get(start=at(MONDAY, "10:00")))
    places.confirmed(slot=Slot.objects.get(start=at(TUESDAY, "10:00")))
    page = browser.post(f"{CLOSURES}add/", closure_form())
    assert list(page.context["booked"]) == [appointment]
    assert "1 person is booked at a time that closes with this change." in words(page)
    appointment.refresh_from_db()
    assert appointment.is_confirmed


def test_preview_of_holiday_counts_open_offices_by_day(browser, hours):
    places.window(office=places.office("qasr-al-hukm", "Qasr Al-Hukm"))
    holiday = {"day": MONDAY, "name_ar": "عيد", "name_en": "Feast"}
    shown = words(browser.post("/en/staff/catalogue/holiday/add/", holiday))
    assert "How many offices are open with this change" in shown
    assert "3 16 AH 2 offices 4 17 AH 0 offices 5" in shown


def test_booking_after_preview_needs_another_preview(browser, hours):
    path, fields = f"{CLOSURES}add/", closure_form()
    seen = browser.post(path, fields).context["previewed"]
    late = places.confirmed(slot=Slot.objects.get(start=at(MONDAY, "10:00")))
    page = browser.post(path, {**fields, "_previewed": seen})
    assert list(page.context["booked"]) == [late]
    assert not Closure.objects.exists()
    assert is_saved(browser.post(path, {**fields, "_previewed": page.context["previewed"]}))


@pytest.mark.parametrize("seen", ["", "x", "\0", "9" * 5000])
def test_invalid_preview_value_saves_nothing(browser, hours, seen):
    browser.post(f"{CLOSURES}add/", {**closure_form(), "_previewed": seen})
    assert not Closure.objects.exists()


def test_preview_resends_typed_values(browser, hours):
    page = browser.post(f"{HOURS}{hours.pk}/change/", hours_form(hours.office, capacity="7"))
    sent = page.context["sent"]
    assert ("capacity", "7") in sent
    assert [value for name, value in sent if name == "weekdays"] == [str(d) for d in WORKING_DAYS]


@pytest.mark.parametrize("change", ["office", "hours", "holiday"])
def test_each_closing_change_names_booked_people(browser, hours, change):
    appointment = places.confirmed(slot=Slot.objects.get(start=at(MONDAY, "10:00")))
    office = office_form(slug="al-rimal")
    del office["is_active"]
    holiday = {"day": MONDAY, "name_ar": "اليوم الوطني", "name_en": "National Day"}
    path, fields = {
        "office": (f"{OFFICES}{hours.office.pk}/change/", office),
        "hours": (f"{HOURS}{hours.pk}/change/", hours_form(hours.office, opens="11:00")),
        "holiday": ("/en/staff/catalogue/holiday/add/", holiday),
    }[change]
    assert list(browser.post(path, fields).context["booked"]) == [appointment]
