"""A form field for a past day, typed in either calendar."""

import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.hijri import Calendar, both_calendars, hijri_to_gregorian, month_in_words
from core.text import read_number

# Those of people's lives; no year is in both.
HIJRI_YEARS, GREGORIAN_YEARS = range(1300, 1500), range(1880, 2100)


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
        """Add `in_both`, the entered day in both calendars, or "" while the entry is not a day."""
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


def _calendar_of(year: int) -> Calendar | None:
    """Return the calendar that a year can be of, or None for one that is of neither."""
    if year in HIJRI_YEARS:
        return Calendar.HIJRI
    return Calendar.GREGORIAN if year in GREGORIAN_YEARS else None


class EitherCalendarDateField(forms.Field):
    """A past day, typed as day, month and year, with a choice of the calendar.

    The year of a living person tells which calendar it is of, so that who has overlooked the choice
    is understood all the same; the page says the day in both.
    """

    widget = _DateInput
    default_error_messages = {
        "required": _("Enter the day, the month and the year."),
        "calendar": _("Choose the calendar of this date: Hijri or Gregorian."),
        "numbers": _("Enter the day, the month and the year in digits, for example 27 9 1410."),
        "invalid": _("There is no such day in this calendar. Check the calendar and the date."),
        "month": _("%(month)s has only %(days)s days. Check the calendar and the day."),
        "future": _("This day is still to come. Check the calendar and the year."),
    }

    def to_python(self, value: list | None) -> datetime.date | None:
        calendar, *numbers = value or [None]
        numbers = [read_number(number) for number in numbers]
        if not any(numbers):
            return None
        if calendar not in Calendar.values:
            raise ValidationError(self.error_messages["calendar"], code="calendar")
        if not all(len(n) <= 4 and n.isascii() and n.isdigit() for n in numbers):
            raise ValidationError(self.error_messages["numbers"], code="numbers")
        day, month, year = map(int, numbers)
        calendar = _calendar_of(year) or Calendar(calendar)
        try:
            name, days = month_in_words(calendar, year, month)
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
    """A single date field, for the request that the page sends while the user types."""

    day = EitherCalendarDateField()
