"""Answering a return with documents: they are kept until the answer, and sent with it."""

import uuid

import pytest
from django.core.files.storage import storages

from core.digests import digest_of
from requests_app.models import Attachment, Inquiry, Reply
from tests import factories
from tests.conftest import errors_on, notices_on, signed_in, words
from tests.requests_app.desk_pages import desk_of
from tests.requests_app.files import HTML, WRONG_TYPE, names_on, photo, stored_files, upload
from tests.requests_app.people import user_named
from tests.requests_app.returns import returned
from tests.requests_app.steps import form_on, page_of
from tests.worlds import world

pytestmark = pytest.mark.usefixtures("sent_back")

TEXT = "Here is the copy you asked for; the stamp is on the second page."


@world
def sent_back():
    """Return the key of an inquiry of `resident` with one document, which `officer` returned."""
    factories.document_type()
    draft = factories.draft(factories.UserFactory(username="resident"))
    factories.attached(draft, photo("sent.jpg"))
    officer = factories.OfficerFactory(username="officer")
    return returned(factories.submitted(draft), officer).pk


resident = user_named("resident")
officer = user_named("officer")


@pytest.fixture
def inquiry(sent_back, db):
    return Inquiry.objects.get(pk=sent_back)


@pytest.fixture
def address(inquiry):
    return page_of(inquiry, "answer")


@pytest.fixture
def answer(as_resident, address):
    """Return a function that posts the form of the page and returns the page that follows."""

    def answer(*files, text=TEXT, **fields):
        form = form_on(as_resident.get(address), text, **fields)
        if files:
            form = {"document_type": "supporting-proof", "files": files, **form}
        return as_resident.post(address, form, follow=True)

    return answer


@pytest.fixture
def kept(answer):
    """Return a document that was added to an answer and is not sent yet."""
    answer(photo("kept.jpg", 64), text="")
    return Attachment.objects.unsent().get()


@pytest.fixture
def seen(as_officer, inquiry):
    """Return a function that returns the names of the documents on the desk."""
    return lambda: names_on(as_officer.get(desk_of(inquiry)))


def typed_on(page):
    return page.context["form"]["text"].value()


def kept_names():
    return list(Attachment.objects.values_list("original_name", flat=True))


def is_returned():
    return Inquiry.objects.get().is_returned


def test_answer_is_sent_with_its_documents(answer, inquiry, kept, seen):
    page = answer(photo("front.jpg", 61), photo("back.jpg", 62))
    assert notices_on(page)[:1] == ["Your answer has been sent."]
    names = ["sent.jpg", "kept.jpg", "front.jpg", "back.jpg"]
    assert names_on(page) == names
    assert seen() == names
    assert Reply.objects.latest("pk").text == TEXT
    assert not Attachment.objects.unsent().exists()
    new = Attachment.objects.exclude(original_name="sent.jpg").values_list("sha256", flat=True)
    assert inquiry.events.last().content_digest == digest_of([TEXT, *new])


def test_file_that_was_sent_before_is_named_and_answer_is_sent(answer):
    page = answer(photo("sent.jpg"))
    assert notices_on(page)[:2] == [
        "“sent.jpg” was not added again: the same file is there already as “sent.jpg”, "
        "Supporting proof.",
        "Your answer has been sent.",
    ]
    assert names_on(page) == ["sent.jpg"]


def test_answer_is_sent_without_documents(answer):
    page = answer()
    assert notices_on(page)[:1] == ["Your answer has been sent."]
    assert names_on(page) == ["sent.jpg"]


def test_refused_file_stops_answer_and_keeps_good_ones(answer, seen):
    bad = ("page.jpg", HTML)
    for files in ([upload(*bad)], [photo("front.jpg", 61), upload(*bad), photo("back.jpg", 62)]):
        page = answer(*files)
        assert len(stored_files()) == len(files)
        assert errors_on(page) == [f"“page.jpg” {WRONG_TYPE}"]
        assert typed_on(page) == TEXT
        assert is_returned()
    assert "Added, and sent with your answer" in words(page)
    assert names_on(page) == ["front.jpg", "back.jpg"]
    answer()
    assert seen() == ["sent.jpg", "front.jpg", "back.jpg"]


def test_good_files_are_kept_while_text_is_missing(answer):
    page = answer(photo("front.jpg", 61), text="")
    assert errors_on(page) == ["Write what the officer asked for."]
    assert names_on(page) == ["front.jpg"]
    assert is_returned()


