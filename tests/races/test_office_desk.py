"""Concurrent clerks: a place is given once, and a person is checked in once."""

import uuid
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db.models import F
from django.utils import timezone

from appointments import actions
from appointments.actions import booking, walk_ins
from appointments.models import Appointment, AppointmentQuerySet, Slot
from core.exceptions import RuleViolation
from tests.appointments import places
from tests.factories import IdentityFactory, ServiceFactory, UserFactory
from tests.races.bookings import (
    FULL,
    OVERLAP,
    booked,
    by_people,
    cancel,
    counter,
    hold,
    lapsed_holds,
    move,
    taken,
    two_in_one_slot,
)
from tests.races.together import DEADLINE_SECONDS, at_once, event_types_of, now, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NO_ROOM = "No time of today has room for this at this office any more. Offer an appointment."
HERE = "This person is checked in already."
AT_THE_OFFICE = "This appointment is “At the office” and cannot be changed any more."
MOVED = "The appointment has been moved to another time meanwhile."


def slot_of_today(*, office="al-rimal", capacity=1, minutes=60, kept=0):
    """Return a slot that starts in `minutes`, so that residents can book it as well."""
    hours = places.window(office=places.office(office))
    start = timezone.now() + timedelta(minutes=minutes)
    return Slot.objects.create(
        office=hours.office,
        window=hours,
        day=timezone.localdate(),
        start=start,
        end=start + timedelta(minutes=15),
        capacity=capacity,
        kept=kept,
    )


def walk_in(clerk, service, *, person=None, idempotency_key=None):
    return actions.walk_in(
        actor=clerk,
        office=clerk.offices.get(),
        number=(person or IdentityFactory()).current_number,
        service=service,
        operations=1,
        idempotency_key=idempotency_key or uuid.uuid4(),
    )


def walk_ins_by_clerks(number, office):
    """Return the walk-in of somebody at the desk of each of as many clerks."""
    service = ServiceFactory()
    people = IdentityFactory.create_batch(number)
    return [partial(walk_in, places.clerk(office), service, person=person) for person in people]


def race_clerks_and_residents(slot):
    return at_once(*walk_ins_by_clerks(10, slot.office), *by_people(10, hold, slot))


@pytest.mark.parametrize("is_under_hold", [False, True], ids=["free", "under a lapsed hold"])
@pytest.mark.parametrize("_round", range(5))
def test_last_place_goes_to_one_of_clerks_and_residents(is_under_hold, _round):
    slot = slot_of_today()
    if is_under_hold:
        lapsed_holds(1, slot)

    results = race_clerks_and_residents(slot)

    (winner,) = [each for each in results if not isinstance(each, RuleViolation)]
    assert taken(slot) == 1
    assert slot.appointments.live().get() == winner
    refused = told(results)
    assert len(refused) == 19
    assert set(refused) == {FULL, NO_ROOM}
    assert event_types_of(winner) == (["walked_in"] if winner.is_walk_in else ["held"])


def test_control_without_conditional_update_last_place_oversold(guards):
    slot = slot_of_today()
    guards.look_before_taking(booking, walk_ins, parties=20)

    assert told(race_clerks_and_residents(slot)) == []
    assert booked(slot) == 20


def race_for_the_last_kept_place(others):
    """Race two clerks, or a clerk and a resident, for a place that was kept for walk-ins."""
    # The resident may have it from this moment on, two hours before the start.
    minutes = 120 if others == "a booking" else 300
    slot = slot_of_today(capacity=2, minutes=minutes, kept=1)
    Slot.objects.filter(pk=slot.pk).update(taken=1)
    clerks = walk_ins_by_clerks(1 if others == "a booking" else 2, slot.office)
    residents = by_people(1, hold, slot) if others == "a booking" else []
    return slot, at_once(*clerks, *residents)


@pytest.mark.parametrize("others", ["a booking", "a walk-in"])
def test_last_kept_place_goes_through_one_of_two_doors(others):
    for _round in range(5):
        slot, results = race_for_the_last_kept_place(others)

        assert len(told(results)) == 1
        assert set(told(results)) <= {FULL, NO_ROOM}
        assert (counter(slot), places.kept(slot), booked(slot)) == (2, 0, 1)


@pytest.mark.parametrize("others", ["a booking", "a walk-in"])
def test_control_without_conditional_update_last_kept_place_oversold(guards, others):
    def look_then_take(_freed, *, into, operations, **_whose):
        assert now(into).capacity - now(into).taken >= operations
        both_have_looked.wait()
        Slot.objects.filter(pk=into.pk).update(kept=0, capacity=9, taken=F("taken") + operations)

    both_have_looked = Barrier(2, timeout=DEADLINE_SECONDS)
    guards.replace(booking, "move_places", look_then_take)
    guards.replace(walk_ins, "move_places", look_then_take)

    slot, results = race_for_the_last_kept_place(others)

    assert told(results) == []
    assert (counter(slot), booked(slot)) == (3, 2)


