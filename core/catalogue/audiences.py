"""The services by who somebody is: a citizen, a resident, an employer and so on."""

import statistics
from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.catalogue.models import Service, Way
from core.identity_numbers import IdentityKind


class Group(NamedTuple):
    name: Promise
    services: list[Service]


def _is_asked_by(kind: IdentityKind) -> Callable[[Service], bool]:
    """Return whether somebody of this kind may ask for a service for themselves or their ward."""
    own = {Way.ONESELF, Way.GUARDIAN}
    return lambda each: kind in each.beneficiary_kinds and not own.isdisjoint(each.through)


def _is_asked_as(way: Way) -> Callable[[Service], bool]:
    return lambda each: bool(each.beneficiary_kinds) and way in each.through


_AUDIENCES: list[tuple[Promise, Callable[[Service], bool]]] = [
    (_("For citizens"), _is_asked_by(IdentityKind.CITIZEN)),
    (_("For residents"), _is_asked_by(IdentityKind.RESIDENT)),
    (_("For employers"), _is_asked_as(Way.EMPLOYER)),
    (_("For hosts of visitors"), _is_asked_as(Way.HOST)),
    (_("For visitors"), _is_asked_by(IdentityKind.VISITOR)),
    (_("For establishments"), _is_asked_by(IdentityKind.ESTABLISHMENT)),
]


def by_audience(services: Iterable[Service]) -> list[Group]:
    """Return the services that each audience may ask for; one stands with each it is for."""
    known = list(services)
    groups = [Group(name, [each for each in known if fits(each)]) for name, fits in _AUDIENCES]
    return [group for group in groups if group.services]


def usual_working_days(services: Iterable[Service]) -> int | None:
    """Return within how many working days most of these services are answered, if there is any."""
    days = [each.usual_working_days for each in services]
    return statistics.mode(days) if days else None
