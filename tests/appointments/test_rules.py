"""The rules of booking: messages compared whole, limits a second before, at and after them."""

import datetime
from functools import partial

import pytest

from appointments import actions
from appointments.models import Appointment
from core.accounts.models import Identity, Link
from core.accounts.registry import LocalRegistry
from core.catalogue.models import Service
from tests import factories
from tests.appointments import places
from tests.appointments.places import DAY, HOUR, SECOND, SUNDAY, TUESDAY, refusal, refused
from tests.appointments.sentences import (
    CLOSED,
    NO_APPOINTMENTS,
    NOT_ACTIVE,
    NOT_FOR_PERSON,
    NOT_LINKED,
    NOT_SERVED,
    OPERATIONS,
    OVERLAP,
    PAST,
    TOO_FAR,
    TWO_LEFT,
)
from tests.worlds import undone

pytestmark = pytest.mark.django_db

Status = Appointment.Status

HOLDS = "You are holding 3 times already. Confirm or cancel one of them first."


# The attendee


def test_user_books_for_themselves(resident, slot):
    appointment = places.held(resident, slot=slot, operations=2)
    assert (appointment.attendee, appointment.holder) == (resident.identity, resident.identity)
    assert appointment.is_held
    assert places.taken(slot) == 2


def test_user_books_for_linked_person(resident, slot, worker):
    for kind in (Link.Kind.EMPLOYER, Link.Kind.HOST):
        with undone():
            factories.link(resident.identity, worker, kind)
            places.confirmed(resident, slot=slot)  # two people of an account may share a time
            assert places.confirmed(resident, slot=slot, attendee=worker).attendee == worker, kind


def test_booking_for_unlinked_person_is_refused(resident, slot, worker):
    assert refused(places.held, resident, slot=slot, attendee=worker) == NOT_LINKED
    factories.link(worker, resident.identity)  # a link in the other direction
    assert refused(places.held, resident, slot=slot, attendee=worker) == NOT_LINKED
    assert places.taken(slot) == 0


def test_a_link_counts_from_its_first_day_to_its_last(resident, slot, worker):
    for dates, counts in (
        ({"since": SUNDAY}, True),
        ({"since": places.MONDAY}, False),
        ({"until": SUNDAY}, True),
        ({"until": SUNDAY - DAY}, False),
    ):
        with undone():
            factories.link(resident.identity, worker, **dates)
            found = refusal(places.held, resident, slot=slot, attendee=worker)
        assert found == (None if counts else NOT_LINKED), dates


def test_nobody_departed_or_deceased_is_booked_for(resident, slot, worker):
    factories.link(resident.identity, worker)
    for status in (Identity.Status.DEPARTED, Identity.Status.DECEASED):
        gone = factories.IdentityFactory(status=status)
        factories.link(resident.identity, gone)
        assert refused(places.held, resident, slot=slot, attendee=gone) == NOT_ACTIVE, status
    resident.identity.status = Identity.Status.DEPARTED
    resident.identity.save(update_fields=["status"])
    for attendee in (resident.identity, worker):
        assert refused(places.held, resident, slot=slot, attendee=attendee) == NOT_ACTIVE


class NewsOfDeparture(LocalRegistry):
    """A registry that tells of a departure when it is asked."""

    def refresh(self, identity):
        Identity.objects.filter(pk=identity.pk, name_en="Bilal Ahmed").update(status="departed")
        return super().refresh(identity)


def test_a_departure_that_the_registry_tells_of_counts_at_once(resident, slot, worker, settings):
    factories.link(resident.identity, worker)
    settings.REGISTRY = f"{__name__}.NewsOfDeparture"
    assert refusal(places.held, resident, slot=slot, attendee=worker) == NOT_ACTIVE


