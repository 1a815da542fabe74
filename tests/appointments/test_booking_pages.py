"""The pages of booking, step by step, with valid and invalid values in the address."""

import re

import pytest

from appointments.forms import TimeForm
from appointments.models import Appointment, Slot
from core.catalogue.models import Service
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import (
    DAYS,
    NEW,
    OFFICES,
    TIMES,
    address,
    criteria_of,
    key_on,
    page_of,
    take,
    verified,
)
from tests.appointments.places import (
    MINUTE,
    MONDAY,
    ON_MONDAY,
    ON_TUESDAY,
    SHORT_MONDAY,
    SHORT_TUESDAY,
    SUNDAY,
    TUESDAY,
    at,
)
from tests.appointments.sentences import (
    CLOSED,
    NO_APPOINTMENTS,
    NOT_FOR_PERSON,
    NOT_HERE,
    NOT_LINKED,
    OPERATIONS,
    PAST,
    TAKEN,
)
from tests.conftest import errors_on, notices_on, words
from tests.worlds import undone

pytestmark = pytest.mark.django_db

NO_REGION = "There is no such region. Choose one from the list."
NO_NUMBER = "Enter the number of operations in digits, for example 2."
NO_OPERATIONS = "Enter how many operations you need."
NEAREST = (
    f"The nearest free time on another day is Tuesday {ON_TUESDAY} · 10:00. "
    "Show the times of that day"
)
HUGE = str(10**30)
STEPS = (OFFICES, DAYS, TIMES)


@pytest.fixture
def monday(criteria, slot):
    """Return the address of the times of Monday."""
    return address(TIMES, criteria, office="al-rimal", day=MONDAY)


@pytest.fixture
def linked(resident):
    """Return a person who is linked to the resident, so that the page asks who comes."""
    return factories.link(resident.identity, factories.IdentityFactory()).person


def links_on(page, step):
    """Return the addresses on the page that lead to `step`."""
    links = re.findall(rf'href="({step}[^"]*)"', page.content.decode())
    return [link.replace("&amp;", "&") for link in links]


# The criteria


def test_booking_from_criteria_to_hold(resident, browser, criteria, service, slot):
    page = browser.get(NEW, criteria, follow=True)
    assert page.redirect_chain == [(address(OFFICES, criteria), 302)]
    assert f"nearest free time: Monday {ON_MONDAY} · 10:00" in words(page)
    page = browser.get(links_on(page, DAYS)[0])
    assert f"{SHORT_MONDAY} · from 10:00 free" in words(page)
    step = links_on(page, TIMES)[0]
    assert step == address(TIMES, criteria, office="al-rimal", day=MONDAY)
    response = take(browser, step, slot)
    held = Appointment.objects.get()
    assert response.url == page_of(held)
    assert (held.user, held.attendee, held.service) == (resident, resident.identity, service)
    assert (held.slot, held.operations, held.is_held) == (slot, 1, True)


def test_invalid_number_of_operations_is_refused(browser, criteria):
    for values, error in (
        (("0", "-1", "6", "1000000000", "٦"), OPERATIONS),
        (("1.5", "1e9", "10000000000", "two", "²", "--1", "1 2"), NO_NUMBER),
        (("", " \u200f"), NO_OPERATIONS),
    ):
        for typed in values:
            page = browser.get(NEW, {**criteria, "operations": typed})
            assert errors_on(page) == [error], typed
            assert page.context["form"]["operations"].value() == typed


def test_first_form_leads_to_the_offices_and_back_with_what_is_wrong(browser, criteria, slot):
    (to,) = re.findall(r'<form method="get" action="([^"]*)"', browser.get(NEW).content.decode())
    offices = browser.get(to, criteria)
    assert offices.status_code == 200
    assert slot.office.name in words(offices)
    wrong = browser.get(to, {**criteria, "operations": "0"}, follow=True)
    assert wrong.redirect_chain[0][0].startswith(NEW)
    assert errors_on(wrong)
    assert 'value="0"' in wrong.content.decode()


