"""The deeds on appointments."""

from django.db import transaction
from django.utils import timezone

from appointments import actions as booking
from appointments.actions.offers import make_offer
from appointments.actions.places import move_places
from appointments.models import Slot
from core.accounts import codes
from tests import factories
from tests.appointments import places
from tests.deeds.rows import (
    KEY,
    OWNERS,
    READERS,
    SPEAKERS,
    UNPROVEN,
    act,
    page,
    row,
    versioned,
)


def assisted(action, *, aim="book", way="counter", **fields):
    """Return how a member of staff does this for the stranger whom they have begun to help."""

    def do(world, role):
        of_way = {} if way == "counter" else {**UNPROVEN, "way": way}
        begun = places.assistance(
            getattr(world, role), world.stranger.identity, aim, office=world.office, **of_way
        )
        given = {key: value(world) if callable(value) else value for key, value in fields.items()}
        action(actor=getattr(world, role), assistance=begun, **given)
        return True

    return do


def proven_by_code(world, role):
    begun = places.assistance(
        getattr(world, role), world.stranger.identity, office=world.office, **UNPROVEN, way="phone"
    )
    codes.send_code(
        actor=world.stranger,
        purpose="caller",
        session_key="s",
        language="en",
        recipient=str(world.stranger.mobile),
        confirms=str(begun.pk),
        about=begun,
    )
    digits = factories.code_sent_to(world.stranger, "caller")
    booking.prove_caller(
        actor=getattr(world, role), assistance=begun, session_key="s", guess=digits
    )
    return True


def own_data_checked(world, role):
    user = getattr(world, role)
    if user.identity is None:
        return False
    number, born = user.identity.current_number, user.identity.birth_date
    booking.check_own_data(actor=user, number=number, born=born)
    return True


def of_appointment(step=""):
    return lambda world: f"/en/appointments/{world.booked.reference}/{step}"


