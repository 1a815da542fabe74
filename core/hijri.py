"""Umm al-Qura and Gregorian dates, side by side, as people read them.

hijridate knows 1343 to 1500 AH (1 August 1924 to 16 November 2077); outside that range it raises
OverflowError, and a date is then shown in the Gregorian calendar alone.
"""

import datetime
from calendar import monthrange

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from hijridate import Gregorian, Hijri

from core.text import ascii_digits, clean

# One list of month names each: Django, CLDR and hijridate spell some of them differently.
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

YEARS_OF_AN_ADULT = 18
_FIRST_YEAR = 1900
RAMADAN = 9


def hijri_date(day: datetime.date) -> tuple[int, int, int]:
    """Year, month and day of `day` in the Umm al-Qura calendar; OverflowError outside its range."""
    return Gregorian.fromdate(day).to_hijri().datetuple()


def both_calendars(moment: datetime.date | datetime.datetime, language: str | None = None) -> str:
    """A date in words in both calendars, the one usual in `language` first.

    A moment is taken as the day it is in the Kingdom. `language` is the active one unless told.
    """
    language = language or get_language() or "ar"
    if isinstance(moment, datetime.datetime):
        moment = timezone.localtime(moment).date()
    hijri_era, gregorian_era = _ERAS[language]
    month = _GREGORIAN_MONTHS[language][moment.month - 1]
    gregorian = f"{moment.day} {month} {moment.year} {gregorian_era}"
    try:
        year, hijri_month, day = hijri_date(moment)
    except OverflowError:
        return gregorian
    hijri = f"{day} {_HIJRI_MONTHS[language][hijri_month - 1]} {year} {hijri_era}"
    first, second = (hijri, gregorian) if language == "ar" else (gregorian, hijri)
    return f"{first} ({second})"


def hijri_to_gregorian(year: int, month: int, day: int) -> datetime.date:
    """The day in the Gregorian calendar; ValueError for none, or outside 1343 to 1500 AH."""
    try:
        return Hijri(year, month, day).to_gregorian()
    except OverflowError as error:
        raise ValueError(str(error)) from error


def dates_of(day: datetime.date, language: str | None = None) -> tuple[tuple[int, int, int], ...]:
    """Year, month and day in the calendar usual in `language`, and in the other one."""
    gregorian = (day.year, day.month, day.day)
    both = (hijri_date(day), gregorian)
    return both if (language or get_language() or "ar") == "ar" else both[::-1]


def day_in_other_calendar(day: datetime.date) -> str:
    """The number of the day in the month of the calendar that comes second, with its era."""
    language = get_language() or "ar"
    era = _ERAS[language][1 if language == "ar" else 0]
    return f"{dates_of(day)[1][2]} {era}"


def months_in_both_calendars(first: datetime.date, last: datetime.date) -> str:
    """The months from one day to another in both calendars, the one usual in the language first."""
    language = get_language() or "ar"
    hijri_era, gregorian_era = _ERAS[language]
    hijri = _months(hijri_date(first), hijri_date(last), _HIJRI_MONTHS[language], hijri_era)
    ends = (first.timetuple()[:2], last.timetuple()[:2])
    gregorian = _months(*ends, _GREGORIAN_MONTHS[language], gregorian_era)
    return f"{hijri} ({gregorian})" if language == "ar" else f"{gregorian} ({hijri})"


def _months(first, last, names, era):
    begins, ends = names[first[1] - 1], names[last[1] - 1]
    if first[0] != last[0]:
        return f"{begins} {first[0]} – {ends} {last[0]} {era}"
    return f"{begins} {first[0]} {era}" if begins == ends else f"{begins} – {ends} {last[0]} {era}"


def is_ramadan(day: datetime.date) -> bool:
    return hijri_date(day)[1] == RAMADAN


def month_of(year: int, month: int) -> tuple[datetime.date, datetime.date]:
    """First and last day of a Hijri month; ValueError outside 1343 to 1500 AH."""
    first = hijri_to_gregorian(year, month, 1)
    return first, first + datetime.timedelta(days=Hijri(year, month, 1).month_length() - 1)