def test_operations_accept_digits_of_any_script(browser, criteria, slot):
    for typed, number in (
        *(("2", 2), ("٢", 2), ("۲", 2), (" 2 ", 2), ("\u200f2", 2)),
        (["5", "3"], 3),  # the last of repeated values counts
    ):
        step = address(TIMES, {**criteria, "operations": typed}, office="al-rimal", day=MONDAY)
        with undone():
            take(browser, step, slot)
            assert Appointment.objects.get().operations == places.taken(slot) == number, typed


def test_incomplete_criteria_lead_back_to_first_step(browser, criteria, linked):
    errors = {
        "attendee": "Choose who comes to the office.",
        "service": "Choose a service.",
        "operations": NO_OPERATIONS,
    }
    for step in STEPS:
        for missing, error in errors.items():
            rest = {name: value for name, value in criteria.items() if name != missing}
            page = browser.get(step, rest, follow=True)
            assert page.redirect_chain == [(address(NEW, rest), 302)], (step, missing)
            assert errors_on(page) == [error], (step, missing)
        page = browser.get(step, follow=True)
        assert page.redirect_chain == [(f"{NEW}?", 302)], step
        assert errors_on(page) == [], step


def test_step_without_an_earlier_choice_leads_back_to_it(browser, criteria, slot):
    assert browser.get(DAYS, criteria).url == address(OFFICES, criteria)
    assert browser.get(TIMES, {**criteria, "day": MONDAY}).url == address(OFFICES, criteria)
    chosen = {**criteria, "office": "al-rimal"}
    assert browser.get(TIMES, chosen).url == address(DAYS, chosen)


# Invalid values in the address


def test_unknown_or_inactive_office_leads_back_to_offices(browser, criteria, slot):
    places.office("closed", "Closed", is_active=False)
    unknown = ("nowhere", "", HUGE, "' OR 1=1 --", "a" * 5000, "<b>", "-1")
    for step in (DAYS, TIMES):
        for value in (*unknown, "closed"):
            asked = {**criteria, "office": value, "day": MONDAY}
            assert browser.get(step, asked).url == address(OFFICES, criteria), value[:20]


def test_invalid_day_leads_back(browser, criteria, slot):
    for value in ("2026-02-30", "9999-99-99", "today", HUGE, "2026-5", "-1", ""):
        response = browser.get(TIMES, {**criteria, "office": "al-rimal", "day": value})
        assert response.status_code == 302, value
        assert response.url.startswith((OFFICES, DAYS)), value


def test_a_day_without_free_times_says_so(browser, criteria, slot):
    for value in ("0001-01-01", "9999-12-31", "2026-05-03", "2026-06-03"):
        page = browser.get(TIMES, {**criteria, "office": "al-rimal", "day": value})
        assert page.status_code == 200, value
        assert "Nothing is free on this day any more. Choose another day" in words(page), value


def test_unknown_value_is_named_on_first_step(browser, criteria, slot, linked):
    stranger = factories.IdentityFactory().pk
    for field, values, error in (
        ("region", ("nowhere", HUGE, "a" * 5000), NO_REGION),
        ("service", ("nothing", HUGE), NO_APPOINTMENTS),
        ("attendee", (HUGE, "-1", "me", stranger), NOT_LINKED),
        ("beneficiaries", (HUGE, "me", stranger), NOT_LINKED),
    ):
        for value in values:
            for step in STEPS:
                page = browser.get(step, {**criteria, field: value}, follow=True)
                assert page.redirect_chain[0][0].startswith(NEW), (field, value)
                assert errors_on(page) == [error], (field, value)


def test_user_without_links_cannot_name_others(browser, criteria, slot):
    stranger = factories.IdentityFactory()
    page = browser.get(TIMES, {**criteria, "attendee": stranger.pk}, follow=True)
    assert errors_on(page) == [NOT_LINKED]


def test_service_for_other_kinds_is_refused(browser, criteria):
    others = factories.ServiceFactory(beneficiary_kinds=["citizen"])
    assert errors_on(browser.get(NEW, {**criteria, "service": others.slug})) == [NOT_FOR_PERSON]


