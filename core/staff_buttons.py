"""The buttons on a page of the staff site."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


@dataclass(frozen=True)
class Button:
    """A button: its label, the action `act`, and the message `done` for when it succeeded.

    `form` reads the arguments of the action beyond the actor and the object; `permission` is the
    short name that the list's admin checks; `key` is the keyboard shortcut, which presses the first
    button of its kind on the page.
    """

    label: "_StrOrPromise"
    act: Callable
    done: "_StrOrPromise"
    form: type[forms.Form] | None = None
    permission: str = ""
    key: "_StrOrPromise" = ""
