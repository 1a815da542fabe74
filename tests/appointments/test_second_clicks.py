"""A form that is sent again reaches what the first one has taken, and loses no place on the way."""

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
    """Send one form, as often as it is called."""
    form = {"idempotency_key": uuid.uuid4(), "service": ServiceFactory(), "operations": 1}

    def hold(slot):
        own = person.identity
        return actions.hold(actor=person, holder=own, attendee=own, slot=slot, **form)

    return hold


def taken_and_live(slot):
    slot.refresh_from_db()
    return slot.taken, sum(slot.appointments.live().values_list("operations", flat=True))


def test_the_last_place_is_not_refused_to_who_has_it(hold):
    slot = places.some_slot(capacity=1)
    assert hold(slot) == hold(slot)
    assert taken_and_live(slot) == (1, 1)


def test_a_second_click_frees_no_lapsed_hold_without_its_place(hold):
    slot = places.some_slot(capacity=3)
    other = places.held(slot=slot)
    first = hold(slot)
    places.lapse(other)
    assert hold(slot) == first
    taken, live = taken_and_live(slot)
    assert taken == live


def test_a_form_whose_hold_has_lapsed_shows_that_it_has(hold, person):
    slot = places.some_slot(capacity=3)
    first = hold(slot)
    places.lapse(first)
    assert hold(slot) == first
    taken, live = taken_and_live(slot)
    assert taken == live
    actions.expire_due()
    assert taken_and_live(slot) == (0, 0)


def test_a_move_to_the_last_place_is_not_refused_to_who_has_made_it():
    appointment, slot = places.confirmed(), places.some_slot(capacity=1)
    for _click in range(2):
        moved = actions.move(actor=appointment.user, appointment=appointment, slot=slot)
        assert moved.slot == slot
    assert taken_and_live(slot) == (1, 1)
    assert taken_and_live(appointment.slot) == (0, 0)


def test_ones_own_lapsed_hold_is_in_nobodys_way():
    appointment = places.confirmed()
    at_three = [places.some_slot(time="15:00") for _office in range(2)]
    places.lapse(places.held(appointment.user, slot=at_three[0]))
    actions.move(actor=appointment.user, appointment=appointment, slot=at_three[1])
    assert taken_and_live(at_three[0]) == (0, 0)


@pytest.mark.parametrize("action", ["confirm", "cancel"])
def test_a_stranger_does_nothing_to_it(action):
    appointment = places.confirmed()
    with pytest.raises(Appointment.DoesNotExist):
        getattr(actions, action)(actor=UserFactory(), appointment=appointment)
    address = f"/en/appointments/{appointment.reference}/{action}/"
    browser = signed_in(UserFactory(identity=IdentityFactory()))
    session = browser.session
    session["data_verified"] = True
    session.save()
    assert browser.post(address).status_code == 404


def test_who_is_served_gives_the_place_back():
    appointment = places.confirmed()
    clerk = places.clerk(appointment.slot.office)
    appointment.slot.day = timezone.localdate()
    appointment.slot.save(update_fields=["day"])
    actions.check_in(actor=clerk, appointment=appointment)
    assert taken_and_live(appointment.slot) == (1, 1)
    actions.serve(actor=clerk, appointment=appointment)
    assert taken_and_live(appointment.slot) == (0, 0)
