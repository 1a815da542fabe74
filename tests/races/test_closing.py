"""Displacement from closed slots: each applicant is texted once, each place counted once."""

import signal
import uuid
from collections import Counter
from datetime import timedelta
from functools import partial
from threading import Event

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from appointments import actions
from appointments.actions import allocation, booking, desk, displacement
from appointments.models import Appointment, Offer, Slip, Slot
from core.accounts.models import Identity, Link
from core.chores.models import Chore
from core.chores.rows import Step
from core.messaging.models import Message
from tests.appointments import places
from tests.races.bookings import assert_slot_counters_match, cancel, counter, lapsed_holds, move
from tests.races.processes import worker
from tests.races.together import (
    DEADLINE_SECONDS,
    at_once,
    event_types_of,
    lock_is_awaited,
    now,
    told,
    until,
)

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLOSED = "This cannot be done: the appointment is “Office closed”."


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch):
    """Let a chore go through all its rows at once, however slow the machine is."""
    monkeypatch.setattr(Step, "is_over", False)


def close(*slots):
    """Mark `slots` as closed; the worker has not displaced anybody yet."""
    Slot.objects.filter(pk__in=[slot.pk for slot in slots]).update(is_closed=True)


def fields_of(row, *left_out):
    """Return the values of the fields of `row`, but for the primary key and those `left_out`."""
    names = [field.name for field in row._meta.concrete_fields]
    return {name: getattr(row, name) for name in names if name not in ("id", *left_out)}


def copies(appointment, slots):
    """Insert a copy of `appointment` per slot, each for a new person; booking them takes longer."""
    fields = fields_of(now(appointment), "idempotency_key", "reference", "attendee", "slot")
    person = fields_of(appointment.attendee)
    people = Identity.objects.bulk_create([Identity(**person) for _slot in slots])
    since = timezone.localdate()
    Link.objects.bulk_create(
        Link(holder=appointment.holder, person=person, kind=Link.Kind.EMPLOYER, since=since)
        for person in people
    )
    made = Appointment.objects.bulk_create(
        Appointment(idempotency_key=uuid.uuid4(), attendee=person, slot=slot, **fields)
        for person, slot in zip(people, slots, strict=True)
    )
    Slip.objects.bulk_create(Slip(appointment=each, slot=each.slot) for each in made)
    for pk, more in Counter(slot.pk for slot in slots).items():
        Slot.objects.filter(pk=pk).update(taken=F("taken") + more)
    return made


def texts_of_closing():
    """Return the number of texts about the closing, by reference."""
    about = Message.objects.filter(channel="sms", text__contains="the office is closed")
    return Counter(about.values_list("about", flat=True))


