"""The weekday stands wherever the date of an appointment stands: every template, and the code.

A date without its weekday is allowed by the name of what it is of: what has happened or was written
at a moment, a birth, a link. Dates of times at an office are called by other names, and a new name
fails here until it is looked at.
"""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines

from core.template_filters import full_moment, night, weekday_or_night
from tests.appointments.places import MONDAY, SUNDAY, at
from tests.conftest import words

BASE = Path(settings.BASE_DIR)
# Filters and functions that give a date, or the time of a day, and no weekday.
WITHOUT_WEEKDAY = {
    *("moment", "moment_in_words", "both_calendars", "in_each_calendar", "both_in_text"),
    *("without_year", "just_now_in_words", "day_in_other_calendar", "time_of_day", "date"),
}
FILTERED = re.compile(r"([\w.]+)((?:\|\w+(?::(?:'[^']*'|\"[^\"]*\"|[\w.]+))?)+)")
# What is not the date of an appointment, by the last part of its name.
OF_SOMETHING_ELSE = re.compile(
    r"(?:\w+_at|\w+_on|at|birth_date|since|until|lasts_until|restricted_until|look_again_since|"
    r"prepared_until|kept_until|last_day|review_by|last_changed|date_joined|last_login|last_sign_in|action_time|expected_by|created_at)"
)
# Where the weekday stands beside it: {template: {expression: where}}.
BESIDE = {
    "components/day.html": {"day.date|day_in_other_calendar": "the column, and the hidden text"},
    "admin/feedback.html": {"row.day|both_calendars": "the day of an answer about a page"},
    "admin/appointments/appointment/unmarked.html": {
        "appointment.slot.start|time_of_day|ltr": "the line beside it"
    },
    "appointments/days.html": {
        "day.date|without_year": "the first word of the line",
        "day.date|date:'Y-m-d'": "an address",
        "day.first|time_of_day|ltr": "the first word of the line, or the night",
    },
    "appointments/times.html": {"nearest.day|date:'Y-m-d'": "an address"},
    "appointments/_times.html": {"slot.start|time_of_day": "the top of the page"},
    "components/month.html": {"day.date|date:'Y-m-d'": "an address"},
    "admin/appointments/before_it_is_saved.html": {
        "day.date|day_in_other_calendar": "the head of the column"
    },
    "admin/appointments/appointment/_next_times.html": {
        "slot.start|time_of_day|ltr": "the name of the group of times"
    },
    "admin/appointments/appointment/day_list.html": {
        "appointment.slot.start|time_of_day|ltr": "the top of the page"
    },
    "admin/appointments/appointment/today.html": {
        "appointment.slot.start|time_of_day|ltr": "a page of today alone; the night beside it"
    },
}
# The same in code: {file: {function: why}}.
IN_CODE = {
    "appointments/admin/desk.py": {"both_calendars": "the weekday before it"},
    "appointments/admin/desk_access.py": {"time_of_day": "the person is here, today"},
    "appointments/admin/figures.py": {"both_calendars": "the weekday before it"},
    "appointments/admin/taking_back.py": {"time_of_day": "called to the counter, today"},
    "appointments/forms.py": {"both_calendars": "the weekday before it"},
    "appointments/actions/desk.py": {"time_of_day": "it begins later today"},
    "appointments/actions/scanner.py": {"time_of_day": "several of today"},
    **{
        f"tawasul/portal/demo_data/{name}.py": {"moment": "a function of the demo, not the filter"}
        for name in ("days", "filling", "today")
    },
    "tawasul/portal/views.py": {"both_calendars": "the other calendar of a typed date"},
}


def dates_without_weekday(template):
    """Yield the expressions of a template that may show the date of an appointment without it."""
    for name, filters in FILTERED.findall(template):
        used = [each.partition(":")[0] for each in filters.split("|")[1:]]
        last = name.rpartition(".")[2]
        if WITHOUT_WEEKDAY.intersection(used) and not OF_SOMETHING_ELSE.fullmatch(last):
            yield name + filters


def test_every_template_names_the_weekday_of_an_appointment():
    folder = BASE / "templates"
    found = {}
    for path in sorted([*folder.rglob("*.html"), *folder.rglob("*.txt")]):
        name = path.relative_to(folder).as_posix()
        shown = set(dates_without_weekday(path.read_text(encoding="utf-8")))
        if shown:
            found[name] = shown
    assert found == {name: set(allowed) for name, allowed in BESIDE.items()}


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("{{ appointment.slot.start|moment }}", ["appointment.slot.start|moment"]),
        ("{% with at=offer.slot.start|moment_in_words %}", ["offer.slot.start|moment_in_words"]),
        ("{{ slot.day|both_calendars }}", ["slot.day|both_calendars"]),
        ("{{ slot.start|date:'j F' }}", ["slot.start|date:'j F'"]),
        ("{{ slot.start|time_of_day|ltr }}", ["slot.start|time_of_day|ltr"]),
        ("{{ slot.start|full_moment }} {{ event.at|moment }} {{ slot.day|full_day }}", []),
    ],
)
def test_a_date_without_it_is_found(template, found):
    assert list(dates_without_weekday(template)) == found


def test_code_that_formats_the_time_of_an_appointment_names_the_weekday():
    found = {}
    for path in sorted([*BASE.glob("appointments/**/*.py"), *BASE.glob("tawasul/portal/**/*.py")]):
        calls = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        if used := calls & WITHOUT_WEEKDAY:
            found[path.relative_to(BASE).as_posix()] = used
    assert found == {name: set(allowed) for name, allowed in IN_CODE.items()}


def test_after_midnight_it_is_said_whose_night_it_is():
    for time, whose in (
        ("00:00", "the night from Sunday to Monday"),
        ("05:59", "the night from Sunday to Monday"),
        ("06:00", ""),
        ("23:59", ""),
    ):
        moment = at(MONDAY, time)
        assert (night(moment), weekday_or_night(moment)) == (whose, whose or "Monday")
    late = at(MONDAY, "00:30")
    date = "4 May 2026 CE (17 Dhu al-Qadah 1447 AH)"
    assert words(full_moment(late)) == f"the night from Sunday to Monday {date} · 00:30"
    assert words(full_moment(at(SUNDAY, "23:30"))).startswith("Sunday 3 May 2026 CE")


def test_the_component_says_it_too():
    when = engines["django"].get_template("components/when.html")
    shown = words(when.render({"at": at(MONDAY, "00:30")}))
    assert shown == ("The night from Sunday to Monday 4 May 2026 CE 17 Dhu al-Qadah 1447 AH 00:30")
    assert words(when.render({"at": at(MONDAY, "10:00")})).startswith("Monday 4 May 2026 CE")
    day_only = words(when.render({"at": at(MONDAY, "00:30"), "day_only": True}))
    assert day_only == "Monday 4 May 2026 CE 17 Dhu al-Qadah 1447 AH"
