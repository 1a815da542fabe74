"""Repeated requests, which return the result of the first one and lose no place."""

import uuid

import pytest
from django.utils import timezone

from appointments import actions
from appointments.models import Appointment
from tests.appointments import places
from tests.conftest import signed_in
from tests.factories import IdentityFactory, ServiceFactory, UserFactory

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]


@pytest.fixture
def person():
    return UserFactory()


@pytest.fixture
def hold(person):
    """Return a function that sends the same form, with one idempotency key, at every call."""
    form = {"idempotency_key": uuid.uuid4(), "service": ServiceFactory(), "operations": 1}

    def hold(slot):
        own = person.identity
        return actions.hold(actor=person, holder=own, attendee=own, slot=slot, **form)

    return hold


def taken_and_live(slot):
    slot.refresh_from_db()
    return slot.taken, sum(slot.appointments.live().values_list("operations", flat=True))


def test_hold_last_place_twice_returns_same_hold(hold):
    slot = places.some_slot(capacity=1)
    assert hold(slot) == hold(slot)
    assert taken_and_live(slot) == (1, 1)


def test_second_click_keeps_counter_right_beside_lapsed_hold(hold):
    slot = places.some_slot(capacity=3)
    other = places.held(slot=slot)
    first = hold(slot)
    places.lapse(other)
    assert hold(slot) == first
    taken, live = taken_and_live(slot)
    assert taken == live


def test_second_click_after_lapse_returns_lapsed_hold(hold, person):
    slot = places.some_slot(capacity=3)
    first = hold(slot)
    places.lapse(first)
    assert hold(slot) == first
    taken, live = taken_and_live(slot)
    assert taken == live
    actions.expire_due()
    assert taken_and_live(slot) == (0, 0)


def test_move_to_last_place_twice_moves_once():
    appointment, slot = places.confirmed(), places.some_slot(capacity=1)
    for _click in range(2):
        moved = actions.move(actor=appointment.user, appointment=appointment, slot=slot)
        assert moved.slot == slot
    assert taken_and_live(slot) == (1, 1)
    assert taken_and_live(appointment.slot) == (0, 0)


def test_own_lapsed_hold_does_not_block_move():
    appointment = places.confirmed()
    at_three = [places.some_slot(time="15:00") for _office in range(2)]
    places.lapse(places.held(appointment.user, slot=at_three[0]))
    actions.move(actor=appointment.user, appointment=appointment, slot=at_three[1])
    assert taken_and_live(at_three[0]) == (0, 0)


@pytest.mark.parametrize("action", ["confirm", "cancel"])
def test_stranger_cannot_confirm_or_cancel(action):
    appointment = places.confirmed()
    with pytest.raises(Appointment.DoesNotExist):
        getattr(actions, action)(actor=UserFactory(), appointment=appointment)
    address = f"/en/appointments/{appointment.reference}/{action}/"
    browser = signed_in(UserFactory(identity=IdentityFactory()))
    session = browser.session
    session["data_verified"] = True
    session.save()
    assert browser.post(address).status_code == 404


def test_serve_frees_place():
    appointment = places.confirmed()
    clerk = places.clerk(appointment.slot.office)
    appointment.slot.day = timezone.localdate()
    appointment.slot.save(update_fields=["day"])
    actions.check_in(actor=clerk, appointment=appointment)
    assert taken_and_live(appointment.slot) == (1, 1)
    actions.serve(actor=clerk, appointment=appointment)
    assert taken_and_live(appointment.slot) == (0, 0)
