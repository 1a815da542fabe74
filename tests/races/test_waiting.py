"""Places freed while a waiting list exists: they are offered in its order and not booked."""

from collections import Counter
from datetime import timedelta
from functools import partial
from itertools import cycle
from threading import Event

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from appointments import actions
from appointments.actions import booking, offers, waiting
from appointments.models import Appointment, Closure, Offer, Slot, Waiting
from core.exceptions import RuleViolation
from tests.appointments import places
from tests.factories import ServiceFactory, UserFactory
from tests.races.bookings import (
    FULL,
    cancel,
    event_types_of,
    hold,
    move,
)
from tests.races.together import (
    at_once,
    lock_is_awaited,
    take_out_row_locks,
    told,
    until,
    wait_after,
)

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db(transaction=True)]
parallel = pytest.mark.postgres

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
TOO_LATE = "This time is no longer kept for you."
TAKEN = "You have taken this time already. Move or cancel the appointment instead."
CANCELLED = "This appointment is “Cancelled” and cannot be changed any more."


def now(appointment):
    return Appointment.objects.get(pk=appointment.pk)


def wait(appointment):
    return actions.wait(actor=appointment.user, appointment=appointment)


def accept(offer):
    return actions.accept(actor=offer.appointment.user, offer=offer)


def decline(offer):
    return actions.decline(actor=offer.appointment.user, offer=offer)


def waiting_appointments(number, *, time="15:00"):
    """Return `number` appointments on the waiting list, the one that has waited longest first.

    They are later, at another office.
    """
    slot, service = places.some_slot(capacity=number, time=time), ServiceFactory()
    appointments = [places.confirmed(slot=slot, service=service) for _person in range(number)]
    for turn, appointment in enumerate(appointments):
        asked = wait(appointment)
        Waiting.objects.filter(pk=asked.pk).update(since=asked.since - turn * MINUTE)
    return appointments[::-1]


def open_offer(*, capacity=1):
    """Return the only appointment on the waiting list, and its offer of an earlier time."""
    (appointment,) = waiting_appointments(1)
    cancel(places.confirmed(slot=places.some_slot(capacity=capacity)))
    return appointment, appointment.offers.get()


def offered_to(slot):
    return [offer.appointment for offer in slot.offers.open().order_by("pk")]


def counter(slot):
    return Slot.objects.get(pk=slot.pk).taken


def due(slot):
    """Return the operations of the live appointments and open offers of `slot`."""
    parts = (slot.appointments.live(), slot.offers.open())
    return sum(part.aggregate(all=Sum("operations", default=0))["all"] for part in parts)


def assert_slot_counters_match():
    slots = Slot.objects.all()
    assert {slot.pk: slot.taken for slot in slots} == {slot.pk: due(slot) for slot in slots}


# Twenty places, fifty people waiting, fifty people booking


@pytest.fixture
def full():
    """A slot of capacity twenty and the appointments that fill it."""
    slot, service = places.some_slot(capacity=20), ServiceFactory()
    return slot, [places.confirmed(slot=slot, service=service) for _person in range(20)]


def cancel_while_fifty_try(slot, queues):
    """Cancel each queue of appointments in its order while fifty people try to book.

    Return the holds and the messages of the refusals that they got.
    """
    is_over, service = Event(), ServiceFactory()

    def try_all_the_time(people):
        tried = []
        for user in cycle(people):
            try:
                tried.append(hold(user, slot, service))
            except RuleViolation as violation:
                tried.append(str(violation.message))
            if is_over.is_set() and len(tried) >= len(people):
                return tried

    def cancel_all():
        try:
            at_once(*[partial(list, map(cancel, queue)) for queue in queues])
        finally:
            is_over.set()

    people = UserFactory.create_batch(50)
    tries = [partial(try_all_the_time, people[first::4]) for first in range(4)]
    return [each for tried in at_once(cancel_all, *tries)[1:] for each in tried]


@parallel
def test_places_freed_in_turn_are_offered_in_waiting_order(full):
    slot, booked = full
    in_turn = waiting_appointments(50)

    tried = cancel_while_fifty_try(slot, [booked])

    assert offered_to(slot) == in_turn[:20]
    assert set(tried) == {FULL}
    assert counter(slot) == due(slot) == 20


@parallel
def test_places_freed_at_once_are_offered_to_longest_waiting(full, monkeypatch):
    # Otherwise the early check refuses the bookings, and they never reach the slot.
    monkeypatch.setattr(booking, "check_bookable", lambda *_wish, **_kept: None)
    slot, booked = full
    in_turn = waiting_appointments(50)

    tried = cancel_while_fifty_try(slot, [[each] for each in booked])

    assert set(offered_to(slot)) == set(in_turn[:20])
    assert set(tried) == {FULL}
    assert counter(slot) == due(slot) == 20


