"""An inquiry that a clerk prepares with a person at the counter, on the pages of the staff site."""

import uuid

import pytest

from core.accounts.models import User
from core.messaging.models import Message
from requests_app import purposes
from requests_app.models import Inquiry
from tests import factories
from tests.appointments import places
from tests.conftest import errors_on, signed_in, signed_in_staff, words
from tests.portal.test_staff_people import opened, page_of
from tests.portal.test_staff_recovery import at

pytestmark = pytest.mark.django_db
PREPARE = "/en/staff/prepare/"
PASSPORT = {"document": "passport", "document_end": "ab12"}
BUTTON, MARK = "Prepare an inquiry", "Prepared by the office at the counter"
OVER = (
    "This inquiry is not open to you any more: the hour is over, or the person has gone on with "
    "it on their own phone. Begin again from their page if they ask for it."
)


@pytest.fixture
def clerk(db):
    return at(places.office(), identity=factories.IdentityFactory(name_en="Huda First"))


@pytest.fixture
def browser(clerk):
    return signed_in_staff(clerk)


@pytest.fixture
def service(db):
    return factories.ServiceFactory()


def step(inquiry, name="", language="en"):
    return f"/{language}/staff/prepare/{inquiry.reference}/{name}/"


def begun(browser, person):
    """Open the person's page and confirm their document; return the page that follows."""
    opened(browser, person)
    return browser.post(f"{page_of(person)}inquiry/", PASSPORT, follow=True)


def prepared(browser, person, service):
    """Prepare a draft for a person, with everything that it needs."""
    begun(browser, person)
    key = {"idempotency_key": uuid.uuid4()}
    form = {"beneficiary": person.pk, "service": service.slug, **key}
    response = browser.post(f"{PREPARE}new/", form)
    inquiry = Inquiry.objects.latest("pk")
    assert response.url == step(inquiry, "details")
    browser.post(step(inquiry, "details"), factories.details_of(inquiry))
    return inquiry


def asked_for_code(browser, inquiry, language="en"):
    """Press the button below what the person has read; return the page of the code."""
    shown = browser.get(step(inquiry, "review", language)).context["shown"]
    return browser.post(step(inquiry, "review", language), {"shown": shown}, follow=True)


def test_from_the_persons_page_to_the_receipt(browser, clerk, resident, service):
    User.objects.filter(pk=resident.pk).update(language="ar")
    person = resident.identity
    kind = factories.document_type()
    service.documents.add(kind)
    address = f"{page_of(person)}inquiry/"
    # Without a reason for opening their page there is no form.
    assert browser.get(address).url == page_of(person)
    assert BUTTON in words(opened(browser, person))
    assert browser.get(f"{PREPARE}new/").url == "/en/staff/people/"
    assert errors_on(browser.post(address, {"document": "", "document_end": "1"})) == [
        "Choose the document that you have seen.",
        "Enter the last four digits or Latin letters of the number, and no more.",
    ]
    wrong = {"document": "iqama", "document_end": "9999"}
    assert errors_on(browser.post(address, wrong)) == [
        "This is not the end of the person's ID number. Look at the document again: it may be "
        "somebody else's."
    ]
    page = browser.post(address, PASSPORT, follow=True)
    assert page.redirect_chain[-1][0] == f"{PREPARE}new/"
    assert "Prepared at the counter for Mohammed Aslam Khan" in words(page)
    form = {"beneficiary": person.pk, "service": service.slug, "idempotency_key": uuid.uuid4()}
    page = browser.post(f"{PREPARE}new/", form, follow=True)
    inquiry = Inquiry.objects.get()
    assert page.redirect_chain[-1][0] == step(inquiry, "details")
    # A second click reaches the same draft.
    assert browser.post(f"{PREPARE}new/", form).url == step(inquiry, "details")
    assert (inquiry.applicant, inquiry.holder, inquiry.prepared_by) == (resident, person, clerk)
    page = browser.post(step(inquiry, "details"), factories.details_of(inquiry), follow=True)
    assert page.redirect_chain[-1][0] == step(inquiry, "documents")
    files = {"document_type": kind.slug, "files": [factories.picture()]}
    page = browser.post(step(inquiry, "documents"), files, follow=True)
    document = inquiry.attachments.get()
    # The person reads on, in their own language.
    assert step(inquiry, "review", "ar") in page.content.decode()
    assert browser.get(step(inquiry, f"documents/{document.pk}/preview")).status_code == 200
    page = browser.get(step(inquiry, "review"))
    assert 'data-text="large"' in page.content.decode()
    assert factories.DESCRIPTION in words(page)
    page = asked_for_code(browser, inquiry)
    assert "Type the code from your own mobile here yourself" in words(page)
    code = factories.code_sent_to(resident, purposes.FILE_COUNTER)
    message = Message.objects.latest("pk")
    assert (message.language, message.recipient) == ("ar", str(resident.mobile))
    assert errors_on(browser.post(step(inquiry, "confirm"), {"code": "1"})) == [
        "This code is not right. Check it and try again."
    ]
    page = browser.post(step(inquiry, "confirm"), {"code": code}, follow=True)
    assert page.redirect_chain[-1][0] == step(inquiry, "receipt")
    assert "Prepared by the office, at the counter" in words(page)
    assert browser.post(step(inquiry, "confirm"), {"code": code}).url == step(inquiry, "receipt")
    inquiry.refresh_from_db()
    assert inquiry.status == Inquiry.Status.UNDER_PROCESSING
    events = inquiry.events.values_list("event_type", "role", "actor")
    assert list(events) == [
        ("prepared", "clerk", clerk.pk),
        ("submitted", "applicant", resident.pk),
    ]
    # Whose inquiry it is reads where it comes from, and so do officers.
    phone = signed_in(resident)
    for page in ("", "receipt/"):
        told = words(phone.get(f"/en/inquiries/{inquiry.reference}/{page}"))
        assert "by the office" in told
    desk = signed_in_staff(factories.OfficerFactory())
    told = words(desk.get(f"/en/staff/requests_app/inquiry/{inquiry.pk}/change/"))
    assert told.count(MARK) == 2
    assert f"{MARK} · Huda First (clerk)" in told
