"""Repeated requests, which return the result of the first one and lose no place."""

import uuid

import pytest
from django.utils import timezone

from appointments import actions
from core.exceptions import RuleViolation
from tests.appointments import places
from tests.appointments.browsing import verified
from tests.factories import UserFactory
from tests.worlds import undone

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]


@pytest.fixture
def hold(resident, service):
    """Return a function that sends the same form, with one idempotency key, at every call."""
    form = {"idempotency_key": uuid.uuid4(), "service": service}

    def hold(slot):
        return places.held(resident, slot=slot, **form)

    return hold


def taken_and_live(slot):
    slot.refresh_from_db()
    return slot.taken, sum(slot.appointments.live().values_list("operations", flat=True))


def test_hold_twice_returns_same_hold(hold):
    for capacity in (1, 4):
        slot = places.some_slot(capacity=capacity)
        with undone():
            assert hold(slot) == hold(slot)
            assert taken_and_live(slot) == (1, 1), capacity


def test_same_key_with_another_slot_is_another_appointment(resident, slot):
    key = uuid.uuid4()
    first = places.held(resident, slot=slot, idempotency_key=key)
    assert places.held(resident, slot=places.some_slot(), idempotency_key=key) != first


def test_second_click_keeps_counter_right_beside_lapsed_hold(hold):
    slot = places.some_slot(capacity=3)
    other = places.held(slot=slot)
    first = hold(slot)
    places.lapse(other)
    assert hold(slot) == first
    taken, live = taken_and_live(slot)
    assert taken == live


def test_second_click_after_lapse_returns_lapsed_hold(hold):
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
        moved = places.move(appointment, slot)
        assert (moved.slot, moved.slips.count()) == (slot, 2)
    assert taken_and_live(slot) == (1, 1)
    assert taken_and_live(appointment.slot) == (0, 0)


def test_confirm_or_cancel_twice_changes_nothing(resident, appointment, slot):
    again = actions.confirm(actor=resident, appointment=appointment)
    assert (again.version, again.slips.count()) == (appointment.version, 1)
    cancelled = places.cancel(appointment)
    assert places.cancel(appointment).version == cancelled.version
    assert places.taken(slot) == 0


def test_own_lapsed_hold_does_not_block_move():
    appointment = places.confirmed()
    at_three = [places.some_slot(time="15:00") for _office in range(2)]
    places.lapse(places.held(appointment.user, slot=at_three[0]))
    places.move(appointment, at_three[1])
    assert taken_and_live(at_three[0]) == (0, 0)


def test_stranger_cannot_confirm_or_cancel(appointment):
    for action in ("confirm", "cancel"):
        with pytest.raises(RuleViolation):
            getattr(actions, action)(actor=UserFactory(), appointment=appointment)
        address = f"/en/appointments/{appointment.reference}/{action}/"
        assert verified(UserFactory()).post(address).status_code == 404, action


def test_serve_frees_place():
    appointment = places.confirmed()
    clerk = places.clerk(appointment.slot.office)
    appointment.slot.day = timezone.localdate()
    appointment.slot.save(update_fields=["day"])
    actions.check_in(actor=clerk, appointment=appointment, is_early=True)
    assert taken_and_live(appointment.slot) == (1, 1)
    actions.serve(actor=clerk, appointment=appointment)
    assert taken_and_live(appointment.slot) == (0, 0)
