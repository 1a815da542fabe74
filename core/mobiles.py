"""The form field for a mobile number."""

import re
from typing import Any

import phonenumbers
from django import forms
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField
from phonenumber_field.phonenumber import PhoneNumber
from phonenumber_field.widgets import RegionalPhoneNumberWidget

from core.text import WholeTextField, read_number

# What people put between the digits. `phonenumbers` reads letters as digits, and passes over
# extensions, parameters of `tel:` and words, which makes another person's number of some texts.
_SEPARATORS = re.compile(r"[\s\-‐-―−./()\[\]_]+")
_NUMBER_ALONE = re.compile(r"[+＋]?[0-9]+")

_MOBILE_TYPES = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
)


class _MobileInput(RegionalPhoneNumberWidget):
    """Shows a number as it is written in the Kingdom, and what was typed as it was typed.

    The stock widget shows the number that it makes of what was typed, also where that is refused.
    """

    def format_value(self, value: Any) -> str | None:
        if isinstance(value, PhoneNumber):
            return super().format_value(value)
        return forms.TextInput.format_value(self, value)


class MobileField(WholeTextField, PhoneNumberField):
    """A mobile number in any common spelling; without a country code it is a Saudi one.

    Whatever else stands beside the number is refused and not passed over.
    """

    default_error_messages = {
        "invalid": _(
            "Enter a mobile number, for example 05XXXXXXXX, "
            "or with the country code for a number from abroad."
        ),
        "not_alone": _(
            "Enter one mobile number and nothing else, in digits, for example 05XXXXXXXX. "
            "Take out letters, signs and a second number."
        ),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=40,
            region="SA",  # type: ignore[call-arg]  # PhoneNumberField takes it
            widget=_MobileInput("SA"),
            **kwargs,
        )
        self.validators = [self._validate_mobile]

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {
            **super().widget_attrs(widget),
            "inputmode": "tel",
            "autocomplete": "tel",
            "dir": "ltr",
        }

    def to_python(self, value: Any) -> PhoneNumber | str:
        text = read_number(value)
        number = _SEPARATORS.sub("", text)
        if text and not _NUMBER_ALONE.fullmatch(number):
            raise forms.ValidationError(self.error_messages["not_alone"], code="not_alone")
        return super().to_python(number)

    def _validate_mobile(self, number: PhoneNumber) -> None:
        if not (number.is_valid() and phonenumbers.number_type(number) in _MOBILE_TYPES):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
