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


def typed(*parts):
    return dict(zip(("calendar", "day", "month", "year"), parts, strict=True))


def test_day_is_shown_in_both_calendars():
    for language, calendar, *parts, text in (
        ("en", "hijri", "27", "9", "1410", "22 April 1990 CE (27 Ramadan 1410 AH)"),
        ("ar", "hijri", "٢٧", "٩", "١٤١٠", "27 رمضان 1410 هـ (22 أبريل 1990 م)"),
        ("ar", "gregorian", "22", "4", "1990", "27 رمضان 1410 هـ (22 أبريل 1990 م)"),
    ):
        assert converted(language, **typed(calendar, *parts)) == text


def test_invalid_day_gets_empty_answer():
    for parts in (
        *({}, {"calendar": "hijri"}, typed("hijri", "30", "13", "1410")),
        *(typed("hijri", "1", "1", "14"), typed("gregorian", "31", "2", "1990")),
        *(typed("gregorian", "1", "1", "2999"), typed("lunar", "1", "1", "1410")),
        typed("hijri", "x" * 10_000, "<b>", "\x01"),
    ):
        assert converted(**parts) == "", parts


def test_conversion_accepts_only_post():
    assert Client().get("/en/other-date/?day_day=1").status_code == 405


def test_page_with_errors_shows_day_without_scripts():
    typed = {"born_calendar": "hijri", "born_day": "27", "born_month": "9", "born_year": "1410"}
    page = words(Client().post("/en/account/register/", typed))
    assert "22 April 1990 CE (27 Ramadan 1410 AH)" in page
