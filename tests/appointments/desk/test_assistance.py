"""A clerk books, moves and cancels for a person who is here with a document or reads out a code."""

import re
import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from appointments import actions
from appointments.models import Appointment, Assistance
from core.accounts.models import Link, OneTimeCode, Recovery, User
from core.accounts.rights import Acting
from core.messaging.encryption import decrypt
from core.messaging.models import Message
from core.references import grouped_reference
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import page_of, verified
from tests.appointments.desk.pages import WALK_IN
from tests.appointments.places import (
    DAY,
    MINUTE,
    MONDAY,
    SECOND,
    TUESDAY,
    WEDNESDAY,
    event_types,
    refused,
)
from tests.conftest import notices_on, signed_in_staff, words
from tests.worlds import undone

pytestmark = pytest.mark.django_db

Status, Way, Aim = Appointment.Status, Assistance.Way, Assistance.Aim
AT_THE_DOOR = ("view_appointment", "receive_appointment")
SESSION = "the clerk's session"
ASSIST = "/en/staff/appointments/appointment/assistance/"
OVER = "The half hour for helping this person is over. Begin again with them."
NOT_PROVEN = "The person has not shown who they are for this. Begin again with them."
NOT_CLERK = "Your account may not receive people here."


@pytest.fixture
def person():
    """Somebody whom the registry knows, and who has no account."""
    return factories.IdentityFactory(number="2000000006", mobile="+966500000041", nationality="PK")


@pytest.fixture
def user(person):
    return factories.UserFactory(identity=person, language="en", mobile="+966500000042")


def begin(clerk, person, way=Way.COUNTER, aim=Aim.BOOK, **changes):
    is_here = way == Way.COUNTER
    given = {
        "office": changes.pop("office", None) or clerk.offices.get(),
        "number": person.current_number,
        "document": "iqama" if is_here else "",
        "document_end": "0006" if is_here else "",
        "idempotency_key": uuid.uuid4(),
    }
    return actions.begin_assistance(actor=clerk, way=way, aim=aim, **given | changes)


def book(clerk, assistance, slot, service, **changes):
    given = {"attendee": assistance.person, "operations": 1, "idempotency_key": uuid.uuid4()}
    return actions.book_for(
        actor=clerk, assistance=assistance, slot=slot, service=service, **given | changes
    )


def texted_to(mobile):
    """Return the text of the last code that was sent to this mobile."""
    code = OneTimeCode.objects.filter(recipient=mobile, purpose="caller").latest("created_at")
    return decrypt(Message.objects.get(idempotency_key=code.pk).text)


def code_to(mobile):
    return re.search("[0-9]{6}", texted_to(mobile))[0]


# Who they are


@pytest.mark.both_engines
def test_who_is_here_is_known_by_their_document(clerk, person):
    assert begin(clerk, person).is_proven
    assert refused(begin, clerk, person, document_end="0007") == (
        "This is not the end of the person's ID number. Look at the document again: it may be "
        "somebody else's."
    )
    assert Assistance.objects.count() == 1


def test_a_second_click_begins_nothing_more(clerk, person):
    key = uuid.uuid4()
    first, second = (begin(clerk, person, idempotency_key=key) for _click in range(2))
    assert first == second
    assert Assistance.objects.count() == 1


def test_nobody_helps_without_the_right_or_elsewhere_or_their_own_people(
    clerk, person, office, service, slot
):
    assistance = begin(clerk, person)
    for other in (
        places.clerk(office, codenames=AT_THE_DOOR),
        places.clerk(places.office("al-nakheel")),
        factories.UserFactory(),
    ):
        assert refused(begin, other, person, office=office) == NOT_CLERK
        assert refused(book, other, assistance, slot, service) == NOT_CLERK
    colleague = places.clerk(office)
    assert refused(book, colleague, assistance, slot, service) == NOT_CLERK
    clerk.identity = factories.IdentityFactory()
    clerk.save(update_fields=["identity"])
    Link.objects.create(
        holder=clerk.identity, person=person, kind="host", since=timezone.localdate()
    )
    own = "You cannot receive yourself, nor somebody linked to you. Ask a colleague to do it."
    assert refused(begin, clerk, person) == own
    assert refused(book, clerk, assistance, slot, service) == NOT_CLERK
    assert not Appointment.objects.exists()


