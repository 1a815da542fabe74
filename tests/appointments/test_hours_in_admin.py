"""The admin of offices, opening hours and closures.

Changes apply at once, and invalid values are refused with a message that says how to correct them.
"""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appointments.models import Closure, Office, OpeningWindow, Slot
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import page_of, verified
from tests.appointments.hours_forms import (
    CLOSURES,
    HOURS,
    OFFICES,
    REASONS,
    closure_form,
    hours_form,
    is_saved,
    office_form,
)
from tests.appointments.places import MONDAY, SUNDAY, TUESDAY, WORKING_DAYS, at
from tests.appointments.test_hours import MORNING, quarters, times
from tests.conftest import signed_in_staff, words
from tests.worlds import undone

pytestmark = pytest.mark.django_db

MODELS = {OFFICES: Office, HOURS: OpeningWindow, CLOSURES: Closure}
HUGE = "9" * 5000
BOTH = [(text, language) for text in ("name", "city") for language in ("ar", "en")]
HOSTILE = ["\0", "abc", "-1", "²", "NaN", "1e999", HUGE, "9" * 19, "2026-02-30", "24:00"]


@pytest.fixture(autouse=True)
def _no_limit(settings):
    # The tests are about each value, not the total size.
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None


@pytest.fixture
def browser(django_capture_on_commit_callbacks):
    browser = signed_in_staff(factories.OfficerFactory(is_superuser=True))
    send = browser.post

    def send_and_commit(*args, **kwargs):
        with django_capture_on_commit_callbacks(execute=True):
            return send(*args, **kwargs)

    browser.post = send_and_commit
    return browser


def save(browser, path, fields, row=None):
    """Send the form of `row`, or of a new one, confirm its preview, and return the response."""
    step = f"{path}{row.pk}/change/" if row else f"{path}add/"
    response = browser.post(step, fields)
    if response.context and (previewed := response.context.get("previewed")):
        response = browser.post(step, {**fields, "_previewed": previewed})
    return response


def assert_saved(browser, path, fields, row=None):
    assert is_saved(save(browser, path, fields, row)), fields


def kept(path):
    return list(MODELS[path].objects.order_by("pk").values())


def sentences(response):
    """Return {field: error messages}; those of the whole form are under the empty name."""
    form = response.context["adminform"].form
    return {name.replace("__all__", ""): list(errors) for name, errors in form.errors.items()}


def refusal(browser, path, fields, row=None):
    """Return the errors of a refused form; check that it saved nothing and shows what was typed."""
    before = kept(path), times(MONDAY)
    response = save(browser, path, fields, row)
    assert response.status_code == 200
    assert (kept(path), times(MONDAY)) == before
    assert not LogEntry.objects.exists()
    said = sentences(response)
    assert said
    assert "Constraint" not in str(said)
    form = response.context["adminform"].form
    for name in fields.keys() & form.fields.keys():
        assert as_sent(form[name].value()) == as_sent(fields[name]), name
    return said


def assert_refused_alike(browser, path, fields, row):
    """Check that a new row and a change of `row` are refused with the same errors; return them."""
    said = refusal(browser, path, fields)
    assert refusal(browser, path, fields, row) == said
    return said


def assert_each_refused(browser, path, form, row, values):
    """Check that each of `values`, {field: values}, is refused with an error of its field."""
    for field in values:
        for value in values[field]:
            said = assert_refused_alike(browser, path, {**form, field: value}, row)
            assert said.keys() == {field}, (value, said)


def as_sent(value):
    values = value if isinstance(value, list | tuple) else [value]
    return ["on" if each is True else str(each) for each in values]


# Valid hours


def test_new_hours_can_be_booked_at_once_and_added_only_once(browser, office):
    """Otherwise every time would exist twice, and twice as many people would come."""
    assert_saved(browser, HOURS, hours_form(office))
    assert times(MONDAY) == MORNING
    assert OpeningWindow.objects.get().weekdays == WORKING_DAYS
    save(browser, HOURS, hours_form(office))
    assert OpeningWindow.objects.count() == 1
    assert times(MONDAY) == MORNING


