"""How a field of a form is shown: by crispy-forms, and once where it says nothing personal."""

from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field
from django import template
from django.core.cache import cache
from django.forms import BoundField
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from core.digests import digest_of
from core.row_fields import RowField

register = template.Library()

# The prefix of what this process keeps.
KEPT = "field"


@register.filter
def as_field(field: BoundField) -> SafeString:
    """Return the field as crispy-forms shows it.

    A choice among reference data is rendered once for each language, choice and set of choices; one
    with an error is rendered each time.
    """
    row_field = field.field
    if field.errors or not (isinstance(row_field, RowField) and row_field.is_same_for_all):
        return as_crispy_field(field)
    choices = [
        (str(value), str(label), getattr(label, "hint", "")) for value, label in row_field.choices
    ]
    # What somebody has made up is no choice, and looks like none.
    chosen = next((value for value, *_label in choices if value == str(field.value())), "")
    label, is_bound = str(field.label), field.form.is_bound
    shown = [get_language(), field.html_name, label, is_bound, chosen, choices]
    key = f"{KEPT}:{digest_of(shown)}"
    markup = str(cache.get_or_set(key, lambda: str(as_crispy_field(field))))
    return mark_safe(markup)  # noqa: S308  # crispy's own
