"""The work of a clerk at the desk and of a manager of an office, in both languages."""

import datetime
import zipfile

import pytest
from django.core.management import call_command
from django.utils import timezone, translation
from django.utils.translation import pgettext
from playwright.sync_api import expect

from appointments.actions import make_slots
from appointments.models import Appointment, Office, OpeningWindow
from tawasul.portal.staff_roles import group_for_role
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import verified
from tests.browser.looks import people
from tests.browser.visitor import quoted
from tests.conftest import signed_in_staff

pytestmark = pytest.mark.browser

DESK = "staff/appointments/appointment/"
QUEUE = "requests_app/inquiry/"
# The overflow in width of lists and pages.
TOO_WIDE = """() => [...document.querySelectorAll(".results, main, html")]
    .map((place) => place.scrollWidth - place.clientWidth)"""
LONG_NAMES = {
    "ar": "عبدالرحمن محمد عبدالعزيز الشهراني القحطاني الدوسري",
    "en": "Abdulrahman Mohammed Abdulaziz Alshahrani Alqahtani Aldossary",
}
CLOSURE = "staff/appointments/closure/add/"


@pytest.fixture
def hours(reference):
    """The opening hours of an office that is open around the clock, so that people can come now."""
    call_command("load_offices", verbosity=0)
    OpeningWindow.objects.all().delete()
    office = Office.objects.get(slug="al-rimal")
    week = list(range(7))
    hours = places.window("00:00", "23:45", office=office, weekdays=week, capacity=3)
    make_slots()
    return hours


@pytest.fixture
def appointment(resident, service, hours):
    """An appointment that starts within two minutes."""
    # The slot lies between generated ones, and belongs to today even if it starts after midnight.
    soon = timezone.localtime(timezone.now() + datetime.timedelta(minutes=1))
    today = timezone.localdate()
    slot = places.slot(soon.date(), f"{soon:%H:%M}:30", of=hours, capacity=3, belongs_to=today)
    return places.confirmed(resident, slot=slot, service=service)


@pytest.fixture
def clerk(visit, appointment):
    """A visitor who is a clerk at the office of the appointment."""
    clerk = visit()
    user = people.of_group("clerk", "1000000065", appointment.slot.office)
    clerk.use_session_of(signed_in_staff(user))
    return clerk


@pytest.mark.parametrize(("language", "width"), [("ar", 820), ("en", 1280)])
def test_a_day_at_the_desk(visit, clerk, appointment):
    room = visit()
    room.context.add_cookies(clerk.context.cookies())
    clerk.open(f"{DESK}today/")
    field = clerk.page.locator("#typed")

    type_and_enter(clerk, field, "000000000000")
    expect(clerk.page.locator("#wrong")).to_be_visible()
    expect(field).to_be_focused()
    slip = f"{clerk.site}/ar/check/{appointment.slips.get().check_code}/"
    type_and_enter(clerk, field, slip)
    expect(clerk.page.locator(f"#n{appointment.pk} .tag")).to_have_text(standing("Here", clerk))
    expect(field).to_be_focused()

    clerk.click(clerk.page.locator(f"#n{appointment.pk} button").first)
    room.open(f"{DESK}calls/?office={appointment.slot.office.slug}")
    expect(room.page.locator("ol li")).to_have_text([quoted(appointment)])
    clerk.press("Served")
    room.page.reload()
    expect(room.page.locator("ol li")).to_have_count(0)
    give_a_place(clerk, appointment)


def type_and_enter(clerk, field, text):
    field.press_sequentially(text)
    with clerk.page.expect_navigation():
        field.press("Enter")
    clerk.look()


def standing(word, clerk):
    with translation.override(clerk.language):
        return pgettext("who is expected at an office", word)


def give_a_place(clerk, appointment):
    other = factories.IdentityFactory(name_en="Bilal Ahmed", name_ar="بلال أحمد")
    clerk.follow("Register a walk-in")
    clerk.press("Add and check in")
    clerk.page.locator("[name=number]").fill(other.current_number)
    service = clerk.page.locator("[name=service]")
    service.select_option(label=clerk.named(appointment.service))
    clerk.press("Add and check in")
    walked_in = Appointment.objects.get(attendee=other)
    assert (walked_in.is_walk_in, walked_in.status) == (True, Appointment.Status.CHECKED_IN)
    expect(clerk.page.locator(f"#n{walked_in.pk} .tag")).to_have_text(standing("Here", clerk))


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_week_of_a_manager(visit, resident, hours):
    slot = hours.slots.filter(day=timezone.localdate() + datetime.timedelta(days=3)).first()
    appointment = places.confirmed(resident, slot=slot)
    manager, citizen = visit(), visit()
    user = people.of_group("manager", "1000000115", hours.office)
    manager.use_session_of(signed_in_staff(user))
    citizen.use_session_of(verified(resident))

    manager.open("staff/appointments/office/")
    manager.follow("Figures of your offices")
    with manager.page.expect_download() as waiting:
        manager.link("Download as XLSX").click()
    name = waiting.value.suggested_filename
    assert name.endswith(".xlsx")
    told = manager.page.locator(".exporting")
    expect(told).to_have_text(f"{manager.reads('The file is saved:')} {name}")
    manager.look()
    assert zipfile.is_zipfile(waiting.value.path())

    change_hours(manager, hours)
    close_a_day(manager, appointment)

    assert places.displace() == 1
    citizen.open(f"appointments/{appointment.reference}/")
    citizen.press("Accept this time")
    appointment.refresh_from_db()
    assert appointment.is_confirmed
    assert appointment.slot.day > slot.day
    citizen.press("Tell me")


