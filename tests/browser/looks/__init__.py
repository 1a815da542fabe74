"""All that can be seen of the portal: every page, in every state that matters, by who looks.

A look is reached by its address and the buttons that stand on the page; `things` are what a group
has prepared for its looks, and may be named in braces in an address or in what is typed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Things = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """`who` has the session of that name among `browsers`, or comes without one."""

    name: str
    who: str
    path: str
    first: tuple[Callable, ...] = ()
    status: int = 200
    # The pages for when all else fails are both languages on one page.
    stands_alone: bool = False
    widths: tuple[int, ...] = (320, 390, 768, 1280)

    @property
    def width(self) -> int:
        """At which the page is opened and read: a phone's, or that of the widest desk."""
        return 390 if 390 in self.widths else self.widths[-1]


@dataclass(frozen=True)
class Group:
    """Looks that share what they look at; `routes` begin the addresses that they have to cover."""

    name: str
    routes: tuple[str, ...]
    prepare: Callable[[str], Things]
    looks: tuple[Look, ...]


def look(name: str, who: str, path: str, *first: Callable, **other: Any) -> Look:
    return Look(name, who, path, first, **other)


def staff_look(name: str, who: str, path: str, *first: Callable, **other: Any) -> Look:
    """The staff site is worked with at a desk."""
    return look(name, who, f"staff/{path}", *first, **{"widths": (1280,), **other})
