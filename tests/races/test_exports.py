"""Exports: workers share them, and a person's clicks at once come to no more than the limit."""

import uuid
from functools import partial

import pytest

from core.exceptions import RuleViolation
from requests_app import actions
from requests_app.actions import exports
from requests_app.admin.exports import listed_in
from requests_app.models import Export, Inquiry
from requests_app.models.exports import ExportQuerySet
from tests import factories
from tests.browser.looks import people
from tests.races.together import at_once
from tests.worlds import files

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

WORKERS, EXPORTS, INQUIRIES = 3, 8, 40


@pytest.fixture
def supervisor():
    people.many_like(factories.filed(), INQUIRIES - 1)
    return factories.supervisor()


@pytest.fixture
def begun(monkeypatch):
    """The keys of the exports that workers began to make."""
    keys, make = [], exports._make

    def make_and_note(export, listed):
        keys.append(export.pk)
        return make(export, listed)

    monkeypatch.setattr(exports, "_make", make_and_note)
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 5)
    return keys


def make():
    return actions.make_exports(listed_in)


def ask(supervisor, key=None):
    try:
        return actions.request_export(
            actor=supervisor,
            listed=Inquiry.objects.filed(),
            query="queue=all",
            filters="",
            file_format="csv",
            with_personal=False,
            language="en",
            idempotency_key=key or uuid.uuid4(),
        ).pk
    except RuleViolation as violation:
        return violation.code


def test_workers_share_exports_and_make_each_once(supervisor, begun):
    asked = [factories.export(supervisor, rows=INQUIRIES).pk for _export in range(EXPORTS)]
    assert sum(at_once(*[make] * WORKERS)) == EXPORTS
    assert sorted(begun) == asked
    assert set(Export.objects.values_list("state", "rows_done", "attempts")) == {
        ("ready", INQUIRIES, 1)
    }
    assert len([path for path in files() if path.parent.parent.name == "private"]) == EXPORTS


def test_control_without_the_condition_two_workers_make_the_same_one(supervisor, begun, guards):
    export = factories.export(supervisor, rows=INQUIRIES)
    guards.look_before_writing(ExportQuerySet, parties=2, only_if_changes="attempts")
    at_once(make, make)
    assert begun == [export.pk] * 2


def test_of_clicks_at_once_three_are_taken(supervisor):
    found = at_once(*[partial(ask, supervisor) for _click in range(6)])
    assert found.count("too_many_exports") == 3
    assert Export.objects.count() == 3


def test_control_without_the_lock_more_are_taken(supervisor, guards):
    guards.take_out_row_locks()
    guards.wait_after(ExportQuerySet, "count", parties=5)
    at_once(*[partial(ask, supervisor) for _click in range(5)])
    assert len(Export.objects.all()) == 5


def test_two_clicks_on_one_form_reach_the_same_export(supervisor):
    key = uuid.uuid4()
    first, second = at_once(*[partial(ask, supervisor, key)] * 2)
    assert first == second
    assert Export.objects.count() == 1