def test_a_service_is_offered_and_booked_through_its_links_alone(
    browser, resident, criteria, service, linked
):
    by_employer, _by_host, for_oneself = (
        factories.ServiceFactory(name_en=f"Through {way}", through=[way])
        for way in ("employer", "host", "oneself")
    )
    page = browser.get(NEW).content.decode()
    offered = re.findall(r'name="service"\s+value="([^"]*)"', page)
    assert offered == [service.slug, by_employer.slug, for_oneself.slug]
    for person, chosen, told in (
        (resident.identity, for_oneself, []),
        (linked, by_employer, []),
        (resident.identity, by_employer, ["Only the employer can ask for “Through employer”."]),
        (linked, for_oneself, ["Only the person themselves can ask for “Through oneself”."]),
    ):
        asked = criteria_of(person, chosen)
        assert errors_on(browser.get(address(OFFICES, asked), follow=True)) == told, chosen
        assert errors_on(browser.get(address(NEW, asked), follow=True)) == told, chosen


def test_whoever_asks_for_a_service_that_is_not_open_is_led_on(
    browser, resident, criteria, service, linked
):
    texts = {"instead": service, "instead_text_en": "Is it yours?", "instead_text_ar": "هل؟"}
    of_host = factories.ServiceFactory(name_en="Visit", through=["host"], **texts)
    only, on = "Only the host can ask for “Visit”.", "Go on with “Services for residents”"
    page = browser.get(NEW, {"service": of_host.slug})
    assert f"{only} Is it yours? {on}" in words(page)
    assert links_on(page, NEW) == [f"{NEW}?service={service.slug}"]

    asked = {**criteria, "service": of_host.slug, "beneficiaries": linked.pk}
    page = browser.get(address(TIMES, asked), follow=True)
    assert errors_on(page) == [f"{only} Is it yours? Choose “Services for residents” instead."]
    (link,) = links_on(page, NEW)
    assert link == address(NEW, {**asked, "service": service.slug, "again": "1"})
    page = browser.get(link)
    assert (errors_on(page), links_on(page, NEW)) == ([], [])
    chosen = {name: page.context["form"][name].value() for name in ("service", "operations")}
    assert chosen == {"service": service.slug, "operations": "1"}

    Service.objects.filter(pk=service.pk).update(can_be_booked=False)
    page = browser.get(NEW, {"service": of_host.slug})
    assert f"{only} Read who “Visit” is for" in words(page)
    # Without inquiries it has no page that could be read.
    Service.objects.filter(pk=of_host.pk).update(takes_inquiries=False)
    page = browser.get(NEW, {"service": of_host.slug})
    assert (only in words(page), "Read who" in words(page)) == (True, False)


def test_whoever_is_named_is_counted(resident, browser, criteria, linked, settings):
    """Two named people need two operations, whatever number is typed; not more than there are."""
    places.some_slots(2)
    named = [resident.identity_id, linked.pk]
    page = browser.get(OFFICES, {**criteria, "beneficiaries": named})
    assert f"2 operations · {resident.identity.name} · for {resident.identity.name}" in words(page)
    settings.BOOKING = {**settings.BOOKING, "MAX_OPERATIONS": 1}
    page = browser.get(NEW, {**criteria, "beneficiaries": named})
    assert errors_on(page) == ["Choose between 1 and 1 operations."]


def test_invalid_bytes_are_refused(browser, criteria):
    for field in ("office", "day", "region", "attendee", "operations"):
        for value in ("\0", "a\0b"):
            assert browser.get(TIMES, {**criteria, field: value}).status_code == 400, field
        assert browser.get(f"{TIMES}?{field}=%FF%FE").status_code == 400, field


def test_invalid_time_is_refused(browser, monday, slot):
    for posted, errors in (
        *(({"slot": ""}, ["Choose a time."]), ({}, ["Choose a time."])),
        *(({"slot": value}, [NOT_HERE]) for value in ("soon", HUGE, "-1", "\0")),
    ):
        page = browser.post(monday, {"idempotency_key": key_on(browser, monday), **posted})
        assert errors_on(page) == errors, posted
    for key in ("", "x", "\0", HUGE):
        page = browser.post(monday, {"idempotency_key": key, "slot": slot.pk})
        assert page.status_code == 200, key
        assert len(errors_on(page)) == 1, key
    assert places.taken(slot) == 0
    assert not Appointment.objects.exists()