APPOINTMENTS = {
    "hold": row(
        lambda world, role: places.held(
            getattr(world, role),
            holder=world.palm,
            attendee=world.worker.identity,
            service=factories.ServiceFactory(),
            slot=world.other,
        ),
        *SPEAKERS,
    ),
    # A time that nobody has confirmed does not pass on: it lapses in some minutes.
    "confirm": row(act(booking.confirm, "held", "appointment"), *SPEAKERS),
    "move": row(
        act(booking.move, "booked", "appointment", slot=lambda world: world.other), *OWNERS
    ),
    "cancel": row(act(booking.cancel, "booked", "appointment"), *OWNERS),
    "wait": row(act(booking.wait, "booked", "appointment"), *OWNERS),
    "stop_waiting": row(act(booking.stop_waiting, "entry", "waiting"), *OWNERS),
    "accept": row(act(booking.accept, "offer", "offer"), *OWNERS),
    "decline": row(act(booking.decline, "offer", "offer"), *OWNERS),
    "wait_for_any_time": row(
        lambda world, role: places.wish(
            getattr(world, role), holder=world.palm, attendee=world.worker.identity
        ),
        *SPEAKERS,
    ),
    "stop waiting for any time": row(act(booking.stop_waiting, "wish", "waiting"), *OWNERS),
    "accept a time waited for": row(act(booking.accept, "wished", "offer"), *OWNERS),
    "decline a time waited for": row(act(booking.decline, "wished", "offer"), *OWNERS),
    "check_own_data": row(own_data_checked, "author colleague former worker stranger"),
    "check_in": row(act(booking.check_in, "booked", "appointment", is_early=True), "clerk manager"),
    "call": row(act(booking.call, "here", "appointment"), "clerk manager"),
    "serve": row(act(booking.serve, "here", "appointment"), "clerk manager"),
    "mark_no_show": row(act(booking.mark_no_show, "late", "appointment"), "clerk manager"),
    "take_back": row(
        versioned(booking.take_back, "here", "appointment", reason="by_mistake"), "clerk manager"
    ),
    "settle": row(act(booking.settle, "unmarked", "appointment", outcome="served"), "manager"),
    "receive": row(
        lambda world, role: booking.receive(
            actor=getattr(world, role),
            office=world.office,
            scanned=world.booked.reference,
            is_early=True,
        ),
        "clerk manager",
    ),
    "walk_in": row(
        lambda world, role: booking.walk_in(
            actor=getattr(world, role),
            office=world.office,
            number=world.stranger.identity.current_number,
            service=world.service,
            operations=1,
            idempotency_key=KEY,
        ),
        "clerk manager",
    ),
    "begin_assistance": row(
        lambda world, role: booking.begin_assistance(
            actor=getattr(world, role),
            office=world.office,
            number=world.stranger.identity.current_number,
            way="counter",
            aim="book",
            document="passport",
            document_end="AB12",
            idempotency_key=KEY,
        ),
        "clerk manager",
    ),
    "may_assist": row(
        lambda world, role: booking.may_assist(getattr(world, role)), "clerk manager"
    ),
    "send_caller_code": row(
        assisted(booking.send_caller_code, session_key="s", way="phone"), "clerk manager"
    ),
    "prove_caller": row(proven_by_code, "clerk manager"),
    "book_for": row(
        assisted(
            booking.book_for,
            attendee=lambda world: world.stranger.identity,
            service=lambda _world: factories.ServiceFactory(),
            slot=lambda world: world.other,
            operations=1,
            idempotency_key=KEY,
        ),
        "clerk manager",
    ),
    "book_later": row(
        lambda world, role: booking.book_later(
            actor=getattr(world, role),
            office=world.office,
            number=world.stranger.identity.current_number,
            service=factories.ServiceFactory(),
            slot=world.other,
            operations=1,
            idempotency_key=KEY,
        ),
        "clerk manager",
    ),
    "move_for": row(
        assisted(
            booking.move_for,
            aim="change",
            appointment=lambda world: world.of_stranger,
            slot=lambda world: world.other,
        ),
        "clerk manager",
    ),
    "cancel_for": row(
        assisted(booking.cancel_for, aim="change", appointment=lambda world: world.of_stranger),
        "clerk manager",
    ),
    "what was booked": row(page(of_appointment(), shows="Raju Kumar"), "author colleague worker"),
    "its time": row(page(of_appointment(), shows="Al-Rimal Street"), *READERS),
    "its slip": row(page(of_appointment("slip/")), *READERS),
    "its calendar file": row(page(of_appointment("calendar/")), *READERS),
    "the page to cancel": row(page(of_appointment("cancel/")), *OWNERS),
    "the page to move": row(page(of_appointment("move/")), *OWNERS),
    "what is waited for": row(
        page(lambda world: f"/en/appointments/waiting/{world.wish.pk}/"), *OWNERS
    ),
}


def with_appointments(world):
    """Add times for the worker that the author has held, booked and waits for, and others today."""
    of_worker = {"holder": world.palm, "attendee": world.worker.identity}
    hours = places.window(office=world.office)

    def today(time):
        return places.slot(places.SUNDAY, time, of=hours)

    world.other = places.some_slot()
    world.booked = places.confirmed(world.author, slot=today("14:00"), **of_worker)
    world.held = places.held(world.author, slot=today("12:00"), **of_worker)
    world.entry = places.wait(world.booked)
    world.offer = places.offered(world.booked)
    world.wish = places.wish(world.author, **of_worker)
    kept, until = places.some_slot(time="16:00"), timezone.now() + places.HOUR
    with transaction.atomic():
        world.wished = make_offer(world.wish, kept, until=until, template="time_free")
        move_places({}, into=kept, operations=1)
    world.of_stranger = places.confirmed(world.stranger, slot=places.some_slot(time="17:00"))
    world.here = places.in_status("checked_in", slot=today("11:00"))
    world.unmarked = places.in_status("unmarked", slot=world.here.slot)
    world.late = places.confirmed(slot=today("10:00"))
    passed = places.at(places.SUNDAY, "08:00")
    Slot.objects.filter(pk=world.late.slot_id).update(start=passed)
    world.late.refresh_from_db()
    return world
