"""The import of the registry's file: right rows, wrong rows, and repeated runs."""

import datetime
import re
from io import StringIO

import pytest

from core.accounts import import_staging
from core.accounts.management.commands import import_identities
from core.accounts.models import Identity, IdentityNumber, Link
from tests.core.accounts.wrong_rows import (
    ANOTHER,
    CITIZEN,
    ESTABLISHMENT,
    HEADER,
    KNOWN,
    KNOWN_BEFORE,
    RESIDENT,
    RESIDENT_BEFORE,
    RIGHT_ROWS,
    VISITOR,
    WRONG_ROWS,
    establishment,
    former_number,
    link,
    person,
)

pytestmark = pytest.mark.django_db

NONE = "0 added, 0 changed, 0 unchanged, 0 wrong"
DRY = "This was a dry run: nothing was written."


def tables():
    """Return all rows about people and establishments."""
    return [
        list(model.objects.order_by("pk").values()) for model in (Identity, IdentityNumber, Link)
    ]


def known_by_number():
    """Return identities, numbers and links keyed by number, independent of primary keys."""
    current = dict(IdentityNumber.objects.filter(is_current=True).values_list("identity", "number"))
    numbers = IdentityNumber.objects.values_list("number", "identity")
    identities = {current[row.pop("id")]: row for row in Identity.objects.values()}
    links = Link.objects.values_list("holder", "person", "kind", "since", "until")
    return (
        identities,
        {number: current[identity] for number, identity in numbers},
        {(current[holder], current[person], *rest) for holder, person, *rest in links},
    )


def said(**counts):
    """Return the closing lines of an import; kinds that are not given count as `NONE`."""
    kinds = ("person", "establishment", "former_number", "link", "unknown")
    return [f"{kind}: {counts.get(kind, NONE)}" for kind in kinds]


def owner(number):
    return Identity.objects.get(numbers__number=number)


# Right rows


def test_person_is_imported_with_all_fields(load):
    load(person("2000000100", mobile="+966501234567", status="departed"))
    salim = owner("2000000100")
    assert (salim.name_ar, salim.name_en) == ("سليم رضا", "Salim Raza")
    assert salim.birth_date == datetime.date(1986, 3, 14)
    assert (salim.nationality, salim.mobile, salim.status) == ("PK", "+966501234567", "departed")
    assert salim.current_number == "2000000100"


def test_establishment_defaults_to_active_and_saudi(load):
    load(
        establishment("7000000100"),
        establishment("7000000101", nationality="AE", status="departed"),
    )
    palms, gulf = owner("7000000100"), owner("7000000101")
    assert (palms.name_en, palms.birth_date) == ("Palms Establishment", None)
    assert (palms.nationality, palms.status) == ("SA", "active")
    assert (gulf.nationality, gulf.status) == ("AE", "departed")
    assert palms.is_establishment


@pytest.mark.parametrize(
    ("kind", "holder", "number"),
    [
        ("employer", ESTABLISHMENT, RESIDENT),
        ("employer", CITIZEN, RESIDENT),
        ("host", CITIZEN, VISITOR),
        ("host", RESIDENT, VISITOR),
        ("guardian", CITIZEN, RESIDENT),
        ("guardian", CITIZEN, VISITOR),
        ("guardian", RESIDENT, CITIZEN),
        ("representative", ESTABLISHMENT, CITIZEN),
        ("representative", ESTABLISHMENT, RESIDENT),
        ("representative", ESTABLISHMENT, VISITOR),
    ],
)
def test_allowed_links_are_imported(load, kind, holder, number):
    _lines, error = load(
        *RIGHT_ROWS[:4], link(holder, number, kind, since="2020-02-01", until="2020-02-01")
    )
    assert error is None
    found = Link.objects.get()
    assert (found.holder, found.person, found.kind) == (owner(holder), owner(number), kind)
    assert found.since == found.until == datetime.date(2020, 2, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "٢٠٠٠٠٠٠١٠٠"},
        {"number": "۲۰۰۰-۰۰۰ ۱۰۰"},
        {"number": "\u200f2000 000 100\u200e"},
        {"name_en": "  Salim \n Raza\t"},
        {"name_ar": "سليم\u200f رضا"},
        {"birth_date": "1406-07-04"},
        {"birth_date": "١٤٠٦-٠٧-٠٤"},
        {"birth_date": "١٩٨٦-٠٣-١٤"},
        {"mobile": "0501234567"},
        {"mobile": "٠٥٠ ١٢٣ ٤٥٦٧"},
        {"mobile": "00966 50 123 4567"},
        {"status": "active"},
    ],
)
def test_other_spellings_leave_row_unchanged(load, changes):
    load(person("2000000100", mobile="+966501234567"))
    before = tables()
    lines, error = load(person(**{"number": "2000000100", "mobile": "+966501234567", **changes}))
    assert error is None
    assert lines == said(person="0 added, 0 changed, 1 unchanged, 0 wrong")
    assert tables() == before


