"""Who chooses a subject about which an inquiry is open already is led to that one first."""

import pytest

from requests_app.models import Inquiry
from tests import factories
from tests.conftest import signed_in, words
from tests.requests_app.people import act
from tests.requests_app.returns import returned
from tests.requests_app.steps import NEW, first_step, page_of

TITLE = "An inquiry about this is open already"


@pytest.fixture
def inquiry(resident):
    return factories.filed(resident)


def choose(browser, inquiry, **changes):
    form = first_step(inquiry.service, inquiry.beneficiary)
    return browser.post(NEW, {**form, **changes}, follow=True)


def drafts():
    return Inquiry.objects.filter(status="draft")


def test_it_leads_to_the_open_one_and_forbids_nothing(as_resident, inquiry):
    form = first_step(inquiry.service, inquiry.beneficiary)
    page = as_resident.post(NEW, form)
    assert TITLE in words(page)
    markup = page.content.decode()
    add, anyway = page_of(inquiry, "add"), "File another one anyway"
    assert markup.index(f'href="{add}"') < markup.index(anyway)
    assert not drafts().exists()
    sent = {name: str(value) for name, value in page.context["sent"]}
    assert sent == {name: str(value) for name, value in form.items()}
    for _click in range(2):
        page = as_resident.post(NEW, {**sent, "another": "yes"})
        assert page.url == page_of(drafts().get(), "details")


def test_what_is_returned_is_answered(as_resident, inquiry, officer):
    returned(inquiry, officer)
    page = choose(as_resident, inquiry)
    assert f'href="{page_of(inquiry, "answer")}"' in page.content.decode()


def test_another_service_or_person_is_another_subject(as_resident, resident, inquiry):
    assert TITLE not in words(choose(as_resident, inquiry, service=factories.ServiceFactory().slug))
    child = factories.IdentityFactory()
    factories.link(resident.identity, child)
    assert TITLE not in words(choose(as_resident, inquiry, beneficiary=child.pk))


def test_what_is_decided_or_not_sent_is_not_in_the_way(as_resident, resident, inquiry):
    act("withdrawn", inquiry, resident)
    factories.draft(resident, inquiry.service)
    assert TITLE not in words(choose(as_resident, inquiry))


def test_nobody_is_led_to_what_somebody_else_has_filed_about_them(resident):
    worker = factories.UserFactory()
    factories.link(resident.identity, worker.identity)
    inquiry = factories.filed(resident, beneficiary=worker.identity)
    page = words(choose(signed_in(worker), inquiry))
    assert TITLE not in page
    assert inquiry.reference not in page


def test_draft_that_is_changed_to_an_open_subject(as_resident, resident, inquiry):
    draft = factories.draft(resident)
    form = {"beneficiary": inquiry.beneficiary_id, "service": inquiry.service.slug}
    address = page_of(draft, "subject")
    assert TITLE in words(as_resident.post(address, form))
    page = as_resident.post(address, {**form, "another": "yes"})
    assert page.url == page_of(draft, "details")
    draft.refresh_from_db()
    assert draft.service == inquiry.service
