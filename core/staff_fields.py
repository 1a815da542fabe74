"""The form fields of the staff site's own forms, which read typed text as the portal's forms do."""

from typing import Any

from django import forms
from django.db import models

from core.text import TextField


class _SlugField(TextField, forms.SlugField):
    pass


# For `formfield_overrides` of an admin whose rows are typed in.
STAFF_FIELDS: dict[type[models.Field], dict[str, Any]] = {
    models.CharField: {"form_class": TextField},
    models.SlugField: {"form_class": _SlugField},
    models.TextField: {"form_class": TextField, "multiline": True},
}
