"""The catalogue of looks: every page of the portal, in every state that matters, per person.

A look is reached by its address and by steps on the page. `things` are the objects that a group has
prepared for its looks; an address or typed text may name them in braces.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

Things = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """A page in one state; `who` names a session among `browsers`, or is a visitor without one."""

    name: str
    who: str
    path: str
    first: tuple[Callable, ...] = ()
    status: int = 200
    # The pages of last resort have both languages on one page.
    stands_alone: bool = False
    widths: tuple[int, ...] = (320, 390, 768, 1280)
    schemes: tuple[str, ...] = ("light", "dark")

    @property
    def width(self) -> int:
        """The width at which the page is opened and checked: a phone's, or else the widest one."""
        return 390 if 390 in self.widths else self.widths[-1]

    def once(self) -> "Look":
        """Return the look at one of its widths and in one colour scheme, chosen by its name."""
        number = crc32(self.name.encode())
        return replace(
            self,
            widths=(self.widths[number % len(self.widths)],),
            schemes=(self.schemes[number // 4 % 2],),
        )


@dataclass(frozen=True)
class Group:
    """Looks with shared data; `routes` are the prefixes of addresses that they have to cover.

    The looks of one part go together: some begin where another has left the page.
    """

    name: str
    routes: tuple[str, ...]
    prepare: Callable[[str], Things]
    parts: tuple[tuple[Look, ...], ...]


def look(name: str, who: str, path: str, *first: Callable, **other: Any) -> Look:
    return Look(name, who, path, first, **other)


def staff_look(name: str, who: str, path: str, *first: Callable, **other: Any) -> Look:
    """Return a look of the staff site, which is used on a desktop."""
    return look(name, who, f"staff/{path}", *first, **{"widths": (1280,), **other})
