"""Keeping the accounts of staff: what each action does, to whom it is refused, and its record."""

from functools import partial
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts.models import AccessReview, Enrolment, Session, StaffEvent, User
from core.exceptions import RuleViolation
from core.messaging.models import Message
from requests_app.actions import answer_return, assign, claim, send_back
from requests_app.models import Inquiry
from tawasul.portal import actions
from tawasul.portal.staff_roles import PERMISSIONS, roles_of
from tests import factories
from tests.appointments import places
from tests.conftest import notices_on, signed_in, signed_in_staff
from tests.races.together import event_types_of, now

STAFF, QUEUE = "/en/staff/", "/en/staff/requests_app/inquiry/"


@pytest.fixture
def keeper(db):
    return factories.of_role("keeper", username="keeper")


@pytest.fixture
def member(db):
    return factories.of_role("officer", username="member", email="member@example.org")


@pytest.fixture
def office(db):
    return places.office("al-rimal", "Al-Rimal")


def change(actor, member, **changes):
    stays = {"roles": roles_of(member), "teams": (), "offices": (), "email": member.email}
    facts = {"actor": actor, "member": member, "expected_version": None, **stays, **changes}
    return actions.change_staff(**facts)


def end(actor, member):
    return actions.end_staff(actor=actor, member=member, expected_version=None)


def deeds(member):
    """Return each deed on the account of `member`, as a function of its actor."""
    seen = {"member": member, "expected_version": None}
    duties = {"roles": ["officer"], "teams": (), "offices": (), "email": ""}
    return {
        "change": lambda actor: actions.change_staff(actor=actor, **seen, **duties),
        "end": lambda actor: actions.end_staff(actor=actor, **seen),
        "take_back": lambda actor: actions.take_back_staff(actor=actor, **seen, roles=["clerk"]),
        "reset": lambda actor: actions.reset_authenticator(actor=actor, **seen),
        "recovery": lambda actor: actions.renew_recovery_codes(actor=actor, **seen),
    }


def refusal(act, *given):
    with pytest.raises(RuleViolation) as refused:
        act(*given)
    return refused.value.code


def recorded(member):
    events = StaffEvent.objects.filter(staff=member)
    return [(each.event_type, each.actor, each.before, each.after) for each in events]


# Who may


def test_only_keepers_keep_staff(member, keeper):
    for role in PERMISSIONS:
        actor = factories.of_role(role)
        if role == "keeper":
            continue
        for name, act in deeds(member).items():
            assert refusal(act, actor) == "not_keeper", (role, name)
        facts = {"actor": actor, "username": "new", "roles": ["clerk"]}
        assert refusal(partial(actions.add_staff, **facts)) == "not_keeper"
    assert recorded(member) == []
    end(None, keeper)
    assert refusal(deeds(member)["end"], keeper) == "not_keeper"


def test_nobody_keeps_their_own_account_nor_a_superusers_nor_a_residents(keeper, resident):
    chief = factories.OfficerFactory(is_superuser=True)
    for whose, actor, code in (
        (keeper, keeper, "own_account"),
        (chief, chief, "own_account"),
        (chief, keeper, "superuser"),
        (resident, keeper, "no_staff"),
    ):
        for name, act in deeds(whose).items():
            assert refusal(act, actor) == code, (whose, name)
        assert recorded(whose) == []


def test_a_keeper_gives_no_right_beyond_the_roles(keeper, member):
    for roles in ([], ["superuser"], ["officer", "root"]):
        assert refusal(lambda roles=roles: change(keeper, member, roles=roles)) == "roles"
    assert refusal(lambda: change(keeper, member, roles=["keeper", "auditor"])) == "roles"
    change(keeper, member, roles=list(set(PERMISSIONS) - {"auditor"}))
    assert not now(member).is_superuser


def test_two_keepers_keep_each_other(keeper):
    other, _code = actions.add_staff(actor=keeper, username="second", roles=["keeper"])
    change(other, keeper, roles=["keeper", "editor"])
    assert roles_of(now(keeper)) == ["editor", "keeper"]


# What each does


def test_a_changed_role_holds_at_the_next_request(keeper, member):
    browser = signed_in_staff(member)
    assert browser.get(QUEUE).status_code == 200
    member.user_permissions.clear()
    change(keeper, member, roles=["editor"])
    assert browser.get(QUEUE).status_code == 403
    assert browser.get(f"{STAFF}catalogue/service/").status_code == 200


def test_each_change_has_its_event(keeper, member, office):
    duties = {"roles": ["officer", "clerk"], "teams": [factories.team("visas")]}
    for _time in range(2):
        change(keeper, member, **duties, offices=[office])
    assert recorded(member) == [
        ("roles", keeper, ["officer"], ["officer", "clerk"]),
        ("team", keeper, [], ["visas"]),
        ("offices", keeper, [], ["al-rimal"]),
    ]
    assert (list(member.offices.all()), list(office.clerks.all())) == ([office], [member])


