"""Tables of looks: each row has a name, an address and the steps on the page."""

from typing import Any

from tests.browser.looks import Look, look, staff_look
from tests.browser.looks.steps import press, save, save_nothing

AT_A_DESK = {"widths": (768, 1280)}
ON_ANY_SCREEN = {"widths": (320, 390, 768, 1280)}


def looks(who: str, *rows: tuple, **other: Any) -> tuple[Look, ...]:
    """Return the looks of one person, in the order of the rows."""
    return tuple(look(name, who, path, *first, **other) for name, path, *first in rows)


def staff_looks(who: str, *rows: tuple, **other: Any) -> tuple[Look, ...]:
    return tuple(staff_look(name, who, path, *first, **other) for name, path, *first in rows)


def pages_of_model(name: str, place: str, *, asks: bool = False) -> tuple[Look, ...]:
    """Return the looks of the admin's pages below `place`; some models ask before they save."""
    change = f"{place}{{{name}.pk}}/change/"
    before = [(f"{name}-before", change, save)] if asks else []
    return staff_looks(
        "chief",
        (f"{name}-list", place),
        (f"{name}-form", change),
        (f"{name}-add", f"{place}add/"),
        (f"{name}-empty", f"{place}add/", save_nothing),
        *before,
        (f"{name}-saved", change, save, *([press("Save")] if asks else [])),
        (f"{name}-history", f"{place}{{{name}.pk}}/history/"),
    )
