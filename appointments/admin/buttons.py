"""What a clerk can press."""

from django.utils.translation import gettext_lazy, pgettext_lazy

from appointments import actions

# What a clerk can press, and what is told afterwards.
BUTTONS = {
    "check-in": (
        actions.check_in,
        gettext_lazy("Check in"),
        gettext_lazy("The person is checked in."),
    ),
    "call": (
        actions.call,
        pgettext_lazy("a button that asks somebody to the counter", "Call"),
        gettext_lazy("The number is on the screen of the waiting room."),
    ),
    "served": (
        actions.serve,
        gettext_lazy("Served"),
        gettext_lazy("The person has been served."),
    ),
    "missed": (
        actions.mark_no_show,
        gettext_lazy("Did not come"),
        gettext_lazy("The appointment is marked as missed."),
    ),
}
# What is pressed a hundred times a day; the field of the scanner has the check-in.
KEYS = {
    "check-in": pgettext_lazy("a key of the keyboard", "k"),
    "call": pgettext_lazy("a key of the keyboard", "c"),
    "served": pgettext_lazy("a key of the keyboard", "v"),
}


def buttons_of(names, keys=()):
    """The buttons of a row or a page; those that are in `keys` with the key that presses them."""
    return [(name, BUTTONS[name][1], KEYS[name] if name in keys else "") for name in names]
