"""The month grid for choosing a day: in the calendar of the language, with the other beside."""

import datetime

from django.utils import translation

from appointments.month_grid import months_of

NOVEMBER, JUNE = datetime.date(2026, 11, 23), datetime.date(2026, 6, 1)


def months(language, first, count=31):
    """Return the names of the months that these days make, and the weeks of each."""
    days = [first + datetime.timedelta(days=ahead) for ahead in range(count)]
    with translation.override(language):
        names, weeks = zip(*months_of(days, {days[0]: 7}), strict=True)
    return list(names), weeks


def test_months_follow_language_and_name_both_calendars():
    names = {
        ("en", NOVEMBER): [
            "November 2026 CE (Jumada al-Akhirah 1448 AH)",
            "December 2026 CE (Jumada al-Akhirah – Rajab 1448 AH)",
        ],
        ("ar", NOVEMBER): [
            *("جمادى الآخرة 1448 هـ (نوفمبر – ديسمبر 2026 م)", "رجب 1448 هـ (ديسمبر 2026 م)")
        ],
        ("en", JUNE): [
            "June 2026 CE (Dhu al-Hijjah 1447 – Muharram 1448 AH)",
            "July 2026 CE (Muharram 1448 AH)",
        ],
        ("ar", datetime.date(2026, 12, 20)): [
            *("رجب 1448 هـ (ديسمبر 2026 – يناير 2027 م)", "شعبان 1448 هـ (يناير 2027 م)")
        ],
    }
    assert {case: months(*case)[0] for case in names} == names


def test_weeks_begin_on_sunday_and_end_with_the_month():
    for language, numbers in (
        ("en", [[None, *range(23, 29)], [29, 30, *[None] * 5]]),
        ("ar", [[None, *range(13, 19)], [*range(19, 26)], [*range(26, 30), *[None] * 3]]),
    ):
        first_month = months(language, NOVEMBER)[1][0]
        with translation.override(language):
            assert [[day and day.number for day in week] for week in first_month] == numbers
        assert [day.what for week in first_month for day in week if day][:2] == [7, None]
