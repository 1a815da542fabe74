"""Concurrent bookings from several tabs and accounts, the desk, and moves in a ring."""

import json
import uuid
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, OperationalError

from appointments import actions
from appointments.actions import booking
from appointments.models import Appointment, AppointmentQuerySet, Slot
from core.messaging.actions.delivery import deliver_due
from core.template_filters import moment_in_words
from tests.appointments import places
from tests.factories import IdentityFactory, ServiceFactory, UserFactory, link
from tests.races.bookings import (
    FULL,
    booked,
    cancel,
    event_types_of,
    hold,
    meanwhile,
    move,
    slots_now,
    taken,
    wait_after_first_slot_update,
)
from tests.races.together import (
    at_once,
    look_before_writing,
    take_out_row_locks,
    told,
    wait_after,
)

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db(transaction=True)]
parallel = pytest.mark.postgres
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MAX_HOLDS = "You are holding 3 times already. Confirm or cancel one of them first."
AT_THE_OFFICE = "This appointment is “At the office” and cannot be changed any more."
MOVED = "The appointment has been moved to another time meanwhile."
CANCELLED = "This appointment is “Cancelled” and cannot be changed any more."


LIVE_ALREADY = (
    "There is an appointment for this service and this person already, booked from another "
    "account. It can be moved or cancelled there."
)


def counter(*slots):
    """Return the taken count of each slot, right or wrong."""
    return [Slot.objects.get(pk=slot.pk).taken for slot in slots]


def now(appointment):
    return Appointment.objects.get(pk=appointment.pk)


def act_between_look_and_write(monkeypatch, action):
    """Split the first update of a status into a look and a write, with `action` in between."""
    update, steps = AppointmentQuerySet.update, iter([action])

    def look_then_write(appointments, **changes):
        if "status" not in changes or not (other := next(steps, None)):
            return update(appointments, **changes)
        found = list(appointments.values_list("pk", flat=True))
        at_once(other)
        return update(Appointment.objects.filter(pk__in=found), **changes)

    monkeypatch.setattr(AppointmentQuerySet, "update", look_then_write)


def two_in_one_slot(number=2):
    """Return an appointment that shares its slot with another, and later slots of capacity two."""
    slots = places.some_slots(number, capacity=2)
    places.confirmed(slot=slots[0])
    return places.confirmed(slot=slots[0]), slots[1:]


# Four tabs


def hold_four_times_at_once():
    user = UserFactory()
    results = at_once(
        *[partial(hold, user, slot, ServiceFactory()) for slot in places.some_slots(4)]
    )
    return user, results


@parallel
def test_four_holds_by_one_user_three_succeed():
    for _round in range(5):
        user, results = hold_four_times_at_once()

        assert told(results) == [MAX_HOLDS]
        assert user.appointments.live().count() == 3

    assert Slot.objects.filter(taken=1).count() == 15


@parallel
def test_control_without_user_lock_four_holds_succeed(monkeypatch):
    take_out_row_locks(monkeypatch)
    wait_after(monkeypatch, booking, "check_no_conflict", parties=4)

    user, results = hold_four_times_at_once()

    assert told(results) == []
    assert user.appointments.live().count() == 4


# One form


def hold_form(capacity):
    """Return a slot, and a function that sends the same hold form for it at each call."""
    user, service = UserFactory(), ServiceFactory()
    slot = places.some_slot(capacity=capacity)
    return slot, partial(
        places.held, user, slot=slot, service=service, idempotency_key=uuid.uuid4()
    )


@parallel
def test_hold_form_sent_twenty_times_holds_once():
    for capacity in [30, 1] * 3:
        slot, send = hold_form(capacity)

        results = at_once(*[send] * 20)

        assert told(results) == []
        held = slot.appointments.get()
        assert set(results) == {held}
        assert event_types_of(held) == ["held"]
        assert taken(slot) == 1


@parallel
def test_repeated_click_gets_hold_of_last_place(monkeypatch):
    slot, send = hold_form(capacity=1)
    meanwhile(monkeypatch, booking, "check_beneficiaries", send)

    results = at_once(send)

    assert told(results) == []
    assert results == [slot.appointments.get()]


@parallel
def test_control_without_lock_and_retry_second_click_fails(monkeypatch):
    _slot, send = hold_form(capacity=2)
    take_out_row_locks(monkeypatch)
    monkeypatch.setattr(booking, "MAX_REFERENCE_TRIES", 1)
    wait_after(monkeypatch, booking, "check_no_conflict", parties=2)

    with pytest.raises(IntegrityError, match="unique constraint"):
        at_once(send, send)


# One person, two accounts, two times


