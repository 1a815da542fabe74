"""Previews of documents, with the same access rules as the documents."""

import io

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests import factories
from tests.conftest import signed_in
from tests.requests_app.files import pdf
from tests.requests_app.returns import returned


@pytest.fixture
def inquiry(resident):
    return factories.draft(resident)


@pytest.fixture
def look(as_resident, inquiry):
    """Return a function that requests the preview of a document and returns the response."""

    def look(attachment, browser=as_resident):
        return browser.get(f"/en/inquiries/{inquiry.reference}/documents/{attachment.pk}/preview/")

    return look


def shown(response):
    """Return the picture in a response."""
    return Image.open(io.BytesIO(response.content))


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("size", "preview"),
    [
        ((319, 200), (319, 200)),
        ((320, 200), (320, 200)),
        ((321, 200), (320, 199)),
        ((200, 321), (199, 320)),
        ((3000, 1500), (320, 160)),
        ((4000, 1), (320, 1)),
    ],
)
def test_a_preview_has_at_most_320_pixels_on_a_side(look, inquiry, picture_format, size, preview):
    response = look(factories.attached(inquiry, factories.picture("a", picture_format, size)))
    assert shown(response).size == preview
    assert shown(response).format == "JPEG"


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG"])
def test_preview_is_an_uncached_jpeg(look, inquiry, picture_format):
    response = look(factories.attached(inquiry, factories.picture("a", picture_format)))
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"
    assert "default-src 'none'" in response["Content-Security-Policy"].split("; ")


def test_preview_shows_the_picture(look, inquiry):
    content = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(content, "PNG")
    attachment = factories.attached(inquiry, SimpleUploadedFile("red.png", content.getvalue()))
    red, green, blue = shown(look(attachment)).getpixel((30, 20))
    assert red > 240
    assert green < 15
    assert blue < 15


def test_ink_on_transparent_page_is_readable_in_preview(look, inquiry):
    page = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    page.paste((0, 0, 0, 255), (20, 10, 40, 30))
    content = io.BytesIO()
    page.save(content, "PNG")
    attachment = factories.attached(inquiry, SimpleUploadedFile("ink.png", content.getvalue()))
    preview = shown(look(attachment)).convert("L")
    assert preview.getpixel((30, 20)) < 50
    assert preview.getpixel((5, 5)) > 200


def test_a_pdf_has_no_preview(look, inquiry):
    attachment = factories.attached(inquiry, SimpleUploadedFile("scan.pdf", pdf()))
    assert look(attachment).status_code == 404


def test_preview_with_missing_file_is_404(look, inquiry, caplog):
    attachment = factories.attached(inquiry)
    storages["private"].delete(attachment.stored_name)
    assert look(attachment).status_code == 404
    assert f"the file of document {attachment.pk} is missing" in caplog.text


def test_page_shows_previews_and_labels_pdfs(as_resident, inquiry):
    picture = factories.attached(inquiry)
    scan = factories.attached(inquiry, SimpleUploadedFile("scan.pdf", pdf()))
    address = f"/en/inquiries/{inquiry.reference}/documents/"
    page = as_resident.get(address).content.decode()
    assert f'<img src="{address}{picture.pk}/preview/"' in page
    assert f"{address}{scan.pk}/preview/" not in page
    assert page.count(">PDF</span>") == 1


@pytest.mark.parametrize("page", ["", "preview/"])
def test_another_persons_document_is_404(as_resident, inquiry, page):
    theirs = factories.attached(factories.draft())
    reference = theirs.inquiry.reference
    answers = [
        as_resident.get(address)
        for address in (
            f"/en/inquiries/{reference}/documents/{theirs.pk}/{page}",
            f"/en/inquiries/{inquiry.reference}/documents/{theirs.pk}/{page}",
            f"/en/inquiries/{inquiry.reference}/documents/{theirs.pk + 1}/{page}",
            f"/en/inquiries/{inquiry.reference}/documents/{'9' * 30}/{page}",
        )
    ]
    assert {answer.status_code for answer in answers} == {404}


@pytest.mark.parametrize("page", ["", "preview/"])
def test_anonymous_visitor_is_sent_to_sign_in(client, inquiry, page):
    attachment = factories.attached(inquiry)
    address = f"/en/inquiries/{inquiry.reference}/documents/{attachment.pk}/{page}"
    assert client.get(address).url == f"/en/account/sign-in/?next={address}"


@pytest.fixture
def worker(db):
    return factories.UserFactory()


@pytest.mark.parametrize("page", ["", "preview/"])
def test_beneficiary_sees_sent_documents_only(as_resident, resident, officer, worker, page):
    factories.link(resident.identity, worker.identity)
    inquiry = factories.draft(resident, beneficiary=worker.identity)
    sent = factories.attached(inquiry)
    as_worker = signed_in(worker)

    def answers(attachment, browser):
        address = f"/en/inquiries/{inquiry.reference}/documents/{attachment.pk}/{page}"
        answer = browser.get(address)
        answer.getvalue()  # Otherwise the file stays open.
        return answer.status_code

    assert answers(sent, as_worker) == 404
    filed = factories.submitted(inquiry)
    assert answers(sent, as_worker) == 200
    returned(filed, officer)
    unsent = factories.attached(inquiry, factories.picture("b.jpg", size=(61, 40)))
    assert answers(unsent, as_worker) == 404
    assert answers(unsent, as_resident) == 200
    assert answers(sent, as_worker) == 200
