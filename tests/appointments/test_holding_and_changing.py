"""How long a time is held, until when an appointment can be changed, and what a move may do."""

import datetime

import pytest
from django.utils import timezone

from appointments import actions
from appointments.models import Appointment
from tests import factories
from tests.appointments import places
from tests.appointments.places import MINUTE, MONDAY, SECOND, SUNDAY, TUESDAY, at, refused

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]

Status = Appointment.Status
HOUR = datetime.timedelta(hours=1)

NOT_LINKED = "This person is not linked to your account. Choose somebody who is."
TAKEN = "This time has just been taken. Choose another."
OVERLAP = "Mohammed Aslam Khan has another appointment at this time. Choose another time."
TOO_LATE = (
    "It is too late: an appointment can be moved or cancelled until 2 hours before it begins."
)
EXPIRED = "The time was not confirmed within the minutes it was held. Choose a time again."


@pytest.fixture
def slot():
    return places.slot()


@pytest.fixture
def worker():
    return factories.IdentityFactory(name_en="Bilal Ahmed")


# The end of a hold


@pytest.mark.parametrize(("seconds", "stands"), [(-1, True), (0, False), (1, False)])
def test_a_held_time_is_confirmed_within_ten_minutes(resident, slot, clock, seconds, stands):
    held = places.held(resident, slot=slot)
    clock.now += 10 * MINUTE + seconds * SECOND
    if stands:
        assert actions.confirm(actor=resident, appointment=held).is_confirmed
    else:
        assert refused(actions.confirm, actor=resident, appointment=held) == EXPIRED


@pytest.mark.parametrize(("seconds", "stands"), [(-1, True), (0, False)])
def test_hold_shortly_before_start_expires_at_start(resident, slot, clock, seconds, stands):
    clock.now = slot.start - 2 * MINUTE
    held = places.held(resident, slot=slot)
    clock.now = slot.start + seconds * SECOND
    if stands:
        assert actions.confirm(actor=resident, appointment=held).is_confirmed
    else:
        assert refused(actions.confirm, actor=resident, appointment=held) == EXPIRED


@pytest.mark.parametrize(("seconds", "is_free"), [(-1, False), (0, True), (1, True)])
def test_lapsed_hold_frees_its_place_at_once(clock, seconds, is_free):
    slot = places.slot(capacity=1)
    lapsed = places.held(slot=slot)
    clock.now += 10 * MINUTE + seconds * SECOND
    if is_free:
        assert places.held(slot=slot).is_held
        lapsed.refresh_from_db()
        assert lapsed.status == Status.EXPIRED
    else:
        assert refused(places.held, slot=slot) == TAKEN
    assert places.taken(slot) == 1


@pytest.mark.parametrize(("seconds", "expired"), [(-1, 0), (0, 1), (1, 1)])
def test_expire_due_frees_lapsed_holds(slot, clock, seconds, expired):
    places.held(slot=slot, operations=3)
    places.confirmed(slot=slot)
    clock.now += 10 * MINUTE + seconds * SECOND
    assert actions.expire_due() == expired
    assert places.taken(slot) == (1 if expired else 4)
    assert actions.expire_due() == 0


def test_hold_can_be_cancelled(resident, slot):
    held = places.held(resident, slot=slot, operations=2)
    assert actions.cancel(actor=resident, appointment=held).status == Status.CANCELLED
    assert places.taken(slot) == 0


# The time limit of changes


@pytest.mark.parametrize(("seconds", "can_be"), [(-1, True), (0, False), (1, False)])
@pytest.mark.parametrize("action", ["move", "cancel"])
def test_an_appointment_is_changed_until_two_hours_before(
    resident, slot, clock, action, seconds, can_be
):
    appointment = places.confirmed(resident, slot=slot)
    later = places.slot(TUESDAY)
    clock.now = slot.start - 2 * HOUR + seconds * SECOND
    chosen = {"slot": later} if action == "move" else {}

    def change():
        return getattr(actions, action)(actor=resident, appointment=appointment, **chosen)

    assert appointment.can_be_changed == can_be
    if not can_be:
        assert refused(change) == TOO_LATE
        assert (places.taken(slot), places.taken(later)) == (1, 0)
        return
    changed = change()
    is_moved = action == "move"
    assert changed.status == (Status.CONFIRMED if is_moved else Status.CANCELLED)
    assert (places.taken(slot), places.taken(later)) == (0, 1 if is_moved else 0)


@pytest.mark.parametrize(
    ("status", "label"),
    [
        (Status.CHECKED_IN, "At the office"),
        (Status.SERVED, "Served"),
        (Status.EXPIRED, "Not confirmed in time"),
        (Status.NO_SHOW, "Missed"),
        (Status.CANCELLED, "Cancelled"),
        (Status.HELD, "Not confirmed yet"),
    ],
)
def test_appointment_in_other_status_cannot_be_changed(resident, slot, status, label):
    appointment = places.in_status(status, user=resident, slot=slot)
    sentence = f"This appointment is “{label}” and cannot be changed any more."
    move = {"actor": resident, "appointment": appointment, "slot": places.slot(TUESDAY)}
    assert refused(actions.move, **move) == sentence
    if status not in (Status.CANCELLED, Status.HELD):
        assert refused(actions.cancel, actor=resident, appointment=appointment) == sentence


def test_a_move_takes_as_many_places_as_it_gives_back(resident, slot):
    appointment = places.confirmed(resident, slot=slot, operations=3)
    later = places.slot(TUESDAY, capacity=3)
    moved = actions.move(actor=resident, appointment=appointment, slot=later)
    assert (moved.reference, moved.slot) == (appointment.reference, later)
    assert (places.taken(slot), places.taken(later)) == (0, 3)


def test_move_to_slot_without_room_keeps_old_slot(resident, slot):
    appointment = places.confirmed(resident, slot=slot, operations=3)
    full = places.slot(TUESDAY, capacity=2)
    criteria = {"actor": resident, "appointment": appointment, "slot": full}
    assert refused(actions.move, **criteria) == TAKEN
    assert (places.taken(slot), places.taken(full)) == (3, 0)


def test_appointment_with_ended_link_can_only_be_cancelled(resident, slot, worker):
    link = factories.link(resident.identity, worker)
    appointment = places.confirmed(resident, slot=slot, attendee=worker)
    link.until = SUNDAY - datetime.timedelta(days=1)
    link.save(update_fields=["until"])
    criteria = {"actor": resident, "appointment": appointment}
    assert refused(actions.move, **criteria, slot=places.slot(TUESDAY)) == NOT_LINKED
    actions.cancel(**criteria)
    assert places.taken(slot) == 0


def test_move_may_overlap_only_its_own_old_time(resident):
    appointment = places.confirmed(resident, slot=places.slot(minutes=30))
    places.confirmed(resident, slot=places.slot(time="12:00", minutes=30))
    criteria = {"actor": resident, "appointment": appointment}
    beside = places.slot(time="11:45", minutes=30)
    assert refused(actions.move, slot=beside, **criteria) == OVERLAP
    moved = actions.move(slot=places.slot(time="10:15", minutes=30), **criteria)
    assert timezone.localtime(moved.slot.start) == at(MONDAY, "10:15")
