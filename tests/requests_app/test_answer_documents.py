"""Answering a return with documents: they are kept until the answer, and sent with it."""

import uuid

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile

from core.digests import digest_of
from requests_app.models import Attachment, Inquiry, Reply
from tests import factories
from tests.conftest import errors_on, notices_on, signed_in, signed_in_staff, words
from tests.requests_app.files import stored_files
from tests.requests_app.returns import returned
from tests.requests_app.sized_files import names_on

pytestmark = pytest.mark.one_engine

TEXT = "Here is the copy you asked for; the stamp is on the second page."
WRONG_TYPE = "is not a JPEG or PNG picture or a PDF. Choose one of these."


@pytest.fixture
def inquiry(resident, officer):
    """Return an inquiry with one document that an officer has sent back."""
    factories.document_type()
    draft = factories.draft(resident)
    factories.attached(draft, factories.picture("sent.jpg"))
    return returned(factories.submitted(draft), officer)


@pytest.fixture
def address(inquiry):
    return f"/en/inquiries/{inquiry.reference}/answer/"


@pytest.fixture
def answer(as_resident, address):
    """Return a function that posts the form of the page and returns the page that follows."""

    def answer(*files, text=TEXT, **fields):
        form = as_resident.get(address).context["form"]
        filled = {
            "idempotency_key": uuid.uuid4(),
            "expected_version": form.initial["expected_version"],
            "text": text,
            **fields,
        }
        if files:
            filled = {"document_type": "supporting-proof", "files": files, **filled}
        return as_resident.post(address, filled, follow=True)

    return answer


@pytest.fixture
def kept(inquiry, answer):
    """Return a document that was added to an answer and is not sent yet."""
    answer(photo("kept.jpg", 64), text="")
    return Attachment.objects.unsent().get()


def photo(name, width):
    return factories.picture(name, size=(width, 40))


def no_picture(name="page.jpg"):
    return SimpleUploadedFile(name, b"<!doctype html><script>alert(1)</script>")


def typed_on(page):
    return page.context["form"]["text"].value()


def seen_by(officer, inquiry):
    """Return the names of the documents on the desk of an officer."""
    desk = signed_in_staff(officer).get(f"/en/staff/requests_app/inquiry/{inquiry.pk}/change/")
    return names_on(desk)


def is_returned():
    return Inquiry.objects.get().is_returned


def test_answer_is_sent_with_its_documents(answer, inquiry, officer):
    page = answer(photo("front.jpg", 61), photo("back.jpg", 62))
    assert notices_on(page)[:1] == ["Your answer has been sent."]
    assert names_on(page) == ["sent.jpg", "front.jpg", "back.jpg"]
    assert seen_by(officer, inquiry) == ["sent.jpg", "front.jpg", "back.jpg"]
    assert Reply.objects.latest("pk").text == TEXT
    assert not Attachment.objects.unsent().exists()


def test_event_digest_covers_answer_and_documents(answer, inquiry, kept):
    answer(photo("front.jpg", 61))
    new = Attachment.objects.exclude(original_name="sent.jpg").values_list("sha256", flat=True)
    assert inquiry.events.last().content_digest == digest_of([TEXT, *new])


def test_answer_is_sent_without_documents(answer, inquiry):
    page = answer()
    assert notices_on(page)[:1] == ["Your answer has been sent."]
    assert names_on(page) == ["sent.jpg"]


def test_refused_file_stops_answer_and_keeps_text(answer, inquiry):
    page = answer(no_picture())
    assert errors_on(page) == [f"“page.jpg” {WRONG_TYPE}"]
    assert typed_on(page) == TEXT
    assert is_returned()
    assert len(stored_files()) == 1


def test_good_files_are_kept_for_the_next_try(answer, inquiry, officer):
    page = answer(photo("front.jpg", 61), no_picture(), photo("back.jpg", 62))
    assert errors_on(page) == [f"“page.jpg” {WRONG_TYPE}"]
    assert "Added, and sent with your answer" in words(page)
    assert names_on(page) == ["front.jpg", "back.jpg"]
    assert is_returned()
    answer()
    assert seen_by(officer, inquiry) == ["sent.jpg", "front.jpg", "back.jpg"]


def test_good_files_are_kept_while_text_is_missing(answer, inquiry):
    page = answer(photo("front.jpg", 61), text="")
    assert errors_on(page) == ["Write what the officer asked for."]
    assert names_on(page) == ["front.jpg"]
    assert is_returned()


def test_files_without_type_stop_answer_and_keep_text(answer, inquiry):
    factories.document_type("passport-copy")
    page = answer(photo("front.jpg", 61), document_type="")
    assert errors_on(page) == ["Choose which document it is."]
    assert typed_on(page) == TEXT
    assert is_returned()


