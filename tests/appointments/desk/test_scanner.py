"""The scanner field of the desk, which checks in the appointment it finds at once."""

import re

import pytest
from django.test import Client

from appointments.models import Appointment, Slip
from core.references import grouped_reference
from tests import factories
from tests.appointments import places
from tests.appointments.desk.pages import CALLS, HERE, LIST, TODAY, WALK_IN, arabic, shown
from tests.appointments.places import (
    MONDAY,
    ON_MONDAY,
    ON_SUNDAY,
    SUNDAY,
    TUESDAY,
    at,
    event_types,
    status_of,
)
from tests.appointments.sentences import other_day, wrong_status
from tests.conftest import notices_on, signed_in_staff, without_tokens, words
from tests.test_hostile import LONG
from tests.test_hostile_forms import VALUES as HOSTILE
from tests.test_hostile_forms import assert_harmless
from tests.worlds import undone

pytestmark = pytest.mark.django_db

Status = Appointment.Status
NOTHING = (
    "No appointment at this office is found by this. Scan the slip again, or type the appointment "
    "number or the ID number."
)
MOVED = (
    "This slip is old: the appointment has been moved to another time. Ask for the newer slip, or "
    "look for the appointment by the ID number."
)
CLOSED_THEN = (
    f"The office was closed at the time of this appointment, Sunday {ON_SUNDAY} · 10:00, and no "
    "other time has been chosen for it yet."
)
ARABIC_KEYS = "ضصثقفغعهخحشسيبلاتنمئءؤرىةظ"
ALREADY = "This person is checked in already."


def scan(browser, typed, **fields):
    return browser.post(HERE, {"typed": typed, **fields})


def told(page):
    """Return the error of the scan; check that the field has the focus and refers to it."""
    assert page.status_code == 200
    assert re.search(r"<input[^>]* autofocus[^>]*aria-describedby=\"wrong\"", page.content.decode())
    return words(re.search(r'(?s)<p class="invalid-feedback".*?</p>', page.content.decode())[0])


def is_received(response, appointment):
    """Check the notice and the empty field with the focus; return whether it is checked in."""
    assert (response.status_code, response.url) == (302, HERE)
    page = response.client.get(HERE)
    number = grouped_reference(appointment.reference)
    time = appointment.slot.start.astimezone(at(SUNDAY, "10:00").tzinfo)
    assert notices_on(page) == [f"The person is checked in: {number} at {time:%H:%M}."]
    assert re.search(r'<input [^>]*name="typed" value="" [^>]*autofocus', str(page.content))
    return status_of(appointment) == Status.CHECKED_IN


def test_scan_checks_in_at_once(browser, slot, appointment):
    places.confirmed(slot=slot)
    reference, number = appointment.reference, appointment.attendee.current_number
    code, grouped = appointment.slips.get().check_code, grouped_reference(reference)
    for typed in (
        *(reference, grouped, f" {grouped} ", arabic(reference), number, arabic(number)),
        *(code, f"{code}\r\n", f"https://tawasul.example/ar/check/{code}/"),
        f"HTTPS://TAWASUL.EXAMPLE/EN/CHECK/{code}",
    ):
        with undone():
            answer = scan(browser, typed)
            assert answer.url == HERE  # the address does not hold what was scanned
            assert is_received(answer, appointment), typed
            assert event_types(appointment) == ["held", "confirmed", "checked_in"], typed
    assert browser.get(HERE, {"typed": appointment.reference}).context["typed"] == ""


def test_old_slip_says_moved(browser, slot):
    appointment = places.confirmed(slot=places.slot(SUNDAY, "12:00", of=slot.window))
    old = appointment.slips.get().check_code
    places.move(appointment, slot)
    page = scan(browser, old)
    appointment.refresh_from_db()
    now = f"Sunday {ON_SUNDAY} · 10:00, {slot.office.name}"
    assert (told(page), page.context["typed"]) == (
        f"This slip is old: appointment {grouped_reference(appointment.reference)} has been moved "
        f"to {now}.",
        old,
    )
    new = appointment.slips.last().check_code
    appointment.refresh_from_db()
    assert is_received(scan(browser, new), appointment)