def test_a_guardian_books_until_the_child_is_of_age(resident, slot):
    """The dates are eighteen Hijri years before 16 Dhu al-Qadah 1447, and the day after."""
    for born, found in (
        (datetime.date(2008, 11, 14), NOT_LINKED),
        (datetime.date(2008, 11, 15), None),
    ):
        child = factories.IdentityFactory(birth_date=born)
        factories.link(resident.identity, child, Link.Kind.GUARDIAN)
        assert refusal(places.held, resident, slot=slot, attendee=child) == found, born
    assert Appointment.objects.get().attendee == child


def test_representative_acts_for_establishment(resident, slot, worker):
    establishment = factories.IdentityFactory(
        number="7001234567", name_en="Rimal Trading", birth_date=None, nationality="SA"
    )
    factories.link(establishment, worker)
    mandate = factories.link(establishment, resident.identity, Link.Kind.REPRESENTATIVE)
    criteria = {"slot": slot, "holder": establishment}
    with undone():
        appointment = places.held(resident, **criteria, attendee=worker)
        assert (appointment.holder, appointment.attendee) == (establishment, worker)
    assert refused(places.held, resident, **criteria, attendee=resident.identity) == NOT_LINKED
    assert refused(places.held, resident, **criteria, attendee=establishment) == (
        "“Services for residents” is not for Rimal Trading. Choose a service that fits this person."
    )
    mandate.until = SUNDAY - DAY
    mandate.save(update_fields=["until"])
    assert refused(places.held, resident, **criteria, attendee=worker) == (
        "You no longer represent Rimal Trading, so you cannot act in its name."
    )


# The service


def test_a_service_that_cannot_be_booked_is_refused(resident, slot, service):
    for switch in ("is_active", "can_be_booked"):
        with undone():
            Service.objects.filter(pk=service.pk).update(**{switch: False})
            closed = Service.objects.get(pk=service.pk)
            assert refused(places.held, resident, slot=slot, service=closed) == NO_APPOINTMENTS


def test_service_is_limited_to_kinds_and_nationalities(slot):
    resident, citizen, visitor = "2000000009", "1000000008", "3000000004"
    for kind, nationalities, number, fits in (
        ("resident", [], resident, True),
        ("citizen", [], resident, False),
        ("citizen", [], citizen, True),
        ("visitor", [], visitor, True),
        ("resident", ["YE"], resident, False),
        ("resident", ["YE", "PK"], resident, True),
    ):
        limits = {"beneficiary_kinds": [kind], "nationalities": nationalities}
        with undone():
            user = factories.UserFactory(identity=factories.IdentityFactory(number=number))
            limited = factories.ServiceFactory(**limits)
            found = refusal(places.held, user, slot=slot, service=limited)
        assert found == (None if fits else NOT_FOR_PERSON), (limits, number)


def test_hours_take_their_services_or_all(resident, service):
    other = factories.ServiceFactory()
    named = places.slot(of=places.window(services=[other]))
    assert refused(places.held, resident, slot=named, service=service) == NOT_SERVED
    assert places.held(resident, slot=named, service=other).is_held
    for_all = places.slot(time="11:00", of=places.window())
    assert places.held(resident, slot=for_all, service=service).is_held


# The time


def test_a_time_is_booked_until_it_begins(resident, slot, clock):
    for ahead, found in ((-1, PAST), (0, PAST), (1, None)):
        clock.now = slot.start - ahead * SECOND
        assert refusal(places.held, resident, slot=slot) == found, ahead


def test_a_time_is_booked_within_the_horizon(resident):
    for days, found in ((31, TOO_FAR), (30, None)):
        assert refusal(places.held, resident, slot=places.slot(SUNDAY + days * DAY)) == found, days


def test_closed_slot_or_inactive_office_is_refused(resident, slot):
    slot.office.is_active = False
    slot.office.save(update_fields=["is_active"])
    assert refused(places.held, resident, slot=slot) == CLOSED
    slot.office.is_active, slot.is_closed = True, True
    slot.office.save(update_fields=["is_active"])
    slot.save(update_fields=["is_closed"])
    assert refused(places.held, resident, slot=slot) == CLOSED


