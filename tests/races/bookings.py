"""Steps, counts and controls that the booking races share."""

from functools import partial
from threading import Barrier

from django.db.models import Sum

from appointments import actions
from appointments.actions import booking
from appointments.models import Appointment, Slot, SlotQuerySet
from core.exceptions import RuleViolation
from tests.appointments import places
from tests.races.together import DEADLINE_SECONDS, at_once

FULL = "This time has just been taken. Choose another."


def hold(user, slot, service, *, attendee=None, operations=1):
    return places.held(
        user,
        slot=slot,
        attendee=attendee or user.identity,
        service=service,
        operations=operations,
    )


def book(user, slot, service):
    return confirm(hold(user, slot, service))


def confirm(appointment):
    return actions.confirm(actor=appointment.user, appointment=appointment)


def cancel(appointment):
    return actions.cancel(actor=appointment.user, appointment=appointment)


def move(appointment, slot):
    return actions.move(actor=appointment.user, appointment=appointment, slot=slot)


def taken(slot):
    """Return the count of taken operations, which has to equal that of the live appointments."""
    count = Slot.objects.get(pk=slot.pk).taken
    assert count == booked(slot)
    return count


def booked(slot):
    return slot.appointments.live().aggregate(all=Sum("operations", default=0))["all"]


def event_types_of(appointment):
    return list(appointment.events.values_list("event_type", flat=True))


def slots_now(*appointments):
    return [Appointment.objects.get(pk=each.pk).slot for each in appointments]


def slot_half_full_of_lapsed_holds():
    slot = places.some_slot(capacity=10)
    places.lapse(*[places.held(slot=slot) for _hold in range(5)])
    return slot


def in_twenty_threads(*steps):
    """Run `steps` as `at_once` does, in no more than twenty threads."""

    def do(action):
        try:
            return action()
        except RuleViolation as violation:
            return violation

    queues = [partial(list, map(do, steps[first::20])) for first in range(20)]
    return [result for queue in at_once(*queues) for result in queue]


def meanwhile(monkeypatch, owner, name, action):
    """Run `action` to its end in another thread after the first call of `name`."""
    original, steps = getattr(owner, name), iter([action])

    def do_and_let_another(*args, **kwargs):
        result = original(*args, **kwargs)
        for each in steps:
            at_once(each)
        return result

    monkeypatch.setattr(owner, name, do_and_let_another)


def wait_after_first_slot_update(monkeypatch, *, parties):
    """Let each of `parties` threads wait after its first slot update until all have made one."""
    everybody, update = Barrier(parties, timeout=DEADLINE_SECONDS), SlotQuerySet.update
    firsts = iter(range(parties))

    def update_and_wait(slots, **changes):
        changed = update(slots, **changes)
        if next(firsts, None) is not None:
            everybody.wait()
        return changed

    monkeypatch.setattr(SlotQuerySet, "update", update_and_wait)


def look_before_taking(monkeypatch, *, parties):
    """Replace the conditional update of a slot by a check of all parties and a later write."""
    everybody = Barrier(parties, timeout=DEADLINE_SECONDS)

    def look_then_take(freed, *, into, operations):
        slot = Slot.objects.get(pk=into.pk)
        everybody.wait()
        if slot.taken + operations > slot.capacity:
            raise RuleViolation(FULL, code="full")
        slot.taken += operations
        slot.save(update_fields=["taken"])

    monkeypatch.setattr(booking, "move_places", look_then_take)
