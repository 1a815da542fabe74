"""What is said of offices and of days before one is chosen."""

import pytest

from appointments.models import Closure, Office, Slot
from core.catalogue.models import Holiday
from tests.appointments import places
from tests.appointments.browsing import DAYS, OFFICES, address
from tests.appointments.places import MONDAY, SHORT_MONDAY, SHORT_TUESDAY, TUESDAY, WEDNESDAY
from tests.conftest import words

pytestmark = pytest.mark.django_db


def test_offices_are_ordered_by_nearest_free_time(browser, criteria):
    places.office("none", "Without")
    for day, slug, name in ((TUESDAY, "second", "Second"), (MONDAY, "first", "First")):
        places.slot(day, of=places.window(office=places.office(slug, name)))
    offices = browser.get(OFFICES, criteria).context["offices"]
    assert [row["office"].name for row in offices] == ["First", "Second", "Without"]


def test_an_office_says_where_and_when_it_is_before_it_is_chosen(browser, criteria, slot, service):
    Office.objects.update(
        address_en="King Fahd Road", landmark_en="opposite the hospital", entrance_en="gate 3"
    )
    where = "Riyadh, King Fahd Road Landmark: opposite the hospital Entrance: gate 3"
    shown = words(browser.get(OFFICES, criteria))
    assert f"Address {where} Services All that can be booked" in shown
    # In sight at once, as they decide for many.
    assert shown.index("Sunday to Thursday 08:00–15:00") < shown.index("Address and services")
    slot.window.services.set([service])
    assert f"{where} Services {service.name}" in words(browser.get(OFFICES, criteria))


def test_days_are_listed_as_free_nearly_full_full_or_closed(browser, criteria, hours):
    reasons = {"reason_ar": "صيانة", "reason_en": "Maintenance"}
    Closure.objects.create(office=hours.office, first_day=WEDNESDAY, last_day=WEDNESDAY, **reasons)
    Holiday.objects.create(day=WEDNESDAY, name_ar="عيد", name_en="Feast")
    Slot.objects.filter(day__in=(MONDAY, TUESDAY, WEDNESDAY)).update(taken=4)
    Slot.objects.filter(pk=Slot.objects.filter(day=TUESDAY).first().pk).update(taken=1)
    shown = words(browser.get(address(DAYS, criteria, office="al-rimal")))
    listed = f"free {SHORT_MONDAY} full {SHORT_TUESDAY} · from 08:00 few left"
    assert f"{listed} Wednesday 6 May 19 Dhu al-Qadah · Maintenance closed" in shown
    assert "Friday 8 May" not in shown.partition("All days as a calendar")[0]
