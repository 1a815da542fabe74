"""Arbitrary values in the forms of a filed inquiry and of the desk."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from requests_app import actions
from requests_app.models import Inquiry, Reply
from tests import factories
from tests.conftest import signed_in_staff
from tests.test_hostile import BIDI, LONG, QUEUE, assert_answered

pytestmark = pytest.mark.one_engine

TEXT = "Words that somebody has typed here."
VALUES = [
    *(
        "",
        " ",
        "\0",
        "1\0",
        "abc",
        "-1",
        "0",
        "00",
        "1.5",
        "1_0",
        "0x1",
        "²",
        "88888\n",
        "+88888",
    ),
    *("9" * 18, "9" * 19, "9" * 30, "9" * 5000, LONG, BIDI, "None", "[]", "[{}]", "null", "1e3"),
    *("' OR 1=1 --", '"', "\\", "%", "_", "../../x", "<script>alert(1)</script>", "\ufffd", "%s"),
]


@pytest.fixture(autouse=True)
def _no_limit(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None  # the tests are about the shape of one field


@pytest.fixture
def officer(db):
    return factories.OfficerFactory(is_superuser=True)


@pytest.fixture
def claimed(officer, resident):
    return factories.claimed(officer, applicant=resident)


@pytest.fixture
def returned(officer, claimed):
    """An inquiry that was returned to its applicant, with two documents that were not sent yet."""
    fields = {"expected_version": claimed.version, "text": TEXT, "idempotency_key": uuid.uuid4()}
    returned = actions.send_back(actor=officer, inquiry=claimed, **fields)
    factories.attached(returned)
    factories.attached(returned, factories.picture(size=(80, 40)))
    return returned


@pytest.fixture
def draft(resident):
    draft = factories.draft(resident)
    factories.attached(draft)
    return draft


def state_of(inquiry):
    return (
        Inquiry.objects.values().get(pk=inquiry.pk),
        list(inquiry.events.values()),
        list(inquiry.replies.values("kind", "text")),
        list(inquiry.attachments.values()),
    )


def assert_harmless(response):
    assert_answered(response)
    assert "<script>alert" not in response.content.decode()


# Forms of the applicant


@pytest.mark.parametrize("field", ["idempotency_key", "expected_version", "document_type"])
def test_an_answer_with_anything_in_a_field_is_not_taken(as_resident, returned, field):
    before = state_of(returned)
    for value in VALUES:
        fields = {
            "idempotency_key": uuid.uuid4(),
            "expected_version": returned.version,
            "text": TEXT,
            field: value,
        }
        if field == "document_type":
            fields["files"] = factories.picture(size=(20, 20))
        address = f"/en/inquiries/{returned.reference}/answer/"
        response = as_resident.post(address, fields, follow=True)
        assert_harmless(response)
        assert state_of(returned) == before, value[:20]
        assert response.context["form"]["text"].value() == TEXT


def test_text_in_place_of_file_is_ignored(as_resident, returned):
    fields = {
        "idempotency_key": uuid.uuid4(),
        "expected_version": returned.version,
        "text": TEXT,
        "files": LONG,
    }
    response = as_resident.post(f"/en/inquiries/{returned.reference}/answer/", fields, follow=True)
    assert_harmless(response)
    assert Inquiry.objects.get(pk=returned.pk).status == "returned_by_applicant"
    assert returned.attachments.count() == 2


@pytest.mark.parametrize("button", ["remove", "up"])
def test_a_button_beside_no_document_does_nothing(as_resident, returned, draft, button):
    for value in VALUES:
        fields = {"idempotency_key": "", "expected_version": "", "text": TEXT, button: value}
        for inquiry, step in ((returned, "answer"), (draft, "documents")):
            before = state_of(inquiry)
            address = f"/en/inquiries/{inquiry.reference}/{step}/"
            assert_harmless(as_resident.post(address, fields, follow=True))
            assert state_of(inquiry) == before


def test_a_button_beside_the_document_of_another_does_nothing(as_resident, returned, draft):
    stranger = factories.draft()
    document = factories.attached(stranger)
    for button in ("remove", "up"):
        for inquiry, step in ((returned, "answer"), (draft, "documents")):
            address = f"/en/inquiries/{inquiry.reference}/{step}/"
            assert_harmless(as_resident.post(address, {button: document.pk}, follow=True))
    assert stranger.attachments.get() == document


@pytest.mark.parametrize(
    "name", ["../../x.jpg", "a" * 5000, "\u202egpj.exe", "%s", "<b>.jpg", "نص.pdf"]
)
@pytest.mark.parametrize("content", [b"", b"\0", b"%PDF-", b"\xff\xd8\xff", b"<script>" * 99])
def test_invalid_file_is_not_added_to_answer(as_resident, returned, name, content):
    before = state_of(returned)
    fields = {"idempotency_key": uuid.uuid4(), "expected_version": returned.version, "text": TEXT}
    fields |= {"document_type": factories.document_type().slug}
    fields["files"] = SimpleUploadedFile(name, content)
    response = as_resident.post(f"/en/inquiries/{returned.reference}/answer/", fields)
    assert_harmless(response)
    assert state_of(returned) == before
    assert response.context["form"]["text"].value() == TEXT


@pytest.mark.parametrize("field", ["idempotency_key", "expected_version"])
def test_a_withdrawal_with_anything_in_a_field_is_not_done(as_resident, returned, field):
    for value in VALUES:
        before = state_of(returned)
        fields = {
            "idempotency_key": uuid.uuid4(),
            "expected_version": returned.version,
            "text": TEXT,
            field: value,
        }
        response = as_resident.post(f"/en/inquiries/{returned.reference}/withdraw/", fields)
        assert_harmless(response)
        assert state_of(returned) == before


def test_the_steps_of_a_draft_take_anything(as_resident, draft):
    names = ("beneficiary", "service", "holder", "code", "shown", "earlier_reference", "mobile")
    for value in VALUES:
        fields = dict.fromkeys(names, value)
        before = state_of(draft)
        for step in ("subject", "details", "mobile", "mobile/send", "review", "confirm"):
            address = f"/en/inquiries/{draft.reference}/{step}/"
            assert_harmless(as_resident.post(address, fields, follow=True))
        assert state_of(draft) == before


def test_unknown_list_filter_shows_whole_list(as_resident, returned):
    for value in VALUES:
        # An address with NUL is refused before any view runs.
        page = as_resident.get("/en/inquiries/", {"show": value, "page": value})
        assert page.status_code == (400 if "\0" in value else 200)
        assert_harmless(page)
        assert (returned.reference in page.content.decode()) == (page.status_code == 200)


# Forms of the officer


@pytest.mark.parametrize("field", ["expected_version", "idempotency_key", "officer"])
def test_the_buttons_of_the_desk_take_anything(officer, claimed, field):
    browser = signed_in_staff(officer)
    for value in VALUES:
        before = state_of(claimed)
        fields = {
            "idempotency_key": uuid.uuid4(),
            "expected_version": claimed.version,
            "text": TEXT,
            "decision": "reply",
        }
        fields |= {"officer": officer.pk, field: value}
        pages = {
            "expected_version": ("claim", "release", "assign", "note", "close", "answer"),
            "idempotency_key": ("note", "answer"),
            "officer": ("assign",),
        }
        for page in pages[field]:
            assert_harmless(browser.post(f"{QUEUE}{claimed.pk}/{page}/", fields, follow=True))
        assert state_of(claimed) == before, value[:20]


@pytest.mark.parametrize("field", ["item", "idempotency_key", "officer"])
def test_bulk_page_takes_anything(officer, claimed, field):
    browser = signed_in_staff(officer)
    for value in VALUES:
        before = state_of(claimed)
        fields = {
            "item": f"{claimed.pk}:{claimed.version}",
            "idempotency_key": uuid.uuid4(),
            "text": TEXT,
        }
        fields |= {"officer": officer.pk, field: value}
        names = {
            "item": ("claim", "assign", "reply", "close", "note"),
            "idempotency_key": ("reply", "note"),
            "officer": ("assign",),
        }
        for name in names[field]:
            assert_harmless(browser.post(f"{QUEUE}bulk/{name}/", fields, follow=True))
        assert state_of(claimed) == before, value[:20]


@pytest.mark.parametrize("field", ["action", "_selected_action", "index", "select_across"])
def test_the_menu_of_the_queue_takes_anything(officer, claimed, field):
    browser = signed_in_staff(officer)
    for value in VALUES:
        before = state_of(claimed)
        fields = {"action": "approve", "index": 0, "_selected_action": claimed.pk, field: value}
        assert_harmless(browser.post(f"{QUEUE}?queue=all", fields, follow=True))
        assert state_of(claimed) == before, value[:20]
        assert Reply.objects.count() == 0


@pytest.mark.parametrize("field", ["queue", "time", "q", "o", "p", "e", "all"])
def test_queue_answers_anything_in_a_parameter(officer, claimed, field):
    draft, browser = factories.draft(), signed_in_staff(officer)
    for value in VALUES:
        page = browser.get(QUEUE, {field: value}, follow=True)
        assert page.status_code == (400 if "\0" in value else 200)
        assert_harmless(page)
        assert f"{QUEUE}{draft.pk}/" not in page.content.decode()
