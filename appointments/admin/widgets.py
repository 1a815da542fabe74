"""Form widgets of the staff site that work under the content security policy."""

from typing import Any

from django import forms
from django.db import models

from appointments.forms import SafeMultipleChoiceField
from core.staff_fields import STAFF_FIELDS

# These are the browser's own pickers, as those of the admin need styles that the policy forbids.
WIDGETS: dict[type[models.Field], dict[str, Any]] = {
    **STAFF_FIELDS,
    models.ManyToManyField: {
        "form_class": SafeMultipleChoiceField,
        "widget": forms.CheckboxSelectMultiple,
    },
    models.DateField: {"widget": forms.DateInput({"type": "date"}, format="%Y-%m-%d")},
    models.TimeField: {"widget": forms.TimeInput({"type": "time"}, format="%H:%M")},
}