def test_resident_a_second_too_early_leaves_the_kept_place_to_the_walk_in(clocks):
    slot = slot_of_today(minutes=300, kept=1)
    opens = slot.start - timedelta(hours=2)
    (resident,) = by_people(1, hold, slot)
    (clerk,) = walk_ins_by_clerks(1, slot.office)

    walked_in, refused = at_once(clerk, clocks(opens - timedelta(seconds=1), resident))

    assert str(refused.message) == FULL
    assert (walked_in.slot, taken(slot), places.kept(slot)) == (slot, 1, 0)


def test_clerk_losing_a_place_gets_next_free_one():
    slots = [slot_of_today(minutes=minutes) for minutes in (60, 75, 90)]

    assert told(at_once(*walk_ins_by_clerks(6, slots[0].office))) == [NO_ROOM] * 3
    assert [taken(slot) for slot in slots] == [1, 1, 1]


def walk_in_twenty_times():
    """Send one form of a walk-in twenty times; return the slot and the results."""
    slot = slot_of_today(capacity=30)
    form = {"person": IdentityFactory(), "idempotency_key": uuid.uuid4()}
    step = partial(walk_in, places.clerk(slot.office), ServiceFactory(), **form)
    return slot, at_once(*[step] * 20)


def test_walk_in_form_sent_twenty_times_takes_one_place():
    slot, results = walk_in_twenty_times()

    assert {each.pk for each in results} == {slot.appointments.get().pk}
    assert taken(slot) == 1


def test_control_without_form_key_later_walk_ins_are_refused(guards):
    guards.replace(walk_ins, "derive_key", lambda *_content: uuid.uuid4())

    slot, results = walk_in_twenty_times()

    made = slot.appointments.get()
    has_one = "This person has an appointment for this service today ({}). Use that."
    assert told(results) == [has_one.format(made.reference)] * 19


def walk_in_and_hold_elsewhere(person):
    """Walk in at one office while the same person is booked at another for the same time."""
    here = slot_of_today()
    there = slot_of_today(office="qasr-al-hukm")
    Slot.objects.filter(pk=there.pk).update(start=here.start, end=here.end)
    return at_once(
        partial(walk_in, places.clerk(here.office), ServiceFactory(), person=person),
        partial(hold, UserFactory(identity=person), now(there), ServiceFactory()),
    )


@pytest.mark.parametrize("_round", range(5))
def test_walk_in_and_hold_at_one_time_one_succeeds(_round):
    person = IdentityFactory()

    assert told(walk_in_and_hold_elsewhere(person)) in ([NO_ROOM], [OVERLAP])
    assert Appointment.objects.live().filter(attendee=person).count() == 1


def test_control_without_person_lock_both_offices_succeed(guards):
    person = IdentityFactory()
    guards.take_out_row_locks()
    guards.wait_after(AppointmentQuerySet, "create", parties=2)

    assert told(walk_in_and_hold_elsewhere(person)) == []
    assert Appointment.objects.live().filter(attendee=person).count() == 2


def scan_twenty_times(appointment):
    office = appointment.slot.office
    clerks = [places.clerk(office), places.clerk(office)] * 10
    scan = {"office": office, "scanned": appointment.slips.get().check_code}
    return at_once(*(partial(actions.receive, actor=clerk, **scan) for clerk in clerks))


@pytest.mark.parametrize("_round", range(3))
def test_scan_twenty_times_checks_in_once(_round):
    appointment = places.confirmed(slot=slot_of_today())

    results = scan_twenty_times(appointment)

    assert set(told(results)) <= {HERE}
    assert len(told(results)) < 20
    assert event_types_of(appointment) == ["held", "confirmed", "checked_in"]


def test_control_without_conditional_update_each_scan_counts(guards):
    appointment = places.confirmed(slot=slot_of_today())
    guards.look_before_changing_status(parties=20)

    scan_twenty_times(appointment)

    assert event_types_of(appointment) == ["held", "confirmed", *["checked_in"] * 20]


def checked_in_since_yesterday():
    """Return an appointment checked in yesterday and not served, and a step that serves it.

    Its slot has a hold besides.
    """
    slot = slot_of_today(capacity=2)
    appointment = places.in_status(Appointment.Status.CHECKED_IN, slot=slot)
    places.held(slot=slot)
    Slot.objects.filter(pk=slot.pk).update(start=slot.start - DAY, end=slot.end - DAY)
    clerk = places.clerk(slot.office)
    return appointment, partial(actions.serve, actor=clerk, appointment=appointment)


