"""Inquiries in a browser: for a child and for a worker, returned, withdrawn, triaged.

In both languages, on a phone and on a desk, with scripts and without.
"""

import pytest
from django.contrib.auth.models import Permission
from playwright.sync_api import expect

from core.catalogue.models import DocumentType, Service
from requests_app.models import Inquiry
from tests import factories
from tests.browser.test_whole_path import ANSWERS, DESCRIPTIONS, named, quoted
from tests.conftest import signed_in, signed_in_staff
from tests.requests_app.files import pdf

pytestmark = [pytest.mark.browser, pytest.mark.takes_long]

OTHER_MOBILE = "0512345678"
QUEUE = "staff/requests_app/inquiry/"
NOTES = {"ar": "تم التحقق من السداد.", "en": "The payment has been checked."}
QUESTIONS = {"ar": "يرجى إرسال الصفحة الثانية.", "en": "Please send the second page."}
SECOND_PAGES = {"ar": "الصفحة الثانية مرفقة.", "en": "Here is the second page."}
REASONS = {"ar": "انتهت الحاجة إليه.", "en": "It is not needed any more."}
PASSPORT, INSURANCE = "current-passport", "health-insurance"


@pytest.fixture
def establishment(resident):
    """An establishment with a worker, represented by the resident."""
    establishment = factories.IdentityFactory(
        number="7000000017",
        name_ar="مؤسسة النخيل للمقاولات",
        name_en="Palm Trees Contracting",
        birth_date=None,
        nationality="SA",
    )
    worker = factories.IdentityFactory(
        number="2000000022", name_ar="راجو كومار", name_en="Raju Kumar", nationality="IN"
    )
    factories.link(establishment, resident.identity, "representative")
    factories.link(establishment, worker, "employer")
    return establishment


@pytest.fixture
def supervisor(officer):
    officer.user_permissions.add(Permission.objects.get(codename="assign_inquiry"))
    return officer


@pytest.fixture
def people(visit, resident, supervisor, establishment):
    """Return a function that opens the browsers of applicant and supervisor, both signed in."""

    def open_browsers(**options):
        applicant, colleague = visit(**options), visit(**options)
        applicant.use_session_of(signed_in(resident))
        colleague.use_session_of(signed_in_staff(supervisor))
        return applicant, colleague

    return open_browsers


@pytest.mark.parametrize(("language", "width"), [("ar", 390), ("en", 1280)])
def test_inquiries_from_beginning_to_end(people, supervisor, language, width):
    walk(*people(), supervisor)


@pytest.mark.parametrize("width", [390])
@pytest.mark.parametrize("language", ["ar"])
def test_inquiries_from_beginning_to_end_without_javascript(people, supervisor, language, width):
    walk(*people(scripts=False), supervisor)


def walk(applicant, colleague, supervisor):
    inquiry = file_for_the_child(applicant)
    work_on(colleague, inquiry, supervisor)
    answer(applicant, inquiry)
    decide(colleague, inquiry, supervisor)
    read_and_list(applicant, inquiry)
    withdrawn = file_for_the_worker(applicant)
    withdraw(applicant, withdrawn)
    begin_and_delete(applicant)
    decide_on_many(colleague)


def choose(visitor, person, slug):
    """Fill in the first step: the beneficiary and the service."""
    if person:
        visitor.page.get_by_label(person).check()
    service = Service.objects.get(slug=slug)
    visitor.page.get_by_label(named(service, visitor), exact=True).check()
    visitor.press("Continue")


def file_for_the_child(applicant):
    applicant.open("inquiries/new/")
    child = {"ar": "عائشة أسلم خان", "en": "Ayesha Aslam Khan"}[applicant.language]
    choose(applicant, child, "resident-services")
    applicant.page.get_by_role("link", name=applicant.reads("Change")).first.click()
    applicant.look("40-subject")
    choose(applicant, child, "iqama-renew")
    inquiry = Inquiry.objects.get()
    confirm_mobile(applicant)
    add_documents(applicant)
    review(applicant)
    applicant.fill("Code", applicant.code_on_phone())
    applicant.press("Send inquiry")
    expect(applicant.page.locator(".reference")).to_have_text(quoted(inquiry))
    inquiry.refresh_from_db()
    return inquiry


def confirm_mobile(applicant):
    applicant.fill("What do you need?", DESCRIPTIONS[applicant.language])
    applicant.fill("Mobile", OTHER_MOBILE)
    if applicant.scripts:
        counter = applicant.reads("Characters: {count} of 4,000").format(
            count=len(DESCRIPTIONS[applicant.language])
        )
        expect(applicant.page.get_by_text(counter, exact=True)).to_be_visible()
    applicant.page.locator("summary").click()
    applicant.look("41-details")
    applicant.press("Save and continue")
    applicant.look("42-mobile")
    code = applicant.code_on_phone()
    applicant.fill("Code", f"{(int(code) + 1) % 10**6:06}")
    applicant.press("Confirm the mobile")
    applicant.is_told("This is not the code we sent. Check the message and try again.")
    applicant.fill("Code", code)
    applicant.press("Confirm the mobile")