def test_time_of_another_day_or_office_is_refused(browser, monday, elsewhere):
    for other in (places.slot(TUESDAY), places.slot(of=elsewhere)):
        assert errors_on(take(browser, monday, other)) == [NOT_HERE]
    assert not Appointment.objects.exists()


def test_parallel_hours_offer_each_time_once(browser, monday, slot, resident):
    beside = places.slot(of=places.window(office=slot.office), capacity=1)

    def offered():
        return list(browser.get(monday).context["form"].fields["slot"].rows)

    assert offered() == [slot]
    Slot.objects.filter(pk=slot.pk).update(taken=4)
    assert offered() == [beside]
    take(browser, monday, beside)
    assert Appointment.objects.get().slot == beside


# Parts of the day


def test_time_is_listed_in_its_part_of_day(browser, criteria):
    path = address(TIMES, criteria, office="al-rimal", day=MONDAY)
    for time, part in (
        *(("00:00", "Morning"), ("11:59", "Morning"), ("12:00", "Afternoon")),
        *(("17:59", "Afternoon"), ("18:00", "Evening"), ("23:59", "Evening")),
    ):
        with undone():
            places.slot(time=time)
            assert f"{part} Save {time}" in words(browser.get(path))


def late_slot():
    """Make a slot at half past midnight of Tuesday, in the hours of Monday's evening."""
    hours = places.window("21:00", "01:00")
    return places.slot(TUESDAY, "00:30", of=hours, belongs_to=MONDAY)


def test_time_after_midnight_shows_its_own_day(browser, monday, slot):
    late = late_slot()
    places.slot(time="21:00", of=late.window)
    after = f"The night from Monday to Tuesday {ON_TUESDAY} Save 00:30"
    times = f"Morning Save 10:00 Evening Save 21:00 {after}"
    assert times in words(browser.get(monday))
    page = browser.get(monday.replace("/en/", "/ar/"))
    after_midnight = "ليل الاثنين-الثلاثاء 18 ذو القعدة 1447 هـ (5 مايو 2026 م)"
    assert f"{after_midnight} حفظ 00:30" in words(page)
    page = browser.post(monday, {"idempotency_key": key_on(browser, monday), "slot": "soon"})
    assert errors_on(page) == [NOT_HERE]
    assert f"{NOT_HERE} {times}" in words(page)
    markup = page.content.decode()
    assert 'href="#id_slot_0"' in markup
    assert re.search(r'<button[^>]* name="slot"[^>]* id="id_slot_0"', markup)


def test_evening_times_are_found_past_midnight(resident, criteria, clock):
    late_slot()
    places.slot(TUESDAY)
    of_monday = address(TIMES, criteria, office="al-rimal", day=MONDAY)
    for minutes, is_ahead in ((29, True), (30, False), (31, False)):
        clock.now = at(TUESDAY, "00:00") + minutes * MINUTE
        page = verified(resident).get(address(DAYS, criteria, office="al-rimal"))
        first = f"{SHORT_MONDAY} · the night from Monday to Tuesday, from 00:30"
        assert (first in words(page)) == is_ahead, minutes
        assert f"{SHORT_TUESDAY} · from 10:00" in words(page), minutes
        # The rows of the list and the calendar each have a link.
        assert links_on(page, TIMES).count(of_monday) == (2 if is_ahead else 0), minutes
        assert (f"{ON_MONDAY}, 4 17 AH 4 free" in words(page)) == is_ahead, minutes


# Times taken meanwhile


def test_time_taken_meanwhile_suggests_nearest(browser, criteria, monday, slot):
    places.slot(TUESDAY)
    posted = {"idempotency_key": key_on(browser, monday), "slot": slot.pk}
    places.confirmed(slot=slot, operations=4)
    page = browser.post(monday, posted)
    assert errors_on(page) == [TAKEN]
    assert notices_on(page) == [NEAREST]


