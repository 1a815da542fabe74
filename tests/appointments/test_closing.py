"""Appointments at an office that closes: one notice, and another time on offer."""

import datetime
from itertools import count

import pytest
from django.utils import timezone

from appointments import actions
from appointments.actions import displacement
from appointments.models import Appointment, Closure, Offer, Slot
from core.messaging.models import Message
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import page_of, verified
from tests.appointments.places import MINUTE, MONDAY, SUNDAY, TUESDAY, refused
from tests.conftest import notices_on, words

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]

HOUR = datetime.timedelta(hours=1)
CONFIRMED, DISPLACED = Appointment.Status.CONFIRMED, Appointment.Status.DISPLACED
TIMES = ("10:00", "10:15", "10:30", "10:45")
ON_TUESDAY = "5 May 2026 CE (18 Dhu al-Qadah 1447 AH)"


@pytest.fixture
def hours():
    """Return hours on working days from ten to eleven, two operations at a time, with slots."""
    hours = places.window("10:00", "11:00", capacity=2)
    actions.make_slots()
    return hours


def slot_of(hours, day=MONDAY, time="10:00"):
    return hours.slots.get(start=places.at(day, time))


def close(day=MONDAY, office=None, last_day=None):
    """Save a closure as the admin does, then displace appointments as the worker does."""
    texts = {"reason_ar": "صيانة", "reason_en": "Maintenance"}
    Closure.objects.create(office=office, first_day=day, last_day=last_day or day, **texts)
    actions.make_slots()
    return actions.displace_due()


def texts(appointment):
    about = Message.objects.filter(about=appointment.reference, channel="sms")
    return list(about.order_by("pk").values_list("text", flat=True))


def in_status(appointment):
    return Appointment.objects.get(pk=appointment.pk).status


def test_closure_notifies_and_offers_next_time(hours, clock):
    appointment = places.confirmed(slot=slot_of(hours))
    assert close() == 1
    offer = appointment.offers.get()
    assert offer.slot == slot_of(hours, TUESDAY)
    assert (places.taken(slot_of(hours)), places.taken(offer.slot)) == (0, 1)
    assert offer.expires_at == clock.now + 24 * HOUR
    assert texts(appointment)[-1] == (
        f"Tawasul: the office is closed at the time of appointment {appointment.reference}. "
        f"Kept for you instead: {ON_TUESDAY} 10:00. Sign in to accept it within 24 hours."
    )
    assert in_status(appointment) == DISPLACED


def test_notice_says_24_hours_while_clock_ticks(hours, clock, monkeypatch):
    appointment = places.confirmed(slot=slot_of(hours))
    moments = (clock.now + tick * datetime.timedelta(milliseconds=1) for tick in count())
    monkeypatch.setattr(timezone, "now", lambda: next(moments))
    close()
    assert "Sign in to accept it within 24 hours." in texts(appointment)[-1]


def test_closure_removes_reminders(hours):
    appointment = places.confirmed(slot=slot_of(hours))
    close()
    assert not [text for text in texts(appointment) if "tomorrow" in text or "two hours" in text]


def test_closure_offers_each_their_own_place(hours):
    booked = [
        places.confirmed(slot=slot_of(hours, MONDAY, time)) for time in TIMES for _two in "12"
    ]
    assert close() == 8
    kept = [each.offers.get().slot for each in booked]
    assert [kept.count(slot) for slot in sorted(set(kept), key=lambda slot: slot.start)] == [2] * 4
    assert {slot.day for slot in kept} == {TUESDAY}


def test_closure_without_free_times_says_so(hours):
    appointment = places.confirmed(slot=slot_of(hours))
    close(SUNDAY, last_day=actions.horizon()[-1])
    assert not appointment.offers.exists()
    assert texts(appointment)[-1] == (
        f"Tawasul: the office is closed at the time of appointment {appointment.reference}, and no "
        "other time is free yet. Please sign in later and choose another."
    )


def test_same_office_is_offered_before_others_in_region(hours):
    other = places.window("10:00", "11:00", office=places.office("qasr-al-hukm", "Qasr Al-Hukm"))
    actions.make_slots()
    appointment = places.confirmed(slot=slot_of(hours))
    last = actions.horizon()[-1]
    close(office=hours.office)
    assert appointment.offers.get().slot.office == hours.office
    close(office=hours.office, last_day=last)
    assert appointment.offers.open().get().slot == slot_of(other)


