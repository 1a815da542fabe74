"""What somebody can do who knows a stranger's ID number, and their password too: nothing.

On a phone without scripts, and on a desk with them.
"""

import pytest
from playwright.sync_api import expect

from core.accounts import codes, guesses
from core.accounts.models import GuessCount, Recovery, User
from tests import factories
from tests.browser.looks import people
from tests.browser.test_way_home import NUMBER, ask_with_birth_date, let_a_minute_pass

pytestmark = pytest.mark.browser

NEW_PASSWORD = "seven-Kettles-and-a-door"


@pytest.mark.parametrize(("language", "width", "scripts"), [("ar", 390, False), ("en", 1280, True)])
def test_whoever_knows_a_number_and_a_password_gets_nowhere(visit, resident):
    User.objects.filter(pk=resident.pk).update(email="aslam@example.org")
    owner, attacker = visit(), visit()
    sign_in(owner)
    owner.sign_out()

    cannot_text_abroad(attacker)
    cannot_use_up_resets(attacker, owner)
    cannot_lock_out(attacker, owner)
    cannot_kill_a_code(attacker, owner)
    cannot_guess_codes_for_ever(attacker, owner, resident)
    cannot_take_the_account_over(attacker, owner, resident)
    cannot_change_a_session_left_open(owner)


def give(somebody, password):
    somebody.open("account/sign-in/")
    somebody.fill("Username or ID number", somebody.digits(NUMBER))
    somebody.fill("Password", password)
    somebody.press("Continue")


def sign_in(owner):
    give(owner, factories.PASSWORD)
    owner.enter_code("Sign in")


def cannot_text_abroad(attacker):
    """Nobody makes the portal text a mobile abroad, or one with anything beside the number."""
    for typed, refusal in (
        ("+971501234567", "We text this code only to mobiles of the Kingdom, which begin with 05."),
        (
            "05000000a1",
            "Enter one mobile number and nothing else, in digits, for example 05XXXXXXXX. Take out "
            "letters, signs and a second number.",
        ),
    ):
        attacker.open("account/picture/by-text/")
        attacker.fill("Mobile", typed)
        attacker.press("Send the code")
        attacker.is_told(refusal)


def cannot_use_up_resets(attacker, owner):
    """Requests with a wrong birth date count against who sends them, and text nobody."""
    texts = len(owner.texts())
    for _try in range(codes.MAX_UNUSED_PER_HOUR):
        ask_to_reset(attacker, day=1)
    assert len(owner.texts()) == texts
    ask_to_reset(owner, day=14)
    assert len(owner.texts()) == texts + 1


def ask_to_reset(somebody, day):
    let_a_minute_pass()
    somebody.open("account/password/reset/")
    ask_with_birth_date(somebody, day, label="Username or ID number")


def cannot_lock_out(attacker, owner):
    """Ten wrong passwords pause strangers, and no browser that the owner has used before."""
    attacker.looks = False  # the last page is a 429
    for _try in range(guesses.MAX_WRONG):
        give(attacker, "not-this-one")
    expect(attacker.page.locator(".error-summary")).to_contain_text(
        attacker.reads(
            "Too many wrong passwords. Try again in 15 minutes, or set a new password now."
        )
    )
    attacker.troubles.clear()
    attacker.looks = True
    sign_in(owner)
    owner.sign_out()
    GuessCount.objects.all().delete()


def cannot_kill_a_code(attacker, owner):
    """A code stays good in its own session, whoever else gives the password."""
    give(owner, factories.PASSWORD)
    code = owner.code_on_phone()
    let_a_minute_pass()
    give(attacker, factories.PASSWORD)
    assert attacker.path().endswith("/account/code/")
    owner.fill("Code", code)
    owner.press("Sign in")
    owner.sign_out()


def cannot_guess_codes_for_ever(attacker, owner, resident):
    """After a hundred wrong codes the account rests, until a reset that needs the mobile."""
    User.objects.filter(pk=resident.pk).update(wrong_codes=guesses.MAX_WRONG_CODES - 1)
    wrong = f"{(int(owner.code_on_phone()) + 1) % 10**6:06}"
    for _try in range(2):
        attacker.fill("Code", wrong)
        attacker.press("Sign in")
    expect(attacker.page.locator(".error-summary")).to_contain_text(
        attacker.reads("This account rests after many wrong codes. Set a new password to open it.")
    )
    ask_to_reset(owner, day=14)
    owner.enter_code("Next")
    for field in ("new_password", "again"):
        owner.page.locator(f"[name={field}]").fill(NEW_PASSWORD)
    owner.press("Set the password")
    let_a_minute_pass()
    give(owner, NEW_PASSWORD)
    owner.enter_code("Sign in")


def cannot_take_the_account_over(attacker, owner, resident):
    """Number and birth date give no mobile, and a guessed password objects to none."""
    let_a_minute_pass()
    attacker.open("account/recover/")
    ask_with_birth_date(attacker, day=14)
    assert not Recovery.objects.exists()
    people.give_new_mobile(resident)
    attacker.open("account/objection/")
    attacker.fill("Username or ID number", attacker.digits(NUMBER))
    attacker.fill("Your password before the mobile changed", "not-this-one")
    attacker.fill("Digits in the picture", attacker.digits_in_picture())
    attacker.press("Object to the new mobile")
    assert Recovery.objects.get().status == Recovery.Status.DONE
    owner.open("account/safety/")
    owner.shows("h1", "Sign-in and safety")


def cannot_change_a_session_left_open(owner):
    """Whoever finds the owner's browser signed in cannot take the account with it."""
    owner.open("account/email/")
    owner.fill("E-mail address", "thief@example.org")
    owner.fill("Password", "not-this-one")
    owner.press("Send the code")
    owner.is_told("This is not your password. Type it again.")
