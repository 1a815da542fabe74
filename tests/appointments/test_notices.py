"""Messages about an appointment: notices of each action at once, and reminders."""

import datetime
import json

import pytest
from django.conf import settings
from django.core import mail

from appointments import actions
from core.messaging.actions.delivery import deliver_due
from tests import factories
from tests.appointments import places
from tests.appointments.places import MONDAY, SECOND, SUNDAY, TUESDAY, at

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]

ON_SUNDAY = "3 May 2026 CE (16 Dhu al-Qadah 1447 AH)"
ON_MONDAY = "4 May 2026 CE (17 Dhu al-Qadah 1447 AH)"
ON_TUESDAY = "5 May 2026 CE (18 Dhu al-Qadah 1447 AH)"
WEDNESDAY = TUESDAY + datetime.timedelta(days=1)
ON_WEDNESDAY = "6 May 2026 CE (19 Dhu al-Qadah 1447 AH)"


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


def both_ways(appointment, *sentences):
    """Return each sentence as a text and as a mail, as `told` returns them."""
    user, subject = appointment.user, f"Tawasul: your appointment {appointment.reference}"
    return (
        [(str(user.mobile), sentence) for sentence in sentences],
        [(user.email, subject, sentence) for sentence in sentences],
    )


NOTHING = ([], [])


def confirmed(appointment, when=f"{ON_TUESDAY} 10:00"):
    return f"Tawasul: appointment {appointment.reference} is confirmed: {when}, Al-Rimal."


def tomorrow(appointment, when=f"{ON_TUESDAY} 10:00"):
    return f"Tawasul: do not forget appointment {appointment.reference} tomorrow: {when}, Al-Rimal."


def soon(appointment, when=f"{ON_TUESDAY} 10:00"):
    return f"Tawasul: appointment {appointment.reference} begins in two hours: {when}, Al-Rimal."


def move(appointment, slot):
    return actions.move(actor=appointment.user, appointment=appointment, slot=slot)


def cancel(appointment):
    return actions.cancel(actor=appointment.user, appointment=appointment)


def test_confirmation_is_sent_by_text_and_mail(resident):
    appointment = places.confirmed(resident, slot=places.slot(TUESDAY))
    assert told() == both_ways(appointment, confirmed(appointment))


def test_hold_sends_nothing(resident):
    places.held(resident, slot=places.slot(TUESDAY))
    assert told() == NOTHING


def test_cancelled_hold_sends_nothing(resident):
    cancel(places.held(resident, slot=places.slot(TUESDAY)))
    assert told() == NOTHING


def test_user_without_email_gets_text_only():
    appointment = places.confirmed(slot=places.slot(TUESDAY))
    texts, _mails = both_ways(appointment, confirmed(appointment))
    assert told() == (texts, [])


def test_notice_after_midnight_names_actual_day(resident):
    evenings = places.window("21:00", "01:00")
    late = places.slot(TUESDAY, "00:30", of=evenings, belongs_to=MONDAY)
    appointment = places.confirmed(resident, slot=late)
    assert told() == both_ways(appointment, confirmed(appointment, f"{ON_TUESDAY} 00:30"))


def test_second_click_sends_nothing(resident):
    appointment = booked(resident)
    actions.confirm(actor=resident, appointment=appointment)
    assert told() == NOTHING
    cancel(appointment)
    told()
    cancel(appointment)
    assert told() == NOTHING


def test_move_sends_new_time(appointment):
    move(appointment, places.slot(WEDNESDAY))
    assert told() == both_ways(
        appointment,
        f"Tawasul: appointment {appointment.reference} has been moved to "
        f"{ON_WEDNESDAY} 10:00, Al-Rimal.",
    )


def test_cancellation_is_sent(appointment):
    cancel(appointment)
    assert told() == both_ways(
        appointment,
        f"Tawasul: appointment {appointment.reference} on {ON_TUESDAY} 10:00 has been cancelled.",
    )


# Reminders


def test_reminders_are_sent_a_day_and_two_hours_before(appointment, clock):
    for due, sentence in (
        (at(MONDAY, "10:00"), tomorrow(appointment)),
        (at(TUESDAY, "08:00"), soon(appointment)),
    ):
        clock.now = due - SECOND
        assert told() == NOTHING
        clock.now = due
        assert told() == both_ways(appointment, sentence)
        clock.now = due + SECOND
        assert told() == NOTHING


@pytest.mark.parametrize(
    ("time", "sentences"),
    [("09:00", []), ("10:59", []), ("11:00", []), ("11:01", [soon])],
)
def test_no_reminder_of_fresh_booking(resident, clock, time, sentences):
    """The appointment is booked on Sunday at nine for the same day."""
    clock.now = at(SUNDAY, "08:59") if time == "09:00" else clock.now
    appointment = booked(resident, SUNDAY, time)
    reminders = []
    while clock.now < at(SUNDAY, time):
        clock.now += datetime.timedelta(minutes=1)
        reminders += told()[0]
    expected = [sentence(appointment, f"{ON_SUNDAY} {time}") for sentence in sentences]
    assert [text for _to, text in reminders] == expected


@pytest.mark.parametrize(
    ("moment", "sentences"),
    [
        (at(MONDAY, "23:59"), [tomorrow]),
        (at(TUESDAY, "00:00"), []),
        (at(TUESDAY, "08:29"), [soon]),
        (at(TUESDAY, "08:30"), []),
    ],
)
def test_late_reminder_is_sent_while_still_true(appointment, clock, moment, sentences):
    clock.now = moment
    expected = [sentence(appointment) for sentence in sentences]
    assert [text for _to, text in told()[0]] == expected


def test_moved_appointment_reminds_only_of_new_time(appointment, clock):
    move(appointment, places.slot(WEDNESDAY))
    told()
    clock.now = at(TUESDAY, "09:59")
    assert told() == NOTHING
    clock.now = at(TUESDAY, "10:00")
    assert told() == both_ways(appointment, tomorrow(appointment, f"{ON_WEDNESDAY} 10:00"))
    clock.now = at(WEDNESDAY, "08:00")
    assert told() == both_ways(appointment, soon(appointment, f"{ON_WEDNESDAY} 10:00"))


def test_move_there_and_back_reminds_once(appointment, clock):
    first = appointment.slot
    move(appointment, places.slot(WEDNESDAY))
    move(appointment, first)
    told()
    clock.now = at(MONDAY, "10:00")
    assert told() == both_ways(appointment, tomorrow(appointment))


def test_cancelled_appointment_sends_no_reminder(appointment, clock):
    cancel(appointment)
    told()
    for moment in (at(MONDAY, "10:00"), at(TUESDAY, "08:00")):
        clock.now = moment
        assert told() == NOTHING


def test_checked_in_appointment_sends_no_reminder(resident, clock):
    appointment = booked(resident)
    clock.now = at(MONDAY, "10:00")
    told()
    clock.now = at(TUESDAY, "07:00")
    clerk = places.clerk(appointment.slot.office)
    actions.check_in(actor=clerk, appointment=appointment)
    clock.now = at(TUESDAY, "08:00")
    assert told() == NOTHING
