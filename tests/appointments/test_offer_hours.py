"""The hours for offers: nobody is woken, in Ramadan neither, and nothing is kept in vain."""

import datetime

import pytest

from appointments import actions
from appointments.actions import displacement
from appointments.models import Closure, Slot
from appointments.offer_hours import hours_at, is_too_soon, last_end, next_begin, offer_until
from core.messaging.models import Message
from tests.appointments import places
from tests.appointments.hours_forms import REASONS
from tests.appointments.places import MINUTE, MONDAY, SECOND, SUNDAY, TUESDAY, WEDNESDAY, at

# Ramadan 1448 is from 8 February to 8 March 2027.
EVE, FIRST, SECOND_DAY = (datetime.date(2027, 2, day) for day in (7, 8, 9))
LAST, FEAST = datetime.date(2027, 3, 8), datetime.date(2027, 3, 9)


def test_hours_are_those_of_their_day_and_of_ramadan():
    for moment, hours in (
        (at(SUNDAY, "07:59"), None),
        (at(SUNDAY, "08:00"), (at(SUNDAY, "08:00"), at(SUNDAY, "22:00"))),
        (at(SUNDAY, "21:59"), (at(SUNDAY, "08:00"), at(SUNDAY, "22:00"))),
        (at(SUNDAY, "22:00"), None),
        (at(FIRST, "00:30"), None),
        (at(FIRST, "09:59"), None),
        (at(SECOND_DAY, "00:59"), (at(FIRST, "10:00"), at(SECOND_DAY, "01:00"))),
        (at(SECOND_DAY, "01:00"), None),
        (at(FEAST, "00:59"), (at(LAST, "10:00"), at(FEAST, "01:00"))),
        (at(FEAST, "08:00"), (at(FEAST, "08:00"), at(FEAST, "22:00"))),
    ):
        assert hours_at(moment) == hours, moment


def test_hours_before_and_after_a_moment():
    for moment, end, begin in (
        (at(MONDAY, "03:00"), at(SUNDAY, "22:00"), at(MONDAY, "08:00")),
        (at(MONDAY, "12:00"), at(SUNDAY, "22:00"), at(TUESDAY, "08:00")),
        (at(FIRST, "03:00"), at(EVE, "22:00"), at(FIRST, "10:00")),
        (at(SECOND_DAY, "03:00"), at(SECOND_DAY, "01:00"), at(SECOND_DAY, "10:00")),
        (at(FEAST, "03:00"), at(FEAST, "01:00"), at(FEAST, "08:00")),
    ):
        assert (last_end(moment), next_begin(moment)) == (end, begin), moment


def test_hours_are_a_setting(settings):
    settings.OFFER_HOURS = (datetime.time(9), datetime.time(9, 30))
    assert hours_at(at(SUNDAY, "09:29")) == (at(SUNDAY, "09:00"), at(SUNDAY, "09:30"))
    assert hours_at(at(SUNDAY, "09:30")) is None


def test_offer_ends_in_half_an_hour_and_never_in_the_night():
    for now, until in (
        (at(SUNDAY, "08:00"), at(SUNDAY, "08:30")),
        (at(SUNDAY, "21:30"), at(SUNDAY, "22:00")),
        (at(SUNDAY, "21:31"), at(MONDAY, "08:30")),
        (at(SECOND_DAY, "00:31"), at(SECOND_DAY, "10:30")),
    ):
        assert offer_until(now) == until, now


def test_time_is_too_soon_to_be_offered():
    for now, first in (
        (at(SUNDAY, "12:00"), at(SUNDAY, "14:00") + SECOND),
        # In the last half-hour: two hours after the end of the offer
        (at(SUNDAY, "21:31"), at(MONDAY, "10:30")),
        # In the night: two hours after the hours begin
        (at(SUNDAY, "23:00"), at(MONDAY, "10:00") + SECOND),
        (at(MONDAY, "07:59"), at(MONDAY, "10:00") + SECOND),
    ):
        assert is_too_soon(first - SECOND, now), now
        assert not is_too_soon(first, now), now


# What the allocator makes of them


@pytest.fixture
def waiting(db, clock):
    """Return an appointment of Wednesday that waits, on the evening of Sunday."""
    appointment = places.confirmed(slot=places.slot(WEDNESDAY))
    places.wait(appointment)
    clock.now = at(SUNDAY, "20:00")
    places.note_worker()
    return appointment


def freed_at(clock, moment, *, day=MONDAY, time):
    """Let a place come free at this moment; return its slot."""
    booked = places.confirmed(slot=places.slot(day, time, capacity=1))
    clock.now = moment
    places.note_worker()
    places.cancel(booked)
    places.allocate()
    return booked.slot


def counts(slot):
    return places.taken(slot), places.reserved(slot)


