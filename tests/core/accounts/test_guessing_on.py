"""An attacker who has time: a hundred wrong passwords in a row, and a hundred wrong codes."""

import pytest
from django.test import Client

from core.accounts import guesses
from core.accounts.models import GuessCount, OneTimeCode, User
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on, notices_on, sign_in, signed_in, without_tokens
from tests.core.accounts import pages
from tests.core.accounts.guessing import age_guesses, give_password, guess, password_is_accepted
from tests.core.accounts.pages import DO_NOT_MATCH, NUMBER, SIGN_OUT, STAFF_SIGN_IN
from tests.requests_app import steps
from tests.worlds import undone

GUESSED = (
    "Tawasul: somebody is guessing your password. Sign in from a device you have used before, or "
    "set a new one under 'I have forgotten my password'."
)
CODES_GUESSED = (
    "Tawasul: somebody knows your password and guesses codes. Your account rests until you set a "
    "new one under 'I have forgotten my password'."
)
RESTS = "This account rests after many wrong codes. Set a new password to open it."
NAMES = ("aslam", NUMBER, pages.FORMER_NUMBER)
DAY = 24 * 60  # minutes


A_HUNDRED = guesses.MAX_IN_A_ROW


@pytest.fixture(autouse=True)
def _ten_for_a_hundred(monkeypatch):
    """Let ten stand for each hundred, and the guesses come from a network that is not slowed."""
    monkeypatch.setattr(guesses, "MAX_FROM_NETWORK", 10**6)
    monkeypatch.setattr(guesses, "MAX_IN_A_ROW", 10)
    monkeypatch.setattr(guesses, "MAX_WRONG_CODES", 10)


@pytest.fixture
def _real_hundreds(monkeypatch, _ten_for_a_hundred):
    monkeypatch.setattr(guesses, "MAX_IN_A_ROW", A_HUNDRED)
    monkeypatch.setattr(guesses, "MAX_WRONG_CODES", A_HUNDRED)


def guess_in_row(times, login="aslam"):
    """Give so many wrong passwords, with a pause after each nine; return the last page."""
    for number in range(times):
        if number % 9 == 0:
            age_guesses(16)
        page = give_password(login)
    age_guesses(16)
    return page


def warnings_of(channel="sms"):
    waiting = Message.objects.filter(channel=channel, status="waiting", is_encrypted=False)
    return list(waiting.values_list("recipient", "language", "text"))


def is_refused(login="aslam", password=factories.PASSWORD, **options):
    """Return whether the right password is answered as a wrong one, with the same bytes."""
    with undone():
        right = give_password(login, password, **options)
    with undone():
        wrong = give_password("somebody-who-is-not-there" if login == "aslam" else "nobody")
    if right.status_code == 302:
        return False
    assert errors_on(right) == [DO_NOT_MATCH]
    assert right.status_code == wrong.status_code
    named = without_tokens(right).replace(login.encode(), b"")
    assert named == without_tokens(wrong).replace(b"somebody-who-is-not-there", b"").replace(
        b"nobody", b""
    )
    return True


# A hundred wrong passwords in a row


@pytest.mark.usefixtures("_real_hundreds")
def test_after_a_hundred_the_right_password_reads_as_wrong_for_a_day(person):
    guess_in_row(99)
    assert not is_refused()
    assert errors_on(guess_in_row(1)) == [DO_NOT_MATCH]
    for name in NAMES:
        assert is_refused(name), name
    age_guesses(DAY - 60)
    assert is_refused()
    age_guesses(60)
    assert not is_refused()


def test_attacker_cannot_tell_a_refused_account_from_nobody(person):
    """Neither by the answers to his guesses, nor by the pauses between them."""

    def attack(login):
        told = []
        for number in range(27):
            if number % 13 == 0:
                age_guesses(16)
            page = give_password(login)
            told.append((page.status_code, without_tokens(page).replace(login.encode(), b"")))
        return told

    with undone():
        for_nobody = attack("nobody")
    for name in NAMES:
        with undone():
            assert attack(name) == for_nobody, name


def test_guesses_while_refused_are_not_compared(person, monkeypatch):
    guess_in_row(10)
    compared = []
    check = User.check_password

    def note_whose(user, password):
        compared.append(user.pk)
        return check(user, password)

    monkeypatch.setattr(User, "check_password", note_whose)
    give_password(password=factories.PASSWORD)
    # A hash is computed for nobody, so that it takes as long.
    assert compared == [None]


def test_owner_is_told_once_and_what_to_do(person):
    User.objects.update(language="en", email="aslam@example.org")
    guess_in_row(9)
    assert warnings_of() == []
    guess_in_row(1)
    assert warnings_of() == [(pages.MOBILE, "en", GUESSED)]
    assert warnings_of("email") == [("aslam@example.org", "en", GUESSED)]
    for _day in range(2):
        age_guesses(DAY)
        guess_in_row(10)
        assert is_refused()
    assert len(warnings_of()) == 1


def test_staff_without_a_mobile_are_told_by_mail(officer):
    User.objects.update(mobile="", email="officer@example.org")
    form = {"login": officer.username, "password": "wrong"}
    for _nine in range(2):
        for _guess in range(9):
            Client().post(STAFF_SIGN_IN, form)
        age_guesses(16)
    assert [recipient for recipient, *_rest in warnings_of("email")] == ["officer@example.org"]
    assert warnings_of() == []
    right = Client().post(STAFF_SIGN_IN, {**form, "password": factories.PASSWORD})
    assert errors_on(right) == [
        "This username and this password do not open the staff site. Check both."
    ]


