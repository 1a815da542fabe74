"""Offers of an earlier time: each ends one way, however it is accepted, declined or lapses."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, OperationalError

from appointments import actions
from appointments.actions import waiting
from appointments.models import Offer, OfferQuerySet, Slot, Waiting
from appointments.models.waiting import WaitingQuerySet
from tests.appointments import places
from tests.factories import ServiceFactory, UserFactory
from tests.races.bookings import (
    CANCELLED,
    CLOSED_TIME,
    accept,
    assert_slot_counters_match,
    cancel,
    close_day,
    confirm,
    counter,
    due,
    move,
    wait,
    waiting_appointments,
)
from tests.races.together import at_once, event_types_of, now, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

SECOND = timedelta(seconds=1)
TOO_LATE = "This time is no longer kept for you."
TAKEN = "You have taken this time already. Move or cancel the appointment instead."


def open_offer(*, capacity=1):
    """Return the only appointment on the waiting list, and its offer of an earlier time."""
    (appointment,) = waiting_appointments(1)
    cancel(places.confirmed(slot=places.some_slot(capacity=capacity)))
    places.allocate()
    return appointment, appointment.offers.get()


def rounds_of_open_offers(rounds):
    """Yield an appointment and its offer in each round; check the counts after the last one."""
    for _round in range(rounds):
        appointment, offer = open_offer()
        yield appointment, offer
        cancel(now(appointment))
    assert_slot_counters_match()


def accept_while_a_worker_lapses(clocks, offer, *, seconds, workers_seconds):
    moments = [offer.expires_at + each * SECOND for each in (seconds, workers_seconds)]
    return at_once(clocks(moments[0], accept, offer), clocks(moments[1], actions.lapse_due))


@pytest.mark.parametrize(
    ("seconds", "refused", "lapsed"), [(-1, [], 0), (0, [TOO_LATE], 1), (1, [TOO_LATE], 1)]
)
def test_offer_lapses_from_its_end(clocks, seconds, refused, lapsed):
    at = {"seconds": seconds, "workers_seconds": seconds}
    for appointment, offer in rounds_of_open_offers(3):
        results = accept_while_a_worker_lapses(clocks, offer, **at)

        assert (told(results), results[1]) == (refused, lapsed)
        assert now(appointment).slot == (appointment.slot if refused else offer.slot)
        assert counter(offer.slot) == 1 - lapsed


def test_offer_accepted_while_lapsing_ends_one_way(clocks):
    for appointment, offer in rounds_of_open_offers(4):
        results = accept_while_a_worker_lapses(clocks, offer, seconds=-1, workers_seconds=1)

        is_there = now(appointment).slot == offer.slot
        assert (told(results), results[1]) == (([], 0) if is_there else ([TOO_LATE], 1))
        assert counter(offer.slot) == is_there


def test_control_without_conditional_update_offer_ends_twice(clocks, guards):
    appointment, offer = open_offer(capacity=2)
    lapse = clocks(offer.expires_at, actions.lapse_due)
    guards.act_between_look_and_write(OfferQuerySet, lapse)

    assert told(at_once(partial(accept, offer))) == []

    assert now(appointment).slot == offer.slot
    assert counter(offer.slot) == 0


def decline(offer):
    return actions.decline(actor=offer.appointment.user, offer=offer)


def test_accept_against_decline_first_counts():
    for appointment, offer in rounds_of_open_offers(4):
        results = at_once(partial(accept, offer), partial(decline, offer))

        is_there = now(appointment).slot == offer.slot
        assert told(results) == ([TAKEN] if is_there else [TOO_LATE])
        assert counter(offer.slot) == is_there


def test_accept_twenty_times_moves_once():
    appointment, offer = open_offer()

    results = at_once(*[partial(accept, offer)] * 20)

    moved = (appointment.pk, "confirmed", offer.slot_id)
    assert [(each.pk, each.status, each.slot_id) for each in results] == [moved] * 20
    assert event_types_of(appointment) == ["held", "confirmed", "offered", "moved"]
    assert appointment.slips.count() == 2
    assert len([text for text in places.texts(appointment) if "has been moved" in text]) == 1
    assert_slot_counters_match()


def test_control_without_locks_accept_twice_frees_twice(guards):
    neighbour, appointment = waiting_appointments(2)
    places.stop_waiting(neighbour)
    cancel(places.confirmed(slot=places.some_slot(capacity=2)))
    places.allocate()
    offer = appointment.offers.get()
    guards.take_out_row_locks()
    guards.replace(OfferQuerySet, "update", lambda offers, **_changes: Offer.objects.count())
    guards.wait_after(waiting, "check_in_time_to_move", parties=2)

    at_once(*[partial(accept, offer)] * 2)

    assert event_types_of(appointment).count("moved") == 2
    assert (counter(appointment.slot), due(appointment.slot)) == (0, 1)


@pytest.mark.parametrize("moves", [True, False], ids=["move", "cancel"])
def test_accept_against_move_or_cancel_keeps_the_choice(moves):
    for appointment, offer in rounds_of_open_offers(4):
        chosen = places.some_slot(time="14:00")
        choose = partial(move, appointment, chosen) if moves else partial(cancel, appointment)

        assert told(at_once(partial(accept, offer), choose)) in ([], [TOO_LATE])

        stands = now(appointment)
        assert (stands.status == "confirmed", stands.slot == chosen) == (moves, moves)
        assert list(Slot.objects.filter(taken__gt=0)) == ([chosen] if moves else [])
    assert not Offer.objects.open().exists()


def close(slot):
    close_day(slot)
    places.displace()


def test_accept_while_office_closes_keeps_or_reoffers_time():
    for appointment, offer in rounds_of_open_offers(4):
        results = at_once(partial(accept, offer), partial(close, offer.slot))
        places.displace()

        offer.refresh_from_db()
        stands = now(appointment)
        if told(results):
            assert told(results) in ([CLOSED_TIME], [TOO_LATE])
            assert (stands.status, stands.slot) == ("confirmed", appointment.slot)
            assert offer.status == "withdrawn"
        else:
            assert (stands.status, offer.status) == ("displaced", "accepted")
            assert appointment.offers.open().get().slot != offer.slot
        assert counter(offer.slot) == 0
        assert_slot_counters_match()


def test_wait_against_cancel_leaves_no_waiting():
    for _round in range(4):
        appointment = places.confirmed()

        results = at_once(partial(wait, appointment), partial(cancel, appointment))

        assert told(results) in ([], [CANCELLED])
        assert not appointment.waitings.open().exists()
        assert counter(appointment.slot) == 0


def test_chain_of_accepted_offers_ends():
    """The time that each of six leaves is offered to the next, until there is no offer."""
    slots = places.some_slots(8)
    queue = [places.confirmed(slot=slot) for slot in slots]
    for each in queue[2:]:
        wait(each)
    at_once(*[partial(cancel, each) for each in queue[:2]])
    for _step in range(20):
        places.allocate()
        kept = list(Offer.objects.open().select_related("appointment__user", "appointment"))
        if not kept:
            break
        assert told(at_once(*[partial(accept, offer) for offer in kept])) == []
        assert_slot_counters_match()

    assert not Offer.objects.open().exists()
    assert all(now(each).slot.start < each.slot.start for each in queue[2:4])
    assert all(now(each).slot.start <= each.slot.start for each in queue[4:])
    assert Slot.objects.filter(taken=1).count() == 6


def accept_and_opposite_move():
    """Return an acceptance of the earlier slot, a move to the later one, and both slots."""
    early, late = places.some_slots(2, capacity=2)
    accepts, moves = places.confirmed(slot=late), places.confirmed(slot=early)
    wait(accepts)
    cancel(places.confirmed(slot=early))
    places.allocate()
    return (partial(accept, accepts.offers.get()), partial(move, moves, late)), (early, late)


def test_accept_and_opposite_move_both_succeed():
    for _round in range(4):
        steps, (early, late) = accept_and_opposite_move()

        assert [each.slot for each in at_once(*steps)] == [early, late]
        assert [counter(early), counter(late)] == [1, 1]
        places.allocate()  # lets go what is reserved, as nobody waits any more


def test_control_without_slot_order_accept_and_move_deadlock(guards):
    steps, _slots = accept_and_opposite_move()
    guards.take_out_slot_order(parties=2)

    with pytest.raises(OperationalError, match="deadlock detected"):
        at_once(*steps)


# Without an appointment


def offered_wish():
    """Return the offer of a place that has come free, to somebody without an appointment."""
    user, booked = UserFactory(), places.confirmed(slot=places.some_slot())
    places.wish(user)
    cancel(booked)
    places.allocate()
    return Offer.objects.get(waiting__user=user)


def answer_wish(action, offer):
    return action(actor=offer.waiting.user, offer=offer)


def test_accept_a_wish_twenty_times_holds_once():
    offer = offered_wish()

    results = at_once(*[partial(answer_wish, actions.accept, offer)] * 20)

    held = offer.slot.appointments.live().get()
    assert results == [held] * 20
    assert event_types_of(held) == ["held"]
    assert_slot_counters_match()


def test_accept_a_wish_against_its_end_ends_one_way(clocks):
    for rival in (actions.decline, "lapse", "book"):
        offer = offered_wish()
        user = offer.waiting.user
        accept_now = partial(answer_wish, actions.accept, offer)
        if rival == "lapse":
            at = clocks(offer.expires_at, actions.lapse_due)
        elif rival == "book":
            held = places.held(user, slot=places.some_slot(), service=offer.waiting.service)
            at = partial(confirm, held)
        else:
            at = partial(answer_wish, rival, offer)

        results = at_once(accept_now, at)

        is_held = offer.slot.appointments.live().exists()
        assert counter(offer.slot) == is_held, rival
        assert (now(offer).status == "accepted") == is_held, rival
        assert is_held or told(results)
        assert_slot_counters_match()


def wish_twice():
    user, service = UserFactory(), ServiceFactory()
    return at_once(*[partial(places.wish, user, service)] * 4)


def test_wish_sent_four_times_is_one_entry():
    assert len({wish.pk for wish in wish_twice()}) == 1
    assert Waiting.objects.open().count() == 1


def test_control_without_lock_second_wish_fails(guards):
    guards.take_out_row_locks()
    guards.wait_after(WaitingQuerySet, "first", parties=4)

    with pytest.raises(IntegrityError, match="waiting_once"):
        wish_twice()
