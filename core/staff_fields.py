"""The form fields of the staff site's own forms, which read typed text as the portal's forms do."""

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.text import TextField, read_number

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


class _DayField(_InAnyDigits, forms.DateField):
    example = _("For example 2026-06-05.")
    default_error_messages = {
        "invalid": _("Enter the day as year, month and day, for example 2026-06-05.")
    }


class _TimeField(_InAnyDigits, forms.TimeField):
    example = _("For example 08:30.")
    default_error_messages = {"invalid": _("Enter hours and minutes, for example 08:30.")}


# For `formfield_overrides` of an admin whose rows are typed in.
STAFF_FIELDS: dict[type[models.Field], dict[str, Any]] = {
    models.CharField: {"form_class": TextField},
    models.SlugField: {"form_class": _SlugField},
    models.TextField: {"form_class": TextField, "multiline": True},
    models.IntegerField: {"form_class": WholeNumberField, "widget": WholeNumberField.widget},
    models.DecimalField: {"form_class": _DecimalField, "widget": forms.TextInput(_NUMBER)},
    models.DateField: {
        "form_class": _DayField,
        "widget": forms.DateInput(_NUMBER, format="%Y-%m-%d"),
    },
    models.TimeField: {
        "form_class": _TimeField,
        "widget": forms.TimeInput(_NUMBER, format="%H:%M"),
    },
}
