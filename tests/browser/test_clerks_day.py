"""A clerk's day by keyboard: a mistake of each kind, a caller, a person without an account."""

import datetime

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import pgettext
from playwright.sync_api import expect

from appointments.actions import make_slots
from appointments.models import Appointment, Office, OpeningWindow, Slot
from tests.appointments import places
from tests.browser.looks import people
from tests.browser.looks.appointments import HOUR, begun_ago
from tests.browser.looks.checks import RULES, bring_axe, found_by_axe
from tests.browser.test_keyboard import back_to, choose, enter, go, select, type_into
from tests.browser.visitor import quoted
from tests.conftest import signed_in_staff

pytestmark = pytest.mark.browser

DESK = "staff/appointments/appointment/"
Status = Appointment.Status


@pytest.fixture
def office(reference):
    """An office that is open around the clock, so that people can come at any time."""
    call_command("load_offices", verbosity=0)
    OpeningWindow.objects.all().delete()
    office = Office.objects.get(slug="al-rimal")
    places.window("00:00", "23:45", office=office, weekdays=list(range(7)), capacity=3)
    make_slots()
    return office


@pytest.fixture
def clerk(visit, office):
    clerk = visit()
    bring_axe(clerk)
    clerk.page.emulate_media(reduced_motion="reduce")
    clerk.use_session_of(signed_in_staff(people.of_group("clerk", "1000000065", office)))
    return clerk


@pytest.fixture
def caller(office):
    """Somebody whom the registry knows, and who has no account."""
    return people.person("2000000105", "هدى سالم", "Huda Salem", mobile="+966500000032")


def began(resident, service, office):
    """Return an appointment of the resident that began half an hour ago."""
    slot = Slot.objects.filter(office=office, start__gt=timezone.now() + HOUR).first()
    return begun_ago(places.confirmed(resident, slot=slot, service=service), HOUR / 2)


def stands(clerk, appointment, word):
    """Check what the list of today says of the appointment, and that axe finds nothing there."""
    with translation.override(clerk.language):
        told = pgettext("who is expected at an office", word)
    expect(clerk.page.locator(f"#n{appointment.pk} .tag")).to_have_text(told)
    assert list(found_by_axe(clerk, RULES)) == []


def press(clerk, appointment, name):
    with translation.override(clerk.language):
        name = pgettext("a button that asks somebody to the counter", name)
    row = clerk.page.locator(f"#n{appointment.pk}")
    go(clerk, row.get_by_role("button", name=clerk.reads(name), exact=True))


def take_back(clerk, appointment):
    """Take the last mark back: one link and one button."""
    row = clerk.page.locator(f"#n{appointment.pk}")
    go(clerk, row.get_by_role("link", name=clerk.reads("Take back")))
    assert list(found_by_axe(clerk, RULES)) == []
    go(clerk, clerk.button("Take back"))


@pytest.mark.parametrize("language", ["ar", "en"])
def test_each_mistake_is_two_clicks_from_being_none(clerk, resident, service, office):
    appointment = began(resident, service, office)
    clerk.open(f"{DESK}today/?office={office.slug}")
    stands(clerk, appointment, "Late")
    for done, then, back in (
        ("Check in", "Here", "Late"),
        ("Did not come", "Missed", "Late"),
    ):
        press(clerk, appointment, done)
        stands(clerk, appointment, then)
        take_back(clerk, appointment)
        stands(clerk, appointment, back)
    press(clerk, appointment, "Did not come")
    # Who was marked as missed has come after all.
    back_to(clerk, clerk.page.locator("#typed"))
    clerk.page.keyboard.type(appointment.reference)
    enter(clerk)
    stands(clerk, appointment, "Here")
    for done, then, back in (("Call", "Called", "Here"), ("Served", "Served", "Here")):
        press(clerk, appointment, done)
        stands(clerk, appointment, then)
        take_back(clerk, appointment)
        stands(clerk, appointment, back)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_caller_without_an_account_books_and_comes_to_move_and_cancel(
    clerk, caller, service, office
):
    help_with(clerk, office, caller, "Book an appointment", "They are on the phone")
    go(clerk, clerk.button("Next"))
    type_into(clerk, "Code", clerk.code_on_phone())
    go(clerk, clerk.button("Next"))
    go(clerk, clerk.link("Book an appointment"))
    choose(clerk, clerk.named(service))
    go(clerk, clerk.button("Show the next times"))
    take_a_time(clerk, in_days=3)
    clerk.is_done("The appointment is booked, and the person is told by text.")
    booked = Appointment.objects.get()
    assert (booked.attendee, booked.status) == (caller, Status.CONFIRMED)

    help_with(
        clerk, office, caller, "Move or cancel an appointment", "They are here, with their document"
    )
    select(clerk, "Document you have seen", clerk.reads("passport"))
    type_into(clerk, "Last four digits or letters of its number", "AB12")
    go(clerk, clerk.button("Next"))
    go(clerk, clerk.link("Move the appointment"))
    take_a_time(clerk, in_days=4)
    clerk.is_done("The appointment is moved, and the person is told by text.")
    assert Appointment.objects.get().slot != booked.slot
    go(clerk, clerk.link("Cancel the appointment"))
    assert list(found_by_axe(clerk, RULES)) == []
    go(clerk, clerk.button("Cancel the appointment"))
    clerk.is_done("The appointment is cancelled, and the person is told by text.")
    assert Appointment.objects.get().status == Status.CANCELLED


def help_with(clerk, office, person, aim, way):
    clerk.open(f"{DESK}today/?office={office.slug}")
    go(clerk, clerk.link("Help a person"))
    assert list(found_by_axe(clerk, RULES)) == []
    type_into(clerk, "ID number of the person", person.current_number)
    choose(clerk, clerk.reads(aim))
    choose(clerk, clerk.reads(way))


def take_a_time(clerk, *, in_days):
    """Look at a later day, and take the last of the times that are shown."""
    days = clerk.field("From").locator("option")
    shown = clerk.page.locator("button[name=slot]").last.get_attribute("value")
    select(clerk, "From", days.nth(in_days).inner_text())
    go(clerk, clerk.button("Show"))
    assert list(found_by_axe(clerk, RULES)) == []
    times = clerk.page.locator("button[name=slot]")
    assert times.last.get_attribute("value") != shown
    go(clerk, times.last)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_on_a_full_day_a_walk_in_is_offered_another(clerk, caller, service, office):
    today = timezone.localdate()
    days = (today - datetime.timedelta(days=1), today)
    Slot.objects.filter(office=office, day__in=days).update(capacity=F("taken"))
    clerk.open(f"{DESK}walk-in/?office={office.slug}")
    expect(clerk.field("ID number of the person")).to_be_focused()
    clerk.page.keyboard.type(caller.current_number)
    select(clerk, "Service", clerk.named(service))
    go(clerk, clerk.button("Add and check in"))
    assert list(found_by_axe(clerk, RULES)) == []
    go(clerk, clerk.page.locator("button[name=slot]").first)
    booked = Appointment.objects.get()
    assert (booked.attendee, booked.status) == (caller, Status.CONFIRMED)
    assert booked.slot.day > today
    expect(clerk.page.locator(".messagelist")).to_contain_text(quoted(booked))
