"""What an applicant adds while an officer works, and asks about the answer, in a browser."""

import pytest
from playwright.sync_api import expect

from requests_app.models import Inquiry
from tests import factories
from tests.browser.looks import people
from tests.browser.looks.people import ANSWERS, DESCRIPTIONS
from tests.browser.visitor import file, quoted
from tests.conftest import signed_in, signed_in_staff
from tests.requests_app.files import pdf

pytestmark = [pytest.mark.browser, pytest.mark.takes_long]

QUEUE = "staff/requests_app/inquiry/"
QUESTIONS = {"ar": "أي الرسمين وجدتم؟", "en": "Which of the two fees have you found?"}
ADD, ASK, NEW = "Add a message or documents", "Ask about the answer", "New from the applicant"


@pytest.fixture
def inquiry(reference, resident):
    return factories.filed(resident)


@pytest.mark.parametrize(("language", "width", "scripts"), [("ar", 390, False), ("en", 1280, True)])
def test_adding_and_asking_back(visit, inquiry, resident, officer):
    applicant, colleague = visit(), visit()
    applicant.use_session_of(signed_in(resident))
    colleague.use_session_of(signed_in_staff(officer))

    begin_to_decide(colleague, inquiry)
    add(applicant, inquiry)
    decide_after_reading(colleague)
    ask_back(applicant)
    answer_question(colleague, inquiry)
    read(applicant)


def begin_to_decide(colleague, inquiry):
    colleague.open(f"{QUEUE}{inquiry.pk}/change/")
    colleague.press("Assign to me")
    colleague.fill("Answer to the applicant", ANSWERS[colleague.language])


def add(applicant, inquiry):
    applicant.open(f"inquiries/{inquiry.reference}/")
    applicant.follow(ADD)
    applicant.press("Send to the officer")
    applicant.is_told("Write what you want to add, in three words at least, or add a document.")
    applicant.fill("Your message", DESCRIPTIONS[applicant.language])
    kind = applicant.page.locator("input[name=document_type][type=radio]").first
    if kind.count():
        kind.check()
    applicant.file_field().set_input_files([file("receipt.pdf", pdf())])
    applicant.press("Send to the officer")
    expect(applicant.page.locator(".files a")).to_have_text("receipt.pdf")
    expect(applicant.page.locator(".reply")).to_contain_text(DESCRIPTIONS[applicant.language])
    applicant.look()


def decide_after_reading(colleague):
    """Be told by the stale page, with the text kept, and approve what is there now."""
    colleague.press("Approve")
    expect(colleague.page.locator("body")).to_contain_text(
        colleague.reads("Added by the applicant")
    )
    expect(colleague.page.locator(".desk")).to_contain_text(DESCRIPTIONS[colleague.language])
    expect(colleague.page.locator(".desk .tag.new").first).to_be_visible()
    expect(colleague.field("Answer to the applicant")).to_have_value(ANSWERS[colleague.language])
    colleague.look()
    colleague.press("Approve")
    colleague.press("Approve and send")
    colleague.is_done("The inquiry has been approved.")


def ask_back(applicant):
    applicant.page.reload()
    expect(applicant.page.locator("main")).to_contain_text(ANSWERS[applicant.language])
    applicant.follow(ASK)
    applicant.press("Send the question")
    applicant.is_told("Write your question.")
    applicant.fill("Your question about the answer", QUESTIONS[applicant.language])
    applicant.press("Send the question")
    expect(applicant.page.locator(".reply").last).to_contain_text(QUESTIONS[applicant.language])
    expect(applicant.link(ASK)).to_have_count(0)


def answer_question(colleague, inquiry):
    colleague.open(QUEUE)
    colleague.click(colleague.page.locator(".notice.warning a"))
    expect(colleague.page.locator("#result_list")).to_contain_text(colleague.reads(NEW))
    colleague.look()
    colleague.follow(quoted(inquiry))
    expect(colleague.page.locator(".desk")).to_contain_text(QUESTIONS[colleague.language])
    colleague.look()
    colleague.fill("Answer to the applicant", people.DESCRIPTIONS[colleague.language])
    colleague.press("Answer the question")
    colleague.is_done("Your answer has been sent.")
    assert Inquiry.objects.get(pk=inquiry.pk).status == "processed"


def read(applicant):
    applicant.page.reload()
    applicant.shows(".tag", "Approved")
    marks = applicant.page.locator(".reply.from_applicant .hint")
    expect(marks.last).to_contain_text(applicant.reads("Read by an officer: %(at)s", at=""))
    applicant.look()