def test_known_browser_and_reset_stay_open(person):
    browser = sign_in(person)
    browser.post(SIGN_OUT)
    guess_in_row(10)
    assert not is_refused(client=browser)
    new_browser = Client()
    pages.prove_to_reset(new_browser)
    pages.set_password(new_browser)
    assert not is_refused(password=pages.NEW_PASSWORD)
    assert not is_refused(password=pages.NEW_PASSWORD, client=new_browser)


def test_password_changed_by_the_signed_in_owner_opens_the_account(person):
    browser = signed_in(person)
    browser.post(SIGN_OUT)
    browser = sign_in(person)
    guess_in_row(10)
    new = {"new_password": pages.NEW_PASSWORD, "again": pages.NEW_PASSWORD}
    browser.post(pages.CHANGE_PASSWORD, {"password": factories.PASSWORD, **new})
    assert not is_refused(password=pages.NEW_PASSWORD)


def test_row_ends_only_with_a_whole_sign_in_from_an_unknown_browser(person):
    known = sign_in(person)
    known.post(SIGN_OUT)
    for ends_row, go in (
        # A password without its code is what an attacker has who guessed it.
        (False, lambda: give_password(password=factories.PASSWORD)),
        (False, lambda: sign_in(person, known)),
        (True, lambda: sign_in(person)),
    ):
        with undone():
            factories.let_a_minute_pass(person)
            guess_in_row(9)
            go()
            guess_in_row(1)
            assert is_refused() is not ends_row


@pytest.mark.both_engines
def test_right_password_as_the_hundredth_shuts_nothing(person):
    guess_in_row(9)
    assert give_password(password=factories.PASSWORD).status_code == 302
    assert warnings_of() == []
    assert not is_refused()
    guess_in_row(1)
    assert is_refused()
    assert len(warnings_of()) == 1


@pytest.mark.both_engines
def test_right_password_is_accepted_while_the_owner_ends_the_row(person, monkeypatch):
    check = User.check_password

    def end_row_and_check(user, password):
        guesses.end_row(user)
        return check(user, password)

    monkeypatch.setattr(User, "check_password", end_row_and_check)
    assert password_is_accepted()
    assert GuessCount.objects.filter(in_a_row=0).count() == 2  # the account, and the network


@pytest.mark.both_engines
def test_counts_are_deleted_when_they_limit_nothing_any_more(person):
    browser = sign_in(person)
    browser.post(SIGN_OUT)
    guess(3, client=browser)
    guess_in_row(10)
    guesses.forget_old_guesses()
    assert GuessCount.objects.count() == 1
    assert is_refused()
    age_guesses(29 * DAY)
    guesses.forget_old_guesses()
    assert GuessCount.objects.count() == 1
    age_guesses(DAY)
    guesses.forget_old_guesses()
    assert not GuessCount.objects.exists()


# A hundred wrong codes after the right password


def guess_codes(person, times):
    """Give so many wrong codes, five for each that is sent, as somebody who knows the password."""
    browser = Client()
    for _code in range(times // 5):
        OneTimeCode.objects.filter(user=person).delete()
        give_password(password=factories.PASSWORD, client=browser)
        wrong = steps.wrong(factories.code_sent_to(person, "sign_in"))
        for _guess in range(5):
            page = browser.post(pages.CODE, {"code": wrong})
    return browser, page


@pytest.mark.usefixtures("_real_hundreds")
def test_hundred_wrong_codes_make_the_account_rest(person):
    User.objects.update(language="en")
    thief, _page = guess_codes(person, 95)
    assert warnings_of() == []
    thief, page = guess_codes(person, 5)
    assert errors_on(page) == [pages.WRONG]
    assert warnings_of() == [(pages.MOBILE, "en", CODES_GUESSED)]
    # The code page of every session is shut, and sends nothing; the right code is of no use.
    sent = OneTimeCode.objects.count()
    code = factories.code_sent_to(person, "sign_in")
    assert errors_on(thief.post(pages.CODE, {"code": code})) == [RESTS]
    OneTimeCode.objects.update(created_at=person.date_joined)
    assert notices_on(thief.post(f"{pages.CODE}resend/", follow=True)) == [RESTS]
    for name in NAMES:
        assert errors_on(give_password(name, factories.PASSWORD)) == [RESTS], name
    # It says so to nobody who does not know the password.
    assert errors_on(give_password()) == [DO_NOT_MATCH]
    assert OneTimeCode.objects.count() == sent
    age_guesses(30 * DAY)
    guesses.forget_old_guesses()
    assert errors_on(give_password(password=factories.PASSWORD)) == [RESTS]
    assert len(warnings_of()) == 1


def test_reset_opens_a_resting_account(person):
    guess_codes(person, 10)
    owner = Client()
    pages.prove_to_reset(owner)
    assert errors_on(give_password(password=factories.PASSWORD)) == [RESTS]
    pages.set_password(owner)
    assert password_is_accepted(password=pages.NEW_PASSWORD)


def test_right_code_ends_the_row_of_wrong_ones(person):
    guess_codes(person, 5)
    OneTimeCode.objects.filter(user=person).delete()
    sign_in(person)
    guess_codes(person, 5)
    assert password_is_accepted()


def test_codes_that_are_not_compared_do_not_count(person):
    thief, _page = guess_codes(person, 5)
    spent = steps.wrong(factories.code_sent_to(person, "sign_in"))
    for _guess in range(10):
        assert errors_on(thief.post(pages.CODE, {"code": spent})) == [pages.SPENT]
    assert User.objects.get(pk=person.pk).wrong_codes == 5
    assert warnings_of() == []
