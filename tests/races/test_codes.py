"""Concurrent one-time codes: each is used once, each guess counted, a sixth never compared."""

from collections import Counter
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from core.accounts import codes, purposes
from core.accounts.models import OneTimeCode, OneTimeCodeQuerySet, User
from core.exceptions import RuleViolation
from core.messaging.models import Message
from tests import factories
from tests.races.together import at_once, now, told

pytestmark = pytest.mark.django_db(transaction=True)
parallel = pytest.mark.postgres

SIGN_IN = purposes.SIGN_IN
SESSION = "a-session-that-waits-for-its-code"

WRONG = "This code is not right. Check it and try again."
SPENT = "A wrong code was entered too many times. Ask for another code."
USED = "This code has been used already. Ask for another code."


def send_code(user):
    return codes.send_code(actor=user, purpose=SIGN_IN, session_key=SESSION, language="en")


@pytest.fixture
def digits(resident):
    """The digits of a code that was sent to the resident."""
    send_code(resident)
    return factories.code_sent_to(resident, SIGN_IN)


@pytest.fixture
def wrong_digits(digits):
    return f"{(int(digits) + 1) % 10**6:06}"


def guess(user, digits, action=lambda code: None):
    return codes.use_code(
        actor=user, purpose=SIGN_IN, session_key=SESSION, guess=digits, action=action
    )


@pytest.fixture
def compared(guards):
    """Return a list that grows by one with each comparison of a guess."""
    comparisons = []
    compare = codes.constant_time_compare

    def compare_and_note(one, other):
        comparisons.append(None)
        return compare(one, other)

    guards.replace(codes, "constant_time_compare", compare_and_note)
    return comparisons


@pytest.fixture
def code_is_read_by_all(guards):
    """Take out the lock of the code's row, so that each guess takes itself for the first."""
    guards.take_out_row_locks()
    guards.wait_after(OneTimeCodeQuerySet, "first", parties=20)


def guess_twenty_times(*guessed):
    return at_once(*[partial(guess, *guessed)] * 20)


@parallel
@pytest.mark.parametrize("_round", range(3))
def test_twenty_right_codes_run_action_once(resident, digits, _round):
    steps = []

    results = guess_twenty_times(resident, digits, steps.append)

    assert len(steps) == 1
    assert told(results) == [USED] * 19
    assert OneTimeCode.objects.get().tries == 20


@parallel
def test_control_without_lock_twenty_right_codes_all_act(resident, digits, code_is_read_by_all):
    steps = []

    guess_twenty_times(resident, digits, steps.append)

    assert len(steps) == 20


@parallel
@pytest.mark.parametrize("_round", range(3))
def test_twenty_wrong_codes_are_counted_and_five_compared(resident, wrong_digits, compared, _round):
    results = guess_twenty_times(resident, wrong_digits)

    assert OneTimeCode.objects.get().tries == 20
    assert len(compared) == 5
    assert Counter(told(results)) == {WRONG: 5, SPENT: 15}


@parallel
def test_control_without_lock_twenty_wrong_codes_are_compared(
    resident, wrong_digits, compared, code_is_read_by_all
):
    results = guess_twenty_times(resident, wrong_digits)

    assert len(compared) == 20
    assert told(results) == [WRONG] * 20


def test_right_code_after_five_wrong_is_refused_uncompared(
    resident, digits, wrong_digits, compared
):
    steps = []

    results = [at_once(partial(guess, resident, wrong_digits))[0] for _try in range(5)]
    results += at_once(partial(guess, resident, digits, steps.append))

    assert told(results) == [*[WRONG] * 5, SPENT]
    assert len(compared) == 5
    assert steps == []
    assert OneTimeCode.objects.get().used_at is None


def break_a_rule(code):
    raise RuleViolation("The door is closed.", code="closed")


def break_a_constraint(code):
    User.objects.create(username=code.user.username)


def break_down(code):
    raise ZeroDivisionError


FAILURES = {
    break_a_rule: RuleViolation,
    break_a_constraint: IntegrityError,
    break_down: ZeroDivisionError,
}


@pytest.mark.both_engines
@pytest.mark.parametrize("fail", FAILURES)
def test_failed_action_leaves_code_counted_and_unused(resident, digits, fail):
    def write_and_fail(code):
        User.objects.filter(pk=resident.pk).update(language="ar")
        fail(code)

    with pytest.raises(FAILURES[fail]):
        guess(resident, digits, write_and_fail)

    code = OneTimeCode.objects.get()
    assert (code.tries, code.used_at) == (1, None)
    assert now(resident).language == "en"

    assert guess(resident, digits, lambda code: "done") == "done"


@pytest.mark.both_engines
def test_use_code_inside_transaction_raises(resident, wrong_digits):
    with pytest.raises(RuntimeError), transaction.atomic():
        guess(resident, wrong_digits)


@pytest.fixture(params=["one person twice", "two who share one mobile"])
def two_requesters(request, resident):
    if request.param == "one person twice":
        return resident, resident
    return resident, factories.UserFactory(mobile=resident.mobile)


@parallel
def test_two_code_requests_send_one(two_requesters, frozen_clock):
    results = at_once(*[partial(send_code, user) for user in two_requesters])

    assert told(results) == [
        "You have just asked for a code. You can ask for another in 60 seconds."
    ]
    assert OneTimeCode.objects.count() == Message.objects.count() == 1


@parallel
def test_control_without_lock_two_code_requests_send_two(two_requesters, guards):
    guards.take_out_lock_stripes()
    guards.wait_after(codes, "_check_pace", parties=2)

    assert told(at_once(*[partial(send_code, user) for user in two_requesters])) == []
    assert OneTimeCode.objects.count() == Message.objects.count() == 2
