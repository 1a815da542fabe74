"""Deleting a draft with its documents, after a question; a filed inquiry is never deleted."""

import pytest

from core.references import grouped_reference
from requests_app.models import Attachment, Inquiry
from tests import factories
from tests.conftest import notices_on, without_tokens, words
from tests.requests_app.files import stored_files

SAID = {
    "en": {
        "delete": "Delete this draft",
        "gone": "What you wrote and the documents you added will be gone.",
        "press": "Delete the draft",
        "deleted": "The draft has been deleted.",
    },
    "ar": {
        "delete": "حذف هذه المسودة",
        "gone": "سيُحذف ما كتبته والمستندات التي أضفتها.",
        "press": "حذف المسودة",
        "deleted": "تم حذف المسودة.",
    },
}
in_both_languages = pytest.mark.parametrize("language", ["en", "ar"])


def page_of(inquiry, step="", language="en"):
    return f"/{language}/inquiries/{inquiry.reference}/{step}"


def answer_of(browser, address, method="post"):
    """Return the status, content and headers of a response, without tokens."""
    response = getattr(browser, method)(address)
    return response.status_code, without_tokens(response), sorted(response.headers.items())


@in_both_languages
def test_a_draft_is_deleted_with_its_document(as_resident, resident, language):
    draft, another = factories.draft(resident), factories.draft(resident)
    for each in (draft, another):
        factories.attached(each)
    assert len(stored_files()) == 2
    assert SAID[language]["delete"] in words(as_resident.get(page_of(draft, "details/", language)))

    page = as_resident.post(page_of(draft, "delete/", language), follow=True)

    assert page.redirect_chain == [(f"/{language}/inquiries/", 302)]
    assert notices_on(page) == [SAID[language]["deleted"]]
    assert grouped_reference(draft.reference) not in words(page)
    assert grouped_reference(another.reference) in words(page)
    assert list(Inquiry.objects.all()) == [another]
    assert [each.inquiry for each in Attachment.objects.all()] == [another]
    assert len(stored_files()) == 1


def test_draft_with_pending_code_is_deleted_and_not_sent(as_resident, resident):
    draft = factories.draft(resident)
    code = factories.confirmation(draft, as_resident.session.session_key)
    as_resident.post(page_of(draft, "delete/"))
    assert as_resident.post(page_of(draft, "confirm/"), {"code": code}).status_code == 404
    assert not Inquiry.objects.exists()


@in_both_languages
def test_get_asks_first_and_deletes_nothing(as_resident, resident, language):
    draft = factories.draft(resident)
    factories.attached(draft)
    page = as_resident.get(page_of(draft, "delete/", language))
    said = SAID[language]
    assert f"{said['delete']} {said['gone']} {said['press']}" in words(page)
    assert Inquiry.objects.get() == draft
    assert len(stored_files()) == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_filed_inquiry_is_not_deleted(as_resident, resident, method):
    inquiry = factories.draft(resident)
    factories.attached(inquiry)
    factories.submitted(inquiry)
    response = getattr(as_resident, method)(page_of(inquiry, "delete/"))
    assert response.url == page_of(inquiry, "receipt/")
    assert Inquiry.objects.filter(pk=inquiry.pk).exists()
    assert len(stored_files()) == 1


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("whose", ["a stranger's", "for them"])
def test_another_persons_draft_looks_like_missing_one(as_resident, resident, whose, method):
    for_missing = answer_of(as_resident, "/en/inquiries/800000000001/delete/", method)
    assert for_missing[0] == 404
    if whose == "a stranger's":
        inquiry = factories.draft()
    else:
        applicant = factories.UserFactory()
        factories.link(applicant.identity, resident.identity)
        inquiry = factories.draft(applicant, beneficiary=resident.identity)
    factories.attached(inquiry)
    Inquiry.objects.filter(pk=inquiry.pk).update(reference="800000000001")

    assert answer_of(as_resident, "/en/inquiries/800000000001/delete/", method) == for_missing

    assert Inquiry.objects.filter(pk=inquiry.pk).exists()
    assert len(stored_files()) == 1
