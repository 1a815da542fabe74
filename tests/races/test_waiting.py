"""Places that come free while others wait for them: one by one, in turn, and to nobody else."""

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
    somebody_queues,
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


def people_who_wait(number, *, time="15:00"):
    """With appointments later at another office; who asked last has waited longest."""
    slot, service = places.some_slot(capacity=number, time=time), ServiceFactory()
    appointments = [places.confirmed(slot=slot, service=service) for _person in range(number)]
    for turn, appointment in enumerate(appointments):
        asked = wait(appointment)
        Waiting.objects.filter(pk=asked.pk).update(since=asked.since - turn * MINUTE)
    return appointments[::-1]


def an_offer(*, capacity=1):
    """An earlier time that is kept for the only one who waits."""
    (appointment,) = people_who_wait(1)
    cancel(places.confirmed(slot=places.some_slot(capacity=capacity)))
    return appointment, appointment.offers.get()


def whom_it_is_kept_for(slot):
    return [offer.appointment for offer in slot.offers.open().order_by("pk")]


def capped_count(slot):
    return Slot.objects.get(pk=slot.pk).taken


def due(slot):
    """What it should count: the operations of its live appointments and of its open offers."""
    parts = (slot.appointments.live(), slot.offers.open())
    return sum(part.aggregate(all=Sum("operations", default=0))["all"] for part in parts)


def assert_every_slot_is_counted():
    slots = Slot.objects.all()
    assert {slot.pk: slot.taken for slot in slots} == {slot.pk: due(slot) for slot in slots}


# Twenty places, fifty who wait, fifty who try


@pytest.fixture
def full():
    """A slot for twenty and those who have booked it."""
    slot, service = places.some_slot(capacity=20), ServiceFactory()
    return slot, [places.confirmed(slot=slot, service=service) for _person in range(20)]


def cancel_while_fifty_try(slot, queues):
    """Each queue of appointments is cancelled one after the other; what those got who tried."""
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
def test_twenty_places_freed_one_after_another_go_to_who_has_waited_longest_in_turn(full):
    slot, booked = full
    in_turn = people_who_wait(50)

    tried = cancel_while_fifty_try(slot, [booked])

    assert whom_it_is_kept_for(slot) == in_turn[:20]
    assert set(tried) == {FULL}
    assert capped_count(slot) == due(slot) == 20


@parallel
def test_twenty_places_freed_at_once_go_to_the_twenty_who_have_waited_longest(full, monkeypatch):
    # Otherwise the cheap look ahead refuses those who try, and they never come near a place.
    monkeypatch.setattr(booking, "check_bookable", lambda *_wish, **_kept: None)
    slot, booked = full
    in_turn = people_who_wait(50)

    tried = cancel_while_fifty_try(slot, [[each] for each in booked])

    assert set(whom_it_is_kept_for(slot)) == set(in_turn[:20])
    assert set(tried) == {FULL}
    assert capped_count(slot) == due(slot) == 20


@parallel
def test_control_where_nothing_is_kept_those_who_try_jump_the_queue(full, monkeypatch):
    slot, booked = full
    people_who_wait(2)
    monkeypatch.setattr(actions.places, "offer_to_who_waits", lambda freed: Counter())
    service = ServiceFactory()
    for each in booked:
        cancel(each)

    at_once(*[partial(hold, user, slot, service) for user in UserFactory.create_batch(25)])

    assert slot.appointments.live().count() == 20
    assert whom_it_is_kept_for(slot) == []


# Two places at the same moment


def free_two_at_once(number):
    """Two people cancel, each at another office, while so many wait; who waits, and the slots."""
    in_turn = people_who_wait(number)
    slots = [places.some_slot() for _office in range(2)]
    at_once(*[partial(cancel, places.confirmed(slot=slot)) for slot in slots])
    return in_turn, slots


@parallel
def test_two_places_freed_at_the_same_moment_go_to_two_who_wait():
    for _round in range(4):
        in_turn, slots = free_two_at_once(2)

        assert set(map(tuple, map(whom_it_is_kept_for, slots))) == {(each,) for each in in_turn}
        Waiting.objects.update(ended_at=in_turn[0].created_at)

    assert_every_slot_is_counted()


