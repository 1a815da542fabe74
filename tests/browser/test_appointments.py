"""An appointment in a browser: booked, printed, moved, received at the desk, cancelled.

In both languages, on a phone and on a desk, with scripts and without.
"""

import datetime
import io

import pikepdf
import pytest
import zxingcpp
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from appointments.models import Appointment, Office, OpeningWindow, Slot
from core.catalogue.models import Region, Service
from tests.browser.test_account import digits_in_picture
from tests.browser.test_whole_path import named, quoted
from tests.conftest import signed_in, signed_in_staff

pytestmark = pytest.mark.browser

ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
DESK = "staff/appointments/appointment/"


@pytest.fixture
def clerk(officer):
    """A clerk of every office of Riyadh, where there are slots from tomorrow on."""
    call_command("load_offices", verbosity=0)
    OpeningWindow.objects.exclude(office__region__slug="riyadh").delete()
    call_command("make_slots", verbosity=0)
    codenames = ["view_appointment", "receive_appointment"]
    officer.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    officer.offices.set(Office.objects.filter(region__slug="riyadh"))
    return officer


@pytest.fixture
def people(visit, resident, clerk):
    """Return a function that opens the browsers of the citizen and the clerk, both signed in."""

    def open_browsers(**options):
        citizen, colleague = visit(**options), visit(**options)
        citizen.use_session_of(signed_in(resident))
        colleague.use_session_of(signed_in_staff(clerk))
        return citizen, colleague

    return open_browsers


@pytest.mark.parametrize(("language", "width"), [("ar", 390), ("en", 1280)])
def test_appointment_from_booking_to_desk(people, resident, language, width):
    walk(*people(), resident)


@pytest.mark.parametrize(("language", "width"), [("ar", 390)])
def test_an_appointment_without_javascript(people, resident, language, width):
    walk(*people(scripts=False), resident)


def walk(citizen, colleague, resident):
    verify(citizen, resident)
    choose_criteria(citizen)
    book(citizen)
    appointment = Appointment.objects.get()
    print_slip(citizen, appointment)
    move(citizen, appointment)
    receive(colleague, appointment)
    cancel_another(citizen)


def verify(citizen, resident):
    citizen.open("appointments/")
    citizen.look("90-verify")
    number = resident.identity.current_number
    if citizen.language == "ar":
        number = number.translate(ARABIC_DIGITS)
    citizen.fill("Your ID number", number)
    enter_birth_date(citizen, resident.identity.birth_date + datetime.timedelta(days=1))
    citizen.fill("Digits in the picture", digits_in_picture(citizen))
    citizen.press("Continue")
    expect(citizen.page.locator(".error-summary")).to_contain_text(
        citizen.reads(
            "This ID number and this date of birth are not those of your account. "
            "Check the number, the calendar and the date."
        )
    )
    citizen.look("91-verify-wrong")
    enter_birth_date(citizen, resident.identity.birth_date)
    citizen.fill("Digits in the picture", digits_in_picture(citizen))
    citizen.press("Continue")
    citizen.look("92-no-appointments")


def enter_birth_date(citizen, born):
    calendar = citizen.page.get_by_label(citizen.reads("Calendar"))
    calendar.select_option(label=citizen.reads("Gregorian"))
    for label, part in (("Day", born.day), ("Month", born.month), ("Year", born.year)):
        citizen.fill(label, str(part))


def choose_criteria(citizen):
    citizen.follow("Book an appointment")
    citizen.press("Next: choose an office")
    expect(citizen.page.locator(".error-summary")).to_contain_text(
        citizen.reads("Choose a service.")
    )
    citizen.look("93-new-errors")
    child = {"ar": "عائشة أسلم خان", "en": "Ayesha Aslam Khan"}[citizen.language]
    citizen.page.get_by_label(child).first.check()
    service = Service.objects.get(slug="resident-services")
    citizen.page.get_by_label(named(service, citizen), exact=True).check()
    region = citizen.page.locator("select[name=region]")
    region.select_option(label=named(Region.objects.get(slug="riyadh"), citizen))
    citizen.fill("Number of operations", "٢" if citizen.language == "ar" else "2")
    citizen.look("94-new")
    citizen.press("Next: choose an office")


