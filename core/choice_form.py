"""A form with open choices."""

from typing import Any

from django import forms


class ChoiceForm(forms.Form):
    """A form whose choices are not made yet when it is shown."""

    fields: dict[str, Any]  # each has the attributes of its own class

    # With `required`, Chrome tells users of a screen reader that a choice not yet made is wrong.
    use_required_attribute = False
