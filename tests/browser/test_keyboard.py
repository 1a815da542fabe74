"""Keyboard use: every control can be reached, shows the focus, and can be used.

Residents file in Arabic and book in English, on a phone; staff work in English, at a desk.
"""

import datetime

import pytest
from django.utils import timezone
from django.utils.translation import override, pgettext
from playwright.sync_api import expect

from appointments.models import Appointment, Slot
from requests_app.models import Inquiry
from tests import factories
from tests.appointments import places
from tests.browser.looks.people import ANSWERS, DESCRIPTIONS, FILES
from tests.browser.visitor import file, quoted
from tests.conftest import signed_in, signed_in_staff

pytestmark = pytest.mark.browser

# The element with the focus: the width of its outline, and whether all of it is on the screen with
# nothing in front, to within a pixel. Of a link over several lines, the first line counts.
FOCUSED = """() => {
    const control = document.activeElement;
    const style = getComputedStyle(control);
    const [{ x, y, width, height }] = control.getClientRects();
    // Of a field for several lines, the browser brings the one that is written on into sight.
    const shown = control.matches("textarea") ? Math.min(height, 30) : height;
    const front = document.elementFromPoint(x + width / 2, y + shown / 2);
    return {
        html: control.outerHTML,
        isLost: control === document.body,
        outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
        isOnScreen: y > -1 && y + shown < innerHeight + 1
            && x > -1 && x + width < document.documentElement.clientWidth + 1,
        isInFront: control.contains(front),
    };
}"""
# The controls that a keyboard has to reach, in the order of the page.
CONTROLS = """() => [...document.querySelectorAll(
        "a[href], button, input, select, summary, textarea"
    )]
    .filter((control) => control.type !== "hidden" && control.checkVisibility())
    .filter((control) => control.tabIndex >= 0)
    .map((control) => control.outerHTML)"""
HAS_FOCUS = "controls => controls.includes(document.activeElement)"
# The name of the skip link on Django's own pages.
DJANGO_SKIP = "Skip to main content"


@pytest.fixture
def visitor(visit):
    """A visitor with reduced motion, so that pages scroll at once."""
    visitor = visit()
    visitor.page.emulate_media(reduced_motion="reduce")
    return visitor


def seen(visitor):
    """Check that the focused control is visible and outlined; return its HTML."""
    focused = visitor.page.evaluate(FOCUSED)
    html, outline = focused.pop("html"), focused.pop("outline")
    assert focused == {"isLost": False, "isOnScreen": True, "isInFront": True}, html
    assert outline >= 2, html
    return html


def tab(visitor, key="Tab"):
    """Move to the next control and check its focus; return its HTML."""
    visitor.page.keyboard.press(key)
    return seen(visitor)


def enter(visitor):
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("Enter")


def tab_to(visitor, control, key="Tab"):
    """Move forward to `control`, or to one of several, past the controls before it."""
    for _control in visitor.page.evaluate(CONTROLS):
        tab(visitor, key)
        if control.evaluate_all(HAS_FOCUS):
            return
    expect(control).to_be_focused()


def back_to(visitor, control):
    tab_to(visitor, control, "Shift+Tab")


def go(visitor, control):
    """Move to a button or a link and follow it."""
    tab_to(visitor, control)
    enter(visitor)


def type_into(visitor, label, text):
    """Move to the field `label` and type."""
    tab_to(visitor, visitor.field(label))
    visitor.page.keyboard.type(text)


def choose(visitor, name):
    """Move to the radio buttons with `name`, and choose it with the arrow key."""
    radio = visitor.page.get_by_role("radio", name=name, exact=True)
    radios = visitor.page.locator(f"input[name={radio.get_attribute('name')}]")
    tab_to(visitor, radios)
    visitor.page.keyboard.press("Space")
    for _radio in range(radios.count()):
        if radio.is_checked():
            break
        tab(visitor, "ArrowDown")
    expect(radio).to_be_focused()
    expect(radio).to_be_checked()


def select(visitor, label, option):
    """Move to the list `label`, and to `option` with the arrow key."""
    box = visitor.field(label)
    tab_to(visitor, box)
    for _option in range(box.locator("option").count()):
        if box.locator("option:checked").inner_text() == option:
            return
        tab(visitor, "ArrowDown")
    expect(box.locator("option:checked")).to_have_text(option)


def skip_to_the_content(visitor, name="Skip to the content"):
    tab(visitor)
    skip = visitor.link(name)
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("main")).to_be_focused()


def arrive(visitor, heading, skip="Skip to the content"):
    """Check that the page has this heading, and skip to its content."""
    visitor.shows("h1", heading)
    skip_to_the_content(visitor, skip)