@pytest.mark.parametrize("_round", range(5))
def test_serve_while_worker_settles_day_serves_once(_round):
    appointment, serve = checked_in_since_yesterday()

    at_once(serve, actions.settle_past)

    assert event_types_of(appointment) in (
        ["held", "confirmed", "served"],
        ["held", "confirmed", "unmarked"],
    )
    assert taken(appointment.slot) == 1


def test_control_without_conditional_update_serving_frees_twice(guards):
    appointment, serve = checked_in_since_yesterday()
    guards.look_before_changing_status()

    at_once(serve, actions.settle_past)

    assert sorted(event_types_of(appointment)[2:]) == ["served", "unmarked"]
    assert counter(appointment.slot) == 0


def appointment_and_desk_steps(clocks):
    """Return an appointment that shares its slot, and actions on it, each at a suitable time."""
    appointment, (slot,) = two_in_one_slot()
    other_day = places.slot(slot.day + DAY, "12:00", of=slot.window, minutes=30)
    morning, late = appointment.slot.start - 3 * HOUR, appointment.slot.start + HOUR / 2
    at_desk = {"actor": places.clerk(slot.office), "appointment": appointment}
    steps = {
        "check in": clocks(morning, partial(actions.check_in, is_early=True, **at_desk)),
        "serve": clocks(morning, partial(actions.serve, **at_desk)),
        "mark_no_show": clocks(late, partial(actions.mark_no_show, **at_desk)),
        "cancel": clocks(morning, cancel, appointment),
        "move": clocks(morning, move, appointment, other_day),
    }
    return appointment, steps


def cannot(status):
    return f"This cannot be done: the appointment is “{status}”."


# For each action that races with the check-in: its event, and the messages of the refusals that the
# clerk and the other party may get.
RIVALS = {
    "cancel": ("cancelled", cannot("Cancelled"), AT_THE_OFFICE),
    "move": ("moved", MOVED, AT_THE_OFFICE),
    "mark_no_show": ("no_show", cannot("Missed"), cannot("At the office")),
}


def test_check_in_against_rival_action_one_succeeds(clocks):
    for rival in [*RIVALS] * 4:
        action, clerk_told, rival_told = RIVALS[rival]
        appointment, steps = appointment_and_desk_steps(clocks)

        results = at_once(steps["check in"], steps[rival])

        assert (event_types_of(appointment)[2:], told(results)) in (
            (["checked_in"], [rival_told]),
            ([action], [clerk_told]),
        )
        assert taken(appointment.slot) == (2 if told(results) == [rival_told] else 1)
        assert taken(now(appointment).slot) in (1, 2)


@pytest.mark.parametrize("rival", RIVALS)
def test_control_without_conditional_update_both_actions_succeed(clocks, guards, rival):
    appointment, steps = appointment_and_desk_steps(clocks)
    guards.act_between_look_and_write(AppointmentQuerySet, steps[rival])

    assert told(at_once(steps["check in"])) == []

    assert event_types_of(appointment)[2:] == [RIVALS[rival][0], "checked_in"]
    assert (now(appointment).slot, counter(appointment.slot)) != (appointment.slot, 2)


@pytest.mark.parametrize("rival", ["cancel", "move"])
def test_control_without_lock_checked_in_appointment_loses_place(clocks, guards, rival):
    appointment, steps = appointment_and_desk_steps(clocks)
    guards.take_out_row_locks()
    guards.meanwhile(booking, "lock_and_reload", steps["check in"])

    assert told(at_once(steps[rival])) == []

    assert event_types_of(appointment)[2:] == ["checked_in", RIVALS[rival][0]]
    assert counter(appointment.slot) == 1


# For each button: the steps before it, its event, and the count of the slot afterwards, out of two.
BUTTONS = {
    "check in": ([], "checked_in", 2),
    "serve": (["check in"], "served", 1),
    "mark_no_show": ([], "no_show", 1),
}


def two_clerks_press(clocks, button):
    appointment, steps = appointment_and_desk_steps(clocks)
    for before in BUTTONS[button][0]:
        at_once(steps[before])
    return appointment, lambda: at_once(steps[button], steps[button])


def test_two_clerks_pressing_one_button_act_once(clocks):
    for button in [*BUTTONS] * 3:
        _before, action, left = BUTTONS[button]
        appointment, press = two_clerks_press(clocks, button)

        assert [result.status for result in press()] == [action, action]

        assert event_types_of(appointment).count(action) == 1
        assert taken(appointment.slot) == left


@pytest.mark.parametrize("button", BUTTONS)
def test_control_without_conditional_update_clerks_act_twice(clocks, guards, button):
    _before, action, left = BUTTONS[button]
    appointment, press = two_clerks_press(clocks, button)
    guards.look_before_changing_status()

    press()

    assert event_types_of(appointment).count(action) == 2
    assert counter(appointment.slot) == 2 - 2 * (2 - left)
