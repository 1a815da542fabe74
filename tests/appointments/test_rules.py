"""The rules of booking: messages compared whole, limits a second before, at and after them."""

import datetime
import uuid

import pytest

from appointments import actions
from appointments.models import Appointment
from core.accounts.models import Identity, Link
from core.catalogue.models import Service
from tests import factories
from tests.appointments import places
from tests.appointments.places import MONDAY, SECOND, SUNDAY, TUESDAY, refused

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]

Status = Appointment.Status

NOT_LINKED = "This person is not linked to your account. Choose somebody who is."
NOT_ACTIVE = (
    "This person's status in the registry does not allow this. Please call the Directorate."
)
NO_SERVICE = "There are no appointments for this service at the moment. Choose another."
TAKEN = "This time has just been taken. Choose another."
OPERATIONS = "Choose between 1 and 5 operations."
OVERLAP = "Mohammed Aslam Khan has another appointment at this time. Choose another time."
HOLDS = "You are holding 3 times already. Confirm or cancel one of them first."
EXPIRED = "The time was not confirmed within the minutes it was held. Choose a time again."


@pytest.fixture
def slot():
    return places.slot()


@pytest.fixture
def service():
    return factories.ServiceFactory()


@pytest.fixture
def worker():
    return factories.IdentityFactory(name_en="Bilal Ahmed")


def live_for(service, advice=". Move or cancel that one."):
    found = Appointment.objects.get(service=service, status__in=Appointment.LIVE)
    return (
        "There is an appointment for this service and this person already "
        f"({found.reference}){advice}"
    )


# The attendee


def test_user_books_for_themselves(resident, slot):
    appointment = places.held(resident, slot=slot, operations=2)
    assert (appointment.attendee, appointment.holder) == (resident.identity, resident.identity)
    assert appointment.is_held
    assert places.taken(slot) == 2


@pytest.mark.parametrize("kind", [Link.Kind.EMPLOYER, Link.Kind.HOST])
def test_user_books_for_linked_person(resident, slot, worker, kind):
    factories.link(resident.identity, worker, kind)
    assert places.held(resident, slot=slot, attendee=worker).attendee == worker


def test_booking_for_unlinked_person_is_refused(resident, slot, worker):
    assert refused(places.held, resident, slot=slot, attendee=worker) == NOT_LINKED
    assert places.taken(slot) == 0


def test_link_in_other_direction_is_refused(resident, slot, worker):
    factories.link(worker, resident.identity)
    assert refused(places.held, resident, slot=slot, attendee=worker) == NOT_LINKED


@pytest.mark.parametrize(
    ("dates", "counts"),
    [
        ({"since": SUNDAY}, True),
        ({"since": MONDAY}, False),
        ({"until": SUNDAY}, True),
        ({"until": SUNDAY - datetime.timedelta(days=1)}, False),
    ],
)
def test_a_link_counts_from_its_first_day_to_its_last(resident, slot, worker, dates, counts):
    factories.link(resident.identity, worker, **dates)
    if counts:
        places.held(resident, slot=slot, attendee=worker)
    else:
        assert refused(places.held, resident, slot=slot, attendee=worker) == NOT_LINKED


@pytest.mark.parametrize("status", [Identity.Status.DEPARTED, Identity.Status.DECEASED])
def test_booking_for_departed_or_deceased_is_refused(resident, slot, worker, status):
    factories.link(resident.identity, worker)
    Identity.objects.filter(pk=worker.pk).update(status=status)
    worker.refresh_from_db()
    assert refused(places.held, resident, slot=slot, attendee=worker) == NOT_ACTIVE


def test_booking_by_departed_user_is_refused(resident, slot, worker):
    factories.link(resident.identity, worker)
    resident.identity.status = Identity.Status.DEPARTED
    resident.identity.save(update_fields=["status"])
    for attendee in (resident.identity, worker):
        assert refused(places.held, resident, slot=slot, attendee=attendee) == NOT_ACTIVE


