"""What is done to accounts of staff, and the line of each in the security log."""

from functools import partial

import pytest
from django.test import Client

from core.security_log import pseudonym
from tawasul.portal import actions
from tests import factories
from tests.appointments import places
from tests.conftest import signed_in_staff
from tests.portal.security_lines import check, line, refused, without_network

pytestmark = pytest.mark.django_db


def test_each_deed_has_its_line(lines):
    keeper, auditor = factories.of_role("keeper"), factories.of_role("auditor")
    member, office = factories.of_role("officer"), places.office()
    signed_in_staff(member)
    facts = {"actor": keeper, "member": member, "expected_version": None}
    said = partial(line, account=keeper, staff=member)
    change = partial(actions.change_staff, **facts)
    duties = {
        "roles": ["clerk"],
        "teams": [factories.team("visas")],
        "offices": [office],
        "email": "a@example.org",
    }
    events = ("role_changed", "role_changed", "office_changed", "staff_address_changed")
    changed = [without_network(said(event)) for event in events]
    changed[1]["kind"] = "team"
    deeds = [
        (partial(change, **duties), *changed),
        *(
            (partial(act, **facts), without_network(said(event)))
            for act, event in (
                (actions.renew_recovery_codes, "recovery_codes_made"),
                (actions.reset_authenticator, "authenticator_reset"),
                (actions.end_staff, "staff_ended"),
                (partial(actions.take_back_staff, roles=["clerk"]), "staff_taken_back"),
            )
        ),
        *(
            (
                partial(refused, act, actor=actor, member=whose, expected_version=None),
                without_network(
                    line("deed_refused", code, account=actor, staff=whose, kind="end_staff")
                ),
            )
            for act, actor, whose, code in (
                (actions.end_staff, keeper, keeper, "own_account"),
                (actions.end_staff, keeper, factories.UserFactory(), "no_staff"),
                (
                    actions.end_staff,
                    keeper,
                    factories.OfficerFactory(is_superuser=True),
                    "superuser",
                ),
            )
        ),
        (
            partial(refused, actions.end_staff, **{**facts, "actor": auditor}),
            without_network(line("deed_refused", "not_keeper", account=auditor, kind="end_staff")),
        ),
    ]
    check(lines, deeds)


def test_adding_and_enrolling(lines):
    added = []
    (found,) = lines(
        lambda: added.append(actions.add_staff(actor=None, username="layla", roles=["officer"]))
    )
    ((member, _code),) = added
    assert found == without_network(line("staff_added", staff=member))
    form = {"username": "layla", "code": "wrong"}
    check(
        lines,
        [
            (
                lambda: Client().post("/en/staff/enrol/", form),
                line("enrolment", "wrong", account=member),
            ),
            (
                lambda: Client().post("/en/staff/enrol/", {**form, "username": "Nobody"}),
                line("enrolment", "wrong", typed="nobody"),
            ),
        ],
    )
    assert pseudonym("account", member.pk)


def test_review_and_export(lines):
    auditor, keeper = factories.of_role("auditor"), factories.of_role("keeper")
    browser, other = signed_in_staff(auditor), signed_in_staff(keeper)
    review = "/en/staff/members/review/"
    page = browser.get(review)
    shown = {
        "shown": page.context["form"].initial["shown"],
        "idempotency_key": page.context["form"]["idempotency_key"].value(),
    }
    refusal = line("deed_refused", "not_auditor", account=keeper, kind="sign_off")
    check(
        lines,
        [
            (lambda: browser.get(f"{review}csv/"), line("export", account=auditor, kind="access")),
            (lambda: other.post(review, shown), refusal),
            (lambda: browser.post(review, shown), line("access_reviewed", account=auditor)),
            (lambda: browser.post(review, shown),),
        ],
    )
