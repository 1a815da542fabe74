"""An invitation to an office in a browser: an officer asks, the applicant books, both see it.

On a phone without scripts, and on a desk with them.
"""

import pytest
from playwright.sync_api import expect

from appointments.models import Appointment
from core.catalogue.models import DocumentType, Region
from requests_app import actions
from requests_app.models import Inquiry
from tawasul.portal.models import Invitation
from tests import factories
from tests.appointments.browsing import verified
from tests.browser.visitor import quoted
from tests.conftest import signed_in_staff

pytestmark = [pytest.mark.browser, pytest.mark.takes_long]

DESK = "staff/requests_app/inquiry/"
TO_BRING = {"ar": "الجواز القديم أيضًا", "en": "The old passport too"}


@pytest.mark.usefixtures("times")
@pytest.mark.parametrize(("language", "width", "scripts"), [("ar", 390, False), ("en", 1280, True)])
def test_an_invitation_from_asking_to_the_appointment(visit, resident, officer, service):
    inquiry = factories.filed(resident, service=service)
    inquiry = actions.claim(actor=officer, inquiry=inquiry, expected_version=inquiry.version)
    colleague, applicant = visit(), visit()
    colleague.use_session_of(signed_in_staff(officer))
    applicant.use_session_of(verified(resident))

    ask(colleague, inquiry)
    book(applicant, inquiry)
    appointment = Appointment.objects.get()
    see(applicant, inquiry, appointment)
    see_at_desk(colleague, inquiry, appointment)
    cancel(applicant, inquiry, appointment)
    withdraw(colleague, applicant, inquiry)


def ask(colleague, inquiry):
    colleague.open(f"{DESK}{inquiry.pk}/change/")
    colleague.follow("Ask to come to an office")
    colleague.press("Ask to come")
    summary = colleague.page.locator(".error-summary")
    for missing in ("Choose a region.", "Choose until when they are asked to come."):
        expect(summary).to_contain_text(colleague.reads(missing))
    expect(colleague.page.locator("[name=service]")).to_have_value(inquiry.service.slug)
    najran, riyadh = (Region.objects.get(slug=slug) for slug in ("najran", "riyadh"))
    colleague.page.locator("[name=region]").select_option(najran.slug)
    colleague.page.locator("[name=until]").select_option(index=10)
    colleague.fill("What else to bring, or why (optional)", TO_BRING[colleague.language])
    passport = DocumentType.objects.get(slug="current-passport")
    colleague.page.get_by_label(colleague.named(passport), exact=True).check()
    colleague.press("Ask to come")
    expect(summary).to_contain_text(colleague.named(najran))
    colleague.page.locator("[name=region]").select_option(riyadh.slug)
    colleague.press("Ask to come")
    colleague.is_done("They are asked to come to an office, and are told by text.")
    expect(colleague.page.locator(".working")).to_contain_text(TO_BRING[colleague.language])


def book(applicant, inquiry):
    assert inquiry.reference in applicant.texts()[0]
    applicant.open(f"inquiries/{inquiry.reference}/")
    expect(applicant.page.locator("main")).to_contain_text(TO_BRING[applicant.language])
    applicant.follow("Book this appointment")
    applicant.click(applicant.page.locator("main .offices > li > a").first)
    applicant.click(applicant.page.locator(".days a").nth(1))
    applicant.click(applicant.page.locator("[name=slot]").nth(3))
    applicant.press("Confirm the appointment")
    expect(applicant.page.locator("main")).to_contain_text(quoted(inquiry))
    applicant.click(applicant.page.get_by_role("link", name=quoted(inquiry)))


def see(applicant, inquiry, appointment):
    main = applicant.page.locator("main")
    expect(main).to_contain_text(quoted(appointment))
    expect(main).to_contain_text(applicant.named(appointment.slot.office))
    assert applicant.link("Book this appointment").count() == 0


def see_at_desk(colleague, inquiry, appointment):
    colleague.open(f"{DESK}{inquiry.pk}/change/")
    visit = colleague.page.locator(".working")
    expect(visit).to_contain_text(quoted(appointment))
    expect(visit).to_contain_text(colleague.named(appointment.slot.office))


def cancel(applicant, inquiry, appointment):
    applicant.open(f"appointments/{appointment.reference}/cancel/")
    applicant.press("Cancel the appointment")
    applicant.open(f"inquiries/{inquiry.reference}/")
    expect(applicant.link("Book another appointment")).to_be_visible()


def withdraw(colleague, applicant, inquiry):
    colleague.page.reload()
    colleague.press("Withdraw the invitation")
    colleague.is_done("They are told by text that they need not come any more.")
    applicant.page.reload()
    assert applicant.link("Book another appointment").count() == 0
    assert not Invitation.objects.open().exists()
    assert Inquiry.objects.get(pk=inquiry.pk).is_open
