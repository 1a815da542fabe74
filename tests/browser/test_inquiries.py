"""Inquiries in a browser: for a child and for a worker, returned, withdrawn, triaged.

On a phone without scripts, and on a desk with them.
"""

import pytest
from django.contrib.auth.models import Permission
from playwright.sync_api import expect

from core.catalogue.models import DocumentType, Service
from requests_app.models import Inquiry
from tests import factories
from tests.browser.looks import people
from tests.browser.looks.people import ANSWERS, DESCRIPTIONS, OTHER_MOBILE
from tests.browser.visitor import file, quoted
from tests.conftest import signed_in, signed_in_staff
from tests.requests_app.files import pdf

pytestmark = [pytest.mark.browser, pytest.mark.takes_long]

QUEUE = "staff/requests_app/inquiry/"
NOTES = {"ar": "تم التحقق من السداد.", "en": "The payment has been checked."}
QUESTIONS = {"ar": "يرجى إرسال الصفحة الثانية.", "en": "Please send the second page."}
SECOND_PAGES = {"ar": "الصفحة الثانية مرفقة.", "en": "Here is the second page."}
REASONS = {"ar": "انتهت الحاجة إليه.", "en": "It is not needed any more."}
PASSPORT, INSURANCE = "current-passport", "health-insurance"
NO_PICTURE = "“%(name)s” is not a photo or a PDF. Photograph it, or save it as a PDF."
IS_DECODED = "async image => { await image.decode(); return image.naturalWidth; }"


@pytest.mark.parametrize(("language", "width", "scripts"), [("ar", 390, False), ("en", 1280, True)])
def test_inquiries_from_beginning_to_end(visit, reference, resident, officer):
    palm = people.establishment(resident.identity)
    officer.user_permissions.add(Permission.objects.get(codename="assign_inquiry"))
    applicant, colleague = visit(), visit()
    applicant.use_session_of(signed_in(resident))
    colleague.use_session_of(signed_in_staff(officer))

    inquiry = file_for_the_child(applicant)
    work_on(colleague, inquiry, officer)
    answer(applicant, inquiry)
    decide(colleague, inquiry)
    read_and_list(applicant, inquiry)
    file_for_the_worker(applicant, palm)
    withdraw(applicant)
    begin_and_delete(applicant)
    decide_on_many(colleague)


def choose(visitor, person, slug):
    """Fill in the first step: the beneficiary and the service."""
    if person:
        visitor.page.get_by_label(person).check()
    service = Service.objects.get(slug=slug)
    visitor.page.get_by_label(visitor.named(service), exact=True).check()
    visitor.press("Next")


def file_for_the_child(applicant):
    applicant.open("inquiries/new/")
    applicant.press("Continue")  # as themselves
    child = {"ar": "عائشة أسلم خان", "en": people.CHILD}[applicant.language]
    choose(applicant, child, "resident-services")
    main = applicant.page.locator("main")
    applicant.click(main.get_by_role("link", name=applicant.reads("Change")).first)
    choose(applicant, child, "iqama-renew")
    inquiry = Inquiry.objects.get()
    confirm_mobile(applicant)
    add_documents(applicant)
    expect(applicant.page.locator("main")).to_contain_text(DESCRIPTIONS[applicant.language])
    applicant.press("Confirm request")
    applicant.enter_code("Send")
    expect(applicant.page.locator(".reference")).to_have_text(quoted(inquiry))
    inquiry.refresh_from_db()
    return inquiry


def confirm_mobile(applicant):
    description = DESCRIPTIONS[applicant.language]
    applicant.fill("What do you need?", description)
    applicant.fill("Mobile", OTHER_MOBILE)
    if applicant.scripts:
        counter = applicant.reads("Characters: {count} of 4,000").format(count=len(description))
        expect(applicant.page.get_by_text(counter, exact=True)).to_be_visible()
    applicant.page.locator("summary").click()
    applicant.look()
    applicant.press("Next")
    code = applicant.code_on_phone()
    applicant.fill("Code", f"{(int(code) + 1) % 10**6:06}")
    applicant.press("Confirm the mobile")
    applicant.is_told("This code is not right. Check it and try again.")
    applicant.fill("Code", code)
    applicant.press("Confirm the mobile")