def test_officer_sees_no_unsent_documents(kept, inquiry, officer):
    assert seen_by(officer, inquiry) == ["sent.jpg"]
    desk = f"/en/staff/requests_app/inquiry/{inquiry.pk}"
    browser = signed_in_staff(officer)
    (sent,) = Attachment.objects.sent()
    for page in ("", "preview/"):
        for attachment, status in ((kept, 404), (sent, 200)):
            answer = browser.get(f"{desk}/documents/{attachment.pk}/{page}")
            answer.getvalue()  # Otherwise the file stays open.
            assert answer.status_code == status


def test_inquiry_page_shows_only_sent_documents(as_resident, kept, inquiry):
    page = as_resident.get(f"/en/inquiries/{inquiry.reference}/")
    assert names_on(page) == ["sent.jpg"]


def test_answer_page_lists_only_unsent_documents(as_resident, address, kept):
    page = as_resident.get(address)
    assert names_on(page) == ["kept.jpg"]
    (sent,) = Attachment.objects.sent()
    assert f'value="{sent.pk}"' not in page.content.decode()


@pytest.mark.parametrize("button", ["up", "remove"])
def test_sent_document_is_not_moved_or_removed(as_resident, address, kept, inquiry, button):
    (sent,) = Attachment.objects.sent()
    as_resident.post(address, {button: sent.pk})
    assert [each.original_name for each in Attachment.objects.all()] == ["sent.jpg", "kept.jpg"]
    assert storages["private"].exists(sent.stored_name)


def test_unsent_document_stays_after_sent_ones(as_resident, address, kept):
    as_resident.post(address, {"up": kept.pk})
    assert [each.original_name for each in Attachment.objects.all()] == ["sent.jpg", "kept.jpg"]


def test_reordering_documents_keeps_text(answer, kept):
    page = answer(photo("front.jpg", 61), text="")
    assert names_on(page) == ["kept.jpg", "front.jpg"]
    page = answer(up=Attachment.objects.get(original_name="front.jpg").pk)
    assert names_on(page) == ["front.jpg", "kept.jpg"]
    assert typed_on(page) == TEXT
    assert errors_on(page) == []
    assert is_returned()


def test_removing_document_keeps_text(answer, kept):
    page = answer(remove=kept.pk)
    assert names_on(page) == []
    assert typed_on(page) == TEXT
    assert is_returned()
    assert not storages["private"].exists(kept.stored_name)


def test_withdrawal_deletes_unsent_documents(as_resident, inquiry, kept):
    page = f"/en/inquiries/{inquiry.reference}/withdraw/"
    form = {
        "idempotency_key": uuid.uuid4(),
        "expected_version": inquiry.version,
        "text": "It has been settled.",
    }
    answer = as_resident.post(page, form, follow=True)
    assert notices_on(answer)[:1] == ["The inquiry has been withdrawn."]
    assert names_on(answer) == ["sent.jpg"]
    assert [each.original_name for each in Attachment.objects.all()] == ["sent.jpg"]
    assert not storages["private"].exists(kept.stored_name)
    assert len(stored_files()) == 1


def test_refused_withdrawal_keeps_unsent_documents(as_resident, inquiry, kept):
    page = f"/en/inquiries/{inquiry.reference}/withdraw/"
    as_resident.post(
        page, {"idempotency_key": uuid.uuid4(), "expected_version": inquiry.version, "text": " "}
    )
    assert storages["private"].exists(kept.stored_name)
    assert is_returned()


def test_second_click_answers_once_with_documents(as_resident, address, inquiry):
    form = {"idempotency_key": uuid.uuid4(), "expected_version": inquiry.version, "text": TEXT}
    for _click in range(2):
        files = {"document_type": "supporting-proof", "files": photo("front.jpg", 61)}
        page = as_resident.post(address, {**form, **files}, follow=True)
        assert page.request["PATH_INFO"] == f"/en/inquiries/{inquiry.reference}/"
        assert names_on(page) == ["sent.jpg", "front.jpg"]
    assert Reply.objects.filter(kind=Reply.Kind.FROM_APPLICANT).count() == 1
    assert len(stored_files()) == 2


def test_no_documents_are_added_while_officer_has_inquiry(as_resident, address, answer, inquiry):
    answer()
    form = {
        "idempotency_key": uuid.uuid4(),
        "expected_version": inquiry.version + 1,
        "text": TEXT,
        "document_type": "supporting-proof",
        "files": photo("late.jpg", 61),
    }
    page = as_resident.post(address, form)
    assert notices_on(page)[0] == (
        "This cannot be done while the inquiry is “Returned by applicant”."
    )
    assert names_on(page) == []
    assert len(stored_files()) == 1


def test_only_the_applicant_can_answer(resident, officer, db):
    worker = factories.UserFactory()
    factories.link(resident.identity, worker.identity)
    draft = factories.draft(resident, beneficiary=worker.identity)
    inquiry = returned(factories.submitted(draft), officer)
    form = {"document_type": "supporting-proof", "files": photo("a.jpg", 61), "text": TEXT}
    for browser in (signed_in(worker), signed_in(factories.UserFactory())):
        answer = browser.post(f"/en/inquiries/{inquiry.reference}/answer/", form)
        assert answer.status_code == 404
    assert not stored_files()
