"""What becomes of those who are booked where an office closes: told once, and another time kept."""

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
    """Working days from ten to eleven, two at a time."""
    hours = places.window("10:00", "11:00", capacity=2)
    actions.make_slots()
    return hours


def slot_of(hours, day=MONDAY, time="10:00"):
    return hours.slots.get(start=places.at(day, time))


def close(day=MONDAY, office=None, last_day=None):
    """What the desk saves, and what the worker does next."""
    texts = {"reason_ar": "صيانة", "reason_en": "Maintenance"}
    Closure.objects.create(office=office, first_day=day, last_day=last_day or day, **texts)
    actions.make_slots()
    return actions.displace_due()


def texts(appointment):
    about = Message.objects.filter(about=appointment.reference, channel="sms")
    return list(about.order_by("pk").values_list("text", flat=True))


def in_status(appointment):
    return Appointment.objects.get(pk=appointment.pk).status


def test_who_is_booked_is_told_and_the_next_time_is_kept_for_them(hours, clock):
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


def test_a_day_has_24_hours_although_the_clock_goes_on(hours, clock, monkeypatch):
    appointment = places.confirmed(slot=slot_of(hours))
    moments = (clock.now + tick * datetime.timedelta(milliseconds=1) for tick in count())
    monkeypatch.setattr(timezone, "now", lambda: next(moments))
    close()
    assert "Sign in to accept it within 24 hours." in texts(appointment)[-1]


def test_its_reminders_are_gone(hours):
    appointment = places.confirmed(slot=slot_of(hours))
    close()
    assert not [text for text in texts(appointment) if "tomorrow" in text or "two hours" in text]


def test_everybody_is_kept_a_place_of_their_own(hours):
    booked = [
        places.confirmed(slot=slot_of(hours, MONDAY, time)) for time in TIMES for _two in "12"
    ]
    assert close() == 8
    kept = [each.offers.get().slot for each in booked]
    assert [kept.count(slot) for slot in sorted(set(kept), key=lambda slot: slot.start)] == [2] * 4
    assert {slot.day for slot in kept} == {TUESDAY}


def test_where_nothing_is_free_that_is_told(hours):
    appointment = places.confirmed(slot=slot_of(hours))
    close(SUNDAY, last_day=actions.horizon()[-1])
    assert not appointment.offers.exists()
    assert texts(appointment)[-1] == (
        f"Tawasul: the office is closed at the time of appointment {appointment.reference}, and no "
        "other time is free yet. Please sign in later and choose another."
    )


def test_the_same_office_comes_before_others_of_the_region(hours):
    other = places.window("10:00", "11:00", office=places.office("qasr-al-hukm", "Qasr Al-Hukm"))
    actions.make_slots()
    appointment = places.confirmed(slot=slot_of(hours))
    last = actions.horizon()[-1]
    close(office=hours.office)
    assert appointment.offers.get().slot.office == hours.office
    close(office=hours.office, last_day=last)
    assert appointment.offers.open().get().slot == slot_of(other)


def test_a_closing_that_is_repeated_tells_nobody_again(hours):
    appointment = places.confirmed(slot=slot_of(hours))
    close()
    before = texts(appointment)
    assert close() == 0
    actions.make_slots()
    assert actions.displace_due() == 0
    assert texts(appointment) == before
    assert appointment.offers.count() == 1


def test_a_worker_that_dies_in_the_middle_goes_on_with_the_rest(hours, monkeypatch):
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


def test_who_is_here_already_is_served(hours, clock):
    appointment = places.confirmed(slot=slot_of(hours))
    clock.now = slot_of(hours).start - MINUTE
    actions.check_in(actor=places.clerk(hours.office), appointment=appointment)
    close()
    assert in_status(appointment) == Appointment.Status.CHECKED_IN


def test_the_past_is_left_as_it_was(hours, clock):
    appointment = places.confirmed(slot=slot_of(hours))
    clock.now = slot_of(hours).start
    assert close() == 0
    assert in_status(appointment) == CONFIRMED


def test_a_time_that_is_kept_and_closes_too_is_replaced(hours):
    appointment = places.confirmed(slot=slot_of(hours))
    close()
    close(TUESDAY)
    first, second = appointment.offers.order_by("pk")
    assert (first.status, second.status) == (Offer.Status.WITHDRAWN, Offer.Status.OPEN)
    assert second.slot.day == TUESDAY + datetime.timedelta(days=1)
    assert (places.taken(first.slot), places.taken(second.slot)) == (0, 1)