@pytest.mark.parametrize(("language", "width"), [("ar", 390)])
def test_an_inquiry_from_the_home_page_to_its_receipt(visitor, resident, service):
    visitor.open("")
    go(visitor, visitor.link("My services"))
    sign_in(visitor, resident)
    begin_inquiry(visitor, service)
    explain(visitor)
    add_document(visitor)
    confirm(visitor)
    inquiry = Inquiry.objects.get()
    assert inquiry.description == DESCRIPTIONS[visitor.language]
    expect(visitor.page.locator(".reference")).to_have_text(quoted(inquiry))
    skip_to_the_content(visitor)
    go(visitor, visitor.link("Follow this inquiry"))


def sign_in(visitor, resident):
    arrive(visitor, "Sign in")
    type_into(visitor, "Username or ID number", resident.username)
    type_into(visitor, "Password", factories.PASSWORD)
    go(visitor, visitor.button("Continue"))
    type_code(visitor)
    enter(visitor)
    skip_to_the_content(visitor)


def type_code(visitor):
    arrive(visitor, "Enter the code")
    type_into(visitor, "Code", visitor.code_on_phone())


def begin_inquiry(applicant, service):
    go(applicant, applicant.link("Tawasul: file an inquiry"))
    arrive(applicant, "File an inquiry")
    # Without a choice, the summary has the focus and its link leads to the first service.
    go(applicant, applicant.button("Next"))
    applicant.is_told("Choose a service.")
    follow_the_error(applicant)
    expect(applicant.page.locator("[name=service]").first).to_be_focused()
    back_to(applicant, applicant.page.locator("[name=beneficiary]"))
    choose(applicant, applicant.named(service))
    go(applicant, applicant.button("Next"))


def follow_the_error(visitor):
    """Follow the link of the error summary to its field."""
    tab(visitor)
    visitor.page.keyboard.press("Enter")
    seen(visitor)


def explain(applicant):
    arrive(applicant, "Explain what you need")
    tab_to(applicant, applicant.page.locator("summary"))
    applicant.page.keyboard.press("Space")
    expect(applicant.page.locator("details ul")).to_be_visible()
    type_into(applicant, "What do you need?", "short")
    for label in ("Number of an earlier request, if this is about one", "Mobile"):
        tab_to(applicant, applicant.field(label))
    go(applicant, applicant.button("Next"))

    applicant.is_told("Explain what you need in at least 30 characters.")
    follow_the_error(applicant)
    expect(applicant.field("What do you need?")).to_be_focused()
    applicant.page.keyboard.press("Control+A")
    applicant.page.keyboard.type(DESCRIPTIONS[applicant.language])
    go(applicant, applicant.button("Next"))


def add_document(applicant):
    """Add a document; the file is set on the focused field, as the dialog is the system's."""
    arrive(applicant, "Add documents")
    tab_to(applicant, applicant.file_field())
    name = FILES[applicant.language]
    picture = file(name, factories.picture().read(), "image/jpeg")
    applicant.page.locator(":focus").set_input_files(picture)
    go(applicant, applicant.button("Add"))
    expect(applicant.page.locator(".files a")).to_have_text(name)
    arrive(applicant, "Add documents")
    go(applicant, applicant.link("Next"))


def confirm(applicant):
    arrive(applicant, "Check your answers")
    go(applicant, applicant.button("Confirm request"))
    type_code(applicant)
    go(applicant, applicant.button("Send"))


@pytest.mark.usefixtures("times")
@pytest.mark.parametrize(("language", "width"), [("en", 390)])
def test_an_appointment_booked_moved_and_cancelled(visitor, resident, service):
    citizen = visitor
    citizen.use_session_of(signed_in(resident))
    citizen.open("appointments/")
    verify(citizen, resident)
    book(citizen, service)
    appointment = Appointment.objects.get()
    expect(citizen.page.locator(".reference")).to_have_text(quoted(appointment))
    read_slip(citizen)
    move(citizen)
    booked, appointment = appointment.slot, Appointment.objects.get()
    assert appointment.slot != booked
    cancel(citizen)
    appointment.refresh_from_db()
    assert appointment.status == Appointment.Status.CANCELLED


def verify(citizen, resident):
    arrive(citizen, "Verify my data")
    type_into(citizen, "Your ID number", resident.identity.current_number)
    born = resident.identity.birth_date
    select(citizen, "Calendar", citizen.reads("Gregorian"))
    for label, part in (("Day", born.day), ("Month", born.month), ("Year", born.year)):
        type_into(citizen, label, str(part))
    type_into(citizen, "Digits in the picture", citizen.digits_in_picture())
    go(citizen, citizen.button("Verify my data"))


def book(citizen, service):
    arrive(citizen, "My appointments")
    go(citizen, citizen.link("Book a new appointment"))
    arrive(citizen, "Book an appointment")
    choose(citizen, citizen.named(service))
    select(citizen, "In which region?", "Riyadh Region")
    type_into(citizen, "Number of operations", "2")
    go(citizen, citizen.button("Next: choose an office"))
    choose_time(citizen, office=0, day=2)
    arrive(citizen, "Confirm the appointment")
    go(citizen, citizen.button("Confirm the appointment"))


