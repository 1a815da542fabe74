"""Concurrent clerks: a place is given once, and a person is checked in once."""

import uuid
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.utils import timezone

from appointments import actions
from appointments.actions import booking, walk_ins
from appointments.models import Appointment, AppointmentQuerySet, Slot
from core.exceptions import RuleViolation
from tests.appointments import places
from tests.factories import IdentityFactory, ServiceFactory, UserFactory
from tests.races.bookings import FULL, booked, event_types_of, hold, taken
from tests.races.together import (
    DEADLINE_SECONDS,
    at_once,
    look_before_writing,
    take_out_row_locks,
    told,
    wait_after,
)

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db(transaction=True)]
parallel = pytest.mark.postgres

NO_ROOM = "No time of today has room for this at this office any more. Offer an appointment."
HERE = "This person is checked in already."
OVERLAP = "Mohammed Aslam Khan has another appointment at this time. Choose another time."


def slot_of_today(*, office="al-rimal", capacity=1, minutes=60):
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
    )


def walk_in(clerk, office, service, *, person=None, idempotency_key=None):
    return actions.walk_in(
        actor=clerk,
        office=office,
        number=(person or IdentityFactory()).current_number,
        service=service,
        operations=1,
        idempotency_key=idempotency_key or uuid.uuid4(),
    )


# The last place


def race_clerks_and_residents(slot):
    service = ServiceFactory()
    clerks = [places.clerk(slot.office) for _clerk in range(10)]
    people = IdentityFactory.create_batch(10)
    return at_once(
        *(
            partial(walk_in, clerk, slot.office, service, person=person)
            for clerk, person in zip(clerks, people, strict=True)
        ),
        *(partial(hold, user, slot, service) for user in UserFactory.create_batch(10)),
    )


@parallel
@pytest.mark.parametrize("is_under_hold", [False, True], ids=["free", "under a lapsed hold"])
@pytest.mark.parametrize("_round", range(5))
def test_last_place_goes_to_one_of_clerks_and_residents(is_under_hold, _round):
    slot = slot_of_today()
    if is_under_hold:
        places.lapse(places.held(slot=slot))

    results = race_clerks_and_residents(slot)

    (winner,) = [each for each in results if not isinstance(each, RuleViolation)]
    assert taken(slot) == 1
    assert slot.appointments.live().get() == winner
    refused = told(results)
    assert len(refused) == 19
    assert set(refused) == {FULL, NO_ROOM}
    assert event_types_of(winner) == (["walked_in"] if winner.is_walk_in else ["held"])


@parallel
def test_control_without_conditional_update_last_place_oversold(monkeypatch):
    slot = slot_of_today()
    everybody = Barrier(20, timeout=DEADLINE_SECONDS)

    def look_then_take(_freed, *, into, operations):
        looked_at = Slot.objects.get(pk=into.pk)
        everybody.wait()
        if looked_at.taken + operations > looked_at.capacity:
            raise RuleViolation(FULL, code="full")
        looked_at.taken += operations
        looked_at.save(update_fields=["taken"])

    for module in (booking, walk_ins):
        monkeypatch.setattr(module, "move_places", look_then_take)

    results = race_clerks_and_residents(slot)

    assert told(results) == []
    assert booked(slot) == 20


@parallel
def test_clerk_losing_a_place_gets_next_free_one():
    slots = [slot_of_today(minutes=minutes) for minutes in (60, 75, 90)]
    service, office = ServiceFactory(), slots[0].office
    clerks = [places.clerk(office) for _clerk in range(6)]

    people = IdentityFactory.create_batch(6)
    results = at_once(
        *(
            partial(walk_in, clerk, office, service, person=person)
            for clerk, person in zip(clerks, people, strict=True)
        )
    )

    assert told(results) == [NO_ROOM] * 3
    assert [taken(slot) for slot in slots] == [1, 1, 1]


# Twenty clicks


@parallel
def test_walk_in_form_sent_twenty_times_takes_one_place():
    slot, service, person = slot_of_today(capacity=30), ServiceFactory(), IdentityFactory()
    clerk, idempotency_key = places.clerk(slot.office), uuid.uuid4()

    results = at_once(
        *[
            partial(
                walk_in, clerk, slot.office, service, person=person, idempotency_key=idempotency_key
            )
        ]
        * 20
    )

    assert {each.pk for each in results} == {slot.appointments.get().pk}
    assert taken(slot) == 1


