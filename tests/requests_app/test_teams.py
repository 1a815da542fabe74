"""Who sees and works on whose inquiries once there are teams, and what becomes of those in hand."""

import pytest

from core import reference_data
from core.accounts.models import TeamMember
from core.catalogue.models import Service
from core.exceptions import RuleViolation
from requests_app import actions
from requests_app.models import Inquiry
from tawasul.portal.actions import change_staff
from tests import factories
from tests.conftest import signed_in_staff, words
from tests.races.together import event_types_of
from tests.requests_app.desk_pages import QUEUE, desk_of, listed, now

pytestmark = pytest.mark.django_db
WORKLOAD = f"{QUEUE}workload/"


@pytest.fixture
def supervisor():
    return factories.supervisor(username="hind")


@pytest.fixture
def stranger():
    """An officer of the team of passports."""
    return factories.OfficerFactory(username="stranger")


@pytest.fixture
def inquiries(officer, supervisor, stranger):
    """Inquiries of the team of visas, of that of passports, and of every team."""
    made = {name: factories.filed() for name in ("visas", "passports", "every")}
    factories.team("visas", made["visas"].service, members=[officer, supervisor])
    factories.team("passports", made["passports"].service, members=[stranger])
    return made


def seen_by(user, inquiries):
    """Return the names of the inquiries in all lists of `user`."""
    found = listed(signed_in_staff(user), queue="all")
    names = {inquiry.reference: name for name, inquiry in inquiries.items()}
    return {names[reference] for reference in found}


@pytest.mark.both_engines
def test_who_sees_what(inquiries, officer, stranger):
    both = factories.OfficerFactory()
    for slug in ("visas", "passports"):
        factories.team(slug, members=[both])
    reader = factories.of_role("auditor")
    factories.team("visas", members=[reader])
    everything = {"visas", "passports", "every"}
    for who, seen in (
        (officer, {"visas", "every"}),
        (stranger, {"passports", "every"}),
        (both, everything),
        (factories.OfficerFactory(), everything),
        (reader, everything),
    ):
        assert seen_by(who, inquiries) == seen, who


def test_one_team_divides_nothing(officer):
    inquiries = {"visas": factories.filed(), "every": factories.filed()}
    factories.team("visas", inquiries["visas"].service)
    factories.team("visas", members=[officer])
    assert seen_by(officer, inquiries) == {"visas", "every"}


@pytest.mark.usefixtures("inquiries")
def test_filter_by_team_is_for_those_who_see_several(inquiries, officer):
    chief = signed_in_staff(factories.OfficerFactory())
    page = words(chief.get(QUEUE))
    assert "Passports" in page
    assert listed(chief, queue="all", team="visas") == [inquiries["visas"].reference]
    one = signed_in_staff(officer)
    assert "Passports" not in words(one.get(QUEUE))
    assert set(listed(one, queue="all", team="passports")) == {
        inquiries["visas"].reference,
        inquiries["every"].reference,
    }


def test_only_who_may_see_it_is_offered(inquiries, officer, supervisor, stranger):
    free = factories.OfficerFactory(username="free")
    browser = signed_in_staff(supervisor)

    def offered(inquiry):
        form = browser.get(desk_of(inquiry)).context["assign_form"]
        return set(form.fields["officer"].queryset)

    assert offered(inquiries["visas"]) == {officer, supervisor, free}
    assert offered(inquiries["every"]) == {officer, supervisor, free, stranger}
    with pytest.raises(RuleViolation) as refused:
        actions.assign(
            actor=supervisor,
            inquiry=inquiries["visas"],
            expected_version=inquiries["visas"].version,
            officer=stranger,
        )
    assert refused.value.code == "officer"


def test_colleagues_of_other_teams_are_listed_with_what_one_sees_of_theirs(
    inquiries, officer, supervisor, stranger
):
    browser = signed_in_staff(supervisor)
    for page in (WORKLOAD, f"{QUEUE}figures/", QUEUE):
        assert stranger.username not in words(browser.get(page)), page
    shared = inquiries["every"]
    actions.claim(actor=stranger, inquiry=shared, expected_version=shared.version)
    assert "stranger 1 open inquiry" in words(browser.get(WORKLOAD))
    assert stranger.username in words(browser.get(f"{QUEUE}figures/"))
    assert listed(browser, queue=stranger.pk) == [shared.reference]


def test_actions_ask_the_tables_where_lists_are_seconds_old(inquiries, officer, monkeypatch):
    inquiry, browser = inquiries["visas"], signed_in_staff(officer)
    assert inquiry.reference in listed(browser)
    monkeypatch.setattr(reference_data, "forget", lambda: None)
    passports = factories.team("passports")
    TeamMember.objects.filter(user=officer).update(team=passports)
    assert inquiry.reference in listed(browser)
    assert browser.get(desk_of(inquiry)).status_code == 404
    with pytest.raises(RuleViolation) as refused:
        actions.claim(actor=officer, inquiry=inquiry, expected_version=inquiry.version)
    assert refused.value.code == "other_team"
    Service.objects.filter(pk=inquiry.service_id).update(team=passports)
    assert actions.take_next(actor=officer).pk == inquiry.pk


def test_next_is_of_ones_own_team(inquiries, stranger):
    taken = [actions.take_next(actor=stranger) for _time in range(2)]
    assert {each.reference for each in taken} == {
        inquiries["passports"].reference,
        inquiries["every"].reference,
    }
    with pytest.raises(RuleViolation) as refused:
        actions.take_next(actor=stranger)
    assert refused.value.code == "nothing"


def claimed_by(officer, inquiry):
    return actions.claim(actor=officer, inquiry=inquiry, expected_version=inquiry.version)


@pytest.mark.both_engines
def test_service_that_changes_team_takes_its_inquiries_out_of_hands(inquiries, officer):
    gone, stays = (claimed_by(officer, inquiries[name]) for name in ("visas", "every"))
    free = factories.OfficerFactory()
    of_free = factories.claimed(free, service=gone.service)
    assert actions.hand_back_hidden() == 0
    Service.objects.filter(pk=gone.service_id).update(team=factories.team("passports"))
    assert actions.hand_back_hidden() == 1
    assert [now(each).assignee for each in (gone, stays, of_free)] == [None, officer, free]
    assert event_types_of(gone)[-1] == "handed_back"
    assert gone.events.last().role == "portal"
    assert actions.hand_back_hidden() == 0


def test_officer_who_changes_team_gives_back_what_they_do_not_see(inquiries, officer):
    gone, stays = (claimed_by(officer, inquiries[name]) for name in ("visas", "every"))
    duties = {"roles": ["officer"], "offices": (), "email": "", "expected_version": None}
    passports = factories.team("passports")
    change_staff(actor=None, member=officer, teams=[passports], **duties)
    assert [now(each).assignee for each in (gone, stays)] == [None, officer]
    assert Inquiry.objects.hidden_from_assignee().count() == 0


def test_supervisor_hands_over_what_they_see(inquiries, supervisor, stranger):
    theirs, shared = (claimed_by(stranger, inquiries[name]) for name in ("passports", "every"))
    assert actions.hand_over(actor=supervisor, officer=stranger) == 1
    assert [now(each).assignee for each in (theirs, shared)] == [stranger, None]
