"""Concurrent bookings of one person: from several tabs, from two accounts, and by two moves."""

import json
import uuid
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError

from appointments import actions
from appointments.actions import booking, holds, reminders
from appointments.models import Slot
from tests.appointments import places
from tests.delivery import deliver_due
from tests.factories import IdentityFactory, ServiceFactory, UserFactory, link
from tests.races.bookings import (
    CANCELLED,
    OVERLAP,
    booked,
    cancel,
    counter,
    hold,
    move,
    taken,
    two_in_one_slot,
)
from tests.races.together import at_once, event_types_of, now, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MAX_HOLDS = "You are holding 3 times already. Confirm or cancel one of them first."
LIVE_ALREADY = (
    "There is an appointment for this service and this person already, booked from another "
    "account. It can be moved or cancelled there."
)


def hold_four_times_at_once():
    user = UserFactory()
    slots = places.some_slots(4)
    return user, at_once(*[partial(hold, user, slot, ServiceFactory()) for slot in slots])


def test_four_holds_by_one_user_three_succeed():
    for _round in range(5):
        user, results = hold_four_times_at_once()

        assert told(results) == [MAX_HOLDS]
        assert user.appointments.live().count() == 3

    assert Slot.objects.filter(taken=1).count() == 15


def test_control_without_user_lock_four_holds_succeed(guards):
    guards.take_out_row_locks()
    guards.wait_after(booking, "check_no_conflict", parties=4)

    user, results = hold_four_times_at_once()

    assert told(results) == []
    assert user.appointments.live().count() == 4


def hold_form(capacity):
    """Return a slot, and a function that sends the same hold form for it at each call."""
    slot = places.some_slot(capacity=capacity)
    form = {"slot": slot, "service": ServiceFactory(), "idempotency_key": uuid.uuid4()}
    return slot, partial(places.held, UserFactory(), **form)


def test_hold_form_sent_twenty_times_holds_once():
    for capacity in [30, 1] * 3:
        slot, send = hold_form(capacity)

        results = at_once(*[send] * 20)

        assert told(results) == []
        held = slot.appointments.get()
        assert set(results) == {held}
        assert event_types_of(held) == ["held"]
        assert taken(slot) == 1


def test_repeated_click_gets_hold_of_last_place(guards):
    slot, send = hold_form(capacity=1)
    guards.meanwhile(booking, "check_beneficiaries", send)

    results = at_once(send)

    assert told(results) == []
    assert results == [slot.appointments.get()]


def take_out_lock_and_retry(guards):
    guards.take_out_row_locks()
    guards.replace(holds, "MAX_REFERENCE_TRIES", 1)
    guards.wait_after(booking, "check_no_conflict", parties=2)


def test_control_without_lock_and_retry_second_click_fails(guards):
    _slot, send = hold_form(capacity=2)
    take_out_lock_and_retry(guards)

    with pytest.raises(IntegrityError, match="unique constraint"):
        at_once(send, send)


def hold_for_one_person_from_two_accounts(slots, services):
    """Let two employers hold a place for the same person: each of a slot, for a service."""
    person = IdentityFactory()
    steps = []
    for slot, service in zip(slots, services, strict=True):
        employer = UserFactory()
        link(holder=employer.identity, person=person)
        steps.append(partial(hold, employer, slot, service, attendee=person))
    return person, at_once(*steps)


def hold_overlapping_times():
    slots = [places.some_slot(time=opens) for opens in ("12:00", "12:15")]
    return hold_for_one_person_from_two_accounts(slots, ServiceFactory.create_batch(2))


def hold_one_service_twice():
    return hold_for_one_person_from_two_accounts(places.some_slots(2), [ServiceFactory()] * 2)


def test_overlapping_holds_from_two_accounts_one_succeeds():
    for _round in range(20):
        person, results = hold_overlapping_times()

        assert told(results) == [OVERLAP]
        assert taken(person.appointments.live().get().slot) == 1

    assert Slot.objects.filter(taken=0).count() == 20


def test_control_without_lock_overlapping_holds_both_succeed(guards):
    guards.take_out_row_locks()
    guards.wait_after(booking, "check_no_conflict", parties=2)

    person, results = hold_overlapping_times()

    assert told(results) == []
    assert person.appointments.live().count() == 2


