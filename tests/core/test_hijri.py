"""Umm al-Qura and Gregorian dates: known conversions, and their display."""

import datetime

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from core.hijri import both_calendars, hijri_date
from core.template_filters import full_day, full_day_in_words
from tests.conftest import words

# These are dates of the published Umm al-Qura calendar; before 1365 some months have 28 or 31
# days.
KNOWN = [
    *(("1343-01-01", "1924-08-01"), ("1345-05-31", "1926-12-06"), ("1348-12-28", "1930-05-27")),
    *(("1364-08-28", "1945-08-07"), ("1400-01-01", "1979-11-20"), ("1403-02-17", "1982-12-02")),
    *(("1421-10-30", "2001-01-25"), ("1447-09-01", "2026-02-18"), ("1447-09-30", "2026-03-19")),
    *(("1447-12-10", "2026-05-27"), ("1448-06-12", "2026-11-22"), ("1500-12-30", "2077-11-16")),
]
FIRST, LAST = datetime.date(1924, 8, 1), datetime.date(2077, 11, 16)


def test_known_days_are_converted():
    for hijri, gregorian in KNOWN:
        converted = hijri_date(datetime.date.fromisoformat(gregorian))
        assert converted == tuple(map(int, hijri.split("-")))


def test_irregular_months_have_their_historical_length():
    lengths = {"1925-03-27": 28, "1926-11-06": 31, "1927-02-04": 28, "2026-02-18": 30}
    for begun, length in lengths.items():
        first = datetime.date.fromisoformat(begun)
        days = [hijri_date(first + datetime.timedelta(days=n)) for n in range(40)]
        in_month = [day for day in days if day[:2] == days[0][:2]]
        assert (days[0][2], len(in_month)) == (1, length), begun


@given(st.dates(FIRST, LAST - datetime.timedelta(days=1)))
def test_the_next_day_is_the_next_day_in_both(day):
    today, tomorrow = hijri_date(day), hijri_date(day + datetime.timedelta(days=1))
    assert tomorrow > today
    assert tomorrow[2] in (today[2] + 1, 1)


def test_day_out_of_hijri_range_is_shown_in_gregorian_only():
    day_before, day_after = FIRST - datetime.timedelta(1), LAST + datetime.timedelta(1)
    for day, shown in ((day_before, "31 July 1924 CE"), (day_after, "17 November 2077 CE")):
        with pytest.raises(OverflowError):
            hijri_date(day)
        assert both_calendars(day, "en") == shown


def test_each_language_shows_its_own_calendar_first():
    day = datetime.date(2026, 11, 22)
    for language, shown in (
        ("en", "22 November 2026 CE (12 Jumada al-Akhirah 1448 AH)"),
        ("ar", "12 جمادى الآخرة 1448 هـ (22 نوفمبر 2026 م)"),
    ):
        assert both_calendars(day, language) == shown
        with translation.override(language):
            assert both_calendars(day) == shown
    evening_in_london = datetime.datetime(2026, 11, 21, 21, 30, tzinfo=datetime.UTC)
    assert both_calendars(evening_in_london, "en") == both_calendars(day, "en")  # as in Riyadh


def test_when_says_the_weekday_and_keeps_the_calendars_apart():
    morning = datetime.datetime(2026, 11, 22, 3, 30, tzinfo=datetime.UTC)
    day = datetime.date(2026, 11, 22)
    for language, at, shown in (
        ("en", morning, "Sunday 22 November 2026 CE 12 Jumada al-Akhirah 1448 AH 06:30"),
        ("ar", morning, "الأحد 12 جمادى الآخرة 1448 هـ 22 نوفمبر 2026 م 06:30"),
        ("en", day, "Sunday 22 November 2026 CE 12 Jumada al-Akhirah 1448 AH"),
        ("ar", LAST + datetime.timedelta(1), "الأربعاء 17 نوفمبر 2077 م"),
    ):
        with translation.override(language):
            assert words(render_to_string("components/when.html", {"at": at})) == shown
            line = words(str(full_day(at)))
            assert line == full_day_in_words(at)
            assert line.replace("(", "").replace(")", "") == shown.removesuffix(" 06:30")


@given(st.dates(FIRST, LAST), st.sampled_from(["ar", "en"]))
def test_every_day_is_shown_in_both_calendars(day, language):
    year, _month, day_of_month = hijri_date(day)
    shown = both_calendars(day, language)
    hijri_era, gregorian_era = ("هـ", "م") if language == "ar" else ("AH", "CE")
    assert f"{year} {hijri_era}" in shown
    assert f"{day.year} {gregorian_era}" in shown
    assert f"{day_of_month} " in shown
