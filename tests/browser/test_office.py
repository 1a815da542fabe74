"""The work of a clerk at the desk and of a manager of an office, in both languages."""

import datetime
import zipfile

import pytest
from django.core.management import call_command
from django.utils import timezone, translation
from django.utils.translation import pgettext
from playwright.sync_api import expect

from appointments.actions import displace_due, make_slots
from appointments.models import Appointment, Office, OpeningWindow
from core.catalogue.models import Service
from tawasul.portal.staff_roles import group_for_role
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import verified
from tests.browser.test_whole_path import named, quoted
from tests.conftest import signed_in_staff
from tests.portal.test_queries import copies

pytestmark = pytest.mark.browser

DESK = "staff/appointments/appointment/"
QUEUE = "staff/requests_app/inquiry/"
# The overflow in width of lists and pages.
TOO_WIDE = """() => [...document.querySelectorAll(".results, main, html")]
    .map((place) => place.scrollWidth - place.clientWidth)"""
LONG_NAMES = {
    "ar": "عبدالرحمن محمد عبدالعزيز الشهراني القحطاني الدوسري",
    "en": "Abdulrahman Mohammed Abdulaziz Alshahrani Alqahtani Aldossary",
}
CLOSURE = "staff/appointments/closure/add/"


@pytest.fixture
def hours(resident):
    """The opening hours of an office that is open around the clock, so that people can come now."""
    call_command("load_offices", verbosity=0)
    OpeningWindow.objects.all().delete()
    office = Office.objects.get(slug="al-rimal")
    week = list(range(7))
    hours = places.window("00:00", "23:45", office=office, weekdays=week, capacity=3)
    make_slots()
    return hours


@pytest.fixture
def appointment(resident, hours):
    """An appointment that starts within two minutes."""
    service = Service.objects.get(slug="resident-services")
    # The slot lies between generated ones, and belongs to today even if it starts after midnight.
    soon = timezone.localtime(timezone.now() + datetime.timedelta(minutes=1))
    today = timezone.localdate()
    slot = places.slot(soon.date(), f"{soon:%H:%M}:30", of=hours, capacity=3, belongs_to=today)
    return places.confirmed(resident, slot=slot, service=service)


@pytest.mark.parametrize(("language", "width"), [("ar", 820), ("en", 1280)])
def test_a_day_at_the_desk(visit, officer, appointment, language, width):
    clerk, room = visit(), visit()
    officer.groups.set([group_for_role("clerk")])
    officer.offices.add(appointment.slot.office)
    session = signed_in_staff(officer)
    for browser in (clerk, room):
        browser.use_session_of(session)
    clerk.open(f"{DESK}today/")
    clerk.look("200-today")
    field = clerk.page.locator("#typed")

    field.press_sequentially("000000000000")
    with clerk.page.expect_navigation():
        field.press("Enter")
    expect(clerk.page.locator("#wrong")).to_be_visible()
    clerk.look("201-nothing")

    expect(field).to_be_focused()
    field.press_sequentially(f"{clerk.site}/ar/check/{appointment.slips.get().check_code}/")
    with clerk.page.expect_navigation():
        field.press("Enter")
    expect(clerk.page.locator(f"#n{appointment.pk} .tag")).to_have_text(standing("Here", clerk))
    expect(field).to_be_focused()
    clerk.look("202-here")

    clerk.page.locator(f"#n{appointment.pk} button").first.click()
    room.open(f"{DESK}calls/?office={appointment.slot.office.slug}")
    expect(room.page.locator("ol li")).to_have_text([quoted(appointment)])
    room.look("203-calls")
    clerk.press("Served")
    room.page.reload()
    expect(room.page.locator("ol li")).to_have_count(0)
    give_a_place(clerk, appointment)


def standing(word, clerk):
    with translation.override(clerk.language):
        return pgettext("who is expected at an office", word)


def give_a_place(clerk, appointment):
    other = factories.IdentityFactory(name_en="Bilal Ahmed", name_ar="بلال أحمد")
    clerk.follow("Somebody without an appointment")
    clerk.press("Give a place and check in")
    clerk.look("204-walk-in-errors")
    clerk.page.locator("[name=number]").fill(other.current_number)
    service = clerk.page.locator("[name=service]")
    service.select_option(label=named(appointment.service, clerk))
    clerk.press("Give a place and check in")
    walked_in = Appointment.objects.get(attendee=other)
    assert (walked_in.is_walk_in, walked_in.status) == (True, Appointment.Status.CHECKED_IN)
    expect(clerk.page.locator(f"#n{walked_in.pk} .tag")).to_have_text(standing("Here", clerk))
    clerk.look("205-walked-in")


@pytest.mark.parametrize(("language", "width"), [("ar", 1280), ("en", 1280)])
def test_a_week_of_a_manager(visit, resident, officer, hours, language, width):
    officer.groups.set([group_for_role("manager")])
    officer.offices.add(hours.office)
    slot = hours.slots.filter(day=timezone.localdate() + datetime.timedelta(days=3)).first()
    appointment = places.confirmed(resident, slot=slot)
    manager, citizen = visit(), visit()
    manager.use_session_of(signed_in_staff(officer))
    citizen.use_session_of(verified(resident))

    manager.open("staff/appointments/office/")
    manager.follow("Figures of your offices")
    manager.look("211-figures")
    with manager.page.expect_download() as waiting:
        manager.link("Download as XLSX").click()
    name = waiting.value.suggested_filename
    assert name.endswith(".xlsx")
    told = manager.page.locator(".exporting")
    expect(told).to_have_text(f"{manager.reads('The file is saved:')} {name}")
    assert zipfile.is_zipfile(waiting.value.path())
    manager.look("211-exported")

    change_hours(manager, hours)
    close_a_day(manager, appointment)

    assert displace_due() == 1
    citizen.open(f"appointments/{appointment.reference}/")
    citizen.look("216-office-closed")
    citizen.press("Accept this time")
    appointment.refresh_from_db()
    assert appointment.is_confirmed
    assert appointment.slot.day > slot.day
    citizen.look("217-another-time")
    citizen.press("Tell me")
    citizen.look("218-waiting")


