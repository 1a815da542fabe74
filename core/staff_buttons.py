"""What staff can press on a page of the staff site."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.utils.functional import Promise


@dataclass(frozen=True)
class Button:
    """An action, the label of its button, and what is said once it is `done`.

    `form` reads what the action needs beside the actor and the thing; `permission` is the short
    name that the list's admin asks for; `key` presses the button where it is the first of its kind.
    """

    label: Promise
    act: Callable
    done: Promise
    form: type[forms.Form] | None = None
    permission: str = ""
    key: Promise | str = ""
