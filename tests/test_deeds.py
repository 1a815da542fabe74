"""Every deed by every role before and after an end, and without the registry: see `tests.deeds`."""

import inspect
from datetime import timedelta
from itertools import product

import pytest
from django.db import connection
from django.utils import timezone

from appointments import actions as booking
from core.accounts.models import RESTRICTED_FOR, Recovery
from core.accounts.registry import LocalRegistry, RegistryUnavailable
from core.exceptions import RuleViolation
from requests_app import actions as filing
from tests.appointments import places
from tests.deeds.appointments import APPOINTMENTS, with_appointments
from tests.deeds.inquiries import INQUIRIES, with_inquiries
from tests.deeds.recoveries import CLOSED_AFTER_RECOVERY, OPEN_AFTER_RECOVERY
from tests.deeds.rows import MOMENTS, ROLES, end, people
from tests.worlds import undone

pytestmark = pytest.mark.django_db

TABLES = [(INQUIRIES, with_inquiries), (APPOINTMENTS, with_appointments)]
# What files, books, moves, accepts, answers or adds; all else goes on while the registry is away.
ASK_THE_REGISTRY = {
    *("request_confirmation", "submit", "attach", "answer_return"),
    *("add_message", "ask_back"),
    *("resume", "ask_for_review"),
    *("ask for the code of what is prepared", "send what is prepared"),
    *("hold", "confirm", "move", "accept", "accept a time waited for", "walk_in"),
    *("begin_assistance", "book_for", "book_later", "move_for"),
}


@pytest.fixture
def clock(monkeypatch):
    """Stand still on Sunday at nine, when people come to the office."""
    clock = places.Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


def has_done(do, world, role):
    try:
        return bool(do(world, role))
    except RuleViolation:
        return False


def deeds_done(table, world):
    """Return the deeds of the table as {(deed, moment): the roles that could do it}."""
    done = {}
    for (name, each), moment in product(table.items(), MOMENTS):
        who = set()
        for role in ROLES:
            with undone():
                end(moment, world)
                if has_done(each.do, world, role):
                    who.add(role)
        done[name, moment] = who
    return done


def expected(table):
    return {
        (name, moment): each.may[place]
        for (name, each), (place, moment) in product(table.items(), enumerate(MOMENTS))
    }


@pytest.mark.parametrize(("table", "make"), TABLES)
@pytest.mark.usefixtures("clock")
def test_deeds_are_done_by_those_who_may_and_nobody_else(table, make):
    world = make(people())
    done = deeds_done(table, world)
    for key, who in expected(table).items():
        assert done[key] == who, key


@pytest.mark.parametrize(("table", "actions"), [(INQUIRIES, filing), (APPOINTMENTS, booking)])
def test_every_action_of_somebody_is_in_the_table(table, actions):
    """A new action fails this test until the table says who may do it."""
    of_somebody = {
        name
        for name in actions.__all__
        if "actor" in getattr(inspect.signature(getattr(actions, name)), "parameters", ())
    }
    assert of_somebody - table.keys() == set()


def deeds_of_residents(table):
    return {name for name, each in table.items() if each.may[0] & set(ROLES[:5])}


def test_every_deed_of_residents_says_whether_a_recovery_closes_it():
    deeds = deeds_of_residents(INQUIRIES) | deeds_of_residents(APPOINTMENTS)
    assert CLOSED_AFTER_RECOVERY.isdisjoint(OPEN_AFTER_RECOVERY)
    assert deeds == CLOSED_AFTER_RECOVERY | OPEN_AFTER_RECOVERY


def give_everybody_a_new_mobile(world, done_at):
    """Let the accounts of all residents have been recovered at that moment."""
    for role in ROLES[:5]:
        Recovery.objects.create(
            user=getattr(world, role),
            way=Recovery.Way.REGISTRY,
            status=Recovery.Status.DONE,
            new_mobile="+966550000432",
            done_at=done_at,
            restricted_until=done_at + RESTRICTED_FOR,
        )


@pytest.mark.parametrize(("table", "make"), TABLES)
def test_a_new_mobile_closes_what_gives_up_what_is_older_and_nothing_else(table, make, clock):
    world = make(people())
    deeds = deeds_of_residents(table)
    second = timedelta(seconds=1)
    for done_at, closed in [
        (clock.now + second, CLOSED_AFTER_RECOVERY),
        (clock.now - second, set()),  # all of this is newer
        (clock.now - RESTRICTED_FOR - second, set()),
    ]:
        with undone():
            give_everybody_a_new_mobile(world, done_at)
            for name in deeds:
                may = set()
                for role in ROLES:
                    with undone():
                        if has_done(table[name].do, world, role):
                            may.add(role)
                assert may == (set() if name in closed else table[name].may[0]), (name, done_at)


class Away(LocalRegistry):
    """A registry that does not answer, and notes whether it was asked inside a transaction."""

    depths: list[int] = []

    def refresh(self, identity):
        self.depths.append(len(connection.savepoint_ids))
        raise RegistryUnavailable

    def lookup(self, number):
        return self.refresh(None)


def outcome(do, world):
    """Return the code of the refusal of a deed by somebody who may do it, or `done`."""
    for role in ROLES:
        with undone():
            try:
                if do(world, role):
                    return "done"
            except RuleViolation as violation:
                if violation.code == "registry_away":
                    return violation.code
    return None


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("table", "make"), TABLES)
def test_deeds_that_take_ask_the_registry_first_and_others_go_on_without_it(table, make, settings):
    world = make(people())
    settings.REGISTRY = f"{__name__}.Away"
    Away.depths.clear()
    found = {name: outcome(each.do, world) for name, each in table.items()}
    expected = dict.fromkeys(table, "done")
    expected |= dict.fromkeys(table.keys() & ASK_THE_REGISTRY, "registry_away")
    assert found == expected
    # Each deed of this test has a savepoint of its own, and the registry is asked in no other.
    assert set(Away.depths) == {len(connection.savepoint_ids) + 1}
