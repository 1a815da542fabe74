"""Arbitrary values in the forms of a filed inquiry and of the desk."""

import uuid
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.accounts.models import PersonOpening
from requests_app import actions
from requests_app.models import Export, Inquiry, Reply
from tawasul.portal.chores import make_exports
from tawasul.portal.models import Invitation
from tests import factories
from tests.appointments import places
from tests.conftest import signed_in_staff
from tests.deeds.inquiries import prepared
from tests.deeds.rows import PASSPORT
from tests.factories import of_role
from tests.portal.invitations import TO_BRING, form_of
from tests.requests_app.people import act
from tests.test_hostile import BIDI, LONG, QUEUE, assert_answered

TEXT = "Words that somebody has typed here."
VALUES = [
    *("", " ", "\0", "1\0", "abc", "-1", "0", "00", "1.5", "1_0", "0x1", "²", "88888\n", "+88888"),
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
    returned = actions.send_back(actor=officer, inquiry=claimed, **fields_for(claimed))
    factories.attached(returned)
    factories.attached(returned, factories.picture(size=(80, 40)))
    return returned


@pytest.fixture
def draft(resident):
    draft = factories.draft(resident)
    factories.attached(draft)
    return draft


def fields_for(inquiry, **changes):
    """Return the fields of a form with a text about the inquiry as it is now."""
    known = {"idempotency_key": uuid.uuid4(), "expected_version": inquiry.version, "text": TEXT}
    return known | changes


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


def test_an_answer_with_anything_in_a_field_is_not_taken(as_resident, returned):
    before = state_of(returned)
    address = f"/en/inquiries/{returned.reference}/answer/"
    for field in ("idempotency_key", "expected_version", "document_type"):
        for value in VALUES:
            fields = fields_for(returned, **{field: value})
            if field == "document_type":
                fields["files"] = factories.picture(size=(20, 20))
            response = as_resident.post(address, fields, follow=True)
            assert_harmless(response)
            assert state_of(returned) == before, (field, value[:20])
            assert response.context["form"]["text"].value() == TEXT


def test_an_addition_with_anything_in_a_field_is_not_taken(as_resident, claimed):
    factories.attached(claimed)
    before = state_of(claimed)
    for field in ("idempotency_key", "expected_version", "document_type"):
        for value in VALUES:
            fields = fields_for(claimed, **{field: value})
            if field == "document_type":
                fields["files"] = factories.picture(size=(20, 20))
            address = f"/en/inquiries/{claimed.reference}/add/"
            response = as_resident.post(address, fields, follow=True)
            assert_harmless(response)
            assert state_of(claimed) == before, (field, value[:20])
            assert response.context["form"]["text"].value() == TEXT


def test_invalid_file_is_not_added_to_answer(as_resident, returned):
    before = state_of(returned)
    address = f"/en/inquiries/{returned.reference}/answer/"
    for name in ("../../x.jpg", "a" * 5000, "\u202egpj.exe", "%s", "<b>.jpg", "نص.pdf"):
        for content in (b"", b"\0", b"%PDF-", b"\xff\xd8\xff", b"<script>" * 99):
            fields = fields_for(returned, document_type=factories.document_type().slug)
            fields["files"] = SimpleUploadedFile(name, content)
            response = as_resident.post(address, fields)
            assert_harmless(response)
            assert state_of(returned) == before, (name[:20], content[:20])
            assert response.context["form"]["text"].value() == TEXT


def test_text_in_place_of_file_is_ignored(as_resident, returned):
    fields = fields_for(returned, files=LONG)
    response = as_resident.post(f"/en/inquiries/{returned.reference}/answer/", fields, follow=True)
    assert_harmless(response)
    assert Inquiry.objects.get(pk=returned.pk).status == "returned_by_applicant"
    assert returned.attachments.count() == 2


def test_a_button_beside_no_document_does_nothing(as_resident, returned, draft):
    document = factories.attached(factories.draft())
    before = state_of(returned), state_of(draft), state_of(document.inquiry)
    for button in ("remove", "up"):
        for value in (*VALUES, document.pk):
            fields = {"idempotency_key": "", "expected_version": "", "text": TEXT, button: value}
            for inquiry, step in ((returned, "answer"), (draft, "documents")):
                address = f"/en/inquiries/{inquiry.reference}/{step}/"
                assert_harmless(as_resident.post(address, fields, follow=True))
            assert (state_of(returned), state_of(draft), state_of(document.inquiry)) == before


def test_a_withdrawal_with_anything_in_a_field_is_not_done(as_resident, returned):
    before = state_of(returned)
    for field in ("idempotency_key", "expected_version"):
        for value in VALUES:
            fields = fields_for(returned, **{field: value})
            response = as_resident.post(f"/en/inquiries/{returned.reference}/withdraw/", fields)
            assert_harmless(response)
            assert state_of(returned) == before, (field, value[:20])


def test_a_request_for_a_review_with_anything_in_a_field_is_not_sent(
    as_resident, resident, officer, claimed
):
    rejected = act("rejected", claimed, officer)
    before = state_of(rejected)
    for field in ("idempotency_key", "expected_version"):
        for value in VALUES:
            fields = fields_for(rejected, **{field: value})
            address = f"/en/inquiries/{rejected.reference}/ask-for-review/"
            assert_harmless(as_resident.post(address, fields))
            assert state_of(rejected) == before, (field, value[:20])


def test_a_version_that_is_none_takes_nothing_up_again(as_resident, resident, returned):
    withdrawn = act("withdrawn", returned, resident)
    before = state_of(withdrawn)
    for value in VALUES:
        address = f"/en/inquiries/{withdrawn.reference}/resume/"
        assert_harmless(as_resident.post(address, {"expected_version": value}, follow=True))
        assert state_of(withdrawn) == before, value[:20]


def test_the_steps_of_a_draft_take_anything(as_resident, draft):
    names = ("beneficiary", "service", "holder", "code", "shown", "earlier_reference", "mobile")
    before = state_of(draft)
    for value in VALUES:
        fields = dict.fromkeys(names, value)
        for step in ("subject", "details", "mobile", "mobile/send", "review", "confirm"):
            address = f"/en/inquiries/{draft.reference}/{step}/"
            assert_harmless(as_resident.post(address, fields, follow=True))
        assert state_of(draft) == before, value[:20]


def test_the_pages_of_the_counter_take_anything(resident):
    clerk = of_role("clerk")
    clerk.offices.set([places.office()])
    browser, person = signed_in_staff(clerk), resident.identity
    PersonOpening.objects.create(staff=clerk, person=person, reason="They are here.")
    draft = prepared(resident, clerk, factories.ServiceFactory())
    factories.attached(draft)
    Inquiry.objects.update(prepared_until=draft.prepared_until)  # as if the clerk had added it
    before = state_of(draft)
    document, new = f"/en/staff/people/{person.pk}/inquiry/", "/en/staff/prepare/new/"
    names = ("beneficiary", "service", "holder", "code", "shown", "earlier_reference", "mobile")
    for value in VALUES:
        for fields in (
            {"document": value, "document_end": "AB12"},
            {"document": "passport", "document_end": value},
        ):
            assert_harmless(browser.post(document, fields, follow=True))
        browser.post(document, PASSPORT)
        choice = {"beneficiary": value, "service": value, "idempotency_key": value}
        assert_harmless(browser.post(new, choice, follow=True))
        assert_harmless(browser.post(f"{new}person/", {"words": value}, follow=True))
        for step in ("subject", "details", "mobile", "mobile/send", "review", "confirm"):
            address = f"/en/staff/prepare/{draft.reference}/{step}/"
            assert_harmless(browser.post(address, dict.fromkeys(names, value), follow=True))
        for button in ("remove", "up"):
            address = f"/en/staff/prepare/{draft.reference}/documents/"
            assert_harmless(browser.post(address, {button: value}, follow=True))
        assert state_of(draft) == before, value[:20]
    assert Inquiry.objects.count() == 1


def test_unknown_list_filter_shows_whole_list(as_resident, returned):
    for value in VALUES:
        # An address with NUL is refused before any view runs.
        page = as_resident.get("/en/inquiries/", {"show": value, "page": value})
        assert page.status_code == (400 if "\0" in value else 200)
        assert_harmless(page)
        assert (returned.reference in page.content.decode()) == (page.status_code == 200)


# Forms of the officer


def test_the_buttons_of_the_desk_take_anything(officer, claimed):
    browser, before = signed_in_staff(officer), state_of(claimed)
    for slug in ("visas", "fees"):
        factories.team(slug)
    for field, pages in {
        "expected_version": ("claim", "release", "assign", "transfer", "note", "close", "answer"),
        "idempotency_key": ("transfer", "note", "answer"),
        "officer": ("assign",),
        "team": ("transfer",),
    }.items():
        for value in VALUES:
            chosen = {"officer": officer.pk, "team": "fees", "decision": "reply", field: value}
            for page in pages:
                address = f"{QUEUE}{claimed.pk}/{page}/"
                assert_harmless(browser.post(address, fields_for(claimed, **chosen), follow=True))
            assert state_of(claimed) == before, (field, value[:20])


def test_the_form_of_an_invitation_takes_anything(officer, claimed):
    places.window()
    browser, before = signed_in_staff(officer), state_of(claimed)
    address = f"{QUEUE}{claimed.pk}/invitation/"
    names = ("expected_version", "idempotency_key", "service", "region", "until", "documents")
    for field in names:
        for value in VALUES:
            page = browser.post(address, form_of(claimed, **{field: value}), follow=True)
            assert_harmless(page)
            assert TO_BRING in page.content.decode()
            assert state_of(claimed) == before, (field, value[:20])
    assert not Invitation.objects.exists()
    for value in VALUES:
        assert_harmless(browser.post(f"{address}withdraw/", {"expected_version": value}))
    assert state_of(claimed) == before


def test_bulk_page_takes_anything(officer, claimed):
    browser, before = signed_in_staff(officer), state_of(claimed)
    item = f"{claimed.pk}:{claimed.version}"
    for field, names in {
        "item": ("claim", "assign", "reply", "close", "note"),
        "idempotency_key": ("reply", "note"),
        "officer": ("assign",),
    }.items():
        for value in VALUES:
            fields = {"item": item, "idempotency_key": uuid.uuid4(), "text": TEXT}
            fields |= {"officer": officer.pk, field: value}
            for name in names:
                assert_harmless(browser.post(f"{QUEUE}bulk/{name}/", fields, follow=True))
            assert state_of(claimed) == before, (field, value[:20])


def test_the_menu_of_the_queue_takes_anything(officer, claimed):
    browser, before = signed_in_staff(officer), state_of(claimed)
    chosen = {"action": "approve", "index": 0, "_selected_action": claimed.pk}
    for field in ("action", "_selected_action", "index", "select_across"):
        for value in VALUES:
            assert_harmless(
                browser.post(f"{QUEUE}?queue=all", chosen | {field: value}, follow=True)
            )
            assert state_of(claimed) == before, (field, value[:20])
    assert Reply.objects.count() == 0


def test_queue_answers_anything_in_a_parameter(officer, claimed):
    draft, browser = factories.draft(), signed_in_staff(officer)
    for field in ("queue", "time", "q", "o", "p", "e", "all"):
        for value in VALUES:
            page = browser.get(QUEUE, {field: value}, follow=True)
            assert page.status_code == (400 if "\0" in value else 200), (field, value[:20])
            assert_harmless(page)
            assert f"{QUEUE}{draft.pk}/" not in page.content.decode()


def test_page_of_exports_takes_anything(claimed):
    supervisor = factories.supervisor()
    browser, address = signed_in_staff(supervisor), f"{QUEUE}export/"
    chosen = {"idempotency_key": uuid.uuid4(), "file_format": "csv", "with_personal": "on"}
    for value in VALUES:
        for field in ("queue", "time", "q", "o", "p", "e", "all"):
            query = urlencode({field: value})
            page = browser.get(f"{address}?{query}", follow=True)
            if field in ("queue", "q"):
                page = browser.post(f"{address}?{query}", chosen, follow=True)
            assert page.status_code == (400 if "\0" in value else 200), (field, value[:20])
            assert_harmless(page)
        for field in chosen:
            assert_harmless(browser.post(address, chosen | {field: value}, follow=True))
    make_exports()
    assert not Export.objects.filter(state="failed").exists()
