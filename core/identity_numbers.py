"""Identity numbers: their format, the kind that the first digit tells, and the form field."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from stdnum import luhn

from core.text import TextField, bare_digits

_IDENTITY_NUMBER = re.compile(r"[1-47][0-9]{9}")


class IdentityKind(models.TextChoices):
    """The kind of an identity, which the number's first digit tells.

    Source for citizen and resident: SAMA rulebook, node 2420.
    """

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


def is_identity_number(number: str) -> bool:
    """Return whether `number`, already normalised, has the format of one of the four kinds.

    The check digit has no official source, so a wrong one is refused only if the setting
    IDENTITY_CHECK_DIGIT is on; the registry decides in the end.
    """
    if not _IDENTITY_NUMBER.fullmatch(number):
        return False
    return not (settings.IDENTITY_CHECK_DIGIT and has_wrong_check_digit(number))


def has_wrong_check_digit(number: str) -> bool:
    """Return whether the check digit (Luhn) is wrong; only citizens and residents have one."""
    return number[0] in "12" and not luhn.is_valid(number)


def identity_kind(number: str) -> IdentityKind:
    """Return the kind of a normalised identity number; raise KeyError for other first digits."""
    return IdentityKind(_KIND_BY_FIRST_DIGIT[number[0]])


class _DigitsInput(forms.TextInput):
    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "numeric", "dir": "ltr", **(attrs or {})})


class IdentityNumberField(TextField):
    """A national ID, iqama, border or establishment number, typed in digits of any script."""

    widget = _DigitsInput
    default_error_messages = {
        "invalid": _(
            "An ID number has 10 digits and begins with 1, 2, 3, 4 or 7. "
            "Check the number and type it again."
        ),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 40)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        return bare_digits(super().to_python(value))

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not is_identity_number(value):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