@parallel
def test_of_two_places_freed_at_the_same_moment_one_is_kept_for_the_only_one_who_waits():
    for _round in range(4):
        (alone,), slots = free_two_at_once(1)

        assert sorted(map(whom_it_is_kept_for, slots), key=len) == [[], [alone]]
        assert sorted(map(capped_count, slots)) == [0, 1]
        Waiting.objects.update(ended_at=alone.created_at)


@parallel
def test_control_without_the_locks_both_turn_to_the_same_one(monkeypatch):
    take_out_row_locks(monkeypatch)
    wait_after(monkeypatch, offers, "lock_and_reload", parties=2)

    with pytest.raises(IntegrityError, match="offer_one_open"):
        free_two_at_once(2)


GATE = 1447


def look_through_the_gate(execute, sql, params, many, context):
    """Whoever looks for the next one sees what there was before the gate opened."""
    if "SKIP LOCKED" in sql:
        before, where, after = sql.rpartition(" ORDER BY ")
        gate = f" AND (SELECT pg_advisory_xact_lock({GATE})::text) IS NOT NULL"
        sql = f"{before}{gate}{where}{after}"
    return execute(sql, params, many, context)


@parallel
def test_who_was_offered_a_time_between_a_look_and_its_lock_is_passed_over(monkeypatch):
    """One cancels and commits in the middle of the statement with which another looks."""
    first, second = people_who_wait(2)
    one, other = [places.confirmed(slot=places.some_slot()) for _office in range(2)]
    has_begun = Event()

    def cancel_before_the_other_locks():
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [GATE])
            cancel(one)
            has_begun.set()
            until(somebody_queues)

    def cancel_with_an_old_look():
        has_begun.wait()
        with connection.execute_wrapper(look_through_the_gate):
            cancel(other)

    at_once(cancel_before_the_other_locks, cancel_with_an_old_look)

    assert whom_it_is_kept_for(one.slot) == [first]
    assert whom_it_is_kept_for(other.slot) == [second]


@parallel
def test_a_move_that_fails_takes_nobodys_turn(monkeypatch):
    """Somebody else cancels while those are locked who would have been offered what it frees."""
    first, _second = people_who_wait(2)
    moves, full, freed = [places.confirmed(slot=places.some_slot()) for _office in range(3)]
    # Otherwise the cheap look ahead refuses the move before it locks anybody.
    monkeypatch.setattr(booking, "check_bookable", lambda *_wish, **_kept: None)
    cancellation = iter([partial(cancel, freed)])
    keep = actions.places.offer_to_who_waits

    def keep_and_let_another_cancel(*args):
        kept = keep(*args)
        for cancel_meanwhile in cancellation:
            at_once(cancel_meanwhile)
        return kept

    monkeypatch.setattr(actions.places, "offer_to_who_waits", keep_and_let_another_cancel)
    assert told(at_once(partial(move, moves, full.slot))) == [FULL]
    for cancel_now in cancellation:
        cancel_now()

    assert whom_it_is_kept_for(freed.slot) == [first]


# The last second of an offer


def accept_while_a_worker_lapses(clocks, offer, *, seconds, workers_seconds):
    moments = [offer.expires_at + each * SECOND for each in (seconds, workers_seconds)]
    return at_once(clocks(moments[0], accept, offer), clocks(moments[1], actions.lapse_due))


@parallel
@pytest.mark.parametrize(
    ("seconds", "refused", "lapsed"), [(-1, [], 0), (0, [TOO_LATE], 1), (1, [TOO_LATE], 1)]
)
def test_an_offer_is_theirs_until_its_end_and_lapses_from_then_on(clocks, seconds, refused, lapsed):
    for _round in range(3):
        appointment, offer = an_offer()

        results = accept_while_a_worker_lapses(
            clocks, offer, seconds=seconds, workers_seconds=seconds
        )

        assert (told(results), results[1]) == (refused, lapsed)
        assert now(appointment).slot == (appointment.slot if refused else offer.slot)
        assert capped_count(offer.slot) == 1 - lapsed
        cancel(now(appointment))
    assert_every_slot_is_counted()