def test_place_freed_in_the_night_is_offered_in_the_morning(waiting, clock):
    slot = freed_at(clock, at(SUNDAY, "22:00"), time="12:00")
    assert counts(slot) == (0, 1)
    clock.now = at(MONDAY, "07:59")
    places.allocate()
    assert counts(slot) == (0, 1)
    assert not waiting.offers.exists()

    clock.now = at(MONDAY, "08:00")
    places.allocate()
    assert counts(slot) == (1, 0)
    assert waiting.offers.get().expires_at == at(MONDAY, "08:30")


def test_place_freed_in_the_night_is_free_at_once_if_it_starts_early(waiting, clock):
    assert counts(freed_at(clock, at(SUNDAY, "22:00"), time="10:00")) == (0, 0)


def test_offer_of_the_last_half_hour_can_be_answered_until_the_morning(waiting, clock):
    slot = freed_at(clock, at(SUNDAY, "21:45"), time="10:30")
    offer = waiting.offers.get()
    assert (counts(slot), offer.expires_at) == ((1, 0), at(MONDAY, "08:30"))
    text = Message.objects.filter(about=waiting.reference, channel="sms").latest("pk")
    assert text.text.endswith("Sign in to accept it before 08:30 on Monday.")
    assert text.next_attempt_at == clock.now


def test_time_too_early_for_the_last_half_hour_is_free_at_once(waiting, clock):
    assert counts(freed_at(clock, at(SUNDAY, "21:45"), time="10:15")) == (0, 0)


def test_displaced_in_the_night_keep_a_place_at_once_and_are_told_in_the_morning(db, clock):
    hours = places.window("10:00", "12:00", capacity=1)
    actions.make_slots()
    early, late = (
        places.confirmed(slot=Slot.objects.get(start=at(MONDAY, time)))
        for time in ("10:00", "10:15")
    )
    Closure.objects.create(office=hours.office, first_day=MONDAY, last_day=MONDAY, **REASONS)
    actions.make_slots()
    clock.now = at(SUNDAY, "23:00")
    places.displace()

    offers = [each.offers.get() for each in (early, late)]
    told = [
        Message.objects.get(about=each.reference, text__contains="is closed").next_attempt_at
        for each in (early, late)
    ]
    # Whoever would set out in the morning before being told is told at once.
    assert told == [clock.now, at(MONDAY, "08:00")]
    day = datetime.timedelta(days=1)
    assert [offer.expires_at - day for offer in offers] == told
    assert [places.taken(offer.slot) for offer in offers] == [1, 1]


@pytest.fixture
def displaced_at_night(db, clock):
    """Return an appointment of Monday at noon, displaced on Sunday at eleven in the evening.

    The other times of that office are on the same day, half past ten, eleven, and half past.
    """
    places.window("10:30", "12:30", capacity=1, slot_minutes=30, valid_until=MONDAY)
    actions.make_slots()
    appointment = places.confirmed(slot=slot_at("12:00"))
    Slot.objects.filter(pk=appointment.slot_id).update(is_closed=True)
    clock.now = at(SUNDAY, "23:00")
    places.displace()
    return appointment


def slot_at(time):
    return Slot.objects.get(start=at(MONDAY, time))


def test_what_is_kept_in_the_night_leaves_time_to_answer_in_the_morning(displaced_at_night):
    offer = displaced_at_night.offers.get()
    assert (offer.slot, offer.expires_at) == (slot_at("11:30"), at(MONDAY, "09:30"))
    about = Message.objects.filter(about=displaced_at_night.reference, channel="sms")
    text = about.get(text__contains="closed at the time")
    assert text.next_attempt_at == at(MONDAY, "08:00")
    assert text.text.endswith("Sign in to accept it within 2 hours.")


@pytest.mark.parametrize("action", ["accept", "cancel", "move", "reopen"])
def test_who_has_chosen_in_the_night_is_not_told_in_the_morning(displaced_at_night, action):
    appointment = displaced_at_night
    if action == "accept":
        actions.accept(actor=appointment.user, offer=appointment.offers.get())
    elif action == "cancel":
        places.cancel(appointment)
    elif action == "reopen":
        Slot.objects.filter(pk=appointment.slot_id).update(is_closed=False)
        assert displacement.restore_due() == 1
    else:
        places.move(appointment, slot_at("10:30"))
    assert not Message.objects.filter(text__contains="closed at the time").exists()


# Without a worker


def test_reserved_place_is_free_to_all_after_a_quarter_of_an_hour_without_a_worker(waiting, clock):
    slot = freed_at(clock, at(SUNDAY, "23:00"), time="12:00")
    clock.now += 15 * MINUTE - SECOND
    taken = "This time has just been taken. Choose another."
    assert places.refused(places.held, slot=slot) == taken
    clock.now += SECOND
    places.held(slot=slot)
    assert counts(slot) == (1, 0)


def test_reserved_place_stays_kept_while_a_worker_runs(waiting, clock):
    slot = freed_at(clock, at(SUNDAY, "23:00"), time="12:00")
    for _quarter in range(8):
        clock.now += 14 * MINUTE
        places.allocate()
    assert places.refusal(places.held, slot=slot)
    assert counts(slot) == (0, 1)
