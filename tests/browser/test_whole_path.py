"""An inquiry in a browser, from the home page to the officer's answer.

In both languages, on a phone and on a desk, with scripts and without. `Visitor.look` checks that no
page on the way is wider than the screen, half translated or silently broken.
"""

import pytest
from django.utils import translation
from PIL import Image
from playwright.sync_api import expect

from core.catalogue.models import Service
from requests_app.models import Inquiry
from tawasul.portal.demo_phone import current_code
from tests import factories

pytestmark = pytest.mark.browser

ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
DESCRIPTIONS = {
    "ar": "دفعت رسوم تجديد الإقامة قبل ثلاثة أسابيع وما زال الطلب ينتظر السداد. أرجو تصحيحه.",
    "en": "I paid for the renewal of my iqama three weeks ago and it still waits for the fee.",
}
FILES = {"ar": "إيصال السداد.jpg", "en": "receipt.jpg"}
ANSWERS = {
    "ar": "وصلت الرسوم وتم تجديد الإقامة.",
    "en": "Your fee has arrived and the iqama is renewed.",
}


@pytest.mark.parametrize(("language", "width"), [("ar", 390), ("en", 1280)])
def test_inquiry_from_home_page_to_answer(visit, resident, officer, language, width):
    walk(visit(), visit(), resident, officer)


@pytest.mark.parametrize("width", [390])
@pytest.mark.parametrize("language", ["en"])
def test_inquiry_from_home_page_to_answer_without_javascript(
    visit, resident, officer, language, width
):
    walk(visit(scripts=False), visit(scripts=False), resident, officer)


def walk(applicant, colleague, resident, officer):
    sign_in(applicant, resident)
    begin_inquiry(applicant)
    explain(applicant)
    add_document(applicant)
    confirm(applicant)
    inquiry = Inquiry.objects.get()
    read_receipt(applicant, inquiry)

    sign_in_at_the_desk(colleague, officer)
    take_up(colleague, inquiry)
    read_document(colleague)
    approve(colleague)

    read_answer(applicant)
    read_text_about_it(applicant, inquiry)


def sign_in(applicant, resident):
    applicant.open("")
    applicant.look("01-home")
    applicant.follow("Sign in")
    applicant.look("02-sign-in")
    number = resident.identity.current_number
    if applicant.language == "ar":
        number = number.translate(ARABIC_DIGITS)
    applicant.fill("Username or ID number", number)
    applicant.fill("Password", factories.PASSWORD)
    applicant.press("Continue")
    applicant.look("03-code")
    applicant.fill("Code", applicant.code_on_phone())
    applicant.press("Sign in")
    expect(applicant.page.locator("h1")).to_contain_text(named(resident.identity, applicant))
    applicant.look("04-my-page")


def begin_inquiry(applicant):
    applicant.follow("File an inquiry")
    applicant.look("05-new-inquiry")
    service = Service.objects.get(slug="resident-services")
    applicant.page.get_by_label(named(service, applicant)).check()
    applicant.press("Continue")
    applicant.look("06-details")


def explain(applicant):
    applicant.fill("What do you need?", "short")
    applicant.press("Save and continue")
    applicant.is_told("Explain what you need in at least 30 characters.")
    expect(applicant.page.get_by_label(applicant.reads("What do you need?"))).to_have_value("short")
    applicant.look("07-details-too-short")
    applicant.fill("What do you need?", DESCRIPTIONS[applicant.language])
    applicant.press("Save and continue")
    applicant.look("08-document")


def add_document(applicant):
    choose_file(applicant, b"<html><script>alert(1)</script></html>")
    applicant.press("Add")
    applicant.is_told(
        "“%(name)s” is not a JPEG or PNG picture or a PDF. Choose one of these.",
        name=FILES[applicant.language],
    )
    applicant.look("09-document-refused")
    choose_file(applicant, factories.picture().read())
    applicant.press("Add")
    applicant.look("10-document-added")
    applicant.follow("Continue")
    expect(applicant.page.locator("main")).to_contain_text(DESCRIPTIONS[applicant.language])
    applicant.look("10-review")


def choose_file(applicant, content):
    file = {"name": FILES[applicant.language], "mimeType": "image/jpeg", "buffer": content}
    applicant.page.locator("input[type=file]").set_input_files(file)


def confirm(applicant):
    applicant.press("Confirm request")
    applicant.look("11-confirm")
    code = applicant.code_on_phone()
    applicant.fill("Code", f"{(int(code) + 1) % 10**6:06}")
    applicant.press("Send inquiry")
    applicant.is_told("This is not the code we sent. Check the message and try again.")
    applicant.look("12-confirm-wrong-code")
    applicant.fill("Code", code)
    applicant.press("Send inquiry")


def read_receipt(applicant, inquiry):
    reference = applicant.page.locator(".reference")
    expect(reference).to_have_text(quoted(inquiry))
    size = reference.evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
    assert size >= 24
    applicant.look("13-receipt")
    applicant.follow("Follow this inquiry")
    expect(applicant.page.locator(".tag")).to_have_text(applicant.reads("Under processing"))
    applicant.look("14-inquiry")


def sign_in_at_the_desk(colleague, officer):
    colleague.open("staff/")
    colleague.look("20-staff-sign-in")
    colleague.fill("Username or ID number", officer.username)
    colleague.fill("Password", factories.PASSWORD)
    colleague.press("Continue")
    colleague.look("21-staff-code")
    colleague.fill("Code", current_code(officer.totpdevice_set.get()))
    colleague.press("Sign in")
    colleague.look("22-staff-home")


def take_up(colleague, inquiry):
    colleague.open("staff/requests_app/inquiry/")
    colleague.look("23-queue")
    colleague.follow(quoted(inquiry))
    colleague.look("24-desk")
    colleague.press("Assign to me")
    colleague.look("25-desk-claimed")


def read_document(colleague):
    with colleague.page.expect_download() as waiting:
        colleague.link(FILES[colleague.language]).click()
    download = waiting.value
    assert download.suggested_filename == FILES[colleague.language]
    with Image.open(download.path()) as document:
        assert (document.format, document.size) == ("JPEG", (60, 40))


def approve(colleague):
    colleague.fill("Answer to the applicant", ANSWERS[colleague.language])
    colleague.press("Approve")
    expect(colleague.page.locator(".messagelist")).to_have_text(
        colleague.reads("The inquiry has been approved.")
    )
    colleague.look("26-desk-approved")


def read_answer(applicant):
    applicant.page.reload()
    expect(applicant.page.locator(".reply")).to_contain_text(ANSWERS[applicant.language])
    expect(applicant.page.locator(".tag")).to_have_text(applicant.reads("Approved"))
    applicant.look("30-answer")
    applicant.open("my/")
    applicant.look("31-my-page-answered")


def read_text_about_it(applicant, inquiry):
    text = applicant.texts()[0]
    assert text == applicant.reads(
        "Tawasul: your inquiry %(reference)s has been approved. Sign in to read the answer.",
        reference=inquiry.reference,
    )
    applicant.follow("The demo phone")
    applicant.look("32-demo-phone")


def named(thing, reader):
    with translation.override(reader.language):
        return thing.name


def quoted(inquiry):
    number = inquiry.reference
    return f"{number[:4]}-{number[4:8]}-{number[8:]}"
