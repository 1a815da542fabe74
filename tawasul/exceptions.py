"""What an action raises when a rule forbids it."""

from django import forms
from django.utils.functional import Promise


class RuleViolation(Exception):
    """A rule was broken: `message` is for the person, `code` for the program."""

    def __init__(self, message: "str | Promise", code: str) -> None:
        super().__init__(code)
        self.message = message
        self.code = code

    def show_on(self, form: "forms.Form") -> None:
        """Beside the field that the code names, or above the form."""
        form.add_error(self.code if self.code in form.fields else None, self.message)
