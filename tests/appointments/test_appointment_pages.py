"""The pages of an appointment after its time was chosen: confirmation, slip, calendar, check."""

import datetime

import pytest
import vobject
from django.test import Client
from django.utils import translation

from appointments import actions
from appointments.models import Appointment
from core.references import grouped_reference
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import DAYS, ROOT, VERIFY, own_data, page_of, verified
from tests.appointments.places import MINUTE, MONDAY, SECOND, SUNDAY, TUESDAY, at, cancel, move
from tests.appointments.sentences import EXPIRED
from tests.conftest import notices_on, picture_on, signed_in, without_tokens, words
from tests.worlds import undone

pytestmark = pytest.mark.django_db

Status = Appointment.Status
PAGES = ["", "confirm/", "cancel/", "slip/", "calendar/", "move/", "move/day/", "move/time/"]


@pytest.fixture
def resident():
    return factories.UserFactory(email="aslam@example.com")


@pytest.fixture
def held(resident, slot):
    return places.held(resident, slot=slot)


@pytest.fixture
def code(appointment):
    """Return the check code of the only slip of the appointment."""
    return appointment.slips.get().check_code


def codes_of(appointment):
    return list(appointment.slips.values_list("check_code", flat=True))


# Confirming


def test_page_of_hold_says_how_long_it_is_kept(browser, held, clock):
    for seconds, left in (
        *((0, "10 more minutes"), (1, "10 more minutes"), (179, "7 more minutes")),
        *((540, "1 more minute"), (599, "1 more minute")),
    ):
        clock.now = at(SUNDAY, "09:00") + seconds * SECOND
        page = browser.get(page_of(held))
        assert f"This time is kept for you for {left}." in words(page), seconds
    clock.now = at(SUNDAY, "09:10")
    page = browser.get(page_of(held))
    assert notices_on(page) == [EXPIRED]
    assert "Choose a time again" in words(page)
    page = browser.post(page_of(held, "confirm/"), follow=True)
    assert set(notices_on(page)) == {EXPIRED}


def test_confirmation_page_shows_reference(resident, browser, slot):
    held = places.held(resident, slot=slot, operations=2)
    page = browser.post(page_of(held, "confirm/"), follow=True)
    assert page.request["PATH_INFO"] == page_of(held)
    shown = words(page)
    number = f"Appointment number {grouped_reference(held.reference)}"
    top = f"Your appointment is confirmed {places.WHEN_MONDAY} 10:00 Al-Rimal {number}"
    assert top in shown
    assert "Number of operations 2" in shown
    until = f"Monday {places.ON_MONDAY} · 08:00"
    assert f"It can be moved until {until}, and cancelled at any time." in shown


def test_page_of_hold_says_until_when_it_can_be_moved(resident, browser, clock):
    """Before it is confirmed, and on the slip as well.

    Whoever could move it for a few more minutes alone is told that they cannot.
    """
    until = f"Sunday {places.ON_SUNDAY} · 10:00"
    never = "this time can no longer be moved. If you cannot come, you can still cancel it."
    for time, changes, is_late in (
        ("12:00", f"it can be moved until {until}, and cancelled at any time.", False),
        ("11:11", "it can be moved until", False),
        ("11:10", never, False),
        ("11:00", never, True),
    ):
        with undone():
            held = places.held(resident, slot=places.slot(SUNDAY, time))
            page = browser.get(page_of(held))
            assert f"Once confirmed, {changes}" in words(page), time
            assert (changes == never) == bool(notices_on(page)), time
            browser.post(page_of(held, "confirm/"))
            slip = words(browser.get(page_of(held, "slip/")))
            late = "It is too late to move this appointment. If you cannot come, cancel it"
            assert (late in slip) == is_late, time


def test_hold_has_no_slip_and_get_on_confirm_changes_nothing(browser, held):
    for page in ("slip/", "confirm/"):
        assert browser.get(page_of(held, page)).url == page_of(held)
    assert browser.get(page_of(held, "calendar/")).status_code == 404
    held.refresh_from_db()
    assert held.is_held
    cancel(held)
    assert browser.get(page_of(held, "calendar/")).status_code == 404
    assert "calendar" not in words(browser.get(page_of(held)))


