"""Past appointments that the desk has marked neither as served nor as missed."""

import datetime

import pytest

from appointments.actions import check_in, settle_past, wait
from appointments.models import Appointment
from tests import factories
from tests.appointments import places
from tests.appointments.places import SECOND, TUESDAY, texts

pytestmark = pytest.mark.django_db

Status = Appointment.Status
TWELVE_HOURS = datetime.timedelta(hours=12)


def status_of(appointment):
    return Appointment.objects.get(pk=appointment.pk).status


def event_types(appointment):
    return list(appointment.events.values_list("event_type", "role"))


@pytest.mark.parametrize(
    ("left_as", "becomes"), [(Status.CONFIRMED, Status.NO_SHOW), (Status.CHECKED_IN, Status.SERVED)]
)
def test_appointment_is_settled_twelve_hours_after_end(clock, slot, left_as, becomes):
    appointment = places.in_status(left_as, slot=slot)
    told = texts(appointment)
    clock.now = slot.end + TWELVE_HOURS - SECOND
    assert (settle_past(), status_of(appointment)) == (0, left_as)
    clock.now = slot.end + TWELVE_HOURS
    assert (settle_past(), status_of(appointment)) == (1, becomes)
    assert settle_past() == 0
    assert event_types(appointment)[-1] == (str(becomes), "portal")
    assert places.taken(slot) == 0
    # No message is sent, because the attendee knows whether they came.
    assert texts(appointment) == told


def test_two_appointments_of_one_slot_are_settled_each(clock, slot):
    appointments = [places.confirmed(slot=slot), places.confirmed(slot=slot)]
    clock.now = slot.end + TWELVE_HOURS
    assert settle_past() == 2
    assert [event_types(each)[-1] for each in appointments] == [("no_show", "portal")] * 2
    assert places.taken(slot) == 0


def test_settled_appointment_stops_waiting(clock, slot):
    appointment = places.confirmed(slot=places.slot(TUESDAY, of=slot.window))
    wait(actor=appointment.user, appointment=appointment)
    clock.now = appointment.slot.end + TWELVE_HOURS
    settle_past()
    assert not appointment.waitings.open().exists()


@pytest.mark.parametrize(
    "status", [Status.CANCELLED, Status.SERVED, Status.NO_SHOW, Status.DISPLACED]
)
def test_appointment_in_other_status_is_not_settled(clock, slot, status):
    appointment = places.in_status(status, slot=slot)
    clock.now = slot.end + 2 * TWELVE_HOURS
    assert (settle_past(), status_of(appointment)) == (0, status)


def test_user_can_book_again_once_settled(clock, slot):
    user, service = factories.UserFactory(), factories.ServiceFactory()
    appointment = places.confirmed(user, slot=slot, service=service)
    later = places.slot(TUESDAY, of=slot.window)
    clock.now = slot.end
    assert places.refused(places.held, user, slot=later, service=service) == (
        "There is an appointment for this service and this person already "
        f"({appointment.reference}), and it is too late to move or cancel it. Come back "
        "from the day after it to book another."
    )
    clock.now = slot.end + TWELVE_HOURS
    settle_past()
    assert places.held(user, slot=later, service=service).is_held


def test_desk_can_check_in_until_settled(clock, slot, clerk):
    appointment = places.confirmed(slot=slot)
    clock.now = slot.end + TWELVE_HOURS - SECOND
    settle_past()
    check_in(actor=clerk, appointment=appointment)
    assert status_of(appointment) == Status.CHECKED_IN
