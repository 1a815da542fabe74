"""The form fields of the staff site's own forms, which read typed text as the portal's forms do."""

import datetime
import re
from typing import Any

from django import forms
from django.db import models
from django.forms.utils import from_current_timezone
from django.utils.translation import gettext_lazy as _

from core.hijri import both_calendars, hijri_to_gregorian
from core.text import TextField, read_number

# Year, month and day of the Hijri calendar, or the other way round.
_HIJRI_DAY = re.compile(
    "(1[345][0-9]{2}|[0-9]{1,2})[-/]([0-9]{1,2})[-/](1[345][0-9]{2}|[0-9]{1,2})"
)
# A day, and after it a time of day.
_MOMENT = re.compile(r"(\S+)[\sT]+([0-9]{1,2}:[0-9]{2})")
_NUMBER = {"autocomplete": "off", "dir": "ltr"}


class _SlugField(TextField, forms.SlugField):
    pass


class _InAnyDigits(forms.Field):
    """A mixin for fields that are typed in digits of any script.

    They are plain text inputs: the browser's own inputs for numbers, days and times take 0-9 alone.
    """

    example: Any = ""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["help_text"] = kwargs.get("help_text") or self.example
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        return super().to_python(read_number(value) if isinstance(value, str) else value)


class WholeNumberField(_InAnyDigits, forms.IntegerField):
    widget = forms.TextInput({**_NUMBER, "inputmode": "numeric"})
    default_error_messages = {"invalid": _("Enter a whole number in digits, for example 15.")}


class _DecimalField(_InAnyDigits, forms.DecimalField):
    default_error_messages = {"invalid": _("Enter a number in digits, for example 24.7136.")}

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.replace("\u066b", ".").replace("\u2212", "-")
        return super().to_python(value)


class _DayInput(forms.DateInput):
    """A day as it is typed, and below it the same day in words, in both calendars."""

    template_name = "forms/staff_day.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        is_day = isinstance(value, datetime.date)
        context["widget"]["in_both"] = both_calendars(value) if is_day else ""
        return context


class _DayField(_InAnyDigits, forms.DateField):
    """A day in either calendar, told apart by the year."""

    example = _("For example 2026-06-05, or 1447-12-19.")
    default_error_messages = {
        "invalid": _("Enter the day as year, month and day, for example 2026-06-05.")
    }

    def to_python(self, value: Any) -> Any:
        found = _HIJRI_DAY.fullmatch(read_number(value)) if isinstance(value, str) else None
        if not found:
            return super().to_python(value)
        first, month, last = map(int, found.groups())
        year, day = (first, last) if first > last else (last, first)
        try:
            return hijri_to_gregorian(year, month, day)
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class _TimeField(_InAnyDigits, forms.TimeField):
    example = _("For example 08:30.")
    default_error_messages = {"invalid": _("Enter hours and minutes, for example 08:30.")}


class _MomentField(_InAnyDigits, forms.DateTimeField):
    """A day in either calendar with a time of day, in the Kingdom."""

    example = _("For example 2026-06-05 08:30, or 1447-12-19 08:30.")
    default_error_messages = {
        "invalid": _("Enter the day and the time, for example 2026-06-05 08:30.")
    }

    def to_python(self, value: Any) -> datetime.datetime | None:
        text = read_number(value) if isinstance(value, str) else value
        if text in self.empty_values:
            return None
        try:
            day, time = _MOMENT.fullmatch(text).groups()  # type: ignore[union-attr]  # caught below
            naive = datetime.datetime.combine(_DayField().clean(day), _TimeField().clean(time))
            # The first and the last year reach beyond those of the database in other time zones.
            if datetime.MINYEAR < naive.year < datetime.MAXYEAR:
                return from_current_timezone(naive)
        except (AttributeError, forms.ValidationError):
            pass
        raise forms.ValidationError(self.error_messages["invalid"], code="invalid")


# For `formfield_overrides` of an admin whose rows are typed in.
STAFF_FIELDS: dict[type[models.Field], dict[str, Any]] = {
    models.CharField: {"form_class": TextField},
    models.SlugField: {"form_class": _SlugField},
    models.TextField: {"form_class": TextField, "multiline": True},
    models.IntegerField: {"form_class": WholeNumberField, "widget": WholeNumberField.widget},
    models.DecimalField: {"form_class": _DecimalField, "widget": forms.TextInput(_NUMBER)},
    models.DateField: {
        "form_class": _DayField,
        "widget": _DayInput(_NUMBER, format="%Y-%m-%d"),
    },
    models.DateTimeField: {
        "form_class": _MomentField,
        "widget": forms.DateTimeInput(_NUMBER, format="%Y-%m-%d %H:%M"),
    },
    models.TimeField: {
        "form_class": _TimeField,
        "widget": forms.TimeInput(_NUMBER, format="%H:%M"),
    },
}
