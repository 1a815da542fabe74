"""Messages about an appointment: notices of each action at once, and reminders."""

import datetime
import json

import pytest
from django.conf import settings
from django.core import mail

from appointments import actions
from core.messaging.models import Message
from core.references import grouped_reference
from tests import factories
from tests.appointments import places
from tests.appointments.places import ON_TUESDAY, ON_WEDNESDAY, SECOND, TUESDAY, at, cancel, move
from tests.delivery import deliver_due
from tests.worlds import undone

pytestmark = pytest.mark.django_db

NOTHING = ([], [])


@pytest.fixture(autouse=True)
def _mail_server(settings):
    settings.MAIL_GATEWAY = "core.messaging.gateways.Mail"


@pytest.fixture
def resident():
    return factories.UserFactory(email="aslam@example.com")


@pytest.fixture
def appointment(resident):
    """Return an appointment on Tuesday at ten, booked on Sunday at nine and notified."""
    return booked(resident)


def booked(user, day=TUESDAY, time="10:00"):
    appointment = places.confirmed(user, slot=places.slot(day, time))
    told()
    return appointment


def told():
    """Deliver due messages; return the texts and the mails sent since the last call."""
    actions.remind_of_appointments()
    while deliver_due():
        pass
    phone = settings.DEMO_PHONE_FILE
    texts = []
    if phone.exists():
        texts = [json.loads(line) for line in phone.read_text().splitlines()]
        phone.unlink()
    mails = [(each.to[0], each.subject, each.body.strip()) for each in mail.outbox]
    mail.outbox.clear()
    return [(text["recipient"], text["text"]) for text in texts], mails


def texts_told():
    return [text for _to, text in told()[0]]


def both_ways(appointment, *sentences):
    """Return each sentence as a text and as a mail, as `told` returns them."""
    number = grouped_reference(appointment.reference)
    user, subject = appointment.user, f"Tawasul: your appointment {number}"
    return (
        [(str(user.mobile), sentence) for sentence in sentences],
        [(user.email, subject, sentence) for sentence in sentences],
    )


WHAT = "Services for residents"


def confirmed(appointment, when=f"Tuesday {ON_TUESDAY} 10:00"):
    return f"Tawasul: {places.whose(appointment)} is confirmed: {WHAT}, {when}, Al-Rimal."


def tomorrow(appointment, when=f"Tuesday {ON_TUESDAY} 10:00"):
    return f"Tawasul: reminder of {places.whose(appointment)}: {WHAT}, {when}, Al-Rimal."


def soon(appointment, when=f"Tuesday {ON_TUESDAY} 10:00"):
    hour, minute = map(int, when[-5:].split(":"))
    return (
        f"Tawasul: reminder of {places.whose(appointment)}: {WHAT}, {when}, Al-Rimal. "
        f"You can still move it to another time until {hour - 2:02}:{minute:02}."
    )


def test_confirmation_is_sent_by_text_and_mail(resident):
    appointment = places.confirmed(resident, slot=places.slot(TUESDAY))
    assert told() == both_ways(appointment, confirmed(appointment))
    of_another = places.confirmed(slot=appointment.slot)  # this user has no email address
    assert told() == (both_ways(of_another, confirmed(of_another))[0], [])


def test_hold_sends_nothing(resident):
    held = places.held(resident, slot=places.slot(TUESDAY))
    assert told() == NOTHING
    cancel(held)
    assert told() == NOTHING


def test_notice_after_midnight_names_actual_day(resident):
    evenings = places.window("21:00", "01:00")
    late = places.slot(TUESDAY, "00:30", of=evenings, belongs_to=places.MONDAY)
    appointment = places.confirmed(resident, slot=late)
    night = f"the night from Monday to Tuesday {ON_TUESDAY} 00:30"
    assert told() == both_ways(appointment, confirmed(appointment, night))


def test_move_sends_new_time(appointment):
    move(appointment, places.slot(places.WEDNESDAY))
    assert told() == both_ways(
        appointment,
        f"Tawasul: {places.whose(appointment)} has been moved. It is now: {WHAT}, "
        f"Wednesday {ON_WEDNESDAY} 10:00, Al-Rimal.",
    )


def test_cancellation_is_sent_once_and_no_reminder_after_it(appointment, clock):
    actions.confirm(actor=appointment.user, appointment=appointment)  # a second click
    assert told() == NOTHING
    cancel(appointment)
    assert told() == both_ways(
        appointment,
        f"Tawasul: {places.whose(appointment)} has been cancelled: {WHAT}, "
        f"Tuesday {ON_TUESDAY} 10:00, Al-Rimal.",
    )
    cancel(appointment)
    for moment in (clock.now, at(places.MONDAY, "10:00"), at(TUESDAY, "08:00")):
        clock.now = moment
        assert told() == NOTHING