def test_days_of_both_calendars_begin_and_end_links(load):
    load(*RIGHT_ROWS[:4], link(ESTABLISHMENT, RESIDENT, since="1447-09-01", until="2026-03-19"))
    found = Link.objects.get()
    assert (found.since, found.until) == (datetime.date(2026, 2, 18), datetime.date(2026, 3, 19))


def in_another_order(content):
    """Return the same table with its columns in reverse order."""
    return "".join(
        ",".join(reversed(line.split(","))) + "\n"
        for line in content.removesuffix("\n").split("\n")
    )


@pytest.mark.parametrize(
    "spell",
    [
        lambda content: content.replace("record", '"record"', 1).encode("utf-8-sig"),
        lambda content: content.replace("\n", "\r\n").encode(),
        lambda content: content.replace("\n", "\r").encode(),
        lambda content: content.replace("\n", "\n\n").encode(),
        lambda content: content.removesuffix("\n").encode(),
        lambda content: content.replace(HEADER, HEADER.replace(",", " , ")).encode(),
        lambda content: in_another_order(content).encode(),
    ],
    ids=["BOM", "CRLF", "CR", "empty lines", "no end", "spaces in the header", "order of columns"],
)
def test_file_may_have_other_line_ends_quotes_and_column_order(load, spell):
    content = HEADER + "".join(RIGHT_ROWS)
    load.bytes(content.encode())
    before = tables()
    assert len(before[1]) == 5
    _lines, error = load.bytes(spell(content))
    assert error is None
    assert tables() == before


def test_line_number_is_that_of_row_start(load):
    lines, _error = load(
        person("2000000100", name_ar="سليم\nرضا", name_en="Salim\n\nRaza"),
        person("2000000101", name_en="Salim\nRaza", nationality="x"),
        person("2000000102", nationality="x"),
    )
    wrong = "nationality has to be the two capital letters of a country, for example SA"
    assert lines[:2] == [f"line 6: {wrong}", f"line 8: {wrong}"]
    assert owner("2000000100").name_en == "Salim Raza"


# Wrong rows and files


def test_wrong_rows_are_named_and_right_ones_imported(load, two_known_people):
    rows, expected, right = [*RIGHT_ROWS], [], 0
    for wrong, reason in WRONG_ROWS:
        line = 2 + "".join(rows).count("\n")
        rows += [wrong, person(f"2{right + 500:09}")]
        expected.append(f"line {line}: {reason}")
        right += 1
    lines, error = load(*rows)
    named = [line for line in lines if line.startswith("line ")]
    assert sorted(named) == sorted(expected)
    assert error == f"Wrong rows: {len(WRONG_ROWS)}. All others are in."
    added = {f"2{n + 500:09}" for n in range(right)}
    numbers = set(IdentityNumber.objects.values_list("number", flat=True))
    right_ones = {CITIZEN, RESIDENT, RESIDENT_BEFORE, VISITOR, ESTABLISHMENT}
    assert numbers == added | right_ones | {KNOWN, KNOWN_BEFORE, ANOTHER}
    assert Link.objects.count() == 1


def test_output_has_no_personal_data(load, two_known_people):
    lines, _error = load(*RIGHT_ROWS, *(wrong for wrong, _reason in WRONG_ROWS))
    printed = "\n".join(lines)
    assert not re.search(r"[0-9]{9}|Salim|سليم|Palms", printed)


def test_corrected_row_is_imported(load):
    load(person(birth_date="1986-02-30"))
    lines, error = load(person(birth_date="1986-02-28"))
    assert error is None
    assert lines == said(person="1 added, 0 changed, 0 unchanged, 0 wrong")


def test_right_row_of_two_with_one_number_is_imported(load):
    lines, _error = load(person(nationality="pk"), person(nationality="PK"))
    assert lines[-5:] == said(person="1 added, 0 changed, 0 unchanged, 1 wrong")