def closing_office(booked, *, left):
    """Return `booked` appointments in ten closed slots, and ten later slots for `left` in all."""
    slots = places.some_slots(10, time="08:00", capacity=booked // 10)
    hours, next_day = slots[0].window, slots[0].day + DAY
    later = [
        places.slot(next_day, f"{start:%H:%M}", of=hours, capacity=left // 10, minutes=30)
        for start in hours.starts_on(slots[0].day)
    ]
    first = places.confirmed(slot=slots[0])
    others = [slot for slot in slots for _place in range(booked // 10)][1:]
    appointments = [first, *copies(first, others)]
    close(*slots)
    return appointments, later


def assert_each_is_notified_once(appointments, later, *, left):
    assert texts_of_closing() == {each.reference: 1 for each in appointments}
    rows = Appointment.objects.filter(pk__in=[each.pk for each in appointments])
    assert [each.status for each in rows] == ["displaced"] * len(appointments)
    kept = Offer.objects.open()
    assert len(set(kept.values_list("appointment", flat=True))) == kept.count() == left
    nothing = Message.objects.filter(text__contains="No other time is free", channel="sms")
    kept_for = set(kept.values_list("appointment__reference", flat=True))
    told_of_none = set(nothing.values_list("about", flat=True))
    assert kept_for.isdisjoint(told_of_none)
    assert kept_for | told_of_none == {each.reference for each in appointments}
    assert [counter(slot) for slot in later] == [left // 10] * 10
    assert_slot_counters_match()


def test_two_workers_displace_each_of_200_once():
    appointments, later = closing_office(200, left=150)

    results = at_once(actions.displace_due, actions.displace_due)

    assert (sum(results), actions.displace_due()) == (200, 0)
    assert sum(at_once(actions.allocate, actions.allocate)) == 150
    assert_each_is_notified_once(appointments, later, left=150)


def test_control_without_locks_a_closing_is_told_twice(guards):
    slot = places.some_slot()
    appointment = places.confirmed(slot=slot)
    close(slot)
    actions.displace_due()
    guards.take_out_row_locks()
    guards.meanwhile(allocation, "lock_and_reload", actions.allocate)

    at_once(actions.allocate)

    assert texts_of_closing() == {appointment.reference: 2}


def test_killed_worker_leaves_rest_to_be_told_once(tmp_path):
    """Kill the worker between the thirteenth offer and the commit of that."""
    appointments, later = closing_office(40, left=40)
    # The hours know nothing of this closing, and would open the slots again.
    Chore.objects.create(name="make_slots", next_run_at=timezone.now() + DAY)

    with transaction.atomic():
        # This slot is offered to the thirteenth appointment: the first twelve fill three slots.
        list(Slot.objects.select_for_update().filter(pk=later[3].pk))
        with worker(tmp_path) as process:
            until(lock_is_awaited)
    assert process.returncode == -signal.SIGKILL
    displaced = Appointment.objects.filter(status="displaced").count()
    assert displaced > 12
    assert sum(texts_of_closing().values()) == 12

    assert places.displace() == 40 - displaced
    assert_each_is_notified_once(appointments, later, left=40)


def appointment_in_closed_slot(clocks):
    """Return one of two appointments in a closed slot, and the actions that race on it."""
    slot, other, _third, _fourth = places.some_slots(4, capacity=2)
    appointment, _neighbour = [places.confirmed(slot=slot) for _place in range(2)]
    clerk = places.clerk(slot.office)
    check_in = partial(actions.check_in, actor=clerk, appointment=appointment, is_early=True)
    close(slot)
    morning = slot.start - 3 * HOUR
    steps = {
        "cancel": clocks(morning, cancel, appointment),
        "move": clocks(morning, move, appointment, other),
        "check in": clocks(morning, check_in),
        "displace": clocks(morning, actions.displace_due),
        "allocate": clocks(morning, actions.allocate),
    }
    return appointment, steps


# For each rival action: the events when it was first, the events when it was second, and its
# refusals then. Who has chosen before the allocator runs is not told of the closing any more.
RIVALS = {
    "cancel": (["cancelled"], ["displaced", "cancelled"], []),
    "move": (["moved"], ["displaced", "moved"], []),
    "check in": (["checked_in"], ["displaced", "offered"], [CLOSED]),
}


@pytest.mark.parametrize("rival", RIVALS)
def test_rival_action_runs_before_or_after_displacement(clocks, rival):
    first, second, refused = RIVALS[rival]
    for _round in range(4):
        appointment, steps = appointment_in_closed_slot(clocks)

        results = at_once(steps["displace"], steps[rival])
        at_once(steps["allocate"])

        events = event_types_of(appointment)[2:]
        assert (events, told(results)) in [(first, []), (second, refused)]
        assert texts_of_closing()[appointment.reference] == ("offered" in events)
        assert_slot_counters_match()


@pytest.mark.parametrize("rival", RIVALS)
def test_worker_waiting_for_rival_skips_changed_appointment(clocks, guards, rival):
    """Let the worker wait for the row lock of an appointment until the rival has committed."""
    appointment, steps = appointment_in_closed_slot(clocks)
    is_in_the_middle = Event()
    owner, last = (booking, "move_places") if rival != "check in" else (desk, "withdraw_offers")
    finish = getattr(owner, last)

    def let_the_worker_queue_first(*args, **kwargs):
        is_in_the_middle.set()
        until(lock_is_awaited)
        return finish(*args, **kwargs)

    def displace_meanwhile():
        assert is_in_the_middle.wait(DEADLINE_SECONDS)
        return steps["displace"]()

    guards.replace(owner, last, let_the_worker_queue_first)
    results = at_once(displace_meanwhile, steps[rival])

    assert event_types_of(appointment)[2:] == RIVALS[rival][0]
    assert told(results) == []
    assert texts_of_closing()[appointment.reference] == 0
    assert_slot_counters_match()


@pytest.mark.parametrize("rival", ["cancel", "move"])
def test_control_without_locks_displacement_frees_twice(clocks, guards, rival):
    appointment, steps = appointment_in_closed_slot(clocks)
    guards.take_out_row_locks()
    guards.meanwhile(displacement, "lock_and_reload", steps[rival])

    # At the second appointment of the slot, the count is zero already and cannot be lowered.
    with pytest.raises(IntegrityError, match="slot_taken_check"):
        at_once(steps["displace"])

    assert event_types_of(appointment)[2:] == [*RIVALS[rival][0], "displaced"]


def test_displacement_offers_time_beside_lapsed_hold():
    """No worker has expired the hold yet; the slot after it is free in any case."""
    closes, under_hold, _free = places.some_slots(3)
    appointment = places.confirmed(slot=closes)
    lapsed_holds(1, under_hold)
    close(closes)

    places.displace()

    assert now(appointment).status == "displaced"
    assert appointment.offers.open().count() == 1
    assert_slot_counters_match()


@pytest.mark.parametrize("choice", ["accept", "cancel", "move"])
def test_choice_against_reopening_ends_one_way(choice):
    for _round in range(3):
        closes, _other, third = places.some_slots(3)
        appointment = places.confirmed(slot=closes)
        close(closes)
        places.displace()
        offer = appointment.offers.get()
        choose = {
            "accept": partial(actions.accept, actor=appointment.user, offer=offer),
            "cancel": partial(cancel, appointment),
            "move": partial(move, appointment, third),
        }[choice]
        Slot.objects.filter(pk=closes.pk).update(is_closed=False, reserved=1)

        results = at_once(actions.displacement.restore_due, choose)

        stands = now(appointment)
        if stands.slot == closes and stands.status == "confirmed":
            assert told(results)
        else:
            assert told(results) == []
        Slot.objects.update(reserved=0)
        assert_slot_counters_match()
        assert not Offer.objects.open().exists()
