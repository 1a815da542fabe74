"""The forms of pages, which keep what was typed when the language is switched."""

from typing import Any

from django import forms
from django.forms.utils import ErrorDict

from core.language_switch import SWITCH


class _Switchable(forms.BaseForm):
    """A form that is shown again as it was typed when its page is switched to the other language.

    It then has no errors, and is not valid, so that nothing is done.
    """

    # Whether the button in the header sends this form, or is a link that loses what was typed.
    keeps_typed = True

    @property
    def is_switched(self) -> bool:
        return SWITCH in (self.data or {})

    def full_clean(self) -> None:
        if not self.is_switched:
            super().full_clean()
            return
        self._errors = ErrorDict()
        self.cleaned_data: dict[str, Any] = {}

    def is_valid(self) -> bool:
        return super().is_valid() and not self.is_switched


class Form(_Switchable, forms.Form):
    """A form of a page, whose element in the template has the id `typed`."""


class ModelForm(_Switchable, forms.ModelForm):
    """A form for a row on the staff site."""


class ChoiceForm(Form):
    """A form whose choices are not made yet when it is shown."""

    fields: dict[str, Any]  # each has the attributes of its own class

    # With `required`, Chrome tells users of a screen reader that a choice not yet made is wrong.
    use_required_attribute = False
