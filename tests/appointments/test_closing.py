"""Appointments at an office that closes: one notice, and another time on offer."""

from datetime import timedelta
from itertools import count

import pytest
from django.utils import timezone

from appointments import actions
from appointments.actions import allocation, displacement
from appointments.models import Appointment, Closure, Offer, OpeningWindow, Slot
from core.accounts.rights import Acting
from core.chores.rows import Step
from core.messaging.models import Message
from tests.appointments import places
from tests.appointments.browsing import page_of
from tests.appointments.hours_forms import REASONS
from tests.appointments.places import (
    DAY,
    HOUR,
    MONDAY,
    SUNDAY,
    TUESDAY,
    WHEN_TUESDAY,
    refused,
    status_of,
)
from tests.conftest import notices_on, words

pytestmark = pytest.mark.django_db

CONFIRMED, DISPLACED = Appointment.Status.CONFIRMED, Appointment.Status.DISPLACED
TIMES = ("10:00", "10:15", "10:30", "10:45")


@pytest.fixture
def hours():
    """Return hours on working days from ten to eleven, two operations at a time, with slots."""
    hours = places.window("10:00", "11:00", capacity=2)
    actions.make_slots()
    return hours


@pytest.fixture
def appointment(resident, hours):
    """Return an appointment of Monday at ten."""
    return places.confirmed(resident, slot=slot_of(hours))


@pytest.fixture
def displaced(appointment):
    """Return an appointment of Monday, whose office has closed on that day."""
    assert close() == 1
    return appointment


def slot_of(hours, day=MONDAY, time="10:00"):
    return hours.slots.get(start=places.at(day, time))


def close(day=MONDAY, office=None, last_day=None):
    """Save a closure as the admin does, then displace appointments as the worker does."""
    Closure.objects.create(office=office, first_day=day, last_day=last_day or day, **REASONS)
    actions.make_slots()
    return places.displace()


def texts(appointment):
    about = Message.objects.filter(about=appointment.reference, channel="sms")
    return list(about.order_by("pk").values_list("text", flat=True))


def texts_with(word, appointment):
    return [text for text in texts(appointment) if word in text]


@pytest.mark.both_engines
def test_closure_notifies_and_offers_next_time(hours, displaced, clock):
    offer = displaced.offers.get()
    assert offer.slot == slot_of(hours, TUESDAY)
    assert (places.taken(slot_of(hours)), places.taken(offer.slot)) == (0, 1)
    assert offer.expires_at == clock.now + 24 * HOUR
    assert texts(displaced)[-1] == (
        f"Tawasul: the office is closed at the time of {places.whose(displaced)}. Offered instead: "
        f"{places.facts(displaced, offer.slot)} Sign in to accept it within 24 hours."
    )
    assert status_of(displaced) == DISPLACED


def test_notice_says_24_hours_while_clock_ticks(appointment, clock, monkeypatch):
    moments = (clock.now + tick * timedelta(milliseconds=1) for tick in count())
    monkeypatch.setattr(timezone, "now", lambda: next(moments))
    close()
    assert "Sign in to accept it within 24 hours." in texts(appointment)[-1]


def test_closure_removes_reminders(displaced):
    assert texts_with("reminder", displaced) == []


@pytest.mark.both_engines
def test_closure_offers_each_their_own_place(hours):
    booked = [
        places.confirmed(slot=slot_of(hours, MONDAY, time)) for time in TIMES for _two in "12"
    ]
    assert close() == 8
    kept = [each.offers.get().slot for each in booked]
    assert [kept.count(slot) for slot in sorted(set(kept), key=lambda slot: slot.start)] == [2] * 4
    assert {slot.day for slot in kept} == {TUESDAY}


def test_closure_without_free_times_says_so(appointment):
    close(SUNDAY, last_day=actions.horizon()[-1])
    assert not appointment.offers.exists()
    assert places.taken(appointment.slot) == 0
    assert texts(appointment)[-1] == (
        f"Tawasul: the office is closed at the time of {places.whose(appointment)}: "
        f"{places.facts(appointment)} No other time is free yet. Please sign in later and choose "
        "another."
    )


def test_next_time_is_free_for_the_attendee_and_not_held(hours, appointment, resident):
    next_day = slot_of(hours, TUESDAY)
    places.confirmed(resident, slot=slot_of(hours, TUESDAY + places.DAY))
    places.lapse(places.held(slot=next_day, operations=2))
    close()
    assert appointment.offers.get().slot == slot_of(hours, TUESDAY, "10:15")
    assert places.taken(next_day) == 2


