"""The exception that an action raises when a rule forbids it, and those of a missing database."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django import forms
from django.db import DatabaseError, InterfaceError, OperationalError

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


class RuleViolation(Exception):
    """A broken rule: `message` is shown to the user, `code` is for the program.

    `also` holds the other rules that the same input breaks, so that the user can correct all of
    them at once.
    """

    def __init__(
        self, message: "_StrOrPromise", code: str, also: "Sequence[RuleViolation]" = ()
    ) -> None:
        super().__init__(code)
        self.message = message
        self.code = code
        self.also = also

    def show_on(self, form: "forms.Form") -> None:
        """Add each message to the field that its code names, or to the form as a whole."""
        for broken in (self, *self.also):
            form.add_error(broken.code if broken.code in form.fields else None, broken.message)


def is_without_database(error: BaseException | None) -> bool:
    """Return whether the error says that the database is down, restarting or has gone away.

    psycopg2 raises exactly DatabaseError, none of its subclasses, where the server closes the
    connection.
    """
    return type(error) is DatabaseError or isinstance(error, OperationalError | InterfaceError)
