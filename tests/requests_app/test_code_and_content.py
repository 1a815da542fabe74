"""The codes of filing: for the content that the applicant has checked, and for another mobile.

A mobile other than the account's needs a code of its own before the inquiry is filed.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.accounts.models import Link, OneTimeCode
from core.messaging.models import Message
from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import ask_for_code, errors_on, notices_on, words
from tests.requests_app.files import photo
from tests.requests_app.steps import (
    NEW,
    add_documents,
    code_for,
    confirm,
    first_step,
    page_of,
    save_details,
    wrong,
)
from tests.worlds import undone

CHANGED = (
    "The inquiry has changed since this code was sent. Check your answers and ask for a new code."
)
CLOSED = "This service takes no inquiries at the moment. Choose another."
OTHER = "+966512345678"
OTHER_MOBILE = "The mobile has changed since this code was sent. Ask for a new code."
FIRST = "Confirm the mobile of this inquiry first: we text a code to it."
NOT_LINKED = "This person is not linked to your account. Choose somebody who is."


@pytest.fixture
def child(resident):
    child = factories.IdentityFactory(name_en="Ayesha Noor", name_ar="عائشة نور")
    factories.link(resident.identity, child)
    return child


@pytest.fixture
def inquiry(resident):
    """Return a draft with three documents, the last two of one type."""
    inquiry = factories.draft(resident)
    for width, kind in enumerate(("supporting-proof", *["current-passport"] * 2), start=62):
        factories.attached(inquiry, photo("page.jpg", width), factories.document_type(kind))
    return inquiry


@pytest.fixture
def code(as_resident, inquiry):
    """Return a code that has been sent for the inquiry as it is."""
    return code_for(as_resident, inquiry)


@pytest.fixture
def mobile_code(as_resident, inquiry):
    """Return the code for another mobile that has been typed."""
    save_details(as_resident, inquiry, mobile=OTHER)
    return factories.code_sent_to(inquiry.applicant, "contact")


def change_details(**changes):
    def change(browser, inquiry, _child):
        assert save_details(browser, inquiry, **changes).status_code == 302

    return change


def change_subject(browser, inquiry, beneficiary, service):
    form = {"beneficiary": beneficiary.pk, "service": service.slug}
    assert browser.post(page_of(inquiry, "subject"), form).status_code == 302


def change_beneficiary(browser, inquiry, child):
    change_subject(browser, inquiry, child, inquiry.service)


def change_service(browser, inquiry, _child):
    change_subject(browser, inquiry, inquiry.beneficiary, factories.ServiceFactory())


def change_holder(_browser, inquiry, _child):
    establishment = factories.establishment()
    factories.link(establishment, inquiry.applicant.identity, "representative")
    factories.link(establishment, inquiry.beneficiary)
    actions.change_subject(
        actor=inquiry.applicant,
        inquiry=inquiry,
        holder=establishment,
        beneficiary=inquiry.beneficiary,
        service=inquiry.service,
    )


def add_document(browser, inquiry, _child):
    assert errors_on(add_documents(browser, inquiry, photo("another.jpg", 61))) == []


def remove_document(browser, inquiry, _child):
    browser.post(page_of(inquiry, "documents"), {"remove": inquiry.attachments.first().pk})


def move_document(browser, inquiry, _child):
    browser.post(page_of(inquiry, "documents"), {"up": inquiry.attachments.last().pk})


CHANGES = {
    "mobile": change_details(mobile="+966512345678"),
    "description": change_details(description=factories.DESCRIPTION + "!"),
    "earlier request": change_details(earlier_reference="12-34"),
    "beneficiary": change_beneficiary,
    "service": change_service,
    "holder": change_holder,
    "another document": add_document,
    "a document fewer": remove_document,
    "order of the documents": move_document,
}


def test_changed_content_invalidates_code(as_resident, inquiry, child, code):
    for about, change in CHANGES.items():
        with undone():
            change(as_resident, Inquiry.objects.get(), child)
            assert errors_on(confirm(as_resident, inquiry, code)) == [CHANGED], about
            assert not Inquiry.objects.filed().exists(), about


def test_code_files_only_its_own_inquiry(as_resident, resident, inquiry):
    another = factories.draft(resident)
    code = code_for(as_resident, another)
    assert errors_on(confirm(as_resident, inquiry, code)) == [CHANGED]
    assert not Inquiry.objects.filed().exists()
    save_details(as_resident, another)  # unchanged
    confirm(as_resident, another, code)
    assert Inquiry.objects.filed().get() == another


def test_a_code_for_another_purpose_files_nothing(as_resident, inquiry, mobile_code):
    told = ["Ask for a code first."]
    assert errors_on(confirm(as_resident, inquiry, mobile_code)) == told
    assert not Inquiry.objects.filed().exists()


def test_code_is_valid_for_ten_minutes(as_resident, inquiry, monkeypatch):
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    code = code_for(as_resident, inquiry)
    for seconds, is_valid in ((-1, True), (0, False), (1, False)):
        with undone():
            later = now + timedelta(minutes=10, seconds=seconds)
            monkeypatch.setattr(timezone, "now", lambda later=later: later)
            confirm(as_resident, inquiry, code)
            assert Inquiry.objects.filed().exists() == is_valid, seconds


def test_code_is_accepted_in_any_notation(as_resident, inquiry, code):
    for typed in (
        code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
        code.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")),
        *(f" {code[:3]} {code[3:]} ", f"{code[:3]}-{code[3:]}"),
        f"\u200f{code[:2]}\u2013{code[2:4]}\u00a0{code[4:]}",
    ):
        with undone():
            confirm(as_resident, inquiry, typed)
            assert Inquiry.objects.filed().get() == inquiry, typed


def test_draft_with_closed_service_says_what_to_change(as_resident, resident, inquiry):
    choose_again = "Choose the person and the service again"
    inquiry.service.takes_inquiries = False
    inquiry.service.save(update_fields=["takes_inquiries"])
    page = words(as_resident.get(page_of(inquiry, "details")))
    assert f"{CLOSED} {choose_again}" in page
    another = factories.ServiceFactory()
    change_subject(as_resident, inquiry, resident.identity, another)
    assert choose_again not in words(as_resident.get(page_of(inquiry, "details")))
    inquiry.refresh_from_db()
    assert inquiry.description == factories.DESCRIPTION
    assert factories.submitted(inquiry).service == another


def test_draft_with_ended_link_says_what_to_change(as_resident, resident, child):
    inquiry = factories.draft(resident, beneficiary=child)
    Link.objects.update(until=timezone.localdate() - timedelta(days=1))
    assert NOT_LINKED in words(as_resident.get(page_of(inquiry, "details")))


def test_second_draft_on_same_subject_shows_warning(as_resident, resident):
    first = factories.draft(resident)
    employer = factories.UserFactory()
    factories.link(employer.identity, resident.identity)
    theirs = factories.draft(employer, service=first.service, beneficiary=resident.identity)
    warning = "You have begun another inquiry about this service for the same person:"
    page = as_resident.get(page_of(first, "details"))
    assert warning not in words(page)
    assert theirs.reference not in page.content.decode()
    form = first_step(first.service, resident.identity)
    second = as_resident.post(NEW, form, follow=True)
    assert warning in words(second)
    assert page_of(first, "details") in second.content.decode()


# Another mobile


def enter(browser, inquiry, code):
    return browser.post(page_of(inquiry, "mobile"), {"code": code})


def test_account_mobile_needs_no_code(as_resident, inquiry, resident):
    page = save_details(as_resident, inquiry, mobile=str(resident.mobile))
    assert page.url == page_of(inquiry, "documents")
    as_resident.get(page_of(inquiry, "mobile/send"))
    assert not OneTimeCode.objects.exists()
    assert as_resident.get(page_of(inquiry, "mobile")).url == page_of(inquiry, "documents")


def test_another_mobile_is_sent_a_code_and_allows_filing(as_resident, resident, inquiry):
    page = as_resident.get(save_details(as_resident, inquiry, mobile="0512345678").url)
    assert "A code is on its way to •••• 678. It works for 10 minutes." in words(page)
    code = factories.code_sent_to(resident, "contact")
    message = Message.objects.get(idempotency_key=OneTimeCode.objects.get().pk)
    assert (message.recipient, len(code)) == (OTHER, 6)
    review = ask_for_code(as_resident, inquiry)
    assert FIRST in words(review)
    assert page_of(inquiry, "mobile") in review.content.decode()
    assert enter(as_resident, inquiry, code).url == page_of(inquiry, "documents")
    confirm(as_resident, inquiry, code_for(as_resident, inquiry))
    assert Inquiry.objects.filed().get().mobile == OTHER


def test_a_wrong_code_confirms_nothing(as_resident, inquiry, mobile_code):
    assert errors_on(enter(as_resident, inquiry, wrong(mobile_code))) == [
        "This code is not right. Check it and try again."
    ]
    assert FIRST in words(ask_for_code(as_resident, inquiry))


def test_code_does_not_confirm_another_mobile(as_resident, resident, inquiry, mobile_code):
    another = factories.draft(resident)
    Inquiry.objects.filter(pk=another.pk).update(mobile=OTHER)
    assert errors_on(enter(as_resident, another, mobile_code)) == [OTHER_MOBILE]
    Inquiry.objects.filter(pk=inquiry.pk).update(mobile="+966598765432")
    assert errors_on(enter(as_resident, inquiry, mobile_code)) == [OTHER_MOBILE]


def test_changed_mobile_needs_new_confirmation(as_resident, inquiry, mobile_code):
    enter(as_resident, inquiry, mobile_code)
    page = as_resident.get(save_details(as_resident, inquiry, mobile="0598765432").url)
    assert "Confirm the mobile" in words(page)
    assert FIRST in words(ask_for_code(as_resident, inquiry))


def test_another_code_is_sent_on_request_once_a_minute(as_resident, resident, inquiry, mobile_code):
    again = as_resident.post(page_of(inquiry, "mobile/send"), follow=True)
    assert "You have just asked for a code." in notices_on(again)[0]
    factories.let_a_minute_pass(resident)
    as_resident.post(page_of(inquiry, "mobile/send"))
    assert OneTimeCode.objects.count() == 2
