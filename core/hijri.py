"""Dates in the Umm al-Qura (Hijri) and Gregorian calendars, and their names in both languages.

hijridate knows 1343 to 1500 AH (1 August 1924 to 16 November 2077); outside that range it raises
OverflowError, and a date is then shown in the Gregorian calendar alone.
"""

import datetime
from calendar import monthrange
from collections.abc import Sequence
from functools import lru_cache

from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from hijridate import Gregorian, Hijri

# The portal has its own lists of month names, because Django, CLDR and hijridate spell some of
# them differently.
_HIJRI_MONTHS = {
    "ar": (
        "محرم",
        "صفر",
        "ربيع الأول",
        "ربيع الآخر",
        "جمادى الأولى",
        "جمادى الآخرة",
        "رجب",
        "شعبان",
        "رمضان",
        "شوال",
        "ذو القعدة",
        "ذو الحجة",
    ),
    "en": (
        "Muharram",
        "Safar",
        "Rabi al-Awwal",
        "Rabi al-Thani",
        "Jumada al-Ula",
        "Jumada al-Akhirah",
        "Rajab",
        "Shaban",
        "Ramadan",
        "Shawwal",
        "Dhu al-Qadah",
        "Dhu al-Hijjah",
    ),
}
_GREGORIAN_MONTHS = {
    "ar": (
        "يناير",
        "فبراير",
        "مارس",
        "أبريل",
        "مايو",
        "يونيو",
        "يوليو",
        "أغسطس",
        "سبتمبر",
        "أكتوبر",
        "نوفمبر",
        "ديسمبر",
    ),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}
_ERAS = {"ar": ("هـ", "م"), "en": ("AH", "CE")}
# No living person was born before this year: a smaller number is a Hijri year, or the last digits
# of a year.
FIRST_BIRTH_YEAR = 1900
RAMADAN = 9
# Pages name the same days over and over, those of the coming weeks and of births.
_DAYS_IN_MEMORY = 4096


@lru_cache(maxsize=_DAYS_IN_MEMORY)
def hijri_date(day: datetime.date) -> tuple[int, int, int]:
    """Return year, month and day of `day` in the Umm al-Qura calendar.

    Raise OverflowError outside its range.
    """
    return Gregorian.fromdate(day).to_hijri().datetuple()


def both_calendars(
    moment: datetime.date | datetime.datetime,
    language: str | None = None,
    *,
    with_year: bool = True,
) -> str:
    """Return a date in words in both calendars, the one usual in `language` first.

    A datetime counts as its day in the Kingdom. `language` defaults to the active one. Without the
    year, the eras are left out too: the months tell the calendars.
    """
    own, other = in_each_calendar(moment, language, with_year=with_year)
    return f"{own} ({other})" if other else own


def both_in_text(moment: datetime.date | datetime.datetime, language: str | None = None) -> str:
    """Return what `both_calendars` does, in Arabic in digits: a text has no room for the months.

    English texts hold more letters, and 3/4 could be read there as 4 March too.
    """
    language, day = language or get_language() or "ar", day_of(moment)
    if language != "ar":
        return both_calendars(day, language)
    (hijri_era, gregorian_era), (year, month, of_month) = _ERAS[language], hijri_date(day)
    own = f"{of_month}/{month}/{year}{hijri_era}"
    return f"{own} ({day.day}/{day.month}/{day.year}{gregorian_era})"


def in_each_calendar(
    moment: datetime.date | datetime.datetime,
    language: str | None = None,
    *,
    with_year: bool = True,
) -> tuple[str, str]:
    """Return a date in words in the calendar usual in `language`, and in the other one.

    The arguments are those of `both_calendars`. Outside the range of the Umm al-Qura calendar, the
    first is the Gregorian date and the second empty.
    """
    return _in_each_calendar(day_of(moment), language or get_language() or "ar", with_year)


def day_of(moment: datetime.date | datetime.datetime) -> datetime.date:
    """Return a day as it is, and the day in the Kingdom of a datetime."""
    return timezone.localdate(moment) if isinstance(moment, datetime.datetime) else moment


