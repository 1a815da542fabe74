"""Staff accounts that two keepers change at once, or that end while their holder works."""

from functools import partial

import pytest
from django.contrib.auth.hashers import make_password
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

from core.accounts.models import StaffEvent
from core.accounts.models.staff import EnrolmentQuerySet
from requests_app.actions import claim, triage
from tawasul.portal import actions
from tawasul.portal.actions import staff
from tawasul.portal.demo_phone import current_code
from tawasul.portal.staff_roles import roles_of
from tests import factories
from tests.races.together import at_once, now, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def member(db):
    return factories.of_role("officer", username="member")


def change_at_once(member):
    """Let two keepers, who have seen the same page, give the member another role each."""
    duties = {"teams": (), "offices": (), "email": "", "expected_version": 0}
    keepers = [factories.of_role("keeper", username=f"keeper{place}") for place in "12"]
    return at_once(
        *(
            partial(actions.change_staff, actor=keeper, member=member, roles=[role], **duties)
            for keeper, role in zip(keepers, ("clerk", "editor"), strict=True)
        )
    )


@pytest.mark.parametrize("_round", range(3))
def test_second_of_two_keepers_is_told_what_the_first_did(member, _round):
    (sentence,) = told(change_at_once(member))
    assert sentence.startswith("This account has changed since you opened it: Roles changed (")
    event = StaffEvent.objects.get()
    assert roles_of(now(member)) == event.after


def test_control_without_lock_both_keepers_change_it(member, guards):
    guards.take_out_row_locks()
    guards.wait_after(staff, "_check_version", parties=2)
    assert told(change_at_once(member)) == []
    assert [event.before for event in StaffEvent.objects.all()] == [["officer"]] * 2


def end_each_other(guards):
    first, second = (factories.of_role("keeper", username=f"keeper{place}") for place in "12")
    end = partial(actions.end_staff, expected_version=None)
    guards.run_during(
        staff,
        "record",
        first=partial(end, actor=first, member=second),
        second=partial(end, actor=second, member=first),
    )
    return [now(keeper).is_staff for keeper in (first, second)]


def test_two_keepers_who_end_each_other_leave_one(guards):
    assert end_each_other(guards) == [True, False]


def test_control_without_lock_they_leave_none(guards):
    guards.take_out_row_locks()
    assert end_each_other(guards) == [False, False]


def claim_while_account_ends(member, guards):
    inquiry = factories.filed()
    facts = {"inquiry": inquiry, "expected_version": inquiry.version}
    guards.run_during(
        triage,
        "move",
        first=partial(claim, actor=member, **facts),
        second=partial(actions.end_staff, actor=None, member=member, expected_version=None),
    )
    assert not now(member).is_staff
    return now(inquiry)


def test_inquiry_claimed_while_the_account_ends_goes_back_to_the_queue(member, guards):
    assert claim_while_account_ends(member, guards).assignee is None


def test_control_without_lock_it_stays_with_somebody_who_has_left(member, guards):
    guards.take_out_row_locks()
    assert claim_while_account_ends(member, guards).assignee == member


def enrol_at_once():
    _member, code = actions.add_staff(actor=None, username="layla", roles=["officer"])
    enrolment = actions.check_enrolment_code(username="layla", code=code)
    steps = []
    for password in ("one", "two"):
        key = default_key()
        digits = current_code(TOTPDevice(key=key))
        facts = {"password_hash": make_password(password), "key": key, "code": digits}
        steps.append(partial(actions.enrol, enrolment=enrolment, **facts))
    return told(at_once(*steps)), StaffEvent.objects.filter(event_type="enrolled").count()


def test_enrolment_code_is_good_once():
    used = "This code has been used or replaced, or is too old. Sign in, or ask for a new one."
    assert enrol_at_once() == ([used], 1)


def test_control_without_conditional_update_it_is_good_twice(guards):
    guards.take_out_row_locks()
    guards.look_before_writing(EnrolmentQuerySet, parties=2, only_if_changes="used_at")
    assert enrol_at_once() == ([], 2)
