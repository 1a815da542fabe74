"""An appointment in a browser: booked, printed, moved, received at the desk, cancelled.

On a phone without scripts, and on a desk with them.
"""

import datetime
import io
import re

import pikepdf
import pytest
import zxingcpp
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from appointments.models import Appointment, Office, Slot
from core.catalogue.models import Region
from tests.browser.looks import people
from tests.browser.visitor import quoted
from tests.conftest import signed_in, signed_in_staff

pytestmark = pytest.mark.browser

DESK = "staff/appointments/appointment/"


@pytest.mark.usefixtures("times")
@pytest.mark.parametrize(("language", "width", "scripts"), [("ar", 390, True), ("en", 1280, False)])
def test_appointment_from_booking_to_desk(visit, resident, service):
    citizen, clerk = visit(), visit()
    citizen.use_session_of(signed_in(resident))
    offices = Office.objects.filter(region__slug="riyadh")
    clerk.use_session_of(signed_in_staff(people.of_group("clerk", "1000000065", *offices)))

    verify(citizen, resident)
    choose_criteria(citizen, service)
    book(citizen)
    appointment = Appointment.objects.get()
    expect(citizen.page.locator(".reference")).to_have_text(quoted(appointment))
    assert appointment.reference in re.sub("[-\u00a0]", "", citizen.texts()[0])
    print_slip(citizen, appointment)
    move(citizen, appointment)
    receive(clerk, appointment)
    cancel_another(citizen, service)


def verify(citizen, resident):
    citizen.open("appointments/")
    citizen.fill("Your ID number", citizen.digits(resident.identity.current_number))
    born = resident.identity.birth_date
    send_birth_date(citizen, born + datetime.timedelta(days=1))
    expect(citizen.page.locator(".error-summary")).to_contain_text(
        citizen.reads(
            "This ID number and this date of birth are not those of your account. "
            "Check the number, the calendar and the date."
        )
    )
    send_birth_date(citizen, born)


def send_birth_date(citizen, born):
    citizen.field("Calendar").select_option(label=citizen.reads("Gregorian"))
    for label, part in (("Day", born.day), ("Month", born.month), ("Year", born.year)):
        citizen.fill(label, str(part))
    citizen.fill("Digits in the picture", citizen.digits_in_picture())
    citizen.press("Verify my data")


def choose_criteria(citizen, service):
    citizen.follow("Book a new appointment")
    citizen.press("Next: choose an office")
    missing = citizen.reads("Choose a service.")
    expect(citizen.page.locator(".error-summary")).to_contain_text(missing)
    child = {"ar": "عائشة أسلم خان", "en": people.CHILD}[citizen.language]
    citizen.page.get_by_label(child).first.check()
    citizen.page.get_by_label(citizen.named(service), exact=True).check()
    region = citizen.page.locator("select[name=region]")
    region.select_option(label=citizen.named(Region.objects.get(slug="riyadh")))
    citizen.fill("Number of operations", citizen.digits(2))
    citizen.press("Next: choose an office")


def book(citizen, *, day=2):
    choose_time(citizen, office=0, day=day)
    citizen.press("Confirm the appointment")


def choose_time(citizen, *, office, day):
    citizen.click(citizen.page.locator("main .rows > li > a").nth(office))
    citizen.click(citizen.page.locator(".days a").nth(day))
    citizen.click(citizen.page.locator("[name=slot]").nth(3))


def print_slip(citizen, appointment):
    page = citizen.page.url
    with citizen.page.expect_download() as waiting:
        citizen.link("Add to a calendar").click()
    assert waiting.value.suggested_filename == f"{appointment.reference}.ics"
    citizen.follow("Slip to print")
    check = f"check/{appointment.slips.get().check_code}/"
    for colours in ("light", "dark"):
        citizen.page.emulate_media(color_scheme=colours)
        code = citizen.page.locator(".slip svg")
        # A clerk's scanner reads only dark squares on a light ground.
        expect(code).to_have_css("background-color", "rgb(255, 255, 255)")
        assert scanned(code) == [f"{citizen.site}/{citizen.language}/{check}"]
    citizen.page.emulate_media(color_scheme="light")
    with pikepdf.open(io.BytesIO(citizen.on_paper("slip"))) as paper:
        assert len(paper.pages) == 1
    citizen.page.emulate_media(media="print")
    expect(citizen.link("Back to the appointment")).to_be_hidden()
    citizen.page.emulate_media(media="screen")
    citizen.open(check)
    citizen.shows(".notice", "Yes: the appointment is valid.")
    citizen.page.goto(page)


def scanned(picture):
    """Return the texts of the barcodes in a part of the page."""
    shown = Image.open(io.BytesIO(picture.screenshot())).convert("L")
    return [code.text for code in zxingcpp.read_barcodes(shown)]


def move(citizen, appointment):
    citizen.follow("Move the appointment")
    citizen.shows("h1", "Choose a day")
    citizen.follow("Another office")
    before = appointment.slot
    choose_time(citizen, office=1, day=4)
    appointment.refresh_from_db()
    assert appointment.slot != before
    citizen.open(f"check/{appointment.slips.first().check_code}/")
    citizen.shows(
        ".notice", "No: the appointment has been moved to another time, and there is a newer slip."
    )


def receive(clerk, appointment):
    clerk.open(DESK)
    clerk.open(f"{DESK}?q={appointment.slips.last().check_code}")
    clerk.follow(quoted(appointment))
    clerk.press("Check in")
    expect(clerk.page.locator(".messagelist")).to_contain_text(
        {"ar": "هذا الموعد ليس اليوم", "en": "This appointment is not today"}[clerk.language]
    )
    # Today becomes the day of the appointment.
    now = timezone.now()
    times = {"start": now, "end": now + datetime.timedelta(minutes=15)}
    Slot.objects.filter(pk=appointment.slot_id).update(day=timezone.localdate(), **times)
    clerk.press("Check in")
    clerk.is_done("The person is checked in.")
    clerk.press("Served")
    clerk.is_done("The person has been served.")


def cancel_another(citizen, service):
    """Book and cancel another appointment for the same service, as the first has been served."""
    citizen.open("appointments/")
    choose_criteria(citizen, service)
    book(citizen, day=1)
    citizen.follow("Cancel the appointment")
    citizen.press("Cancel the appointment")
    cancelled = Appointment.objects.latest("pk")
    assert cancelled.status == Appointment.Status.CANCELLED
    expect(citizen.page.locator(".tag.cancelled")).to_be_visible()
    citizen.open("my/")
    no_more = citizen.reads("You have no upcoming appointments.")
    expect(citizen.page.locator("main")).to_contain_text(no_more)
    citizen.open("appointments/")