def add_documents(applicant):
    add(
        applicant,
        PASSPORT,
        {"page-1.jpg": factories.picture().read(), "page-2.jpg": b"<html>"},
        leads_on=False,
    )
    applicant.is_told_beside("page-2.jpg", NO_PICTURE, name="page-2.jpg")
    scans = {"insurance.pdf": pdf(), "card.png": factories.picture(picture_format="PNG").read()}
    add(applicant, INSURANCE, scans)
    files = applicant.page.locator(".files a")
    expect(files).to_have_text(["page-1.jpg", "insurance.pdf", "card.png"])
    press_beside(applicant, "Move up", "card.png")
    expect(files).to_have_text(["page-1.jpg", "card.png", "insurance.pdf"])
    press_beside(applicant, "Remove", "card.png")
    expect(files).to_have_text(["page-1.jpg", "insurance.pdf"])
    for preview in applicant.page.locator(".files img").all():
        assert preview.evaluate(IS_DECODED)
    applicant.follow("Next")


def add(visitor, slug, files, button="Add", *, leads_on=True):
    """Send files; unless it `leads_on`, scripts keep the page, on which one of them is refused."""
    chosen = [file(name, content) for name, content in files.items()]
    place, field = visitor.page, visitor.file_field()
    if button == "Add":
        # Each kind has a form of its own; one with errors has the id that their summary leads to.
        place = place.locator(f"section:has(input[value={slug}])")
        field = place.locator("input[type=file]:not([capture])")
    elif place.locator("input[type=radio]").count():  # a single kind is not chosen
        kind = visitor.named(DocumentType.objects.get(slug=slug))
        place.get_by_label(kind, exact=True).check()
    field.set_input_files(chosen)
    pressed = place.get_by_role("button", name=visitor.reads(button), exact=True)
    if leads_on or not visitor.scripts:
        visitor.click(pressed)
    else:
        pressed.click()


def press_beside(visitor, button, name):
    visitor.click(visitor.button(f"{visitor.reads(button)} {name}"))


def work_on(colleague, inquiry, officer):
    colleague.open(QUEUE)
    colleague.follow(quoted(inquiry))
    colleague.press("Assign to me")
    assert colleague.page.locator(".document img").first.evaluate(IS_DECODED)
    colleague.fill("For officers alone; the applicant never sees it", NOTES[colleague.language])
    colleague.press("Add the note")
    expect(colleague.page.locator(".reply.note")).to_contain_text(NOTES[colleague.language])
    colleague.fill("Answer to the applicant", ANSWERS[colleague.language])
    colleague.press("Answer and keep open")
    colleague.press("Return to the queue")
    colleague.is_done("The inquiry is in the queue again.")
    officers = colleague.page.locator("select[name=officer]")
    officers.select_option(label=colleague.named(officer.identity))
    colleague.press("Assign")
    colleague.is_done("The inquiry has been assigned.")
    colleague.press("Return to the applicant")
    colleague.is_told("Write the answer that the applicant will read.")
    colleague.fill("Answer to the applicant", QUESTIONS[colleague.language])
    colleague.press("Return to the applicant")
    colleague.is_done("The inquiry has been returned to the applicant.")


def answer(applicant, inquiry):
    applicant.open(f"inquiries/{inquiry.reference}/")
    expect(applicant.page.locator("main")).not_to_contain_text(NOTES[applicant.language])
    applicant.follow("Answer the officer")
    applicant.fill("Your answer", SECOND_PAGES[applicant.language])
    pages = {"page-2.pdf": pdf(lambda document: document.add_blank_page()), "page-3.jpg": b"?"}
    add(applicant, PASSPORT, pages, "Send the answer", leads_on=False)
    applicant.is_told_beside("page-3.jpg", NO_PICTURE, name="page-3.jpg")
    expect(applicant.field("Your answer")).to_have_value(SECOND_PAGES[applicant.language])
    expect(applicant.page.locator(".files a")).to_have_text("page-2.pdf")
    applicant.press("Send the answer")
    applicant.shows(".tag", "Returned by applicant")


