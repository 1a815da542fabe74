"""Marks taken back while somebody else takes the place, settles the day, or presses a button."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from appointments import actions
from appointments.actions import late_comers, no_show, taking_back
from appointments.models import Appointment, AppointmentQuerySet, Correction, Slot
from core.events import chain_is_whole
from core.exceptions import RuleViolation
from tests.appointments import places
from tests.factories import IdentityFactory, ServiceFactory
from tests.races.bookings import booked, counter, taken
from tests.races.test_office_desk import NO_ROOM, slot_of_today, walk_in
from tests.races.together import at_once, event_types_of, now, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

Status = Appointment.Status
HOUR = timedelta(hours=1)
GONE = (
    "This cannot be taken back: the place has gone to somebody else since, or the office has "
    "closed. If the person still needs to be served, register them as a walk-in."
)
CHANGED = (
    "Somebody has changed this appointment meanwhile ({}), and nothing has been taken back. "
    "Look at it again."
)


def take_back(clerk, appointment, version=None):
    """Return a step that takes the last mark back, as a page shows it that is open now."""
    seen = now(appointment).version if version is None else version
    given = {"appointment": appointment, "reason": "by_mistake", "expected_version": seen}
    return partial(actions.take_back, actor=clerk, **given)


def served_at(slot):
    """Return a clerk, and an appointment of theirs at this slot that they have marked as served."""
    clerk = places.clerk(slot.office)
    appointment = places.confirmed(slot=slot)
    actions.check_in(actor=clerk, appointment=appointment, is_early=True)
    actions.serve(actor=clerk, appointment=appointment)
    return clerk, appointment


# Against a walk-in for the same last place


def undo_against_walk_in():
    slot = slot_of_today()
    clerk, appointment = served_at(slot)
    colleague, person = places.clerk(slot.office), IdentityFactory()
    enters = partial(walk_in, colleague, ServiceFactory(), person=person)
    return slot, appointment, at_once(take_back(clerk, appointment), enters)


@pytest.mark.parametrize("_round", range(5))
def test_last_place_goes_back_or_to_the_walk_in(_round):
    slot, appointment, results = undo_against_walk_in()

    assert told(results) in ([GONE], [NO_ROOM])
    assert taken(slot) == 1
    is_back = told(results) == [NO_ROOM]
    assert now(appointment).status == (Status.CHECKED_IN if is_back else Status.SERVED)
    assert Correction.objects.count() == is_back
    assert chain_is_whole(now(appointment))


def test_control_without_conditional_update_both_get_the_place(guards):
    guards.replace(taking_back, "_move_places", lambda *_changes, **_how: None)

    slot, _appointment, results = undo_against_walk_in()

    assert told(results) == []
    assert (booked(slot), counter(slot)) == (2, 1)


# Against the night


def undo_against_night():
    """Take a call back while the worker settles the day: nobody can say which comes first."""
    slot = slot_of_today(capacity=2)
    clerk = places.clerk(slot.office)
    appointment = places.confirmed(slot=slot)
    actions.check_in(actor=clerk, appointment=appointment, is_early=True)
    places.confirmed(slot=slot)
    Slot.objects.filter(pk=slot.pk).update(
        start=slot.start - 14 * HOUR, end=timezone.now() - 12 * HOUR
    )
    return slot, appointment, clerk


@pytest.fixture
def _desk_stays_open(monkeypatch):
    """Let the desk be open a moment longer than the night has waited for."""
    monkeypatch.setattr(Appointment, "is_at_desk", True)


@pytest.mark.usefixtures("_desk_stays_open")
@pytest.mark.parametrize("_round", range(5))
def test_check_in_is_taken_back_or_settled_by_the_night(_round):
    slot, appointment, clerk = undo_against_night()

    results = at_once(take_back(clerk, appointment), actions.settle_past)

    events = event_types_of(appointment)[3:]
    assert (events, told(results)) in (
        (["taken_back"], []),
        (["taken_back", "no_show"], []),
        (["unmarked"], [CHANGED.format("Not marked by the office")]),
    )
    assert taken(slot) == (1 if events == ["taken_back"] else 0)
    assert chain_is_whole(now(appointment))


@pytest.mark.usefixtures("_desk_stays_open")
def test_control_without_conditional_update_the_night_settles_what_is_taken_back(guards):
    _slot, appointment, clerk = undo_against_night()
    guards.meanwhile(no_show, "lock_waiting", take_back(clerk, appointment))
    trust_what_was_read(guards)

    actions.settle_past()

    assert event_types_of(appointment)[3:] == ["taken_back", "unmarked"]


def trust_what_was_read(guards):
    """Let each UPDATE of a status find its row by the key alone."""
    update = AppointmentQuerySet.update

    def update_by_key(queryset, **changes):
        if "status" in changes and queryset.query.where:
            keys = [each.rhs for each in queryset.query.where.children if _is_key(each)]
            queryset = queryset.model.objects.filter(pk__in=keys)
        return update(queryset, **changes)

    guards.replace(AppointmentQuerySet, "update", update_by_key)


def _is_key(condition):
    return getattr(getattr(condition, "lhs", None), "target", None) == Appointment._meta.pk


# Two clerks


def two_clerks(capacity=2):
    slot = slot_of_today(capacity=capacity)
    clerk, appointment = served_at(slot)
    places.confirmed(slot=slot)
    return slot, appointment, (clerk, places.clerk(slot.office))


@pytest.mark.parametrize("_round", range(5))
def test_two_clerks_take_one_mark_back_once(_round):
    slot, appointment, clerks = two_clerks()

    results = at_once(*(take_back(clerk, appointment) for clerk in clerks))

    assert [result.status for result in results] == [Status.CHECKED_IN] * 2
    assert event_types_of(appointment)[2:] == ["checked_in", "served", "taken_back"]
    assert taken(slot) == 2


def test_control_without_locks_both_take_back(guards):
    slot, appointment, clerks = two_clerks(capacity=3)
    guards.take_out_row_locks()
    guards.replace(taking_back, "record", lambda *_event, **_facts: _event_of(appointment))
    guards.wait_after(taking_back, "last_mark", parties=2)
    guards.replace(Correction.objects, "create", lambda **_facts: None)

    at_once(*(take_back(clerk, appointment) for clerk in clerks))

    assert counter(slot) == 3
    assert booked(slot) == 2


def _event_of(appointment):
    return appointment.events.last()


@pytest.mark.parametrize("_round", range(5))
def test_serve_while_a_colleague_takes_the_check_in_back_one_succeeds(_round):
    slot = slot_of_today(capacity=2)
    clerk, colleague = places.clerk(slot.office), places.clerk(slot.office)
    appointment = places.confirmed(slot=slot)
    actions.check_in(actor=clerk, appointment=appointment, is_early=True)
    serve = partial(actions.serve, actor=colleague, appointment=now(appointment))

    results = at_once(take_back(clerk, appointment), serve)

    assert (event_types_of(appointment)[3:], told(results)) in (
        (["served"], [CHANGED.format("Served")]),
        (["taken_back"], ["This cannot be done: the appointment is “Confirmed”."]),
    )
    assert taken(slot) == (0 if event_types_of(appointment)[-1] == "served" else 1)


def test_control_without_lock_what_was_served_is_expected_again(guards):
    slot = slot_of_today(capacity=2)
    clerk, colleague = places.clerk(slot.office), places.clerk(slot.office)
    appointment = places.confirmed(slot=slot)
    actions.check_in(actor=clerk, appointment=appointment, is_early=True)
    serve = partial(actions.serve, actor=colleague, appointment=now(appointment))
    guards.take_out_row_locks()
    guards.meanwhile(taking_back, "last_mark", serve)

    assert told(at_once(take_back(clerk, appointment))) == []

    assert event_types_of(appointment)[3:] == ["served", "taken_back"]
    assert (booked(slot), counter(slot)) == (1, 0)


# Who comes after they were missed


def missed_and_walk_in():
    """Return a slot with a single place, who has missed it, and steps of them and of a walk-in."""
    slot = slot_of_today()
    clerk, colleague = places.clerk(slot.office), places.clerk(slot.office)
    missed = places.in_status(Status.NO_SHOW, slot=slot)
    Slot.objects.filter(pk=slot.pk).update(taken=0)
    enters = partial(walk_in, colleague, ServiceFactory())
    return slot, missed, partial(actions.check_in, actor=clerk, appointment=missed), enters


@pytest.mark.parametrize("_round", range(5))
def test_place_goes_to_the_late_comer_or_to_the_walk_in(_round):
    slot, missed, comes, enters = missed_and_walk_in()

    results = at_once(comes, enters)

    assert taken(slot) == 1
    assert [each.code for each in results if isinstance(each, RuleViolation)] == ["full"]
    has_come = now(missed).status == Status.CHECKED_IN
    assert (told(results) == [NO_ROOM]) == has_come


def test_control_without_conditional_update_late_comer_and_walk_in_both_enter(guards):
    slot, _missed, comes, enters = missed_and_walk_in()
    guards.replace(late_comers, "move_places", lambda *_changes, **_how: None)
    guards.meanwhile(late_comers, "_is_own_place_left", enters)

    assert told(at_once(comes)) == []

    assert (booked(slot), counter(slot)) == (2, 1)
