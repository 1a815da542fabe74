"""The keeper of the catalogue keeps teams, and which services they have."""

import pytest
from django.db.models import ProtectedError

from core.catalogue.models import Service, Team
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import notices_on, signed_in_staff, words
from tests.core.catalogue.test_services import A_SERVICE

pytestmark = pytest.mark.django_db
CATALOGUE = "/en/staff/catalogue/"
TEAMS = f"{CATALOGUE}team/"


@pytest.fixture
def as_editor():
    return signed_in_staff(factories.of_role("editor"))


def test_keeper_makes_two_teams_and_gives_one_a_service(as_editor):
    service = factories.ServiceFactory()
    address = f"{CATALOGUE}service/{service.pk}/change/"
    assert "team" not in as_editor.get(address).context["adminform"].form.fields
    for slug in ("visas", "passports"):
        names = {"name_ar": f"فريق {slug}", "name_en": slug.capitalize()}
        page = as_editor.post(f"{TEAMS}add/", {"slug": slug, **names}, follow=True)
        assert page.status_code == 200
    visas = Team.objects.get(slug="visas")
    assert as_editor.post(address, {**A_SERVICE, "team": visas.pk}).status_code == 302
    assert Service.objects.get(pk=service.pk).team == visas
    assert "Visas visas Service" in words(as_editor.get(TEAMS))


def test_team_needs_both_names_and_a_name_of_its_own(as_editor):
    factories.team("visas")
    page = as_editor.post(f"{TEAMS}add/", {"slug": "visas", "name_en": "Visas"})
    assert set(page.context["adminform"].form.errors) == {"slug", "name_ar"}
    assert Team.objects.count() == 1


def test_team_that_something_belongs_to_is_not_deleted(as_editor):
    used = {
        "services": factories.team("visas", factories.ServiceFactory()),
        "members": factories.team("fees", members=[factories.OfficerFactory()]),
    }
    for what, team in used.items():
        assert as_editor.post(f"{TEAMS}{team.pk}/delete/", {"post": "yes"}).status_code == 403, what
        with pytest.raises(ProtectedError):
            team.delete()
    idle = factories.team("idle")
    inquiry = factories.filed()
    Inquiry.objects.filter(pk=inquiry.pk).update(team=idle)
    asked = as_editor.get(f"{TEAMS}{idle.pk}/delete/")
    assert inquiry.reference not in asked.content.decode()
    page = as_editor.post(f"{TEAMS}{idle.pk}/delete/", {"post": "yes"}, follow=True)
    assert notices_on(page)
    assert set(Team.objects.all()) == set(used.values())
    assert Inquiry.objects.get(pk=inquiry.pk).team is None


def test_readers_find_the_list_from_when_there_are_two(as_editor):
    reader = signed_in_staff(factories.of_role("auditor"))
    factories.team("visas")
    assert TEAMS in as_editor.get("/en/staff/").content.decode()
    assert TEAMS not in reader.get("/en/staff/").content.decode()
    factories.team("passports")
    assert TEAMS in reader.get("/en/staff/").content.decode()