def choose_time(citizen, *, office, day):
    arrive(citizen, "Choose an office")
    go(citizen, citizen.page.locator("main .rows > li > a").nth(office))
    arrive(citizen, "Choose a day")
    go(citizen, citizen.page.locator(".days a").nth(day))
    arrive(citizen, "Choose a time")
    go(citizen, citizen.page.locator("[name=slot]").nth(3))


def read_slip(citizen):
    arrive(citizen, "Your appointment is confirmed")
    go(citizen, citizen.link("Slip to print"))
    arrive(citizen, "Appointment at the passports office")
    tab_to(citizen, citizen.button("Print"))
    back_to(citizen, citizen.page.locator(".breadcrumb").get_by_role("link").last)
    enter(citizen)


def move(citizen):
    arrive(citizen, "Your appointment is confirmed")
    go(citizen, citizen.link("Move the appointment"))
    arrive(citizen, "Choose a day")
    go(citizen, citizen.link("Another office"))
    choose_time(citizen, office=1, day=4)


def cancel(citizen):
    arrive(citizen, "Your appointment is confirmed")
    go(citizen, citizen.link("Cancel the appointment"))
    arrive(citizen, "Cancel the appointment")
    go(citizen, citizen.button("Cancel the appointment"))
    expect(citizen.page.locator(".tag.cancelled")).to_be_visible()


def test_officer_answers_inquiry(visitor, resident, officer):
    colleague = visitor
    inquiry = factories.filed(resident)
    colleague.use_session_of(signed_in_staff(officer))
    colleague.open("staff/requests_app/inquiry/")
    skip_to_the_content(colleague, DJANGO_SKIP)
    go(colleague, colleague.link(quoted(inquiry)))
    skip_to_the_content(colleague, DJANGO_SKIP)
    go(colleague, colleague.button("Assign to me"))
    colleague.is_done("The inquiry is assigned to you. You can answer it now.")
    # Claiming moves the focus to the field for the answer.
    expect(colleague.field("Answer to the applicant")).to_be_focused()
    seen(colleague)
    # Without an answer, the error summary has the focus.
    go(colleague, colleague.button("Approve"))
    colleague.is_told("Write the answer that the applicant will read.")
    follow_the_error(colleague)
    expect(colleague.field("Answer to the applicant")).to_be_focused()
    colleague.page.keyboard.type(ANSWERS["en"])
    go(colleague, colleague.button("Approve"))
    arrive(colleague, "Approve this inquiry?", DJANGO_SKIP)
    go(colleague, colleague.button("Approve and send"))
    colleague.is_done("The inquiry has been approved.")
    inquiry.refresh_from_db()
    assert inquiry.outcome == Inquiry.Outcome.APPROVED


def test_clerk_receives_person(visitor, resident):
    clerk = visitor
    appointment = places.confirmed(resident, slot=places.some_slot())
    now = timezone.now()
    times = {"start": now, "end": now + datetime.timedelta(minutes=15)}
    Slot.objects.update(day=timezone.localdate(), **times)
    clerk.use_session_of(signed_in_staff(places.clerk(appointment.slot.office)))
    clerk.open("staff/appointments/appointment/today/")
    typed = clerk.page.locator("#typed")
    expect(typed).to_be_focused()
    seen(clerk)
    clerk.page.keyboard.type("000000000000")
    enter(clerk)
    expect(clerk.page.locator("#wrong")).to_be_visible()
    expect(typed).to_be_focused()
    clerk.page.keyboard.press("Control+A")
    clerk.page.keyboard.type(appointment.reference)
    enter(clerk)
    expect(typed).to_be_focused()
    row = clerk.page.locator(f"#n{appointment.pk}")
    with override(clerk.language):
        call = pgettext("a button that asks somebody to the counter", "Call")
    for button in (call, "Served"):
        go(clerk, row.get_by_role("button", name=button, exact=True))
        # The focus stays on the row of the button.
        expect(row).to_be_focused()
        seen(clerk)
    appointment.refresh_from_db()
    assert appointment.status == Appointment.Status.SERVED


@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_control_is_reached_in_the_order_of_the_page(visitor, resident, reference):
    draft = factories.draft(resident)
    visitor.use_session_of(signed_in(resident))
    for width in (390, 1280):
        visitor.page.set_viewport_size({"width": width, "height": 800})
        for place in ("", f"inquiries/{draft.reference}/details/", "account/sign-in/"):
            visitor.open(place)
            controls = visitor.page.evaluate(CONTROLS)
            assert [tab(visitor) for _control in controls] == controls, (width, place)