def test_an_earlier_time_offered_to_who_waits_is_withdrawn_when_it_closes(hours):
    booked = places.confirmed(slot=slot_of(hours), operations=2)
    appointment = places.confirmed(slot=slot_of(hours, TUESDAY))
    actions.wait(actor=appointment.user, appointment=appointment)
    actions.cancel(actor=booked.user, appointment=booked)
    close()
    assert appointment.offers.get().status == Offer.Status.WITHDRAWN
    assert in_status(appointment) == CONFIRMED
    assert places.taken(slot_of(hours)) == 0


def test_who_is_elsewhere_at_the_next_time_is_kept_the_one_after(hours):
    appointment = places.confirmed(slot=slot_of(hours))
    places.confirmed(appointment.user, slot=slot_of(hours, TUESDAY))
    close()
    assert appointment.offers.get().slot == slot_of(hours, TUESDAY, "10:15")


def test_two_appointments_of_one_person_are_kept_two_times(hours):
    first = places.confirmed(slot=slot_of(hours))
    second = places.confirmed(first.user, slot=slot_of(hours, time="10:15"))
    close()
    for each in (first, second):
        actions.accept(actor=each.user, offer=each.offers.get())
    assert (in_status(first), in_status(second)) == (CONFIRMED, CONFIRMED)


def test_it_is_taken_with_one_step(hours):
    appointment = places.confirmed(slot=slot_of(hours))
    close()
    moved = actions.accept(actor=appointment.user, offer=appointment.offers.get())
    assert (moved.status, moved.slot) == (CONFIRMED, slot_of(hours, TUESDAY))
    assert places.taken(moved.slot) == 1
    assert len([text for text in texts(moved) if "tomorrow" in text]) == 1


def test_who_chooses_the_very_time_that_is_kept_for_them_gets_it_however_full_it_is(hours):
    appointment, neighbour = [places.confirmed(slot=slot_of(hours)) for _two in "12"]
    close()
    kept = slot_of(hours, TUESDAY)
    assert places.taken(kept) == 2
    moved = actions.move(actor=appointment.user, appointment=appointment, slot=kept)
    assert (moved.status, moved.slot) == (CONFIRMED, kept)
    assert (places.taken(kept), neighbour.offers.open().get().slot) == (2, kept)


def test_who_lets_it_lapse_still_chooses_or_cancels(hours, clock):
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


def test_who_lets_it_lapse_is_told_that_it_is_gone(hours, clock):
    """The text about the closing may not have left in time: this one says it again."""
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


def test_it_waits_for_an_answer_although_its_old_time_is_over(hours, clock):
    appointment = places.confirmed(slot=slot_of(hours))
    close()
    clock.now = slot_of(hours).end + HOUR
    mine = Appointment.objects.visible_to(appointment.user)
    assert list(mine.unsettled().waiting_for(appointment.user)) == [appointment]
    assert list(mine.over()) == []


def test_who_is_displaced_is_led_to_that_one_when_they_book_anew(hours):
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


def test_who_is_displaced_waits_for_nothing(hours):
    appointment = places.confirmed(slot=slot_of(hours))
    actions.wait(actor=appointment.user, appointment=appointment)
    close()
    assert not appointment.waitings.open().exists()
    sentence = refused(actions.wait, actor=appointment.user, appointment=appointment)
    assert sentence == "The office has closed at this time. Choose another time first."


def test_the_page_says_so_and_offers_the_time(hours, resident):
    appointment = places.confirmed(resident, slot=slot_of(hours))
    close()
    browser = verified(resident)
    shown = words(browser.get(page_of(appointment)))
    assert "The office is closed at this time" in shown
    assert f"This time is kept for you instead {ON_TUESDAY} · 10:00 Al-Rimal" in shown
    accept = page_of(appointment, f"offers/{appointment.offers.get().pk}/accept/")
    page = browser.post(accept, follow=True)
    assert notices_on(page) == ["Your appointment has been moved."]


def test_the_slip_of_a_displaced_appointment_is_not_good(hours, client):
    appointment = places.confirmed(slot=slot_of(hours))
    close()
    page = client.get(f"/en/check/{appointment.slips.get().check_code}/")
    assert notices_on(page) == [
        "No: the office is closed at this time, and the appointment needs another time."
    ]


def test_the_language_is_that_of_who_booked(hours):
    user = factories.UserFactory(language="ar")
    appointment = places.confirmed(user, slot=slot_of(hours))
    close()
    assert texts(appointment)[-1].startswith("تواصل: ")


def test_the_message_is_under_two_parts(hours):
    user = factories.UserFactory(language="ar")
    appointment = places.confirmed(user, slot=slot_of(hours))
    close()
    assert max(map(len, texts(appointment))) <= 134
