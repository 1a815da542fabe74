"""A clerk and the person whom they help change one appointment at the same moment."""

import uuid
from functools import partial
from threading import Barrier

import pytest

from appointments import actions
from appointments.actions import booking, on_behalf
from appointments.models import Appointment
from tests.appointments import places
from tests.factories import ServiceFactory, UserFactory
from tests.races.bookings import booked, cancel, counter, taken
from tests.races.together import DEADLINE_SECONDS, at_once, event_types_of, now, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

CANCELLED = "This appointment is “Cancelled” and cannot be changed any more."


def helping(person, aim):
    """Return a clerk, and the help to this person that they have begun."""
    clerk = places.clerk(places.office())
    return {"actor": clerk, "assistance": places.assistance(clerk, person, aim)}


def move_while_cancelled():
    """Let the clerk move what the person cancels; return the appointment, slots and sentences."""
    slot, later = places.some_slot(capacity=2), places.some_slot()
    appointment = places.confirmed(slot=slot)
    places.confirmed(slot=slot)
    given = helping(appointment.attendee, "change")
    move = partial(actions.move_for, **given, appointment=appointment, slot=later)
    results = at_once(move, partial(cancel, appointment))
    return appointment, [appointment.slot, later], told(results)


@pytest.mark.parametrize("_round", range(5))
def test_a_clerk_who_moves_and_the_person_who_cancels_leave_no_place_behind(_round):
    appointment, slots, sentences = move_while_cancelled()

    assert now(appointment).status == Appointment.Status.CANCELLED
    assert [taken(slot) for slot in slots] == [1, 0]
    assert sentences in ([], [CANCELLED])
    assert event_types_of(appointment)[-1] == "cancelled"


def test_control_without_locks_the_counters_are_wrong(guards):
    guards.take_out_row_locks()
    guards.wait_after(booking, "withdraw_offers", parties=2)
    slots = move_while_cancelled()[1]

    assert [counter(slot) for slot in slots] != [booked(slot) for slot in slots]


def book_by_clerk_and_person():
    """Let the clerk and the person book two services at one time; return the slot and results."""
    user, slot = UserFactory(), places.some_slot(capacity=2)
    given = helping(user.identity, "book")
    clerk = partial(
        actions.book_for,
        **given,
        attendee=user.identity,
        service=ServiceFactory(),
        slot=slot,
        operations=1,
        idempotency_key=uuid.uuid4(),
    )
    person = partial(places.held, user, slot=slot, service=ServiceFactory())
    return slot, at_once(clerk, person)


def test_a_clerk_and_the_person_do_not_book_two_services_at_one_time():
    slot, results = book_by_clerk_and_person()

    (refused,) = told(results)
    assert refused.endswith(" has another appointment at this time. Choose another time.")
    assert taken(slot) == 1


def test_control_without_locks_they_do(guards):
    guards.take_out_row_locks()
    together = Barrier(2, timeout=DEADLINE_SECONDS)
    for module in (booking, on_behalf):
        guards.wait_after(module, "check_no_conflict", together=together)

    slot, results = book_by_clerk_and_person()

    assert told(results) == []
    assert taken(slot) == 2
