"""The choice among people, be they three or ten thousand."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db.models import OuterRef, QuerySet

from core.accounts.models import Identity, IdentityQuerySet, Link, current_number_of
from core.catalogue.models import Way

MAX_RADIOS = 10
# Somebody can be linked in more than one way, and each link is a row.
_MAX_LINKS = 4 * MAX_RADIOS
# The last rows of a user are read, to find the people of whom the first few are shown.
MAX_LATEST, MAX_RECENT = 50, 5
MAX_KEY_LENGTH = 18  # digits; no database has longer keys


class Offered(NamedTuple):
    """The people that a form offers: all of them if they are few, else the chosen ones alone.

    `ways` are those (`Way`) through which the holder may ask for each of them today, by key.
    """

    people: list[Identity]
    are_many: bool
    ways: Mapping[int, set[str]]

    @property
    def has_to_be_found(self) -> bool:
        """Whether somebody has to be searched for first: there are too many to choose from."""
        return self.are_many and not self.people


def beneficiaries_offered_to(holder: Identity, chosen: Iterable[object]) -> Offered:
    """Return the holder, if it is a person, and the people linked to it; `chosen` are keys as sent.

    However many there are, it reads at most `_MAX_LINKS` links, with the people.
    """
    links = list(_links_of(holder)[:_MAX_LINKS])
    offered = _offered(holder, links, are_many=False)
    are_few = len(offered.people) <= MAX_RADIOS and len(links) < _MAX_LINKS
    return offered if are_few else chosen_beneficiaries(holder, chosen)


def chosen_beneficiaries(holder: Identity, chosen: Iterable[object]) -> Offered:
    """Return the chosen ones alone, looked up by their keys, for a later step.

    The holder alone costs no statement.
    """
    keys = keys_in(chosen)
    others = keys - {holder.pk}
    links = list(_links_of(holder).filter(person__in=others)) if others else []
    offered = _offered(holder, links, are_many=True)
    return offered._replace(people=[each for each in offered.people if each.pk in keys])


def establishments_offered_of(mandated: IdentityQuerySet, chosen: Iterable[object]) -> Offered:
    """Return which of the establishments a form offers; `chosen` are keys as they were sent."""
    some = list(mandated.order_by().with_current_number()[: MAX_RADIOS + 1])
    are_many = len(some) > MAX_RADIOS
    if are_many:
        some = list(mandated.filter(pk__in=keys_in(chosen)).with_current_number())
    return Offered(sorted(some, key=_by_key), are_many, ways={})


def latest_of(people: IdentityQuerySet, keys: Iterable[int]) -> Sequence[Identity]:
    """Return the first few of `keys`, each once and in this order, that are among `people`."""
    first = list(dict.fromkeys(keys))[:MAX_RECENT]
    found = people.with_current_number().in_bulk(first)
    return [found[key] for key in first if key in found]


def _links_of(holder: Identity) -> QuerySet[Link]:
    links = Link.objects.in_force().for_persons().filter(holder=holder).select_related("person")
    return links.annotate(number=current_number_of(OuterRef("person")))


def _offered(holder: Identity, links: Iterable[Link], *, are_many: bool) -> Offered:
    people: dict[int, Identity] = {}
    ways: dict[int, set[str]] = {}
    if holder.birth_date:
        people[holder.pk], ways[holder.pk] = holder, {Way.ONESELF.value}
    for link in links:
        person = people.setdefault(link.person_id, link.person)
        person.current_number = link.number  # type: ignore[attr-defined]  # annotated
        ways.setdefault(link.person_id, set()).add(link.kind)
    return Offered(sorted(people.values(), key=_by_key), are_many, ways)


def _by_key(identity: Identity) -> int:
    return identity.pk


def keys_in(chosen: Iterable[object]) -> set[int]:
    """Return the keys among what was sent; what cannot be one is left out."""
    texts = map(str, chosen)
    return {int(text) for text in texts if text.isdecimal() and len(text) <= MAX_KEY_LENGTH}
