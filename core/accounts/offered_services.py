"""The services that a form offers, and what to tell somebody who asks for another."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.utils.translation import gettext as _

from core.accounts.acting_for import (
    check_is_open,
    is_open,
    open_instead,
    why_not_open,
)
from core.accounts.models import Identity
from core.accounts.people import Offered
from core.catalogue.models import Service
from core.row_fields import Explained


class NotOpen(NamedTuple):
    """A service that somebody asked for in vain: why, and which one they can have instead."""

    service: Service
    why: str
    instead: Service | None


class OfferedServices:
    """Those of some services that are open to somebody among the people of a form."""

    def __init__(
        self, services: Iterable[Service], offered: Offered, asked: str | None = None
    ) -> None:
        """Begin the choices with the service that was `asked` for, if there is one."""
        first_asked = sorted(services, key=lambda each: each.slug != asked)
        self._services = {each.slug: each for each in first_asked}
        self._people = {str(person.pk): person for person in offered.people}
        self._ways = offered.ways

    def choices(self) -> list[tuple[str, str]]:
        """Return the slugs and the names of the services that are open to any of the people.

        Each name is explained by the first sentence of the description.
        """
        everybody = self._people.values()
        return [
            (slug, Explained.by(service.name, service.summary))
            for slug, service in self._services.items()
            if self._is_open_to_any(service, everybody)
        ]

    def check(self, service: Service, person: Identity) -> None:
        """Check that the service is open to one of the people. RuleViolation: `service`."""
        check_is_open(service, self._people[str(person.pk)], self._ways[person.pk])

    def not_open(self, slug: str | None, key: str | None) -> NotOpen | None:
        """Return what to tell who asks for a service that is not open to the person of this key.

        Without a key, or with one that is none of theirs, it is about all of the people. None if
        the service is open, or if there is none of this name.
        """
        service = self._services.get(slug or "")
        chosen = self._people.get(key or "")
        people = [chosen] if chosen else [*self._people.values()]
        if service is None or not people or self._is_open_to_any(service, people):
            return None
        led_to = (open_instead(service, person, self._ways[person.pk]) for person in people)
        # It may take inquiries alone, or appointments alone, and be none that this form offers.
        instead = next((each for each in led_to if each and each.slug in self._services), None)
        return NotOpen(service, _why_not_open_to_any(service, people), instead)

    def _is_open_to_any(self, service: Service, people: Collection[Identity]) -> bool:
        return any(is_open(service, person, self._ways[person.pk]) for person in people)


def _why_not_open_to_any(service: Service, people: list[Identity]) -> str:
    of_kind = [
        each for each in people if service.is_for(kind=each.kind, nationality=each.nationality)
    ]
    if len(people) > 1 and not of_kind:
        return _("“%(service)s” fits nobody whom you can choose here.") % {"service": service.name}
    of_age = [each for each in of_kind if service.is_for_age(is_minor=each.is_minor)]
    return why_not_open(service, (of_age or of_kind or people)[0])
