"""Places that came free bit by bit, as two workers offer them and somebody books."""

from functools import partial
from threading import Barrier

import pytest

from appointments import actions
from appointments.actions import booking, waiting
from appointments.models import Slot
from core.exceptions import RuleViolation
from tests.appointments import places
from tests.factories import ServiceFactory, UserFactory
from tests.races.bookings import cancel, hold
from tests.races.test_waiting import (
    assert_every_slot_is_counted,
    capped_count,
    due,
    wait,
    whom_it_is_kept_for,
)
from tests.races.together import DEADLINE_SECONDS, at_once

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db(transaction=True)]
parallel = pytest.mark.postgres


def two_places_that_came_free():
    """At one time, before two appointments of which each needs both; and nobody has them yet."""
    slot = places.some_slot(capacity=2)
    leaving = [places.confirmed(slot=slot) for _place in range(2)]
    later, service = places.some_slot(capacity=4, time="15:00"), ServiceFactory()
    couples = [places.confirmed(slot=later, service=service, operations=2) for _two in range(2)]
    for each in couples:
        wait(each)
    for each in leaving:
        cancel(each)
    assert capped_count(slot) == 0
    return slot


def two_workers_and_somebody_who_books(slot):
    somebody = partial(hold, UserFactory(), slot, ServiceFactory())
    return at_once(actions.offer_what_came_free, actions.offer_what_came_free, somebody)


@parallel
@pytest.mark.parametrize("_round", range(5))
def test_what_came_free_is_kept_for_one_or_booked_by_another(_round):
    slot = two_places_that_came_free()

    *_workers, booked = two_workers_and_somebody_who_books(slot)

    kept = whom_it_is_kept_for(slot)
    is_booked = not isinstance(booked, RuleViolation)
    assert (len(kept), is_booked) in ((1, False), (0, True))
    assert_every_slot_is_counted()


@parallel
def test_control_without_the_conditional_update_it_is_kept_and_booked(monkeypatch):
    slot = two_places_that_came_free()
    everybody = Barrier(3, timeout=DEADLINE_SECONDS)

    def look_then_take(_freed, *, into, operations):
        looked_at = Slot.objects.get(pk=into.pk)
        everybody.wait()
        assert looked_at.taken + operations <= looked_at.capacity

    for module in (booking, waiting):
        monkeypatch.setattr(module, "move_places", look_then_take)

    two_workers_and_somebody_who_books(slot)

    assert len(whom_it_is_kept_for(slot)) == 2
    assert due(slot) == 5