def test_changed_hours_apply_at_once(browser, office, hours):
    changes = {"opens": "10:00", "closes": "01:00", "slot_minutes": "30", "capacity": "2"}
    assert_saved(browser, HOURS, hours_form(office, **changes), hours)
    assert times(MONDAY) == quarters("10:00", "00:45")[::2]
    open_ones = Slot.objects.filter(day=MONDAY, is_closed=False)
    assert set(open_ones.values_list("capacity", flat=True)) == {2}


def test_hours_form_shows_saved_values(browser, office, hours):
    page = browser.get(f"{HOURS}{hours.pk}/change/")
    form = page.context["adminform"].form
    fields = {name: form[name].value() for name in form.fields}
    sent = {name: "" if value is None else value for name, value in fields.items()}
    before = kept(HOURS)
    assert_saved(browser, HOURS, sent, hours)
    assert kept(HOURS) == before
    assert times(MONDAY) == MORNING


def test_hours_close_after_last_day_and_on_other_weekdays(browser, office, hours):
    assert_saved(browser, HOURS, hours_form(office, valid_until=MONDAY), hours)
    assert (times(MONDAY), times(TUESDAY)) == (MORNING, [])
    appointment = places.confirmed(slot=Slot.objects.get(start=at(MONDAY, "10:00")))
    assert_saved(browser, HOURS, hours_form(office, weekdays=[6, 1]), hours)
    assert (times(SUNDAY), times(MONDAY), times(TUESDAY)) == (MORNING, [], MORNING)
    appointment.refresh_from_db()
    assert appointment.is_confirmed


def test_hours_for_one_service_refuse_others_at_once(browser, office, hours):
    one, other = factories.ServiceFactory(), factories.ServiceFactory()
    assert_saved(browser, HOURS, hours_form(office, services=[one.pk]), hours)
    assert Slot.objects.bookable(one, 1).exists()
    assert not Slot.objects.bookable(other, 1).exists()


def test_query_count_of_saving_hours_is_constant(browser, office, hours, elsewhere):
    def asked_for(capacity):
        with CaptureQueriesContext(connection) as asked:
            assert_saved(browser, HOURS, hours_form(office, capacity=capacity), hours)
        return len(asked)

    asked_for(5)
    for_few = asked_for(6)
    for _window in range(20):
        places.window(office=elsewhere.office)
    assert asked_for(7) == for_few


def test_hours_cannot_move_to_another_office(browser, office, hours):
    other = places.office("qasr-al-hukm", "Qasr Al-Hukm")
    assert_saved(browser, HOURS, hours_form(other), hours)
    assert (times(MONDAY, office), times(MONDAY, other)) == (MORNING, [])


def test_the_shortest_and_the_longest_slots(browser, office):
    for opens, closes, slot_minutes, first, last in (
        ("08:00", "08:05", "5", "08:00", "08:00"),
        ("08:00", "12:00", "240", "08:00", "08:00"),
        ("00:00", "23:59", "240", "00:00", "16:00"),
        ("20:00", "00:00", "240", "20:00", "20:00"),
    ):
        fields = {"opens": opens, "closes": closes, "slot_minutes": slot_minutes}
        with undone():
            assert_saved(browser, HOURS, hours_form(office, **fields))
            assert (times(MONDAY)[0], times(MONDAY)[-1]) == (first, last), fields


# Invalid hours


def test_invalid_hours_are_refused(browser, office, hours):
    values = {
        "slot_minutes": ["", "0", "4", "241", "32768", "70000"],
        "capacity": ["", "0", "32768", "70000"],
        "weekdays": [[], ["9"], ["0", "9"]],
        "season": ["", "summer"],
        "services": ["0"],
        "opens": ["", "25:00"],
        "closes": ["", "25:00"],
        "valid_from": ["0000-00-00"],
        "valid_until": ["0000-00-00"],
    }
    values = {field: [*odd, *HOSTILE] for field, odd in values.items()}
    assert_each_refused(browser, HOURS, hours_form(office, season="ramadan"), hours, values)


def test_hours_of_unknown_office_or_service_are_refused(browser, office):
    for value in ["", "0", *HOSTILE]:
        assert refusal(browser, HOURS, {**hours_form(office), "office": value}).keys() == {"office"}
    for value in ("0", "9" * 30):
        said = f"Select a valid choice. {value} is not one of the available choices."
        fields = hours_form(office, services=[value])
        assert refusal(browser, HOURS, fields) == {"services": [said]}


