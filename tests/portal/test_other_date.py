"""The day in both calendars, shown while a date is typed."""

import pytest
from django.test import Client

from tests.conftest import words

pytestmark = pytest.mark.django_db


def converted(language="en", **parts):
    typed = {f"day_{name}": value for name, value in parts.items()}
    response = Client().post(f"/{language}/other-date/", typed)
    assert response.status_code == 200
    return response.json()["text"]


@pytest.mark.parametrize(
    ("language", "typed", "text"),
    [
        ("en", ("hijri", "27", "9", "1410"), "22 April 1990 CE (27 Ramadan 1410 AH)"),
        ("ar", ("hijri", "٢٧", "٩", "١٤١٠"), "27 رمضان 1410 هـ (22 أبريل 1990 م)"),
        ("ar", ("gregorian", "22", "4", "1990"), "27 رمضان 1410 هـ (22 أبريل 1990 م)"),
    ],
)
def test_day_is_shown_in_both_calendars(language, typed, text):
    calendar, day, month, year = typed
    assert converted(language, calendar=calendar, day=day, month=month, year=year) == text


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"calendar": "hijri"},
        {"calendar": "hijri", "day": "30", "month": "13", "year": "1410"},
        {"calendar": "hijri", "day": "1", "month": "1", "year": "14"},
        {"calendar": "gregorian", "day": "31", "month": "2", "year": "1990"},
        {"calendar": "gregorian", "day": "1", "month": "1", "year": "2999"},
        {"calendar": "lunar", "day": "1", "month": "1", "year": "1410"},
        {"calendar": "hijri", "day": "x" * 10_000, "month": "<b>", "year": "\x01"},
    ],
)
def test_invalid_day_gets_empty_answer(typed):
    assert converted(**typed) == ""


def test_conversion_accepts_only_post():
    assert Client().get("/en/other-date/?day_day=1").status_code == 405


def test_page_with_errors_shows_day_without_scripts():
    typed = {"born_calendar": "hijri", "born_day": "27", "born_month": "9", "born_year": "1410"}
    page = words(Client().post("/en/account/register/", typed))
    assert "22 April 1990 CE (27 Ramadan 1410 AH)" in page