def test_numbers_of_nobody_of_establishments_and_of_minors_are_refused(clerk, person):
    for number, sentence in (
        ("2000000014", "Nobody in the registry has this number. Check it against the document."),
        (
            factories.establishment().current_number,
            "This is the number of an establishment. Enter that of the person.",
        ),
        (
            factories.IdentityFactory(
                birth_date=timezone.localdate() - timedelta(days=365 * 9)
            ).current_number,
            "This person is a minor. Enter the number of the guardian who has come or calls.",
        ),
    ):
        assert refused(begin, clerk, person, number=number) == sentence


@pytest.mark.both_engines
@pytest.mark.parametrize("has_account", [True, False])
def test_a_caller_reads_out_a_code_that_says_what_it_is_for(
    clerk, person, slot, service, request, has_account
):
    if has_account:
        request.getfixturevalue("user")
    mobile = "+966500000042" if has_account else "+966500000041"
    assistance = begin(clerk, person, Way.PHONE)
    assert refused(book, clerk, assistance, slot, service) == NOT_PROVEN
    actions.send_caller_code(actor=clerk, assistance=assistance, session_key=SESSION)
    prove = partial(actions.prove_caller, actor=clerk, session_key=SESSION, assistance=assistance)
    assert "This code is not right" in refused(prove, guess="12345")
    prove(guess=code_to(mobile))
    assistance.refresh_from_db()
    assert book(clerk, assistance, slot, service).is_confirmed


def test_the_code_of_a_caller_names_office_and_aim_and_opens_nothing_else(clerk, user, person):
    texts = {}
    for aim in Aim:
        with undone():
            assistance = begin(clerk, person, Way.PHONE, aim)
            actions.send_caller_code(actor=clerk, assistance=assistance, session_key=SESSION)
            texts[aim] = texted_to(user.mobile)
            other = begin(clerk, person, Way.PHONE, aim)
            prove = partial(actions.prove_caller, actor=clerk, session_key=SESSION)
            assert refused(prove, assistance=other, guess=code_to(user.mobile)) == (
                "This code was sent for something else. Send another one."
            )
    assert "for Al-Rimal, which you have just called to book an appointment." in texts[Aim.BOOK]
    assert "called to move or cancel an appointment." in texts[Aim.CHANGE]
    assert all("If you did not call, tell it to nobody." in text for text in texts.values())


def test_a_caller_whose_account_was_recovered_has_to_come(clerk, user, person, slot, service):
    assistance = begin(clerk, person, Way.PHONE)
    Assistance.objects.update(proven_at=timezone.now())
    assistance.refresh_from_db()
    Recovery.objects.create(
        user=user,
        way=Recovery.Way.REGISTRY,
        status=Recovery.Status.DONE,
        new_mobile=user.mobile,
        done_at=timezone.now(),
        restricted_until=timezone.now() + 3 * DAY,
    )
    closed = "The mobile of this account is new."
    assert refused(begin, clerk, person, Way.PHONE).startswith(closed)
    assert refused(book, clerk, assistance, slot, service).startswith(closed)
    assert book(clerk, begin(clerk, person), slot, service).is_confirmed


def test_help_ends_after_half_an_hour(clerk, person, slot, service, clock):
    assistance = begin(clerk, person)
    clock.now += 30 * MINUTE - SECOND
    with undone():
        assert book(clerk, assistance, slot, service).is_confirmed
    clock.now += SECOND
    assert refused(book, clerk, assistance, slot, service) == OVER


# What is done for them


