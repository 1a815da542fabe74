"""Past appointments that the desk has marked neither as served nor as missed."""

import datetime

import pytest

from appointments.actions import check_in, settle_past
from appointments.models import Appointment
from tests import factories
from tests.appointments import places
from tests.appointments.places import DAY, SECOND, TUESDAY, status_of, texts
from tests.worlds import undone

pytestmark = pytest.mark.django_db

Status = Appointment.Status
TWELVE_HOURS = datetime.timedelta(hours=12)


def last_event(appointment):
    return appointment.events.values_list("event_type", "role").last()


def test_appointment_is_settled_twelve_hours_after_end(clock, slot):
    left_as = (Status.CONFIRMED, Status.CONFIRMED, Status.CHECKED_IN)
    becomes = [Status.NO_SHOW, Status.NO_SHOW, Status.UNMARKED]
    appointments = [places.in_status(status, slot=slot) for status in left_as]
    told = [texts(each) for each in appointments]
    clock.now = slot.end + TWELVE_HOURS - SECOND
    assert (settle_past(), [status_of(each) for each in appointments]) == (0, [*left_as])
    clock.now = slot.end + TWELVE_HOURS
    assert (settle_past(), [status_of(each) for each in appointments]) == (3, becomes)
    assert settle_past() == 0
    assert [last_event(each) for each in appointments] == [(str(b), "portal") for b in becomes]
    assert places.taken(slot) == 0
    # No message is sent, because the attendee knows whether they came.
    assert [texts(each) for each in appointments] == told


def test_settled_appointment_stops_waiting(clock, slot):
    appointment = places.confirmed(slot=places.slot(TUESDAY, of=slot.window))
    places.wait(appointment)
    clock.now = appointment.slot.end + TWELVE_HOURS
    settle_past()
    assert not appointment.waitings.open().exists()


def test_appointment_in_other_status_is_not_settled(clock, slot):
    booked_at = clock.now
    over = (Status.SERVED, Status.NO_SHOW, Status.UNMARKED)
    for status in (Status.CANCELLED, Status.DISPLACED, *over):
        with undone():
            clock.now = booked_at
            appointment = places.in_status(status, slot=slot)
            clock.now = slot.end + 2 * TWELVE_HOURS
            assert (settle_past(), status_of(appointment)) == (0, status)


def test_user_can_book_again_once_settled(clock, slot, service):
    user = factories.UserFactory()
    appointment = places.confirmed(user, slot=slot, service=service)
    later = places.slot(TUESDAY, of=slot.window)
    clock.now = slot.end
    assert places.refused(places.held, user, slot=later, service=service) == (
        f"There is an appointment for this service and this person today ({appointment.reference}),"
        " and its time has come. If you cancel it, the same service can be booked again from "
        "tomorrow."
    )
    clock.now = slot.end + DAY
    settle_past()
    assert places.held(user, slot=later, service=service).is_held


def test_desk_can_check_in_until_settled(clock, slot, clerk):
    appointment = places.confirmed(slot=slot)
    clock.now = slot.end + TWELVE_HOURS - SECOND
    settle_past()
    check_in(actor=clerk, appointment=appointment)
    assert status_of(appointment) == Status.CHECKED_IN
