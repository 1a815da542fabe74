"""Who may do what: every deed x every role x before and after the end of a mandate and of a link.

Palm Trees employs a worker. Its representative, the author, has filed and booked for them; a
colleague represents it too, and somebody did until last week. Then the author's mandate ends, or
the worker's employment. A row says who may do the deed before, after the one and after the other;
all others are refused. Deeds are the actions of the services, and their pages.
"""

import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

import appointments.actions
import requests_app.actions
from appointments.actions.offers import make_offer
from appointments.actions.places import move_places
from appointments.models import Slot
from core.accounts import codes
from core.accounts.models import Identity, Link, User
from requests_app import purposes
from requests_app.models import Inquiry
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import verified
from tests.requests_app.people import TEXT, after

ROLES = (
    *("author", "colleague", "former", "worker", "stranger"),
    *("officer", "supervisor", "clerk", "manager", "auditor", "keeper"),
)
MOMENTS = ("before", "after the mandate", "after the link")
KEY = uuid.UUID(int=1)
UNPROVEN = {"document": "", "document_end": "", "proven_at": None}
PASSPORT = {"document": "passport", "document_end": "AB12"}


class Row(NamedTuple):
    """How a role does a deed in a world, and who may at each of the moments."""

    do: object
    may: tuple


def row(do, *may):
    """Return the Row; with one set of roles, they may at every moment."""
    return Row(do, tuple(set(roles.split()) for roles in (may if len(may) > 1 else may * 3)))


def act(action, thing, name="inquiry", **fields):
    """Return how a role carries out `action` on the `thing` of the world; it returns a failure."""

    def do(world, role):
        of_role = {key: value(world) for key, value in fields.items() if callable(value)}
        subject = getattr(world, thing)
        version = {"expected_version": subject.version} if "expected_version" in fields else {}
        given = {"actor": getattr(world, role), name: subject, **fields, **of_role, **version}
        action(**given)
        return True

    return do


def written(action, thing):
    return act(action, thing, text=TEXT, idempotency_key=KEY, expected_version=None)


def versioned(action, thing, name="inquiry", **fields):
    return act(action, thing, name, expected_version=None, **fields)


def saved_details(world, role):
    fields = {"mobile": world.draft.mobile}
    filing.save_details(
        actor=getattr(world, role),
        inquiry=world.draft,
        description=factories.DESCRIPTION,
        **fields,
    )
    return True


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


def removed(world, role):
    filing.remove(actor=getattr(world, role), inquiry=world.returned, pk=world.unsent[1].pk)
    return not world.returned.attachments.filter(pk=world.unsent[1].pk).exists()


def moved_up(world, role):
    filing.move_up(actor=getattr(world, role), inquiry=world.returned, pk=world.unsent[1].pk)
    return list(world.returned.attachments.unsent()) != world.unsent


def marked_read(world, role):
    filing.mark_answers_read(actor=getattr(world, role), inquiry=world.returned)
    return not world.returned.replies.filter(read_at=None).exists()


def submitted(world, role):
    filing.submit(
        actor=getattr(world, role), inquiry=world.draft, session_key="s", guess=world.code
    )
    return True


def confirmed_mobile(world, role):
    filing.confirm_mobile(
        actor=getattr(world, role), inquiry=world.abroad, session_key="s", guess=world.mobile_code
    )
    return True


def new_inquiry(world, role):
    filing.start(
        actor=getattr(world, role),
        holder=world.palm,
        beneficiary=world.worker.identity,
        service=world.service,
        idempotency_key=KEY,
    )
    return True


def draft_for_oneself(world, role):
    user = getattr(world, role)
    if user.identity is None:
        return False
    filing.change_subject(
        actor=user,
        inquiry=world.draft,
        holder=user.identity,
        beneficiary=user.identity,
        service=world.service,
    )
    return True