# The dates are eighteen Hijri years before 16 Dhu al-Qadah 1447, and the day after.
@pytest.mark.parametrize(
    ("born", "is_minor"),
    [(datetime.date(2008, 11, 14), False), (datetime.date(2008, 11, 15), True)],
)
def test_a_guardian_books_until_the_child_is_of_age(resident, slot, born, is_minor):
    child = factories.IdentityFactory(birth_date=born)
    factories.link(resident.identity, child, Link.Kind.GUARDIAN)
    if is_minor:
        assert places.held(resident, slot=slot, attendee=child).attendee == child
    else:
        assert refused(places.held, resident, slot=slot, attendee=child) == NOT_LINKED


@pytest.fixture
def establishment():
    return factories.IdentityFactory(
        number="7001234567", name_en="Rimal Trading", birth_date=None, nationality="SA"
    )


def test_representative_books_for_workers_of_establishment(resident, slot, worker, establishment):
    factories.link(establishment, worker)
    factories.link(establishment, resident.identity, Link.Kind.REPRESENTATIVE)
    criteria = {"slot": slot, "holder": establishment, "attendee": worker}
    appointment = places.held(resident, **criteria)
    assert (appointment.holder, appointment.attendee) == (establishment, worker)


def test_booking_with_ended_mandate_is_refused(resident, slot, worker, establishment):
    factories.link(establishment, worker)
    yesterday = SUNDAY - datetime.timedelta(days=1)
    factories.link(establishment, resident.identity, Link.Kind.REPRESENTATIVE, until=yesterday)
    criteria = {"slot": slot, "holder": establishment, "attendee": worker}
    assert refused(places.held, resident, **criteria) == (
        "You no longer represent Rimal Trading, so you cannot act in its name."
    )


def test_establishment_cannot_book_for_representative(resident, slot, establishment):
    factories.link(establishment, resident.identity, Link.Kind.REPRESENTATIVE)
    criteria = {"slot": slot, "holder": establishment, "attendee": resident.identity}
    assert refused(places.held, resident, **criteria) == NOT_LINKED


def test_establishment_cannot_be_attendee(resident, slot, establishment):
    factories.link(establishment, resident.identity, Link.Kind.REPRESENTATIVE)
    criteria = {"slot": slot, "holder": establishment, "attendee": establishment}
    assert refused(places.held, resident, **criteria) == (
        "“Services for residents” is not for Rimal Trading. Choose a service that fits this person."
    )


# The service


@pytest.mark.parametrize("switch", ["is_active", "can_be_booked"])
def test_a_service_that_cannot_be_booked_is_refused(resident, slot, service, switch):
    Service.objects.filter(pk=service.pk).update(**{switch: False})
    service.refresh_from_db()
    assert refused(places.held, resident, slot=slot, service=service) == NO_SERVICE


@pytest.mark.parametrize(
    ("limits", "number", "fits"),
    [
        ({"beneficiary_kinds": ["resident"]}, "2000000009", True),
        ({"beneficiary_kinds": ["citizen"]}, "2000000009", False),
        ({"beneficiary_kinds": ["citizen"]}, "1000000008", True),
        ({"beneficiary_kinds": ["visitor"]}, "3000000004", True),
        ({"beneficiary_kinds": ["resident"], "nationalities": ["YE"]}, "2000000009", False),
        ({"beneficiary_kinds": ["resident"], "nationalities": ["YE", "PK"]}, "2000000009", True),
    ],
)
def test_service_is_limited_to_kinds_and_nationalities(slot, limits, number, fits):
    user = factories.UserFactory(identity=factories.IdentityFactory(number=number))
    service = factories.ServiceFactory(**limits)
    if fits:
        assert places.held(user, slot=slot, service=service).is_held
    else:
        assert refused(places.held, user, slot=slot, service=service) == (
            "“Services for residents” is not for Mohammed Aslam Khan. "
            "Choose a service that fits this person."
        )


def test_hours_with_services_take_only_those(resident, service):
    other = factories.ServiceFactory()
    named = places.slot(of=places.window(services=[other]))
    assert refused(places.held, resident, slot=named, service=service) == TAKEN
    assert places.held(resident, slot=named, service=other).is_held


def test_hours_without_services_take_all(resident, service):
    places.window(services=[factories.ServiceFactory()])
    assert places.held(resident, slot=places.slot(of=places.window()), service=service).is_held


# The time


