"""The form fields of offices, hours and closures on the staff site."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db import models
from django.db.models import QuerySet

from core.accounts.people import MAX_KEY_LENGTH
from core.staff_fields import STAFF_FIELDS


class SafeMultipleChoiceField(forms.ModelMultipleChoiceField):
    """A choice of several rows by their keys, which may be sent at any length."""

    def clean(self, value: Iterable[Any] | None) -> QuerySet:
        """Refuse a number that is longer than any key as an invalid choice."""
        for pk in value or ():
            if len(str(pk)) > MAX_KEY_LENGTH:
                raise forms.ValidationError(
                    self.error_messages["invalid_choice"],
                    code="invalid_choice",
                    params={"value": pk},
                )
        return super().clean(value)


FIELDS: dict[type[models.Field], dict[str, Any]] = {
    **STAFF_FIELDS,
    models.ManyToManyField: {
        "form_class": SafeMultipleChoiceField,
        "widget": forms.CheckboxSelectMultiple,
    },
}
