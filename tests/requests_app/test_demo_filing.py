"""Filing in the demo: every account, person and service gives the result in the table.

A row is a holder, a person and a letter for each service (`tests/core/accounts/service_table.py`).
"""

import re
import uuid
from datetime import UTC, datetime
from io import StringIO
from itertools import product
from typing import NamedTuple
from unittest.mock import patch

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
from tests.core.accounts.service_table import SERVICES, letters, rows, sentence
from tests.requests_app.steps import NEW, first_step
from tests.worlds import world

# A fixed day, because the demo's children grow up and one of its links has ended.
TODAY = datetime(2026, 11, 22, 9, tzinfo=UTC)


PEOPLE = [
    *("Noura Alqahtani", "Saad Alharbi", "Lama Alharbi", "Fahad Alotaibi", "Huda Alzahrani"),
    *("Mohammed Aslam Khan", "Ayesha Aslam Khan", "Raju Kumar", "Ahmed Hassan Abdelaal"),
    "Maria Santos",
    "Imran Shahzad",  # his employment at the establishment ended with 2025
    "Samir Ali Alhomsi",
    "John Mathew",  # has left the Kingdom
    "Abdullah Saleh Almaqtari",
]

# What each account is told who asks for a person, on the page and by the action alike. The page
# offers the people who have a row, and the services that have a + in one of them; nobody else is
# linked to the account.
TABLE = """
noura  | Noura Alqahtani          | +++ nn nnn nn nn n
saad   | Saad Alharbi             | +++ nn nnn nn nn n
saad   | Lama Alharbi             | +++ nn nnn nn nn n
fahad  | Fahad Alotaibi           | +++ nn nnn nn nn n
huda   | Huda Alzahrani           | +++ nn nnn nn nn n
huda   | Abdullah Saleh Almaqtari | nnn nn nnn nn nO +
aslam  | Mohammed Aslam Khan      | +++ +O OOO ++ ++ n
aslam  | Ayesha Aslam Khan        | +++ ++ AAA AA ++ n
raju   | Raju Kumar               | +++ +O OOO ++ ++ n
samir  | Samir Ali Alhomsi        | +++ +O OOO ++ ++ n

fahad for Palm Trees Contracting | Mohammed Aslam Khan  | +++ ++ +++ ++ ++ n
fahad for Palm Trees Contracting | Raju Kumar           | +++ ++ +++ ++ ++ n
fahad for Palm Trees Contracting | Ahmed Hassan Abdelaal | +++ ++ +++ ++ ++ n
fahad for Palm Trees Contracting | Maria Santos         | +++ ++ +++ ++ ++ n
"""
STRANGER = "lll ll lll ll ll l"

# One or two services for each permitted beneficiary, and each service at least once.
SENT = """
noura  | Noura Alqahtani          | passport-issue
saad   | Saad Alharbi             | passport-renew
saad   | Lama Alharbi             | passport-issue
fahad  | Fahad Alotaibi           | passport-extend
huda   | Huda Alzahrani           | passport-renew
huda   | Abdullah Saleh Almaqtari | visit-visa-extend-ye-sy
aslam  | Mohammed Aslam Khan      | iqama-renew
aslam  | Ayesha Aslam Khan        | sponsored-services
aslam  | Ayesha Aslam Khan        | resident-id-issue
raju   | Raju Kumar               | final-exit-visa
raju   | Raju Kumar               | passport-issue
samir  | Samir Ali Alhomsi        | resident-services
fahad for Palm Trees Contracting | Mohammed Aslam Khan   | profession-change
fahad for Palm Trees Contracting | Raju Kumar            | absconding-cancel
fahad for Palm Trees Contracting | Ahmed Hassan Abdelaal | sponsorship-transfer
fahad for Palm Trees Contracting | Maria Santos          | absentee-data-edit
"""


class Cell(NamedTuple):
    person: str
    service: str
    code: str

    @property
    def sentences(self):
        """The sentences of the refusal; none if a draft is started."""
        told = sentence(self.code, self.service, self.person)
        return [told] if told else []


HOLDERS = list(dict.fromkeys(holder for holder, _person, _codes in rows(TABLE)))


