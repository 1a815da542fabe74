"""People who come after they were marked as missed are received with the same appointment."""

import pytest

from appointments.actions import check_in, mark_no_show, receive, serve, take_back
from appointments.models import Appointment
from core.references import grouped_reference
from core.template_filters import full_moment
from tests.appointments import places
from tests.appointments.desk.pages import press
from tests.appointments.places import (
    HOUR,
    MINUTE,
    MONDAY,
    SUNDAY,
    at,
    event_types,
    refused,
    status_of,
    taken,
)
from tests.appointments.sentences import NOT_CLERK, other_day
from tests.conftest import notices_on, signed_in_staff

pytestmark = pytest.mark.django_db

Status = Appointment.Status
NO_ROOM = (
    "The place of this appointment has gone to somebody else, and no time of today has room for it "
    "at this office any more. Offer an appointment on another day."
)


@pytest.fixture
def single(hours):
    """Return a slot of today with a single place, from ten to eleven."""
    return places.slot(SUNDAY, "10:00", of=hours, capacity=1, minutes=60)


@pytest.fixture
def missed(clerk, single, clock):
    """Return an appointment at the single place that was marked as missed; it is 10:20."""
    appointment = places.confirmed(slot=single)
    clock.now = single.start + 20 * MINUTE
    mark_no_show(actor=clerk, appointment=appointment)
    return appointment


def now(appointment):
    return Appointment.objects.select_related("slot").get(pk=appointment.pk)


def test_own_place_is_taken_again(clerk, missed, single):
    assert check_in(actor=clerk, appointment=missed).status == Status.CHECKED_IN
    assert (now(missed).slot, taken(single)) == (single, 1)
    assert event_types(missed)[2:] == ["no_show", "checked_in"]
    serve(actor=clerk, appointment=missed)
    assert (status_of(missed), taken(single)) == (Status.SERVED, 0)


def test_next_time_is_given_where_own_place_is_gone(clerk, missed, single):
    full = places.slot(SUNDAY, "11:00", of=single.window, capacity=1)
    places.confirmed(slot=full)
    free = places.slot(SUNDAY, "11:15", of=single.window, capacity=1)
    places.walked_in(clerk)
    page = press(signed_in_staff(clerk), missed, "check-in")
    number = grouped_reference(missed.reference)
    assert notices_on(page) == [f"The person is checked in: {number} at 11:15."]
    assert (now(missed).slot, taken(single), taken(free)) == (free, 1, 1)
    assert event_types(missed)[2:] == ["no_show", "moved", "checked_in"]


def test_scan_receives_whoever_was_missed(clerk, missed, single):
    gone = places.confirmed(missed.user, slot=places.slot(SUNDAY, "14:00", of=single.window))
    places.cancel(gone)
    for scanned in (missed.reference, missed.attendee.current_number):
        received = receive(actor=clerk, office=single.office, scanned=scanned)
        assert (received.pk, received.status) == (missed.pk, Status.CHECKED_IN)
        Appointment.objects.filter(pk=missed.pk).update(status=Status.NO_SHOW)


def test_full_day_is_refused_with_what_to_do(clerk, missed, single):
    places.walked_in(clerk)
    places.slot(MONDAY, of=single.window)
    assert refused(check_in, actor=clerk, appointment=missed) == NO_ROOM
    assert event_types(missed)[2:] == ["no_show"]


def test_time_of_another_appointment_is_passed_over(clerk, missed, single):
    places.walked_in(clerk)
    theirs = places.slot(SUNDAY, "13:00", of=single.window)
    places.confirmed(missed.user, slot=theirs)
    assert refused(check_in, actor=clerk, appointment=missed) == NO_ROOM
    free = places.slot(SUNDAY, "13:15", of=single.window)
    check_in(actor=clerk, appointment=missed)
    assert now(missed).slot == free


def test_appointment_made_since_is_used_instead(clerk, missed, single):
    places.slot(SUNDAY, "14:00", of=single.window)
    number = missed.attendee.current_number
    places.walked_in(clerk, number=number, service=missed.service)
    assert refused(check_in, actor=clerk, appointment=missed) == (
        "This person has another appointment for this service by now. Use that one, or have it "
        "cancelled first."
    )


def test_missed_of_another_day_is_not_received(clerk, missed, clock):
    clock.now = at(MONDAY, "09:00")
    assert refused(check_in, actor=clerk, appointment=missed) == other_day(
        full_moment(missed.slot.start)
    )


def test_who_comes_after_the_night_has_settled_their_time_gets_a_later_one(clerk, missed, clock):
    """In their own time, the worker would settle them again before anybody serves them."""
    clock.now = missed.slot.end + 12 * HOUR
    assert refused(check_in, actor=clerk, appointment=missed) == NO_ROOM
    late = places.slot(SUNDAY, "23:15", of=missed.slot.window)
    check_in(actor=clerk, appointment=missed)
    assert now(missed).slot == late


def test_wish_for_the_same_service_ends(clerk, missed):
    wish = places.wish(missed.user, missed.service)
    check_in(actor=clerk, appointment=missed)
    wish.refresh_from_db()
    assert wish.ended_at


def test_check_in_is_taken_back_to_missed_at_the_first_time(clerk, missed, single):
    places.walked_in(clerk)
    later = places.slot(SUNDAY, "13:00", of=single.window, capacity=1)
    check_in(actor=clerk, appointment=missed)
    version = now(missed).version
    assert taken(later) == 1
    given = {"reason": "wrong_person", "expected_version": version}
    back = take_back(actor=clerk, appointment=now(missed), **given)
    assert (back.status, back.slot) == (Status.NO_SHOW, single)
    assert (taken(later), taken(single)) == (0, 1)


def test_clerks_of_another_office_receive_nobody_missed(missed, elsewhere):
    stranger = places.clerk(elsewhere.office)
    assert refused(check_in, actor=stranger, appointment=missed) == NOT_CLERK


def test_own_time_is_passed_over_where_they_have_another_appointment(clerk, missed, single):
    other = places.confirmed(missed.user, slot=places.slot(SUNDAY, "14:00", of=single.window))
    same_time = places.slot(SUNDAY, "10:15", of=single.window)
    Appointment.objects.filter(pk=other.pk).update(slot=same_time)
    free = places.slot(SUNDAY, "13:15", of=single.window)
    check_in(actor=clerk, appointment=missed)
    assert now(missed).slot == free


def test_own_place_that_is_reserved_for_who_waits_is_taken_again(clerk, missed, single):
    type(single).objects.filter(pk=single.pk).update(reserved=1)
    places.note_worker()
    check_in(actor=clerk, appointment=missed)
    assert (now(missed).slot, taken(single), places.reserved(single)) == (single, 1, 0)
