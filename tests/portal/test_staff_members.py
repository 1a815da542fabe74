"""The pages on which the accounts of staff are kept, and what each kind of staff may do there."""

import re
import uuid

import pytest
from django.test import Client

from core.accounts.models import StaffEvent, User
from tawasul.portal import actions
from tawasul.portal.staff_roles import roles_of
from tests import factories
from tests.appointments import places
from tests.conftest import errors_on, notices_on, signed_in_staff, words
from tests.races.together import now

STAFF, MEMBERS = "/en/staff/", "/en/staff/members/"
CODE = re.compile(r"[2-9a-z]{4}(?:-[2-9a-z]{4}){3}")


@pytest.fixture
def keeper(db):
    return factories.of_role("keeper", username="keeper")


@pytest.fixture
def as_keeper(keeper):
    return signed_in_staff(keeper)


@pytest.fixture
def member(db):
    return factories.of_role("officer", username="member")


def page_of(member, step=""):
    return f"{MEMBERS}{member.pk}/{step}"


def duties(**changes):
    """Return the fields of the form of an account that nothing has happened to."""
    return {"roles": ["officer"], "email": "", "expected_version": 0, **changes}


def test_adding_shows_a_code_once(as_keeper, keeper):
    office = places.office("al-rimal", "Al-Rimal")
    mornings, _evenings = factories.team("mornings"), factories.team("evenings")
    new = duties(username="Layla", roles=["clerk"], offices=["al-rimal"], teams=["mornings"])
    new["idempotency_key"] = uuid.uuid4()
    page = as_keeper.post(f"{MEMBERS}add/", new)
    (code,) = set(CODE.findall(words(page)))
    layla = User.objects.get(username="layla")
    assert actions.check_enrolment_code(username="layla", code=code).user == layla
    assert (roles_of(layla), list(layla.offices.all())) == (["clerk"], [office])
    assert list(layla.teams.all()) == [mornings]

    again = as_keeper.post(f"{MEMBERS}add/", new, follow=True)
    assert notices_on(again) == [
        "This account has been added already. If you have not noted its code, take the "
        "authenticator off, which makes a new one."
    ]
    assert not CODE.search(words(again))
    told = words(again)
    assert "Added · keeper" in told
    assert "After: Clerk · Mornings · Al-Rimal" in told
    assert StaffEvent.objects.get().actor == keeper


def test_what_is_wrong_is_said_beside_its_field(as_keeper, member):
    places.office("al-rimal", "Al-Rimal")
    for slug in ("visas", "fees"):
        factories.team(slug)
    good = {"username": "layla", "idempotency_key": uuid.uuid4()}
    for wrong, sentence in (
        ({"username": "member"}, "This username is taken. Choose another."),
        ({"username": "1000000008"}, "Use 3 to 30 small letters a-z, digits, dots, dashes and "),
        ({"roles": []}, "Choose at least one role."),
        ({"roles": ["superuser"]}, "There is no such role. Choose from the list."),
        ({"roles": ["keeper", "auditor"]}, "An auditor signs off what staff keepers have done"),
        ({"offices": ["al-rimal"]}, "Only clerks and managers work at an office."),
        ({"offices": ["nowhere"]}, "There is no such office. Choose from the list."),
        ({"teams": ["nowhere"]}, "There is no such team. Choose from the list."),
        ({"email": "nobody"}, "This is not an e-mail address."),
    ):
        page = as_keeper.post(f"{MEMBERS}add/", duties(**{**good, **wrong}))
        (error,) = errors_on(page)
        assert error.startswith(sentence), wrong
    assert User.objects.filter(is_staff=True).count() == 2


def test_changing_is_told_and_kept(as_keeper, member):
    page = as_keeper.post(page_of(member), duties(roles=["officer", "editor"]), follow=True)
    assert notices_on(page) == ["The account is as you said."]
    told = words(page)
    assert "Roles Officer Catalogue keeper" in told
    assert "Roles changed · keeper" in told
    assert "Before: Officer After: Officer · Catalogue keeper" in told


def test_a_stale_form_is_refused_keeps_what_was_typed_and_can_be_sent_again(as_keeper, member):
    other = factories.of_role("keeper", username="second")
    form = {"actor": other, "member": member, "expected_version": 0, "offices": (), "email": ""}
    visas, _fees = factories.team("visas"), factories.team("fees")
    actions.change_staff(**form, roles=["supervisor"], teams=[visas])
    page = as_keeper.post(page_of(member), duties(roles=["editor"]))
    (error,) = errors_on(page)
    assert error == (
        "This account has changed since you opened it: Roles changed (second), Team changed "
        "(second). Read it again first."
    )
    markup = page.content.decode()
    assert re.search(r'name="expected_version" value="2"', markup)
    assert re.findall(r'value="(\w+)"[^>]* checked', markup) == ["editor"]
    assert "Roles Supervisor Offices None Teams Visas" in words(page)
    as_keeper.post(page_of(member), duties(roles=["editor"], expected_version=2))
    assert roles_of(now(member)) == ["editor"]


