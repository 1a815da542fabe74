"""The form fields of offices, hours and closures on the staff site."""

from typing import Any

from django import forms
from django.db import models

from appointments.forms import SafeMultipleChoiceField
from core.staff_fields import STAFF_FIELDS

FIELDS: dict[type[models.Field], dict[str, Any]] = {
    **STAFF_FIELDS,
    models.ManyToManyField: {
        "form_class": SafeMultipleChoiceField,
        "widget": forms.CheckboxSelectMultiple,
    },
}