def hold_one_service_from_two_accounts():
    """Let two employers hold separate times for the same person and service."""
    person, service = IdentityFactory(), ServiceFactory()
    steps = []
    for slot in places.some_slots(2):
        employer = UserFactory()
        link(holder=employer.identity, person=person)
        steps.append(partial(hold, employer, slot, service, attendee=person))
    return person, at_once(*steps)


@parallel
def test_one_service_from_two_accounts_one_succeeds():
    for _round in range(10):
        person, results = hold_one_service_from_two_accounts()

        held = person.appointments.get()
        assert told(results) == [LIVE_ALREADY]
        assert taken(held.slot) == 1

    assert Slot.objects.filter(taken=0).count() == 10


@parallel
def test_without_lock_constraint_refuses_second_account(monkeypatch):
    take_out_row_locks(monkeypatch)
    wait_after(monkeypatch, booking, "check_no_conflict", parties=2)

    _person, results = hold_one_service_from_two_accounts()

    assert told(results) == [LIVE_ALREADY]


@parallel
def test_control_without_lock_and_retry_second_account_fails(monkeypatch):
    take_out_row_locks(monkeypatch)
    monkeypatch.setattr(booking, "MAX_REFERENCE_TRIES", 1)
    wait_after(monkeypatch, booking, "check_no_conflict", parties=2)

    with pytest.raises(IntegrityError, match="appointment_one_live"):
        hold_one_service_from_two_accounts()


# At the desk


