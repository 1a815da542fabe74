"""Random sequences of actions as the clock goes on: no place is sold twice, nobody is forgotten.

A state machine of hypothesis takes the steps of all people, and checks all invariants after each.
"""

import datetime
import uuid
from unittest import mock

import pytest
from django.conf import settings as settings_of_portal
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone, translation
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from appointments import actions
from appointments.models import (
    Appointment,
    AppointmentEvent,
    Closure,
    Correction,
    Offer,
    OpeningWindow,
    Slot,
    Waiting,
)
from appointments.offer_hours import hours_at
from core.exceptions import RuleViolation
from tests import factories
from tests.appointments import places
from tests.appointments.hours_forms import REASONS
from tests.appointments.places import MONDAY, TUESDAY

pytestmark = [
    *(pytest.mark.both_engines, pytest.mark.django_db),
    *(pytest.mark.sqlite, pytest.mark.takes_long),
]

PEOPLE = 6
DAYS = (MONDAY, TUESDAY)
Status = Appointment.Status


class Office(RuleBasedStateMachine):
    """An office of two days and few places, six people, a clerk, a worker and a clock."""

    def __init__(self):
        super().__init__()
        self.before = transaction.savepoint()
        self.clock = places.Clock()
        self.patch = mock.patch.object(timezone, "now", self.clock)
        self.patch.start()
        self.hours = places.window("10:00", "11:00", slot_minutes=30, capacity=2)
        self.kept_until = datetime.timedelta(hours=settings_of_portal.BOOKING["KEPT_UNTIL_HOURS"])
        actions.make_slots()
        self.clerk = places.clerk(self.hours.office)
        self.manager = places.manager(self.hours.office)
        self.users = [factories.UserFactory() for _person in range(PEOPLE)]
        self.services = [factories.ServiceFactory() for _service in range(2)]
        # Monday is full and the people of Tuesday wait: otherwise offers would be rare.
        slots = Slot.objects.filter(day__in=DAYS).order_by("start")
        for user, slot in zip(self.users, [slot for slot in slots for _two in "12"], strict=False):
            booked = places.confirmed(user, slot=slot, service=self.services[0])
            if slot.day == TUESDAY:
                places.wait(booked)

    def teardown(self):
        self.patch.stop()
        transaction.savepoint_rollback(self.before)

    def attempt(self, action, *things, **criteria):
        """Run the action; if it is refused, check that it changed nothing and return None."""
        before = list(Appointment.objects.order_by("pk").values())
        try:
            with transaction.atomic():
                return action(*things, **criteria)
        except RuleViolation:
            assert list(Appointment.objects.order_by("pk").values()) == before
            return None

    def one_of(self, rows, number):
        rows = list(rows.order_by("pk"))
        return rows[number % len(rows)] if rows else None

    # Rules of the people

    @rule(
        who=st.integers(0, PEOPLE - 1),
        service=st.integers(0, 1),
        slot=st.integers(0, 99),
        operations=st.integers(1, 2),
        is_confirmed=st.booleans(),
    )
    def hold(self, who, service, slot, operations, is_confirmed):
        user, slot = self.users[who], self.one_of(Slot.objects.filter(day__in=DAYS), slot)
        held = self.attempt(
            places.held, user, slot=slot, service=self.services[service], operations=operations
        )
        self.check_kept(slot)
        if held and is_confirmed:
            self.attempt(actions.confirm, actor=user, appointment=held)

    def some(self, number, *statuses):
        return self.one_of(Appointment.objects.filter(status__in=statuses), number)

    @rule(number=st.integers(0, 99))
    def confirm(self, number):
        if held := self.some(number, Status.HELD):
            self.attempt(actions.confirm, actor=self.owner(held), appointment=held)

    @rule(number=st.integers(0, 99))
    def cancel(self, number):
        if found := self.some(number, Status.HELD, Status.CONFIRMED, Status.DISPLACED):
            self.attempt(actions.cancel, actor=self.owner(found), appointment=found)

    @rule(number=st.integers(0, 99), slot=st.integers(0, 99))
    def move(self, number, slot):
        if found := self.some(number, Status.CONFIRMED, Status.DISPLACED):
            slot = self.one_of(Slot.objects.filter(day__in=DAYS), slot)
            self.attempt(actions.move, actor=self.owner(found), appointment=found, slot=slot)
            self.check_kept(slot)

    def check_kept(self, slot):
        """Check that nobody but a walk-in took of what was kept, before everybody could."""
        if slot.start > self.clock.now + self.kept_until:
            assert places.kept(slot) == slot.kept

    @rule(number=st.integers(0, 99), is_here=st.booleans())
    def wait(self, number, is_here):
        if found := self.some(number, Status.CONFIRMED):
            office = self.hours.office if is_here else None
            given = {"appointment": found, "office": office}
            self.attempt(actions.wait, actor=self.owner(found), **given)

    @rule(number=st.integers(0, 99))
    def stop_waiting(self, number):
        if found := self.one_of(Waiting.objects.open(), number):
            self.attempt(actions.stop_waiting, actor=self.owner(found), waiting=found)

    @rule(
        who=st.integers(0, PEOPLE - 1),
        service=st.integers(0, 1),
        operations=st.integers(1, 2),
        day=st.sampled_from(DAYS),
        is_here=st.booleans(),
    )
    def wish(self, who, service, operations, day, is_here):
        user, office = self.users[who], self.hours.office
        self.attempt(
            actions.wait_for_any_time,
            actor=user,
            holder=user.identity,
            attendee=user.identity,
            service=self.services[service],
            operations=operations,
            region=office.region,
            office=office if is_here else None,
            last_day=day,
        )

    @precondition(lambda self: Offer.objects.open().exists())
    @rule(number=st.integers(0, 99), is_accepted=st.booleans())
    def answer(self, number, is_accepted):
        offer = self.one_of(Offer.objects.open(), number)
        action = actions.accept if is_accepted else actions.decline
        is_good = offer.can_be_answered and not self.is_obsolete(offer)
        answered = self.attempt(action, actor=self.owner(offer.waiting), offer=offer)
        if is_accepted and is_good:
            assert answered.slot == offer.slot

    def is_obsolete(self, offer):
        """Return whether the offered slot has closed or another booking prevents accepting it."""
        waiting = offer.waiting
        others = Appointment.objects.live().filter(attendee=waiting.attendee)
        others = others.exclude(pk=offer.appointment_id)
        beside = others.at_the_same_time_as(offer.slot)
        same = others.filter(service=waiting.service)
        mine = Appointment.objects.filter(user=self.owner(waiting))
        displaced = mine.filter(service=waiting.service, status=Status.DISPLACED)
        displaced = displaced.exclude(pk=offer.appointment_id)
        holds = 0 if offer.appointment else mine.filter(status=Status.HELD).count()
        is_full = holds >= settings_of_portal.BOOKING["MAX_HOLDS"]
        in_the_way = beside.exists() or same.exists() or displaced.exists()
        return offer.slot.is_closed or in_the_way or is_full

    # Rules of the clerk who helps people

    @rule(
        who=st.integers(0, PEOPLE - 1),
        service=st.integers(0, 1),
        slot=st.integers(0, 99),
        operations=st.integers(1, 2),
    )
    def book_for(self, who, service, slot, operations):
        person = self.users[who].identity
        slot = self.one_of(Slot.objects.filter(day__in=DAYS), slot)
        self.attempt(
            actions.book_for,
            actor=self.clerk,
            assistance=places.assistance(self.clerk, person),
            attendee=person,
            service=self.services[service],
            slot=slot,
            operations=operations,
            idempotency_key=uuid.uuid4(),
        )
        self.check_kept(slot)

    @rule(number=st.integers(0, 99), slot=st.integers(0, 99))
    def move_for(self, number, slot):
        if found := self.some(number, Status.CONFIRMED, Status.DISPLACED):
            slot = self.one_of(Slot.objects.filter(day__in=DAYS), slot)
            self.attempt(actions.move_for, **self.helping(found), slot=slot)
            self.check_kept(slot)

    @rule(number=st.integers(0, 99))
    def cancel_for(self, number):
        if found := self.some(number, Status.CONFIRMED, Status.DISPLACED):
            self.attempt(actions.cancel_for, **self.helping(found))

    def helping(self, appointment):
        begun = places.assistance(self.clerk, appointment.holder, "change")
        return {"actor": self.clerk, "assistance": begun, "appointment": appointment}

    def owner(self, matter):
        """Return the account of whose it is, also of what a clerk has made for them."""
        return next(user for user in self.users if user.identity_id == matter.holder_id)

    # Rules of the office

    @rule(
        number=st.integers(0, 99),
        action=st.sampled_from(["check_in", "call", "serve", "mark_no_show"]),
    )
    def receive(self, number, action):
        if found := self.some(number, Status.CONFIRMED, Status.CHECKED_IN, Status.NO_SHOW):
            self.attempt(getattr(actions, action), actor=self.clerk, appointment=found)

    @rule(number=st.integers(0, 99), is_stale=st.booleans())
    def take_back(self, number, is_stale):
        if found := self.some(number, *Appointment.MARKED):
            seen = {"expected_version": found.version - is_stale}
            self.attempt(
                actions.take_back,
                actor=self.clerk,
                appointment=found,
                reason="by_mistake",
                **seen,
            )

    @rule(number=st.integers(0, 99), outcome=st.sampled_from([Status.SERVED, Status.NO_SHOW]))
    def settle(self, number, outcome):
        if found := self.some(number, Status.UNMARKED):
            given = {"actor": self.manager, "appointment": found, "outcome": outcome}
            self.attempt(actions.settle, **given)

    @rule(who=st.integers(0, PEOPLE - 1), service=st.integers(0, 1), operations=st.integers(1, 2))
    def walk_in(self, who, service, operations):
        before = Slot.objects.in_bulk()
        made = self.attempt(
            actions.walk_in,
            actor=self.clerk,
            office=self.hours.office,
            number=self.users[who].identity.current_number,
            service=self.services[service],
            operations=operations,
            idempotency_key=uuid.uuid4(),
        )
        if made:
            left = max(before[made.slot_id].kept - operations, 0)
            assert places.kept(made.slot) == left

    @rule(day=st.sampled_from(DAYS))
    def close(self, day):
        Closure.objects.create(office=self.hours.office, first_day=day, last_day=day, **REASONS)
        actions.make_slots()

    @rule()
    def open_again(self):
        Closure.objects.all().delete()
        actions.make_slots()

    @rule(capacity=st.integers(1, 3))
    def change_capacity(self, capacity):
        hours = OpeningWindow.objects.get(pk=self.hours.pk)
        hours.capacity, hours.kept_for_walk_ins = capacity, min(hours.kept_for_walk_ins, capacity)
        hours.save()
        self.make_slots()

    @rule(share=st.integers(0, 3))
    def change_share(self, share):
        hours = OpeningWindow.objects.get(pk=self.hours.pk)
        hours.kept_for_walk_ins = min(share, hours.capacity)
        hours.save()
        self.make_slots()

    def make_slots(self):
        """Make slots; check that the share is kept as far as there is room, once and for all."""
        actions.make_slots()
        assert actions.slot_generation._windows_that_differ(actions.horizon()) == []
        share = OpeningWindow.objects.get(pk=self.hours.pk).kept_for_walk_ins
        for slot in Slot.objects.filter(day__in=DAYS, is_closed=False):
            came = slot.appointments.filter(is_walk_in=True)
            left = share - came.aggregate(all=Sum("operations", default=0))["all"]
            if slot.start > self.clock.now + self.kept_until:
                room = slot.capacity - slot.taken - slot.reserved
                assert slot.kept == max(min(left, room), 0)

    # Rules of the worker and the clock

    @rule()
    def work(self):
        actions.expire_due()
        actions.lapse_due()
        actions.displace_due()
        actions.settle_past()
        places.allocate()
        assert not Offer.objects.lapsed(self.clock.now).exists()
        closed = Appointment.objects.filter(slot__is_closed=True, status=Status.CONFIRMED)
        assert not closed.filter(slot__start__gt=self.clock.now).exists()
        assert not Waiting.objects.displaced().exists()
        # Reserved places are left for who needs more of them, and in the night.
        for slot in Slot.objects.reserved():
            larger = Waiting.objects.fitting(slot).filter(operations__gt=slot.reserved)
            assert larger.exists() or hours_at(self.clock.now) is None

    @rule(minutes=st.sampled_from([1, 10, 31, 180, 24 * 60]))
    def wait_a_while(self, minutes):
        self.clock.now += datetime.timedelta(minutes=minutes)

    # Invariants

    @invariant()
    def slot_counters_match_bookings(self):
        for slot in Slot.objects.filter(day__in=DAYS):
            booked = slot.appointments.live().aggregate(all=Sum("operations", default=0))["all"]
            kept = slot.offers.open().aggregate(all=Sum("operations", default=0))["all"]
            assert slot.taken == booked + kept
            assert min(slot.reserved, slot.kept) >= 0
            assert slot.taken + slot.reserved + slot.kept <= slot.capacity
            assert not (slot.is_closed and (slot.reserved or slot.kept))

    @invariant()
    def no_attendee_is_booked_twice(self):
        live = Appointment.objects.live()
        pairs = list(live.values_list("attendee", "service"))
        assert len(pairs) == len(set(pairs))
        for one in live.select_related("slot"):
            beside = live.filter(attendee=one.attendee).at_the_same_time_as(one.slot)
            assert list(beside) == [one]

    @invariant()
    def last_event_matches_status(self):
        for appointment in Appointment.objects.exclude(status__in=Appointment.NEVER_CONFIRMED):
            told = appointment.events.exclude(event_type="offered").latest("seq").event_type
            expected = {
                Status.CONFIRMED: ("confirmed", "moved", "restored", "taken_back"),
                Status.CANCELLED: ("cancelled", "taken_back"),
                Status.DISPLACED: ("displaced",),
                Status.CHECKED_IN: ("checked_in", "walked_in", "called", "taken_back"),
                Status.SERVED: ("served",),
                Status.NO_SHOW: ("no_show", "taken_back"),
                Status.UNMARKED: ("unmarked",),
            }
            assert told in expected[appointment.status]
            if appointment.is_confirmed:
                assert appointment.slips.last().slot == appointment.slot

    @invariant()
    def every_mark_taken_back_says_why(self):
        taken_back = AppointmentEvent.objects.filter(event_type="taken_back")
        assert taken_back.count() == Correction.objects.count()

    @invariant()
    def one_open_offer_per_appointment(self):
        offers = Offer.objects.open().select_related("appointment")
        assert len({offer.waiting_id for offer in offers}) == len(offers)
        for offer in offers:
            if offer.appointment:
                assert offer.appointment.status in (Status.CONFIRMED, Status.DISPLACED)

    @invariant()
    def only_those_wait_who_can_be_offered_something(self):
        for waiting in Waiting.objects.open().select_related("appointment"):
            if waiting.before is None:
                assert waiting.appointment.is_displaced
            elif waiting.appointment:
                assert waiting.appointment.is_confirmed
            else:
                stands = Appointment.objects.live().filter(attendee=waiting.attendee)
                stands = stands.filter(service=waiting.service)
                assert not stands.exclude(status=Status.HELD).exists()


def test_random_actions_keep_all_invariants():
    with translation.override("en"):
        run = Office.TestCase
        run.settings = settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        run().runTest()