def test_old_slip_says_moved_when_now_at_another_office(browser, slot, elsewhere):
    appointment = places.confirmed(slot=places.slot(TUESDAY, of=slot.window))
    old, there = appointment.slips.get().check_code, places.slot(MONDAY, of=elsewhere)
    places.move(appointment, there)
    assert told(scan(browser, old)) == MOVED
    assert told(scan(browser, appointment.slips.last().check_code)) == NOTHING
    assert told(scan(browser, appointment.reference)) == NOTHING


def test_scan_on_another_day_is_refused(browser, slot):
    tomorrow = places.confirmed(slot=places.slot(MONDAY, of=slot.window))
    code, number = tomorrow.slips.get().check_code, tomorrow.attendee.current_number
    for typed in (code, number, tomorrow.reference):
        assert told(scan(browser, typed)) == other_day(f"Monday {ON_MONDAY} · 10:00")
    assert status_of(tomorrow) == Status.CONFIRMED


def test_second_scan_is_refused(browser, appointment):
    scan(browser, appointment.reference)
    assert told(scan(browser, appointment.reference)) == ALREADY
    assert event_types(appointment) == ["held", "confirmed", "checked_in"]


def test_scan_in_wrong_status_is_refused(browser, slot):
    for status, told_so in (
        ("served", wrong_status("Served")),
        ("cancelled", f"This appointment, for Sunday {ON_SUNDAY} · 10:00, has been cancelled."),
        ("displaced", CLOSED_THEN),
    ):
        gone = places.in_status(status, slot=slot)
        assert told(scan(browser, gone.reference)) == told_so
        assert status_of(gone) == status


def test_scan_with_several_appointments_lists_them(browser, slot, appointment):
    later = places.slot(SUNDAY, "11:00", of=slot.window)
    other = places.confirmed(appointment.user, slot=later)
    first, second = (grouped_reference(each.reference) for each in (appointment, other))
    assert told(scan(browser, appointment.attendee.current_number)) == (
        "This person has several appointments today. Check in the right one in the list: "
        f"10:00 {first} · 11:00 {second}"
    )
    assert is_received(scan(browser, other.reference), other)
    assert status_of(appointment) == Status.CONFIRMED


def test_scan_finds_appointment_of_today_among_others(browser, slot, appointment):
    places.confirmed(appointment.user, slot=places.slot(MONDAY, of=slot.window))
    places.cancel(places.confirmed(appointment.user, slot=places.slot(SUNDAY, "14:00")))
    assert is_received(scan(browser, appointment.attendee.current_number), appointment)


def test_scan_of_another_office_of_the_clerk_names_it(clerk, browser, elsewhere):
    other = places.confirmed(slot=places.slot(SUNDAY, of=elsewhere))
    clerk.offices.add(elsewhere.office)
    for typed in (other.reference, other.slips.get().check_code):
        assert told(scan(browser, typed)) == (
            f"This appointment is at another of your offices: {elsewhere.office.name}, "
            f"Sunday {ON_SUNDAY} · 10:00."
        )
    assert status_of(other) == Status.CONFIRMED


def test_slip_scanned_through_the_arabic_layout_is_found(browser, appointment):
    keys = dict(zip("qwertyuiopasdfghjklzxcvnm/", ARABIC_KEYS, strict=True)) | {"b": "لا"}
    slip = appointment.slips.get()
    for code in ("bgh2bghb9qwertgh", "abcdefghjkmnpqrs", "tuvwxyz23456789b"):
        Slip.objects.filter(pk=slip.pk).update(check_code=code)
        for scanned in (code, f"https://tawasul.example/ar/check/{code}/"):
            typed = "".join(keys.get(char, char) for char in scanned)
            with undone():
                assert is_received(scan(browser, typed), appointment), typed
    found = words(browser.get(LIST, {"q": typed}))
    assert grouped_reference(appointment.reference) in found