def test_confirm_after_signing_in_again(resident, held):
    browser = Client()
    page = browser.post(page_of(held, "confirm/"), follow=True)
    person = {"login": resident.username, "password": factories.PASSWORD}
    browser.post("/en/account/sign-in/", {**person, "next": page.context["next"]})
    code = factories.code_sent_to(resident, "sign_in")
    page = browser.post("/en/account/code/", {"code": code}, follow=True)
    assert page.request["PATH_INFO"] == VERIFY
    sent = {**own_data(resident), **picture_on(page), "next": page.context["next"]}
    page = browser.post(VERIFY, sent, follow=True)
    assert page.redirect_chain == [(page_of(held, "confirm/"), 302), (page_of(held), 302)]
    assert f'action="{page_of(held, "confirm/")}"' in page.content.decode()
    browser.post(page_of(held, "confirm/"))
    held.refresh_from_db()
    assert held.is_confirmed


def test_cancelling_asks_first(browser, appointment, slot):
    page = browser.get(page_of(appointment, "cancel/"))
    assert "If you cancel, others can book this time at once." in words(page)
    assert places.taken(slot) == 1
    page = browser.post(page_of(appointment, "cancel/"), follow=True)
    assert notices_on(page) == ["The appointment has been cancelled."]
    assert places.taken(slot) == 0


def test_held_time_given_up_leads_to_other_times_for_the_same(browser, held):
    # The page that counts down leads to the same when the minutes are over.
    assert f"{DAYS}?attendee={held.attendee_id}&amp;" in browser.get(page_of(held)).content.decode()
    page = browser.post(page_of(held, "cancel/"), follow=True)
    assert page.request["PATH_INFO"] == DAYS
    assert notices_on(page) == ["You have let that time go. Choose another one."]
    criteria = page.context["criteria"]
    assert (criteria.service, criteria.operations) == (held.service, held.operations)
    assert page.context["office"] == held.slot.office
    # It was no appointment yet, and is none that is over.
    assert "Past appointments" not in words(browser.get(ROOT))


def test_who_cannot_come_cancels_also_in_the_last_two_hours(resident, browser, clock):
    appointment = places.confirmed(resident, slot=places.slot(SUNDAY, "11:05"))
    for now, again in (
        (appointment.move_until, "You can book the same service again at once."),
        (appointment.slot.start, "the same service can be booked again from tomorrow."),
    ):
        clock.now = now
        page = words(browser.get(page_of(appointment)))
        assert "It is too late to move this appointment." in page
        assert "I cannot come: cancel the appointment" in page
        assert again in words(browser.get(page_of(appointment, "cancel/")))
    page = browser.post(page_of(appointment, "cancel/"), follow=True)
    assert notices_on(page) == ["The appointment has been cancelled."]
    assert places.taken(appointment.slot) == 0
    assert browser.get(page_of(appointment, "cancel/")).url == page_of(appointment)


# The slip and the calendar entry


def test_slip_shows_reference_check_address_and_documents(browser, appointment, code):
    page = browser.get(page_of(appointment, "slip/"))
    shown = words(page)
    assert grouped_reference(appointment.reference) in shown
    assert f"To check this slip: http://testserver/en/check/{code}/" in shown
    assert f"{places.WHEN_MONDAY} 10:00 Al-Rimal" in shown
    assert "The national ID or iqama of the person who comes, or the passport" in shown
    assert b"<figure><svg" in page.content


def test_ended_appointment_has_no_slip(browser, appointment):
    for status, in_calendar in (
        *((Status.CANCELLED, 200), (Status.SERVED, 404), (Status.NO_SHOW, 404)),
    ):
        Appointment.objects.filter(pk=appointment.pk).update(status=status)
        assert browser.get(page_of(appointment, "slip/")).url == page_of(appointment), status
        entry = browser.get(page_of(appointment, "calendar/"))
        assert entry.status_code == in_calendar, status


def calendar_of(browser, appointment):
    """Return the calendar file, read by another library than the one that wrote it."""
    response = browser.get(page_of(appointment, "calendar/"))
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    name = f'attachment; filename="{appointment.reference}.ics"'
    assert response["Content-Disposition"] == name
    return vobject.readOne(response.content.decode())


def event_of(browser, appointment):
    return calendar_of(browser, appointment).vevent


