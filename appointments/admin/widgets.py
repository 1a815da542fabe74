"""Form widgets of the staff site that run under the policy for styles."""

from django import forms
from django.db import models

from appointments.forms import SafeMultipleChoiceField

# The browser's own pickers, as those of the admin need styles that the policy forbids.
WIDGETS = {
    models.ManyToManyField: {
        "form_class": SafeMultipleChoiceField,
        "widget": forms.CheckboxSelectMultiple,
    },
    models.DateField: {"widget": forms.DateInput({"type": "date"}, format="%Y-%m-%d")},
    models.TimeField: {"widget": forms.TimeInput({"type": "time"}, format="%H:%M")},
}
