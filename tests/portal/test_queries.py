"""Pages with lists ask the database as often for thirty rows as for one."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from requests_app import actions
from tests import factories
from tests.conftest import signed_in

MOST = 12
QUEUE = "/en/staff/requests_app/inquiry/"


def queries(browser, address):
    """How many queries it takes to get a page, and the page."""
    browser.get(address)  # what is asked once in a process is asked here
    with CaptureQueriesContext(connection) as asked:
        response = browser.get(address)
    assert response.status_code == 200
    return len(asked), response.content.decode()


@pytest.mark.parametrize("address", ["/en/inquiries/", "/en/my/"])
def test_a_persons_lists(as_resident, resident, address):
    def add():
        return factories.filed(resident), factories.draft(resident)

    add()
    for_few, _page = queries(as_resident, address)
    last = [add() for _row in range(29)][-1]
    for_many, page = queries(as_resident, address)
    assert all(inquiry.reference in page for inquiry in last)
    assert for_many == for_few <= MOST


def test_the_account_page_with_its_links_and_devices(as_resident, resident):
    def add():
        person, holder = factories.IdentityFactory(), factories.IdentityFactory(birth_date=None)
        number = f"3{person.pk:09}"
        resident.identity.numbers.create(number=number, is_current=False)
        factories.link(resident.identity, person)
        factories.link(holder, resident.identity, "representative")
        signed_in(resident)
        return number

    add()
    for_few, _page = queries(as_resident, "/en/account/")
    added = [add() for _row in range(29)]
    for_many, page = queries(as_resident, "/en/account/")
    assert all(number in page for number in added)
    assert page.count("works for you") == page.count("you represent it") == 30
    assert page.count("/en/account/devices/") == 30
    assert for_many == for_few <= MOST


def test_the_choice_of_a_holder_and_the_banner(as_resident, resident):
    def add():
        holder = factories.IdentityFactory(birth_date=None)
        factories.link(holder, resident.identity, "representative")
        return holder

    as_resident.post("/en/account/acting-as/", {"holder": add().pk})
    for_few, _page = queries(as_resident, "/en/account/acting-as/")
    last = [add() for _row in range(29)][-1]
    for_many, page = queries(as_resident, "/en/account/acting-as/")
    assert f'value="{last.pk}"' in page
    assert for_many == for_few <= MOST


def test_the_first_step_with_its_people_and_services(as_resident, resident):
    def add():
        person = factories.IdentityFactory()
        factories.link(resident.identity, person)
        return factories.ServiceFactory()

    add()
    for_few, _page = queries(as_resident, "/en/inquiries/new/")
    last = [add() for _row in range(29)][-1]
    for_many, page = queries(as_resident, "/en/inquiries/new/")
    assert last.slug in page
    assert for_many == for_few <= MOST


@pytest.mark.parametrize("query", ["", "?queue=all", "?queue=all&status__exact=under_processing"])
def test_the_queue(as_officer, officer, query):
    def add():
        colleague = factories.OfficerFactory(identity=factories.IdentityFactory())
        factories.claimed(colleague)
        return factories.filed(), factories.claimed(officer)

    add()
    for_few, _page = queries(as_officer, QUEUE + query)
    last = [add() for _row in range(14)][-1]
    for_many, page = queries(as_officer, QUEUE + query)
    assert all(f"{QUEUE}{inquiry.pk}/" in page for inquiry in last)
    assert for_many == for_few <= MOST


def test_one_inquiry_with_all_its_answers(as_officer, officer, as_resident, resident):
    inquiry = factories.claimed(officer, applicant=resident)
    addresses = {
        as_officer: f"{QUEUE}{inquiry.pk}/change/",
        as_resident: f"/en/inquiries/{inquiry.reference}/",
    }

    def reply():
        inquiry.refresh_from_db()
        text = f"Answer number {inquiry.version}."
        fields = {"actor": officer, "seen": inquiry.version, "text": text, "key": uuid.uuid4()}
        actions.reply(inquiry=inquiry, **fields)
        return text

    reply()
    for_few = {browser: queries(browser, address)[0] for browser, address in addresses.items()}
    last = [reply() for _row in range(29)][-1]
    for browser, address in addresses.items():
        for_many, page = queries(browser, address)
        assert last in page
        assert for_many == for_few[browser] <= MOST
