"""What an action raises when a rule forbids it."""

from collections.abc import Sequence

from django import forms
from django.utils.functional import Promise


class RuleViolation(Exception):
    """A rule was broken: `message` is for the person, `code` for the program.

    `also` are others that were broken by the same input, so that all can be mended at once.
    """

    def __init__(
        self, message: "str | Promise", code: str, also: "Sequence[RuleViolation]" = ()
    ) -> None:
        super().__init__(code)
        self.message = message
        self.code = code
        self.also = also

    def show_on(self, form: "forms.Form") -> None:
        """Each beside the field that its code names, or above the form."""
        for broken in (self, *self.also):
            form.add_error(broken.code if broken.code in form.fields else None, broken.message)