@pytest.mark.both_engines
def test_what_a_clerk_books_is_the_persons_and_says_so(clerk, person, slot, service):
    booked = book(clerk, begin(clerk, person), slot, service)
    assert (booked.holder, booked.attendee, booked.user) == (person, person, clerk)
    assert (booked.status, booked.made_by_office) == (Status.CONFIRMED, True)
    assert event_types(booked) == ["confirmed"]
    assert booked.events.get().role == "clerk"
    assert places.taken(slot) == 1
    told = Message.objects.get(about=booked.reference)
    assert str(told.recipient) == str(person.mobile)
    # Once they have an account, it is in their list, and theirs to change.
    user = factories.UserFactory(identity=person)
    mine = Appointment.objects.listed_for(Acting(user, person)).readable()
    assert list(mine) == [booked]
    assert "the office, for you" in words(verified(user).get(page_of(booked)))
    assert actions.cancel(actor=user, appointment=booked).status == Status.CANCELLED


def test_a_clerk_reads_nothing_of_it_as_a_private_person(clerk, office, slot, service):
    parent, child = factories.IdentityFactory(), factories.IdentityFactory()
    Link.objects.create(holder=parent, person=child, kind="host", since=timezone.localdate())
    private = factories.IdentityFactory()
    User.objects.filter(pk=clerk.pk).update(identity=private)
    clerk.refresh_from_db()
    assistance = begin(clerk, parent, document_end=parent.current_number[-4:])
    booked = book(clerk, assistance, slot, service, attendee=child)
    assert not Appointment.objects.listed_for(Acting(clerk, private)).exists()
    assert not actions.may(clerk, actions.Deed.READ_TEXT, booked)


def test_the_rules_of_booking_hold_for_clerks(clerk, person, service):
    assistance, slot = begin(clerk, person), places.slot(TUESDAY)
    first = book(clerk, assistance, slot, service)
    assert refused(book, clerk, assistance, places.slot(MONDAY), service) == (
        "There is an appointment for this service and this person already "
        f"({first.reference}). Move or cancel that one."
    )
    stranger = factories.IdentityFactory()
    other = factories.ServiceFactory()
    assert refused(book, clerk, assistance, slot, other, attendee=stranger) == (
        "This person is not linked to your account. Choose somebody who is."
    )
    full = places.slot(MONDAY, "12:00", capacity=1)
    places.confirmed(slot=full)
    assert refused(book, clerk, assistance, full, other) == (
        "This time has just been taken. Choose another."
    )
    assert places.taken(full) == 1


@pytest.mark.both_engines
def test_a_clerk_moves_and_cancels_what_is_theirs_alone(clerk, user, person, service):
    mine = places.confirmed(user, slot=places.slot(MONDAY), service=service)
    other, later = places.confirmed(), places.slot(TUESDAY)
    assistance = begin(clerk, person, aim=Aim.CHANGE)
    change = {"actor": clerk, "assistance": assistance}
    theirs = "This appointment is not theirs."
    assert refused(actions.cancel_for, **change, appointment=other) == theirs
    assert refused(actions.move_for, **change, appointment=other, slot=later) == theirs
    moved = actions.move_for(**change, appointment=mine, slot=later)
    assert (moved.slot, places.taken(later), places.taken(mine.slot)) == (later, 1, 0)
    actions.cancel_for(**change, appointment=moved)
    assert places.taken(later) == 0
    assert event_types(mine)[-2:] == ["moved", "cancelled"]
    assert {each.role for each in mine.events.all()[2:]} == {"clerk"}
    told = Message.objects.filter(about=mine.reference, owner=user.pk)
    by_office = [each.text for each in told if "passports office has" in each.text]
    assert len(by_office) == 2
    page = words(verified(user).get(page_of(mine)))
    assert "What the office has done for you Moved" in page
    assert refused(book, clerk, assistance, later, service) == NOT_PROVEN


def test_who_is_displaced_is_given_another_time(clerk, user, person, service):
    closed = places.confirmed(user, slot=places.slot(MONDAY), service=service)
    places.displace_alone(closed)
    later = places.slot(TUESDAY)
    assistance = begin(clerk, person, aim=Aim.CHANGE)
    moved = actions.move_for(actor=clerk, assistance=assistance, appointment=closed, slot=later)
    assert (moved.status, moved.slot) == (Status.CONFIRMED, later)
    assert not moved.waitings.open().exists()


