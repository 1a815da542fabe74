"""The rules on filing for a person and a service, checked at the start and before sending."""

import html
import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from core.accounts.models import Identity, Link
from core.accounts.registry import LocalRegistry
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
            assert "Full name Ayesha Noor" in words(page), kind


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


class NewsOfDeparture(LocalRegistry):
    """A registry that tells of a departure when it is asked."""

    def refresh(self, identity):
        Identity.objects.filter(pk=identity.pk, name_en="Ayesha Noor").update(status="departed")
        return super().refresh(identity)


def test_departure_that_the_registry_tells_of_counts_at_once(
    as_resident, draft_for_worker, settings
):
    settings.REGISTRY = f"{__name__}.NewsOfDeparture"
    page = ask_for_code(as_resident, draft_for_worker)
    assert f"There is something to correct {NOT_BY_STATUS}" in words(page)


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


def lead(page):
    """Return the words of the notice about a service that is not open, and where it leads."""
    notice = re.search(r'(?s)<div class="notice warning">.*?</div>', page.content.decode())
    if notice is None:
        return None
    return words(notice[0]), html.unescape(re.search(r'href="([^"]*)"', notice[0])[1])


@pytest.fixture
def leading():
    """Make a service of employers that leads to one for everybody, and one for citizens."""
    to = factories.ServiceFactory(name_en="Ask about it", slug="ask")
    texts = {"instead": to, "instead_text_en": "Were you reported?", "instead_text_ar": "هل؟"}
    factories.ServiceFactory(
        name_en="Cancel a report", slug="cancel", through=["employer"], **texts
    )
    citizens = ["citizen"]
    factories.ServiceFactory(
        name_en="Passport", slug="passport", beneficiary_kinds=citizens, **texts
    )


def test_whoever_comes_for_a_service_that_is_not_open_is_led_on(
    as_resident, begin, resident, worker, leading
):
    only = "Only the employer can ask for “Cancel a report”."
    page = as_resident.get(NEW, {"service": "cancel"})
    told = f"{only} Were you reported? Go on with “Ask about it”"
    assert lead(page) == (told, f"{NEW}?service=ask")
    page = as_resident.get(lead(page)[1])
    assert re.findall(r'value="([\w-]+)"[^>]*\bchecked', one_line(page)) == ["ask"]
    assert lead(page) is None

    not_for = "“Passport” is not for Mohammed Aslam Khan. Choose a service that fits this person."
    about = ("Read who “Passport” is for", "/en/services/passport/")
    page = as_resident.get(NEW, {"service": "passport"})
    assert lead(page) == (f"{not_for} {about[0]}", about[1])

    page = begin(Service.objects.get(slug="passport"))
    assert errors_on(page) == [not_for]

    # With a worker, the service is open to one of the two, and refused for the other.
    link = factories.link(resident.identity, worker)
    for asked in ({"service": "cancel"}, {"service": "ask"}, {"service": "no-such"}, {}):
        assert lead(as_resident.get(NEW, asked)) is None, asked
    page = begin(Service.objects.get(slug="cancel"))
    assert errors_on(page) == [f"{only} Were you reported? Choose “Ask about it” instead."]
    on = f"{NEW}?beneficiary={resident.identity_id}&service=ask"
    assert lead(page) == ("Go on with “Ask about it”", on)
    page = as_resident.get(NEW, {"service": "passport"})
    nobody = "“Passport” fits nobody whom you can choose here."
    assert lead(page) == (f"{nobody} {about[0]}", about[1])

    # The other service leads nowhere where it is not open itself.
    link.delete()
    for closed in ({"takes_inquiries": False}, {"age": "minors"}):
        with undone():
            Service.objects.filter(slug="ask").update(**closed)
            page = as_resident.get(NEW, {"service": "cancel"})
            led_to = (f"{only} Read who “Cancel a report” is for", "/en/services/cancel/")
            assert lead(page) == led_to, closed


def test_notice_is_about_whom_the_service_fits_best(as_resident, resident, worker):
    a_child_of_ten = timezone.localdate() - timedelta(days=3653)
    Identity.objects.filter(pk=worker.pk).update(birth_date=a_child_of_ten)
    for person in (worker, factories.IdentityFactory(number="1000000008")):
        factories.link(resident.identity, person)
    for kind, told in (
        ("citizen", "“School” is only for minors."),  # the citizen is an adult
        ("resident", "Only the guardian can ask for “School”."),  # the child only works for them
    ):
        school = {"beneficiary_kinds": [kind], "age": "minors", "through": ["guardian"]}
        factories.ServiceFactory(name_en="School", slug=kind, **school)
        page = as_resident.get(NEW, {"service": kind})
        assert lead(page)[0] == f"{told} Read who “School” is for"


def test_draft_that_does_not_fit_any_more_is_led_on(as_resident, leading, draft_for_worker):
    draft_for_worker.service = Service.objects.get(slug="cancel")
    draft_for_worker.save()
    Link.objects.update(kind=Link.Kind.HOST)
    subject = page_of(draft_for_worker, "subject")
    on = f"{subject}?beneficiary={draft_for_worker.beneficiary_id}&service=ask"
    assert lead(as_resident.get(subject))[1] == on