def add_documents(applicant):
    applicant.look("43-documents")
    add(applicant, PASSPORT, {"page-1.jpg": factories.picture().read(), "page-2.jpg": b"<html>"})
    applicant.is_told(
        "“%(name)s” is not a JPEG or PNG picture or a PDF. Choose one of these.", name="page-2.jpg"
    )
    applicant.look("44-documents-refused")
    scans = {"insurance.pdf": pdf(), "card.png": factories.picture(picture_format="PNG").read()}
    add(applicant, INSURANCE, scans)
    expect(applicant.page.locator(".files a")).to_have_text(
        ["page-1.jpg", "insurance.pdf", "card.png"]
    )
    press_beside(applicant, "Move up", "card.png")
    expect(applicant.page.locator(".files a")).to_have_text(
        ["page-1.jpg", "card.png", "insurance.pdf"]
    )
    press_beside(applicant, "Remove", "card.png")
    expect(applicant.page.locator(".files a")).to_have_text(["page-1.jpg", "insurance.pdf"])
    preview = applicant.page.locator(".files img")
    assert preview.evaluate("async image => { await image.decode(); return image.naturalWidth; }")
    applicant.look("45-documents-added")
    applicant.follow("Continue")


def add(visitor, slug, files, button="Add"):
    kinds = visitor.page.locator("input[type=radio]")
    if kinds.count():  # with a single kind there is nothing to choose
        kind = named(DocumentType.objects.get(slug=slug), visitor)
        visitor.page.get_by_label(kind, exact=True).check()
    visitor.page.locator("input[type=file]").set_input_files(
        [
            {"name": name, "mimeType": "application/octet-stream", "buffer": content}
            for name, content in files.items()
        ]
    )
    visitor.press(button)


def press_beside(visitor, button, name):
    with visitor.page.expect_navigation():
        visitor.button(f"{visitor.reads(button)} {name}").click()


def review(applicant):
    expect(applicant.page.locator("main")).to_contain_text(DESCRIPTIONS[applicant.language])
    applicant.look("46-review")
    applicant.press("Confirm request")


def work_on(colleague, inquiry, supervisor):
    colleague.open(QUEUE)
    colleague.look("50-queue")
    colleague.follow(quoted(inquiry))
    colleague.press("Assign to me")
    colleague.page.locator("details summary").first.click()
    picture = colleague.page.locator("details img").first
    assert picture.evaluate("async image => { await image.decode(); return image.naturalWidth; }")
    colleague.fill("For officers alone; the applicant never sees it", NOTES[colleague.language])
    colleague.press("Add the note")
    expect(colleague.page.locator(".reply.note")).to_contain_text(NOTES[colleague.language])
    colleague.fill("Answer to the applicant", ANSWERS[colleague.language])
    colleague.press("Answer and keep open")
    colleague.look("51-desk")
    colleague.press("Give back to the queue")
    colleague.is_done("The inquiry is in the queue again.")
    officers = colleague.page.locator("select[name=officer]")
    officers.select_option(label=named(supervisor.identity, colleague))
    colleague.press("Assign")
    colleague.is_done("The inquiry has been assigned.")
    colleague.press("Return to the applicant")
    colleague.is_told("Write the answer that the applicant will read.")
    colleague.fill("Answer to the applicant", QUESTIONS[colleague.language])
    colleague.press("Return to the applicant")
    colleague.is_done("The inquiry has been returned to the applicant.")
    colleague.look("52-desk-returned")


def answer(applicant, inquiry):
    applicant.open(f"inquiries/{inquiry.reference}/")
    applicant.look("60-returned")
    expect(applicant.page.locator("main")).not_to_contain_text(NOTES[applicant.language])
    applicant.follow("Answer the officer")
    applicant.fill("Your answer", SECOND_PAGES[applicant.language])
    pages = {"page-2.pdf": pdf(lambda document: document.add_blank_page()), "page-3.jpg": b"?"}
    add(applicant, PASSPORT, pages, "Send the answer")
    applicant.is_told(
        "“%(name)s” is not a JPEG or PNG picture or a PDF. Choose one of these.", name="page-3.jpg"
    )
    text = applicant.page.get_by_label(applicant.reads("Your answer"))
    expect(text).to_have_value(SECOND_PAGES[applicant.language])
    expect(applicant.page.locator(".files a")).to_have_text("page-2.pdf")
    applicant.look("61-answer-refused")
    applicant.press("Send the answer")
    expect(applicant.page.locator(".tag")).to_have_text(applicant.reads("Returned by applicant"))
    applicant.look("62-answered")


