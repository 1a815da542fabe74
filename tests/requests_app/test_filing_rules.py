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
from tests.requests_app.steps import NEW, code_for, confirm, first_step, page_of
from tests.worlds import undone

NOT_LINKED = "This person is not linked to your account. Choose somebody who is."
CLOSED = "This service takes no inquiries at the moment. Choose another."
KINDS = (Link.Kind.EMPLOYER, Link.Kind.HOST, Link.Kind.GUARDIAN)
NOT_FOR_THEM = {
    "beneficiary_kinds": "“Not for them” is not for Mohammed Aslam Khan. "
    "Choose a service that fits this person.",
    "nationalities": "“Not for them” is not for Mohammed Aslam Khan. "
    "Choose a service that fits this person.",
    "through": "Only the employer can ask for “Not for them”.",
    "age": "“Not for them” is only for minors.",
    "is_active": CLOSED,
    "takes_inquiries": CLOSED,
}
NOT_BY_STATUS = (
    "This person's status in the registry does not allow this. Please call the Directorate."
)


def one_line(page):
    return " ".join(page.content.decode().split())


@pytest.fixture
def worker(db):
    return factories.IdentityFactory(name_en="Ayesha Noor", name_ar="عائشة نور")


@pytest.fixture
def begin(as_resident, resident):
    """Return a function that posts the first step and returns the page that follows."""

    def begin(service, beneficiary=resident.identity):
        return as_resident.post(NEW, first_step(service, beneficiary), follow=True)

    return begin


@pytest.fixture
def refuse(begin):
    """Return a function that posts the first step, which is refused with this sentence."""

    def refuse(sentence, *choices):
        assert errors_on(begin(*choices)) == [sentence]
        assert not Inquiry.objects.exists()

    return refuse


@pytest.fixture
def draft_for_worker(resident, worker):
    """Return a draft for a linked person, ready to be confirmed."""
    factories.link(resident.identity, worker)
    return factories.draft(resident, beneficiary=worker)


def test_ineligible_service_is_not_offered(as_resident, refuse):
    factories.ServiceFactory(name_en="Open to them")
    for rule in (
        *({"beneficiary_kinds": ["citizen"]}, {"nationalities": ["YE", "SY"]}),
        *({"through": ["employer"]}, {"age": "minors"}),
        *({"is_active": False}, {"takes_inquiries": False}),
    ):
        service = factories.ServiceFactory(name_en="Not for them", **rule)
        page = words(as_resident.get(NEW))
        assert "Open to them" in page, rule
        assert "Not for them" not in page, rule
        refuse(NOT_FOR_THEM[next(iter(rule))], service)


def test_a_service_for_one_of_the_nationalities_is_offered(begin):
    begin(factories.ServiceFactory(nationalities=["YE", "PK"]))
    assert Inquiry.objects.exists()


def test_service_for_linked_person_is_refused_for_another(refuse, resident, worker):
    citizen = factories.IdentityFactory(number="1000000008", nationality="SA")
    Identity.objects.filter(pk=worker.pk).update(nationality="YE")
    for linked, name, rule in (
        (citizen, "Renew a passport", {"beneficiary_kinds": ["citizen"]}),
        (worker, "Extend a visa", {"nationalities": ["YE", "SY"]}),
    ):
        factories.link(resident.identity, linked)
        told = f"“{name}” is not for Mohammed Aslam Khan. Choose a service that fits this person."
        refuse(told, factories.ServiceFactory(name_en=name, **rule))
    service = factories.ServiceFactory(name_en="Cancel a report", through=["employer"])
    refuse("Only the employer can ask for “Cancel a report”.", service)


def test_service_is_offered_and_open_through_its_link_alone(as_resident, begin, resident, worker):
    a_child_of_ten = timezone.localdate() - timedelta(days=3653)
    Identity.objects.filter(pk=worker.pk).update(birth_date=a_child_of_ten)
    services = {kind: factories.ServiceFactory(name_en=kind, through=[kind]) for kind in KINDS}
    for kind in KINDS:
        with undone():
            factories.link(resident.identity, worker, kind)
            page = as_resident.get(NEW)
            assert "Mohammed Aslam Khan Ayesha Noor" in words(page), kind
            assert re.findall(r'name="service" value="([\w-]+)"', one_line(page)) == [
                services[kind].slug
            ]
            page = begin(services[kind], worker)
            assert Inquiry.objects.get().beneficiary == worker, kind
            assert 'value="Ayesha Noor"' in page.content.decode(), kind


def test_unlinked_person_is_refused(refuse, resident, worker):
    service = factories.ServiceFactory()
    refuse(NOT_LINKED, service, worker)
    factories.link(resident.identity, worker, Link.Kind.GUARDIAN)  # the worker is an adult
    refuse(NOT_LINKED, service, worker)
    factories.link(resident.identity, worker, Link.Kind.REPRESENTATIVE)
    refuse(NOT_LINKED, service, worker)


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


def test_change_since_draft_is_reported_before_code(as_resident, draft_for_worker):
    for change, sentence in CHANGES:
        with undone():
            change()
            page = ask_for_code(as_resident, draft_for_worker)
            assert f"There is something to correct {sentence}" in words(page)


def test_change_after_code_blocks_filing(as_resident, draft_for_worker):
    code = code_for(as_resident, draft_for_worker)
    for change, sentence in CHANGES:
        with undone():
            change()
            assert errors_on(confirm(as_resident, draft_for_worker, code)) == [sentence]
            assert not Inquiry.objects.filed().exists(), sentence
    confirm(as_resident, draft_for_worker, code)
    end_link()
    assert factories.DESCRIPTION in words(as_resident.get(page_of(draft_for_worker)))


def test_a_choice_that_was_not_offered_is_refused(as_resident):
    for form, sentences in (
        ({}, ["Choose who the inquiry is for.", "Choose a service."]),
        ({"beneficiary": "abc", "service": "no-such-service"}, [NOT_LINKED, CLOSED]),
        ({"beneficiary": "9" * 30, "service": "9" * 5000}, [NOT_LINKED, CLOSED]),
    ):
        page = as_resident.post(NEW, {"idempotency_key": uuid.uuid4(), **form})
        assert errors_on(page) == sentences


def test_another_persons_idempotency_key_is_not_shared(as_resident, resident):
    theirs = factories.draft()
    form = first_step(factories.ServiceFactory(), resident.identity)
    form["idempotency_key"] = theirs.idempotency_key
    page = as_resident.post(NEW, form, follow=True)
    assert page.status_code == 200
    assert theirs.reference not in page.content.decode()


def test_service_parameter_preselects_the_service(as_resident):
    factories.ServiceFactory(slug="service-of-the-page")
    factories.ServiceFactory(slug="something-else")
    chosen_for = {"service-of-the-page": 1, "another": 0, "": 0, "' OR 1=1 --": 0}
    for asked, count in chosen_for.items():
        page = as_resident.get(NEW, {"service": asked}).content.decode()
        chosen = re.findall(r'<input[^>]*name="service"[^>]*checked[^>]*>', page)
        assert len(chosen) == count, asked
        assert all('"service-of-the-page"' in found for found in chosen), asked
