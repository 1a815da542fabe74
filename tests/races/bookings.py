"""Steps, counts and controls that the races of appointments share."""

from datetime import timedelta
from functools import partial

from django.db.models import Sum

from appointments import actions
from appointments.models import Closure, Slot, Waiting
from core.exceptions import RuleViolation
from tests.appointments import places
from tests.factories import ServiceFactory, UserFactory
from tests.races.together import at_once, now

MINUTE = timedelta(minutes=1)
FULL = "This time has just been taken. Choose another."
FEWER_LEFT = {
    "Only 1 operation is left at this time. Choose another time, or one operation.",
    "Only 2 operations are left at this time. Choose another time, or fewer operations.",
}
CLOSED_TIME = "The office is closed at this time. Choose another."
OVERLAP = "Mohammed Aslam Khan has another appointment at this time. Choose another time."
CANCELLED = "This appointment is “Cancelled” and cannot be changed any more."


def hold(user, slot, service, *, attendee=None, operations=1):
    attendee = attendee or user.identity
    return places.held(user, slot=slot, attendee=attendee, service=service, operations=operations)


def book(user, slot, service):
    return confirm(hold(user, slot, service))


def confirm(appointment):
    return actions.confirm(actor=appointment.user, appointment=appointment)


def cancel(appointment):
    return actions.cancel(actor=appointment.user, appointment=appointment)


def move(appointment, slot):
    return actions.move(actor=appointment.user, appointment=appointment, slot=slot)


def wait(appointment):
    return actions.wait(actor=appointment.user, appointment=appointment)


def accept(offer):
    return actions.accept(actor=offer.appointment.user, offer=offer)


def close_day(slot):
    """Close the office of `slot` on its day; the worker has not displaced anybody yet."""
    fields = {"reason_ar": "Maintenance", "reason_en": "Maintenance", "office": slot.office}
    Closure.objects.create(first_day=slot.day, last_day=slot.day, **fields)
    actions.make_slots(slot.office.windows.all())


def by_people(number, step, slot, **options):
    """Return `step` (`hold` or `book`) for this slot and a service, for as many people."""
    service = ServiceFactory()
    people = UserFactory.create_batch(number)
    return [partial(step, user, slot, service, **options) for user in people]


def lapsed_holds(number, slot):
    return places.lapse(*[places.held(slot=slot) for _hold in range(number)])


def slot_half_full_of_lapsed_holds():
    slot = places.some_slot(capacity=10)
    lapsed_holds(5, slot)
    return slot


def waiting_appointments(number):
    """Return `number` appointments on the waiting list, the one that has waited longest first.

    They are later, at another office.
    """
    slot, service = places.some_slot(capacity=number, time="15:00"), ServiceFactory()
    appointments = [places.confirmed(slot=slot, service=service) for _person in range(number)]
    for turn, appointment in enumerate(appointments):
        asked = wait(appointment)
        Waiting.objects.filter(pk=asked.pk).update(since=asked.since - turn * MINUTE)
    return appointments[::-1]


def two_in_one_slot(number=2):
    """Return an appointment that shares its slot with another, and later slots of capacity two."""
    slots = places.some_slots(number, capacity=2)
    places.confirmed(slot=slots[0])
    return places.confirmed(slot=slots[0]), slots[1:]


def ring_of(number, *, capacity):
    """Return appointments in adjacent slots, their slots, and a step for each to the next slot."""
    slots = places.some_slots(number, capacity=capacity)
    ring = [places.confirmed(slot=slot) for slot in slots]
    following = slots[1:] + slots[:1]
    return ring, slots, [partial(move, *pair) for pair in zip(ring, following, strict=True)]


def counter(slot):
    """Return the taken count of the slot, right or wrong."""
    return now(slot).taken


def booked(slot):
    return _operations(slot.appointments.live())


def taken(slot):
    """Return the count of taken operations, which has to equal that of the live appointments."""
    assert counter(slot) == booked(slot)
    return counter(slot)


def due(slot):
    """Return the operations of the live appointments and open offers of `slot`."""
    return booked(slot) + _operations(slot.offers.open())


def _operations(rows):
    return rows.aggregate(all=Sum("operations", default=0))["all"]


def assert_slot_counters_match():
    slots = Slot.objects.all()
    assert {slot.pk: slot.taken for slot in slots} == {slot.pk: due(slot) for slot in slots}


def slots_now(*appointments):
    return [now(each).slot for each in appointments]


def in_twenty_threads(*steps):
    """Run `steps` as `at_once` does, in no more than twenty threads."""

    def do(action):
        try:
            return action()
        except RuleViolation as violation:
            return violation

    queues = [partial(list, map(do, steps[first::20])) for first in range(20)]
    return [result for queue in at_once(*queues) for result in queue]