def latest_birth_of_an_adult(today: datetime.date | None = None) -> datetime.date:
    """Whoever was born by this day is of age today: 18 full Hijri years.

    Civil Transactions Law (Royal Decree M/191 of 1444 AH), article 12.
    """
    year, month, day = hijri_date(today or timezone.localdate())
    # Somebody born on the 30th comes of age after the 29th of a month that has no 30th.
    length = Hijri(year - YEARS_OF_AN_ADULT, month, 1).month_length()
    return hijri_to_gregorian(year - YEARS_OF_AN_ADULT, month, min(day, length))


class Calendar(models.TextChoices):
    """What the three numbers of a date mean."""

    HIJRI = "hijri", _("Hijri")
    GREGORIAN = "gregorian", _("Gregorian")


class _DateInput(forms.MultiWidget):
    template_name = "forms/date.html"
    use_fieldset = True

    def __init__(self) -> None:
        number = {"inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}
        super().__init__(
            {
                "calendar": forms.Select(choices=Calendar.choices),
                "day": forms.TextInput(number),
                "month": forms.TextInput(number),
                "year": forms.TextInput(number),
            }
        )

    def get_context(
        self, name: str, value: list | datetime.date | None, attrs: dict | None
    ) -> dict:
        """With the day that stands in the field in both calendars, where it is one."""
        context = super().get_context(name, value, attrs)
        parts = value if isinstance(value, list) else self.decompress(value)
        try:
            day = EitherCalendarDateField().clean([str(part or "") for part in parts])
        except ValidationError:
            day = None
        context["widget"]["in_both"] = both_calendars(day) if day else ""
        return context

    def decompress(self, value: datetime.date | None) -> list:
        if value is None:
            usual = Calendar.HIJRI if get_language() == "ar" else Calendar.GREGORIAN
            return [usual, "", "", ""]
        return [Calendar.GREGORIAN, value.day, value.month, value.year]


def _month(calendar, year, month):
    """In words, and how many days it has; ValueError for one in which nobody can be born."""
    language = get_language() or "ar"
    hijri_era, gregorian_era = _ERAS[language]
    if calendar == Calendar.HIJRI:
        first, last = month_of(year, month)
        name = _HIJRI_MONTHS[language][month - 1]
        return f"{name} {year} {hijri_era}", (last - first).days + 1
    # It is a Hijri year, or the end of one.
    if year < _FIRST_YEAR:
        raise ValueError(year)
    days = monthrange(year, month)[1]
    return f"{_GREGORIAN_MONTHS[language][month - 1]} {year} {gregorian_era}", days


class EitherCalendarDateField(forms.Field):
    """A past day, typed as day, month and year of the calendar that is chosen beside them."""

    widget = _DateInput
    default_error_messages = {
        "required": _("Enter the day, the month and the year."),
        "numbers": _("Enter the day, the month and the year in digits, for example 27 9 1410."),
        "invalid": _("There is no such day in this calendar. Check the calendar and the date."),
        "month": _("%(month)s has only %(days)s days. Check the calendar and the day."),
        "future": _("This day is still to come. Check the calendar and the year."),
    }

    def to_python(self, value: list | None) -> datetime.date | None:
        calendar, *numbers = value or [None]
        numbers = [ascii_digits(clean(number or "")) for number in numbers]
        if not any(numbers):
            return None
        if not all(len(n) <= 4 and n.isascii() and n.isdigit() for n in numbers):
            raise ValidationError(self.error_messages["numbers"], code="numbers")
        day, month, year = map(int, numbers)
        try:
            name, days = _month(calendar, year, month)
            if day > days:
                raise ValidationError(
                    self.error_messages["month"],
                    code="month",
                    params={"month": name, "days": days},
                )
            to_date = hijri_to_gregorian if calendar == Calendar.HIJRI else datetime.date
            born = to_date(year, month, day)
        except ValueError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        if born > timezone.localdate():
            raise ValidationError(self.error_messages["future"], code="future")
        return born


class DateForm(forms.Form):
    """A date field by itself, as it is read while somebody types."""

    day = EitherCalendarDateField()