def test_unclosed_quotation_mark_costs_no_other_row(load):
    unclosed = 'person,"2000000100,سليم,Salim,1986-03-14,PK,,,,,,,\n'
    many = [person(f"2{n:09}") for n in range(300, 600)]
    lines, error = load(unclosed, *many, unclosed, person("2000000101"))
    reason = "a quotation mark is not closed, or stands where none may stand"
    assert lines == [
        "line 2: the row has more than 10,000 characters; is a quotation mark not closed?",
        f"line 303: {reason}",
        *said(
            person="301 added, 0 changed, 0 unchanged, 0 wrong",
            unknown="0 added, 0 changed, 0 unchanged, 2 wrong",
        ),
    ]
    assert error == "Wrong rows: 2. All others are in."


def test_overlong_line_is_not_kept_in_memory():
    text = StringIO("x" * 1_000_000 + "\n" + "the next line\n")
    assert len(import_identities.read_line(text)) == import_identities.MAX_ROW_LENGTH + 1
    assert import_identities.read_line(text) == "the next line\n"


def test_check_digit_is_checked_where_switched_on(load, settings):
    settings.IDENTITY_CHECK_DIGIT = True
    lines, _error = load(person("2000000006"), person("2000000007"))
    assert lines[0] == (
        "line 3: number has to be 10 digits that begin with 1, 2, 3 or 4 "
        "and end in the right check digit"
    )
    assert IdentityNumber.objects.get().number == "2000000006"


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("", f"The header lacks {HEADER.strip().replace(',', ', ')}."),
        (HEADER.replace(",until", ""), "The header lacks until."),
        (HEADER.replace("name_ar,name_en", "name,names"), "The header lacks name_ar, name_en."),
        (HEADER.replace("\n", ",name\n"), "Column 14 of the header is none that an import has."),
        (HEADER.replace("\n", ",kind\n"), "The header has the column kind twice."),
        (
            HEADER.replace("number", '"number', 1),
            "The header cannot be read: a quotation mark is not closed, or stands where none may "
            "stand.",
        ),
    ],
)
def test_wrong_header_imports_nothing(load, header, sentence):
    lines, error = load(*(RIGHT_ROWS if header else []), header=header)
    assert (lines, error) == ([], sentence)
    assert tables() == [[], [], []]


def test_file_without_header_prints_no_personal_data(load):
    lines, error = load(header=RIGHT_ROWS[0])
    assert (lines, error) == ([], f"The header lacks {HEADER.strip().replace(',', ', ')}.")


@pytest.mark.parametrize(
    ("spoilt", "sentence"),
    [
        (b"\xff", "The file is not UTF-8. Save it as UTF-8."),
        ("سليم".encode("windows-1256"), "The file is not UTF-8. Save it as UTF-8."),
        (b"\0", "The file has NUL bytes: it is damaged, or no text."),
        (
            b"x" * 25_000 + b"\0" + b"x" * 25_000,
            "The file has NUL bytes: it is damaged, or no text.",
        ),
    ],
)
def test_file_that_is_not_text_imports_nothing(load, spoilt, sentence):
    rows = "".join(person(f"2{n:09}") for n in range(3_000)).encode()
    lines, error = load.bytes(HEADER.encode() + rows + spoilt)
    assert (lines, error) == ([], sentence)
    assert tables() == [[], [], []]


def test_missing_file_is_named(load, tmp_path):
    assert load.file(tmp_path / "none.csv") == (
        [],
        "The file cannot be read: No such file or directory.",
    )
    assert load.file(tmp_path) == ([], "The file cannot be read: Is a directory.")


# Repeated runs, dry runs, and the order of rows


def test_a_second_run_changes_nothing(load, two_known_people):
    rows = [*RIGHT_ROWS, *(wrong for wrong, _reason in WRONG_ROWS)]
    first, error = load(*rows)
    before = tables()
    second, error_again = load(*rows)
    assert tables() == before
    assert (second[:-5], error_again) == (first[:-5], error)
    assert len(second) == len(WRONG_ROWS) + 5
    assert [line.rpartition(",")[0] for line in second[-5:]] == [
        "person: 0 added, 0 changed, 3 unchanged",
        "establishment: 0 added, 0 changed, 1 unchanged",
        "former_number: 0 added, 0 changed, 1 unchanged",
        "link: 0 added, 0 changed, 1 unchanged",
        "unknown: 0 added, 0 changed, 0 unchanged",
    ]