def test_files_without_type_stop_answer_and_keep_text(answer):
    factories.document_type("passport-copy")
    page = answer(photo("front.jpg", 61), document_type="")
    assert errors_on(page) == ["Choose which document it is."]
    assert typed_on(page) == TEXT
    assert is_returned()


def test_unsent_documents_are_on_the_answer_page_only(
    as_resident, as_officer, kept, inquiry, address, seen
):
    assert seen() == ["sent.jpg"]
    (sent,) = Attachment.objects.sent()
    for page in ("", "/pages/1", "/pages/1/picture"):
        for attachment, status in ((kept, 404), (sent, 200)):
            answer = as_officer.get(desk_of(inquiry, f"documents/{attachment.pk}{page}"))
            answer.getvalue()  # Otherwise the file stays open.
            assert answer.status_code == status
    assert names_on(as_resident.get(page_of(inquiry))) == ["sent.jpg"]
    page = as_resident.get(address)
    assert names_on(page) == ["kept.jpg"]
    assert f'name="remove" value="{sent.pk}"' not in page.content.decode()


def test_sent_document_is_not_moved_or_removed(as_resident, address, kept):
    (sent,) = Attachment.objects.sent()
    for button, document in (("up", sent), ("remove", sent), ("up", kept)):
        as_resident.post(address, {button: document.pk})
        assert kept_names() == ["sent.jpg", "kept.jpg"], button
        assert storages["private"].exists(sent.stored_name), button


def test_moving_and_removing_documents_keeps_text(answer, kept):
    page = answer(photo("front.jpg", 61), text="")
    assert names_on(page) == ["kept.jpg", "front.jpg"]
    front = Attachment.objects.get(original_name="front.jpg")
    for fields, names in (
        ({"up": front.pk}, ["front.jpg", "kept.jpg"]),
        ({"remove": kept.pk}, ["front.jpg"]),
    ):
        page = answer(**fields)
        assert names_on(page) == names
        assert typed_on(page) == TEXT
        assert errors_on(page) == []
        assert is_returned()
    assert not storages["private"].exists(kept.stored_name)


def test_withdrawal_deletes_unsent_documents(as_resident, inquiry, kept):
    address = page_of(inquiry, "withdraw")
    page = as_resident.post(address, form_on(as_resident.get(address), " "))
    assert storages["private"].exists(kept.stored_name)
    assert is_returned()
    answer = as_resident.post(address, form_on(page, "It has been settled."), follow=True)
    assert notices_on(answer)[:1] == ["The inquiry has been withdrawn."]
    assert names_on(answer) == ["sent.jpg"]
    assert kept_names() == ["sent.jpg"]
    assert not storages["private"].exists(kept.stored_name)
    assert len(stored_files()) == 1


def test_second_click_answers_once_with_documents(as_resident, address, inquiry):
    form = form_on(as_resident.get(address), TEXT, document_type="supporting-proof")
    for _click in range(2):
        page = as_resident.post(address, {**form, "files": photo("front.jpg", 61)}, follow=True)
        assert page.request["PATH_INFO"] == page_of(inquiry)
        assert names_on(page) == ["sent.jpg", "front.jpg"]
    assert Reply.objects.filter(kind=Reply.Kind.FROM_APPLICANT).count() == 1
    assert len(stored_files()) == 2


def test_no_documents_are_added_while_officer_has_inquiry(as_resident, address, answer, inquiry):
    answer()
    form = {"idempotency_key": uuid.uuid4(), "expected_version": inquiry.version + 1, "text": TEXT}
    form |= {"document_type": "supporting-proof", "files": photo("late.jpg", 61)}
    page = as_resident.post(address, form)
    told = "This cannot be done while the inquiry is “Returned by applicant”."
    assert notices_on(page)[0] == told
    assert names_on(page) == []
    assert len(stored_files()) == 1


def test_only_the_applicant_can_answer(resident, officer):
    worker = factories.UserFactory()
    factories.link(resident.identity, worker.identity)
    inquiry = returned(factories.filed(resident, beneficiary=worker.identity), officer)
    before = len(stored_files())
    for browser, status in ((signed_in(worker), 302), (signed_in(factories.UserFactory()), 404)):
        form = {"document_type": "supporting-proof", "files": photo("a.jpg", 61), "text": TEXT}
        assert browser.post(page_of(inquiry, "answer"), form).status_code == status
    assert len(stored_files()) == before
