"""How long a time is held, until when an appointment can be changed, and what a move may do."""

import pytest
from django.conf import settings
from django.utils import timezone

from appointments import actions
from appointments.models import Appointment
from core.accounts.rights import Acting
from tests import factories
from tests.appointments import places
from tests.appointments.places import MINUTE, SECOND, SUNDAY, TUESDAY, at, refusal, refused
from tests.appointments.sentences import (
    EXPIRED,
    NOT_SERVED,
    OVERLAP,
    PAST,
    TAKEN,
    TOO_FAR,
    TOO_LATE,
    TWO_LEFT,
)
from tests.worlds import undone

pytestmark = pytest.mark.django_db

Status = Appointment.Status


def confirm(held):
    return actions.confirm(actor=held.user, appointment=held)


def test_a_held_time_is_confirmed_within_ten_minutes(resident, slot, clock):
    held = places.held(resident, slot=slot)
    for seconds, found in ((0, EXPIRED), (1, EXPIRED), (-1, None)):
        clock.now = at(SUNDAY, "09:10") + seconds * SECOND
        assert refusal(confirm, held) == found, seconds
    assert places.status_of(held) == Status.CONFIRMED


def test_hold_shortly_before_start_expires_at_start(resident, slot, clock):
    clock.now = slot.start - 2 * MINUTE
    held = places.held(resident, slot=slot)
    for seconds, found in ((0, EXPIRED), (-1, None)):
        clock.now = slot.start + seconds * SECOND
        assert refusal(confirm, held) == found, seconds
    assert places.status_of(held) == Status.CONFIRMED


@pytest.mark.both_engines
def test_lapsed_hold_frees_its_place_at_once(clock):
    slot = places.slot(capacity=1)
    lapsed = places.held(slot=slot)
    for seconds, found in ((-1, TAKEN), (0, None), (1, None)):
        clock.now = at(SUNDAY, "09:10") + seconds * SECOND
        with undone():
            assert refusal(places.held, slot=slot) == found, seconds
            assert places.status_of(lapsed) == (Status.HELD if found else Status.EXPIRED)
            assert places.taken(slot) == 1


@pytest.mark.both_engines
def test_expire_due_frees_lapsed_holds(slot, clock):
    places.held(slot=slot, operations=3)
    places.confirmed(slot=slot)
    for seconds, expired in ((-1, 0), (0, 1), (1, 1)):
        clock.now = at(SUNDAY, "09:10") + seconds * SECOND
        with undone():
            assert actions.expire_due() == expired, seconds
            assert places.taken(slot) == (1 if expired else 4)
            assert actions.expire_due() == 0


def test_lapsed_hold_is_listed_with_what_is_over(resident, slot):
    held = places.held(resident, slot=slot)
    places.lapse(held)
    mine = Appointment.objects.listed_for(Acting(resident, resident.identity))
    assert (list(mine.unsettled()), list(mine.over())) == ([], [held])


def test_hold_can_be_cancelled(resident, slot):
    held = places.held(resident, slot=slot, operations=2)
    assert places.cancel(held).status == Status.CANCELLED
    assert places.taken(slot) == 0


def test_an_appointment_is_moved_until_two_hours_before_and_cancelled_later_too(
    appointment, slot, clock
):
    later = places.slot(TUESDAY)
    for seconds, found in ((-1, None), (0, TOO_LATE), (1, TOO_LATE), (3 * 3600, TOO_LATE)):
        clock.now = slot.start - 2 * places.HOUR + seconds * SECOND
        assert appointment.can_be_moved == (found is None), seconds
        with undone():
            assert refusal(places.move, appointment, later) == found, seconds
            assert places.status_of(appointment) == Status.CONFIRMED
            counters = (places.taken(slot), places.taken(later))
            assert counters == ((1, 0) if found else (0, 1))
        with undone():
            assert places.cancel(appointment).status == Status.CANCELLED, seconds
            assert (places.taken(slot), places.taken(later)) == (0, 0)


def test_appointment_in_other_status_cannot_be_changed(resident, slot):
    later = places.slot(TUESDAY)
    for status, label in (
        (Status.CHECKED_IN, "At the office"),
        (Status.SERVED, "Served"),
        (Status.EXPIRED, "Not confirmed in time"),
        (Status.NO_SHOW, "Missed"),
        (Status.CANCELLED, "Cancelled"),
        (Status.HELD, "Not confirmed yet"),
    ):
        with undone():
            appointment = places.in_status(status, user=resident, slot=slot)
            sentence = f"This appointment is “{label}” and cannot be changed any more."
            assert refused(places.move, appointment, later) == sentence
            if status not in (Status.CANCELLED, Status.HELD):
                assert refused(places.cancel, appointment) == sentence


def test_a_move_takes_as_many_places_as_it_gives_back(resident, slot):
    appointment = places.confirmed(resident, slot=slot, operations=3)
    full = places.slot(TUESDAY, "11:00", capacity=2)
    assert refused(places.move, appointment, full) == TWO_LEFT
    assert (places.taken(slot), places.taken(full)) == (3, 0)
    later = places.slot(TUESDAY, capacity=3)
    moved = places.move(appointment, later)
    assert (moved.reference, moved.slot) == (appointment.reference, later)
    assert (places.taken(slot), places.taken(later)) == (0, 3)


def test_move_to_time_that_cannot_be_booked_is_refused(appointment, slot):
    for_others = places.window(office=slot.office, services=[factories.ServiceFactory()])
    beyond = SUNDAY + (settings.BOOKING["HORIZON_DAYS"] + 1) * places.DAY
    for other, told in (
        (places.slot(TUESDAY, of=for_others), NOT_SERVED),
        (places.slot(SUNDAY, "08:45", of=slot.window), PAST),
        (places.slot(beyond, of=slot.window), TOO_FAR),
    ):
        assert refused(places.move, appointment, other) == told
        assert (places.taken(slot), places.taken(other)) == (1, 0)


def test_appointment_with_ended_link_is_changed_by_its_attendee_alone(resident, slot, worker):
    link = factories.link(resident.identity, worker)
    appointment = places.confirmed(resident, slot=slot, attendee=worker)
    link.until = SUNDAY - places.DAY
    link.save(update_fields=["until"])
    no_longer = (
        "This is no longer yours: Mohammed Aslam Khan can no longer act for Bilal Ahmed. You can "
        "still read what was sent."
    )
    other = places.slot(TUESDAY)
    assert refused(places.move, appointment, other) == no_longer
    assert refused(places.cancel, appointment) == no_longer
    attendee = factories.UserFactory(identity=worker)
    moved = actions.move(actor=attendee, appointment=appointment, slot=other)
    actions.cancel(actor=attendee, appointment=moved)
    assert places.taken(slot) == places.taken(moved.slot) == 0


def test_move_may_overlap_only_its_own_old_time(resident):
    appointment = places.confirmed(resident, slot=places.slot(minutes=30))
    places.confirmed(resident, slot=places.slot(time="12:00", minutes=30))
    beside = places.slot(time="11:45", minutes=30)
    assert refused(places.move, appointment, beside) == OVERLAP
    moved = places.move(appointment, places.slot(time="10:15", minutes=30))
    assert timezone.localtime(moved.slot.start) == at(places.MONDAY, "10:15")