# The pages


def test_a_caller_is_helped_page_by_page(clerk, user, person, office, service):
    slot = places.slot(MONDAY, of=places.window(office=office))
    browser = signed_in_staff(clerk)
    form = {"number": person.current_number, "way": "phone", "aim": "book"}
    page = browser.post(ASSIST, {**form, "idempotency_key": uuid.uuid4()}, follow=True)
    assert "Ask the caller to read the code out to you." in words(page)
    address = page.request["PATH_INFO"]
    assert browser.get(address.replace("code/", "book/")).url == address
    page = browser.post(address, {"code": "12"})
    assert "This code is not right" in words(page)
    page = browser.post(address, {"code": code_to(user.mobile)}, follow=True)
    assert "They have no appointments ahead." in words(page)
    book_page = address.replace("code/", "book/")
    chosen = {
        "attendee": person.pk,
        "service": service.slug,
        "region": office.region.slug,
        "operations": 1,
    }
    page = browser.get(book_page, chosen, follow=True)
    assert office.name in words(page)
    key = page.context["form"]["idempotency_key"].value()
    times = f"{page.request['PATH_INFO']}?{page.request['QUERY_STRING']}"
    for _click in range(2):
        sent = browser.post(times, {"slot": slot.pk, "idempotency_key": key}, follow=True)
    assert notices_on(sent)[-1] == "The appointment is booked, and the person is told by text."
    booked = Appointment.objects.get()
    assert booked.reference in str(sent.context["appointments"])


def test_the_page_moves_and_cancels_the_appointment_of_its_address(clerk, user, person, office):
    first, second = (places.confirmed(user, slot=places.slot(day)) for day in (MONDAY, TUESDAY))
    strangers, later = places.confirmed(), places.slot(WEDNESDAY)
    browser = signed_in_staff(clerk)
    page = f"{ASSIST}{places.assistance(clerk, person, 'change').pk}/"
    shown = words(browser.get(page))
    assert grouped_reference(first.reference) in shown
    assert browser.get(f"{page}{strangers.reference}/cancel/").status_code == 404
    assert grouped_reference(second.reference) not in words(
        browser.get(f"{page}{first.reference}/cancel/")
    )
    told = browser.post(f"{page}{second.reference}/cancel/", follow=True)
    assert notices_on(told) == ["The appointment is cancelled, and the person is told by text."]
    assert [places.status_of(each) for each in (first, second)] == ["confirmed", "cancelled"]
    form = {"slot": later.pk, "idempotency_key": uuid.uuid4()}
    told = browser.post(f"{page}{first.reference}/move/", form, follow=True)
    assert notices_on(told) == ["The appointment is moved, and the person is told by text."]
    assert places.taken(later) == 1


def test_a_walk_in_on_a_full_day_is_booked_in_one_step(clerk, person, office, service):
    hours = places.window(office=office)
    later = places.slot(TUESDAY, of=hours)
    browser = signed_in_staff(clerk)
    form = {
        "number": person.current_number,
        "service": service.slug,
        "operations": 1,
        "idempotency_key": uuid.uuid4(),
    }
    page = browser.post(WALK_IN, form)
    assert "Offer one of the next times in the region." in words(page)
    page = browser.post(WALK_IN, {**form, "slot": later.pk}, follow=True)
    booked = Appointment.objects.get(attendee=person)
    assert (booked.slot, booked.status, booked.is_walk_in) == (later, Status.CONFIRMED, False)
    assert notices_on(page)[0].startswith("Booked: ")


def test_without_the_right_no_times_are_offered(office, person, service):
    browser = signed_in_staff(places.clerk(office, codenames=AT_THE_DOOR))
    form = {"number": person.current_number, "service": service.slug, "operations": 1}
    page = browser.post(WALK_IN, {**form, "idempotency_key": uuid.uuid4()})
    assert "Offer one of the next times" not in words(page)
    assert browser.get(ASSIST).status_code == 403