def cells_of(holder):
    """Return a Cell for each demo person and service, as the table lists them under `holder`."""
    codes = {person: codes for owner, person, codes in rows(TABLE) if owner == holder}
    return [
        Cell(person, service, code)
        for person in PEOPLE
        for service, code in letters(codes.get(person, STRANGER))
    ]


def offered(holder):
    """Return the people and the services that the page offers."""
    listed = [cell for cell in cells_of(holder) if cell.code != "l"]
    return {cell.person for cell in listed}, {cell.service for cell in listed if cell.code == "+"}


@world
def demo():
    """Load the people of the demo, their accounts and the catalogue."""
    with patch.object(timezone, "now", lambda: TODAY):
        call_command("import_identities", PEOPLE_OF_THE_DEMO, stdout=StringIO())
        call_command("load_reference", stdout=StringIO())
        for username, number, _who in USERS:
            identity = Identity.objects.get(numbers__number=number)
            User.objects.create_user(username, identity=identity, mobile=identity.mobile)


@pytest.fixture(autouse=True)
def _clock(demo, db, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: TODAY)


@pytest.fixture
def people(db):
    return {person.name_en: person for person in Identity.objects.all()}


@pytest.fixture
def services(db):
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
    """Return the account's signed-in client, with the choice of the holder made."""
    client = signed_in(account(holder))
    is_own = identity(holder) == account(holder).identity
    client.post("/en/account/acting-as/", {"holder": "" if is_own else identity(holder).pk})
    return client


def values_offered(page, name):
    inputs = rf'<input[^>]*\bname="{name}"[^>]*\bvalue="([^"]*)"'
    return set(re.findall(inputs, page.content.decode()))


def posted_cells(holder):
    """Return all cells of the offered people, and one for every other person.

    Posting all cells would be slow: a refused page takes a hundredth of a second, and there are
    1,456 of them.
    """
    posted = {}
    for cell in cells_of(holder):
        posted.setdefault((cell.person, "" if cell.code == "l" else cell.service), cell)
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
    assert {*PEOPLE, "Palm Trees Contracting"} == people.keys()
    assert {slug: service.name_en for slug, service in services.items()} == SERVICES
    accounts = {holder.partition(" for ")[0] for holder in HOLDERS}
    assert accounts == {username for username, _number, _who in USERS}
    mandates = {
        f"{user.username} for {establishment.name_en}"
        for user in User.objects.all()
        for establishment in Identity.objects.establishments_represented_by(user.identity)
    }
    assert {holder for holder in HOLDERS if " for " in holder} == mandates


def test_page_offers_people_and_services_of_table(people):
    for holder in HOLDERS:
        page = browser_of(holder).get(NEW)
        names, services = offered(holder)
        keys = {str(people[name].pk) for name in names}
        assert values_offered(page, "beneficiary") == keys, holder
        assert values_offered(page, "service") == services, holder


@pytest.mark.parametrize("holder", HOLDERS)
def test_posted_form_follows_the_table(holder, people, services):
    client = browser_of(holder)
    cells_posted = posted_cells(holder)
    told = {}
    for cell in cells_posted:
        form = first_step(services[cell.service], people[cell.person])
        response = client.post(NEW, form)
        told[cell.person, cell.service] = [] if response.status_code == 302 else errors_on(response)
    assert told == expected(cells_posted)
    assert drafts() == begun(holder, cells_posted)


@pytest.mark.parametrize("holder", HOLDERS)
def test_start_action_follows_the_table(holder, people, services):
    applicant, through = account(holder), identity(holder)
    cells_tried = cells_of(holder)
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


def test_nothing_is_filed_for_an_establishment(people, services):
    palm, fahad = people["Palm Trees Contracting"], User.objects.get(username="fahad")
    for slug, service in services.items():
        with pytest.raises(RuleViolation) as refused:
            begin(fahad, palm, palm, service)
        assert refused.value.message == sentence("n", slug, palm.name_en)


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
        (holder, cell.person, cell.service)
        for holder in HOLDERS
        for cell in cells_of(holder)
        if cell.code == "+"
    ]
    sent = {tuple(row) for row in rows(SENT)}
    assert sent <= {*accepted}
    assert {row[:2] for row in sent} == {row[:2] for row in accepted}
    assert {row[2] for row in sent} == SERVICES.keys()