def prepared(applicant, clerk, service):
    """Begin an inquiry of the applicant at the counter of the clerk."""
    person = applicant.identity
    choice = {"holder": person, "beneficiary": person, "service": service}
    return filing.prepare(
        actor=clerk, person=person, idempotency_key=uuid.uuid4(), **choice, **PASSPORT
    )


def page(address, *, shows="", **sent):
    """Return how a role opens a page of both services, and whether it shows these words."""

    def do(world, role):
        user = getattr(world, role)
        if user.identity is None:
            return False
        answer = verified(user).get(address(world))
        content = answer.getvalue().decode(errors="replace") if answer.status_code == 200 else ""
        return answer.status_code == 200 and shows in content

    return do


def of_inquiry(step=""):
    return lambda world: f"/en/inquiries/{world.returned.reference}/{step}"


def of_appointment(step=""):
    return lambda world: f"/en/appointments/{world.booked.reference}/{step}"


def a_document(step=""):
    return lambda world: of_inquiry(f"documents/{world.sent.pk}/{step}")(world)


filing, booking = requests_app.actions, appointments.actions
# Of what was filed or booked in its name: whoever represents the establishment now, and when its
# link has ended, the worker.
OWNERS = ("author colleague", "colleague", "worker")
READERS = ("author colleague worker", "colleague worker", "worker")
# Who begins something in the name of the establishment.
SPEAKERS = ("author colleague", "colleague", "")
AUTHOR = "author"
DRAFT_SENT = ("author", "", "")
WHO_IS_AT_THE_COUNTER = "stranger clerk"

