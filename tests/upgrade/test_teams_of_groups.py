"""Groups that were named after a team become teams with their members, and back."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group

from core.catalogue.models import Team
from tawasul.portal.staff_roles import group_for_role
from tests import factories

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]
MIGRATION = "core.accounts.migrations.0019_teams_of_groups"


def members(rows):
    return {row.name: set(row.user_set.all()) for row in rows}


def test_groups_are_taken_over_and_given_back():
    one, two, three = (factories.OfficerFactory() for _member in range(3))
    officers = group_for_role("officer")
    wanted = {
        "team visas": {one, two},
        "team تأشيرات": {two},
        "team Visas": {three},
        "team ": set(),
    }
    for name, staff in wanted.items():
        Group.objects.create(name=name).user_set.set(staff)
    officers.user_set.set([one, two, three])
    migration = import_module(MIGRATION)

    migration.take_over(apps, None)

    teams = list(Team.objects.all())
    assert {team.name_ar: set(team.members.all()) for team in teams} == {
        name.removeprefix("team "): staff for name, staff in wanted.items()
    }
    assert all(team.name_ar == team.name_en for team in teams)
    assert len({team.slug for team in teams}) == len(teams)
    assert [group.name for group in Group.objects.all()] == ["officer"]
    assert set(officers.user_set.all()) == {one, two, three}

    migration.give_back(apps, None)

    assert members(Group.objects.exclude(name="officer")) == wanted
