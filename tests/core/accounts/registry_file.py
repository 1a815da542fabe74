"""Rows of the registry's file, and many wrong ones, each with the reason."""

import csv
import io

from core.accounts.registry_records import COLUMNS

HEADER = ",".join(COLUMNS) + "\n"
NUMBERS = "has to be 10 digits that begin with 1, 2, 3 or 4"
ANY_NUMBERS = "has to be 10 digits that begin with 1, 2, 3, 4 or 7"
RECORD = "record has to be person, establishment, former_number or link"
QUOTES = "a quotation mark is not closed, or stands where none may stand"
FORM_OF_DAY = "has to be a day written as YYYY-MM-DD"
NO_DAY = "is no day of the calendar (Hijri years are 1343 to 1500)"
FORMER = "is a former number: name the one in force"
MOBILE = "mobile has to be a mobile number, for example +9665XXXXXXXX"
COUNTRY = "nationality has to be the two capital letters of a country, for example SA"


def row(record, **columns):
    """Return a line of the file."""
    line = io.StringIO()
    writer = csv.DictWriter(line, COLUMNS, lineterminator="\n")
    writer.writerow({"record": record, **columns})
    return line.getvalue()


def person(number="2000000100", **changes):
    fields = {
        "name_ar": "سليم رضا",
        "name_en": "Salim Raza",
        "birth_date": "1986-03-14",
        "nationality": "PK",
    }
    return row("person", number=number, **{**fields, **changes})


def establishment(number="7000000100", **changes):
    fields = {"name_ar": "مؤسسة النخيل", "name_en": "Palms Establishment"}
    return row("establishment", number=number, **{**fields, **changes})


def former_number(number, current_number, **changes):
    return row("former_number", number=number, current_number=current_number, **changes)


def link(holder, number, kind="employer", since="2020-01-01", **changes):
    return row("link", holder=holder, number=number, kind=kind, since=since, **changes)


CITIZEN, RESIDENT, VISITOR, ESTABLISHMENT = "1000000001", "2000000001", "4000000001", "7000000001"
RESIDENT_BEFORE = "3000000001"

# These right rows stand at the head of the file, from its second line on.
RIGHT_ROWS = [
    person(CITIZEN, nationality="SA"),
    person(RESIDENT),
    person(VISITOR),
    establishment(ESTABLISHMENT),
    former_number(RESIDENT_BEFORE, RESIDENT),
    link(ESTABLISHMENT, RESIDENT),
]

# The tables have two people before the file is read, the first with a former number.
KNOWN, KNOWN_BEFORE, ANOTHER = "2000000900", "3000000900", "2000000901"