@parallel
def test_control_without_offers_bookings_jump_the_queue(full, monkeypatch):
    slot, booked = full
    waiting_appointments(2)
    monkeypatch.setattr(actions.places, "offer_freed_places", lambda freed: Counter())
    service = ServiceFactory()
    for each in booked:
        cancel(each)

    at_once(*[partial(hold, user, slot, service) for user in UserFactory.create_batch(25)])

    assert slot.appointments.live().count() == 20
    assert offered_to(slot) == []


# Two places at the same moment


def free_two_at_once(number):
    """Cancel at two offices at once; return the waiting list of `number` and the two slots."""
    in_turn = waiting_appointments(number)
    slots = [places.some_slot() for _office in range(2)]
    at_once(*[partial(cancel, places.confirmed(slot=slot)) for slot in slots])
    return in_turn, slots


@parallel
def test_two_freed_places_are_offered_to_two():
    for _round in range(4):
        in_turn, slots = free_two_at_once(2)

        assert set(map(tuple, map(offered_to, slots))) == {(each,) for each in in_turn}
        Waiting.objects.update(ended_at=in_turn[0].created_at)

    assert_slot_counters_match()


@parallel
def test_one_of_two_freed_places_is_offered_to_sole_waiter():
    for _round in range(4):
        (alone,), slots = free_two_at_once(1)

        assert sorted(map(offered_to, slots), key=len) == [[], [alone]]
        assert sorted(map(counter, slots)) == [0, 1]
        Waiting.objects.update(ended_at=alone.created_at)


@parallel
def test_control_without_locks_both_offers_go_to_one(monkeypatch):
    take_out_row_locks(monkeypatch)
    wait_after(monkeypatch, offers, "lock_and_reload", parties=2)

    with pytest.raises(IntegrityError, match="offer_one_open"):
        free_two_at_once(2)


GATE = 1447


def delay_lock_query(execute, sql, params, many, context):
    """Let the query for the next in the waiting list read its rows before the gate opens."""
    if "SKIP LOCKED" in sql:
        before, where, after = sql.rpartition(" ORDER BY ")
        gate = f" AND (SELECT pg_advisory_xact_lock({GATE})::text) IS NOT NULL"
        sql = f"{before}{gate}{where}{after}"
    return execute(sql, params, many, context)


@parallel
def test_appointment_offered_before_lock_is_skipped(monkeypatch):
    """A cancellation commits in the middle of the locking query of another cancellation."""
    first, second = waiting_appointments(2)
    one, other = [places.confirmed(slot=places.some_slot()) for _office in range(2)]
    has_begun = Event()

    def cancel_before_the_other_locks():
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [GATE])
            cancel(one)
            has_begun.set()
            until(lock_is_awaited)

    def cancel_with_an_old_look():
        has_begun.wait()
        with connection.execute_wrapper(delay_lock_query):
            cancel(other)

    at_once(cancel_before_the_other_locks, cancel_with_an_old_look)

    assert offered_to(one.slot) == [first]
    assert offered_to(other.slot) == [second]


@parallel
def test_failed_move_keeps_waiting_order(monkeypatch):
    """A cancellation runs while a move that fails holds the lock of the first in the list."""
    first, _second = waiting_appointments(2)
    moves, full, freed = [places.confirmed(slot=places.some_slot()) for _office in range(3)]
    # Otherwise the early check refuses the move before it takes a lock.
    monkeypatch.setattr(booking, "check_bookable", lambda *_wish, **_kept: None)
    cancellation = iter([partial(cancel, freed)])
    keep = actions.places.offer_freed_places

    def keep_and_let_another_cancel(*args):
        kept = keep(*args)
        for cancel_meanwhile in cancellation:
            at_once(cancel_meanwhile)
        return kept

    monkeypatch.setattr(actions.places, "offer_freed_places", keep_and_let_another_cancel)
    assert told(at_once(partial(move, moves, full.slot))) == [FULL]
    for cancel_now in cancellation:
        cancel_now()

    assert offered_to(freed.slot) == [first]


# The last second of an offer


def accept_while_a_worker_lapses(clocks, offer, *, seconds, workers_seconds):
    moments = [offer.expires_at + each * SECOND for each in (seconds, workers_seconds)]
    return at_once(clocks(moments[0], accept, offer), clocks(moments[1], actions.lapse_due))


@parallel
@pytest.mark.parametrize(
    ("seconds", "refused", "lapsed"), [(-1, [], 0), (0, [TOO_LATE], 1), (1, [TOO_LATE], 1)]
)
def test_offer_lapses_from_its_end(clocks, seconds, refused, lapsed):
    for _round in range(3):
        appointment, offer = open_offer()

        results = accept_while_a_worker_lapses(
            clocks, offer, seconds=seconds, workers_seconds=seconds
        )

        assert (told(results), results[1]) == (refused, lapsed)
        assert now(appointment).slot == (appointment.slot if refused else offer.slot)
        assert counter(offer.slot) == 1 - lapsed
        cancel(now(appointment))
    assert_slot_counters_match()


