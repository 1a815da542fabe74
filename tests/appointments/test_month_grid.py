"""The month grid for choosing a day: in the calendar of the language, with the other beside."""

import datetime

import pytest
from django.utils import translation

from appointments.month_grid import months_of

JUMADA = "جمادى الآخرة 1448 هـ (نوفمبر – ديسمبر 2026 م)"


def months(language, first, count=31):
    """Return the names of the months that these days make, and the weeks of each."""
    days = [first + datetime.timedelta(days=ahead) for ahead in range(count)]
    with translation.override(language):
        names, weeks = zip(*months_of(days, {days[0]: 7}), strict=True)
    return list(names), weeks


@pytest.mark.parametrize(
    ("language", "first", "names"),
    [
        (
            "en",
            datetime.date(2026, 11, 23),
            [
                "November 2026 CE (Jumada al-Akhirah 1448 AH)",
                "December 2026 CE (Jumada al-Akhirah – Rajab 1448 AH)",
            ],
        ),
        ("ar", datetime.date(2026, 11, 23), [JUMADA, "رجب 1448 هـ (ديسمبر 2026 م)"]),
        (
            "en",
            datetime.date(2026, 6, 1),
            [
                "June 2026 CE (Dhu al-Hijjah 1447 – Muharram 1448 AH)",
                "July 2026 CE (Muharram 1448 AH)",
            ],
        ),
        (
            "ar",
            datetime.date(2026, 12, 20),
            ["رجب 1448 هـ (ديسمبر 2026 – يناير 2027 م)", "شعبان 1448 هـ (يناير 2027 م)"],
        ),
    ],
)
def test_months_follow_language_and_name_both_calendars(language, first, names):
    assert months(language, first)[0] == names


@pytest.mark.parametrize(
    ("language", "numbers"),
    [
        ("en", [[None, 23, 24, 25, 26, 27, 28], [29, 30, None, None, None, None, None]]),
        (
            "ar",
            [
                [None, 13, 14, 15, 16, 17, 18],
                [19, 20, 21, 22, 23, 24, 25],
                [26, 27, 28, 29, None, None, None],
            ],
        ),
    ],
)
def test_weeks_begin_on_sunday_and_end_with_the_month(language, numbers):
    first_month = months(language, datetime.date(2026, 11, 23))[1][0]
    with translation.override(language):
        assert [[day and day.number for day in week] for week in first_month] == numbers
    assert [day.what for week in first_month for day in week if day][:2] == [7, None]
