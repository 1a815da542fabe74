"""One code of an authenticator app, entered twice at the same moment, is good once."""

from functools import partial

import pytest

from core.accounts import actions, authenticators, codes
from core.accounts.models import OneTimeCode
from core.messaging.models import Message
from tests import factories
from tests.races.together import at_once, told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

USED = "This code has been used already. Wait until the app shows the next one."
NOT_A_RECOVERY_CODE = (
    "This is not one of your recovery codes, or it has been used already. Check it and try again."
)
HAS_ONE = "Your account has an authenticator app already."
# Different sessions, and different purposes: the rows of the requests guard none of them.
REQUESTS = [("phone", "sign_in"), ("tablet", "sign_in"), ("phone", "file"), ("tablet", "file")]


@pytest.fixture
def app(resident):
    app = factories.authenticator(resident)
    for session, purpose in REQUESTS:
        codes.send_code(actor=resident, purpose=purpose, session_key=session, language="en")
    return app


@pytest.fixture
def recovery_code(app):
    return authenticators.renew_recovery_codes(app.user)[0]


def use_everywhere(user, guess):
    """Enter the same code for all requests at once; return what was done and what was told."""
    done = []
    results = at_once(
        *(
            partial(
                codes.use_code,
                actor=user,
                purpose=purpose,
                session_key=session,
                guess=guess,
                action=done.append,
            )
            for session, purpose in REQUESTS
        )
    )
    return len(done), told(results)


@pytest.fixture
def app_is_read_by_all(guards):
    """Take out the lock of the app's row, so that each use takes itself for the first."""
    guards.take_out_row_locks()
    guards.wait_after(authenticators, "step_of", parties=len(REQUESTS))


@pytest.mark.parametrize("_round", range(3))
def test_code_of_the_app_is_good_once(resident, app, _round):
    assert use_everywhere(resident, factories.shown_by(app)) == (1, [USED] * 3)
    assert OneTimeCode.objects.exclude(used_at=None).count() == 1


def test_control_without_lock_code_of_the_app_is_good_everywhere(resident, app, app_is_read_by_all):
    assert use_everywhere(resident, factories.shown_by(app)) == (4, [])


@pytest.mark.parametrize("_round", range(3))
def test_recovery_code_is_good_once(resident, recovery_code, _round):
    assert use_everywhere(resident, recovery_code) == (1, [NOT_A_RECOVERY_CODE] * 3)
    assert authenticators.codes_left(resident) == 7
    assert Message.objects.count() == 1


def test_control_without_lock_recovery_code_is_good_everywhere(resident, recovery_code, guards):
    guards.take_out_row_locks()
    guards.wait_after(authenticators, "_recovery_code", parties=len(REQUESTS))
    assert use_everywhere(resident, recovery_code) == (4, [])


def add_twice(user):
    keys = [authenticators.new_app(user) for _tab in range(2)]
    steps = (
        partial(actions.add_authenticator, actor=user, key=app.key, guess=factories.shown_by(app))
        for app in keys
    )
    return told(at_once(*steps))


def test_two_tabs_add_one_app(resident):
    assert add_twice(resident) == [HAS_ONE]
    assert authenticators.TOTPDevice.objects.count() == 1
    assert authenticators.codes_left(resident) == authenticators.RECOVERY_CODES


def test_control_without_lock_two_tabs_add_two_apps(resident, guards):
    guards.take_out_row_locks()
    guards.wait_after(authenticators, "app_of", parties=2)
    assert add_twice(resident) == []
    assert authenticators.TOTPDevice.objects.count() == 2
