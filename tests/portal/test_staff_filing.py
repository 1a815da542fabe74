"""An inquiry that a clerk prepares with a person at the counter, on the pages of the staff site."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from core.accounts.models import Identity, User
from core.messaging.models import Message
from requests_app import purposes
from requests_app.models import Inquiry
from tests import factories
from tests.appointments import places
from tests.conftest import errors_on, notices_on, signed_in, signed_in_staff, words
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


def test_who_finds_the_way_to_prepare(browser, resident, clerk):
    nobody = factories.IdentityFactory(name_en="Siti Aminah")
    page = words(opened(browser, nobody))
    assert "An inquiry can be prepared for them then." in page
    assert BUTTON not in page
    assert errors_on(browser.post(f"{page_of(nobody)}inquiry/", PASSPORT)) == [
        "This person has no account, so the answer could not reach them. They open one with their "
        "own phone: “Sign in”, then “Open an account”."
    ]
    for role in ("officer", "auditor"):
        other = signed_in_staff(factories.of_role(role))
        assert BUTTON not in words(opened(other, resident.identity))
        assert other.get(f"{page_of(resident.identity)}inquiry/").status_code == 403
    # Nor is there a way for a clerk of no office, without the second factor, or to one's own kin.
    elsewhere = signed_in_staff(factories.of_role("clerk"))
    assert BUTTON not in words(opened(elsewhere, resident.identity))
    assert elsewhere.get(PREPARE).status_code == 403
    assert signed_in(clerk).get(PREPARE).url.startswith("/en/staff/login/")
    factories.link(clerk.identity, resident.identity)
    assert browser.get(f"{page_of(resident.identity)}inquiry/").status_code == 404


def test_a_draft_is_seen_by_its_clerk_at_the_counter_alone(browser, clerk, resident, service):
    others = factories.draft(resident, service)
    inquiry = prepared(browser, resident.identity, service)
    assert others.reference not in browser.get(step(inquiry, "details")).content.decode()
    colleague = signed_in_staff(at(clerk.offices.get(), identity=factories.IdentityFactory()))
    pages = ("details", "subject", "documents", "review", "confirm", "delete", "mobile", "receipt")
    for name in pages:
        assert colleague.get(step(inquiry, name)).status_code == 404
        assert browser.get(step(others, name)).status_code == 404
    for name in ("", "details/", "review/"):
        assert browser.get(f"/en/inquiries/{inquiry.reference}/{name}").status_code == 404
    document = factories.attached(others)
    assert browser.get(step(inquiry, f"documents/{document.pk}")).status_code == 404
    assert browser.post(step(inquiry, "delete")).url == PREPARE
    assert browser.get(PREPARE).url == "/en/staff/"
    assert list(Inquiry.objects.all()) == [others]


def test_the_person_finds_it_on_their_phone_and_takes_it_over(browser, resident, service):
    inquiry = prepared(browser, resident.identity, service)
    phone = signed_in(resident)
    assert MARK in words(phone.get("/en/inquiries/"))
    page = words(phone.get(f"/en/inquiries/{inquiry.reference}/details/"))
    assert "A clerk prepared this with you at the counter." in page
    # Whoever only reads leaves it to the clerk.
    assert browser.get(step(inquiry, "details")).status_code == 200
    phone.post(f"/en/inquiries/{inquiry.reference}/details/", factories.details_of(inquiry))
    for name in ("details", "review", "receipt"):
        page = browser.get(step(inquiry, name), follow=True)
        assert page.redirect_chain[-1][0] == "/en/staff/"
        assert notices_on(page) == [OVER]


def test_after_an_hour_the_draft_is_the_persons_alone(browser, resident, service):
    inquiry = prepared(browser, resident.identity, service)
    Inquiry.objects.update(prepared_until=timezone.now() - timedelta(seconds=1))
    page = browser.post(step(inquiry, "details"), factories.details_of(inquiry), follow=True)
    assert notices_on(page) == [OVER]
    assert signed_in(resident).get(f"/en/inquiries/{inquiry.reference}/review/").status_code == 200


def test_what_was_sent_shows_its_receipt_and_nothing_else(browser, resident, service):
    inquiry = prepared(browser, resident.identity, service)
    assert browser.get(step(inquiry, "receipt")).url == step(inquiry, "details")
    asked_for_code(browser, inquiry)
    code = factories.code_sent_to(resident, purposes.FILE_COUNTER)
    browser.post(step(inquiry, "confirm"), {"code": code})
    for name in ("details", "review", "documents"):
        assert browser.get(step(inquiry, name)).url == step(inquiry, "receipt")
    page = words(browser.get(step(inquiry, "receipt")))
    assert factories.DESCRIPTION not in page
    assert browser.get(f"/en/inquiries/{inquiry.reference}/").status_code == 404


def test_another_mobile_is_confirmed_at_the_counter(browser, resident, service):
    inquiry = prepared(browser, resident.identity, service)
    details = factories.details_of(inquiry, mobile="0550000432")
    page = browser.post(step(inquiry, "details"), details, follow=True)
    assert page.redirect_chain[-1][0] == step(inquiry, "mobile")
    code = factories.code_sent_to(resident, purposes.CONTACT)
    answer = browser.post(step(inquiry, "mobile"), {"code": code})
    assert answer.url == step(inquiry, "documents")


def test_for_one_of_many_they_are_found_first(browser, resident, service):
    factories.workers(resident.identity, 30)
    page = begun(browser, resident.identity)
    assert page.redirect_chain[-1][0] == f"{PREPARE}new/person/"
    assert "Who is the inquiry for?" in words(page)
    page = browser.post(f"{PREPARE}new/person/", {"words": "Worker Number 7"}, follow=True)
    worker = Identity.objects.get(name_en="Worker Number 7")
    address = f"{PREPARE}new/?beneficiary={worker.pk}"
    assert address in page.content.decode()
    key = {"idempotency_key": uuid.uuid4()}
    browser.post(address, {"beneficiary": worker.pk, "service": service.slug, **key})
    inquiry = Inquiry.objects.get()
    assert (inquiry.holder, inquiry.beneficiary) == (resident.identity, worker)


def test_what_was_typed_is_kept_in_the_other_language_and_after_the_session(
    browser, clerk, resident, service
):
    inquiry = prepared(browser, resident.identity, service)
    words_typed = "The words of the person, as they have told them to the clerk."
    typed = {"description": words_typed, "mobile": "0550000432", "typist": clerk.pk}
    address = step(inquiry, "details")
    switched = {**typed, "switch_language": "ar"}
    page = browser.post(step(inquiry, "details", "ar"), switched, follow=True)
    assert words_typed in page.content.decode()
    browser.logout()
    assert browser.post(address, typed).url.startswith("/en/staff/login/")
    inquiry.refresh_from_db()
    assert inquiry.description == factories.DESCRIPTION
    browser.force_login(clerk)
    session = browser.session
    session[DEVICE_ID_SESSION_KEY] = clerk.totpdevice_set.get().persistent_id
    session.save()
    assert words_typed in browser.get(address).content.decode()
    inquiry.refresh_from_db()
    assert inquiry.description == factories.DESCRIPTION
