"""Which teams staff are in, and whose cases a team sees.

Whoever is in a team sees the cases of its services, and of services that no team has; whoever is in
none sees all, and so does an auditor. A case that was passed to another team than its service's has
a `team` of its own. The reasons stand in docs/decisions/teams.md.
"""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from core.accounts.models import TeamMember, User
from core.catalogue.models import Service, several_teams


def teams_of(user: User) -> set[int]:
    """Return the keys of the teams whose cases alone `user` sees, as the process keeps them.

    There are none for somebody who sees all: in no team, an auditor, or while there are no two.
    """
    if not several_teams() or user.is_auditor:
        return set()
    return _teams_by_member()[user.pk]


def seen_by(user: User) -> Q:
    """Return the condition for cases that `user` sees, as the process keeps teams and services.

    It names keys alone, so that a list neither joins nor asks for more; they may be ten seconds
    old.
    """
    teams = teams_of(user)
    if not teams:
        return Q()
    return Q(team__in=teams) | Q(team=None, service__in=_services_of({None, *teams}))


def seen_now_by(user: User) -> Q:
    """Return the condition for cases that `user` sees, as the tables are by then."""
    if user.is_auditor:
        return Q()
    teams = TeamMember.objects.filter(user=user).values("team")
    services = Service.objects.filter(Q(team=None) | Q(team__in=teams)).values("pk")
    return ~Exists(teams) | Q(team__in=teams) | Q(team=None, service__in=services)


def of_teams(teams: Collection[int]) -> Q:
    """Return the condition for the cases of these teams, as the process keeps services."""
    return Q(team__in=teams) | Q(team=None, service__in=_services_of(teams))


def outside_of(teams: Collection[int]) -> set[int]:
    """Return the keys of those who are in teams but in none of these; nobody without any."""
    if not teams:
        return set()
    return {user for user, own in _teams_by_member().items() if own.isdisjoint(teams)}


def is_hidden_from(field: str) -> Q:
    """Return the condition for cases that the account in `field` does not see, as tables are."""
    of_account = TeamMember.objects.filter(user=OuterRef(field))
    of_case = Coalesce(OuterRef("team"), OuterRef("service__team"))
    has_team = Q(team__isnull=False) | Q(service__team__isnull=False)
    return has_team & Exists(of_account) & ~Exists(of_account.filter(team=of_case))


def _services_of(teams: Collection[int | None]) -> list[int]:
    return [each.pk for each in Service.cached.all() if each.team_id in teams]


def _teams_by_member() -> defaultdict[int, set[int]]:
    teams = defaultdict(set)
    for each in TeamMember.cached.all():
        teams[each.user_id].add(each.team_id)
    return teams