def test_ending_asks_first_and_can_be_taken_back(as_keeper, member):
    factories.claimed(member)
    browser = signed_in_staff(member)
    asked = words(as_keeper.get(page_of(member, "end/")))
    assert "Open inquiries 1" in asked
    assert "their open inquiries go back to the queue" in asked
    assert now(member).is_staff
    page = as_keeper.post(page_of(member, "end/"), {"expected_version": 0}, follow=True)
    assert notices_on(page) == ["The account has ended."]
    assert browser.get(STAFF).url.startswith(f"{STAFF}login/")
    back = as_keeper.post(page_of(member, "take-back/"), duties(expected_version=1))
    assert CODE.search(words(back))
    assert now(member).is_staff


def test_codes_are_shown_once_after_a_question(as_keeper, member):
    signed_in_staff(member)
    recovery = as_keeper.post(page_of(member, "recovery-codes/"), {"expected_version": 0})
    (device,) = member.staticdevice_set.all()
    for token in device.token_set.all():
        assert token.token in words(recovery)
    reset = as_keeper.post(page_of(member, "authenticator/"), {"expected_version": 1})
    assert CODE.search(words(reset))
    assert not member.totpdevice_set.exists()
    stale = as_keeper.post(page_of(member, "authenticator/"), {"expected_version": 1}, follow=True)
    assert notices_on(stale) == [
        "This account has changed since you opened it: Authenticator taken off (keeper). "
        "Read it again first."
    ]


def test_nobody_is_offered_their_own_account_or_a_superusers(as_keeper, keeper):
    chief = factories.OfficerFactory(username="chief", is_superuser=True)
    for whose, sentence, code in (
        (keeper, "This is your own account.", "Nobody changes their own account."),
        (chief, "The accounts of superusers are kept on the server alone.", "The accounts of"),
    ):
        page = as_keeper.get(page_of(whose))
        assert sentence in words(page)
        assert 'name="roles"' not in page.content.decode()
        for step in ("end/", "authenticator/", "recovery-codes/", "take-back/"):
            assert as_keeper.get(page_of(whose, step)).status_code == 403
        refused = as_keeper.post(page_of(whose), duties(roles=["keeper", "editor"]))
        (error,) = errors_on(refused)
        assert error.startswith(code)
    assert not StaffEvent.objects.exists()


def test_residents_are_not_found_here(as_keeper, resident):
    assert as_keeper.get(page_of(resident)).status_code == 404
    assert resident.username not in words(as_keeper.get(f"{MEMBERS}?q={resident.username}"))


def test_auditors_read_and_change_nothing(as_keeper, keeper, member):
    as_keeper.post(page_of(member), duties(roles=["editor"]))
    browser = signed_in_staff(factories.of_role("auditor"))
    assert "Roles changed · keeper" in words(browser.get(page_of(member)))
    assert browser.get(f"{MEMBERS}?q=mem").status_code == 200
    for step in ("", "end/", "authenticator/", "recovery-codes/"):
        assert browser.post(page_of(member, step), duties(expected_version=1)).status_code == 403
    assert roles_of(now(member)) == ["editor"]


def test_the_list_finds_by_username_and_name(as_keeper, member):
    names = {"name_en": "Hind Almutairi", "name_ar": "هند المطيري"}
    factories.of_role("officer", username="hind", identity=factories.IdentityFactory(**names))
    actions.end_staff(actor=None, member=member, expected_version=None)
    for typed, found in (("MEMB", "member ended"), ("almutairi", "hind Hind Almutairi")):
        page = words(as_keeper.get(MEMBERS, {"q": typed}))
        assert found in page, typed
        assert ("hind" in page) == (typed != "MEMB")
    assert "Nobody was found" in words(as_keeper.get(MEMBERS, {"q": "zzz"}))
    assert as_keeper.get(MEMBERS, {"q": "x\0" * 300}).status_code in (200, 400)


def test_the_list_has_fifty_a_page(as_keeper):
    for number in range(55):
        factories.of_role("clerk", username=f"clerk-{number:02}")
    page = as_keeper.get(MEMBERS).content.decode()
    assert len(re.findall(rf'<a href="{MEMBERS}\d+/"', page)) == 50
    assert "Page 1 of 2" in words(page)
    assert "clerk-54" in words(as_keeper.get(f"{MEMBERS}?page=2"))


def test_a_keeper_is_shown_the_way(as_keeper):
    page = as_keeper.get(STAFF)
    assert f'href="{MEMBERS}"' in page.content.decode()
    assert "Django" not in words(page)
    assert Client().get(MEMBERS).url.startswith(f"{STAFF}login/")
