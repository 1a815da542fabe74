"""The date field for both calendars: accepted input, errors, and display."""

import datetime
import re
from html.parser import HTMLParser

import pytest
from django import forms
from django.template.loader import render_to_string
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from core.date_field import EitherCalendarDateField
from core.hijri import Calendar, hijri_date, hijri_to_gregorian
from tests.core.test_hijri import KNOWN

# The last day of each month; the day after it did not exist.
ENDS_OF_MONTHS = [
    *("1343-01-30", "1343-09-28", "1345-05-31", "1345-08-28", "1348-11-31", "1348-12-28"),
    *("1364-08-28", "1400-01-30", "1403-02-30", "1421-10-30", "1447-09-30", "1447-12-29"),
    *("1448-06-29", "1448-09-29"),
]
TODAY = datetime.date(2030, 1, 1)

REQUIRED = "Enter the day, the month and the year."
NUMBERS = "Enter the day, the month and the year in digits, for example 27 9 1410."
INVALID = "There is no such day in this calendar. Check the calendar and the date."
CALENDAR = "Choose the calendar of this date: Hijri or Gregorian."
FUTURE = "This day is still to come. Check the calendar and the year."

DATE = datetime.date(1990, 4, 22)  # 27 Ramadan 1410


NAMES = ["born_calendar", "born_day", "born_month", "born_year"]


class BirthForm(forms.Form):
    born = EitherCalendarDateField(label="Date of birth")


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    """Set today to a day after the months above."""
    monkeypatch.setattr(timezone, "localdate", lambda: TODAY)


def typed(*parts):
    return dict(zip(NAMES, parts, strict=True))


def taken(*parts):
    """Return the date as which the form reads these parts."""
    form = BirthForm(typed(*parts))
    assert form.is_valid(), form.errors
    return form.cleaned_data["born"]


def told(*parts):
    """Return the errors of the form for these parts."""
    form = BirthForm(typed(*parts))
    return form.errors.get("born", [])


def parts_of(iso):
    """Return day, month and year of a date written as year, month and day."""
    year, month, day = iso.split("-")
    return day, month, year


# Accepted input


def test_known_days_are_the_same_in_both_calendars():
    past = [(hijri, gregorian) for hijri, gregorian in KNOWN if gregorian <= str(TODAY)]
    assert len(past) == 11
    for hijri, gregorian in past:
        day = datetime.date.fromisoformat(gregorian)
        assert taken("hijri", *parts_of(hijri)) == day
        assert taken("gregorian", *parts_of(gregorian)) == day


def test_month_has_its_historical_length():
    for end in ENDS_OF_MONTHS:
        days, month, year = parts_of(end)
        last, first = taken("hijri", days, month, year), taken("hijri", "1", month, year)
        assert (last - first).days == int(days) - 1, end
        (error,) = told("hijri", str(int(days) + 1), month, year)
        assert error.endswith(f" {year} AH has only {days} days. Check the calendar and the day.")


def test_day_is_read_in_any_digits_with_marks_and_spaces():
    for parts in (
        *(("27", "9", "1410"), ("27", "09", "1410"), ("027", "0009", "1410")),
        *(("٢٧", "٩", "١٤١٠"), ("۲۷", "۹", "۱۴۱۰"), ("२७", "९", "१४१०")),
        *(("２７", "９", "１４１０"), ("٢7", "۹", "١４1۰"), (" 27 ", "\t9", "1410\r\n")),
        ("\u00a027", "9\u202f", "\u30001410"),
        ("\u200f٢٧\u200f", "\u2066٩\u2069", "\u202a1410\u202c"),
        ("2\u200e7", "9\x07", "\ufeff14\u206010"),
    ):
        assert taken("hijri", *parts) == DATE, parts


@given(st.dates(datetime.date(1924, 8, 1), datetime.date(2025, 1, 1)), st.sampled_from(Calendar))
def test_every_day_is_taken_in_both_calendars(day, calendar):
    year, month, day_of_month = (
        hijri_date(day) if calendar == Calendar.HIJRI else (day.year, day.month, day.day)
    )
    field = EitherCalendarDateField()
    assert field.clean([calendar, str(day_of_month), str(month), str(year)]) == day


def test_birth_before_hijri_tables_and_today_are_accepted():
    assert taken("gregorian", "1", "7", "1915") == datetime.date(1915, 7, 1)
    assert taken("gregorian", *parts_of(str(TODAY))) == TODAY


# Errors


def test_year_tells_the_calendar_that_was_overlooked():
    born = datetime.date(1990, 4, 22)
    for chosen in ("hijri", "gregorian"):
        assert EitherCalendarDateField().clean([chosen, "22", "4", "1990"]) == born
        assert EitherCalendarDateField().clean([chosen, "27", "9", "1410"]) == born