@lru_cache(maxsize=_DAYS_IN_MEMORY)
def _in_each_calendar(day: datetime.date, language: str, with_year: bool) -> tuple[str, str]:
    hijri_era, gregorian_era = _ERAS[language]
    gregorian = f"{day.day} {_GREGORIAN_MONTHS[language][day.month - 1]}"
    if with_year:
        gregorian += f" {day.year} {gregorian_era}"
    try:
        year, month, of_month = hijri_date(day)
    except OverflowError:
        return gregorian, ""
    hijri = f"{of_month} {_HIJRI_MONTHS[language][month - 1]}"
    if with_year:
        hijri += f" {year} {hijri_era}"
    return (hijri, gregorian) if language == "ar" else (gregorian, hijri)


def hijri_to_gregorian(year: int, month: int, day: int) -> datetime.date:
    """Return the Gregorian date of a Hijri one.

    Raise ValueError where there is no such day, or outside 1343 to 1500 AH.
    """
    try:
        return Hijri(year, month, day).to_gregorian()
    except OverflowError as error:
        raise ValueError(str(error)) from error


def dates_of(day: datetime.date, language: str | None = None) -> tuple[tuple[int, int, int], ...]:
    """Return (year, month, day) in the calendar usual in `language`, then in the other one."""
    gregorian = (day.year, day.month, day.day)
    both = (hijri_date(day), gregorian)
    return both if (language or get_language() or "ar") == "ar" else both[::-1]


def day_in_other_calendar(day: datetime.date) -> str:
    """Return the day of the month in the less usual calendar of the language, with its era."""
    language = get_language() or "ar"
    era = _ERAS[language][1 if language == "ar" else 0]
    return f"{dates_of(day)[1][2]} {era}"


def months_in_both_calendars(first: datetime.date, last: datetime.date) -> str:
    """Return the months from `first` to `last` in both calendars, the usual calendar first."""
    language = get_language() or "ar"
    hijri_era, gregorian_era = _ERAS[language]
    hijri = _months(hijri_date(first), hijri_date(last), _HIJRI_MONTHS[language], hijri_era)
    ends = (first.timetuple()[:2], last.timetuple()[:2])
    gregorian = _months(*ends, _GREGORIAN_MONTHS[language], gregorian_era)
    return f"{hijri} ({gregorian})" if language == "ar" else f"{gregorian} ({hijri})"


def _months(first: Sequence[int], last: Sequence[int], names: Sequence[str], era: str) -> str:
    begins, ends = names[first[1] - 1], names[last[1] - 1]
    if first[0] != last[0]:
        return f"{begins} {first[0]} – {ends} {last[0]} {era}"
    return f"{begins} {first[0]} {era}" if begins == ends else f"{begins} – {ends} {last[0]} {era}"


def is_ramadan(day: datetime.date) -> bool:
    return hijri_date(day)[1] == RAMADAN


def month_of(year: int, month: int) -> tuple[datetime.date, datetime.date]:
    """Return first and last day of a Hijri month; raise ValueError outside 1343 to 1500 AH."""
    first = hijri_to_gregorian(year, month, 1)
    return first, first + datetime.timedelta(days=Hijri(year, month, 1).month_length() - 1)


class Calendar(models.TextChoices):
    """The calendar in which a date is typed."""

    HIJRI = "hijri", _("Hijri")
    GREGORIAN = "gregorian", _("Gregorian")


def month_in_words(calendar: Calendar, year: int, month: int) -> tuple[str, int]:
    """Return the name of a month with its year, and its number of days.

    Raise ValueError for a Hijri month outside 1343 to 1500 AH, or a year before FIRST_BIRTH_YEAR.
    """
    language = get_language() or "ar"
    hijri_era, gregorian_era = _ERAS[language]
    if calendar == Calendar.HIJRI:
        first, last = month_of(year, month)
        name = _HIJRI_MONTHS[language][month - 1]
        return f"{name} {year} {hijri_era}", (last - first).days + 1
    if year < FIRST_BIRTH_YEAR:
        raise ValueError(year)
    days = monthrange(year, month)[1]
    return f"{_GREGORIAN_MONTHS[language][month - 1]} {year} {gregorian_era}", days