@parallel
def test_an_offer_accepted_in_its_last_second_as_it_lapses_a_second_later_is_one_of_both(clocks):
    for _round in range(4):
        appointment, offer = an_offer()

        results = accept_while_a_worker_lapses(clocks, offer, seconds=-1, workers_seconds=1)

        is_there = now(appointment).slot == offer.slot
        assert (told(results), results[1]) == (([], 0) if is_there else ([TOO_LATE], 1))
        assert capped_count(offer.slot) == is_there
        cancel(now(appointment))
    assert_every_slot_is_counted()


def look_then_let_another_end_the_offer(monkeypatch, action):
    """The guard out: whether it is open is read first, and its end is written later."""
    queryset_class = type(Offer.objects.all())
    update, steps = queryset_class.update, iter([action])

    def look_then_write(queryset, **changes):
        found = list(queryset.values_list("pk", flat=True))
        for each in steps:
            at_once(each)
        return update(Offer.objects.filter(pk__in=found), **changes)

    monkeypatch.setattr(queryset_class, "update", look_then_write)


@parallel
def test_control_without_the_conditional_update_an_offer_is_accepted_and_passed_on(
    clocks, monkeypatch
):
    appointment, offer = an_offer(capacity=2)
    lapse = clocks(offer.expires_at, actions.lapse_due)
    look_then_let_another_end_the_offer(monkeypatch, lapse)

    assert told(at_once(partial(accept, offer))) == []

    assert now(appointment).slot == offer.slot
    assert capped_count(offer.slot) == 0


# Accepting against everything else


@parallel
def test_of_accepting_and_declining_at_once_the_first_counts():
    for _round in range(4):
        appointment, offer = an_offer()

        results = at_once(partial(accept, offer), partial(decline, offer))

        is_there = now(appointment).slot == offer.slot
        assert told(results) == ([TAKEN] if is_there else [TOO_LATE])
        assert capped_count(offer.slot) == is_there
        cancel(now(appointment))
    assert_every_slot_is_counted()


@parallel
def test_an_offer_accepted_twenty_times_at_once_moves_once_and_all_get_it():
    appointment, offer = an_offer()

    results = at_once(*[partial(accept, offer)] * 20)

    assert [(each.pk, each.status, each.slot_id) for each in results] == [
        (appointment.pk, "confirmed", offer.slot_id)
    ] * 20
    assert event_types_of(appointment) == ["held", "confirmed", "offered", "moved"]
    assert appointment.slips.count() == 2
    assert len([text for text in places.texts(appointment) if "has been moved to" in text]) == 1
    assert_every_slot_is_counted()


@parallel
def test_control_without_the_locks_two_clicks_give_the_old_time_back_twice(monkeypatch):
    neighbour, appointment = people_who_wait(2)
    actions.stop_waiting(actor=neighbour.user, appointment=neighbour)
    cancel(places.confirmed(slot=places.some_slot(capacity=2)))
    offer = appointment.offers.get()
    take_out_row_locks(monkeypatch)
    queryset_class = type(Offer.objects.all())
    monkeypatch.setattr(queryset_class, "update", lambda offers, **_changes: Offer.objects.count())
    wait_after(monkeypatch, waiting, "check_can_be_changed", parties=2)

    at_once(*[partial(accept, offer)] * 2)

    assert event_types_of(appointment).count("moved") == 2
    assert (capped_count(appointment.slot), due(appointment.slot)) == (0, 1)


@parallel
@pytest.mark.parametrize("moves", [True, False], ids=["move", "cancel"])
def test_who_accepts_as_they_move_or_cancel_has_what_they_chose(moves):
    for _round in range(4):
        appointment, offer = an_offer()
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
def test_who_accepts_as_the_office_closes_keeps_the_old_time_or_is_kept_another():
    for _round in range(4):
        appointment, offer = an_offer()

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
        assert capped_count(offer.slot) == 0
        assert_every_slot_is_counted()
        cancel(now(appointment))


@parallel
def test_who_asks_to_wait_as_they_cancel_waits_for_nothing():
    for _round in range(4):
        appointment = places.confirmed()

        results = at_once(partial(wait, appointment), partial(cancel, appointment))

        assert told(results) in ([], [CANCELLED])
        assert not appointment.waitings.open().exists()
        assert capped_count(appointment.slot) == 0