def test_only_clerks_and_managers_work_at_an_office(keeper, member, office):
    assert refusal(lambda: change(keeper, member, offices=[office])) == "offices"


def test_every_change_is_mailed_to_both_addresses_of_the_member(keeper, member):
    change(keeper, member, email="new@example.org")
    assert sorted(Message.objects.values_list("recipient", flat=True)) == [
        "member@example.org",
        "new@example.org",
    ]
    assert "staff account: Address for notices changed." in Message.objects.first().text


def test_residents_keep_their_own_address(keeper):
    both = factories.of_role("officer", identity=factories.IdentityFactory())
    assert refusal(lambda: change(keeper, both, email="new@example.org")) == "email"


def test_a_stale_page_is_told_what_changed(keeper, member):
    other = factories.of_role("keeper", username="second")
    change(other, member, roles=["supervisor"])
    for name, act in deeds_at_version(member, 0).items():
        with pytest.raises(RuleViolation) as refused:
            act(keeper)
        assert refused.value.message == (
            "This account has changed since you opened it: Roles changed (second). "
            "Read it again first."
        ), name
    deeds_at_version(member, 1)["end"](keeper)


def deeds_at_version(member, version):
    seen = {"member": member, "expected_version": version}
    duties = {"roles": ["clerk"], "teams": (), "offices": (), "email": ""}
    return {
        "change": lambda actor: actions.change_staff(actor=actor, **seen, **duties),
        "reset": lambda actor: actions.reset_authenticator(actor=actor, **seen),
        "end": lambda actor: actions.end_staff(actor=actor, **seen),
    }


def test_ending_leaves_nothing_open(keeper, member, office):
    browser = signed_in_staff(member)
    StaticDevice.objects.create(user=member, name="paper")
    office.clerks.add(member)
    inquiry = factories.claimed(member)
    end(keeper, member)
    end(keeper, member)
    assert browser.get(STAFF).url.startswith(f"{STAFF}login/")
    member = now(member)
    assert (member.is_staff, member.is_active) == (False, False)
    assert not any(
        rows.exists()
        for rows in (
            *(member.groups, member.user_permissions, member.offices),
            *(
                model.objects.filter(user=member)
                for model in (Session, TOTPDevice, StaticDevice, Enrolment)
            ),
        )
    )
    assert now(inquiry).assignee is None
    assert recorded(member) == [("ended", keeper, ["officer", "office al-rimal"], [])]


def test_a_resident_who_leaves_the_staff_stays_a_resident(keeper):
    both = factories.of_role("officer", identity=factories.IdentityFactory())
    end(keeper, both)
    assert signed_in(now(both)).get("/en/my/").status_code == 200


def test_open_inquiries_go_back_to_the_queue_whatever_their_status(keeper, member):
    at_desk, returned, processed = (factories.claimed(member) for _each in range(3))
    returned = send_back(
        actor=member,
        inquiry=returned,
        expected_version=returned.version,
        text="Which iqama?",
        idempotency_key=returned.idempotency_key,
    )
    Inquiry.objects.filter(pk=processed.pk).update(status="processed", outcome="approved")
    change(keeper, member, roles=["officer"], teams=[factories.team("visas")])
    assert now(at_desk).assignee == member
    member.user_permissions.clear()
    change(keeper, member, roles=["clerk"])
    for inquiry in (at_desk, returned):
        assert now(inquiry).assignee is None
        event = inquiry.events.last()
        told = event.get_event_type_display(), event.who, event.role
        sentence = "Given back to the queue, as its officer no longer works on it"
        assert told == (sentence, "keeper", "keeper")
        call_command("verify_chains", stdout=StringIO())
    assert now(processed).assignee == member
    answer_return(
        actor=returned.applicant,
        inquiry=now(returned),
        expected_version=now(returned).version,
        text="The first one.",
        idempotency_key=at_desk.idempotency_key,
    )
    colleague = factories.of_role("officer")
    returned = now(returned)
    claim(actor=colleague, inquiry=returned, expected_version=returned.version)
    assert "handed_back" not in [each.event_type for each in returned.events.public()]


def test_nobody_claims_or_gets_an_inquiry_after_their_end(keeper, member):
    supervisor, inquiry = factories.of_role("supervisor"), factories.filed()
    assert member.has_perm("requests_app.triage_inquiry")  # as the request of a claim has read it
    end(keeper, member)
    facts = {"inquiry": inquiry, "expected_version": inquiry.version}
    assert refusal(lambda: claim(actor=member, **facts)) == "not_officer"
    assert refusal(lambda: assign(actor=supervisor, officer=member, **facts)) == "officer"
    assert "claimed" not in event_types_of(inquiry)