def test_calendar_entry_has_times_in_utc_and_language_of_page(browser, appointment):
    event = event_of(browser, appointment)
    start = datetime.datetime(2026, 5, 4, 7, tzinfo=datetime.UTC)
    assert event.dtstart.value == start
    assert event.dtstart.value.utcoffset() == datetime.timedelta(0)
    assert event.dtend.value == start + 15 * MINUTE
    assert event.uid.value == f"{appointment.reference}@tawasul"
    assert event.summary.value == "Services for residents · Al-Rimal"
    assert event.location.value == "Al-Rimal, Riyadh"
    number = grouped_reference(appointment.reference)
    when = f"Monday {places.ON_MONDAY} · 10:00"
    assert event.description.value == f"{when}\nAppointment number {number}"
    assert event.url.value == f"http://testserver{page_of(appointment)}"
    path = page_of(appointment, "calendar/").replace("/en/", "/ar/")
    event = vobject.readOne(browser.get(path).content.decode()).vevent
    when = "الاثنين 17 ذو القعدة 1447 هـ (4 مايو 2026 م) · 10:00"
    number = number.replace("-", "\u00a0")
    assert event.description.value == f"{when}\nرقم الموعد {number}"


def test_calendar_entry_after_midnight_has_next_day(resident, browser):
    late = places.slot(TUESDAY, "00:30", of=places.window("21:00", "01:00"), belongs_to=MONDAY)
    event = event_of(browser, places.confirmed(resident, slot=late))
    expected = datetime.datetime(2026, 5, 4, 21, 30, tzinfo=datetime.UTC)
    assert event.dtstart.value == expected


def test_calendar_reminds_a_day_and_two_hours_before(browser, appointment):
    alarms = event_of(browser, appointment).valarm_list
    said = [(each.action.value, each.trigger.value, each.description.value) for each in alarms]
    words_said = "Services for residents · Al-Rimal"
    hours = (24, 2)
    assert said == [("DISPLAY", datetime.timedelta(hours=-each), words_said) for each in hours]


def test_calendar_entry_follows_moving_and_cancelling(browser, appointment, clock):
    """A file that is made later replaces the entry of the one before, and at last removes it."""
    remove = "Remove it from your calendar"
    assert remove not in words(browser.get(page_of(appointment)))
    files = [calendar_of(browser, appointment)]
    clock.now += MINUTE
    move(appointment, places.slot(TUESDAY))
    changed = [clock.now]
    clock.now += MINUTE
    files.append(calendar_of(browser, appointment))
    cancel(appointment)
    changed.append(clock.now)
    page = browser.get(page_of(appointment))
    assert remove in words(page)
    assert f'href="{page_of(appointment, "calendar/")}"' in page.content.decode()
    clock.now += MINUTE
    files.append(calendar_of(browser, appointment))
    events = [each.vevent for each in files]
    methods = [(each.method.value, each.vevent.status.value) for each in files]
    assert methods == [*[("PUBLISH", "CONFIRMED")] * 2, ("CANCEL", "CANCELLED")]
    assert {each.uid.value for each in events} == {f"{appointment.reference}@tawasul"}
    assert {each.organizer.value for each in events} == {"mailto:tawasul@example.org"}
    assert sorted({int(each.sequence.value) for each in events}) == [
        int(each.sequence.value) for each in events
    ]
    assert [each.last_modified.value for each in events[1:]] == changed
    assert events[2].dtstamp.value == clock.now
    days = [each.dtstart.value.date() for each in events]
    assert days == [MONDAY, TUESDAY, TUESDAY]
    assert "valarm" not in events[2].contents


def test_displaced_appointment_leaves_calendar_until_it_has_a_time(browser, appointment):
    places.displace_alone(appointment)
    assert "Remove it from your calendar" in words(browser.get(page_of(appointment)))
    assert calendar_of(browser, appointment).method.value == "CANCEL"
    move(appointment, places.slot(TUESDAY))
    assert calendar_of(browser, appointment).method.value == "PUBLISH"


# Checking a slip

ANSWERS = {
    "valid": "Yes: the appointment is valid.",
    "moved": "No: the appointment has been moved to another time, and there is a newer slip.",
    "cancelled": "No: the appointment has been cancelled.",
    "passed": "No: the time of this appointment is over.",
}


def checked(code):
    """Return the page that opens when a slip is scanned without a session."""
    return Client().get(f"/en/check/{code}/")


def test_slip_is_valid_until_its_slot_ends(slot, code, clock):
    for moment, answer in (
        *((slot.start, "valid"), (slot.end - SECOND, "valid")),
        *((slot.end, "passed"), (slot.end + SECOND, "passed")),
    ):
        clock.now = moment
        assert notices_on(checked(code)) == [ANSWERS[answer]]