@parallel
def test_offer_accepted_while_lapsing_ends_one_way(clocks):
    for _round in range(4):
        appointment, offer = open_offer()

        results = accept_while_a_worker_lapses(clocks, offer, seconds=-1, workers_seconds=1)

        is_there = now(appointment).slot == offer.slot
        assert (told(results), results[1]) == (([], 0) if is_there else ([TOO_LATE], 1))
        assert counter(offer.slot) == is_there
        cancel(now(appointment))
    assert_slot_counters_match()


def end_offer_between_look_and_write(monkeypatch, action):
    """Split the conditional update of an offer into a look and a write, with `action` between."""
    queryset_class = type(Offer.objects.all())
    update, steps = queryset_class.update, iter([action])

    def look_then_write(queryset, **changes):
        found = list(queryset.values_list("pk", flat=True))
        for each in steps:
            at_once(each)
        return update(Offer.objects.filter(pk__in=found), **changes)

    monkeypatch.setattr(queryset_class, "update", look_then_write)


@parallel
def test_control_without_conditional_update_offer_ends_twice(clocks, monkeypatch):
    appointment, offer = open_offer(capacity=2)
    lapse = clocks(offer.expires_at, actions.lapse_due)
    end_offer_between_look_and_write(monkeypatch, lapse)

    assert told(at_once(partial(accept, offer))) == []

    assert now(appointment).slot == offer.slot
    assert counter(offer.slot) == 0


# Accepting against other actions


@parallel
def test_accept_against_decline_first_counts():
    for _round in range(4):
        appointment, offer = open_offer()

        results = at_once(partial(accept, offer), partial(decline, offer))

        is_there = now(appointment).slot == offer.slot
        assert told(results) == ([TAKEN] if is_there else [TOO_LATE])
        assert counter(offer.slot) == is_there
        cancel(now(appointment))
    assert_slot_counters_match()


@parallel
def test_accept_twenty_times_moves_once():
    appointment, offer = open_offer()

    results = at_once(*[partial(accept, offer)] * 20)

    assert [(each.pk, each.status, each.slot_id) for each in results] == [
        (appointment.pk, "confirmed", offer.slot_id)
    ] * 20
    assert event_types_of(appointment) == ["held", "confirmed", "offered", "moved"]
    assert appointment.slips.count() == 2
    assert len([text for text in places.texts(appointment) if "has been moved to" in text]) == 1
    assert_slot_counters_match()


@parallel
def test_control_without_locks_accept_twice_frees_twice(monkeypatch):
    neighbour, appointment = waiting_appointments(2)
    actions.stop_waiting(actor=neighbour.user, appointment=neighbour)
    cancel(places.confirmed(slot=places.some_slot(capacity=2)))
    offer = appointment.offers.get()
    take_out_row_locks(monkeypatch)
    queryset_class = type(Offer.objects.all())
    monkeypatch.setattr(queryset_class, "update", lambda offers, **_changes: Offer.objects.count())
    wait_after(monkeypatch, waiting, "check_can_be_changed", parties=2)

    at_once(*[partial(accept, offer)] * 2)

    assert event_types_of(appointment).count("moved") == 2
    assert (counter(appointment.slot), due(appointment.slot)) == (0, 1)


@parallel
@pytest.mark.parametrize("moves", [True, False], ids=["move", "cancel"])
def test_accept_against_move_or_cancel_keeps_the_choice(moves):
    for _round in range(4):
        appointment, offer = open_offer()
        chosen = places.some_slot(time="14:00")
        choose = partial(move, appointment, chosen) if moves else partial(cancel, appointment)

        assert told(at_once(partial(accept, offer), choose)) in ([], [TOO_LATE])

        stands = now(appointment)
        assert (stands.status == "confirmed", stands.slot == chosen) == (moves, moves)
        assert list(Slot.objects.filter(taken__gt=0)) == ([chosen] if moves else [])
        cancel(stands)
    assert not Offer.objects.open().exists()


def close(slot):
    texts = {"reason_ar": "x", "reason_en": "Maintenance"}
    Closure.objects.create(office=slot.office, first_day=slot.day, last_day=slot.day, **texts)
    actions.make_slots()
    actions.displace_due()


@parallel
def test_accept_while_office_closes_keeps_or_reoffers_time():
    for _round in range(4):
        appointment, offer = open_offer()

        results = at_once(partial(accept, offer), partial(close, offer.slot))
        actions.displace_due()

        offer.refresh_from_db()
        if told(results):
            assert told(results) in ([FULL], [TOO_LATE])
            stands = now(appointment)
            assert (stands.status, stands.slot) == ("confirmed", appointment.slot)
            assert offer.status == "withdrawn"
        else:
            assert (now(appointment).status, offer.status) == ("displaced", "accepted")
            assert appointment.offers.open().get().slot != offer.slot
        assert counter(offer.slot) == 0
        assert_slot_counters_match()
        cancel(now(appointment))


@parallel
def test_wait_against_cancel_leaves_no_waiting():
    for _round in range(4):
        appointment = places.confirmed()

        results = at_once(partial(wait, appointment), partial(cancel, appointment))

        assert told(results) in ([], [CANCELLED])
        assert not appointment.waitings.open().exists()
        assert counter(appointment.slot) == 0
