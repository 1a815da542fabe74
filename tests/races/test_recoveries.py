"""Staff at a counter who act on one account at the same moment."""

import uuid
from functools import partial

import pytest

from core.accounts import actions
from core.accounts.actions import counter_recovery
from core.accounts.models import Recovery, RecoveryQuerySet
from core.exceptions import RuleViolation
from tests import factories
from tests.races.together import at_once, now, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

MOBILES = ("+966550000432", "+966550000433")
SESSION = "session-of-the-first-clerk"
REASON = "The photo on the card is of somebody else."


@pytest.fixture
def first(db):
    return factories.of_role("clerk")


def begin(staff, user, mobile=MOBILES[0]):
    return actions.begin_recovery(
        actor=staff,
        person=user.identity,
        document="passport",
        document_end="AB12",
        mobile=mobile,
        idempotency_key=uuid.uuid4(),
    )


def confirm_twice(first, resident):
    """Return what two colleagues are told who confirm at once, and their names."""
    recovery = begin(first, resident)
    colleagues = [factories.of_role("clerk") for _place in range(2)]
    results = at_once(
        *[partial(actions.confirm_recovery, actor=each, recovery=recovery) for each in colleagues]
    )
    return told(results), now(recovery).confirmed_by


def test_two_confirmations_one_wins_and_other_is_told(first, resident):
    sentences, confirmed_by = confirm_twice(first, resident)
    assert sentences == [f"{confirmed_by.get_short_name()} has confirmed this already."]


def test_control_without_condition_two_confirmations_both_win(first, resident, guards):
    guards.look_before_writing(RecoveryQuerySet, parties=2, only_if_changes="confirmed_by")
    assert confirm_twice(first, resident)[0] == []


def begin_twice(first, resident):
    second = factories.of_role("clerk")
    steps = zip((first, second), MOBILES, strict=True)
    return at_once(*[partial(begin, staff, resident, mobile) for staff, mobile in steps])


def test_two_clerks_who_begin_at_once_make_one_recovery(first, resident):
    results = begin_twice(first, resident)
    (sentence,) = told(results)
    assert sentence.endswith(
        " has begun to give this person a new mobile already. "
        "That has to be finished or given up first."
    )
    assert Recovery.objects.count() == 1


def test_control_without_lock_second_clerk_meets_the_constraint(first, resident, guards):
    guards.take_out_row_locks()
    # Each looks twice: for its own earlier sending, and for what a colleague has begun.
    guards.wait_after(RecoveryQuerySet, "first", parties=2)
    with pytest.raises(Exception, match="recovery_one_at_the_counter"):
        begin_twice(first, resident)


def finish_while_refused(first, resident, guards):
    """Let a colleague refuse it while the code is being used; return results and recovery."""
    recovery = begin(first, resident)
    second = factories.of_role("clerk")
    actions.confirm_recovery(actor=second, recovery=recovery)
    actions.send_counter_code(actor=first, recovery=recovery, session_key=SESSION)
    finish = partial(
        actions.finish_recovery,
        actor=first,
        recovery=recovery,
        session_key=SESSION,
        guess=factories.code_sent_to(resident, "counter"),
    )
    refuse = partial(actions.refuse_recovery, actor=second, recovery=recovery, reason=REASON)
    results = guards.run_during(counter_recovery, "give_new_mobile", first=finish, second=refuse)
    return results, now(recovery)


def test_a_refusal_during_the_code_comes_too_late(first, resident, guards):
    (_finished, refused), recovery = finish_while_refused(first, resident, guards)
    assert refused.message == "This has been done already."
    assert (recovery.status, recovery.refusal) == (Recovery.Status.DONE, "")


def test_control_without_lock_it_is_refused_and_done(first, resident, guards):
    guards.take_out_row_locks()
    (_finished, refused), _recovery = finish_while_refused(first, resident, guards)
    assert not isinstance(refused, RuleViolation)
    assert str(now(resident).mobile) == MOBILES[0]
