"""Appointments of which nobody at the desk has said what became of them."""

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
def test_twelve_hours_after_its_end_it_is_over(clock, slot, left_as, becomes):
    appointment = places.in_status(left_as, slot=slot)
    told = texts(appointment)
    clock.now = slot.end + TWELVE_HOURS - SECOND
    assert (settle_past(), status_of(appointment)) == (0, left_as)
    clock.now = slot.end + TWELVE_HOURS
    assert (settle_past(), status_of(appointment)) == (1, becomes)
    assert settle_past() == 0
    assert event_types(appointment)[-1] == (str(becomes), "portal")
    assert places.taken(slot) == 0
    # What came of it is no news to who was there, or was not.
    assert texts(appointment) == told


def test_whoever_is_settled_waits_for_nothing_earlier(clock, slot):
    appointment = places.confirmed(slot=places.slot(TUESDAY, of=slot.window))
    wait(actor=appointment.user, appointment=appointment)
    clock.now = appointment.slot.end + TWELVE_HOURS
    settle_past()
    assert not appointment.waitings.open().exists()


@pytest.mark.parametrize(
    "status", [Status.CANCELLED, Status.SERVED, Status.NO_SHOW, Status.DISPLACED]
)
def test_what_the_desk_or_the_person_has_ended_stays_as_it_is(clock, slot, status):
    appointment = places.in_status(status, slot=slot)
    clock.now = slot.end + 2 * TWELVE_HOURS
    assert (settle_past(), status_of(appointment)) == (0, status)


def test_who_was_forgotten_at_the_desk_books_again_on_the_next_day(clock, slot):
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


def test_until_then_the_desk_can_still_receive_them(clock, slot, clerk):
    appointment = places.confirmed(slot=slot)
    clock.now = slot.end + TWELVE_HOURS - SECOND
    settle_past()
    check_in(actor=clerk, appointment=appointment)
    assert status_of(appointment) == Status.CHECKED_IN