INQUIRIES = {
    "start": row(new_inquiry, *SPEAKERS),
    "change_subject": row(draft_for_oneself, AUTHOR),
    "save_details": row(saved_details, AUTHOR),
    "ask_to_confirm_mobile": row(
        act(filing.ask_to_confirm_mobile, "abroad", session_key="t"), AUTHOR
    ),
    "confirm_mobile": row(confirmed_mobile, AUTHOR),
    "delete_draft": row(act(filing.delete_draft, "draft"), AUTHOR),
    "request_confirmation": row(
        act(
            filing.request_confirmation,
            "draft",
            session_key="t",
            shown=lambda world: world.draft.content_digest(),
        ),
        *DRAFT_SENT,
    ),
    "submit": row(submitted, *DRAFT_SENT),
    "attach": row(
        act(
            filing.attach,
            "returned",
            document_type=lambda world: factories.document_type(),
            uploads=lambda world: [factories.picture(size=(30, 30))],
        ),
        *OWNERS,
    ),
    "attach to a draft": row(
        act(
            filing.attach,
            "draft",
            document_type=lambda world: factories.document_type(),
            uploads=lambda world: [factories.picture(size=(30, 30))],
        ),
        AUTHOR,
    ),
    # The documents are of the side of the establishment.
    "remove": row(removed, *SPEAKERS),
    "move_up": row(moved_up, *SPEAKERS),
    "begin_preparing": row(
        lambda world, role: filing.begin_preparing(
            actor=getattr(world, role), person=world.stranger.identity, **PASSPORT
        ),
        "clerk manager",
    ),
    "prepare": row(
        lambda world, role: prepared(world.stranger, getattr(world, role), world.service),
        "clerk manager",
    ),
    # The clerk who prepares it, and whose it is.
    "fill in what is prepared": row(
        act(
            filing.save_details,
            "prepared",
            description=factories.DESCRIPTION,
            mobile=lambda world: world.prepared.mobile,
        ),
        WHO_IS_AT_THE_COUNTER,
    ),
    "choose for what is prepared": row(
        act(
            filing.change_subject,
            "prepared",
            holder=lambda world: world.stranger.identity,
            beneficiary=lambda world: world.stranger.identity,
            service=lambda world: world.service,
        ),
        WHO_IS_AT_THE_COUNTER,
    ),
    "attach to what is prepared": row(
        act(
            filing.attach,
            "prepared",
            document_type=lambda world: factories.document_type(),
            uploads=lambda world: [factories.picture(size=(30, 30))],
        ),
        WHO_IS_AT_THE_COUNTER,
    ),
    "ask for the code of what is prepared": row(
        act(
            filing.request_confirmation,
            "prepared",
            session_key="t",
            shown=lambda world: world.prepared.content_digest(),
        ),
        WHO_IS_AT_THE_COUNTER,
    ),
    "send what is prepared": row(
        lambda world, role: filing.submit(
            actor=getattr(world, role),
            inquiry=world.prepared,
            session_key="counter",
            guess=world.counter_code,
        ),
        "clerk",
    ),
    "delete what is prepared": row(act(filing.delete_draft, "prepared"), WHO_IS_AT_THE_COUNTER),
    "answer_return": row(written(filing.answer_return, "returned"), *OWNERS),
    "withdraw": row(written(filing.withdraw, "returned"), *OWNERS),
    "mark_answers_read": row(marked_read, *OWNERS),
    "claim": row(versioned(filing.claim, "waiting"), "officer supervisor"),
    "release": row(versioned(filing.release, "taken"), "officer"),
    "assign": row(
        versioned(filing.assign, "waiting", officer=lambda world: world.officer), "supervisor"
    ),
    "take_next": row(
        lambda world, role: filing.take_next(actor=getattr(world, role)), "officer supervisor"
    ),
    "note": row(written(filing.note, "taken"), "officer supervisor"),
    **{
        name: row(written(getattr(filing, name), "taken"), "officer")
        for name in ("reply", "send_back", "approve", "reject")
    },
    "hand_back": row(act(filing.hand_back, "officer", name="officer"), "keeper"),
    "note_opening": row(act(filing.note_opening, "taken"), "officer supervisor auditor"),
    "hand_over": row(act(filing.hand_over, "officer", name="officer"), "supervisor"),
    "close": row(versioned(filing.close, "processed"), "officer supervisor"),
    "reopen": row(written(filing.reopen, "processed"), "supervisor"),
    "look_again": row(versioned(filing.look_again, "to_look_at_again"), "supervisor"),
    "what was filed": row(
        page(of_inquiry(), shows=factories.DESCRIPTION), "author colleague worker"
    ),
    "what became of it": row(page(of_inquiry(), shows=TEXT), *READERS),
    "its receipt": row(page(of_inquiry("receipt/")), *READERS),
    "who handled it": row(page(of_inquiry("handled/")), *READERS),
    "its documents": row(page(a_document()), *SPEAKERS),
    "their previews": row(page(a_document("preview/")), *SPEAKERS),
    "the page to answer": row(page(of_inquiry("answer/")), *OWNERS),
    "the page to withdraw": row(page(of_inquiry("withdraw/")), *OWNERS),
}
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


# What an account with a new mobile cannot do to what is older than that: whatever gives it up.
CLOSED_AFTER_RECOVERY = {
    *("withdraw", "the page to withdraw"),
    *("move", "cancel", "the page to move", "the page to cancel"),
    *("stop_waiting", "decline", "stop waiting for any time", "decline a time waited for"),
    "wait",  # there is an entry already, which it would change
}
# Every other deed of residents, so that a new one has to say which it is.
OPEN_AFTER_RECOVERY = {
    *("start", "change_subject", "save_details", "ask_to_confirm_mobile", "confirm_mobile"),
    *("delete_draft", "request_confirmation", "submit", "attach", "attach to a draft"),
    *("remove", "move_up", "answer_return", "mark_answers_read"),
    *(
        "what was filed",
        "what became of it",
        "its receipt",
        "who handled it",
        "its documents",
        "their previews",
    ),
    *("the page to answer", "hold", "confirm", "wait_for_any_time", "check_own_data"),
    *("accept", "accept a time waited for", "what was booked", "its time", "its slip"),
    *("its calendar file", "what is waited for"),
    *("fill in what is prepared", "choose for what is prepared", "attach to what is prepared"),
    *("ask for the code of what is prepared", "delete what is prepared"),
}


