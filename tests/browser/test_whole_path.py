"""An inquiry in a browser, from the home page to the officer's answer.

On a phone without scripts, and on a desk with them. The visitors check that no page on the way is
wider than the screen, half translated or silently broken.
"""

import pytest
from PIL import Image
from playwright.sync_api import expect

from requests_app.models import Inquiry
from tawasul.portal.demo_phone import current_code
from tests import factories
from tests.browser.looks.people import ANSWERS, DESCRIPTIONS, FILES
from tests.browser.visitor import file, quoted

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("language", "width", "scripts"), [("ar", 390, True), ("en", 1280, True), ("en", 390, False)]
)
def test_inquiry_from_home_page_to_answer(visit, service, resident, officer):
    applicant, colleague = visit(), visit()
    sign_in(applicant, resident)
    explain(applicant, service)
    add_document(applicant)
    confirm(applicant)
    inquiry = Inquiry.objects.get()
    read_receipt(applicant, inquiry)

    sign_in_at_the_desk(colleague, officer)
    take_up(colleague, inquiry)
    approve(colleague)
    read_answer(applicant, inquiry)


def sign_in(applicant, resident):
    applicant.open("")
    applicant.follow("My services")
    number = resident.identity.current_number
    applicant.fill("Username or ID number", applicant.digits(number))
    applicant.fill("Password", factories.PASSWORD)
    applicant.press("Continue")
    applicant.enter_code("Sign in")
    expect(applicant.page.locator("h1")).to_contain_text(applicant.named(resident.identity))


def explain(applicant, service):
    applicant.follow("Tawasul: file an inquiry")
    applicant.page.get_by_label(applicant.named(service)).check()
    applicant.press("Next")
    applicant.fill("What do you need?", "short")
    applicant.press("Next")
    applicant.is_told("Explain what you need in at least 30 characters.")
    expect(applicant.field("What do you need?")).to_have_value("short")
    applicant.fill("What do you need?", DESCRIPTIONS[applicant.language])
    applicant.press("Next")


def add_document(applicant):
    name = FILES[applicant.language]
    choose(applicant, name, b"<html><script>alert(1)</script></html>")
    if applicant.scripts:
        applicant.button("Add").click()
    else:
        applicant.press("Add")
    refusal = "“%(name)s” is not a photo or a PDF. Photograph it, or save it as a PDF."
    applicant.is_told_beside(name, refusal, name=name)
    choose(applicant, name, factories.picture().read())
    applicant.press("Add")
    applicant.follow("Next")
    expect(applicant.page.locator("main")).to_contain_text(DESCRIPTIONS[applicant.language])


def choose(applicant, name, content):
    chosen = file(name, content, "image/jpeg")
    applicant.file_field().set_input_files(chosen)


def confirm(applicant):
    applicant.press("Confirm request")
    code = applicant.code_on_phone()
    applicant.fill("Code", f"{(int(code) + 1) % 10**6:06}")
    applicant.press("Send")
    applicant.is_told("This code is not right. Check it and try again.")
    applicant.fill("Code", code)
    applicant.press("Send")


def read_receipt(applicant, inquiry):
    reference = applicant.page.locator(".reference")
    expect(reference).to_have_text(quoted(inquiry))
    size = reference.evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
    assert size >= 24
    applicant.follow("Follow this inquiry")
    applicant.shows(".tag", "Under processing")


def sign_in_at_the_desk(colleague, officer):
    colleague.open("staff/")
    colleague.fill("Username or ID number", officer.username)
    colleague.fill("Password", factories.PASSWORD)
    colleague.press("Continue")
    colleague.fill("Code", current_code(officer.totpdevice_set.get()))
    colleague.press("Sign in")


def take_up(colleague, inquiry):
    colleague.open("staff/requests_app/inquiry/")
    colleague.follow(quoted(inquiry))
    colleague.press("Assign to me")
    with colleague.page.expect_download() as waiting:
        colleague.link(FILES[colleague.language]).click()
    download = waiting.value
    assert download.suggested_filename == FILES[colleague.language]
    with Image.open(download.path()) as document:
        assert (document.format, document.size) == ("JPEG", (60, 40))


def approve(colleague):
    colleague.fill("Answer to the applicant", ANSWERS[colleague.language])
    colleague.press("Approve")
    colleague.press("Approve and send")
    colleague.is_done("The inquiry has been approved.")


def read_answer(applicant, inquiry):
    applicant.page.reload()
    expect(applicant.page.locator(".reply")).to_contain_text(ANSWERS[applicant.language])
    applicant.shows(".tag", "Approved")
    applicant.look()
    applicant.open("my/")
    text = applicant.reads(
        "Tawasul: your inquiry %(reference)s has been approved. Sign in to read the answer.",
        reference=inquiry.reference,
    )
    assert applicant.texts()[0] == text
    applicant.follow("The demo phone")
    expect(applicant.page.locator(".texts .prose").first).to_have_text(text)
