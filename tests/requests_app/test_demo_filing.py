"""Filing in the demo: every account, person and service gives the result in the table.

A row of a table is a holder, a person and a letter for each service, in the order of SERVICES. `*`
stands for each demo person who has no row of their own under this holder.
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
from tests.requests_app.steps import NEW, first_step
from tests.worlds import world

# A fixed day, because the demo's children grow up and one of its links has ended.
TODAY = datetime(2026, 11, 22, 9, tzinfo=UTC)


# Five groups: passports, services for residents, the resident ID card, services that only an
# employer or host can request, and the visit visa.
SERVICES = {
    "passport-issue": "Issue a passport",
    "passport-renew": "Renew a passport",
    "passport-extend": "Extend a passport",
    "resident-services": "Services for residents",
    "profession-change": "Change a resident's profession",
    "sponsorship-transfer": "Transfer of services (sponsorship)",
    "final-exit-visa": "Final exit visa",
    "iqama-renew": "Renew residency (iqama)",
    "resident-id-issue": "Issue a resident ID (iqama card)",
    "sponsored-services": "Services for sponsored persons (makfoul)",
    "absentee-data-edit": "Correct the record of an absent person",
    "absconding-cancel": "Cancel an absence-from-work (huroob) report",
    "visit-visa-extend-ye-sy": "Extend a visit visa for Yemeni and Syrian visitors",
}

PEOPLE = [
    *("Noura Alqahtani", "Saad Alharbi", "Lama Alharbi", "Fahad Alotaibi", "Huda Alzahrani"),
    *("Mohammed Aslam Khan", "Ayesha Aslam Khan", "Raju Kumar", "Ahmed Hassan Abdelaal"),
    "Maria Santos",
    "Imran Shahzad",  # his employment at the establishment ended with 2025
    "Samir Ali Alhomsi",
    "John Mathew",  # has left the Kingdom
    *("Abdullah Saleh Almaqtari", "Palm Trees Contracting"),
]

NOT_LINKED = "This person is not linked to your account. Choose somebody who is."
NOT_OFFERED = (
    "This service is not open to you or to anybody linked to your account, or is not "
    "taking inquiries at the moment. Choose another."
)
NOT_ONESELF = (
    "You cannot ask for “{service}” for yourself: your employer or host has to. "
    "Choose another service."
)
NOT_FOR = "“{service}” is not for {person}. Choose a service that fits this person."

SENTENCES = {
    "+": [],  # a draft is started
    "p": [NOT_LINKED],
    "s": [NOT_OFFERED],
    "b": [NOT_LINKED, NOT_OFFERED],
    "o": [NOT_ONESELF],
    "n": [NOT_FOR],
}

# The result of posting the page's form. The page offers the people who have a row, and the
# services that have neither s nor b in the row `*`.
ON_THE_PAGE = """
noura  | Noura Alqahtani          | +++ sssss s sss s
noura  | *                        | ppp bbbbb b bbb b

saad   | Saad Alharbi             | +++ sssss s sss s
saad   | Lama Alharbi             | +++ sssss s sss s
saad   | *                        | ppp bbbbb b bbb b

fahad  | Fahad Alotaibi           | +++ sssss s sss s
fahad  | *                        | ppp bbbbb b bbb b

fahad for Palm Trees Contracting | Mohammed Aslam Khan   | sss +++++ + +++ s
fahad for Palm Trees Contracting | Raju Kumar            | sss +++++ + +++ s
fahad for Palm Trees Contracting | Ahmed Hassan Abdelaal | sss +++++ + +++ s
fahad for Palm Trees Contracting | Maria Santos          | sss +++++ + +++ s
fahad for Palm Trees Contracting | *                     | bbb ppppp p ppp b

huda   | Huda Alzahrani           | +++ sssss n sss n
huda   | Abdullah Saleh Almaqtari | nnn sssss + sss +
huda   | *                        | ppp bbbbb p bbb p

aslam  | Mohammed Aslam Khan      | sss +++++ + ooo s
aslam  | Ayesha Aslam Khan        | sss +++++ + +++ s
aslam  | *                        | bbb ppppp p ppp b

raju   | Raju Kumar               | sss +++++ + sss s
raju   | *                        | bbb ppppp p bbb b

samir  | Samir Ali Alhomsi        | sss +++++ + sss s
samir  | *                        | bbb ppppp p bbb b
"""

# The result of calling the action itself, where no form limits the choice first.
DIRECTLY = """
noura  | Noura Alqahtani          | +++ nnnnn n nnn n
noura  | *                        | ppp ppppp p ppp p

