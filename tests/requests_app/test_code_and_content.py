"""A filing code is valid only for the content that the applicant has checked."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from core.accounts.models import Link
from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import ask_for_code, errors_on, signed_in, words

CHANGED = (
    "The inquiry has changed since this code was sent. Check your answers and ask for a new code."
)
NO_CODE = "Ask for a code first."


@pytest.fixture
def child(resident):
    child = factories.IdentityFactory(name_en="Ayesha Noor", name_ar="عائشة نور")
    factories.link(resident.identity, child)
    return child


@pytest.fixture
def inquiry(resident):
    """Return a draft with two documents."""
    inquiry = factories.draft(resident)
    for kind in ("supporting-proof", "current-passport"):
        factories.attached(inquiry, kind=factories.document_type(kind))
    return inquiry


def page_of(inquiry, step):
    return f"/en/inquiries/{inquiry.reference}/{step}/"


def change_details(**changes):
    def change(browser, inquiry, _child):
        form = factories.details_of(inquiry, **changes)
        assert browser.post(page_of(inquiry, "details"), form).status_code == 302

    return change


def change_beneficiary(browser, inquiry, child):
    form = {"beneficiary": child.pk, "service": inquiry.service.slug}
    assert browser.post(page_of(inquiry, "subject"), form).status_code == 302
    # Entering the child's own name and number does not restore the old content.
    form = factories.details_of(inquiry, name=child.name, id_number=child.current_number)
    assert browser.post(page_of(inquiry, "details"), form).status_code == 302


def change_service(browser, inquiry, _child):
    another = factories.ServiceFactory()
    form = {"beneficiary": inquiry.beneficiary_id, "service": another.slug}
    assert browser.post(page_of(inquiry, "subject"), form).status_code == 302


def change_holder(_browser, inquiry, _child):
    establishment = factories.IdentityFactory(number="7000000017", birth_date=None)
    factories.link(establishment, inquiry.applicant.identity, "representative")
    factories.link(establishment, inquiry.beneficiary)
    actions.change_subject(
        actor=inquiry.applicant,
        inquiry=inquiry,
        holder=establishment,
        beneficiary=inquiry.beneficiary,
        service=inquiry.service,
    )


def former_number(browser, inquiry, _child):
    inquiry.beneficiary.numbers.create(number="4000000004", is_current=False)
    change_details(id_number="4000000004")(browser, inquiry, None)


def add_document(browser, inquiry, _child):
    form = {
        "document_type": "supporting-proof",
        "files": factories.picture(picture_format="PNG"),
    }
    assert browser.post(page_of(inquiry, "documents"), form).status_code == 302


def remove_document(browser, inquiry, _child):
    browser.post(page_of(inquiry, "documents"), {"remove": inquiry.attachments.first().pk})


def move_document(browser, inquiry, _child):
    browser.post(page_of(inquiry, "documents"), {"up": inquiry.attachments.last().pk})


CHANGES = {
    "name": change_details(name="محمد خان"),
    "number": former_number,
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


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changed_content_invalidates_code(as_resident, resident, inquiry, child, change):
    ask_for_code(as_resident, inquiry)
    code = factories.code_sent_to(resident)
    change(as_resident, inquiry, child)
    refused = as_resident.post(page_of(inquiry, "confirm"), {"code": code})
    assert errors_on(refused) == [CHANGED]
    assert not Inquiry.objects.filed().exists()


def test_unchanged_content_keeps_code_valid(as_resident, resident, inquiry):
    ask_for_code(as_resident, inquiry)
    code = factories.code_sent_to(resident)
    as_resident.post(page_of(inquiry, "details"), factories.details_of(inquiry))
    as_resident.post(page_of(inquiry, "confirm"), {"code": code})
    assert Inquiry.objects.filed().get() == inquiry


def test_code_does_not_file_another_inquiry(as_resident, resident, inquiry):
    another = factories.draft(resident)
    ask_for_code(as_resident, another)
    code = factories.code_sent_to(resident)
    refused = as_resident.post(page_of(inquiry, "confirm"), {"code": code})
    assert errors_on(refused) == [CHANGED]
    assert not Inquiry.objects.filed().exists()


def test_a_code_for_another_purpose_files_nothing(as_resident, resident, inquiry):
    form = factories.details_of(inquiry, mobile="+966512345678")
    as_resident.post(page_of(inquiry, "details"), form)
    code = factories.code_sent_to(resident, "contact")
    refused = as_resident.post(page_of(inquiry, "confirm"), {"code": code})
    assert errors_on(refused) == [NO_CODE]
    assert not Inquiry.objects.filed().exists()


@pytest.mark.parametrize(
    ("seconds", "is_valid"), [(-1, True), (0, False), (1, False)], ids=["before", "at", "after"]
)
def test_code_is_valid_for_ten_minutes(
    as_resident, resident, inquiry, monkeypatch, seconds, is_valid
):
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    ask_for_code(as_resident, inquiry)
    code = factories.code_sent_to(resident)
    later = now + timedelta(minutes=10, seconds=seconds)
    monkeypatch.setattr(timezone, "now", lambda: later)
    as_resident.post(page_of(inquiry, "confirm"), {"code": code})
    assert Inquiry.objects.filed().exists() == is_valid


@pytest.mark.parametrize(
    "typed",
    [
        lambda code: code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
        lambda code: code.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")),
        lambda code: f" {code[:3]} {code[3:]} ",
        lambda code: f"{code[:3]}-{code[3:]}",
        lambda code: f"\u200f{code[:2]}\u2013{code[2:4]}\u00a0{code[4:]}",
    ],
    ids=["Arabic", "Persian", "spaces", "hyphen", "marks"],
)
def test_code_is_accepted_in_any_notation(as_resident, resident, inquiry, typed):
    ask_for_code(as_resident, inquiry)
    as_resident.post(page_of(inquiry, "confirm"), {"code": typed(factories.code_sent_to(resident))})
    assert Inquiry.objects.filed().get() == inquiry


def test_draft_with_closed_service_says_what_to_change(as_resident, resident, inquiry):
    inquiry.service.takes_inquiries = False
    inquiry.service.save(update_fields=["takes_inquiries"])
    page = as_resident.get(page_of(inquiry, "details"))
    assert (
        "This service takes no inquiries at the moment. Choose another. "
        "Choose the person and the service again"
    ) in words(page)
    another = factories.ServiceFactory()
    form = {"beneficiary": resident.identity_id, "service": another.slug}
    as_resident.post(page_of(inquiry, "subject"), form)
    assert "Choose the person and the service again" not in words(
        as_resident.get(page_of(inquiry, "details"))
    )
    inquiry.refresh_from_db()
    assert inquiry.description == factories.DESCRIPTION
    assert factories.submitted(inquiry).service == another


def test_draft_with_ended_link_says_what_to_change(as_resident, resident, child):
    inquiry = factories.draft(resident, beneficiary=child)
    yesterday = timezone.localdate() - timedelta(days=1)
    Link.objects.update(until=yesterday)
    assert "This person is not linked to your account. Choose somebody who is." in words(
        as_resident.get(page_of(inquiry, "details"))
    )


def test_second_draft_on_same_subject_shows_warning(as_resident, resident):
    first = factories.draft(resident)
    warning = "You have begun another inquiry about this service for the same person:"
    assert warning not in words(as_resident.get(page_of(first, "details")))
    form = {
        "idempotency_key": uuid.uuid4(),
        "beneficiary": resident.identity_id,
        "service": first.service.slug,
    }
    second = as_resident.post("/en/inquiries/new/", form, follow=True)
    assert warning in words(second)
    assert page_of(first, "details") in second.content.decode()


def test_another_persons_draft_causes_no_warning(as_resident, resident):
    first = factories.draft(resident)
    employer = factories.UserFactory()
    factories.link(employer.identity, resident.identity)
    theirs = factories.draft(employer, service=first.service, beneficiary=resident.identity)
    assert (
        theirs.reference not in signed_in(resident).get(page_of(first, "details")).content.decode()
    )