@parallel
def test_control_without_form_key_later_walk_ins_are_refused(monkeypatch):
    slot, service, person = slot_of_today(capacity=30), ServiceFactory(), IdentityFactory()
    clerk, idempotency_key = places.clerk(slot.office), uuid.uuid4()
    monkeypatch.setattr(walk_ins, "derive_key", lambda *_content: uuid.uuid4())

    results = at_once(
        *[
            partial(
                walk_in, clerk, slot.office, service, person=person, idempotency_key=idempotency_key
            )
        ]
        * 20
    )

    made = slot.appointments.get()
    assert (
        told(results)
        == [f"This person has an appointment for this service today ({made.reference}). Use that."]
        * 19
    )


# One person, two desks


def walk_in_and_hold_elsewhere(person):
    """Walk in at one office while the same person is booked at another for the same time."""
    here = slot_of_today()
    there = slot_of_today(office="qasr-al-hukm")
    Slot.objects.filter(pk=there.pk).update(start=here.start, end=here.end)
    there.refresh_from_db()
    clerk, user = places.clerk(here.office), UserFactory(identity=person)
    return at_once(
        partial(walk_in, clerk, here.office, ServiceFactory(), person=person),
        partial(hold, user, there, ServiceFactory()),
    )


@parallel
@pytest.mark.parametrize("_round", range(5))
def test_walk_in_and_hold_at_one_time_one_succeeds(_round):
    person = IdentityFactory()

    results = walk_in_and_hold_elsewhere(person)

    assert told(results) in ([NO_ROOM], [OVERLAP])
    assert Appointment.objects.live().filter(attendee=person).count() == 1


@parallel
def test_control_without_person_lock_both_offices_succeed(monkeypatch):
    person = IdentityFactory()
    take_out_row_locks(monkeypatch)
    wait_after(monkeypatch, AppointmentQuerySet, "create", parties=2)

    results = walk_in_and_hold_elsewhere(person)

    assert told(results) == []
    assert Appointment.objects.live().filter(attendee=person).count() == 2


# The scanner


def scan_twenty_times(appointment):
    office = appointment.slot.office
    clerks = [places.clerk(office), places.clerk(office)] * 10
    code = appointment.slips.get().check_code
    return at_once(
        *(partial(actions.receive, actor=clerk, office=office, scanned=code) for clerk in clerks)
    )


@parallel
@pytest.mark.parametrize("_round", range(3))
def test_scan_twenty_times_checks_in_once(_round):
    appointment = places.confirmed(slot=slot_of_today())

    results = scan_twenty_times(appointment)

    assert set(told(results)) <= {HERE}
    assert len(told(results)) < 20
    assert event_types_of(appointment) == ["held", "confirmed", "checked_in"]


@parallel
def test_control_without_conditional_update_each_scan_counts(monkeypatch):
    appointment = places.confirmed(slot=slot_of_today())
    look_before_writing(monkeypatch, AppointmentQuerySet, parties=20, only_if_changes="status")

    scan_twenty_times(appointment)

    assert event_types_of(appointment) == ["held", "confirmed", *["checked_in"] * 20]


# The clerk and the worker


def serve_while_worker_settles(appointment):
    clerk = places.clerk(appointment.slot.office)
    return at_once(
        partial(actions.serve, actor=clerk, appointment=appointment), actions.settle_past
    )


def checked_in_since_yesterday():
    """Return an appointment checked in yesterday and not served; its slot has a hold besides."""
    slot = slot_of_today(capacity=2)
    appointment = places.in_status(Appointment.Status.CHECKED_IN, slot=slot)
    places.held(slot=slot)
    day = timedelta(days=1)
    Slot.objects.filter(pk=slot.pk).update(start=slot.start - day, end=slot.end - day)
    return appointment


@parallel
@pytest.mark.parametrize("_round", range(5))
def test_serve_while_worker_settles_day_serves_once(_round):
    appointment = checked_in_since_yesterday()

    serve_while_worker_settles(appointment)

    assert event_types_of(appointment) == ["held", "confirmed", "served"]
    assert taken(appointment.slot) == 1


@parallel
def test_control_without_conditional_update_serving_frees_twice(monkeypatch):
    appointment = checked_in_since_yesterday()
    look_before_writing(monkeypatch, AppointmentQuerySet, parties=2, only_if_changes="status")

    serve_while_worker_settles(appointment)

    assert event_types_of(appointment) == ["held", "confirmed", "served", "served"]
    assert Slot.objects.get(pk=appointment.slot_id).taken == 0