def test_repeated_closure_notifies_nobody_again(hours):
    appointment = places.confirmed(slot=slot_of(hours))
    close()
    before = texts(appointment)
    assert close() == 0
    actions.make_slots()
    assert actions.displace_due() == 0
    assert texts(appointment) == before
    assert appointment.offers.count() == 1


def test_displacement_resumes_after_worker_dies(hours, monkeypatch):
    booked = [places.confirmed(slot=slot_of(hours, MONDAY, time)) for time in TIMES]
    real, turns = displacement.offer_replacement, iter(range(2))

    def die_at_the_third(*args, **kwargs):
        if next(turns, None) is None:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(displacement, "offer_replacement", die_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            close()
    assert [in_status(each) for each in booked] == [DISPLACED] * 2 + [CONFIRMED] * 2
    assert actions.displace_due() == 2
    assert [each.offers.count() for each in booked] == [1] * 4
    assert [len([t for t in texts(each) if "closed" in t]) for each in booked] == [1] * 4


def test_closure_leaves_checked_in_appointment(hours, clock):
    appointment = places.confirmed(slot=slot_of(hours))
    clock.now = slot_of(hours).start - MINUTE
    actions.check_in(actor=places.clerk(hours.office), appointment=appointment)
    close()
    assert in_status(appointment) == Appointment.Status.CHECKED_IN


def test_past_is_left_unchanged(hours, clock):
    appointment = places.confirmed(slot=slot_of(hours))
    clock.now = slot_of(hours).start
    assert close() == 0
    assert in_status(appointment) == CONFIRMED


def test_offered_time_that_closes_is_replaced(hours):
    appointment = places.confirmed(slot=slot_of(hours))
    close()
    close(TUESDAY)
    first, second = appointment.offers.order_by("pk")
    assert (first.status, second.status) == (Offer.Status.WITHDRAWN, Offer.Status.OPEN)
    assert second.slot.day == TUESDAY + datetime.timedelta(days=1)
    assert (places.taken(first.slot), places.taken(second.slot)) == (0, 1)


def test_earlier_time_on_offer_is_withdrawn_when_it_closes(hours):
    booked = places.confirmed(slot=slot_of(hours), operations=2)
    appointment = places.confirmed(slot=slot_of(hours, TUESDAY))
    actions.wait(actor=appointment.user, appointment=appointment)
    actions.cancel(actor=booked.user, appointment=booked)
    close()
    assert appointment.offers.get().status == Offer.Status.WITHDRAWN
    assert in_status(appointment) == CONFIRMED
    assert places.taken(slot_of(hours)) == 0


def test_replacement_skips_time_of_other_appointment(hours):
    appointment = places.confirmed(slot=slot_of(hours))
    places.confirmed(appointment.user, slot=slot_of(hours, TUESDAY))
    close()
    assert appointment.offers.get().slot == slot_of(hours, TUESDAY, "10:15")


def test_two_appointments_get_two_replacements(hours):
    first = places.confirmed(slot=slot_of(hours))
    second = places.confirmed(first.user, slot=slot_of(hours, time="10:15"))
    close()
    for each in (first, second):
        actions.accept(actor=each.user, offer=each.offers.get())
    assert (in_status(first), in_status(second)) == (CONFIRMED, CONFIRMED)


def test_accept_moves_displaced_appointment(hours):
    appointment = places.confirmed(slot=slot_of(hours))
    close()
    moved = actions.accept(actor=appointment.user, offer=appointment.offers.get())
    assert (moved.status, moved.slot) == (CONFIRMED, slot_of(hours, TUESDAY))
    assert places.taken(moved.slot) == 1
    assert len([text for text in texts(moved) if "tomorrow" in text]) == 1


def test_move_to_own_offered_time_succeeds_when_full(hours):
    appointment, neighbour = [places.confirmed(slot=slot_of(hours)) for _two in "12"]
    close()
    kept = slot_of(hours, TUESDAY)
    assert places.taken(kept) == 2
    moved = actions.move(actor=appointment.user, appointment=appointment, slot=kept)
    assert (moved.status, moved.slot) == (CONFIRMED, kept)
    assert (places.taken(kept), neighbour.offers.open().get().slot) == (2, kept)


def test_move_and_cancel_work_after_offer_lapses(hours, clock):
    appointment = places.confirmed(slot=slot_of(hours))
    close()
    clock.now += 24 * HOUR
    assert actions.lapse_due() == 1
    assert places.taken(slot_of(hours, TUESDAY)) == 0
    criteria = {"actor": appointment.user, "appointment": appointment}
    moved = actions.move(**criteria, slot=slot_of(hours, TUESDAY, "10:45"))
    assert moved.status == CONFIRMED
    assert actions.cancel(**criteria).status == Appointment.Status.CANCELLED
    assert Slot.objects.filter(taken__gt=0).count() == 0


def test_lapsed_replacement_is_notified_once(hours, clock):
    """The text about the closure may not have been sent in time, so this one repeats it."""
    appointment = places.confirmed(slot=slot_of(hours))
    close()
    clock.now += 24 * HOUR
    actions.lapse_due()
    assert texts(appointment)[-1] == (
        f"Tawasul: the office is closed at the time of appointment {appointment.reference}, and no "
        "other time is kept for it any more. Please sign in and choose one."
    )
    actions.lapse_due()
    assert len([text for text in texts(appointment) if "any more" in text]) == 1


def test_displaced_stays_unsettled_after_its_old_time(hours, clock):
    appointment = places.confirmed(slot=slot_of(hours))
    close()
    clock.now = slot_of(hours).end + HOUR
    mine = Appointment.objects.visible_to(appointment.user)
    assert list(mine.unsettled().waiting_for(appointment.user)) == [appointment]
    assert list(mine.over()) == []


def test_new_booking_refers_to_displaced_appointment(hours):
    service = factories.ServiceFactory()
    appointment = places.confirmed(slot=slot_of(hours), service=service)
    close()
    criteria = {"slot": slot_of(hours, TUESDAY), "service": service}
    assert refused(places.held, appointment.user, **criteria) == (
        "The office has closed at the time of the appointment for this service and this person "
        f"({appointment.reference}). Choose another time for that one, or cancel it."
    )
    actions.cancel(actor=appointment.user, appointment=appointment)
    assert places.held(appointment.user, **criteria).is_held


def test_displaced_appointment_cannot_wait(hours):
    appointment = places.confirmed(slot=slot_of(hours))
    actions.wait(actor=appointment.user, appointment=appointment)
    close()
    assert not appointment.waitings.open().exists()
    sentence = refused(actions.wait, actor=appointment.user, appointment=appointment)
    assert sentence == "The office has closed at this time. Choose another time first."


def test_page_of_displaced_appointment_shows_offer(hours, resident):
    appointment = places.confirmed(resident, slot=slot_of(hours))
    close()
    browser = verified(resident)
    shown = words(browser.get(page_of(appointment)))
    assert "The office is closed at this time" in shown
    assert f"This time is kept for you instead {ON_TUESDAY} · 10:00 Al-Rimal" in shown
    accept = page_of(appointment, f"offers/{appointment.offers.get().pk}/accept/")
    page = browser.post(accept, follow=True)
    assert notices_on(page) == ["Your appointment has been moved."]


def test_slip_of_displaced_appointment_is_invalid(hours, client):
    appointment = places.confirmed(slot=slot_of(hours))
    close()
    page = client.get(f"/en/check/{appointment.slips.get().check_code}/")
    assert notices_on(page) == [
        "No: the office is closed at this time, and the appointment needs another time."
    ]


def test_notice_uses_language_of_booking_user(hours):
    user = factories.UserFactory(language="ar")
    appointment = places.confirmed(user, slot=slot_of(hours))
    close()
    assert texts(appointment)[-1].startswith("تواصل: ")


def test_arabic_notice_fits_in_two_sms_parts(hours):
    user = factories.UserFactory(language="ar")
    appointment = places.confirmed(user, slot=slot_of(hours))
    close()
    assert max(map(len, texts(appointment))) <= 134