def test_no_more_is_taken_than_is_free(resident, slot):
    places.confirmed(slot=slot, operations=2)
    for operations, found in ((1, None), (2, None), (3, TWO_LEFT)):
        with undone():
            assert refusal(places.held, resident, slot=slot, operations=operations) == found
            assert places.taken(slot) == 2 + (0 if found else operations)


def test_an_appointment_is_for_one_to_five_operations(resident):
    slot = places.slot(capacity=100)
    for operations in (-1, 0, 6, 10**9):
        assert refused(places.held, resident, slot=slot, operations=operations) == OPERATIONS
    assert places.taken(slot) == 0
    full = places.slot(time="11:00", capacity=5)
    places.held(resident, slot=full, operations=5)
    assert places.taken(full) == 5


# Other appointments


@pytest.mark.both_engines
def test_one_appointment_for_one_person_and_service(resident, slot, service):
    later = places.slot(TUESDAY)
    for status in (Status.CANCELLED, Status.EXPIRED, Status.SERVED, Status.NO_SHOW):
        with undone():
            places.in_status(status, user=resident, slot=slot, service=service)
            assert places.held(resident, slot=later, service=service).is_held, status
    at_office = "This person is at the office for this service now ({}). "
    there_is = "There is an appointment for this service and this person already ({})"
    held = "You are keeping a time for this service and this person already ({}). "
    for status, told in (
        (Status.HELD, f"{held}Confirm it, or let it go to choose another."),
        (Status.CONFIRMED, f"{there_is}. Move or cancel that one."),
        (Status.CHECKED_IN, f"{at_office}Another appointment can be booked once they are served."),
    ):
        with undone():
            live = places.in_status(status, user=resident, slot=slot, service=service)
            again = refused(places.held, resident, slot=later, service=service)
            assert again == told.format(live.reference)
            assert places.held(resident, slot=later).is_held
            assert places.held(slot=later, service=service).is_held


MISSED = (
    "The appointment for this service and this person today was missed, or cancelled after its "
    "time had come. The same service can be booked again from tomorrow. If you are at the office, "
    "ask at the desk."
)


@pytest.mark.both_engines
def test_who_cancels_before_the_start_books_again_at_once_and_later_from_tomorrow(
    resident, service, clock
):
    later = places.slot(TUESDAY)
    booked = places.confirmed(resident, slot=places.slot(SUNDAY, "11:00"), service=service)
    again = partial(places.held, resident, slot=later, service=service)
    start, reference = booked.slot.start, booked.reference
    for seconds, while_it_stands, once_cancelled in (
        (
            -1,
            f"There is an appointment for this service and this person already ({reference}), and "
            "it is too late to move it. Cancel it before it begins, and you can book another at "
            "once.",
            None,
        ),
        (
            0,
            f"There is an appointment for this service and this person today ({reference}), and "
            "its time has come. If you cancel it, the same service can be booked again from "
            "tomorrow.",
            MISSED,
        ),
    ):
        with undone():
            clock.now = start + seconds * SECOND
            assert refused(again) == while_it_stands
            places.cancel(booked)
            assert refusal(again) == once_cancelled, seconds
            # Another person is another matter.
            assert places.held(slot=later, service=service).is_held
            clock.now = start + 13 * HOUR
            assert again().is_held


@pytest.mark.both_engines
def test_who_has_missed_it_books_the_same_service_again_from_tomorrow(resident, service, clock):
    slot = places.slot(SUNDAY, "11:00")
    places.in_status(Status.NO_SHOW, user=resident, slot=slot, service=service)
    again = partial(places.held, resident, slot=places.slot(TUESDAY), service=service)
    clock.now = slot.start + HOUR
    assert refused(again) == MISSED
    clock.now = slot.start + 13 * HOUR
    assert again().is_held


def test_own_hold_that_fills_the_time_is_named(resident, slot, service):
    mine = places.held(resident, slot=slot, service=service, operations=3)
    assert refused(places.held, resident, slot=slot, service=service, operations=3) == (
        f"You are keeping a time for this service and this person already ({mine.reference}). "
        "Confirm it, or let it go to choose another."
    )