def test_same_office_is_offered_before_others_in_region(hours, appointment):
    other = places.window("10:00", "11:00", office=places.office("qasr-al-hukm", "Qasr Al-Hukm"))
    actions.make_slots()
    last = actions.horizon()[-1]
    close(office=hours.office)
    assert appointment.offers.get().slot.office == hours.office
    close(office=hours.office, last_day=last)
    assert appointment.offers.open().get().slot == slot_of(other)


@pytest.mark.both_engines
def test_repeated_closure_notifies_nobody_again(displaced):
    before = texts(displaced)
    assert close() == 0
    actions.make_slots()
    assert places.displace() == 0
    assert texts(displaced) == before
    assert displaced.offers.count() == 1


@pytest.mark.both_engines
def test_displacement_resumes_after_worker_dies(hours, monkeypatch):
    booked = [places.confirmed(slot=slot_of(hours, MONDAY, time)) for time in TIMES]
    real, turns = displacement.entry_of, iter(range(2))

    def die_at_the_third(*args, **kwargs):
        if next(turns, None) is None:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(displacement, "entry_of", die_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            close()
    assert [status_of(each) for each in booked] == [DISPLACED] * 2 + [CONFIRMED] * 2
    assert places.displace() == 2
    assert [each.offers.count() for each in booked] == [1] * 4
    assert [len(texts_with("closed", each)) for each in booked] == [1] * 4


def test_displaced_come_before_all_who_wait(hours, appointment, clock):
    """The nearest time is one that has just come free, and that somebody waits for."""
    full = slot_of(hours, TUESDAY)
    leaving = [places.confirmed(slot=full) for _place in range(2)]
    waiting = places.confirmed(slot=slot_of(hours, places.WEDNESDAY))
    places.wait(waiting)
    places.cancel(leaving[0])
    assert places.reserved(full) == 1
    close()
    assert appointment.offers.get().slot == full
    assert not waiting.offers.exists()
    assert (places.taken(full), places.reserved(full)) == (2, 0)
    assert appointment.offers.get().expires_at == clock.now + places.DAY


def test_late_click_on_stop_waiting_leaves_the_displaced_to_be_told(hours, appointment):
    entry = places.displace_alone(appointment)
    actions.stop_waiting(actor=appointment.user, waiting=entry)
    places.allocate()
    assert appointment.offers.get().status == Offer.Status.OPEN


def test_others_wait_while_the_displaced_of_a_large_closing_are_told(
    hours, appointment, monkeypatch
):
    full = slot_of(hours, TUESDAY)
    leaving = [places.confirmed(slot=full) for _place in range(2)]
    places.wait(places.confirmed(slot=slot_of(hours, places.WEDNESDAY)))
    places.cancel(leaving[0])
    with monkeypatch.context() as short:
        short.setattr(allocation, "Step", lambda: Step(0))
        actions.allocate()
    assert (places.taken(full), places.reserved(full)) == (1, 1)
    actions.allocate()
    assert (places.taken(full), places.reserved(full)) == (2, 0)


def test_closure_leaves_checked_in_appointment(hours, appointment, clock):
    clock.now = slot_of(hours).start - places.MINUTE
    actions.check_in(actor=places.clerk(hours.office), appointment=appointment)
    close()
    assert status_of(appointment) == Appointment.Status.CHECKED_IN


def test_past_is_left_unchanged(hours, appointment, clock):
    clock.now = slot_of(hours).start
    assert close() == 0
    assert status_of(appointment) == CONFIRMED


@pytest.mark.both_engines
def test_offered_time_that_closes_is_replaced(displaced):
    close(TUESDAY)
    first, second = displaced.offers.order_by("pk")
    assert (first.status, second.status) == (Offer.Status.WITHDRAWN, Offer.Status.OPEN)
    assert second.slot.day == places.WEDNESDAY
    assert (places.taken(first.slot), places.taken(second.slot)) == (0, 1)


def test_earlier_time_on_offer_is_withdrawn_when_it_closes(hours):
    booked = places.confirmed(slot=slot_of(hours), operations=2)
    appointment = places.confirmed(slot=slot_of(hours, TUESDAY))
    places.wait(appointment)
    places.cancel(booked)
    places.allocate()
    close()
    assert appointment.offers.get().status == Offer.Status.WITHDRAWN
    assert status_of(appointment) == CONFIRMED
    assert places.taken(slot_of(hours)) == 0


def test_replacement_skips_time_of_other_appointment(hours, appointment):
    places.confirmed(appointment.user, slot=slot_of(hours, TUESDAY))
    close()
    assert appointment.offers.get().slot == slot_of(hours, TUESDAY, "10:15")


@pytest.mark.both_engines
def test_two_appointments_get_two_replacements(hours):
    first = places.confirmed(slot=slot_of(hours))
    second = places.confirmed(first.user, slot=slot_of(hours, time="10:15"))
    close()
    for each in (first, second):
        actions.accept(actor=each.user, offer=each.offers.get())
    assert (status_of(first), status_of(second)) == (CONFIRMED, CONFIRMED)


def test_accept_moves_displaced_appointment(hours, displaced):
    moved = actions.accept(actor=displaced.user, offer=displaced.offers.get())
    assert (moved.status, moved.slot) == (CONFIRMED, slot_of(hours, TUESDAY))
    assert places.taken(moved.slot) == 1
    assert moved.remind_at == moved.slot.start - DAY


@pytest.mark.both_engines
def test_move_to_own_offered_time_succeeds_when_full(hours):
    appointment, neighbour = [places.confirmed(slot=slot_of(hours)) for _two in "12"]
    close()
    kept = slot_of(hours, TUESDAY)
    assert places.taken(kept) == 2
    moved = places.move(appointment, kept)
    assert (moved.status, moved.slot) == (CONFIRMED, kept)
    assert (places.taken(kept), neighbour.offers.open().get().slot) == (2, kept)


def test_move_and_cancel_work_after_offer_lapses(hours, displaced, clock):
    clock.now += 24 * HOUR
    assert actions.lapse_due() == 1
    assert places.taken(slot_of(hours, TUESDAY)) == 0
    assert places.move(displaced, slot_of(hours, TUESDAY, "10:45")).status == CONFIRMED
    assert places.cancel(displaced).status == Appointment.Status.CANCELLED
    assert Slot.objects.filter(taken__gt=0).count() == 0


@pytest.mark.both_engines
def test_lapsed_replacement_is_notified_once(displaced, clock):
    """The text about the closure may not have been sent in time, so this one repeats it."""
    clock.now += 24 * HOUR
    actions.lapse_due()
    assert texts(displaced)[-1] == (
        f"Tawasul: the office is closed at the time of {places.whose(displaced)}: "
        f"{places.facts(displaced)} The time offered instead is gone. Please sign in and choose "
        "another."
    )
    actions.lapse_due()
    assert len(texts_with("is gone", displaced)) == 1


@pytest.mark.both_engines
def test_displaced_stays_unsettled_after_its_old_time(hours, displaced, clock):
    clock.now = slot_of(hours).end + HOUR
    acting = Acting(displaced.user, displaced.user.identity)
    mine = Appointment.objects.listed_for(acting)
    assert list(mine.unsettled().waiting_for(acting)) == [displaced]
    assert list(mine.over()) == []


def test_new_booking_refers_to_displaced_appointment(hours, displaced):
    criteria = {"slot": slot_of(hours, TUESDAY), "service": displaced.service}
    assert refused(places.held, displaced.user, **criteria) == (
        "The office has closed at the time of the appointment for this service and this person "
        f"({displaced.reference}). Choose another time for that one, or cancel it."
    )
    places.cancel(displaced)
    assert places.held(displaced.user, **criteria).is_held


def test_displaced_appointment_cannot_wait(appointment):
    places.wait(appointment)
    close()
    assert not appointment.waitings.open().exists()
    assert refused(places.wait, appointment) == (
        "The office has closed at this time. Choose another time first."
    )


def test_page_of_displaced_appointment_shows_offer(displaced, browser):
    shown = words(browser.get(page_of(displaced)))
    assert "The office is closed at this time" in shown
    assert f"This time is kept for you instead {WHEN_TUESDAY} 10:00 Al-Rimal" in shown
    accept = f"/en/appointments/offers/{displaced.offers.get().pk}/accept/"
    page = browser.post(accept, follow=True)
    assert notices_on(page) == ["Your appointment has been moved."]


def test_slip_of_displaced_appointment_is_invalid(displaced, client):
    page = client.get(f"/en/check/{displaced.slips.get().check_code}/")
    assert notices_on(page) == [
        "No: the office is closed at this time, and the appointment needs another time."
    ]


@pytest.fixture
def reads_arabic(resident):
    resident.language = "ar"
    resident.save(update_fields=["language"])
    return resident


def test_notice_uses_language_of_booking_user(reads_arabic, displaced):
    assert texts(displaced)[-1].startswith("تواصل: ")


# A closure taken back


def open_again():
    """Delete the closure as the admin does."""
    Closure.objects.all().delete()
    actions.make_slots(OpeningWindow.objects.all())


@pytest.mark.both_engines
def test_own_time_is_given_back_when_the_closure_is_taken_back(displaced, hours):
    replacement = displaced.offers.get().slot
    open_again()
    displaced.refresh_from_db()
    assert (displaced.status, displaced.slot) == (CONFIRMED, slot_of(hours))
    assert displaced.offers.get().status == Offer.Status.WITHDRAWN
    assert (places.taken(slot_of(hours)), places.taken(replacement)) == (1, 0)
    assert places.event_types(displaced)[2:] == ["displaced", "offered", "restored"]
    stands = places.whose(displaced).capitalize().replace("mohammed", "Mohammed")
    assert (
        f"Tawasul: the office will be open. {stands} is valid: {places.facts(displaced)}"
    ) in texts(displaced)
    assert displaced.remind_at == displaced.slot.start - DAY
    assert displaced.slips.last().status() == "valid"


def test_shortened_closure_gives_back_the_days_that_are_open_again(hours):
    monday = places.confirmed(slot=slot_of(hours))
    tuesday = places.confirmed(slot=slot_of(hours, TUESDAY))
    close(MONDAY, last_day=TUESDAY)
    Closure.objects.update(last_day=MONDAY)
    actions.make_slots(OpeningWindow.objects.all())
    assert (status_of(monday), status_of(tuesday)) == (DISPLACED, CONFIRMED)


def test_who_has_chosen_keeps_the_new_time(displaced):
    moved = actions.accept(actor=displaced.user, offer=displaced.offers.get())
    open_again()
    assert Appointment.objects.get(pk=displaced.pk).slot == moved.slot


def test_who_was_displaced_before_an_upgrade_is_reminded_again(displaced, clock):
    Appointment.objects.filter(pk=displaced.pk).update(remind_at=None)
    open_again()
    clock.now = displaced.slot.start - DAY
    assert actions.remind_of_appointments() == 1


def test_who_was_not_told_yet_hears_nothing(appointment):
    Closure.objects.create(first_day=MONDAY, last_day=MONDAY, **REASONS)
    actions.make_slots()
    actions.displace_due()
    open_again()
    assert status_of(appointment) == CONFIRMED
    assert texts_with("closed", appointment) == texts_with("will be open", appointment) == []
    assert not appointment.waitings.open().exists()


def test_own_time_comes_before_those_who_wait(hours, clock):
    booked = [places.confirmed(slot=slot_of(hours)) for _place in range(2)]
    close()
    waiting = places.confirmed(slot=slot_of(hours, places.WEDNESDAY))
    places.wait(waiting)
    open_again()
    places.allocate()
    assert [status_of(each) for each in booked] == [CONFIRMED] * 2
    assert (places.taken(slot_of(hours)), places.reserved(slot_of(hours))) == (2, 0)


def test_who_is_busy_at_the_old_time_by_now_stays_displaced(displaced, hours, elsewhere):
    other = places.slot(MONDAY, "10:00", of=elsewhere)
    places.confirmed(displaced.user, slot=other)
    open_again()
    assert status_of(displaced) == DISPLACED
    assert displaced.offers.open().exists()
    places.allocate()
    assert (places.taken(slot_of(hours)), places.reserved(slot_of(hours))) == (0, 0)


def test_reason_of_the_closure_is_told(browser, hours, resident):
    resident.email, resident.language = "aslam@example.org", "en"
    resident.save()
    displaced = places.confirmed(resident, slot=slot_of(hours))
    close()
    assert "Why it is closed: Maintenance" in words(browser.get(page_of(displaced)))
    mail = Message.objects.get(about=displaced.reference, channel="email", text__contains="closed")
    assert mail.text.endswith("Why it is closed: Maintenance")
    open_again()
    assert "Why it is closed" not in words(browser.get(page_of(displaced)))
