"""Taking back what the desk has marked by mistake."""

import re

import pytest

from appointments.actions import call, check_in, mark_no_show, serve, settle_past, take_back
from appointments.models import Appointment, Correction
from tests import factories
from tests.appointments import places
from tests.appointments.desk.pages import TODAY, desk_of, rows
from tests.appointments.places import HOUR, MINUTE, SUNDAY, event_types, refused, status_of
from tests.appointments.sentences import NOT_CLERK
from tests.conftest import errors_on, notices_on, signed_in_staff, words
from tests.worlds import undone

pytestmark = pytest.mark.django_db

Status = Appointment.Status
NOT_TO_SERVE = (
    "This cannot be taken back: the place has gone to somebody else since, or the office has "
    "closed. If the person still needs to be served, register them as a walk-in."
)
NOT_TO_COME = (
    "This cannot be taken back: the place has gone to somebody else since, or the office has "
    "closed. If the person is here, check them in: they get the next time of today."
)
CHANGED = (
    "Somebody has changed this appointment meanwhile ({}), and nothing has been taken back. "
    "Look at it again."
)
OVER = (
    "The day of this appointment has been closed, and what was marked then stays. "
    "Tell your manager."
)
SAY_WHY = "Say why in 3 to 200 characters."


def undo(clerk, appointment, reason="by_mistake", **options):
    appointment = Appointment.objects.select_related("slot", "attendee").get(pk=appointment.pk)
    options.setdefault("expected_version", appointment.version)
    return take_back(actor=clerk, appointment=appointment, reason=reason, **options)


@pytest.fixture
def late(slot, clock):
    """Return an appointment of today at ten; it is half past ten."""
    appointment = places.confirmed(slot=slot)
    clock.now = slot.start + 30 * MINUTE
    return appointment


@pytest.fixture
def single(hours):
    """Return a slot of today at noon with a single place."""
    return places.slot(SUNDAY, "12:00", of=hours, capacity=1)


def test_each_mark_is_taken_back_to_what_was_before(clerk, late):
    """All marks, one after the other, and back again; each keeps or gets back its place."""
    steps = [(check_in, Status.CHECKED_IN), (call, Status.CHECKED_IN), (serve, Status.SERVED)]
    before = [Status.CONFIRMED]
    for action, status in steps:
        action(actor=clerk, appointment=late)
        assert status_of(late) == status
        before.append(status)
    assert places.taken(late.slot) == 0
    for status in before[-2::-1]:
        assert undo(clerk, late).status == status
        assert places.taken(late.slot) == 1
    late.refresh_from_db()
    assert late.called_at is None
    marks = ["checked_in", "called", "served"]
    assert event_types(late)[2:] == [*marks, *["taken_back"] * 3]
    told = Correction.objects.values_list("mark", "reason", "event__actor", "event__role")
    assert list(told) == [(mark, "by_mistake", clerk.pk, "clerk") for mark in marks[::-1]]


def test_missed_mark_is_taken_back_with_its_place(clerk, late):
    told = places.texts(late)
    mark_no_show(actor=clerk, appointment=late)
    assert (status_of(late), places.taken(late.slot)) == (Status.NO_SHOW, 0)
    assert undo(clerk, late).status == Status.CONFIRMED
    assert places.taken(late.slot) == 1
    # Nobody is told that they were missed, and so nobody that it is taken back.
    assert places.texts(late) == told
    check_in(actor=clerk, appointment=late)
    assert status_of(late) == Status.CHECKED_IN


def test_second_call_is_taken_back_to_the_first(clerk, late, clock):
    check_in(actor=clerk, appointment=late)
    first = clock.now = clock.now + MINUTE
    call(actor=clerk, appointment=late)
    clock.now += MINUTE
    call(actor=clerk, appointment=late)
    assert undo(clerk, late).called_at == first
    assert undo(clerk, late).called_at is None
    assert status_of(late) == Status.CHECKED_IN


def test_served_after_a_call_is_called_again(clerk, late, clock):
    check_in(actor=clerk, appointment=late)
    call(actor=clerk, appointment=late)
    called_at = clock.now
    clock.now += MINUTE
    serve(actor=clerk, appointment=late)
    assert undo(clerk, late).called_at == called_at


def test_mark_that_was_set_again_is_taken_back_again(clerk, late):
    for _time in range(2):
        check_in(actor=clerk, appointment=late)
        assert undo(clerk, late).status == Status.CONFIRMED
    assert event_types(late)[2:] == ["checked_in", "taken_back"] * 2


