"""The share of a slot that is kept for walk-ins, until it goes to everybody."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appointments import actions
from appointments.actions import make_slots, serve, slot_generation, walk_in
from appointments.actions.places import move_places
from appointments.models import Appointment, OpeningWindow, Slot
from core.exceptions import RuleViolation
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import DAYS, address
from tests.appointments.hours_forms import HOURS, hours_form, is_saved
from tests.appointments.places import (
    HOUR,
    MONDAY,
    SECOND,
    SHORT_MONDAY,
    SUNDAY,
    TUESDAY,
    at,
    cancel,
    refused,
)
from tests.appointments.sentences import TAKEN
from tests.appointments.test_hours import change, closure
from tests.conftest import signed_in_staff, words
from tests.worlds import undone

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]

MORE_THAN_THERE_ARE = "No more operations can be kept for walk-ins than there are at once."
SHORT = (
    "At these times 2 operations are to be kept for walk-ins, and more are booked than leave room "
    "for them. Everybody keeps their place; what comes free is kept."
)


@pytest.fixture
def today():
    """Return a slot of today at two with two places, one of them kept; it is nine now."""
    return places.slot(SUNDAY, "14:00", capacity=2, kept=1)


def counts(slot):
    """Return what the slot has taken, reserved and kept."""
    slot.refresh_from_db()
    return slot.taken, slot.reserved, slot.kept


def comes(slot, operations=1):
    """Let somebody without an appointment come to the office of the slot."""
    clerk = slot.office.clerks.first() or places.clerk(slot.office)
    return walk_in(
        actor=clerk,
        office=slot.office,
        number=factories.IdentityFactory().current_number,
        service=factories.ServiceFactory(),
        operations=operations,
        idempotency_key=uuid.uuid4(),
    )


def keeps(window, share, **fields):
    change(window, kept_for_walk_ins=share, **fields)


# Who can take them


def test_what_is_kept_goes_to_everybody_two_hours_before(today, clock):
    places.confirmed(slot=today)
    for moment in (at(SUNDAY, "09:00"), at(SUNDAY, "12:00") - SECOND):
        clock.now = moment
        assert refused(places.held, slot=today) == TAKEN
        assert counts(today) == (1, 0, 1)
    clock.now = at(SUNDAY, "12:00")
    places.held(slot=today)
    assert counts(today) == (2, 0, 0)


def test_the_hours_before_are_a_setting(today, clock, settings):
    settings.BOOKING = {**settings.BOOKING, "KEPT_UNTIL_HOURS": 3}
    clock.now = at(SUNDAY, "11:00") - SECOND
    assert refused(places.held, slot=today, operations=2) == (
        "Only 1 operation is left at this time. Choose another time, or one operation."
    )
    clock.now = at(SUNDAY, "11:00")
    places.held(slot=today, operations=2)
    assert counts(today) == (2, 0, 0)


def test_walk_in_takes_what_is_kept_first(today):
    comes(today)
    assert counts(today) == (1, 0, 0)
    places.held(slot=today)
    assert refused(comes, today) != ""
    assert counts(today) == (2, 0, 0)


def test_walk_in_takes_what_is_free_beside_what_is_kept(today):
    comes(today, operations=2)
    assert counts(today) == (2, 0, 0)


def test_walk_in_gets_a_kept_place_of_a_time_that_is_full_for_others(today):
    places.confirmed(slot=today)
    assert refused(places.held, slot=today) == TAKEN
    assert comes(today).slot == today


def test_place_that_a_walk_in_gives_back_is_free_to_all(today):
    came = comes(today)
    serve(actor=came.user, appointment=came)
    assert counts(today) == (0, 0, 0)
    places.held(slot=today, operations=2)
    make_slots()
    assert counts(today) == (2, 0, 0)


def test_nobody_is_moved_into_a_kept_place(today, clock):
    places.confirmed(slot=today)
    later = places.confirmed(slot=places.slot(TUESDAY))
    assert refused(places.move, later, today) == TAKEN
    clock.now = at(SUNDAY, "12:00")
    assert places.move(later, today).slot == today
    assert counts(today) == (2, 0, 0)


def test_kept_place_is_offered_to_nobody(waits):
    monday = places.slot(capacity=2, kept=1)
    leaves = places.confirmed(slot=monday)
    couple, alone = waits(operations=2), waits()
    cancel(leaves)
    assert counts(monday) == (0, 1, 1)
    # Nothing is held up for the couple, who can never have two places of it.
    assert places.offered_to(monday) == [alone]
    assert counts(monday) == (1, 0, 1)
    assert not couple.offers.exists()


def test_displaced_are_offered_no_kept_place(clock):
    gone = places.confirmed(slot=places.slot(MONDAY, "09:00"))
    kept = places.slot(MONDAY, "10:00", capacity=1, kept=1)
    free = places.slot(MONDAY, "11:00", capacity=1)
    Slot.objects.filter(pk=gone.slot_id).update(is_closed=True)
    places.displace()
    assert gone.offers.open().get().slot == free
    assert counts(kept) == (0, 0, 1)


def test_a_worker_that_is_away_opens_reserved_places_alone(waits, clock):
    monday = places.slot(capacity=2, kept=1)
    leaves = places.confirmed(slot=monday)
    waits()
    cancel(leaves)
    assert counts(monday) == (0, 1, 1)
    places.held(slot=monday)
    assert counts(monday) == (1, 0, 1)
    assert refused(places.held, slot=monday) == TAKEN


def test_day_with_kept_places_alone_is_full_for_the_public(browser, criteria, hours):
    Slot.objects.filter(day=MONDAY).update(taken=3, kept=1)
    shown = words(browser.get(address(DAYS, criteria, office="al-rimal")))
    assert f"{SHORT_MONDAY} full" in shown
    Slot.objects.filter(day=MONDAY).update(kept=0)
    shown = words(browser.get(address(DAYS, criteria, office="al-rimal")))
    assert f"{SHORT_MONDAY} · from 08:00" in shown


# The formula

STEPS = st.lists(
    st.tuples(st.sampled_from(["book", "come", "free", "wait"]), st.integers(1, 3)), max_size=12
)


@given(capacity=st.integers(1, 5), share=st.integers(0, 5), steps=STEPS)
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_order_of_bookings_and_walk_ins_sells_each_place_once(clock, capacity, share, steps):
    with undone():
        clock.now = at(SUNDAY, "09:00")
        slot = places.slot(SUNDAY, "14:00", capacity=capacity, kept=min(share, capacity))
        taken, kept = 0, slot.kept
        for step, number in steps:
            if step == "wait":
                clock.now += number * HOUR
                continue
            is_open = clock.now >= at(SUNDAY, "12:00")
            if step == "free":
                number = min(number, taken)
                move_places({slot.pk: number})
                taken -= number
            else:
                walks_in = step == "come"
                room = capacity - taken - (0 if walks_in or is_open else kept)
                assert (clock.now >= slot.start) or offers(slot, number, walks_in) == (
                    room >= number
                )
                if takes(slot, number, walks_in):
                    assert room >= number
                    taken += number
                    kept = max(kept - number, 0) if walks_in else min(kept, capacity - taken)
                else:
                    assert room < number
            assert counts(slot) == (taken, 0, kept)


def offers(slot, number, walks_in):
    free = Slot.objects.with_free(for_walk_ins=walks_in).get(pk=slot.pk).free
    return free >= number


def takes(slot, number, walks_in):
    try:
        with transaction.atomic():
            move_places({}, into=slot, operations=number, for_walk_in=walks_in)
    except RuleViolation:
        return False
    return True


def test_database_refuses_to_keep_what_is_taken(today):
    places.confirmed(slot=today)
    with pytest.raises(IntegrityError), transaction.atomic():
        Slot.objects.filter(pk=today.pk).update(kept=F("kept") + 1)


# The hours


@pytest.fixture
def at_ten(hours):
    """Return the slot of Monday at ten, of four places."""
    return Slot.objects.get(start=at(MONDAY, "10:00"))


def shares(day=MONDAY):
    return set(Slot.objects.filter(day=day).values_list("kept", flat=True))


def test_new_slots_keep_the_share_of_their_hours():
    places.window(kept_for_walk_ins=1)
    make_slots()
    assert shares() == {1}


def test_slots_follow_a_changed_share_as_far_as_there_is_room(hours, at_ten, clock):
    last = places.confirmed(slot=at_ten, operations=3)
    keeps(hours, 2)
    assert counts(at_ten) == (3, 0, 1)
    assert shares(TUESDAY) == {2}
    # What everybody can take by now is left as it is.
    assert Slot.objects.get(start=at(SUNDAY, "11:00")).kept == 0
    assert Slot.objects.get(start=at(SUNDAY, "11:15")).kept == 2
    cancel(last)
    make_slots()
    assert counts(at_ten) == (0, 0, 2)
    keeps(hours, 0)
    assert shares() == {0}


def test_slots_with_their_share_are_not_changed_again(hours, at_ten):
    places.confirmed(slot=at_ten, operations=4)
    keeps(hours, 3)
    comes(Slot.objects.get(start=at(SUNDAY, "09:00")))
    assert slot_generation._windows_that_differ(actions.horizon()) == []


def test_what_walk_ins_have_had_of_the_share_is_not_kept_again(hours, clock):
    keeps(hours, 2)
    Slot.objects.filter(start__lt=at(SUNDAY, "14:00"), day=SUNDAY).update(is_closed=True)
    OpeningWindow.objects.update(opens="14:00")
    make_slots()
    two = Slot.objects.get(start=at(SUNDAY, "14:00"))
    comes(two)
    assert counts(two) == (1, 0, 1)
    make_slots()
    assert counts(two) == (1, 0, 1)
    keeps(hours, 3)
    assert counts(two) == (1, 0, 2)


def test_share_and_capacity_change_together(hours, at_ten):
    places.confirmed(slot=at_ten, operations=3)
    keeps(hours, 3, capacity=7)
    assert counts(at_ten) == (3, 0, 3)
    keeps(hours, 1, capacity=2)
    at_ten.refresh_from_db()
    assert (counts(at_ten), at_ten.capacity) == ((3, 0, 0), 3)
    assert shares(TUESDAY) == {1}


def test_places_no_longer_kept_are_reserved_where_somebody_waits(hours, at_ten):
    places.wait(places.confirmed(slot=Slot.objects.get(start=at(TUESDAY, "10:00"))))
    keeps(hours, 2)
    assert counts(at_ten) == (0, 0, 2)
    keeps(hours, 1)
    assert counts(at_ten) == (0, 1, 1)
    keeps(hours, 2, capacity=6)
    assert counts(at_ten) == (0, 2, 2)


def test_reopened_day_keeps_the_share_beside_who_comes_back(hours, at_ten):
    booked = places.confirmed(slot=at_ten, operations=3)
    keeps(hours, 1)
    assert counts(at_ten) == (3, 0, 1)
    closed = closure(MONDAY)
    make_slots()
    places.displace()
    assert counts(at_ten) == (0, 0, 0)
    OpeningWindow.objects.update(kept_for_walk_ins=3)
    closed.delete()
    make_slots()
    booked.refresh_from_db()
    assert (booked.is_confirmed, counts(at_ten)) == (True, (3, 0, 1))
    assert shares() == {1, 3}


# The form


def test_manager_sets_the_share_and_sees_its_effect_before(hours, at_ten):
    browser = signed_in_staff(factories.OfficerFactory(is_superuser=True))
    places.confirmed(slot=at_ten, operations=3)
    path = f"{HOURS}{hours.pk}/change/"
    form = hours_form(hours.office, kept_for_walk_ins="٢")
    page = browser.post(path, form)
    assert SHORT in words(page)
    assert page.context["short"] == [at_ten]
    assert "08:00–15:00 · 4 at once · 2 of them for walk-ins" in words(page)
    assert is_saved(browser.post(path, {**form, "_previewed": page.context["previewed"]}))
    hours.refresh_from_db()
    assert hours.kept_for_walk_ins == 2
    assert SHORT not in words(browser.post(path, hours_form(hours.office, kept_for_walk_ins="1")))


def test_share_is_no_larger_than_the_capacity(hours):
    browser = signed_in_staff(factories.OfficerFactory(is_superuser=True))
    page = browser.post(
        f"{HOURS}{hours.pk}/change/", hours_form(hours.office, kept_for_walk_ins="5")
    )
    errors = page.context["adminform"].form.errors
    assert errors == {"kept_for_walk_ins": [MORE_THAN_THERE_ARE]}
    assert page.context["adminform"].form["kept_for_walk_ins"].value() == "5"
    with pytest.raises(IntegrityError), transaction.atomic():
        OpeningWindow.objects.update(kept_for_walk_ins=5)
    assert not Appointment.objects.exists()
