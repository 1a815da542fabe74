"""The choice among people, be they three or ten thousand."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from core.accounts.models import Identity, IdentityQuerySet

MAX_RADIOS = 10
# The last rows of a user are read, to find the people of whom the first few are shown.
MAX_LATEST, MAX_RECENT = 50, 5
MAX_KEY_LENGTH = 18  # digits; no database has longer keys


class Offered(NamedTuple):
    """The people that a form offers: all of them if they are few, else the chosen ones alone."""

    people: list[Identity]
    are_many: bool

    @property
    def has_to_be_found(self) -> bool:
        """Whether somebody has to be searched for first: there are too many to choose from."""
        return self.are_many and not self.people


def offered_of(people: IdentityQuerySet, chosen: Iterable[object]) -> Offered:
    """Return whom a form offers of `people`, with their numbers; `chosen` are keys as they came.

    However many there are, it reads the keys of at most MAX_RADIOS + 1 of them.
    """
    some = list(people.order_by().values_list("pk", flat=True)[: MAX_RADIOS + 1])
    are_many = len(some) > MAX_RADIOS
    # The keys stand in the second query as they are. As a subquery, PostgreSQL once looked for them
    # for an hour, in tables that it believed to be empty.
    offered = people.filter(pk__in=_keys(chosen) if are_many else some).order_by("pk")
    return Offered(list(offered.prefetch_related("numbers")), are_many)


def chosen_of(people: IdentityQuerySet, chosen: Iterable[object]) -> Offered:
    """Return the chosen ones of `people` alone, looked up by their keys, for a later step."""
    of_keys = people.filter(pk__in=_keys(chosen)).prefetch_related("numbers")
    return Offered(list(of_keys), are_many=True)


def latest_of(people: IdentityQuerySet, keys: Iterable[int]) -> Sequence[Identity]:
    """Return the first few of `keys`, each once and in this order, that are among `people`."""
    first = list(dict.fromkeys(keys))[:MAX_RECENT]
    found = people.prefetch_related("numbers").in_bulk(first)
    return [found[key] for key in first if key in found]


def _keys(chosen: Iterable[object]) -> set[int]:
    texts = map(str, chosen)
    return {int(text) for text in texts if text.isdecimal() and len(text) <= MAX_KEY_LENGTH}