def test_walk_in_by_mistake_is_cancelled(clerk, single):
    made = places.walked_in(clerk)
    assert places.taken(single) == 1
    serve(actor=clerk, appointment=made)
    assert undo(clerk, made).status == Status.CHECKED_IN
    assert undo(clerk, made).status == Status.CANCELLED
    assert places.taken(single) == 0
    assert event_types(made) == ["walked_in", "served", "taken_back", "taken_back"]


def test_place_that_is_gone_is_not_taken_back(clerk, hours, clock):
    for mark, sentence in ((serve, NOT_TO_SERVE), (mark_no_show, NOT_TO_COME)):
        with undone():
            slot = places.slot(SUNDAY, "10:30", of=hours, capacity=1, minutes=60)
            appointment = places.confirmed(slot=slot)
            clock.now = slot.start + 20 * MINUTE
            if mark is serve:
                check_in(actor=clerk, appointment=appointment)
            mark(actor=clerk, appointment=appointment)
            places.walked_in(clerk)
            assert refused(undo, clerk, appointment) == sentence
            assert places.taken(slot) == 1
            assert not Correction.objects.exists()
            clock.now = places.at(SUNDAY, "09:00")


def test_place_reserved_for_who_waits_is_taken_back(clerk, single, waits):
    """It has been given to nobody yet."""
    appointment = places.confirmed(slot=single)
    check_in(actor=clerk, appointment=appointment, is_early=True)
    waits()
    places.note_worker()
    serve(actor=clerk, appointment=appointment)
    assert (places.taken(single), places.reserved(single)) == (0, 1)
    undo(clerk, appointment)
    assert (places.taken(single), places.reserved(single)) == (1, 0)


def test_person_with_another_appointment_by_now_keeps_that(clerk, late, hours, clock):
    user, service = late.user, late.service
    check_in(actor=clerk, appointment=late)
    serve(actor=clerk, appointment=late)
    with undone():
        places.confirmed(user, slot=places.slot(SUNDAY, "14:00", of=hours), service=service)
        assert refused(undo, clerk, late) == (
            "This person has another appointment for this service by now. Use that one, or have "
            "it cancelled first."
        )
    other = places.confirmed(user, slot=places.slot(SUNDAY, "14:30", of=hours))
    Appointment.objects.filter(pk=other.pk).update(slot=late.slot)
    assert refused(undo, clerk, late) == (
        "This person has another appointment at this time by now, so this one stays over."
    )


def test_wish_for_the_same_service_ends(clerk, late):
    check_in(actor=clerk, appointment=late)
    serve(actor=clerk, appointment=late)
    wish = places.wish(late.user, late.service)
    undo(clerk, late)
    wish.refresh_from_db()
    assert wish.ended_at


def test_second_click_takes_nothing_more_back(clerk, late):
    check_in(actor=clerk, appointment=late)
    call(actor=clerk, appointment=late)
    late.refresh_from_db()
    version = late.version
    for _click in range(2):
        assert undo(clerk, late, expected_version=version).called_at is None
    assert event_types(late)[2:] == ["checked_in", "called", "taken_back"]
    assert Correction.objects.count() == 1


def test_stale_page_is_refused_and_told_what_changed(clerk, late):
    check_in(actor=clerk, appointment=late)
    late.refresh_from_db()
    version = late.version
    serve(actor=clerk, appointment=late)
    assert refused(undo, clerk, late, expected_version=version) == CHANGED.format("Served")
    undo(clerk, late)
    # What was taken back is not what this page had shown.
    assert refused(undo, clerk, late, expected_version=version) == CHANGED.format("Taken back")


def test_night_ends_what_can_be_taken_back(clerk, late, clock):
    check_in(actor=clerk, appointment=late)
    serve(actor=clerk, appointment=late)
    clock.now = late.slot.end + 12 * HOUR
    assert refused(undo, clerk, late) == OVER
    clock.now -= places.SECOND
    assert undo(clerk, late).status == Status.CHECKED_IN


def test_what_has_no_mark_is_not_taken_back(clerk, late):
    for status, label in (
        ("confirmed", "Confirmed"),
        ("cancelled", "Cancelled"),
        ("displaced", "Office closed"),
        ("unmarked", "Not marked by the office"),
    ):
        Appointment.objects.filter(pk=late.pk).update(status=status)
        assert refused(undo, clerk, late) == (
            f"There is nothing to take back: the appointment is “{label}”."
        )


