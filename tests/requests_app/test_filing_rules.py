"""The rules on filing for a person and a service, checked at the start and before sending."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from core.accounts.models import Identity, Link
from core.catalogue.models import Service
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import ask_for_code, errors_on, words

NOT_LINKED = "This person is not linked to your account. Choose somebody who is."
NOT_OFFERED = (
    "This service is not open to you or to anybody linked to your account, or is not "
    "taking inquiries at the moment. Choose another."
)
CLOSED = "This service takes no inquiries at the moment. Choose another."
NOT_BY_STATUS = (
    "This person's status in the registry does not allow this. Please call the Directorate."
)


@pytest.fixture
def worker(db):
    return factories.IdentityFactory(name_en="Ayesha Noor", name_ar="عائشة نور")


@pytest.fixture
def begin(as_resident, resident):
    """Return a function that posts the first step and returns the page that follows."""

    def begin(service, beneficiary=resident.identity):
        form = {
            "idempotency_key": uuid.uuid4(),
            "beneficiary": beneficiary.pk,
            "service": service.slug,
        }
        return as_resident.post("/en/inquiries/new/", form, follow=True)

    return begin


@pytest.fixture
def draft_for_worker(resident, worker):
    """Return a draft for a linked person, ready to be confirmed."""
    factories.link(resident.identity, worker)
    return factories.draft(resident, beneficiary=worker)


def address(inquiry, step):
    return f"/en/inquiries/{inquiry.reference}/{step}/"


@pytest.mark.parametrize(
    "rule",
    [
        {"beneficiary_kinds": ["citizen"]},
        {"nationalities": ["YE", "SY"]},
        {"filed_by": "linked"},
        {"is_active": False},
        {"takes_inquiries": False},
    ],
    ids=str,
)
def test_ineligible_service_is_not_offered(as_resident, begin, rule):
    service = factories.ServiceFactory(name_en="Not for them", **rule)
    factories.ServiceFactory(name_en="Open to them")
    page = words(as_resident.get("/en/inquiries/new/"))
    assert "Open to them" in page
    assert "Not for them" not in page
    assert errors_on(begin(service)) == [NOT_OFFERED]
    assert not Inquiry.objects.exists()


def test_a_service_for_one_of_the_nationalities_is_offered(begin):
    begin(factories.ServiceFactory(nationalities=["YE", "PK"]))
    assert Inquiry.objects.exists()


def test_service_for_linked_person_is_refused_for_another(begin, resident):
    citizen = factories.IdentityFactory(number="1000000008", nationality="SA")
    factories.link(resident.identity, citizen)
    service = factories.ServiceFactory(name_en="Renew a passport", beneficiary_kinds=["citizen"])
    assert errors_on(begin(service)) == [
        "“Renew a passport” is not for Mohammed Aslam Khan. Choose a service that fits this person."
    ]
    assert not Inquiry.objects.exists()


def test_a_service_for_one_nationality_is_refused_for_another(begin, resident, worker):
    factories.link(resident.identity, worker)
    Identity.objects.filter(pk=worker.pk).update(nationality="YE")
    service = factories.ServiceFactory(name_en="Extend a visa", nationalities=["YE", "SY"])
    assert errors_on(begin(service)) == [
        "“Extend a visa” is not for Mohammed Aslam Khan. Choose a service that fits this person."
    ]


def test_linked_only_service_is_refused_for_oneself(begin, resident, worker):
    factories.link(resident.identity, worker)
    service = factories.ServiceFactory(name_en="Cancel an absence report", filed_by="linked")
    assert errors_on(begin(service)) == [
        "You cannot ask for “Cancel an absence report” for yourself: "
        "your employer or host has to. Choose another service."
    ]
    assert not Inquiry.objects.exists()


@pytest.mark.parametrize("kind", [Link.Kind.EMPLOYER, Link.Kind.HOST, Link.Kind.GUARDIAN])
def test_linked_only_service_is_open_to_linked_person(begin, resident, worker, kind):
    if kind == Link.Kind.GUARDIAN:
        a_child_of_ten = timezone.localdate() - timedelta(days=3653)
        Identity.objects.filter(pk=worker.pk).update(birth_date=a_child_of_ten)
    factories.link(resident.identity, worker, kind)
    page = begin(factories.ServiceFactory(filed_by="linked"), worker)
    assert Inquiry.objects.get().beneficiary == worker
    assert 'value="Ayesha Noor"' in page.content.decode()


def test_linked_people_can_be_chosen_by_name(as_resident, resident, worker):
    factories.link(resident.identity, worker)
    page = words(as_resident.get("/en/inquiries/new/"))
    assert "Mohammed Aslam Khan Ayesha Noor" in page


def test_guardian_cannot_file_for_adult(begin, resident, worker):
    factories.link(resident.identity, worker, Link.Kind.GUARDIAN)
    assert errors_on(begin(factories.ServiceFactory(), worker)) == [NOT_LINKED]
    assert not Inquiry.objects.exists()


def test_unlinked_person_is_refused(begin, worker):
    assert errors_on(begin(factories.ServiceFactory(), worker)) == [NOT_LINKED]
    assert not Inquiry.objects.exists()


def test_representative_link_gives_no_beneficiary(begin, resident, worker):
    factories.link(resident.identity, worker, Link.Kind.REPRESENTATIVE)
    assert errors_on(begin(factories.ServiceFactory(), worker)) == [NOT_LINKED]


@pytest.mark.parametrize(
    ("begins", "ends", "is_refused"),
    [
        (-9, -1, True),  # ended yesterday
        (-9, 0, False),  # ends today
        (0, None, False),  # begins today
        (1, None, True),  # begins tomorrow
    ],
)
def test_a_link_counts_from_its_first_day_to_its_last(
    begin, resident, worker, begins, ends, is_refused
):
    today = timezone.localdate()
    since = today + timedelta(days=begins)
    until = None if ends is None else today + timedelta(days=ends)
    factories.link(resident.identity, worker, since=since, until=until)
    page = begin(factories.ServiceFactory(), worker)
    assert errors_on(page) == [NOT_LINKED] * is_refused
    assert Inquiry.objects.exists() != is_refused


def end_link():
    Link.objects.update(until=timezone.localdate() - timedelta(days=1))


CHANGES = [
    (lambda: Service.objects.update(is_active=False), CLOSED),
    (lambda: Service.objects.update(beneficiary_kinds=["citizen"]), "“Services for residents” is "
     "not for Ayesha Noor. Choose a service that fits this person."),
    (end_link, NOT_LINKED),
    (lambda: Identity.objects.filter(name_en="Ayesha Noor").update(status="departed"),
     NOT_BY_STATUS),
    (lambda: Identity.objects.exclude(name_en="Ayesha Noor").update(status="deceased"),
     NOT_BY_STATUS),
]  # fmt: skip


@pytest.mark.parametrize(("change", "sentence"), CHANGES)
def test_change_since_draft_is_reported_before_code(
    as_resident, draft_for_worker, change, sentence
):
    change()
    page = ask_for_code(as_resident, draft_for_worker)
    assert f"There is something to correct {sentence}" in words(page)


@pytest.mark.parametrize(("change", "sentence"), CHANGES)
def test_change_after_code_blocks_filing(as_resident, resident, draft_for_worker, change, sentence):
    ask_for_code(as_resident, draft_for_worker)
    change()
    code = factories.code_sent_to(resident)
    page = as_resident.post(address(draft_for_worker, "confirm"), {"code": code})
    assert errors_on(page) == [sentence]
    assert not Inquiry.objects.filed().exists()


def test_filed_inquiry_stays_readable_after_link_ends(as_resident, resident, draft_for_worker):
    ask_for_code(as_resident, draft_for_worker)
    code = factories.code_sent_to(resident)
    as_resident.post(address(draft_for_worker, "confirm"), {"code": code})
    end_link()
    page = as_resident.get(f"/en/inquiries/{draft_for_worker.reference}/")
    assert factories.DESCRIPTION in words(page)


@pytest.mark.parametrize(
    ("form", "sentences"),
    [
        ({}, ["Choose who the inquiry is for.", "Choose a service."]),
        ({"beneficiary": "abc", "service": "no-such-service"}, [NOT_LINKED, NOT_OFFERED]),
        ({"beneficiary": "9" * 30, "service": "9" * 5000}, [NOT_LINKED, NOT_OFFERED]),
    ],
)
def test_a_choice_that_was_not_offered_is_refused(as_resident, form, sentences):
    page = as_resident.post("/en/inquiries/new/", {"idempotency_key": uuid.uuid4(), **form})
    assert errors_on(page) == sentences


def test_another_persons_idempotency_key_is_not_shared(as_resident, resident):
    theirs = factories.draft()
    service = factories.ServiceFactory()
    form = {
        "idempotency_key": theirs.idempotency_key,
        "beneficiary": resident.identity_id,
        "service": service.slug,
    }
    page = as_resident.post("/en/inquiries/new/", form, follow=True)
    assert page.status_code == 200
    assert theirs.reference not in page.content.decode()


@pytest.mark.parametrize(
    ("asked", "is_chosen"),
    [("service-of-the-page", True), ("another", False), ("", False), ("' OR 1=1 --", False)],
)
def test_service_parameter_preselects_the_service(as_resident, asked, is_chosen):
    factories.ServiceFactory(slug="service-of-the-page")
    factories.ServiceFactory(slug="something-else")
    page = as_resident.get("/en/inquiries/new/", {"service": asked}).content.decode()
    chosen = re.findall(r'<input[^>]*name="service"[^>]*checked[^>]*>', page)
    assert len(chosen) == is_chosen
    assert all('"service-of-the-page"' in found for found in chosen)