def test_hours_without_any_slot_are_refused(browser, office, hours):
    for changes in (
        {"opens": "08:00", "closes": "08:00"},
        {"valid_from": TUESDAY, "valid_until": MONDAY},
        {"opens": "08:00", "closes": "09:00", "slot_minutes": "61"},
        {"opens": "23:30", "closes": "00:00", "slot_minutes": "45"},
    ):
        assert_refused_alike(browser, HOURS, hours_form(office, **changes), hours)


def test_weekdays_in_another_order_are_same_hours(browser, office):
    places.window(office=office, weekdays=[0, 6, 0])  # saved in another order
    for weekdays in ([0, 6], [6, 0, 0], [0, 0, 6, 6]):
        assert refusal(browser, HOURS, hours_form(office, weekdays=weekdays)) == {
            "": ["This office has these opening hours already. Change those."]
        }


def test_weekdays_are_kept_once_in_the_order_of_the_week(browser, office):
    save(browser, HOURS, hours_form(office, weekdays=[1, 0, 6, 1, 0]))
    assert OpeningWindow.objects.get().weekdays == [6, 0, 1]


# Offices


def test_a_new_office_is_offered_once_it_has_hours(browser):
    assert_saved(browser, OFFICES, office_form())
    office = Office.objects.get()
    assert (office.name, office.clerks.count()) == ("Olaya", 0)
    save(browser, HOURS, hours_form(office))
    assert times(MONDAY, office) == MORNING


def test_an_office_is_switched_off_and_on_at_once(browser, office, hours):
    fields = office_form(slug=office.slug)
    del fields["is_active"]
    assert_saved(browser, OFFICES, fields, office)
    assert times(MONDAY) == []
    assert_saved(browser, OFFICES, {**fields, "is_active": "on"}, office)
    assert times(MONDAY) == MORNING


def test_clerks_of_an_office_are_named_on_its_page_and_not_chosen_there(browser, office):
    clerk, other = places.clerk(office), places.clerk()
    page = browser.get(f"{OFFICES}{office.pk}/change/")
    assert clerk.username in words(page)
    assert 'name="clerks"' not in page.content.decode()
    assert_saved(browser, OFFICES, office_form(slug=office.slug, clerks=[other.pk]), office)
    assert list(office.clerks.all()) == [clerk]


def test_office_form_does_not_list_all_users(browser, office):
    factories.UserFactory(username="aslam-khan")
    for page in ("add/", f"{office.pk}/change/"):
        assert "aslam-khan" not in browser.get(f"{OFFICES}{page}").content.decode()


def test_valid_or_empty_coordinates_are_saved(browser):
    for place in (("24.7", "46.7"), ("-90", "-180"), ("90", "180"), ("", "")):
        fields = dict(zip(("latitude", "longitude"), place, strict=True))
        with undone():
            assert_saved(browser, OFFICES, office_form(**fields))


def test_invalid_coordinates_are_refused(browser, office):
    for place in (
        *(("24.7", ""), ("", "46.7"), ("90.000001", "0"), ("-91", "0"), ("0", "180.000001")),
        *(("0", "-181"), ("NaN", "NaN"), ("0", "NaN"), ("Infinity", "0"), ("0", "-Infinity")),
        *(("1000", "0"), ("0", "1e9"), ("24.71234567", "46.7"), ("٢٤", "north"), (HUGE, HUGE)),
    ):
        fields = office_form(**dict(zip(("latitude", "longitude"), place, strict=True)))
        assert_refused_alike(browser, OFFICES, fields, office)


def test_calendar_entry_works_after_incomplete_coordinates(browser, office, hours):
    appointment = places.confirmed(slot=Slot.objects.get(start=at(MONDAY, "10:00")))
    save(browser, OFFICES, office_form(slug=office.slug, latitude="24.7", longitude=""), office)
    entry = verified(appointment.user).get(page_of(appointment, "calendar/"))
    assert entry.status_code == 200


def test_invalid_office_is_refused(browser, office):
    values = {
        "slug": ["", "العليا", "a b", "a" * 51, "\0", "1\0", HUGE],
        "region": ["", "0", *HOSTILE],
        **{f"{text}_{language}": ["", "\0", HUGE] for text, language in BOTH},
    }
    assert_each_refused(browser, OFFICES, office_form(), office, values)


def test_duplicate_slug_is_refused(browser, office):
    refused = refusal(browser, OFFICES, office_form(slug=office.slug))
    assert refused == {"slug": ["Office with this Name in the web address already exists."]}


