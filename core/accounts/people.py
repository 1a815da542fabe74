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

    However many there are, it reads at most MAX_RADIOS + 1 of them, and the chosen ones.
    """
    keys = _keys(chosen)
    # SQLite takes no LIMIT in a part of a UNION, so it stands one level below.
    some = people.filter(pk__in=people.order_by().values("pk")[: MAX_RADIOS + 1])
    both = some.order_by().values("pk").union(people.filter(pk__in=keys).order_by().values("pk"))
    found = list(Identity.objects.filter(pk__in=both).order_by("pk").prefetch_related("numbers"))
    if len(found) <= MAX_RADIOS:
        return Offered(found, are_many=False)
    return Offered([person for person in found if person.pk in keys], are_many=True)


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