def decide(colleague, inquiry, supervisor):
    colleague.open(f"{QUEUE}?q={inquiry.reference}")
    colleague.follow(quoted(inquiry))
    expect(colleague.page.locator(".desk")).to_contain_text(SECOND_PAGES[colleague.language])
    expect(colleague.link("page-2.pdf")).to_be_visible()
    colleague.fill("Answer to the applicant", REASONS[colleague.language])
    colleague.press("Reject")
    colleague.is_done("The inquiry has been rejected.")
    colleague.press("Close the inquiry")
    colleague.is_done("The inquiry has been closed.")
    colleague.look("53-desk-closed")


def read_and_list(applicant, inquiry):
    applicant.page.reload()
    expect(applicant.page.locator(".tag")).to_have_text(applicant.reads("Rejected"))
    expect(applicant.page.locator(".reply").last).to_contain_text(REASONS[applicant.language])
    applicant.look("63-rejected")
    applicant.page.emulate_media(media="print")
    applicant.look("64-on-paper")
    expect(applicant.link("My inquiries").first).to_be_hidden()
    applicant.page.emulate_media(media="screen")
    applicant.open("inquiries/")
    applicant.follow("Finished")
    expect(applicant.page.locator(".rows li")).to_contain_text(quoted(inquiry))
    applicant.look("65-finished")
    applicant.follow("Drafts")
    expect(applicant.page.locator(".empty")).to_be_visible()
    applicant.look("66-no-drafts")


def file_for_the_worker(applicant):
    applicant.open("account/acting-as/")
    holder = {"ar": "مؤسسة النخيل للمقاولات", "en": "Palm Trees Contracting"}[applicant.language]
    applicant.page.get_by_label(holder).check()
    applicant.press("Continue")
    applicant.open("inquiries/new/")
    choose(applicant, None, "absconding-cancel")
    applicant.fill("What do you need?", DESCRIPTIONS[applicant.language])
    applicant.press("Save and continue")
    missing = Inquiry.objects.get(status="draft").service.documents.all()
    for document_type in missing:
        add(applicant, document_type.slug, {f"{document_type.slug}.pdf": pdf()})
    applicant.page.get_by_role("link", name=applicant.reads("Continue")).first.click()
    expect(applicant.page.locator("main")).to_contain_text(holder)
    applicant.look("70-review-of-the-worker")
    applicant.press("Confirm request")
    applicant.fill("Code", applicant.code_on_phone())
    applicant.press("Send inquiry")
    applicant.look("71-receipt-of-the-worker")
    return Inquiry.objects.filed().latest("pk")


def withdraw(applicant, inquiry):
    applicant.follow("Follow this inquiry")
    applicant.follow("Withdraw this inquiry")
    applicant.press("Withdraw the inquiry")
    applicant.is_told("Write why you are withdrawing the inquiry.")
    applicant.look("72-withdraw-without-a-reason")
    applicant.fill("Why are you withdrawing it?", REASONS[applicant.language])
    applicant.press("Withdraw the inquiry")
    expect(applicant.page.locator(".tag")).to_have_text(applicant.reads("Withdrawn"))
    applicant.look("73-withdrawn")


def begin_and_delete(applicant):
    for _draft in range(2):
        applicant.open("inquiries/new/")
        choose(applicant, None, "absconding-cancel")
    applicant.look("74-same-drafts")
    applicant.follow("Delete this draft")
    applicant.look("75-delete")
    applicant.press("Delete the draft")
    assert Inquiry.objects.filter(status="draft").count() == 1
    applicant.look("76-deleted")


def decide_on_many(colleague):
    people = [factories.IdentityFactory(number=f"200000100{place}") for place in range(2)]
    first, second = (factories.filed(factories.UserFactory(identity=each)) for each in people)
    choose_action(colleague, "Assign to me")
    colleague.look("80-bulk")
    colleague.press("Assign to me")
    choose_action(colleague, "Approve")
    colleague.fill("Answer to the applicant", ANSWERS[colleague.language])
    colleague.look("81-bulk-approve")
    colleague.press("Approve")
    told = colleague.page.locator(".messagelist li")
    done = colleague.reads("The inquiry has been approved.")
    expect(told).to_have_text([f"{quoted(each)}: {done}" for each in (first, second)])
    colleague.look("82-bulk-done")


def choose_action(colleague, action):
    colleague.open(QUEUE)
    for box in colleague.page.locator("#result_list tbody input").all():
        box.check()
    colleague.page.locator("[name=action]").select_option(label=colleague.reads(action))
    with colleague.page.expect_navigation():
        colleague.page.locator(".actions button[name=index]").click()