def test_bookings_and_moves_a_day_are_limited(resident, slot, service, clock, settings):
    settings.BOOKING = {**settings.BOOKING, "MAX_CHANGES_A_DAY": 3}
    sentence = (
        "An appointment for this service and this person can be booked and moved 3 times a day at "
        "most. Try again tomorrow."
    )
    for _time in range(2):
        places.cancel(places.confirmed(resident, slot=slot, service=service))
    booked = places.confirmed(resident, slot=slot, service=service)
    assert refused(places.move, booked, places.slot(TUESDAY)) == sentence
    # The limit concerns neither another service nor another person.
    noon = places.slot(TUESDAY, "12:00")
    assert places.held(resident, slot=noon).is_held
    assert places.held(slot=noon, service=service).is_held
    places.cancel(booked)
    assert refused(places.held, resident, slot=slot, service=service) == sentence
    clock.now += DAY
    later = places.slot(TUESDAY, "13:00")
    assert places.held(resident, slot=later, service=service).is_held


def test_holds_given_up_again_and_again_are_limited(resident, slot, clock):
    """Twenty an hour, whether they are let go or lapse; confirmed ones do not count."""
    sentence = (
        "Too many times have been held and not confirmed. Wait an hour, then hold only a time that "
        "you want to confirm."
    )
    for number in range(20):
        held = places.held(resident, slot=slot)
        if number % 2:
            places.cancel(held)
        else:
            places.lapse(held)
    assert refused(places.held, resident, slot=slot) == sentence
    # It is the account's limit, and the attendee's from other accounts.
    worker = factories.IdentityFactory()
    factories.link(resident.identity, worker)
    assert refused(places.held, resident, slot=slot, attendee=worker) == sentence
    employer = factories.UserFactory()
    factories.link(employer.identity, resident.identity)
    for_him = {"holder": employer.identity, "attendee": resident.identity}
    assert refused(places.held, employer, slot=slot, **for_him) == sentence
    assert places.held(employer, slot=slot).is_held
    clock.now += HOUR
    assert places.held(resident, slot=slot).is_held


def test_who_confirms_is_not_limited(resident, clock):
    many = places.slot(capacity=60)
    for _worker in range(25):
        worker = factories.IdentityFactory()
        factories.link(resident.identity, worker)
        booked = places.confirmed(resident, slot=many, attendee=worker)
        places.cancel(booked)
    assert places.held(resident, slot=many).is_held


def test_one_appointment_even_across_accounts(resident, slot, service):
    employer = factories.UserFactory()
    factories.link(employer.identity, resident.identity)
    places.confirmed(employer, slot=slot, service=service, attendee=resident.identity)
    later = places.slot(TUESDAY)
    assert refused(places.held, resident, slot=later, service=service) == (
        "There is an appointment for this service and this person already, booked from another "
        "account. It can be moved or cancelled there."
    )


@pytest.mark.both_engines
def test_overlapping_appointment_is_refused(resident, elsewhere):
    """The first appointment is from ten to half past; the other takes half an hour too."""
    first = places.slot(minutes=30, of=places.window())
    places.confirmed(resident, slot=first)
    for time, found in (
        *(("09:30", None), ("09:45", OVERLAP), ("10:00", OVERLAP)),
        *(("10:15", OVERLAP), ("10:30", None)),
    ):
        other = places.slot(time=time, minutes=30, of=elsewhere)
        with undone():
            assert refusal(places.held, resident, slot=other) == found, time


def test_at_most_three_holds_at_once(resident, clock):
    held = [places.held(resident, slot=places.slot(time=f"1{n}:00")) for n in range(3)]
    fourth = places.slot(time="13:00")
    assert refused(places.held, resident, slot=fourth) == HOLDS
    actions.confirm(actor=resident, appointment=held[0])
    assert places.held(resident, slot=fourth).is_held
    clock.now = held[1].expires_at
    assert places.held(resident, slot=places.slot(time="14:00")).is_held
