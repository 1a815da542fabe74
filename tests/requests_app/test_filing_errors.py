"""Errors of the second step are shown beside their fields, and the input is kept."""

import uuid
from urllib.parse import urlencode

import pytest

from requests_app.models import Inquiry
from tests import factories
from tests.conftest import errors_on, words

TEXT = "application/x-www-form-urlencoded"

MOBILE = (
    "Enter a mobile number, for example 05XXXXXXXX, "
    "or with the country code for a number from abroad."
)
ID_NUMBER = (
    "An ID number has 10 digits and begins with 1, 2, 3, 4 or 7. "
    "Check the number and type it again."
)


@pytest.fixture
def inquiry(resident):
    return factories.draft(resident, is_ready=False)


@pytest.fixture
def address(inquiry):
    return f"/en/inquiries/{inquiry.reference}/details/"


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "Enter the full name."),
        (
            "name",
            "Ahmed Saleh",
            "This is not the name in the registry for this number. "
            "Write it as it stands there: Mohammed Aslam Khan.",
        ),
        ("id_number", "", "Enter the ID or border number."),
        (
            "id_number",
            "2999999999",
            "This is not the ID or border number of Mohammed Aslam Khan. "
            "Check it and type it again.",
        ),
        ("id_number", "200000000", ID_NUMBER),
        ("id_number", "20000000000", ID_NUMBER),
        ("id_number", "5000000000", ID_NUMBER),
        ("id_number", "²000000000", ID_NUMBER),
        ("id_number", "②000000000", ID_NUMBER),
        ("mobile", "", "Enter a mobile number."),
        ("mobile", "011 234 5678", MOBILE),
        ("mobile", "055", MOBILE),
        ("mobile", "call me", MOBILE),
        ("mobile", "5" * 100_000, MOBILE),
        ("description", "", "Explain what you need."),
        ("description", "My iqama please", "Explain what you need in at least 30 characters."),
        (
            "description",
            "a" * 100_000,
            "The description has 100000 characters. Shorten it to 4,000.",
        ),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_error_is_shown_and_input_is_kept(as_resident, inquiry, address, field, typed, sentence):
    page = as_resident.post(address, factories.details_of(inquiry, **{field: typed}))
    assert errors_on(page) == [sentence]
    assert typed in page.content.decode()
    assert Inquiry.objects.get().description == ""


def test_all_errors_are_shown_at_once(as_resident, address):
    page = as_resident.post(address, {"name": " "})
    assert errors_on(page) == [
        "Enter the full name.",
        "Enter the ID or border number.",
        "Enter a mobile number.",
        "Explain what you need.",
    ]


def test_error_is_shown_beside_its_field(as_resident, inquiry, address):
    page = as_resident.post(address, factories.details_of(inquiry, mobile="055")).content.decode()
    field = page[page.index('id="div_id_mobile"') : page.index('id="div_id_description"')]
    assert MOBILE in words(field)
    assert 'aria-invalid="true"' in field


def test_a_mobile_from_abroad_is_taken(as_resident, inquiry, address):
    as_resident.post(address, factories.details_of(inquiry, mobile="+92 301 2345678"))
    assert str(Inquiry.objects.get().mobile) == "+923012345678"


def test_a_former_number_of_the_person_is_taken(as_resident, inquiry, address):
    inquiry.beneficiary.numbers.create(number="3000000001", is_current=False)
    as_resident.post(address, factories.details_of(inquiry, id_number="3000000001"))
    assert Inquiry.objects.get().id_number == "3000000001"


def test_the_longest_and_the_shortest_explanation_are_taken(as_resident, inquiry, address):
    for explanation in (
        "one two three four five" + "a" * 7,
        "دفعت رسوم تجديد إقامة عامل " + "ب" * 3973,
    ):
        as_resident.post(address, factories.details_of(inquiry, description=explanation))
        assert Inquiry.objects.get().description == explanation


def test_invisible_characters_are_stripped(as_resident, inquiry, address):
    as_resident.post(
        address,
        factories.details_of(
            inquiry,
            name="Mohammed\0 \u202eKhan",
            description=f"\u2066{factories.DESCRIPTION}\0\r\nSecond\u200f line\u202c",
        ),
    )
    inquiry.refresh_from_db()
    assert inquiry.name == "Mohammed Khan"
    assert inquiry.description == f"{factories.DESCRIPTION}\nSecond line"


def test_undecodable_bytes_are_refused(as_resident, inquiry, address):
    body = urlencode(factories.details_of(inquiry)) + "%D9%FF"
    page = as_resident.post(address, body, content_type=TEXT)
    assert errors_on(page) == ["Some characters could not be read. Type this text again."]
    assert factories.DESCRIPTION in page.content.decode()
    assert Inquiry.objects.get().description == ""


@pytest.fixture
def forged(db):
    """Return fields of an inquiry that no form asks for, as a forged request may send them."""
    other = factories.UserFactory()
    return {
        "status": "processed",
        "outcome": "approved",
        "version": "7",
        "submitted_at": "2026-01-01",
        "due_on": "2026-01-01",
        "assignee": factories.OfficerFactory().pk,
        "applicant": other.pk,
        "holder_id": other.identity_id,
        "reference": "800000000001",
    }


def test_details_ignore_forged_fields(as_resident, inquiry, address, forged):
    forged["beneficiary"] = forged["holder_id"]
    forged["service"] = factories.ServiceFactory().pk
    before = Inquiry.objects.values().get()
    as_resident.post(address, {**factories.details_of(inquiry), **forged})
    after = Inquiry.objects.values().get()
    assert after == {**before, "description": factories.DESCRIPTION}


def test_first_step_ignores_forged_fields(as_resident, resident, forged):
    service = factories.ServiceFactory()
    form = {
        "idempotency_key": uuid.uuid4(),
        "beneficiary": resident.identity_id,
        "service": service.slug,
    }
    as_resident.post("/en/inquiries/new/", {**forged, **form})
    begun = Inquiry.objects.get()
    assert (begun.status, begun.outcome, begun.version) == ("draft", "", 0)
    assert (begun.applicant, begun.holder) == (resident, resident.identity)
    assert (begun.assignee, begun.due_on, begun.submitted_at) == (None, None, None)
    assert begun.reference != forged["reference"]


def test_last_steps_ignore_forged_fields(as_resident, resident, forged):
    inquiry = factories.draft(resident)
    read = {"shown": inquiry.content_digest()}
    as_resident.post(f"/en/inquiries/{inquiry.reference}/review/", {**forged, **read})
    code = {"code": factories.code_sent_to(resident)}
    as_resident.post(f"/en/inquiries/{inquiry.reference}/confirm/", {**forged, **code})
    filed = Inquiry.objects.get()
    assert (filed.status, filed.outcome, filed.version) == ("under_processing", "", 1)
    assert (filed.applicant, filed.holder) == (resident, resident.identity)
    assert (filed.assignee, filed.reference) == (None, inquiry.reference)
