"""Decisions in a browser: taken back, overtaken by the applicant, read twice, and reopened.

On a phone and on a desk.
"""

import pytest
from playwright.sync_api import expect

from requests_app import actions
from requests_app.models import Decision, Inquiry
from tests import factories
from tests.appointments.browsing import verified
from tests.browser.looks import people
from tests.browser.looks.checks import RULES, bring_axe, found_by_axe
from tests.conftest import signed_in_staff

pytestmark = [
    pytest.mark.browser,
    pytest.mark.takes_long,
    pytest.mark.parametrize(("language", "width"), [("ar", 390), ("en", 1280)]),
]

DESK = "staff/requests_app/inquiry/"
ANSWER = {"ar": "وصلت الرسوم وتم تجديد الإقامة.", "en": "Your fee has arrived."}
WHY = {"ar": "لم يعد لدي سؤال.", "en": "I have nothing left to ask."}


@pytest.fixture(autouse=True)
def _ten_minutes(settings):
    settings.DECISION_MINUTES = 10


@pytest.fixture
def claimed(resident, service):
    """Return a function that files an inquiry of the resident and assigns it to an officer."""

    def claimed(officer):
        inquiry = factories.filed(resident, service=service)
        return actions.claim(actor=officer, inquiry=inquiry, expected_version=inquiry.version)

    return claimed


@pytest.fixture
def at_desk(visit):
    """Return a function that opens the staff site in the browser of a member of staff."""

    def at_desk(user):
        visitor = visit()
        visitor.use_session_of(signed_in_staff(user))
        bring_axe(visitor)
        return visitor

    return at_desk


@pytest.fixture
def applicant(visit, resident):
    visitor = visit()
    visitor.use_session_of(verified(resident))
    return visitor


def decide(colleague, inquiry, button):
    colleague.open(f"{DESK}{inquiry.pk}/change/")
    colleague.fill("Answer to the applicant", ANSWER[colleague.language])
    colleague.press(button)
    colleague.press(f"{button} and send")


def let_it_leave():
    waiting = Decision.objects.waiting().exclude(leaves_at=None)
    for decision in waiting:
        waiting.filter(pk=decision.pk).update(leaves_at=decision.decided_at)
    actions.send_decisions()


def reads(applicant, inquiry):
    """Return what the applicant reads on the page of the inquiry."""
    applicant.open(f"inquiries/{inquiry.reference}/")
    return applicant.page.locator("main")


def test_taken_back_then_sent_then_reopened(claimed, at_desk, applicant, officer):
    inquiry, colleague = claimed(officer), at_desk(officer)
    decide(colleague, inquiry, "Approve")
    expect(reads(applicant, inquiry)).to_contain_text(applicant.reads("Under processing"))
    expect(applicant.page.locator("main")).not_to_contain_text(ANSWER[applicant.language])

    colleague.press("Take the decision back")
    answer = colleague.field("Answer to the applicant")
    expect(answer).to_have_value(ANSWER[colleague.language])
    assert list(found_by_axe(colleague, RULES)) == []
    colleague.press("Reject")
    colleague.press("Reject and send")
    let_it_leave()
    expect(reads(applicant, inquiry)).to_contain_text(ANSWER[applicant.language])

    supervisor = at_desk(
        people.officer("1000000024", "خالد القحطاني", "Khalid Alqahtani", "assign_inquiry")
    )
    supervisor.open(f"{DESK}{inquiry.pk}/change/")
    supervisor.fill("Why it is taken up again; the applicant reads this", WHY[supervisor.language])
    supervisor.press("Reopen")
    supervisor.is_done("The inquiry has been reopened, and the applicant is told.")
    expect(reads(applicant, inquiry)).to_contain_text(WHY[applicant.language])


def test_withdrawn_before_it_was_sent(claimed, at_desk, applicant, officer):
    inquiry, colleague = claimed(officer), at_desk(officer)
    decide(colleague, inquiry, "Approve")
    applicant.open(f"inquiries/{inquiry.reference}/withdraw/")
    applicant.fill("Why are you withdrawing it?", WHY[applicant.language])
    applicant.press("Withdraw the inquiry")
    assert Inquiry.objects.get(pk=inquiry.pk).outcome == "withdrawn"

    colleague.open("staff/")
    label = colleague.reads("Your decisions that were not sent, as something came up")
    colleague.click(colleague.page.get_by_role("link", name=label))
    colleague.click(colleague.page.locator("#result_list tbody th a").first)
    expect(colleague.page.locator(".notice.warning")).to_be_visible()
    expect(colleague.page.locator(".desk")).to_contain_text(WHY[colleague.language])
    assert list(found_by_axe(colleague, RULES)) == []
    let_it_leave()
    assert not inquiry.replies.filter(kind="answer").exists()


def test_refusal_is_read_by_a_second_officer(claimed, at_desk, applicant, officer, settings):
    settings.SECOND_READING_PERCENT = 100
    inquiry, colleague = claimed(officer), at_desk(officer)
    decide(colleague, inquiry, "Reject")
    let_it_leave()
    expect(reads(applicant, inquiry)).not_to_contain_text(ANSWER[applicant.language])

    second = at_desk(people.officer("1000000032", "منى الحربي", "Mona Alharbi"))
    second.open(f"{DESK}{inquiry.pk}/change/")
    assert list(found_by_axe(second, RULES)) == []
    second.press("Confirm the refusal")
    second.is_done("The refusal is confirmed, and will be sent to the applicant.")
    let_it_leave()
    expect(reads(applicant, inquiry)).to_contain_text(ANSWER[applicant.language])