def test_one_service_from_two_accounts_one_succeeds():
    for _round in range(10):
        person, results = hold_one_service_twice()

        assert told(results) == [LIVE_ALREADY]
        assert taken(person.appointments.get().slot) == 1

    assert Slot.objects.filter(taken=0).count() == 10


def test_without_lock_constraint_refuses_second_account(guards):
    guards.take_out_row_locks()
    guards.wait_after(booking, "check_no_conflict", parties=2)

    _person, results = hold_one_service_twice()

    assert told(results) == [LIVE_ALREADY]


def test_control_without_lock_and_retry_second_account_fails(guards):
    take_out_lock_and_retry(guards)

    with pytest.raises(IntegrityError, match="appointment_one_live"):
        hold_one_service_twice()


def test_move_to_two_slots_takes_one():
    for _round in range(5):
        appointment, others = two_in_one_slot(3)

        assert told(at_once(*[partial(move, appointment, slot) for slot in others])) == []
        assert event_types_of(appointment) == ["held", "confirmed", "moved", "moved"]
        assert taken(appointment.slot) == taken(now(appointment).slot) == 1
        assert sorted(map(taken, others)) == [0, 1]


def test_move_and_cancel_ends_cancelled():
    for _round in range(5):
        appointment, (other,) = two_in_one_slot()

        results = at_once(partial(move, appointment, other), partial(cancel, appointment))

        moved = ["moved"] if told(results) == [] else []
        assert told(results) in ([], [CANCELLED])
        assert event_types_of(appointment) == ["held", "confirmed", *moved, "cancelled"]
        assert [taken(appointment.slot), taken(other)] == [1, 0]


@pytest.mark.parametrize("rival", ["move", "cancel"])
def test_control_without_lock_move_frees_two_places(guards, rival):
    appointment, (one, other) = two_in_one_slot(3)
    rivals = {"move": partial(move, appointment, other), "cancel": partial(cancel, appointment)}
    guards.take_out_row_locks()
    guards.meanwhile(booking, "lock_and_reload", rivals[rival])

    assert told(at_once(partial(move, appointment, one))) == []

    assert (counter(appointment.slot), booked(appointment.slot)) == (0, 1)


def texts_sent_about(appointment, settings):
    lines = map(json.loads, settings.DEMO_PHONE_FILE.read_text().splitlines())
    return Counter(line["text"] for line in lines if places.whose(appointment) in line["text"])


def remind_and_deliver():
    actions.remind_of_appointments()
    deliver_due()


def test_move_while_a_reminder_is_due_sends_none_of_the_old_time_after_it(clocks, settings):
    for _round in range(5):
        first, second = places.some_slots(2)
        appointment = places.confirmed(slot=first)
        confirmed = places.notice_of_confirmation(appointment)
        _soon, too_early = places.reminders_of(appointment)
        moment = first.start - DAY
        remind = clocks(moment, remind_and_deliver)
        at_once(remind, clocks(moment, move, appointment, second), remind)
        appointment = now(appointment)
        soon, tomorrow = places.reminders_of(appointment)
        where = places.facts(appointment, second)
        moved = f"Tawasul: {places.whose(appointment)} has been moved. It is now: {where}"
        for moment in (second.start - DAY, first.start - 3 * HOUR, second.start - 3 * HOUR):
            at_once(clocks(moment, remind_and_deliver))
        expected = Counter([confirmed, moved, tomorrow, soon])
        sent = texts_sent_about(appointment, settings)
        assert sent in (expected, expected + Counter([too_early]))


def remind_after_a_move(clocks):
    """Move an appointment that the worker has found to be due; return what it then sends."""
    first, second = places.some_slots(2)
    appointment = places.confirmed(slot=first)
    found = now(appointment)
    move(appointment, second)
    before = places.texts(appointment)
    at_once(clocks(first.start - DAY, reminders._remind, found))
    return [text for text in places.texts(appointment) if text not in before]


def test_worker_that_was_overtaken_by_a_move_reminds_of_nothing(clocks):
    assert remind_after_a_move(clocks) == []


def test_control_without_the_second_look_it_reminds_of_the_old_time(clocks, guards):
    guards.replace(reminders, "lock_and_reload", lambda found: found)
    assert len(remind_after_a_move(clocks)) == 1