def test_reason_is_needed(clerk, late):
    check_in(actor=clerk, appointment=late)
    for reason, text in (
        ("other", ""),
        ("other", " ab "),
        ("by_mistake", "a"),
        ("other", 201 * "a"),
    ):
        assert refused(undo, clerk, late, reason, words=text) == SAY_WHY, text
    undo(clerk, late, "other", words=" Two of\nthe same name ")
    assert Correction.objects.get().why == "Two of the same name"
    check_in(actor=clerk, appointment=late)
    undo(clerk, late, "wrong_person", words=200 * "a")
    assert Correction.objects.last().why == f"It was another person: {200 * 'a'}"


def test_clerks_of_another_office_take_nothing_back(late, clerk, elsewhere):
    check_in(actor=clerk, appointment=late)
    assert refused(undo, places.clerk(elsewhere.office), late) == NOT_CLERK
    assert refused(undo, factories.OfficerFactory(), late) == NOT_CLERK


def test_colleague_takes_back(clerk, office, late):
    check_in(actor=clerk, appointment=late)
    colleague = places.clerk(office)
    undo(colleague, late)
    assert late.events.last().actor == colleague


def test_taken_back_check_in_is_missed_in_the_night(clerk, late, clock):
    check_in(actor=clerk, appointment=late)
    undo(clerk, late)
    clock.now = late.slot.end + 12 * HOUR
    settle_past()
    assert (status_of(late), places.taken(late.slot)) == (Status.NO_SHOW, 0)


# The page


def page_of(appointment):
    return desk_of(appointment, "take-back")


def fields(appointment, **changes):
    appointment.refresh_from_db()
    sent = {"expected_version": appointment.version, "reason": "by_mistake", "words": ""}
    return {**sent, **changes}


def test_mistake_is_two_clicks_away_from_being_none(clerk, late):
    check_in(actor=clerk, appointment=late)
    browser = signed_in_staff(clerk)
    row = browser.get(TODAY).content.decode()
    link = re.search(r'<a class="button" href="([^"]*/take-back/[^"]*)"', row)[1]
    page = browser.get(link.replace("&amp;", "&"))
    assert "This is taken back Checked in Afterwards the appointment is Confirmed" in words(page)
    form = page.context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    place = re.search(r'name="next" value="([^"]*)"', page.content.decode())[1]
    done = browser.post(page_of(late), {**sent, "next": place}, follow=True)
    assert notices_on(done) == ["Taken back. The appointment is “Confirmed” now."]
    assert done.request["PATH_INFO"] == TODAY
    assert "Take back" not in rows(done)[late.pk]
    shown = words(browser.get(desk_of(late)))
    assert "Taken back · " in shown
    assert "Checked in · Pressed by mistake" in shown


def test_page_says_what_comes_back(clerk, late, clock):
    browser = signed_in_staff(clerk)
    check_in(actor=clerk, appointment=late)
    for mark, before in (
        (call, "Called Afterwards the appointment is At the office, not called"),
        (call, "Called Afterwards the appointment is At the office, called at 10:31"),
        (serve, "Served Afterwards the appointment is At the office, called at 10:32"),
    ):
        clock.now += MINUTE
        mark(actor=clerk, appointment=late)
        assert f"This is taken back {before}" in words(browser.get(page_of(late)))


def test_own_words_are_asked_for_and_kept(clerk, late):
    check_in(actor=clerk, appointment=late)
    browser = signed_in_staff(clerk)
    page = browser.post(page_of(late), fields(late, reason="other", words="ab"))
    assert errors_on(page) == [SAY_WHY]
    assert 'value="ab"' in page.content.decode()
    page = browser.post(page_of(late), fields(late, reason="nonsense"))
    assert errors_on(page) == ["Choose why the mark is taken back."]
    assert status_of(late) == Status.CHECKED_IN


def test_stale_page_is_shown_anew_with_what_was_typed(clerk, late):
    check_in(actor=clerk, appointment=late)
    browser = signed_in_staff(clerk)
    seen = fields(late, reason="other", words="It was his brother")
    call(actor=clerk, appointment=late)
    page = browser.post(page_of(late), seen)
    assert notices_on(page) == [CHANGED.format("Called")]
    assert "This is taken back Called" in words(page)
    assert 'value="It was his brother"' in page.content.decode()
    form = page.context["form"]
    again = {name: form[name].value() for name in form.fields}
    browser.post(page_of(late), again)
    assert event_types(late)[-1] == "taken_back"


def test_nothing_to_take_back_leads_to_the_appointment(clerk, late):
    browser = signed_in_staff(clerk)
    page = browser.get(page_of(late), follow=True)
    assert page.request["PATH_INFO"] == desk_of(late)
    assert notices_on(page) == ["There is nothing to take back on this appointment."]
    assert "Take back" not in words(page)