def test_second_file_updates_everybody(load):
    load(*RIGHT_ROWS, person("2000000100", mobile="0501234567"))
    people = dict(IdentityNumber.objects.values_list("number", "identity"))
    lines, error = load(
        person(RESIDENT, name_en="Salim Raza Khan", mobile="0509999999", status="departed"),
        person("2000000100", birth_date="1986-03-15", nationality="IN"),
        establishment(ESTABLISHMENT, name_ar="مؤسسة السعف"),
        link(ESTABLISHMENT, RESIDENT, until="2026-01-31"),
    )
    assert error is None
    assert lines == said(
        person="0 added, 2 changed, 0 unchanged, 0 wrong",
        establishment="0 added, 1 changed, 0 unchanged, 0 wrong",
        link="0 added, 1 changed, 0 unchanged, 0 wrong",
    )
    assert dict(IdentityNumber.objects.values_list("number", "identity")) == people
    resident, other = owner(RESIDENT), owner("2000000100")
    assert (resident.name_en, resident.mobile) == ("Salim Raza Khan", "+966509999999")
    assert resident.status == "departed"
    assert (other.birth_date, other.nationality) == (datetime.date(1986, 3, 15), "IN")
    assert other.mobile == ""
    assert owner(ESTABLISHMENT).name_ar == "مؤسسة السعف"
    assert Link.objects.get().until == datetime.date(2026, 1, 31)

    load(link(ESTABLISHMENT, RESIDENT))
    assert Link.objects.get().until is None


def test_dry_run_prints_the_same_and_writes_nothing(load, two_known_people):
    rows = [
        *RIGHT_ROWS,
        *(wrong for wrong, _reason in WRONG_ROWS),
        former_number(ANOTHER, "2000000902"),
    ]
    before = tables()
    tried, error = load(*rows, dry_run=True)
    assert tables() == before
    assert error == f"Wrong rows: {len(WRONG_ROWS)}. All others would go in."
    done, _error = load(*rows)
    assert tried == [*done, DRY]
    assert tables() != before


def test_a_dry_run_of_right_rows_writes_nothing_either(load):
    lines, error = load(person(), dry_run=True)
    assert error is None
    assert lines == [*said(person="1 added, 0 changed, 0 unchanged, 0 wrong"), DRY]
    assert tables() == [[], [], []]


EVERYTHING = [
    *RIGHT_ROWS,
    former_number(KNOWN, "2000000950"),
    person("2000000950", name_en="Salim Raza Khan"),
    former_number(KNOWN_BEFORE, "2000000950"),
    link(CITIZEN, VISITOR, "host"),
    link(RESIDENT_BEFORE, VISITOR, "guardian"),
]


@pytest.mark.parametrize("size", [1, 2, 2_000])
@pytest.mark.parametrize("turn", [*range(0, len(EVERYTHING), 3), "backwards"])
def test_the_order_of_the_rows_does_not_matter(load, two_known_people, monkeypatch, turn, size):
    monkeypatch.setattr(import_staging, "BATCH", size)
    rows = EVERYTHING[::-1] if turn == "backwards" else EVERYTHING[turn:] + EVERYTHING[:turn]
    assert load(*rows) == (
        said(
            person="3 added, 1 changed, 0 unchanged, 0 wrong",
            establishment="1 added, 0 changed, 0 unchanged, 0 wrong",
            former_number="1 added, 1 changed, 1 unchanged, 0 wrong",
            link="3 added, 0 changed, 0 unchanged, 0 wrong",
        ),
        None,
    )
    identities, numbers, links = known_by_number()
    assert set(identities) == {CITIZEN, RESIDENT, VISITOR, ESTABLISHMENT, ANOTHER, "2000000950"}
    assert identities["2000000950"]["name_en"] == "Salim Raza Khan"
    formers = {number: current for number, current in numbers.items() if number != current}
    assert formers == {RESIDENT_BEFORE: RESIDENT, KNOWN: "2000000950", KNOWN_BEFORE: "2000000950"}
    begun = datetime.date(2020, 1, 1)
    assert links == {
        (ESTABLISHMENT, RESIDENT, "employer", begun, None),
        (CITIZEN, VISITOR, "host", begun, None),
        (RESIDENT, VISITOR, "guardian", begun, None),
    }