def test_old_slip_says_moved_until_both_are_cancelled(appointment):
    move(appointment, places.slot(TUESDAY))
    old, new = codes_of(appointment)
    assert notices_on(checked(old)) == [ANSWERS["moved"]]
    assert f"Date and time {places.WHEN_MONDAY} 10:00" in words(checked(old))
    assert notices_on(checked(new)) == [ANSWERS["valid"]]
    assert f"Date and time {places.WHEN_TUESDAY} 10:00" in words(checked(new))
    cancel(appointment)
    for code in (old, new):
        assert notices_on(checked(code)) == [ANSWERS["cancelled"]]


def test_slip_follows_status_at_desk(appointment, code):
    for status, answer in (
        *((Status.CHECKED_IN, "valid"), (Status.SERVED, "passed"), (Status.NO_SHOW, "passed")),
    ):
        Appointment.objects.filter(pk=appointment.pk).update(status=status)
        assert notices_on(checked(code)) == [ANSWERS[answer]], status


def test_check_page_shows_no_personal_data(resident, appointment, code):
    page = checked(code).content.decode()
    with translation.override("ar"):
        names = [resident.identity.name]
    names += [resident.identity.name, resident.username, str(resident.mobile), resident.email]
    private = [*names, resident.identity.current_number, appointment.reference]
    private += [grouped_reference(appointment.reference), appointment.service.name]
    assert [word for word in private if word in page] == []


def test_unknown_check_code_is_not_found(appointment):
    for code in ("2" * 16, "abc", "0", "A" * 16, "a" * 3000, "-", "_"):
        assert checked(code).status_code == 404, code[:20]


# Appointments of other people


def test_foreign_and_missing_appointment_answer_alike(appointment):
    stranger = verified(factories.UserFactory())
    for page in PAGES:
        for ask in (stranger.get, stranger.post):
            answers = []
            for reference in (appointment.reference, "800000000006"):
                response = ask(f"{ROOT}{reference}/{page}")
                assert response.status_code in (404, 405), page
                answers.append(without_tokens(response).replace(reference.encode(), b""))
            assert answers[0] == answers[1], page
    appointment.refresh_from_db()
    assert appointment.is_confirmed


def test_attendee_can_view_but_not_change_once_confirmed(slot):
    worker, employer = factories.UserFactory(), factories.UserFactory()
    factories.link(employer.identity, worker.identity)
    held = places.held(employer, slot=slot, attendee=worker.identity)
    browser = verified(worker)
    assert browser.get(page_of(held)).status_code == 404
    with undone():
        cancel(held)
        assert browser.get(page_of(held)).status_code == 404
        assert verified(employer).get(page_of(held)).status_code == 200
    actions.confirm(actor=employer, appointment=held)
    for page in ("", "slip/", "calendar/"):
        assert browser.get(page_of(held, page)).status_code == 200
    assert "Cancel the appointment" not in words(browser.get(page_of(held)))
    for page in ("confirm/", "cancel/", "move/time/"):
        answer = browser.post(page_of(held, page), follow=True)
        assert answer.redirect_chain == [(page_of(held), 302)], page
        assert f"Only {employer.identity.name} can do this." in words(answer), page
    assert places.status_of(held) == "confirmed"


def test_page_asks_to_verify_data_first(resident, appointment):
    response = signed_in(resident).get(page_of(appointment))
    assert response.url == f"{ROOT}verify/?next=%2Fen%2Fappointments%2F{appointment.reference}%2F"


# The list


def test_list_shows_upcoming_by_time_and_past_below(resident, browser, clock):
    def booked(day, time, name):
        service = factories.ServiceFactory(name_en=name)
        return places.confirmed(resident, slot=places.slot(day, time), service=service)

    booked(TUESDAY, "10:00", "Later")
    booked(SUNDAY, "09:15", "Over")
    cancel(booked(MONDAY, "12:00", "Gone"))
    booked(MONDAY, "10:00", "Sooner")
    places.confirmed(slot=places.slot(MONDAY, "11:00"))
    clock.now = at(SUNDAY, "09:30")
    page = browser.get(ROOT)
    names = ("Sooner", "Later", "Past appointments", "Gone", "Over")
    shown = words(page)
    assert sorted(names, key=shown.index) == list(names)
    assert shown.count("Mohammed Aslam Khan ·") == 0
    assert len(page.context["upcoming"]) == 2
    assert f"Monday {places.ON_MONDAY} · 10:00 · Al-Rimal · Mohammed Aslam Khan" in shown


def test_an_empty_list_says_so(browser):
    assert "You have no upcoming appointments." in words(browser.get(ROOT))


def test_invalid_page_number_shows_list(browser, appointment):
    for page in ("0", "-1", "99", "x", str(10**30)):
        assert browser.get(ROOT, {"page": page}).status_code == 200, page
