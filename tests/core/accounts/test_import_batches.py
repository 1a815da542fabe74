"""The batches of an import, and its conflicts with another import at the same time."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.accounts import import_staging, registry_import
from core.accounts.management.commands import import_identities
from core.accounts.models import Identity, IdentityNumber
from tests import factories
from tests.core.accounts import registry_file
from tests.core.accounts.registry_file import establishment, former_number, link, person, row
from tests.core.accounts.test_import import BORDER, IQAMA, tables
from tests.worlds import undone

pytestmark = pytest.mark.django_db


def test_query_count_of_batch_does_not_grow_with_rows(load):
    def rows_of(ids, name):
        for n in ids:
            number, before, old = f"2{n:09}", f"3{n:09}", f"4{n:09}"
            yield person(number, name_en=name)
            yield establishment(f"7{n:09}", name_en=name)
            yield former_number(before, number)
            yield former_number(old, f"1{n:09}")
            yield link(f"7{n:09}", number, until="2026-01-31" if name == "Salim" else "")

    def queries(ids, again):
        load(*(person(f"4{n:09}") for n in ids))
        if again:
            load(*rows_of(ids, "Selim"))
        with CaptureQueriesContext(connection) as asked:
            lines, error = load(*rows_of(ids, "Salim"))
        assert error is None
        action = "0 added, {0} changed" if again else "{0} added, 0 changed"
        assert lines[0] == f"person: {action.format(len(ids))}, 0 unchanged, 0 wrong"
        return len(asked)

    for again in (False, True):
        with undone():
            assert queries(range(1), again) == queries(range(100, 130), again), again


def test_progress_is_printed(load, monkeypatch):
    monkeypatch.setattr(import_identities, "PROGRESS", 2)
    lines, error = load(*registry_file.RIGHT_ROWS[:3], row("worker"), establishment())
    assert error == "Wrong rows: 1. All others are in."
    assert lines[:4] == [
        "2 rows read",
        "line 5: record has to be person, establishment, former_number or link",
        "4 rows read",
        "2 rows done",
    ]


def test_rows_of_many_batches_are_all_imported(load, monkeypatch):
    monkeypatch.setattr(import_staging, "BATCH", 7)
    numbers = {f"2{n:09}" for n in range(50)}
    lines, error = load(*(person(number) for number in sorted(numbers)), person("2000000000"))
    assert error == "Wrong rows: 1. All others are in."
    assert lines[0] == "line 52: number stands in line 2 already"
    assert set(IdentityNumber.objects.values_list("number", flat=True)) == numbers


@pytest.fixture
def hide(monkeypatch):
    """Return a function that hides a number, as if another import added it after the lookup."""

    def hide(number):
        owners_of = registry_import._owners_of
        monkeypatch.setattr(
            registry_import,
            "_owners_of",
            lambda numbers: {n: owner for n, owner in owners_of(numbers).items() if n != number},
        )

    return hide


CONCURRENT_IMPORT = (
    "The database refused a batch of rows (IntegrityError): does another import run at the same "
    "time? None of the batch is in: run this again."
)


def test_batch_in_conflict_with_other_import_fails_whole(load, hide, monkeypatch):
    factories.IdentityFactory(number="2000000102")
    hide("2000000102")
    monkeypatch.setattr(import_staging, "BATCH", 2)
    assert load(*(person(f"2{n:09}") for n in range(99, 105))) == ([], CONCURRENT_IMPORT)
    added = IdentityNumber.objects.order_by("number").values_list("number", flat=True)
    assert list(added) == ["2000000099", "2000000100", "2000000102"]
    assert Identity.objects.count() == 3


def test_number_taken_by_other_import_changes_nothing(load, hide):
    load(person(BORDER), person(IQAMA))
    before = tables()
    hide(IQAMA)
    assert load(former_number(BORDER, IQAMA)) == ([], CONCURRENT_IMPORT)
    assert tables() == before