# Closures


def test_office_reopens_when_closure_moves_to_another(browser, office, hours, elsewhere):
    other = elsewhere.office
    for closed in ("", office.pk):
        with undone():
            save(browser, CLOSURES, closure_form(office=closed))
            assert times(MONDAY, office) == [], closed
            save(browser, CLOSURES, closure_form(office=other.pk), Closure.objects.get())
            assert (times(MONDAY, office), times(MONDAY, other)) == (MORNING, []), closed


def test_closure_that_is_changed_or_deleted_reopens_its_days(browser, hours):
    assert_saved(browser, CLOSURES, closure_form())
    assert (times(MONDAY), times(TUESDAY)) == ([], MORNING)
    closure = Closure.objects.get()
    days = {"first_day": TUESDAY, "last_day": TUESDAY}
    assert_saved(browser, CLOSURES, closure_form(**days), closure)
    assert (times(MONDAY), times(TUESDAY)) == (MORNING, [])
    # It cannot be deleted in the list.
    chosen = {"action": "delete_selected", "_selected_action": closure.pk, "index": 0}
    browser.post(CLOSURES, {**chosen, "post": "yes"})
    assert Closure.objects.exists()
    assert times(TUESDAY) == []
    response = browser.post(f"{CLOSURES}{closure.pk}/delete/", {"post": "yes"})
    assert response.url == CLOSURES
    assert times(TUESDAY) == MORNING


def test_invalid_closure_is_refused(browser, hours):
    closure = Closure.objects.create(first_day=SUNDAY, last_day=SUNDAY, reason_ar="صيانة")
    values = {
        "first_day": ["", *HOSTILE],
        "last_day": ["", *HOSTILE],
        "office": ["0", *HOSTILE],
        **{reason: ["", "\0", HUGE] for reason in REASONS},
    }
    assert_each_refused(browser, CLOSURES, closure_form(), closure, values)
    for first, last in ((TUESDAY, MONDAY), (MONDAY, "0001-01-01")):
        fields = closure_form(first_day=first, last_day=last)
        assert_refused_alike(browser, CLOSURES, fields, closure)


# Managers


@pytest.fixture
def manager(hours, django_capture_on_commit_callbacks):
    return signed_in_staff(places.manager(hours.office))


def test_manager_edits_only_own_offices(manager, hours, elsewhere):
    page = manager.get(HOURS)
    assert [row.pk for row in page.context["cl"].result_list] == [hours.pk]
    assert "Qasr Al-Hukm" not in words(page)
    assert manager.get(f"{HOURS}{elsewhere.pk}/change/").status_code == 302
    there = elsewhere.office
    for path, form in (
        *((HOURS, hours_form(there)), (CLOSURES, closure_form(office=there.pk))),
        (CLOSURES, closure_form()),
    ):
        assert sentences(manager.post(f"{path}add/", form)).keys() == {"office"}, form
    assert OpeningWindow.objects.count() == 2
    assert not Closure.objects.exists()


def test_a_manager_is_told_which_offices_lack_an_address(manager, office, hours):
    assert "Al-Rimal Riyadh No address yet Riyadh Yes" in words(manager.get(OFFICES))
    Office.objects.update(address_en="King Fahd Road")
    assert "Al-Rimal Riyadh King Fahd Road Riyadh Yes" in words(manager.get(OFFICES))


def test_a_manager_sees_no_closure_of_other_offices(manager, hours):
    closure = {"first_day": MONDAY, "last_day": MONDAY, **REASONS}
    own = Closure.objects.create(office=hours.office, **closure)
    Closure.objects.create(office=None, **closure)
    assert list(manager.get(CLOSURES).context["cl"].result_list) == [own]
    offices = manager.get(OFFICES).context["cl"].result_list
    assert [office.pk for office in offices] == [hours.office.pk]


# Deletion


def test_neither_offices_nor_hours_are_deleted(browser, office, hours):
    for path, row in ((OFFICES, office), (HOURS, hours)):
        assert browser.post(f"{path}{row.pk}/delete/", {"post": "yes"}).status_code == 403
        chosen = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
        browser.post(path, {**chosen, "index": 0})
        assert MODELS[path].objects.get() == row
    assert times(MONDAY) == MORNING