ROWS_BY_REASON = {
    # Syntax of the row
    "the row has to have 13 fields, not 2": ["person,2000000100\n"],
    "the row has to have 13 fields, not 14": [person()[:-1] + ",x\n"],
    "the row has to have 13 fields, not 1": ["  \n"],
    QUOTES: [
        'person,2000000100,"سليم,Salim,1986-03-14,PK,,,,,,,\n',
        'person,2000000100,"سليم" رضا,Salim,1986-03-14,PK,,,,,,,\n',
    ],
    "the row has more than 10,000 characters; is a quotation mark not closed?": [
        person(name_en="S" * 200_000)
    ],
    # Kind of record
    RECORD: [person().removeprefix("person"), row("worker"), row("Person")],
    # A person's number
    "number is missing": [person(""), former_number("", RESIDENT), link(ESTABLISHMENT, "")],
    f"number {NUMBERS}": [
        *map(person, ("200000010", "20000001000", "5000000100", "0000000100", "7000000100")),
        *map(person, ("200000010O", "²000000100")),
        link(ESTABLISHMENT, ESTABLISHMENT),
    ],
    "number stands in line 3 already": [person(RESIDENT)],
    f"number {FORMER}": [person(KNOWN_BEFORE)],
    "number is a former number according to line 6": [person(RESIDENT_BEFORE)],
    # Names
    "name_ar is missing": [person(name_ar=""), establishment(name_ar="")],
    "name_en is missing": [person(name_en="\u200f \u200b")],
    "name_ar has more than 150 characters": [person(name_ar="س" * 151)],
    "name_en has more than 150 characters": [person(name_en="S" * 151)],
    "name_ar has characters that could not be read": [person(name_ar="سل\ufffdم")],
    # Days
    "birth_date is missing": [person(birth_date="")],
    f"birth_date {FORM_OF_DAY}": [
        person(birth_date=day) for day in ("14/03/1986", "1986-3-14", "1986-03-14T00:00")
    ],
    f"birth_date {NO_DAY}": [
        person(birth_date=day) for day in ("1986-02-30", "1403-13-01", "1342-12-29", "1699-12-31")
    ],
    "birth_date is still to come": [person(birth_date="9999-12-31")],
    # Country, mobile, status
    "nationality is missing": [person(nationality="")],
    COUNTRY: [person(nationality="pk"), person(nationality="PAK")],
    MOBILE: [person(mobile=number) for number in ("none", "+966501234", "+966112345678")],
    "status has to be active, departed or deceased": [person(status="alive")],
    # Several errors
    f"number {NUMBERS}; name_en is missing; birth_date {FORM_OF_DAY}; "
    "holder has to be empty for person": [
        person("12", name_en="", birth_date="1986", holder=ESTABLISHMENT)
    ],
    # Establishments
    "number has to be 10 digits that begin with 7": [establishment("2000000100")],
    "number stands in line 5 already": [establishment(ESTABLISHMENT)],
    "birth_date has to be empty for establishment": [establishment(birth_date="1986-03-14")],
    "status has to be active or departed": [establishment(status="deceased")],
    # Former numbers
    "current_number is missing": [former_number("3000000002", "")],
    f"number {ANY_NUMBERS}; current_number {ANY_NUMBERS}": [former_number("8000000002", "x")],
    "number and current_number are the same": [former_number("2000000100", "2000000100")],
    "number and current_number are of a person and an establishment": [
        former_number("2000000100", "7000000100")
    ],
    "status has to be empty for former_number": [
        former_number("3000000002", RESIDENT, status="active")
    ],
    "current_number is not known": [former_number("3000000002", "2000000777")],
    f"current_number {FORMER}": [former_number("3000000003", KNOWN_BEFORE)],
    "current_number is a former number according to line 6": [
        former_number("4000000002", RESIDENT_BEFORE)
    ],
    "number and current_number are of two identities, which no import makes one": [
        former_number(KNOWN, ANOTHER)
    ],
    "number stands in line 6 already": [former_number(RESIDENT_BEFORE, RESIDENT)],
    # Links
    "holder is missing": [link("", RESIDENT)],
    f"holder {ANY_NUMBERS}": [link("x", RESIDENT)],
    "holder is not known": [link("7000000777", RESIDENT)],
    "holder is not known; number is not known": [link("7000000777", "2000000777")],
    "kind is missing": [link(ESTABLISHMENT, RESIDENT, kind="")],
    "kind has to be employer, host, guardian or representative": [
        link(ESTABLISHMENT, RESIDENT, kind="friend")
    ],
    "since is missing": [link(ESTABLISHMENT, RESIDENT, since="")],
    f"since {NO_DAY}": [link(ESTABLISHMENT, RESIDENT, since="1447-02-31")],
    f"until {FORM_OF_DAY}": [link(ESTABLISHMENT, RESIDENT, until="now")],
    "until is before since": [link(ESTABLISHMENT, RESIDENT, until="2019-12-31")],
    "mobile has to be empty for link": [link(ESTABLISHMENT, RESIDENT, mobile="0501234567")],
    "holder has to be a citizen or an establishment where kind is employer": [
        link(RESIDENT, KNOWN)
    ],
    "number has to be a resident where kind is employer": [link(ESTABLISHMENT, CITIZEN)],
    "holder has to be a citizen or a resident where kind is host": [
        link(ESTABLISHMENT, VISITOR, kind="host")
    ],
    "number has to be a visitor where kind is host": [link(RESIDENT, CITIZEN, kind="host")],
    "holder has to be a citizen or a resident where kind is guardian": [
        link(VISITOR, RESIDENT, kind="guardian")
    ],
    "holder has to be an establishment where kind is representative": [
        link(CITIZEN, RESIDENT, kind="representative")
    ],
    "holder and number are the same person": [link(RESIDENT, RESIDENT_BEFORE, kind="guardian")],
    "this link stands in line 7 already": [
        link(ESTABLISHMENT, RESIDENT),
        link(ESTABLISHMENT, RESIDENT_BEFORE),
    ],
}
WRONG_ROWS = [(wrong, reason) for reason, rows in ROWS_BY_REASON.items() for wrong in rows]