def people():
    """Return the roles by their names, with Palm Trees and a service for everybody."""
    palm = factories.establishment()
    users = {role: factories.UserFactory(username=role) for role in ROLES[:5]}
    Identity.objects.filter(user__username="worker").update(name_en="Raju Kumar")
    until = timezone.localdate() - timedelta(days=1)
    for role, ends in (("author", {}), ("colleague", {}), ("former", {"until": until})):
        factories.link(palm, users[role].identity, Link.Kind.REPRESENTATIVE, **ends)
    factories.link(palm, users["worker"].identity)
    office = places.office(address_en="Al-Rimal Street", address_ar="Al-Rimal Street")
    staff = {
        "officer": factories.OfficerFactory(username="officer"),
        "supervisor": factories.supervisor(username="supervisor"),
        "clerk": places.clerk(
            office,
            username="clerk",
            codenames=(*places.OF_CLERKS, "prepare_inquiry"),
        ),
        "manager": places.manager(office),
        "auditor": factories.OfficerFactory(username="auditor"),
        "keeper": factories.of_role("keeper", username="keeper"),
    }
    factories.permit(staff["auditor"], "view_inquiry", "view_appointment", "view_office")
    users = {role: User.objects.get(username=role) for role in users}
    service = factories.ServiceFactory(name_en="Services for residents")
    return SimpleNamespace(palm=palm, office=office, service=service, **users, **staff)


def with_inquiries(world):
    """Add inquiries for the worker that the author has filed, in the statuses of the deeds."""

    def draft(**details):
        made = filing.start(
            actor=world.author,
            holder=world.palm,
            beneficiary=world.worker.identity,
            service=world.service,
            idempotency_key=uuid.uuid4(),
        )
        filing.save_details(
            actor=world.author, inquiry=made, **factories.details_of(made, **details)
        )
        return made

    def filed(*events):
        factories.let_a_minute_pass(world.author)
        return after(factories.submitted(draft()), world.officer, *events)

    sent = draft()
    world.sent = factories.attached(sent)
    world.returned = after(factories.submitted(sent), world.officer, "claimed", "returned")
    world.unsent = [
        factories.attached(world.returned, factories.picture(size=(side, 40))) for side in (50, 51)
    ]
    world.waiting, world.taken = filed(), filed("claimed")
    world.processed, world.to_look_at_again = (
        filed("claimed", "approved") for _inquiry in range(2)
    )
    Inquiry.objects.filter(pk=world.to_look_at_again.pk).update(look_again_since=timezone.now())
    factories.let_a_minute_pass(world.author)
    world.abroad = draft(mobile="+966500000077")
    filing.ask_to_confirm_mobile(actor=world.author, inquiry=world.abroad, session_key="s")
    world.mobile_code = factories.code_sent_to(world.author, purposes.CONTACT)
    world.draft = draft()
    world.code = factories.confirmation(world.draft, "s")
    factories.let_a_minute_pass(world.author)
    with_prepared(world)
    return world


def with_prepared(world):
    """Add a draft that the clerk prepares with the stranger, and the code that sends it there."""
    world.prepared = prepared(world.stranger, world.clerk, world.service)
    filing.save_details(
        actor=world.clerk, inquiry=world.prepared, **factories.details_of(world.prepared)
    )
    filing.request_confirmation(
        actor=world.clerk,
        inquiry=world.prepared,
        session_key="counter",
        shown=world.prepared.content_digest(),
    )
    world.counter_code = factories.code_sent_to(world.stranger, purposes.FILE_COUNTER)
    factories.let_a_minute_pass(world.stranger)


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


def end(moment, world):
    """Let the mandate of the author, or the link to the worker, have ended yesterday."""
    persons = {"after the mandate": world.author, "after the link": world.worker}
    if person := persons.get(moment):
        until = timezone.localdate() - timedelta(days=1)
        Link.objects.filter(holder=world.palm, person=person.identity).update(until=until)
