"""The preview of a change of hours before it is saved: the weeks, and the people booked there."""

import pytest

from appointments.models import Closure, Slot
from tests import factories
from tests.appointments import places
from tests.appointments.hours_forms import (
    CLOSURES,
    HOLIDAY,
    HOURS,
    OFFICES,
    closure_form,
    holiday_form,
    hours_form,
    is_saved,
    office_form,
)
from tests.appointments.places import MONDAY, TUESDAY, WORKING_DAYS, at
from tests.appointments.test_hours import MORNING, times
from tests.conftest import signed_in_staff, words

pytestmark = pytest.mark.django_db

ADD = f"{CLOSURES}add/"


@pytest.fixture
def browser():
    return signed_in_staff(factories.OfficerFactory(is_superuser=True))


def booked(day=MONDAY):
    return places.confirmed(slot=Slot.objects.get(start=at(day, "10:00")))


def test_change_is_previewed_before_it_is_saved(browser, hours):
    shown = words(browser.post(ADD, closure_form(office=hours.office.pk)))
    assert "Nobody is booked at a time that closes with this change." in shown
    assert "The hours of Al-Rimal with this change May 2026 CE" in shown
    assert "4 17 AH closed 5 18 AH 08:00–15:00 · 4 at once" in shown
    for seen in ("", "x", "\0", "9" * 5000):
        browser.post(ADD, {**closure_form(), "_previewed": seen})
        assert not Closure.objects.exists(), seen[:20]
    assert times(MONDAY) == MORNING


def test_preview_of_holiday_counts_open_offices_by_day(browser, hours, elsewhere):
    shown = words(browser.post(HOLIDAY, holiday_form()))
    assert "How many offices are open with this change" in shown
    assert "3 16 AH 2 offices 4 17 AH 0 offices 5" in shown


def test_booking_after_preview_needs_another_preview(browser, hours):
    fields = closure_form()
    seen = browser.post(ADD, fields).context["previewed"]
    late = booked()
    page = browser.post(ADD, {**fields, "_previewed": seen})
    assert list(page.context["booked"]) == [late]
    assert not Closure.objects.exists()
    assert is_saved(browser.post(ADD, {**fields, "_previewed": page.context["previewed"]}))


def test_preview_resends_typed_values(browser, hours):
    page = browser.post(f"{HOURS}{hours.pk}/change/", hours_form(hours.office, capacity="7"))
    sent = page.context["sent"]
    assert ("capacity", "7") in sent
    assert [value for name, value in sent if name == "weekdays"] == [str(d) for d in WORKING_DAYS]


def test_each_closing_change_names_booked_people(browser, hours):
    appointment = booked()
    office = office_form(slug="al-rimal")
    del office["is_active"]
    for path, fields in (
        (HOLIDAY, holiday_form()),
        (f"{HOURS}{hours.pk}/change/", hours_form(hours.office, opens="11:00")),
        (f"{OFFICES}{hours.office.pk}/change/", office),
    ):
        assert list(browser.post(path, fields).context["booked"]) == [appointment], path
    booked(TUESDAY)
    page = browser.post(ADD, closure_form())
    assert list(page.context["booked"]) == [appointment]
    assert "1 person is booked at a time that closes with this change." in words(page)
    appointment.refresh_from_db()
    assert appointment.is_confirmed


def change_form(hours, **changes):
    return f"{HOURS}{hours.pk}/change/", hours_form(hours.office, **changes)


def test_preview_of_a_cut_names_the_times_that_hold_more(browser, hours):
    slot = Slot.objects.get(start=at(MONDAY, "10:00"))
    places.confirmed(slot=slot, operations=3)
    booked(TUESDAY)
    path, form = change_form(hours, capacity="2")
    shown = words(browser.post(path, form))
    assert "At these times more than 2 operations are booked. Everybody keeps their place" in shown
    assert f"Date and time Operations Monday {places.ON_MONDAY} · 10:00 3" in shown
    assert f"{places.ON_TUESDAY} · 10:00" not in shown
    path, form = change_form(hours, capacity="3")
    assert "At these times more than" not in words(browser.post(path, form))


def test_preview_names_who_is_booked_for_a_service_taken_out(browser, hours):
    kept, out = factories.ServiceFactory(), factories.ServiceFactory()
    slot = Slot.objects.get(start=at(MONDAY, "10:00"))
    places.confirmed(slot=slot, service=kept)
    leaves = places.confirmed(slot=slot, service=out)
    path, form = change_form(hours, services=[kept.pk])
    page = browser.post(path, form)
    assert page.context["without_service"] == [leaves]
    assert "They keep their appointments." in words(page)
    assert is_saved(browser.post(path, {**form, "_previewed": page.context["previewed"]}))
    assert places.status_of(leaves) == "confirmed"