def decide(colleague, inquiry):
    colleague.open(f"{QUEUE}?q={inquiry.reference}")
    colleague.follow(quoted(inquiry))
    expect(colleague.page.locator(".desk")).to_contain_text(SECOND_PAGES[colleague.language])
    expect(colleague.link("page-2.pdf")).to_be_visible()
    colleague.fill("Answer to the applicant", REASONS[colleague.language])
    colleague.press("Reject")
    colleague.press("Reject and send")
    colleague.is_done("The inquiry has been rejected.")
    colleague.press("Close the inquiry")
    colleague.is_done("The inquiry has been closed.")


def read_and_list(applicant, inquiry):
    applicant.page.reload()
    applicant.shows(".tag", "Rejected")
    expect(applicant.page.locator(".reply").last).to_contain_text(REASONS[applicant.language])
    for media in ("screen", "print"):
        applicant.page.emulate_media(media=media)
        applicant.look()
    expect(applicant.link("Inquiries")).to_be_hidden()
    applicant.page.emulate_media(media="screen")
    applicant.open("inquiries/")
    applicant.follow("Finished")
    expect(applicant.page.locator(".rows li")).to_contain_text(quoted(inquiry))
    applicant.follow("Drafts")
    expect(applicant.page.locator(".empty")).to_be_visible()


def file_for_the_worker(applicant, palm):
    applicant.open("account/acting-as/")
    applicant.page.get_by_label(applicant.named(palm)).check()
    applicant.press("Continue")
    applicant.open("inquiries/new/")
    choose(applicant, None, "absconding-cancel")
    applicant.fill("What do you need?", DESCRIPTIONS[applicant.language])
    applicant.press("Next")
    for missing in Inquiry.objects.get(status="draft").service.documents.all():
        add(applicant, missing.slug, {f"{missing.slug}.pdf": pdf()})
    applicant.follow("Next")
    expect(applicant.page.locator("main")).to_contain_text(applicant.named(palm))
    applicant.press("Confirm request")
    applicant.enter_code("Send")


def withdraw(applicant):
    applicant.follow("Follow this inquiry")
    applicant.follow("Withdraw this inquiry")
    applicant.press("Withdraw the inquiry")
    applicant.is_told("Write why you are withdrawing the inquiry.")
    applicant.fill("Why are you withdrawing it?", REASONS[applicant.language])
    applicant.press("Withdraw the inquiry")
    applicant.shows(".tag", "Withdrawn")


def begin_and_delete(applicant):
    for _draft in range(2):
        applicant.open("inquiries/new/")
        choose(applicant, None, "absconding-cancel")
    applicant.follow("Delete this draft")
    applicant.press("Delete the draft")
    assert Inquiry.objects.filter(status="draft").count() == 1


def decide_on_many(colleague):
    persons = [factories.IdentityFactory(number=f"200000100{place}") for place in range(2)]
    first, second = (factories.filed(factories.UserFactory(identity=each)) for each in persons)
    choose_action(colleague, "Assign to me")
    colleague.press("Assign to me")
    choose_action(colleague, "Approve")
    colleague.fill("Answer to the applicant", ANSWERS[colleague.language])
    colleague.press("Approve")
    told = colleague.page.locator(".messagelist li")
    done = colleague.reads("The inquiry has been approved.")
    expect(told).to_have_text([f"{quoted(each)}: {done}" for each in (first, second)])


def choose_action(colleague, action):
    colleague.open(QUEUE)
    for box in colleague.page.locator("#result_list tbody input").all():
        box.check()
    colleague.page.locator("[name=action]").select_option(label=colleague.reads(action))
    colleague.click(colleague.page.locator(".actions button[name=index]"))