@pytest.mark.parametrize(("ahead", "is_free"), [(1, True), (0, False), (-1, False)])
def test_a_time_is_booked_until_it_begins(resident, slot, clock, ahead, is_free):
    clock.now = slot.start - ahead * SECOND
    if is_free:
        assert places.held(resident, slot=slot).is_held
    else:
        assert refused(places.held, resident, slot=slot) == TAKEN


@pytest.mark.parametrize(("days", "is_free"), [(30, True), (31, False)])
def test_a_time_is_booked_within_the_horizon(resident, days, is_free):
    slot = places.slot(SUNDAY + datetime.timedelta(days=days))
    if is_free:
        assert places.held(resident, slot=slot).is_held
    else:
        assert refused(places.held, resident, slot=slot) == TAKEN


def test_closed_slot_is_refused(resident, slot):
    slot.is_closed = True
    slot.save(update_fields=["is_closed"])
    assert refused(places.held, resident, slot=slot) == TAKEN


def test_slot_of_inactive_office_is_refused(resident, slot):
    slot.office.is_active = False
    slot.office.save(update_fields=["is_active"])
    assert refused(places.held, resident, slot=slot) == TAKEN


@pytest.mark.parametrize(("operations", "fit"), [(1, True), (2, True), (3, False)])
def test_no_more_is_taken_than_is_free(resident, slot, operations, fit):
    places.confirmed(slot=slot, operations=2)
    if fit:
        places.held(resident, slot=slot, operations=operations)
    else:
        assert refused(places.held, resident, slot=slot, operations=operations) == TAKEN
    assert places.taken(slot) == 2 + (operations if fit else 0)


def test_as_many_operations_as_allowed_are_held(resident):
    slot = places.slot(capacity=5)
    places.held(resident, slot=slot, operations=5)
    assert places.taken(slot) == 5


@pytest.mark.parametrize("operations", [-1, 0, 6, 10**9])
def test_an_appointment_is_for_one_to_five_operations(resident, operations):
    slot = places.slot(capacity=100)
    assert refused(places.held, resident, slot=slot, operations=operations) == OPERATIONS
    assert places.taken(slot) == 0


# Other appointments


def test_one_appointment_for_one_person_and_service(resident, slot, service):
    places.confirmed(resident, slot=slot, service=service)
    later = places.slot(TUESDAY)
    assert refused(places.held, resident, slot=later, service=service) == live_for(service)
    assert places.held(resident, slot=later).is_held
    assert places.held(slot=later, service=service).is_held


@pytest.mark.parametrize(
    "status", [Status.CANCELLED, Status.EXPIRED, Status.SERVED, Status.NO_SHOW]
)
def test_ended_appointment_does_not_prevent_another(resident, slot, service, status):
    places.in_status(status, user=resident, slot=slot, service=service)
    assert places.held(resident, slot=places.slot(TUESDAY), service=service).is_held


@pytest.mark.parametrize("status", [Status.HELD, Status.CONFIRMED])
def test_live_appointment_prevents_another(resident, slot, service, status):
    places.in_status(status, user=resident, slot=slot, service=service)
    later = places.slot(TUESDAY)
    assert refused(places.held, resident, slot=later, service=service) == live_for(service)


def test_refusal_for_checked_in_suggests_no_move(resident, slot, service):
    places.in_status(Status.CHECKED_IN, user=resident, slot=slot, service=service)
    later = places.slot(TUESDAY)
    assert refused(places.held, resident, slot=later, service=service) == live_for(
        service,
        ", and it is too late to move or cancel it. "
        "Come back from the day after it to book another.",
    )


def test_bookings_and_moves_a_day_are_limited(resident, slot, service, clock, settings):
    settings.BOOKING = {**settings.BOOKING, "MAX_CHANGES_A_DAY": 3}
    sentence = (
        "An appointment for this service and this person can be booked and moved 3 times a day at "
        "most. Try again tomorrow."
    )
    for _time in range(2):
        booked = places.confirmed(resident, slot=slot, service=service)
        actions.cancel(actor=resident, appointment=booked)
    booked = places.confirmed(resident, slot=slot, service=service)
    move = {"actor": resident, "appointment": booked, "slot": places.slot(TUESDAY)}
    assert refused(actions.move, **move) == sentence
    # The limit concerns neither another service nor another person.
    noon = places.slot(TUESDAY, "12:00")
    assert places.held(resident, slot=noon).is_held
    assert places.held(slot=noon, service=service).is_held
    actions.cancel(actor=resident, appointment=booked)
    assert refused(places.held, resident, slot=slot, service=service) == sentence
    clock.now += datetime.timedelta(days=1)
    later = places.slot(TUESDAY, "13:00")
    assert places.held(resident, slot=later, service=service).is_held