def test_reminders_are_sent_a_day_before_and_while_it_can_be_moved(appointment, clock):
    for due, sentence in (
        (at(places.MONDAY, "10:00"), tomorrow(appointment)),
        (at(places.MONDAY, "21:00"), soon(appointment)),
    ):
        clock.now = due - SECOND
        assert told() == NOTHING
        clock.now = due
        assert told() == both_ways(appointment, sentence)
        clock.now = due + SECOND
        assert told() == NOTHING


def test_second_reminder_leaves_an_hour_before_the_last_change_and_wakes_nobody(resident, clock):
    ramadan, eve = datetime.date(2027, 2, 10), datetime.date(2027, 2, 9)
    evenings = places.window("20:00", "02:00")
    for day, time, reminded in (
        (TUESDAY, "10:59", at(places.MONDAY, "21:00")),
        (TUESDAY, "11:00", at(TUESDAY, "08:00")),
        (TUESDAY, "14:30", at(TUESDAY, "11:30")),
        # In the hours of Ramadan, from 10:00 to 01:00
        (ramadan, "12:59", at(ramadan, "00:00")),
        (ramadan, "13:00", at(ramadan, "10:00")),
        (ramadan, "03:30", at(ramadan, "00:30")),
    ):
        with undone():
            clock.now = at(places.MONDAY if day == TUESDAY else eve, "09:00")
            places.confirmed(resident, slot=places.slot(day, time, of=evenings))
            second = Message.objects.filter(channel="sms", text__contains="still move it")
            for clock.now in (reminded - SECOND, reminded):
                assert not second.exists(), time
                actions.remind_of_appointments()
            assert second.get().not_after == at(day, time) - 2 * places.HOUR


def test_reminder_names_the_day_of_the_last_change_where_it_is_another(resident, clock):
    evenings = places.window("20:00", "02:00")
    late = places.slot(TUESDAY, "00:30", of=evenings, belongs_to=places.MONDAY)
    places.confirmed(resident, slot=late)
    clock.now = at(places.MONDAY, "21:30")
    assert texts_told()[-1].endswith("until 22:30 on Monday.")


def test_no_reminder_of_fresh_booking(resident, clock):
    """The appointment is booked on Sunday at nine for the same day."""
    for booked_at, time, sentences in (
        *(("08:59", "09:00", []), ("09:00", "11:59", []), ("09:00", "12:00", [])),
        ("09:00", "12:01", [soon]),
    ):
        with undone():
            clock.now = at(places.SUNDAY, booked_at)
            appointment = booked(resident, places.SUNDAY, time)
            reminders = []
            while clock.now < at(places.SUNDAY, time):
                clock.now += places.MINUTE
                reminders += texts_told()
            expected = [
                sentence(appointment, f"Sunday {places.ON_SUNDAY} {time}") for sentence in sentences
            ]
            assert reminders == expected, time


def test_late_reminder_is_sent_while_still_true(appointment, clock):
    for moment, sentences in (
        (at(places.MONDAY, "20:59"), [tomorrow]),
        (at(places.MONDAY, "23:59"), [soon]),
        (at(TUESDAY, "00:00"), [soon]),
        (at(TUESDAY, "07:59"), [soon]),
        (at(TUESDAY, "08:00"), []),
    ):
        with undone():
            clock.now = moment
            expected = [sentence(appointment) for sentence in sentences]
            assert texts_told() == expected, moment


def test_moved_appointment_reminds_only_of_new_time(appointment, clock):
    move(appointment, places.slot(places.WEDNESDAY))
    told()
    clock.now = at(TUESDAY, "09:59")
    assert told() == NOTHING
    clock.now = at(TUESDAY, "10:00")
    assert told() == both_ways(
        appointment, tomorrow(appointment, f"Wednesday {ON_WEDNESDAY} 10:00")
    )
    clock.now = at(TUESDAY, "21:00")
    assert told() == both_ways(appointment, soon(appointment, f"Wednesday {ON_WEDNESDAY} 10:00"))


def test_move_to_an_earlier_day_reminds_the_day_before_that(appointment, clock):
    move(appointment, places.slot(places.MONDAY, "11:00"))
    told()
    clock.now = at(places.SUNDAY, "11:00")
    assert told() == both_ways(
        appointment, tomorrow(appointment, f"Monday {places.ON_MONDAY} 11:00")
    )


@pytest.mark.both_engines
def test_move_there_and_back_reminds_once(appointment, clock):
    first = appointment.slot
    move(appointment, places.slot(places.WEDNESDAY))
    move(appointment, first)
    told()
    clock.now = at(places.MONDAY, "10:00")
    assert told() == both_ways(appointment, tomorrow(appointment))


def test_checked_in_appointment_sends_no_reminder(appointment, clock):
    clock.now = at(places.MONDAY, "10:00")
    told()
    clock.now = at(TUESDAY, "07:00")
    clerk = places.clerk(appointment.slot.office)
    actions.check_in(actor=clerk, appointment=appointment, is_early=True)
    clock.now = at(TUESDAY, "08:00")
    assert told() == NOTHING
