"""What a change of hours makes of the weeks, and who is booked there, before it is saved."""

import pytest

from appointments.actions import make_slots
from appointments.models import Closure, Slot
from tests import factories
from tests.appointments import places
from tests.appointments.hours_desk import (
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
    """Working days from eight to three."""
    hours = places.window(office=office)
    make_slots()
    return hours


def test_nothing_is_saved_before_its_weeks_have_been_seen(browser, hours):
    page = browser.post(f"{CLOSURES}add/", closure_form(office=hours.office.pk))
    shown = words(page)
    assert "Nobody is booked at a time that closes with this change." in shown
    assert "The hours of Al-Rimal with this change May 2026 CE" in shown
    assert "4 17 AH closed 5 18 AH 08:00–15:00 · 4 at once" in shown
    assert not Closure.objects.exists()
    assert times(MONDAY) == quarters("08:00", "14:45")


def test_who_is_booked_is_named_before_the_day_is_closed(browser, hours):
    appointment = places.confirmed(slot=Slot.objects.get(start=at(MONDAY, "10:00")))
    places.confirmed(slot=Slot.objects.get(start=at(TUESDAY, "10:00")))
    page = browser.post(f"{CLOSURES}add/", closure_form())
    assert list(page.context["booked"]) == [appointment]
    assert "1 person is booked at a time that closes with this change." in words(page)
    appointment.refresh_from_db()
    assert appointment.is_confirmed


def test_what_closes_every_office_shows_how_many_stay_open_on_each_day(browser, hours):
    places.window(office=places.office("qasr-al-hukm", "Qasr Al-Hukm"))
    holiday = {"day": MONDAY, "name_ar": "عيد", "name_en": "Feast"}
    shown = words(browser.post("/en/staff/catalogue/holiday/add/", holiday))
    assert "How many offices are open with this change" in shown
    assert "3 16 AH 2 offices 4 17 AH 0 offices 5" in shown


def test_who_books_meanwhile_is_shown_before_it_is_saved(browser, hours):
    path, fields = f"{CLOSURES}add/", closure_form()
    seen = browser.post(path, fields).context["seen"]
    late = places.confirmed(slot=Slot.objects.get(start=at(MONDAY, "10:00")))
    page = browser.post(path, {**fields, "_previewed": seen})
    assert list(page.context["booked"]) == [late]
    assert not Closure.objects.exists()
    assert is_saved(browser.post(path, {**fields, "_previewed": page.context["seen"]}))


@pytest.mark.parametrize("seen", ["", "x", "\0", "9" * 5000])
def test_no_other_word_for_having_seen_it_saves_it(browser, hours, seen):
    browser.post(f"{CLOSURES}add/", {**closure_form(), "_previewed": seen})
    assert not Closure.objects.exists()


def test_what_is_sent_again_is_what_was_typed(browser, hours):
    page = browser.post(f"{HOURS}{hours.pk}/change/", hours_form(hours.office, capacity="7"))
    sent = page.context["sent"]
    assert ("capacity", "7") in sent
    assert [value for name, value in sent if name == "weekdays"] == [str(d) for d in WORKING_DAYS]


@pytest.mark.parametrize("change", ["office", "hours", "holiday"])
def test_each_change_that_closes_times_names_who_is_booked(browser, hours, change):
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