def change_hours(manager, hours):
    manager.open(f"staff/appointments/openingwindow/{hours.pk}/change/")
    manager.page.locator("[name=capacity]").fill("2")
    manager.click(manager.page.locator("[name=_save]"))
    manager.press("Save")
    assert OpeningWindow.objects.get().capacity == 2


def close_a_day(manager, appointment):
    manager.open(CLOSURE)
    manager.page.locator("[name=office]").select_option(str(appointment.slot.office_id))
    for field in ("first_day", "last_day"):
        manager.page.locator(f"[name={field}]").fill(str(appointment.slot.day))
    for language, reason in (("ar", "صيانة"), ("en", "Maintenance")):
        manager.page.locator(f"[name=reason_{language}]").fill(reason)
    manager.click(manager.page.locator("[name=_save]"))
    expect(manager.page.locator("td").first).to_have_text(quoted(appointment))
    manager.press("Save")


@pytest.fixture
def long_queue(resident, officer, language):
    """A queue of thirty unassigned inquiries and thirty of a colleague, all with long names."""
    name = LONG_NAMES[language]
    filed = factories.filed(resident)
    colleague = factories.IdentityFactory(name_ar=name, name_en=name)
    late = timezone.localdate() - datetime.timedelta(days=2)
    people.many_like(filed, 29, name=name, due_on=late)
    assignee = factories.OfficerFactory(identity=colleague)
    people.many_like(filed, 30, name=name, assignee_id=assignee.pk)
    officer.groups.set([group_for_role(name) for name in ("supervisor", "clerk")])


@pytest.mark.parametrize("language", ["ar", "en"])
def test_staff_site_has_portal_colours(visitor, officer, appointment, long_queue):
    officer.offices.add(appointment.slot.office)
    visitor.use_session_of(signed_in_staff(officer))
    pages = ("", f"{QUEUE}?queue=all", "appointments/appointment/?day=ahead", "password_change/")
    for colours, ground in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(12, 17, 27)")):
        look = {"name": "look", "value": f"{colours}.device.normal", "url": visitor.site}
        visitor.context.add_cookies([look])
        for page in pages:
            visitor.open(f"staff/{page}")
            expect(visitor.page.locator("body")).to_have_css("background-color", ground)
            assert set(visitor.page.evaluate(TOO_WIDE)) == {0}, (colours, page)


def hold_alt_and(key, visitor):
    """Press an access key; the keyboard of Playwright leaves out the letter of the key."""
    event = {"modifiers": 1, "key": key, "code": f"Key{key.upper()}"}
    event |= {"text": key, "unmodifiedText": key, "windowsVirtualKeyCode": ord(key.upper())}
    keyboard = visitor.context.new_cdp_session(visitor.page)
    for kind in ("rawKeyDown", "char", "keyUp"):
        keyboard.send("Input.dispatchKeyEvent", {"type": kind, **event})


def test_officer_works_through_queue_without_mouse(visitor, officer, long_queue):
    colleague = visitor
    colleague.use_session_of(signed_in_staff(officer))
    keyboard = colleague.page.keyboard
    colleague.open(f"staff/{QUEUE}")
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
    for _button in ("Preview", "Answer and keep open", "Return to the applicant", "Approve"):
        keyboard.press("Tab")
    with colleague.page.expect_navigation():
        keyboard.press("Enter")
    colleague.shows("h1", "Approve this inquiry?")
    with colleague.page.expect_navigation():
        hold_alt_and("a", colleague)
    colleague.is_done("The inquiry has been approved.")
    expect(colleague.link("Next inquiry")).to_be_focused()
    with colleague.page.expect_navigation():
        keyboard.press("Enter")
    assert colleague.path() not in (first, f"/en/staff/{QUEUE}")
    expect(colleague.button("Assign to me")).to_be_visible()


def test_clerk_receives_person_with_access_keys(clerk, appointment):
    row = clerk.page.locator(f"#n{appointment.pk}")
    clerk.open(f"{DESK}today/")
    clerk.page.keyboard.type(appointment.reference)
    for key, expected in (("k", "Here"), ("c", "Called"), ("v", "Served")):
        with clerk.page.expect_navigation():
            hold_alt_and(key, clerk)
        expect(row.locator(".tag")).to_have_text(standing(expected, clerk))
        expect(clerk.page.locator("#typed") if key == "k" else row).to_be_focused()