def test_taking_back_needs_a_new_authenticator(keeper, member):
    signed_in_staff(member)
    assert refusal(deeds(member)["take_back"], keeper) == "works_here"
    end(keeper, member)
    for name in ("change", "reset", "recovery"):
        assert refusal(deeds(member)[name], keeper) == "ended"
    code = deeds(member)["take_back"](keeper)
    member = now(member)
    assert (member.is_staff, member.is_active, roles_of(member)) == (True, True, ["clerk"])
    assert not member.check_password(factories.PASSWORD)
    assert not member.totpdevice_set.exists()
    assert actions.check_enrolment_code(username="member", code=code).user == member


def test_recovery_codes_void_the_old_ones(keeper, member):
    assert refusal(deeds(member)["recovery"], keeper) == "no_authenticator"
    signed_in_staff(member)
    first, second = (set(deeds(member)["recovery"](keeper)) for _time in range(2))
    tokens = StaticDevice.objects.get(user=member).token_set.values_list("token", flat=True)
    assert (len(first), set(tokens)) == (5, second)
    assert [kind for kind, *_facts in recorded(member)] == ["recovery", "recovery"]


@pytest.mark.both_engines
def test_records_are_never_changed(keeper, member):
    end(keeper, member)
    AccessReview.objects.create(
        signed_by=keeper, digest="0", content=[], idempotency_key=factories.uuid.uuid4()
    )
    for rows in (StaffEvent.objects.all(), AccessReview.objects.all()):
        for write in (rows.delete, lambda rows=rows: rows.update(at="2020-01-01T00:00Z")):
            with pytest.raises(IntegrityError), transaction.atomic():
                write()
        assert rows.count() == 1


# The command


def run(*arguments):
    out = StringIO()
    call_command("staff", *arguments, stdout=out)
    return out.getvalue()


def test_command_does_it_all_without_a_keeper(office):
    code = run("add", "layla", "--role", "keeper", "--email", "l@example.org").split()[-1]
    layla = User.objects.get(username="layla")
    assert actions.check_enrolment_code(username="Layla", code=code).user == layla
    run("change", "layla", "--role", "clerk", "--role", "keeper", "--office", "al-rimal")
    assert (roles_of(layla), list(layla.offices.all())) == (["clerk", "keeper"], [office])
    visas = factories.team("visas")
    run("change", "layla", "--team", "visas")
    assert (list(layla.offices.all()), list(layla.teams.all())) == ([office], [visas])
    with pytest.raises(CommandError, match="There is no team fees"):
        run("change", "layla", "--team", "fees")
    run("change", "layla", "--team", "")
    assert not layla.teams.exists()
    signed_in_staff(layla)
    assert len(run("recovery-codes", "layla").split()[-5:]) == 5
    assert run("reset-authenticator", "layla").split()[-1] != code
    run("end", "layla")
    run("take-back", "layla", "--role", "editor")
    assert [(each.event_type, each.actor, each.who) for each in layla.staff_events.all()] == [
        (kind, None, "the command line")
        for kind in (
            *("added", "roles", "offices", "team", "team", "recovery", "reset"),
            *("ended", "taken_back"),
        )
    ]


def test_only_the_command_makes_and_ends_superusers(db):
    run("add", "chief", "--role", "supervisor", "--superuser")
    assert User.objects.get(username="chief").is_superuser
    run("end", "chief")
    assert not User.objects.get(username="chief").is_superuser


def test_command_says_what_is_wrong(db, resident):
    run("add", "layla", "--role", "officer")
    for arguments, sentence in (
        (("add", "layla", "--role", "clerk"), "This username is taken. Choose another."),
        (("add", "1layla", "--role", "clerk"), "Use 3 to 30 small letters a-z, digits, dots, "),
        (("add", "salma", "--role", "clerk", "--office", "nowhere"), "There is no office nowhere."),
        (("add", "salma", "--role", "clerk", "--email", "x"), "Enter a valid email address."),
        (("end", "nobody"), "No member of staff has the username nobody."),
        (("end", resident.username), "No member of staff has the username"),
        (("change", "layla", "--role", "keeper", "--role", "auditor"), "An auditor signs off"),
    ):
        with pytest.raises(CommandError, match=sentence):
            run(*arguments)


def test_notices_in_the_queue_name_the_new_event(keeper, member, as_officer):
    inquiry = factories.claimed(member)
    end(keeper, member)
    page = as_officer.post(
        f"{QUEUE}{inquiry.pk}/claim/", {"expected_version": inquiry.version}, follow=True
    )
    assert "Given back to the queue, as its officer" in notices_on(page)[0]
