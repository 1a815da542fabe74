"""Identity numbers, mobiles and the reference numbers that people quote on the phone."""

import re
import secrets

import phonenumbers
from django import forms
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField
from stdnum import luhn

from core.text import ascii_digits, clean

_SEPARATORS = re.compile(r"[\s\-‐-―./_]+")
_IDENTITY_NUMBER = re.compile(r"[1-47][0-9]{9}")
_MOBILE_TYPES = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
)


class IdentityKind(models.TextChoices):
    """Told by the number's first digit (SAMA rulebook, node 2420, for citizen and resident)."""

    CITIZEN = "citizen", _("citizen")
    RESIDENT = "resident", _("resident")
    VISITOR = "visitor", _("visitor")
    ESTABLISHMENT = "establishment", _("establishment")


_KIND_BY_FIRST_DIGIT = {
    "1": IdentityKind.CITIZEN,
    "2": IdentityKind.RESIDENT,
    "3": IdentityKind.VISITOR,
    "4": IdentityKind.VISITOR,
    "7": IdentityKind.ESTABLISHMENT,
}


def bare_digits(raw: str) -> str:
    """`raw` with digits as 0-9 and without spaces, dashes, dots and marks between them."""
    return _SEPARATORS.sub("", ascii_digits(clean(raw)))


def is_identity_number(number: str) -> bool:
    """Whether `number`, already normalised, has the shape of one of the four kinds.

    The check digit (Luhn) has no official source, so a setting says whether it counts, and then
    for citizens and residents alone; the registry decides in the end.
    """
    if not _IDENTITY_NUMBER.fullmatch(number):
        return False
    checked = settings.IDENTITY_CHECK_DIGIT and number[0] in "12"
    return luhn.is_valid(number) if checked else True


def identity_kind(number: str) -> IdentityKind:
    """The kind of a normalised identity number; KeyError for anything else."""
    return IdentityKind(_KIND_BY_FIRST_DIGIT[number[0]])


class ReferenceConverter:
    """A reference in an address; any other twelve digits lead to nothing."""

    regex = "[0-9]{12}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


def masked(number: str) -> str:
    """All but the last three digits hidden, so that its owner alone knows it again."""
    return "•••• " + str(number)[-3:]


def new_reference() -> str:
    """Twelve digits, the first an 8 (no identity number begins so), the last a Luhn check digit."""
    body = "8" + "".join(secrets.choice("0123456789") for _place in range(10))
    return body + luhn.calc_check_digit(body)


def grouped_reference(reference: str) -> str:
    """As people read it out: four and four and four digits."""
    return f"{reference[:4]}-{reference[4:8]}-{reference[8:]}"


class _DigitsInput(forms.TextInput):
    def __init__(self, attrs=None):
        super().__init__({"inputmode": "numeric", "dir": "ltr", **(attrs or {})})


class IdentityNumberField(forms.CharField):
    """A national ID, iqama, border or establishment number, typed in any script of digits."""

    widget = _DigitsInput
    default_error_messages = {
        "invalid": _(
            "An ID number has 10 digits and begins with 1, 2, 3, 4 or 7. "
            "Check the number and type it again."
        ),
    }

    def __init__(self, **kwargs):
        kwargs.setdefault("max_length", 40)
        super().__init__(**kwargs)

    def to_python(self, value):
        return bare_digits(super().to_python(value))

    def validate(self, value):
        super().validate(value)
        if value and not is_identity_number(value):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")


class MobileField(PhoneNumberField):
    """A mobile number in any common spelling; without a country code it is the Kingdom's."""

    default_error_messages = {
        "invalid": _(
            "Enter a mobile number, for example 05XXXXXXXX, "
            "or with the country code for a number from abroad."
        ),
    }

    def __init__(self, **kwargs):
        super().__init__(max_length=40, region="SA", **kwargs)
        self.validators = [self._is_mobile]

    def widget_attrs(self, widget):
        return {
            **super().widget_attrs(widget),
            "inputmode": "tel",
            "autocomplete": "tel",
            "dir": "ltr",
        }

    def to_python(self, value):
        return super().to_python(ascii_digits(clean(str(value or ""))))

    def _is_mobile(self, number):
        if not (number.is_valid() and phonenumbers.number_type(number) in _MOBILE_TYPES):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
