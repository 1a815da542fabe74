"""Another person's inquiry looks like one that does not exist."""

import pytest

from requests_app.models import Attachment, Inquiry
from tests import factories
from tests.conftest import signed_in, without_tokens, words
from tests.requests_app.files import stored_files

pytestmark = pytest.mark.one_engine

PAGES = ["", "details/", "documents/", "documents/1/", "review/", "confirm/", "receipt/"]
REFERENCE = "800000000001"


@pytest.fixture
def stranger(db):
    return signed_in(factories.UserFactory())


def with_known_address(inquiry):
    """Return `inquiry` with a document, after setting the keys that PAGES and REFERENCE expect."""
    Attachment.objects.filter(pk=factories.attached(inquiry).pk).update(id=1)
    Inquiry.objects.filter(pk=inquiry.pk).update(reference=REFERENCE)
    inquiry.refresh_from_db()
    return inquiry


def answer_to(client, method, page):
    response = getattr(client, method)(f"/en/inquiries/{REFERENCE}/{page}")
    return response.status_code, without_tokens(response), sorted(response.headers.items())


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("is_filed", [False, True])
def test_another_persons_inquiry_looks_missing(stranger, is_filed, page, method):
    for_missing = answer_to(stranger, method, page)
    inquiry = with_known_address(factories.draft())
    if is_filed:
        factories.submitted(inquiry)
    assert for_missing[0] == 404
    assert answer_to(stranger, method, page) == for_missing


def test_another_persons_inquiry_is_not_listed(stranger):
    draft, filed = factories.draft(), factories.filed()
    for page in ("/en/my/", "/en/inquiries/"):
        shown = stranger.get(page).content.decode()
        assert draft.reference not in shown
        assert filed.reference not in shown


def test_own_inquiry_gives_no_access_to_other_documents(as_resident, resident):
    theirs = factories.attached(factories.draft())
    own = factories.draft(resident)
    response = as_resident.get(f"/en/inquiries/{own.reference}/documents/{theirs.pk}/")
    assert response.status_code == 404


@pytest.fixture
def person(db):
    """Return a user whose employer files for them."""
    return factories.UserFactory(
        identity=factories.IdentityFactory(name_en="Ayesha Noor", name_ar="عائشة نور")
    )


@pytest.fixture
def employer(resident, person):
    factories.link(resident.identity, person.identity)
    return resident


@pytest.fixture
def as_person(person):
    return signed_in(person)


def test_beneficiary_sees_filed_inquiry(as_person, person, employer):
    inquiry = factories.draft(employer, beneficiary=person.identity)
    document = factories.attached(inquiry)
    factories.submitted(inquiry)
    address = f"/en/inquiries/{inquiry.reference}/"
    for page in ("/en/my/", "/en/inquiries/"):
        assert address in as_person.get(page).content.decode()
    page = words(as_person.get(address))
    assert factories.DESCRIPTION in page
    assert f"Mobile •••• {str(employer.mobile)[-3:]}" in page
    assert as_person.get(f"{address}receipt/").status_code == 200
    download = as_person.get(f"{address}documents/{document.pk}/")
    assert b"".join(download.streaming_content) == stored_files()[0]


@pytest.mark.parametrize("page", PAGES)
def test_beneficiary_does_not_see_drafts(as_person, person, employer, page):
    with_known_address(factories.draft(employer, beneficiary=person.identity))
    assert as_person.get(f"/en/inquiries/{REFERENCE}/{page}").status_code == 404
    assert REFERENCE not in as_person.get("/en/my/").content.decode()


def test_only_the_applicant_changes_or_sends_a_draft(as_person, person, employer):
    inquiry = factories.draft(employer, beneficiary=person.identity, is_ready=False)
    before = Inquiry.objects.values().get()
    for step in ("details", "documents", "review", "confirm"):
        address = f"/en/inquiries/{inquiry.reference}/{step}/"
        response = as_person.post(address, factories.details_of(inquiry, code="000000"))
        assert response.status_code == 404
    assert Inquiry.objects.values().get() == before
