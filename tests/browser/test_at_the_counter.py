"""An inquiry that a clerk prepares with a person at the counter, by keyboard.

The clerk works in one language; the person reads, and types their code, in the other.
"""

import pytest
from playwright.sync_api import expect

from appointments.models import Office
from core.accounts.models import User
from core.catalogue.models import Service
from core.messaging.models import Message
from requests_app.models import Inquiry
from tests.browser.looks import people
from tests.browser.looks.people import DESCRIPTIONS
from tests.browser.test_keyboard import add_document, choose, go, select, type_into
from tests.browser.visitor import quoted
from tests.conftest import signed_in, signed_in_staff

pytestmark = pytest.mark.browser
REASONS = {
    "ar": "المراجع حاضر أمامي ويطلب المساعدة.",
    "en": "The person is here and asks for help.",
}
OTHER = {"ar": "en", "en": "ar"}


@pytest.fixture
def resident(live_server, language):
    """A resident who reads the other language than the clerk."""
    return people.resident(OTHER[language])


@pytest.fixture
def clerk(visit, times):
    clerk = visit()
    clerk.page.emulate_media(reduced_motion="reduce")
    staff = people.of_group("clerk", "1000000065", Office.objects.first())
    User.objects.filter(pk=staff.pk).update(language=clerk.language)
    clerk.use_session_of(signed_in_staff(staff))
    return clerk


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_clerk_prepares_and_the_person_sends(clerk, visit_in, resident, language):
    clerk.open(f"staff/people/{resident.identity_id}/")
    type_into(clerk, "Why do you open this page?", REASONS[language])
    go(clerk, clerk.button("Open the page"))
    go(clerk, clerk.link("Prepare an inquiry"))
    select(clerk, "Document you have seen", clerk.reads("passport"))
    type_into(clerk, "Last four digits or letters of its number", "AB12")
    go(clerk, clerk.button("Go on with this person"))

    choose(clerk, clerk.named(Service.objects.get(slug="resident-services")))
    go(clerk, clerk.button("Next"))
    type_into(clerk, "What do you need?", DESCRIPTIONS[language])
    go(clerk, clerk.button("Next"))
    add_document(clerk)

    inquiry = Inquiry.objects.get()
    # The page is the person's by now: in their language, and in large letters.
    clerk.language = OTHER[language]
    expect(clerk.page.locator("html")).to_have_attribute("data-text", "large")
    clerk.look()
    clerk.shows("h1", "Check your answers")
    expect(clerk.page.locator("main")).to_contain_text(DESCRIPTIONS[language])
    go(clerk, clerk.button("Send the code to my mobile"))
    code = clerk.code_on_phone()
    assert Message.objects.latest("pk").language == clerk.language
    type_into(clerk, "Code", code)
    go(clerk, clerk.button("Send"))
    expect(clerk.page.locator(".reference")).to_have_text(quoted(inquiry))
    assert clerk.on_paper("receipt-at-the-counter")

    person = visit_in(clerk.language, looks=True)
    person.use_session_of(signed_in(resident))
    person.open(f"inquiries/{inquiry.reference}/")
    expect(person.page.locator("main .context")).to_have_text(
        person.reads("Prepared by the office at the counter")
    )
    clerk.page.go_back()
    clerk.look()
    expect(clerk.page.locator(".reference")).to_have_text(quoted(inquiry))
    go(clerk, clerk.link("Back to the staff site"))
    assert clerk.path() == f"/{language}/staff/"
