"""Concurrent guesses: none is compared that was not counted before."""

from collections import Counter
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts import actions, codes, guesses
from core.accounts.models import GuessCount, User
from core.accounts.models.users import UserQuerySet
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on
from tests.core.accounts import pages
from tests.races.together import at_once, now, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

AT_ONCE = 30
NOT_RIGHT = (
    "This code is not right, or has been used already. Wait for the next one and enter that."
)
WAIT = "After a wrong code you have to wait. Enter the next one in 1 second."


@pytest.fixture
def compared(guards):
    """Return a list that grows with each password that is compared, by whose it was."""
    whose, check = [], User.check_password

    def compare_and_note(user, password):
        whose.append(user.pk)
        return check(user, password)

    guards.replace(User, "check_password", compare_and_note)
    return whose


def guess(login, password="wrong", network="192.0.2.1"):
    form = {"login": login, "password": password}
    return Client().post(pages.SIGN_IN, form, REMOTE_ADDR=network)


def guess_at_once(login, *passwords):
    pages_shown = at_once(*[partial(guess, login, password) for password in passwords])
    return Counter(
        "accepted" if page.status_code == 302 else errors_on(page)[0] for page in pages_shown
    )


def warnings_to(user):
    return Message.objects.filter(recipient=str(user.mobile), is_encrypted=False).count()


@pytest.fixture
def count_is_read_by_all(guards, resident):
    """Take out the lock of the counts, so that each guess takes itself for the first."""
    # The rows have to exist already: the insert of one would block by itself.
    guess(resident.username)
    guards.take_out_row_locks()
    guards.wait_after(guesses, "_locked", parties=AT_ONCE)


@pytest.mark.parametrize("_round", range(2))
def test_thirty_wrong_passwords_are_compared_ten_times(resident, compared, _round):
    told_to = guess_at_once(resident.username, *["wrong"] * AT_ONCE)

    assert len(compared) == 10
    assert told_to == {pages.DO_NOT_MATCH: 9, pages.SHUT: 21}


def test_control_without_lock_thirty_wrong_passwords_are_compared(
    resident, count_is_read_by_all, compared
):
    guess_at_once(resident.username, *["wrong"] * AT_ONCE)

    assert len(compared) == AT_ONCE


def test_right_passwords_at_once_are_all_taken_back(resident, compared):
    told_to = guess_at_once(resident.username, *[factories.PASSWORD] * 8)

    assert told_to == {"accepted": 8}
    assert set(GuessCount.objects.values_list("wrong", "in_a_row")) == {(0, 0)}


def test_thirty_at_the_end_of_a_row_shut_the_account_once(resident, compared, guards):
    guards.replace(guesses, "MAX_WRONG", 10**6)
    guards.replace(guesses, "MAX_IN_A_ROW", 10)

    guess_at_once(resident.username, *["wrong"] * AT_ONCE)

    assert compared.count(resident.pk) == 10
    assert compared.count(None) == 20
    assert GuessCount.objects.get(in_a_row__gt=0).in_a_row == 10
    assert warnings_to(resident) == 1


def test_network_compares_a_hundred_and_then_asks_for_the_picture(resident, compared, guards):
    guards.replace(guesses, "MAX_FROM_NETWORK", 10)
    logins = [f"somebody-{number}" for number in range(AT_ONCE)]

    shown = at_once(*[partial(guess, login) for login in logins])

    assert len(compared) == 10
    asked = [page for page in shown if b'name="picture_key"' in page.content]
    assert len(asked) >= AT_ONCE - 10


def test_guess_does_not_wait_for_the_chore_that_forgets(resident, guards):
    """The chore takes rows in any order: if it waited for one, a guess could wait for it."""
    guess(resident.username)
    GuessCount.objects.update(since=timezone.now() - guesses.FORGOTTEN_AFTER)
    forgotten = []

    def forget():
        forgotten.append(guesses.forget_old_guesses())

    guards.meanwhile(guesses, "_locked", forget)

    assert errors_on(guess(resident.username)) == [pages.DO_NOT_MATCH]
    # The account's row was locked by then, so that the network's alone has gone.
    assert forgotten == [1]


# Codes after the right password


def wrong_code_in(session, user):
    codes.send_code(actor=user, purpose="sign_in", session_key=session, language="en")
    right = factories.code_sent_to(user, "sign_in")
    return partial(
        actions.try_sign_in_code,
        actor=user,
        session_key=session,
        guess=f"{(int(right) + 1) % 10**6:06}",
    )


@pytest.fixture
def eight_sessions(resident, monkeypatch):
    monkeypatch.setattr(codes, "_check_pace", lambda *_limits: None)
    monkeypatch.setattr(codes, "_check_account", lambda *_limits: None)
    monkeypatch.setattr(guesses, "MAX_WRONG_CODES", 5)
    return [wrong_code_in(f"session-{number}", resident) for number in range(8)]


def test_wrong_codes_of_many_sessions_stop_at_the_limit(resident, eight_sessions):
    results = Counter(told(at_once(*eight_sessions)))

    assert results == {pages.WRONG: 5, str(guesses.RESTS): 3}
    assert now(resident).wrong_codes == 5
    assert warnings_to(resident) == 1


def test_control_look_before_count_compares_all(resident, eight_sessions, guards):
    guards.look_before_writing(UserQuerySet, parties=8, only_if_changes="wrong_codes")

    assert told(at_once(*eight_sessions)) == [pages.WRONG] * 8


# The second factor of staff


@pytest.fixture
def two_wrong_codes(officer):
    device = TOTPDevice.objects.create(user=officer, name="phone")
    right = TOTP(device.bin_key).token()
    wrong = [f"{(right + shift) % 10**6:06}" for shift in (400_000, 500_000)]
    return [partial(actions.use_second_factor, actor=officer, typed=typed) for typed in wrong]


def test_second_of_two_wrong_authenticator_codes_waits(two_wrong_codes):
    assert sorted(told(at_once(*two_wrong_codes))) == sorted([NOT_RIGHT, WAIT])
    assert TOTPDevice.objects.get().throttling_failure_count == 1


def test_control_without_lock_both_are_compared_and_one_is_counted(two_wrong_codes, guards):
    guards.take_out_row_locks()
    guards.wait_after(TOTPDevice, "verify_is_allowed", parties=2)

    assert told(at_once(*two_wrong_codes)) == [NOT_RIGHT] * 2
    assert TOTPDevice.objects.get().throttling_failure_count == 1