def test_scan_hours_early_asks_first(browser, slot):
    late = places.confirmed(slot=places.slot(SUNDAY, "11:30", of=slot.window))
    code = late.slips.get().check_code
    page = scan(browser, code)
    assert told(page) == "This appointment begins only at 11:30. Check the person in all the same?"
    # Another scan of the same slip presses the first button, and asks again.
    form = re.search(r'(?s)<form class="scan".*?</form>', page.content.decode())[0]
    assert form.index("<button") < form.index('<button class="button" name="early"')
    assert told(scan(browser, code + code, kept=code)) == told(page)
    assert is_received(scan(browser, code, kept=code, early="1"), late)


def test_scan_of_foreign_and_unknown_answer_alike(clerk, browser, appointment, elsewhere):
    other = places.confirmed(slot=places.slot(SUNDAY, of=elsewhere))
    nothing = {"8" * 12: "0" * 12, "z" * 16: "y" * 16, "2" + "9" * 9: "2" + "8" * 9}
    code, number = other.slips.get().check_code, other.attendee.current_number
    for typed, unknown in zip((other.reference, code, number), nothing.values(), strict=True):
        page, as_nothing = scan(browser, typed), scan(browser, unknown)
        assert told(page) == NOTHING
        same = without_tokens(page).replace(typed.encode(), unknown.encode())
        assert same == without_tokens(as_nothing)
    assert status_of(other) == Status.CONFIRMED


def test_clerks_do_not_scan_themselves(slot):
    clerk = places.clerk(slot.office, identity=factories.IdentityFactory())
    own = places.confirmed(clerk, slot=slot)
    browser = signed_in_staff(clerk)
    for typed in (own.reference, own.slips.get().check_code, own.attendee.current_number):
        assert told(scan(browser, typed)) == NOTHING
    assert (shown(browser), status_of(own)) == ([], Status.CONFIRMED)


def test_scan_beside_kept_text_is_understood(browser, slot, appointment):
    """The clerk has not emptied the field; the scanner types where the cursor stands."""
    other = places.confirmed(slot=places.slot(MONDAY, of=slot.window))
    codes = [each.slips.get().check_code for each in (other, appointment)]
    for address in ("{}", "https://tawasul.example/en/check/{}/"):
        wrong, right = map(address.format, codes)
        kept = scan(browser, wrong).context["typed"]
        assert kept == wrong
        for typed in (kept + right, right + kept):
            with undone():
                assert is_received(scan(browser, typed, kept=kept), appointment), typed


def test_number_kept_after_error_can_be_completed(browser, appointment):
    kept, rest = appointment.reference[:-1], appointment.reference[-1]
    assert told(scan(browser, kept)) == NOTHING
    assert is_received(scan(browser, kept + rest, kept=kept), appointment)


def test_long_text_is_kept_whole_beside_the_scan(browser, appointment):
    kept = scan(browser, "x" * 2000).context["typed"]
    assert kept == "x" * 2000
    code = appointment.slips.get().check_code
    assert is_received(scan(browser, kept + code, kept=kept), appointment)


def test_hostile_scan_changes_nothing(browser, appointment, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None  # the test is about each value, not the total size
    assert told(browser.post(HERE)) == NOTHING
    for field in ("typed", "kept"):
        for value in [*HOSTILE, "😀", "z" * 16, "/" * 999, "2" * 400, "٣", "²"]:
            page = scan(browser, **{"typed": "x", field: value})
            assert told(page) == NOTHING, (field, value[:20])
            assert_harmless(page)
    assert event_types(appointment) == ["held", "confirmed"]


def test_hostile_query_is_answered(browser, appointment):
    for page in (TODAY, CALLS, WALK_IN):
        for name in ("office", "show", "page"):
            for value in set(HOSTILE) - {LONG}:
                answer = browser.get(page, {name: value})
                expected = (404, 400) if name == "office" and value else (200, 400)
                assert answer.status_code in expected, (page, name, value[:20])
                assert b"<script>alert" not in answer.content


def test_post_without_csrf_token_is_refused(clerk, appointment):
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = signed_in_staff(clerk).cookies
    for page in (TODAY, WALK_IN):
        assert browser.post(page, {"typed": appointment.reference}).status_code == 403
    assert status_of(appointment) == Status.CONFIRMED
