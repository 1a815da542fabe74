"""The form field for a mobile number."""

from typing import Any

import phonenumbers
from django import forms
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField
from phonenumber_field.phonenumber import PhoneNumber

from core.text import WholeTextField, read_number

_MOBILE_TYPES = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
)


class MobileField(WholeTextField, PhoneNumberField):
    """A mobile number in any common spelling; without a country code it is a Saudi one."""

    default_error_messages = {
        "invalid": _(
            "Enter a mobile number, for example 05XXXXXXXX, "
            "or with the country code for a number from abroad."
        ),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=40,
            region="SA",  # type: ignore[call-arg]  # PhoneNumberField takes it
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
        return super().to_python(read_number(value))

    def _validate_mobile(self, number: PhoneNumber) -> None:
        if not (number.is_valid() and phonenumbers.number_type(number) in _MOBILE_TYPES):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
