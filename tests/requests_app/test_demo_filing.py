"""Filing in the demo: every account, person and service gives the result in the table."""

import re
import uuid
from datetime import UTC, datetime
from io import StringIO
from itertools import product

import pytest
from django.core.management import call_command
from django.utils import timezone

from core.accounts.models import Identity, User
from core.catalogue.models import Service
from core.exceptions import RuleViolation
from requests_app import actions
from requests_app.models import Inquiry
from tawasul.portal.management.commands.load_demo import PEOPLE as PEOPLE_OF_THE_DEMO
from tawasul.portal.management.commands.load_demo import USERS
from tests import factories
from tests.conftest import errors_on, signed_in
from tests.requests_app.demo_table import (
    DIRECTLY,
    HOLDERS,
    ON_THE_PAGE,
    PEOPLE,
    SENT,
    SERVICES,
    cells,
    people_offered,
    rows,
    services_offered,
)

pytestmark = pytest.mark.one_engine

NEW = "/en/inquiries/new/"
# A fixed day, because the demo's children grow up and one of its links has ended.
TODAY = datetime(2026, 11, 22, 9, tzinfo=UTC)

each_holder = pytest.mark.parametrize(
    "holder", HOLDERS, ids=[holder.replace(" ", "-") for holder in HOLDERS]
)


@pytest.fixture(autouse=True)
def demo(db, monkeypatch):
    """Load the people of the demo, their accounts and the catalogue."""
    monkeypatch.setattr(timezone, "now", lambda: TODAY)
    call_command("import_identities", PEOPLE_OF_THE_DEMO, stdout=StringIO())
    call_command("load_reference", stdout=StringIO())
    for username, number, _who in USERS:
        identity = Identity.objects.get(numbers__number=number)
        User.objects.create_user(username, identity=identity, mobile=identity.mobile)


@pytest.fixture
def people(demo):
    return {person.name_en: person for person in Identity.objects.all()}


@pytest.fixture
def services(demo):
    return {service.slug: service for service in Service.objects.all()}


def account(holder):
    return User.objects.get(username=holder.partition(" for ")[0])


def identity(holder):
    """Return the identity that `holder` files through."""
    establishment = holder.partition(" for ")[2]
    if establishment:
        return Identity.objects.get(name_en=establishment)
    return account(holder).identity


def browser_of(holder):
    """Return the account's signed-in client, acting for the establishment if that is the holder."""
    client = signed_in(account(holder))
    if identity(holder) != account(holder).identity:
        client.post("/en/account/acting-as/", {"holder": identity(holder).pk})
    return client


def values_offered(page, name):
    inputs = rf'<input[^>]*\bname="{name}"[^>]*\bvalue="([^"]*)"'
    return set(re.findall(inputs, page.content.decode()))


def posted_cells(holder):
    """Return all cells of the offered people, and one cell a code for every other person.

    Posting all cells would be slow: a refused page takes a hundredth of a second, and there are
    1,560 of them.
    """
    posted = {}
    for cell in cells(ON_THE_PAGE, holder):
        is_offered = cell.person in people_offered(holder)
        posted.setdefault((cell.person, cell.service if is_offered else cell.code), cell)
    return posted.values()


def expected(tried):
    return {(cell.person, cell.service): cell.sentences for cell in tried}


def begin(applicant, holder, person, service):
    return actions.start(
        actor=applicant,
        holder=holder,
        beneficiary=person,
        service=service,
        idempotency_key=uuid.uuid4(),
    )


def drafts():
    """Return the applicant, holder, beneficiary and service of every inquiry."""
    return set(
        Inquiry.objects.values_list(
            "applicant__username", "holder__name_en", "beneficiary__name_en", "service__slug"
        )
    )


def begun(holder, tried):
    username, _for, establishment = holder.partition(" for ")
    name = establishment or account(holder).identity.name_en
    return {(username, name, cell.person, cell.service) for cell in tried if cell.code == "+"}


def test_table_covers_demo_people_and_catalogue(people, services):
    assert set(PEOPLE) == people.keys()
    assert {slug: service.name_en for slug, service in services.items()} == SERVICES
    accounts = {holder.partition(" for ")[0] for holder in HOLDERS}
    assert accounts == {username for username, _number, _who in USERS}
    mandates = {
        f"{user.username} for {establishment.name_en}"
        for user in User.objects.all()
        for establishment in Identity.objects.establishments_represented_by(user.identity)
    }
    assert {holder for holder in HOLDERS if " for " in holder} == mandates


@each_holder
def test_page_offers_people_and_services_of_table(holder, people):
    page = browser_of(holder).get(NEW)
    offered = {str(people[name].pk) for name in people_offered(holder)}
    assert values_offered(page, "beneficiary") == offered
    assert values_offered(page, "service") == services_offered(holder)


@each_holder
def test_posted_form_follows_the_table(holder, people, services):
    client = browser_of(holder)
    cells_posted = posted_cells(holder)
    told = {}
    for cell in cells_posted:
        form = {
            "idempotency_key": uuid.uuid4(),
            "beneficiary": people[cell.person].pk,
            "service": cell.service,
        }
        response = client.post(NEW, form)
        told[cell.person, cell.service] = [] if response.status_code == 302 else errors_on(response)
    assert told == expected(cells_posted)
    assert drafts() == begun(holder, cells_posted)


@each_holder
def test_start_action_follows_the_table(holder, people, services):
    applicant, through = account(holder), identity(holder)
    cells_tried = cells(DIRECTLY, holder)
    told = {}
    for cell in cells_tried:
        try:
            begin(applicant, through, people[cell.person], services[cell.service])
        except RuleViolation as refused:
            told[cell.person, cell.service] = [refused.message]
        else:
            told[cell.person, cell.service] = []
    assert told == expected(cells_tried)
    assert drafts() == begun(holder, cells_tried)


def test_only_representatives_file_for_establishment(people, services):
    palm, service = people["Palm Trees Contracting"], services["resident-services"]
    others = User.objects.exclude(username="fahad")
    for applicant, person in product(others, people.values()):
        with pytest.raises(RuleViolation) as refused:
            begin(applicant, palm, person, service)
        assert refused.value.message == (
            "You no longer represent Palm Trees Contracting, so you cannot act in its name."
        )


def test_allowed_drafts_can_be_filed(people, services):
    for holder, person, service in rows(SENT):
        applicant = account(holder)
        draft = begin(applicant, identity(holder), people[person], services[service])
        details = factories.details_of(draft)
        actions.save_details(actor=applicant, inquiry=draft, **details)
        for kind in draft.service.documents.all():
            factories.attached(draft, kind=kind)
        filed = factories.submitted(draft)
        assert (filed.holder, filed.beneficiary) == (identity(holder), people[person])
        factories.let_a_minute_pass(applicant)


def test_sent_rows_cover_people_and_services():
    accepted = [
        cell for holder in HOLDERS for cell in cells(ON_THE_PAGE, holder) if cell.code == "+"
    ]
    sent = {tuple(row) for row in rows(SENT)}
    assert sent <= {(cell.holder, cell.person, cell.service) for cell in accepted}
    assert {row[:2] for row in sent} == {(cell.holder, cell.person) for cell in accepted}
    assert {row[2] for row in sent} == SERVICES.keys()
