"""The import of the registry's file: right and wrong rows, repeated runs, changed numbers."""

import datetime
import re
from io import StringIO

import pytest

from core.accounts import import_staging
from core.accounts.management.commands import import_identities
from core.accounts.models import Identity, IdentityNumber, Link
from tests import factories
from tests.core.accounts.registry_file import (
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
from tests.worlds import undone

pytestmark = pytest.mark.django_db

BORDER, IQAMA = "3000000500", "2000000500"
DRY = "This was a dry run: nothing was written."


def tables():
    """Return all rows about people and establishments."""
    models = (Identity, IdentityNumber, Link)
    return [list(model.objects.order_by("pk").values()) for model in models]


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
    """Return the closing lines of an import, from (added, changed, unchanged, wrong) by kind."""
    kinds = ("person", "establishment", "former_number", "link", "unknown")
    form = "{}: {} added, {} changed, {} unchanged, {} wrong"
    return [form.format(kind, *counts.get(kind, (0, 0, 0, 0))) for kind in kinds]


def owner(number):
    return Identity.objects.get(numbers__number=number)


# Right rows


def test_person_is_imported_with_all_fields(load):
    row = person("2000000100", mobile="+966501234567", status="departed")
    added = said(person=(1, 0, 0, 0))
    assert load(row, dry_run=True) == ([*added, DRY], None)
    assert tables() == [[], [], []]
    assert load(row) == (added, None)
    salim = owner("2000000100")
    assert (salim.name_ar, salim.name_en) == ("سليم رضا", "Salim Raza")
    assert salim.birth_date == datetime.date(1986, 3, 14)
    assert (salim.nationality, salim.mobile, salim.status) == ("PK", "+966501234567", "departed")
    assert salim.current_number == "2000000100"


def test_imported_person_is_found_by_the_name_of_today(load):
    for arabic, latin, words in (
        ("سيتي أمينة", "Siti Aminah", ("سيتي امينه", "aminah")),
        ("سلمى حسن", "Salma Hassan", ("سلمي", "hassan")),
    ):
        load(person("2000000100", name_ar=arabic, name_en=latin))
        for typed in words:
            assert Identity.objects.matching(typed).get().name_en == latin
    assert not Identity.objects.matching("aminah").exists()


def test_establishment_defaults_to_active_and_saudi(load):
    of_gulf = {"nationality": "AE", "status": "departed"}
    load(establishment("7000000100"), establishment("7000000101", **of_gulf))
    palms, gulf = owner("7000000100"), owner("7000000101")
    assert (palms.name_en, palms.birth_date) == ("Palms Establishment", None)
    assert (palms.nationality, palms.status) == ("SA", "active")
    assert (gulf.nationality, gulf.status) == ("AE", "departed")
    assert palms.is_establishment


def test_allowed_links_are_imported(load):
    load(*RIGHT_ROWS[:4])
    day = "2020-02-01"
    for kind, holder, number in [
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
    ]:
        _lines, error = load(link(holder, number, kind, since=day, until=day))
        assert error is None, (kind, holder, number)
        found = Link.objects.latest("pk")
        assert (found.holder, found.person, found.kind) == (owner(holder), owner(number), kind)
        assert found.since == found.until == datetime.date(2020, 2, 1)


def test_other_spellings_leave_row_unchanged(load):
    right = {"number": "2000000100", "mobile": "+966501234567"}
    load(person(**right))
    before = tables()
    for column, *spellings in [
        ("number", "٢٠٠٠٠٠٠١٠٠", "۲۰۰۰-۰۰۰ ۱۰۰", "\u200f2000 000 100\u200e"),
        ("name_en", "  Salim \n Raza\t"),
        ("name_ar", "سليم\u200f رضا"),
        ("birth_date", "1406-07-04", "١٤٠٦-٠٧-٠٤", "١٩٨٦-٠٣-١٤"),
        ("mobile", "0501234567", "٠٥٠ ١٢٣ ٤٥٦٧", "00966 50 123 4567"),
        ("status", "active"),
    ]:
        for spelling in spellings:
            lines, error = load(person(**{**right, column: spelling}))
            assert error is None, spelling
            assert lines == said(person=(0, 0, 1, 0)), spelling
            assert tables() == before, spelling


def test_days_of_both_calendars_begin_and_end_links(load):
    load(*RIGHT_ROWS[:4], link(ESTABLISHMENT, RESIDENT, since="1447-09-01", until="2026-03-19"))
    found = Link.objects.get()
    assert (found.since, found.until) == (datetime.date(2026, 2, 18), datetime.date(2026, 3, 19))


def test_file_may_have_other_line_ends_quotes_and_column_order(load):
    content = HEADER + "".join(RIGHT_ROWS)
    load.bytes(content.encode())
    before = tables()
    assert len(before[1]) == 5
    reversed_columns = [",".join(reversed(line.split(","))) for line in content.splitlines()]
    for spelling in (
        content.replace("record", '"record"', 1).encode("utf-8-sig"),
        *(content.replace("\n", end).encode() for end in ("\r\n", "\r", "\n\n")),
        content.removesuffix("\n").encode(),
        content.replace(HEADER, HEADER.replace(",", " , ")).encode(),
        ("\n".join(reversed_columns) + "\n").encode(),
    ):
        _lines, error = load.bytes(spelling)
        assert error is None, spelling
        assert tables() == before, spelling


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
    rows, expected, added = [*RIGHT_ROWS], [], {"2000000905", "2000000906"}
    factories.IdentityFactory(number="2000000905")
    for number, (wrong, reason) in enumerate(WRONG_ROWS, 2_000_000_500):
        line = 2 + "".join(rows).count("\n")
        rows += [wrong, person(str(number))]
        added.add(str(number))
        expected.append(f"line {line}: {reason}")
    rows.append(former_number("2000000905", "2000000906"))

    before = tables()
    tried, error = load(*rows, dry_run=True)
    assert tables() == before
    assert error == f"Wrong rows: {len(WRONG_ROWS)}. All others would go in."

    lines, error = load(*rows)
    assert tried == [*lines, DRY]
    named = [line for line in lines if line.startswith("line ")]
    assert sorted(named) == sorted(expected)
    assert error == f"Wrong rows: {len(WRONG_ROWS)}. All others are in."
    numbers = set(IdentityNumber.objects.values_list("number", flat=True))
    right_ones = {CITIZEN, RESIDENT, RESIDENT_BEFORE, VISITOR, ESTABLISHMENT}
    assert numbers == added | right_ones | {KNOWN, KNOWN_BEFORE, ANOTHER}
    assert Link.objects.count() == 1
    # The output has no personal data.
    assert not re.search(r"[0-9]{9}|Salim|سليم|Palms", "\n".join(lines))

    before = tables()
    again, error_again = load(*rows)
    assert tables() == before
    assert (again[:-5], error_again) == (lines[:-5], error)
    assert len(again) == len(WRONG_ROWS) + 5
    assert [line.rpartition(",")[0] for line in again[-5:]] == [
        f"person: 0 added, 0 changed, {3 + len(WRONG_ROWS)} unchanged",
        "establishment: 0 added, 0 changed, 1 unchanged",
        "former_number: 0 added, 0 changed, 2 unchanged",
        "link: 0 added, 0 changed, 1 unchanged",
        "unknown: 0 added, 0 changed, 0 unchanged",
    ]


def test_right_row_is_imported_beside_or_after_a_wrong_one(load):
    lines, _error = load(person(nationality="pk"), person(nationality="PK"))
    assert lines[-5:] == said(person=(1, 0, 0, 1))
    load(person("2000000101", birth_date="1986-02-30"))
    corrected = person("2000000101", birth_date="1986-02-28")
    assert load(corrected) == (said(person=(1, 0, 0, 0)), None)


def test_unclosed_quotation_mark_costs_no_other_row(load):
    unclosed = 'person,"2000000100,سليم,Salim,1986-03-14,PK,,,,,,,\n'
    many = [person(f"2{n:09}") for n in range(300, 600)]
    lines, error = load(unclosed, *many, unclosed, person("2000000101"))
    reason = "a quotation mark is not closed, or stands where none may stand"
    assert lines == [
        "line 2: the row has more than 10,000 characters; is a quotation mark not closed?",
        f"line 303: {reason}",
        *said(person=(301, 0, 0, 0), unknown=(0, 0, 0, 2)),
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


def test_wrong_header_imports_nothing(load):
    unclosed = "a quotation mark is not closed, or stands where none may stand"
    for right, wrong, sentence in [
        (",until", "", "The header lacks until."),
        ("name_ar,name_en", "name,names", "The header lacks name_ar, name_en."),
        ("\n", ",name\n", "Column 14 of the header is none that an import has."),
        ("\n", ",kind\n", "The header has the column kind twice."),
        ("number", '"number', f"The header cannot be read: {unclosed}."),
    ]:
        assert load(*RIGHT_ROWS, header=HEADER.replace(right, wrong, 1)) == ([], sentence), wrong
    no_header = f"The header lacks {HEADER.strip().replace(',', ', ')}."
    # The sentence has no personal data where a row stands in the place of the header.
    for header in ("", RIGHT_ROWS[0]):
        assert load(header=header) == ([], no_header), header
    assert tables() == [[], [], []]


def test_file_that_is_not_text_imports_nothing(load):
    rows = HEADER + "".join(person(f"2{n:09}") for n in range(3_000))
    not_utf8 = "The file is not UTF-8. Save it as UTF-8."
    damaged = "The file has NUL bytes: it is damaged, or no text."
    for spoilt, sentence in [
        (b"\xff", not_utf8),
        ("سليم".encode("windows-1256"), not_utf8),
        (b"\0", damaged),
        (b"x" * 25_000 + b"\0" + b"x" * 25_000, damaged),
    ]:
        assert load.bytes(rows.encode() + spoilt) == ([], sentence), spoilt[:9]
        assert tables() == [[], [], []], spoilt[:9]


def test_missing_file_is_named(load, tmp_path):
    missing = "The file cannot be read: No such file or directory."
    assert load.file(tmp_path / "none.csv") == ([], missing)
    assert load.file(tmp_path) == ([], "The file cannot be read: Is a directory.")


# Repeated runs, dry runs, and the order of rows


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
    assert lines == said(person=(0, 2, 0, 0), establishment=(0, 1, 0, 0), link=(0, 1, 0, 0))
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


EVERYTHING = [
    *RIGHT_ROWS,
    former_number(KNOWN, "2000000950"),
    person("2000000950", name_en="Salim Raza Khan"),
    former_number(KNOWN_BEFORE, "2000000950"),
    link(CITIZEN, VISITOR, "host"),
    link(RESIDENT_BEFORE, VISITOR, "guardian"),
]


def test_the_order_of_the_rows_does_not_matter(load, two_known_people, monkeypatch):
    for size in (1, 2, 2_000):
        monkeypatch.setattr(import_staging, "BATCH", size)
        for turn in range(0, len(EVERYTHING), 3):
            with undone():
                check_import_of_everything(load, EVERYTHING[turn:] + EVERYTHING[:turn])
        with undone():
            check_import_of_everything(load, EVERYTHING[::-1])


def check_import_of_everything(load, rows):
    counts = {"person": (3, 1, 0, 0), "establishment": (1, 0, 0, 0)}
    counts |= {"former_number": (1, 1, 1, 0), "link": (3, 0, 0, 0)}
    assert load(*rows) == (said(**counts), None), (import_staging.BATCH, rows)
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


# Numbers that change while the person keeps the history


def test_iqama_keeps_person_and_links_of_border_number(load):
    load(*RIGHT_ROWS, person(BORDER), link(CITIZEN, BORDER, "host"))
    guest, visit = owner(BORDER), Link.objects.get(kind="host")
    user = factories.UserFactory(identity=guest)
    lines, error = load(
        person(IQAMA, mobile="0501234567"),
        former_number(BORDER, IQAMA),
        link(ESTABLISHMENT, IQAMA),
    )
    assert error is None
    assert lines == said(person=(0, 1, 0, 0), former_number=(0, 1, 0, 0), link=(1, 0, 0, 0))
    worker = owner(IQAMA)
    assert worker.pk == guest.pk == owner(BORDER).pk
    assert (worker.current_number, worker.kind) == (IQAMA, "resident")
    assert worker.mobile == "+966501234567"
    user.refresh_from_db()
    assert user.identity == worker
    assert Link.objects.filter(person=worker).count() == 2
    visit.refresh_from_db()
    assert (visit.person, visit.until) == (worker, None)


def test_host_link_by_iqama_stays_valid(load):
    rows = [
        person(CITIZEN),
        person(IQAMA),
        former_number(BORDER, IQAMA),
        link(CITIZEN, IQAMA, "host"),
        link(CITIZEN, BORDER, "employer"),
    ]
    _lines, error = load(*rows)
    assert error is None
    assert Link.objects.filter(person=owner(IQAMA)).count() == 2


def test_number_changes_without_person_row(load):
    load(person(BORDER))
    before = owner(BORDER)
    lines, _error = load(former_number(BORDER, IQAMA))
    assert lines == said(former_number=(0, 1, 0, 0))
    assert owner(IQAMA).pk == before.pk
    lines, _error = load(former_number(BORDER, IQAMA))
    assert lines == said(former_number=(0, 0, 1, 0))


def test_current_number_does_not_revert_to_former_one(load):
    load(person(IQAMA), former_number(BORDER, IQAMA))
    before = tables()
    lines, _error = load(former_number(IQAMA, BORDER))
    assert lines[0] == "line 2: current_number is a former number: name the one in force"
    assert tables() == before


def test_two_people_with_one_new_number_are_not_merged(load):
    load(person("3000000501"), person("3000000502"))
    rows = [former_number("3000000501", IQAMA), former_number("3000000502", IQAMA)]
    lines, _error = load(*rows)
    reason = "number and current_number are of two identities, which no import makes one"
    assert lines[0] == f"line 3: {reason}"
    assert owner("3000000501") == owner(IQAMA) != owner("3000000502")


def test_a_link_by_a_former_number_leads_to_the_same_person(load):
    load(*RIGHT_ROWS[:5], link(ESTABLISHMENT, RESIDENT_BEFORE))
    assert Link.objects.get().person == owner(RESIDENT)
    lines, _error = load(link(ESTABLISHMENT, RESIDENT))
    assert lines == said(link=(0, 0, 1, 0))


def test_one_link_by_both_numbers_is_a_duplicate(load, monkeypatch):
    monkeypatch.setattr(import_staging, "BATCH", 1)
    rows = [
        *RIGHT_ROWS,
        link(ESTABLISHMENT, RESIDENT_BEFORE, until="2026-01-31"),
    ]
    for _time in range(2):
        lines, _error = load(*rows)
        assert lines[0] == "line 8: this link stands in line 7 already"
        assert Link.objects.get().until is None
