"""Chores: each stands alone, whatever happens to it, and runs in one worker at a time."""

import logging
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from core.chores import actions
from core.chores.models import Chore
from core.chores.rows import UNLIMITED, Step, for_each

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
SECRET = "+966501234567"


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = timezone.now() + MINUTE

    monkeypatch.setattr(timezone, "now", lambda: Clock.now)
    return Clock


@pytest.fixture
def done():
    """Return the list of the chores that ran."""
    return []


@pytest.fixture
def chores(done, clock):
    def fail():
        done.append("fail")
        raise IntegrityError(f"Key (mobile)=({SECRET}) already exists")

    chores = {
        "fail": (MINUTE, fail),
        "sweep": (2 * MINUTE, lambda: done.append("sweep")),
    }
    actions.register(chores)
    return chores


def run_all(chores):
    while lease := actions.lease_next(chores):
        actions.run(chores, lease)


def test_each_chore_runs_when_it_is_due(chores, done, clock):
    for passed, ran in (
        (0, "fail sweep"),
        (0, ""),
        (1, "fail"),
        (1, "sweep fail"),
        (5, "fail sweep"),
    ):
        clock.now += passed * MINUTE
        done.clear()
        run_all(chores)
        assert sorted(done) == sorted(ran.split())
    assert actions.next_due(chores) == clock.now + MINUTE


def test_failure_is_logged_with_its_place_and_without_its_message(chores, caplog, clock):
    run_all(chores)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage().startswith("chore fail failed: IntegrityError\n")
    assert "in fail\n    raise IntegrityError" in caplog.handler.format(record)
    assert SECRET not in caplog.handler.format(record)
    failed = Chore.objects.get(name="fail")
    assert (failed.failed_at, failed.ran_at) == (clock.now, None)
    assert failed.failure.startswith("IntegrityError in ")
    assert "test_chores.py, line " in failed.failure
    assert Chore.objects.get(name="sweep").ran_at == clock.now


def test_leased_chore_is_nobody_elses_until_the_lease_ends(chores, clock):
    first, second = actions.lease_next(chores), actions.lease_next(chores)
    assert {first.name, second.name} == {"fail", "sweep"}
    assert actions.lease_next(chores) is None
    clock.now += actions.LEASE - MINUTE
    assert actions.lease_next(chores) is None
    clock.now += MINUTE
    again = actions.lease_next(chores)
    assert again.name in chores

    # Who comes back after the lease changes nothing of the other worker's run.
    actions.run(chores, first if first.name == again.name else second)
    assert Chore.objects.get(name=again.name).leased_until == again.until


def test_chores_of_an_older_portal_are_forgotten(chores):
    actions.register(["sweep"])
    assert [chore.name for chore in Chore.objects.all()] == ["sweep"]


def test_broken_row_hides_no_other_and_is_told(caplog):
    done = []

    def do(row):
        if row == 2:
            raise ValueError(SECRET)
        done.append(row)
        return 1

    with pytest.raises(ValueError, match=r"\+966"):
        for_each([1, 2, 3], do)
    assert done == [1, 3]
    assert caplog.messages[0].startswith("2 failed: ValueError\n")
    assert for_each([4, 5], do) == 2


def test_long_chore_makes_way_after_a_step():
    assert for_each([1, 2, 3], lambda _row: 1, Step(0)) == 1
    assert for_each([1, 2, 3], lambda _row: 1, UNLIMITED) == 3