def test_one_appointment_even_across_accounts(resident, slot, service):
    employer = factories.UserFactory()
    factories.link(employer.identity, resident.identity)
    places.confirmed(employer, slot=slot, service=service, attendee=resident.identity)
    later = places.slot(TUESDAY)
    assert refused(places.held, resident, slot=later, service=service) == (
        "There is an appointment for this service and this person already, booked from another "
        "account. It can be moved or cancelled there."
    )


@pytest.mark.parametrize(
    ("time", "overlaps"),
    [("09:30", False), ("09:45", True), ("10:00", True), ("10:15", True), ("10:30", False)],
)
def test_overlapping_appointment_is_refused(resident, time, overlaps):
    """The first appointment is from ten to half past; the other takes half an hour too."""
    places.confirmed(resident, slot=places.slot(minutes=30))
    elsewhere = places.window(office=places.office("qasr-al-hukm", "Qasr Al-Hukm"))
    other = places.slot(time=time, minutes=30, of=elsewhere)
    if overlaps:
        assert refused(places.held, resident, slot=other) == OVERLAP
    else:
        assert places.held(resident, slot=other).is_held


def test_two_people_of_one_account_may_share_a_time(resident, slot, worker):
    factories.link(resident.identity, worker)
    places.confirmed(resident, slot=slot)
    assert places.confirmed(resident, slot=slot, attendee=worker).is_confirmed


def test_at_most_three_holds_at_once(resident, clock):
    held = [places.held(resident, slot=places.slot(time=f"1{n}:00")) for n in range(3)]
    fourth = places.slot(time="13:00")
    assert refused(places.held, resident, slot=fourth) == HOLDS
    actions.confirm(actor=resident, appointment=held[0])
    assert places.held(resident, slot=fourth).is_held
    clock.now = held[1].expires_at
    assert places.held(resident, slot=places.slot(time="14:00")).is_held


# A second click


def test_second_click_gets_same_place(resident, slot, service):
    idempotency_key = uuid.uuid4()
    first = places.held(resident, slot=slot, service=service, idempotency_key=idempotency_key)
    assert (
        places.held(resident, slot=slot, service=service, idempotency_key=idempotency_key) == first
    )
    assert places.taken(slot) == 1


def test_second_click_gets_same_last_place(resident, service):
    idempotency_key, last = uuid.uuid4(), places.slot(capacity=1)
    first = places.held(resident, slot=last, service=service, idempotency_key=idempotency_key)
    assert (
        places.held(resident, slot=last, service=service, idempotency_key=idempotency_key) == first
    )


def test_same_key_with_another_slot_is_another_appointment(resident, slot):
    idempotency_key = uuid.uuid4()
    first = places.held(resident, slot=slot, idempotency_key=idempotency_key)
    assert (
        places.held(resident, slot=places.slot(TUESDAY), idempotency_key=idempotency_key) != first
    )


def test_move_to_last_place_twice_moves_once(resident, slot):
    appointment = places.confirmed(resident, slot=slot)
    last = places.slot(TUESDAY, capacity=1)
    for _click in range(2):
        moved = actions.move(actor=resident, appointment=appointment, slot=last)
    assert (moved.slot, moved.slips.count()) == (last, 2)


def test_confirm_or_cancel_twice_changes_nothing(resident, slot):
    appointment = places.confirmed(resident, slot=slot)
    again = actions.confirm(actor=resident, appointment=appointment)
    assert (again.version, again.slips.count()) == (appointment.version, 1)
    cancelled = actions.cancel(actor=resident, appointment=appointment)
    assert actions.cancel(actor=resident, appointment=appointment).version == cancelled.version
    assert places.taken(slot) == 0
