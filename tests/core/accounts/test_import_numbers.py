"""Numbers that change in the registry's file while the person keeps their history."""

import pytest

from core.accounts import import_staging
from core.accounts.models import Link
from tests import factories
from tests.core.accounts.test_import import owner, said, tables
from tests.core.accounts.wrong_rows import (
    CITIZEN,
    ESTABLISHMENT,
    RESIDENT,
    RESIDENT_BEFORE,
    RIGHT_ROWS,
    former_number,
    link,
    person,
)

pytestmark = pytest.mark.django_db


BORDER, IQAMA = "3000000500", "2000000500"


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
    assert lines == said(
        person="0 added, 1 changed, 0 unchanged, 0 wrong",
        former_number="0 added, 1 changed, 0 unchanged, 0 wrong",
        link="1 added, 0 changed, 0 unchanged, 0 wrong",
    )
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
    assert lines == said(former_number="0 added, 1 changed, 0 unchanged, 0 wrong")
    assert owner(IQAMA).pk == before.pk
    lines, _error = load(former_number(BORDER, IQAMA))
    assert lines == said(former_number="0 added, 0 changed, 1 unchanged, 0 wrong")


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
    assert lines == said(link="0 added, 0 changed, 1 unchanged, 0 wrong")


def test_one_link_by_both_numbers_is_a_duplicate(load, monkeypatch):
    monkeypatch.setattr(import_staging, "BATCH", 1)
    rows = [*RIGHT_ROWS, link(ESTABLISHMENT, RESIDENT_BEFORE, until="2026-01-31")]
    for _time in range(2):
        lines, _error = load(*rows)
        assert lines[0] == "line 8: this link stands in line 7 already"
        assert Link.objects.get().until is None