saad   | Saad Alharbi             | +++ nnnnn n nnn n
saad   | Lama Alharbi             | +++ nnnnn n nnn n
saad   | *                        | ppp ppppp p ppp p

fahad  | Fahad Alotaibi           | +++ nnnnn n nnn n
fahad  | *                        | ppp ppppp p ppp p

fahad for Palm Trees Contracting | Mohammed Aslam Khan    | nnn +++++ + +++ n
fahad for Palm Trees Contracting | Raju Kumar             | nnn +++++ + +++ n
fahad for Palm Trees Contracting | Ahmed Hassan Abdelaal  | nnn +++++ + +++ n
fahad for Palm Trees Contracting | Maria Santos           | nnn +++++ + +++ n
fahad for Palm Trees Contracting | Palm Trees Contracting | nnn nnnnn n nnn n
fahad for Palm Trees Contracting | *                      | ppp ppppp p ppp p

huda   | Huda Alzahrani           | +++ nnnnn n nnn n
huda   | Abdullah Saleh Almaqtari | nnn nnnnn + nnn +
huda   | *                        | ppp ppppp p ppp p

aslam  | Mohammed Aslam Khan      | nnn +++++ + ooo n
aslam  | Ayesha Aslam Khan        | nnn +++++ + +++ n
aslam  | *                        | ppp ppppp p ppp p

raju   | Raju Kumar               | nnn +++++ + ooo n
raju   | *                        | ppp ppppp p ppp p

samir  | Samir Ali Alhomsi        | nnn +++++ + ooo n
samir  | *                        | ppp ppppp p ppp p
"""

# One or two services for each permitted beneficiary, and each service at least once.
SENT = """
noura  | Noura Alqahtani          | passport-issue
saad   | Saad Alharbi             | passport-renew
saad   | Lama Alharbi             | passport-issue
fahad  | Fahad Alotaibi           | passport-extend
huda   | Huda Alzahrani           | passport-renew
huda   | Abdullah Saleh Almaqtari | resident-id-issue
huda   | Abdullah Saleh Almaqtari | visit-visa-extend-ye-sy
aslam  | Mohammed Aslam Khan      | iqama-renew
aslam  | Ayesha Aslam Khan        | sponsored-services
raju   | Raju Kumar               | final-exit-visa
samir  | Samir Ali Alhomsi        | resident-services
fahad for Palm Trees Contracting | Mohammed Aslam Khan   | profession-change
fahad for Palm Trees Contracting | Raju Kumar            | absconding-cancel
fahad for Palm Trees Contracting | Ahmed Hassan Abdelaal | sponsorship-transfer
fahad for Palm Trees Contracting | Maria Santos          | absentee-data-edit
"""


class Cell(NamedTuple):
    holder: str
    person: str
    service: str
    code: str

    @property
    def sentences(self):
        """The sentences of the refusal; none if a draft is started."""
        names = {"service": SERVICES[self.service], "person": self.person}
        return [sentence.format(**names) for sentence in SENTENCES[self.code]]


def rows(table):
    return [[part.strip() for part in line.split("|")] for line in table.split("\n") if line]


def cells(table, holder):
    """Return a Cell for each demo person and service, as `table` lists them under `holder`."""
    codes = {person: codes for owner, person, codes in rows(table) if owner == holder}
    return [
        Cell(holder, person, service, code)
        for person in PEOPLE
        for service, code in zip(
            SERVICES, codes.get(person, codes["*"]).replace(" ", ""), strict=True
        )
    ]


HOLDERS = list(dict.fromkeys(holder for holder, _person, _codes in rows(ON_THE_PAGE)))


def people_offered(holder):
    return {person for owner, person, _codes in rows(ON_THE_PAGE) if owner == holder} - {"*"}


def services_offered(holder):
    strangers = [cell for cell in cells(ON_THE_PAGE, holder) if cell.code in "pb"]
    return {cell.service for cell in strangers if cell.code == "p"}


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


def test_page_offers_people_and_services_of_table(people):
    for holder in HOLDERS:
        page = browser_of(holder).get(NEW)
        offered = {str(people[name].pk) for name in people_offered(holder)}
        assert values_offered(page, "beneficiary") == offered, holder
        assert values_offered(page, "service") == services_offered(holder), holder


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