def appointment_and_desk_steps(clocks):
    """Return an appointment that shares its slot, and actions on it, each at a suitable time."""
    appointment, (slot,) = two_in_one_slot()
    other_day = places.slot(slot.day + DAY, "12:00", of=slot.window, minutes=30)
    clerk = places.clerk(slot.office)
    morning, late = appointment.slot.start - 3 * HOUR, appointment.slot.start + HOUR / 2
    at_desk = {"actor": clerk, "appointment": appointment}
    steps = {
        "check in": clocks(morning, partial(actions.check_in, **at_desk)),
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


@parallel
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


@parallel
@pytest.mark.parametrize("rival", RIVALS)
def test_control_without_conditional_update_both_actions_succeed(clocks, monkeypatch, rival):
    appointment, steps = appointment_and_desk_steps(clocks)
    act_between_look_and_write(monkeypatch, steps[rival])

    assert told(at_once(steps["check in"])) == []

    assert event_types_of(appointment)[2:] == [RIVALS[rival][0], "checked_in"]
    assert (now(appointment).slot, counter(appointment.slot)) != (appointment.slot, [2])


@parallel
@pytest.mark.parametrize("rival", ["cancel", "move"])
def test_control_without_lock_checked_in_appointment_loses_place(clocks, monkeypatch, rival):
    appointment, steps = appointment_and_desk_steps(clocks)
    take_out_row_locks(monkeypatch)
    meanwhile(monkeypatch, booking, "lock_and_reload", steps["check in"])

    assert told(at_once(steps[rival])) == []

    assert event_types_of(appointment)[2:] == ["checked_in", RIVALS[rival][0]]
    assert counter(appointment.slot) == [1]


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


@parallel
def test_two_clerks_pressing_one_button_act_once(clocks):
    for button in [*BUTTONS] * 3:
        _before, action, left = BUTTONS[button]
        appointment, press = two_clerks_press(clocks, button)

        assert [result.status for result in press()] == [action, action]

        assert event_types_of(appointment).count(action) == 1
        assert taken(appointment.slot) == left


@parallel
@pytest.mark.parametrize("button", BUTTONS)
def test_control_without_conditional_update_clerks_act_twice(clocks, monkeypatch, button):
    _before, action, left = BUTTONS[button]
    appointment, press = two_clerks_press(clocks, button)
    look_before_writing(monkeypatch, AppointmentQuerySet, parties=2, only_if_changes="status")

    press()

    assert event_types_of(appointment).count(action) == 2
    assert counter(appointment.slot) == [2 - 2 * (2 - left)]


# Moves


@parallel
def test_move_to_two_slots_takes_one():
    for _round in range(5):
        appointment, others = two_in_one_slot(3)

        results = at_once(*[partial(move, appointment, slot) for slot in others])

        assert told(results) == []
        assert event_types_of(appointment) == ["held", "confirmed", "moved", "moved"]
        assert taken(appointment.slot) == taken(now(appointment).slot) == 1
        assert sorted(map(taken, others)) == [0, 1]


@parallel
def test_move_and_cancel_ends_cancelled():
    for _round in range(5):
        appointment, (other,) = two_in_one_slot()

        results = at_once(partial(move, appointment, other), partial(cancel, appointment))

        moved = ["moved"] if told(results) == [] else []
        assert told(results) in ([], [CANCELLED])
        assert event_types_of(appointment) == ["held", "confirmed", *moved, "cancelled"]
        assert [taken(appointment.slot), taken(other)] == [1, 0]


@parallel
@pytest.mark.parametrize("rival", ["move", "cancel"])
def test_control_without_lock_move_frees_two_places(monkeypatch, rival):
    appointment, (one, other) = two_in_one_slot(3)
    rivals = {"move": partial(move, appointment, other), "cancel": partial(cancel, appointment)}
    take_out_row_locks(monkeypatch)
    meanwhile(monkeypatch, booking, "lock_and_reload", rivals[rival])

    assert told(at_once(partial(move, appointment, one))) == []

    assert (counter(appointment.slot), booked(appointment.slot)) == ([0], 1)


def texts_delivered_until(clocks, moment, settings, appointment):
    """Deliver the due messages at `moment`; count all texts about `appointment` so far."""
    at_once(clocks(moment, deliver_due))
    lines = map(json.loads, settings.DEMO_PHONE_FILE.read_text().splitlines())
    return Counter(line["text"] for line in lines if appointment.reference in line["text"])


def move_while_reminder_is_sent(clocks, settings):
    """Move an appointment while its reminder is due.

    Return the texts sent in the end, those expected, and the old reminder that may be among them.
    """
    slots = places.some_slots(2)
    appointment = places.confirmed(slot=slots[0])
    *_others, too_early = places.texts_of_a_confirmation(appointment)
    confirmed = places.notice_of_confirmation(appointment)
    moment = slots[0].start - DAY
    at_once(
        clocks(moment, deliver_due),
        clocks(moment, move, appointment, slots[1]),
        clocks(moment, deliver_due),
    )
    appointment = now(appointment)
    soon, _notice, tomorrow = places.texts_of_a_confirmation(appointment)
    where = f"{moment_in_words(slots[1].start)}, {appointment.slot.office.name}"
    moved = f"Tawasul: appointment {appointment.reference} has been moved to {where}."
    for moment in (slots[1].start - DAY, slots[0].start - 2 * HOUR):
        at_once(clocks(moment, deliver_due))
    sent_texts = texts_delivered_until(clocks, slots[1].start - 2 * HOUR, settings, appointment)
    return sent_texts, Counter([confirmed, moved, tomorrow, soon]), Counter([too_early])


@parallel
def test_move_while_reminder_is_sent_drops_old_reminders(clocks, settings):
    for _round in range(5):
        sent_texts, expected, too_early = move_while_reminder_is_sent(clocks, settings)

        assert sent_texts in (expected, expected + too_early)


@parallel
def test_control_without_dropping_old_reminder_is_sent(clocks, settings, monkeypatch):
    monkeypatch.setattr(actions.rescheduling, "drop_reminders", lambda appointment: None)

    sent_texts, expected, too_early = move_while_reminder_is_sent(clocks, settings)

    assert (sent_texts - expected - too_early).total() == 1


# A ring


def four_in_a_ring(capacity):
    """Return four appointments, their slots, and a function that moves each to the next slot."""
    slots = places.some_slots(4, capacity=capacity)
    ring = [places.confirmed(slot=slot) for slot in slots]
    moves = [
        partial(move, each, slot) for each, slot in zip(ring, slots[1:] + slots[:1], strict=True)
    ]
    return ring, slots, lambda: at_once(*moves)


@parallel
def test_ring_of_moves_with_room_moves_all():
    for _round in range(5):
        ring, slots, turn = four_in_a_ring(capacity=2)

        assert told(turn()) == []

        assert slots_now(*ring) == slots[1:] + slots[:1]
        assert [taken(slot) for slot in slots] == [1] * 4


@parallel
def test_ring_of_moves_in_full_slots_moves_none(monkeypatch):
    # Otherwise the early check refuses all moves, and they never reach the slots.
    monkeypatch.setattr(booking, "check_bookable", lambda *_wish, **_kept: None)
    for _round in range(5):
        ring, slots, turn = four_in_a_ring(capacity=1)

        assert told(turn()) == [FULL] * 4

        assert slots_now(*ring) == slots
        assert [taken(slot) for slot in slots] == [1] * 4


@parallel
def test_control_without_slot_order_ring_deadlocks(monkeypatch):
    _ring, _slots, turn = four_in_a_ring(capacity=2)
    monkeypatch.setattr(actions.places, "sorted", lambda changes: changes, raising=False)
    wait_after_first_slot_update(monkeypatch, parties=4)

    with pytest.raises(OperationalError, match="deadlock detected"):
        turn()
