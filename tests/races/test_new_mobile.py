"""One account that is recovered, objected to and signed in to at the same moment."""

from functools import partial

import pytest
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, OperationalError, transaction
from django.test import Client

from core.accounts import actions, codes, purposes
from core.accounts.actions import contacts, recovery
from core.accounts.actions.new_mobile import give_new_mobile, lock_account
from core.accounts.models import Recovery, RecoveryQuerySet, User
from core.messaging.models import Message
from tests import factories
from tests.races.together import at_once, now, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

OLD, OF_REGISTRY, OF_COUNTER = "+966501234567", "+966550000432", "+966550000999"
SIGN_IN, CODE, MY_PAGE = "/en/account/sign-in/", "/en/account/code/", "/en/my/"


@pytest.fixture
def person():
    identity = factories.IdentityFactory(number="2987654320", mobile=OF_REGISTRY)
    return factories.UserFactory(username="aslam", identity=identity, mobile=OLD)


@pytest.fixture
def used_code(person):
    """The code to the registry's mobile, which has been entered."""
    session = {"purpose": purposes.RECOVER, "session_key": "a-session"}
    actions.ask_to_recover(
        number="2987654320",
        born=person.identity.birth_date,
        session_key="a-session",
        language="en",
        network="192.0.2.1",
    )
    guess = factories.code_sent_to(None, "recover")
    return codes.use_code(actor=None, guess=guess, action=lambda code: code, **session)


@pytest.fixture
def taken_over(person, used_code):
    actions.recover(code=used_code)
    return now(person)


def warnings():
    """Return how many texts tell of a new mobile."""
    return Message.objects.filter(text__contains="your account has a new mobile").count()


def recover_twice(code):
    return at_once(*[partial(actions.recover, code=code)] * 2)


def test_two_clicks_on_one_recovery_find_one(used_code):
    first, second = recover_twice(used_code)
    assert first == second == Recovery.objects.get()
    assert warnings() == 1


def test_control_without_lock_two_clicks_collide(used_code, guards):
    guards.take_out_row_locks()
    guards.wait_after(recovery, "check_not_restricted", parties=2)
    with pytest.raises(IntegrityError):
        recover_twice(used_code)


def finish_at_the_counter(person):
    staff = factories.OfficerFactory()

    @transaction.atomic
    def finish():
        user = lock_account(person.pk)
        counter = Recovery(
            user=user, way="counter", new_mobile=OF_COUNTER, document="passport", begun_by=staff
        )
        give_new_mobile(user, counter)

    return finish


def test_registry_is_refused_while_a_counter_finishes(person, used_code, guards):
    results = guards.run_during(
        RecoveryQuerySet,
        "open_to_objection",
        first=finish_at_the_counter(person),
        second=partial(actions.recover, code=used_code),
    )
    [refusal] = told(results)
    assert refusal.startswith("The mobile of this account is new.")
    assert now(person).mobile == OF_COUNTER


def test_control_without_lock_registry_takes_the_account_from_the_counter(
    person, used_code, guards
):
    guards.take_out_row_locks()
    results = guards.run_during(
        RecoveryQuerySet,
        "open_to_objection",
        first=finish_at_the_counter(person),
        second=partial(actions.recover, code=used_code),
    )
    assert told(results) == []
    assert Recovery.objects.count() == 2


def sign_in_while_somebody_objects(person, guards):
    """Give the right code; the objection ends between its use and the new session."""
    browser = Client()
    password = factories.PASSWORD
    browser.post(SIGN_IN, {"login": "aslam", "password": password})
    code = factories.code_sent_to(person, "sign_in")
    object_now = partial(actions.object_to_recovery, login="aslam", password=password)
    left = guards.meanwhile(codes, "use_code", object_now)
    browser.post(CODE, {"code": code})
    assert list(left) == []
    assert Recovery.objects.get().status == Recovery.Status.DISPUTED
    return browser.get(MY_PAGE).status_code


def test_session_that_begins_while_somebody_objects_is_none(taken_over, guards):
    assert sign_in_while_somebody_objects(taken_over, guards) == 302


def test_control_without_count_of_ended_sessions_it_stays(taken_over, guards):
    guards.replace(
        type(taken_over), "_get_session_auth_hash", AbstractBaseUser._get_session_auth_hash
    )
    assert sign_in_while_somebody_objects(taken_over, guards) == 200


def object_twice():
    password = factories.PASSWORD
    at_once(*[partial(actions.object_to_recovery, login="aslam", password=password)] * 2)
    return Message.objects.filter(text__contains="somebody objected").count()


def test_two_objections_are_told_once(taken_over):
    assert object_twice() == 2  # the old mobile and the new one


def test_control_without_condition_they_are_told_twice(taken_over, guards):
    guards.take_out_row_locks()
    guards.look_before_writing(RecoveryQuerySet, parties=2, only_if_changes="disputed_at")
    assert object_twice() == 4


def change_the_mobile_while(person, finish, guards):
    """Run `finish` while the code of a change of the mobile is being used."""
    session = {"actor": person, "session_key": "s"}
    codes.send_code(**session, purpose=purposes.MOBILE, language="en", recipient="+966550000777")
    guess = factories.code_sent_to(person, "mobile")
    change = partial(actions.change_mobile, **session, guess=guess)
    return guards.run_during(contacts, "_change_contact", first=change, second=finish)


def test_recovery_waits_for_a_code_that_is_being_used(person, guards):
    assert told(change_the_mobile_while(person, finish_at_the_counter(person), guards)) == []
    assert now(person).mobile == OF_COUNTER


def test_control_account_locked_before_its_codes_is_a_deadlock(person, guards):
    finish = finish_at_the_counter(person)

    @transaction.atomic
    def lock_account_first():
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
        finish()

    with pytest.raises(OperationalError):
        change_the_mobile_while(person, lock_account_first, guards)