def change_hours(manager, hours):
    manager.open(f"staff/appointments/openingwindow/{hours.pk}/change/")
    manager.look("212-hours")
    manager.page.locator("[name=capacity]").fill("2")
    with manager.page.expect_navigation():
        manager.page.locator("[name=_save]").click()
    manager.look("213-before-hours-are-saved")
    manager.press("Save")
    assert OpeningWindow.objects.get().capacity == 2


def close_a_day(manager, appointment):
    manager.open(CLOSURE)
    manager.page.locator("[name=office]").select_option(str(appointment.slot.office_id))
    for field in ("first_day", "last_day"):
        manager.page.locator(f"[name={field}]").fill(str(appointment.slot.day))
    for language, reason in (("ar", "صيانة"), ("en", "Maintenance")):
        manager.page.locator(f"[name=reason_{language}]").fill(reason)
    manager.look("214-closure")
    with manager.page.expect_navigation():
        manager.page.locator("[name=_save]").click()
    expect(manager.page.locator("td").first).to_have_text(quoted(appointment))
    manager.look("215-before-a-day-is-closed")
    manager.press("Save")


@pytest.fixture
def long_queue(resident, officer, language):
    """A queue of thirty unassigned inquiries and thirty of a colleague, all with long names."""
    name = LONG_NAMES[language]
    filed = factories.filed(resident)
    colleague = factories.IdentityFactory(name_ar=name, name_en=name)
    late = timezone.localdate() - datetime.timedelta(days=2)
    copies(filed, 29, name=name, due_on=late)
    copies(filed, 30, name=name, assignee=factories.OfficerFactory(identity=colleague))
    officer.groups.set([group_for_role(name) for name in ("supervisor", "clerk")])


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_staff_site_has_portal_colours(visit, officer, appointment, long_queue, language, colours):
    officer.offices.add(appointment.slot.office)
    colleague = visit()
    look = {"name": "look", "value": f"{colours}.device.normal", "url": colleague.site}
    colleague.context.add_cookies([look])
    colleague.use_session_of(signed_in_staff(officer))
    for step, place in {
        "220-index": "staff/",
        "221-queue": f"{QUEUE}?queue=all",
        "222-appointments": f"{DESK}?day=ahead",
        "223-password": "staff/password_change/",
    }.items():
        colleague.open(place)
        ground = {"light": "rgb(255, 255, 255)", "dark": "rgb(12, 17, 27)"}[colours]
        expect(colleague.page.locator("body")).to_have_css("background-color", ground)
        assert set(colleague.page.evaluate(TOO_WIDE)) == {0}, step
        colleague.look(f"{colours}-{step}")


def hold_alt_and(key, visitor):
    """Press an access key; the keyboard of Playwright leaves out the letter of the key."""
    event = {"modifiers": 1, "key": key, "code": f"Key{key.upper()}"}
    event |= {"text": key, "unmodifiedText": key, "windowsVirtualKeyCode": ord(key.upper())}
    keyboard = visitor.context.new_cdp_session(visitor.page)
    for kind in ("rawKeyDown", "char", "keyUp"):
        keyboard.send("Input.dispatchKeyEvent", {"type": kind, **event})


def test_officer_works_through_queue_without_mouse(visit, officer, long_queue):
    colleague = visit()
    colleague.use_session_of(signed_in_staff(officer))
    keyboard = colleague.page.keyboard
    colleague.open(QUEUE)
    keyboard.press("Tab")
    skip = colleague.page.locator(".skip-to-content-link")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    hold_alt_and("s", colleague)
    expect(colleague.page.locator("#searchbar")).to_be_focused()
    with colleague.page.expect_navigation():
        hold_alt_and("n", colleague)
    first = colleague.path()
    with colleague.page.expect_navigation():
        hold_alt_and("m", colleague)
    answer = colleague.page.locator("#id_text")
    expect(answer).to_be_focused()
    expect(answer).to_have_css("outline-width", "3px")
    keyboard.type("It has been mended.")
    keyboard.press("Tab")
    with colleague.page.expect_navigation():
        keyboard.press("Enter")
    colleague.is_done("The inquiry has been approved.")
    expect(colleague.link("Next in the queue")).to_be_focused()
    with colleague.page.expect_navigation():
        keyboard.press("Enter")
    assert colleague.path() not in (first, f"/en/{QUEUE}")
    expect(colleague.button("Assign to me")).to_be_visible()


def test_clerk_receives_person_with_access_keys(visit, officer, appointment):
    officer.groups.set([group_for_role("clerk")])
    officer.offices.add(appointment.slot.office)
    clerk = visit()
    clerk.use_session_of(signed_in_staff(officer))
    row = clerk.page.locator(f"#n{appointment.pk}")
    clerk.open(f"{DESK}today/")
    clerk.page.keyboard.type(appointment.reference)
    for key, expected in (("k", "Here"), ("c", "Called"), ("v", "Served")):
        with clerk.page.expect_navigation():
            hold_alt_and(key, clerk)
        expect(row.locator(".tag")).to_have_text(standing(expected, clerk))
        expect(clerk.page.locator("#typed") if key == "k" else row).to_be_focused()
