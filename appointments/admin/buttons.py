"""The buttons of the desk."""

from collections.abc import Container, Iterable
from functools import partial
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy, pgettext_lazy

from appointments import actions
from appointments.models import Appointment
from core.staff_buttons import Button

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

# Buttons that clerks press a hundred times a day have a key.
BUTTONS = {
    "check-in": Button(
        gettext_lazy("Check in"),
        actions.check_in,
        gettext_lazy("The person is checked in."),
        key=pgettext_lazy("a key of the keyboard", "k"),
    ),
    "check-in-early": Button(
        gettext_lazy("Check in anyway"),
        partial(actions.check_in, is_early=True),
        gettext_lazy("The person is checked in."),
    ),
    "call": Button(
        pgettext_lazy("a button that asks somebody to the counter", "Call"),
        actions.call,
        gettext_lazy("The number is on the screen of the waiting room."),
        key=pgettext_lazy("a key of the keyboard", "c"),
    ),
    "served": Button(
        gettext_lazy("Served"),
        actions.serve,
        gettext_lazy("The person has been served."),
        key=pgettext_lazy("a key of the keyboard", "v"),
    ),
    "missed": Button(
        gettext_lazy("Did not come"),
        actions.mark_no_show,
        gettext_lazy("The appointment is marked as missed."),
    ),
    # What a manager says of those whom the desk has left unmarked.
    "was-served": Button(
        gettext_lazy("Was served"),
        partial(actions.settle, outcome=Appointment.Status.SERVED),
        gettext_lazy("The appointment is marked as served."),
    ),
    "left": Button(
        gettext_lazy("Left without being served"),
        partial(actions.settle, outcome=Appointment.Status.NO_SHOW),
        gettext_lazy("The appointment is marked as missed."),
    ),
}
OF_MANAGERS = ("was-served", "left")


def buttons_of(
    names: Iterable[str], with_keys: Container[str] = ()
) -> list[tuple[str, "_StrOrPromise", "_StrOrPromise"]]:
    """Return [(name, label, key)] of these buttons; the key is "" unless in `with_keys`."""
    return [
        (name, BUTTONS[name].label, BUTTONS[name].key if name in with_keys else "")
        for name in names
    ]
