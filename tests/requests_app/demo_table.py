"""The expected result of filing for each demo holder, person and service, written by hand.

A row is a holder, a person and a letter for each service, in the order of SERVICES. `*` stands for
each demo person who has no row of their own under this holder.
"""

from typing import NamedTuple

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
    "Noura Alqahtani",
    "Saad Alharbi",
    "Lama Alharbi",
    "Fahad Alotaibi",
    "Huda Alzahrani",
    "Mohammed Aslam Khan",
    "Ayesha Aslam Khan",
    "Raju Kumar",
    "Ahmed Hassan Abdelaal",
    "Maria Santos",
    "Imran Shahzad",  # his employment at the establishment ended with 2025
    "Samir Ali Alhomsi",
    "John Mathew",  # has left the Kingdom
    "Abdullah Saleh Almaqtari",
    "Palm Trees Contracting",
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