def test_impossible_or_future_day_is_refused():
    for calendar, *parts in (
        *(("gregorian", "1", "13", "1990"), ("gregorian", "0", "1", "1990")),
        *(("gregorian", "1", "0", "1990"), ("gregorian", "1", "1", "0")),
        *(("gregorian", "1990", "4", "22"), ("hijri", "1", "13", "1447")),
        *(("hijri", "0", "9", "1410"), ("hijri", "1", "0", "1410"), ("hijri", "1", "1", "0")),
        *(("hijri", "0", "0", "0"), ("hijri", "9999", "9999", "9999")),
        # These years are outside the tables, which cover 1343 to 1500.
        *(("hijri", "29", "12", "1342"), ("hijri", "1", "1", "1501")),
        # A year has four digits.
        *(("hijri", "27", "9", year) for year in ("10", "010", "90", "1")),
        *(("gregorian", "22", "4", year) for year in ("90", "1", "990")),
    ):
        assert told(calendar, *parts) == [INVALID], parts
    for calendar, *parts in (
        *(("gregorian", "2", "1", "2030"), ("gregorian", "1", "1", "2031")),
        *(("gregorian", "31", "12", "9999"), ("hijri", "28", "8", "1451")),
        ("hijri", "30", "12", "1500"),
    ):
        assert told(calendar, *parts) == [FUTURE], parts


def test_day_beyond_month_end_is_refused_with_month_name():
    for calendar, day, month, year, name, days in (
        ("gregorian", "30", "2", "1990", "February 1990 CE", 28),
        ("gregorian", "29", "2", "1990", "February 1990 CE", 28),
        ("gregorian", "30", "2", "1984", "February 1984 CE", 29),
        ("gregorian", "31", "4", "1990", "April 1990 CE", 30),
        ("gregorian", "32", "1", "1990", "January 1990 CE", 31),
        ("hijri", "30", "9", "1448", "Ramadan 1448 AH", 29),
        ("hijri", "30", "4", "1404", "Rabi al-Thani 1404 AH", 29),
        ("hijri", "31", "1", "1410", "Muharram 1410 AH", 30),
    ):
        error = f"{name} has only {days} days. Check the calendar and the day."
        assert told(calendar, day, month, year) == [error]
    with translation.override("ar"):
        assert told("hijri", "30", "9", "1448") == [
            "عدد أيام شهر رمضان 1448 هـ هو 29 يومًا فقط. يرجى التحقق من التقويم واليوم."
        ]


def test_empty_part_is_asked_for():
    for nothing in ("", "  ", "\u200f", "\u200d"):
        for empty in (1, 2, 3):
            parts = [nothing if place < empty else "9" for place in range(3)]
            for typed_parts in (parts, reversed(parts)):
                assert told("hijri", *typed_parts) == [REQUIRED if empty == 3 else NUMBERS], parts


def test_missing_part_is_asked_for():
    for missing in ("born_day", "born_month", "born_year"):
        sent = typed("hijri", "27", "9", "1410")
        del sent[missing]
        assert BirthForm(sent).errors["born"] == [NUMBERS], missing
    for sent in ({}, {"born_calendar": "hijri"}, {"born": "27 9 1410"}):
        assert BirthForm(sent).errors["born"] == [REQUIRED], sent


def test_optional_date_may_be_empty():
    assert EitherCalendarDateField(required=False).clean(["hijri", "", "", ""]) is None


def test_unknown_or_missing_calendar_is_refused():
    for calendar in ("", "x", "HIJRI", "\0", "ا" * 100_000):
        assert told(calendar, "22", "4", "1990") == [CALENDAR], calendar[:9]
    sent = typed("", "22", "4", "1990")
    del sent["born_calendar"]
    assert BirthForm(sent).errors == {"born": [CALENDAR]}


def test_non_number_is_refused_in_any_part():
    for part in (
        *("²", "②", "٢²", "Ⅸ", "九", "½", "-1", "+9", "1.0", "1e1", "0x9", "1_0", "9 9", "9'--"),
        *("abc", "رمضان", "NaN", "<script>", "00009", "9" * 5000, "٩" * 100_000, "💥"),
    ):
        for calendar in ("hijri", "gregorian"):
            assert told(calendar, part, "9", "1410") == [NUMBERS], part[:9]
            assert told(calendar, "9", part, "1410") == [NUMBERS], part[:9]
            assert told(calendar, "9", "9", part) == [NUMBERS], part[:9]


@given(st.lists(st.none() | st.text(), max_size=3), st.sampled_from([*Calendar, None, ""]))
def test_any_input_is_a_past_day_or_refused(parts, calendar):
    parts = [*parts, *[None] * (3 - len(parts))]
    try:
        day = EitherCalendarDateField().clean([calendar, *parts])
    except forms.ValidationError:
        return
    assert day <= TODAY


@given(*[st.integers(-1, 10_000)] * 3)
def test_any_numbers_are_a_day_or_none(year, month, day):
    try:
        found = hijri_to_gregorian(year, month, day)
    except ValueError:
        return
    assert 1343 <= year <= 1500
    assert datetime.date(1924, 8, 1) <= found <= datetime.date(2077, 11, 16)