def test_late_click_is_told_what_has_happened_meanwhile(browser, criteria, hours, clock):
    soon = Slot.objects.filter(window=hours, start__gt=clock.now).first()
    page = address(TIMES, criteria, office="al-rimal", day=SUNDAY)
    posted = {"idempotency_key": key_on(browser, page), "slot": soon.pk}
    with undone():
        Slot.objects.filter(pk=soon.pk).update(is_closed=True)
        assert errors_on(browser.post(page, posted)) == [CLOSED]
    clock.now = soon.start
    assert errors_on(browser.post(page, posted)) == [PAST]


def test_times_at_which_the_attendee_is_busy_are_not_offered(
    resident, browser, criteria, monday, slot, elsewhere
):
    at_noon = places.slot(time="12:00", of=slot.window)
    other = places.confirmed(resident, slot=places.slot(of=elsewhere))
    offered = browser.get(monday).context["form"].fields["slot"].rows
    assert list(offered) == [at_noon]
    page = browser.get(address(DAYS, criteria, office="al-rimal"))
    assert f"{SHORT_MONDAY} · from 12:00" in words(page)
    assert f"nearest free time: Monday {ON_MONDAY} · 12:00" in words(
        browser.get(address(OFFICES, criteria))
    )
    # One that is being moved does not stand in its own way, and what is over in nobody's.
    there = browser.get(page_of(other, "move/time/?office=al-rimal&day=2026-05-04"))
    assert list(there.context["form"].fields["slot"].rows) == [slot, at_noon]
    places.cancel(other)
    offered = browser.get(monday).context["form"].fields["slot"].rows
    assert list(offered) == [slot, at_noon]


def test_time_taken_after_validation_suggests_nearest(browser, monday, slot, monkeypatch):
    """Another user takes the place between the validation of the form and the hold."""
    places.slot(TUESDAY)
    posted = {"idempotency_key": key_on(browser, monday), "slot": slot.pk}
    monkeypatch.setattr("appointments.actions.booking.check_bookable", lambda *_slot, **_kept: None)
    look = TimeForm.is_valid

    def validate_then_lose_slot(form):
        found = look(form)
        Slot.objects.filter(pk=slot.pk).update(taken=4)
        return found

    monkeypatch.setattr(TimeForm, "is_valid", validate_then_lose_slot)
    page = browser.post(monday, posted)
    assert errors_on(page) == [TAKEN]
    assert notices_on(page) == [NEAREST]
    assert not Appointment.objects.exists()


def test_a_second_click_leads_to_the_same_appointment(browser, criteria):
    for capacity, time in ((4, "10:00"), (1, "11:00")):
        slot = places.slot(time=time, capacity=capacity)
        monday = address(TIMES, criteria, office="al-rimal", day=MONDAY)
        with undone():
            posted = {"idempotency_key": key_on(browser, monday), "slot": slot.pk}
            first, second = (browser.post(monday, posted) for _click in range(2))
            assert second.status_code == 302, capacity
            assert first.url == second.url == page_of(Appointment.objects.get()), capacity


# Moving


def test_an_appointment_is_moved_step_by_step(browser, appointment, slot):
    later = places.slot(TUESDAY)
    start = page_of(appointment, "move/")
    step = f"{start}time/?office=al-rimal&day=2026-05-05"
    shown = words(browser.get(step))
    assert "Press a time to move your appointment to it at once." in shown
    assert "Move to 10:00" in shown
    page = take(browser, step, later, follow=True)
    assert notices_on(page) == ["Your appointment has been moved."]
    appointment.refresh_from_db()
    assert appointment.slot == later
    assert (places.taken(slot), places.taken(later)) == (0, 1)


def test_invalid_value_in_move_leads_back_to_the_offices(browser, appointment):
    start = page_of(appointment, "move/")
    for step in ("day/", "time/"):
        for query in ("", "?office=nowhere", f"?office={HUGE}&day=9999-99-99"):
            assert browser.get(f"{start}{step}{query}").url.startswith(f"{start}?"), query
    assert "Al-Rimal" in words(browser.get(start, {"region": HUGE}))


def test_move_too_late_leads_to_appointment_page(resident, browser, clock):
    appointment = places.confirmed(resident, slot=places.slot(SUNDAY, "11:05"))
    clock.now = appointment.move_until
    for step in ("move/", "move/day/", "move/time/"):
        assert browser.get(page_of(appointment, step)).url == page_of(appointment)