def book(citizen):
    citizen.look("95-offices")
    choose_time(citizen, office=0, day=2)
    citizen.look("98-held")
    citizen.press("Confirm the appointment")
    appointment = Appointment.objects.get()
    expect(citizen.page.locator(".reference")).to_have_text(quoted(appointment))
    citizen.look("99-confirmed")
    (text, *_earlier) = citizen.texts()
    assert appointment.reference in text


def choose_time(citizen, *, office, day, button="Keep this time for me"):
    with citizen.page.expect_navigation():
        citizen.page.locator("main .rows a").nth(office).click()
    citizen.look("96-days")
    with citizen.page.expect_navigation():
        citizen.page.locator(".month a").nth(day).click()
    citizen.look("97-times")
    citizen.page.locator("input[name=slot]").nth(3).check()
    citizen.press(button)


def print_slip(citizen, appointment):
    page = citizen.page.url
    with citizen.page.expect_download() as waiting:
        citizen.link("Add to a calendar").click()
    assert waiting.value.suggested_filename == f"{appointment.reference}.ics"
    citizen.follow("Slip to print")
    citizen.look("100-slip")
    slip = appointment.slips.get()
    check = f"{citizen.site}/{citizen.language}/check/{slip.check_code}/"
    for colours in ("light", "dark"):
        citizen.page.emulate_media(color_scheme=colours)
        code = citizen.page.locator(".slip svg")
        # A clerk's scanner reads only dark squares on a light ground.
        expect(code).to_have_css("background-color", "rgb(255, 255, 255)")
        assert scanned(code) == [check]
    citizen.page.emulate_media(color_scheme="light")
    with pikepdf.open(io.BytesIO(citizen.on_paper("slip"))) as paper:
        assert len(paper.pages) == 1
    citizen.page.emulate_media(media="print")
    expect(citizen.link("Back to the appointment")).to_be_hidden()
    citizen.page.emulate_media(media="screen")
    citizen.page.goto(check)
    expect(citizen.page.locator(".notice")).to_have_text(
        citizen.reads("Yes: the appointment is valid.")
    )
    citizen.look("101-check")
    citizen.page.goto(page)


def scanned(picture):
    """Return the texts of the barcodes in a part of the page."""
    shown = Image.open(io.BytesIO(picture.screenshot())).convert("L")
    return [code.text for code in zxingcpp.read_barcodes(shown)]


def move(citizen, appointment):
    citizen.follow("Move the appointment")
    citizen.look("102-move")
    choose_time(citizen, office=1, day=4, button="Move the appointment")
    before = appointment.slot
    appointment.refresh_from_db()
    assert appointment.slot != before
    citizen.look("103-moved")
    citizen.open(f"check/{appointment.slips.first().check_code}/")
    expect(citizen.page.locator(".notice")).to_have_text(
        citizen.reads(
            "No: the appointment has been moved to another time, and there is a newer slip."
        )
    )


def receive(colleague, appointment):
    colleague.open(DESK)
    colleague.look("110-today")
    colleague.open(f"{DESK}?q={appointment.slips.last().check_code}")
    colleague.look("111-found")
    colleague.follow(quoted(appointment))
    colleague.press("Check in")
    colleague.is_done("This appointment is not today. Send the person to the information desk.")
    colleague.look("112-not-today")
    # Today becomes the day of the appointment.
    now = timezone.now()
    Slot.objects.filter(pk=appointment.slot_id).update(
        day=timezone.localdate(), start=now, end=now + datetime.timedelta(minutes=15)
    )
    colleague.press("Check in")
    colleague.is_done("The person is checked in.")
    colleague.press("Served")
    colleague.is_done("The person has been served.")
    colleague.look("113-served")


def cancel_another(citizen):
    """Book and cancel another appointment for the same service, as the first has been served."""
    citizen.open("appointments/")
    choose_criteria(citizen)
    choose_time(citizen, office=0, day=1)
    citizen.press("Confirm the appointment")
    citizen.follow("Cancel the appointment")
    citizen.look("120-cancel")
    citizen.press("Cancel the appointment")
    cancelled = Appointment.objects.latest("pk")
    assert cancelled.status == Appointment.Status.CANCELLED
    expect(citizen.page.locator(".tag.cancelled")).to_be_visible()
    citizen.open("my/")
    expect(citizen.page.locator("main")).to_contain_text(
        citizen.reads("You have no upcoming appointments.")
    )
    citizen.open("appointments/")
    citizen.look("121-earlier-ones")