# Display


class _Tags(HTMLParser):
    """The tags of a page, each with its attributes and the text inside it."""

    def __init__(self, markup):
        super().__init__()
        self.found, self.open = [], []
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "text": "", **{name: value or "" for name, value in attrs}}
        element["inside"] = [each["tag"] for each in self.open]
        self.found.append(element)
        if tag not in ("input", "img", "br"):
            self.open.append(element)

    def handle_endtag(self, tag):
        while self.open and self.open.pop()["tag"] != tag:
            pass

    def handle_data(self, data):
        for element in self.open:
            element["text"] = " ".join(f"{element['text']} {data}".split())

    def all(self, tag, **attributes):
        return [
            element
            for element in self.found
            if element["tag"] == tag
            and all(element.get(name) == value for name, value in attributes.items())
        ]

    def one(self, tag, **attributes):
        (element,) = self.all(tag, **attributes)
        return element


def shown(form, template="components/fields.html"):
    return _Tags(render_to_string(template, {"form": form}))


def inputs_of(page):
    """Return the values of the four inputs, by their labels."""
    chosen = [option["value"] for option in page.all("option") if "selected" in option]
    values = {}
    for label in page.all("label"):
        (element,) = [each for each in page.found if each.get("id") == label["for"]]
        values[label["text"]] = chosen if element["tag"] == "select" else element.get("value", "")
    return values


def test_empty_form_starts_with_calendar_of_language():
    for language, usual in (("ar", "hijri"), ("en", "gregorian")):
        with translation.override(language):
            calendar, *numbers = inputs_of(shown(BirthForm())).values()
        assert (calendar, numbers) == ([usual], ["", "", ""])


def test_input_is_shown_again_with_error():
    for parts in (
        *(("hijri", "31", "13", "1410"), ("gregorian", "٣١", "٢", "١٩٩٠")),
        *(("hijri", "twenty", "", "1410"), ("gregorian", "<b>", '"', "&amp;")),
    ):
        for language in ("ar", "en"):
            with translation.override(language):
                calendar, *numbers = inputs_of(shown(BirthForm(typed(*parts)))).values()
            assert (calendar, *numbers) == ([parts[0]], *parts[1:])


def test_valid_input_and_initial_values_are_shown():
    for form, *values in (
        (BirthForm(typed("hijri", "٢٧", "٩", "١٤١٠")), ["hijri"], "٢٧", "٩", "١٤١٠"),
        (BirthForm(initial={"born": DATE}), ["gregorian"], "22", "4", "1990"),
        (BirthForm(initial={"born": ["hijri", "x", "", "1410"]}), ["hijri"], "x", "", "1410"),
    ):
        labels = ("Calendar", "Day", "Month", "Year")
        assert inputs_of(shown(form)) == dict(zip(labels, values, strict=True))


def test_inputs_have_labels_in_one_named_group():
    for sent in (None, {}, typed("x", "\0", "<b>", "9" * 100_000)):
        page = shown(BirthForm(sent))
        inputs = [element for element in page.found if element["tag"] in ("input", "select")]
        assert [element["name"] for element in inputs] == NAMES
        labels = {label["for"]: label["text"] for label in page.all("label")}
        shown_labels = [labels[element["id"]] for element in inputs]
        assert shown_labels == ["Calendar", "Day", "Month", "Year"]
        assert len(labels) == len({element["id"] for element in inputs}) == 4
        assert all("fieldset" in element["inside"] for element in inputs)
        assert page.one("legend")["text"].startswith("Date of birth")
        assert [option["text"] for option in page.all("option")] == ["Hijri", "Gregorian"]


def test_error_describes_group_and_summary_links_to_it():
    form = BirthForm(typed("hijri", "31", "13", "1410"))
    page = shown(form)
    described_by = page.one("fieldset")["aria-describedby"].split()
    assert [page.one("div", id=name)["text"] for name in described_by] == [INVALID]
    for name in NAMES:
        (element,) = [each for each in page.found if each.get("name") == name]
        assert element["aria-invalid"] == "true"
    link = shown(form, "components/error_summary.html").one("a")
    assert (link["text"], link["href"]) == (INVALID, f"#{page.one('select')['id']}")

    page = shown(BirthForm())  # which has no error
    assert "aria-describedby" not in page.one("fieldset")
    assert not [element for element in page.found if "aria-invalid" in element]
    assert not shown(BirthForm(), "components/error_summary.html").all("a")


def test_arabic_form_is_all_arabic():
    with translation.override("ar"):
        page = shown(BirthForm(typed("hijri", "31", "13", "1410")))
        texts = [element["text"] for element in page.found if element["text"]]
    assert len(texts) > 5
    assert not re.search("[A-Za-z]", " ".join(texts).replace("Date of birth", ""))
