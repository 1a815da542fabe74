"""A change of representatives in the middle of a returned inquiry and a booked appointment.

On a phone without scripts, and on a desk with them.
"""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from appointments.models import Office
from core.accounts.models import Link
from requests_app.models import Inquiry
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import verified
from tests.browser.looks import people
from tests.browser.looks.people import DESCRIPTIONS
from tests.browser.visitor import quoted
from tests.requests_app.people import after

pytestmark = pytest.mark.browser

ANSWERS = {"ar": "الصفحة الثانية مرفقة مع هذا الرد.", "en": "Here is the second page."}
NO_LONGER = (
    "You no longer represent %(name)s, so you cannot do this. You can still read what you sent."
)


@pytest.mark.parametrize(("language", "width", "scripts"), [("ar", 390, False), ("en", 1280, True)])
def test_the_new_representative_goes_on_and_the_former_one_is_out(
    visit, resident, officer, language
):
    palm = people.establishment(resident.identity)
    inquiry, document = returned(palm, resident, officer, language)
    appointment = booked(palm, resident)
    successor = people.newcomer(language)
    former = visit()
    former.use_session_of(verified(resident))

    # The pages are open while the mandate ends.
    former.open(f"inquiries/{inquiry.reference}/answer/")
    former.fill("Your answer", ANSWERS[language])
    cancelling = visit()
    cancelling.use_session_of(verified(resident))
    cancelling.open(f"appointments/{appointment.reference}/cancel/")
    change(palm, resident.identity, successor.identity)

    former.press("Send the answer")
    is_out(former, palm)
    expect(former.page.locator("main")).to_contain_text(DESCRIPTIONS[language])
    expect(former.page.locator("main")).not_to_contain_text(document.original_name)
    cancelling.press("Cancel the appointment")
    is_out(cancelling, palm)
    for page in ("slip/", "move/"):
        cancelling.open(f"appointments/{appointment.reference}/{page}")
        is_out(cancelling, palm)
    assert places.status_of(appointment) == "confirmed"

    newcomer = visit()
    sign_in(newcomer, successor, palm)
    find_both(newcomer, inquiry, appointment)
    answer(newcomer, inquiry, document, language)
    cancel(newcomer, appointment)


def returned(palm, resident, officer, language):
    worker = Link.objects.get(holder=palm, kind=Link.Kind.EMPLOYER).person
    service = factories.ServiceFactory()
    draft = factories.draft(resident, service, worker, holder=palm)
    Inquiry.objects.filter(pk=draft.pk).update(description=DESCRIPTIONS[language])
    draft.refresh_from_db()
    document = factories.attached(draft)
    return after(factories.submitted(draft), officer, "claimed", "returned"), document


def booked(palm, resident):
    worker = Link.objects.get(holder=palm, kind=Link.Kind.EMPLOYER).person
    slot = places.some_slot()
    names = {"name_ar": "جوازات العليا", "short_name_ar": "جوازات العليا", "city_ar": "الرياض"}
    Office.objects.update(**names)
    return places.confirmed(resident, holder=palm, attendee=worker, slot=slot)


def change(palm, former, successor):
    yesterday = timezone.localdate() - timedelta(days=1)
    Link.objects.filter(holder=palm, person=former).update(until=yesterday)
    factories.link(palm, successor, Link.Kind.REPRESENTATIVE, since=timezone.localdate())


def is_out(former, palm):
    """Check that the former representative is told why, on the page of what they sent."""
    expect(former.page.locator("main .notice")).to_contain_text(
        former.reads(NO_LONGER, name=former.named(palm))
    )
    expect(former.page.locator("main a[download], main form[method=post]")).to_have_count(0)


def sign_in(newcomer, successor, palm):
    """Sign in, and choose in whose name to act before anything else."""
    newcomer.open("account/sign-in/")
    newcomer.fill("Username or ID number", successor.username)
    newcomer.fill("Password", factories.PASSWORD)
    newcomer.press("Continue")
    newcomer.enter_code("Sign in")
    newcomer.page.get_by_label(newcomer.named(palm)).check()
    newcomer.press("Continue")


def find_both(newcomer, inquiry, appointment):
    attention = newcomer.page.locator(".attention")
    expect(attention).to_contain_text(quoted(inquiry))
    expect(newcomer.page.locator(f"main a[href*='{appointment.reference}']")).to_have_count(1)


def answer(newcomer, inquiry, document, language):
    newcomer.open(f"inquiries/{inquiry.reference}/")
    expect(newcomer.page.locator("main a[download]")).to_have_text(document.original_name)
    newcomer.follow("Answer the officer")
    newcomer.fill("Your answer", ANSWERS[language])
    newcomer.press("Send the answer")
    assert Inquiry.objects.get(pk=inquiry.pk).status == "returned_by_applicant"


def cancel(newcomer, appointment):
    newcomer.open(f"appointments/{appointment.reference}/")
    verify(newcomer)
    newcomer.follow("Cancel the appointment")
    newcomer.press("Cancel the appointment")
    assert places.status_of(appointment) == "cancelled"


def verify(newcomer):
    newcomer.fill("Your ID number", "2000000048")
    newcomer.field("Calendar").select_option(label=newcomer.reads("Gregorian"))
    for label, part in (("Day", 14), ("Month", 3), ("Year", 1986)):
        newcomer.fill(label, str(part))
    newcomer.fill("Digits in the picture", newcomer.digits_in_picture())
    newcomer.press("Verify my data")
