"""The pause after ten wrong passwords, for an account and for each of its known browsers."""

import logging
import re

import pytest
from django.core.serializers import serialize
from django.test import Client

from core.accounts.models import GuessCount, Session, User
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on, sign_in, signed_in, signed_in_staff, without_tokens, words
from tests.core.accounts import pages
from tests.core.accounts.guessing import (
    ELSEWHERE,
    age_guesses,
    give_password,
    guess,
    password_is_accepted,
)
from tests.core.accounts.pages import DO_NOT_MATCH, NUMBER, SHUT, SIGN_OUT, STAFF_SIGN_IN
from tests.worlds import undone

STAFF_CHANGE = "/en/staff/password_change/"
OLD_IS_WRONG = "Your old password was entered incorrectly. Please enter it again."
DO_NOT_OPEN = "This username and this password do not open the staff site. Check both."
# The pages of a signed-in person that ask for the password, with the rest of their forms.
CHANGES = {
    pages.CHANGE_PASSWORD: {"new_password": pages.NEW_PASSWORD, "again": pages.NEW_PASSWORD},
    pages.CHANGE_MOBILE: {"mobile": "0507654321"},
}


# An account


def test_tenth_wrong_password_locks_account(person):
    assert guess(9) == [DO_NOT_MATCH]
    # The right password and the code are accepted, and reset no count.
    assert sign_in(person).get(pages.MY_PAGE).status_code == 200
    assert guess(1) == [SHUT]
    assert not password_is_accepted()


def test_right_passwords_do_not_count(person):
    for _time in range(12):
        assert password_is_accepted()
    assert guess(9) == [DO_NOT_MATCH]


def test_all_logins_of_one_person_count_together(person):
    names = [
        *("aslam", " ASLAM ", "2987654320", "٢٩٨٧٦٥٤٣٢٠", "۲۹۸۷۶۵۴۳۲۰", "2987-654-320"),
        *("\u202a2987654320\u202c", "3000000004", "٣٠٠٠٠٠٠٠٠٤"),
    ]
    for name in names:
        assert guess(1, name) == [DO_NOT_MATCH], name
    assert guess(1) == [SHUT]
    for name in names:
        assert not password_is_accepted(name), name


def test_guesses_from_all_networks_lock_one_account(person, resident):
    for place in range(10):
        browser = {"user-agent": f"Browser/{place}", "accept-language": "en"}
        guess(1, network=f"192.0.2.{place}", **browser)
    assert not password_is_accepted(network=ELSEWHERE)
    assert password_is_accepted(resident.username)


def test_account_is_locked_for_fifteen_minutes(person):
    guess(10)
    age_guesses(14)
    assert not password_is_accepted()
    # Guesses in the meantime do not prolong the lock.
    assert guess(5) == [SHUT]
    age_guesses(2)
    assert password_is_accepted()


def test_guesser_cannot_reset_count_with_own_account(person):
    own = factories.UserFactory()
    client = Client()
    guess(9, client=client)
    sign_in(own, client)
    client.post(SIGN_OUT)
    assert guess(1, client=client) == [SHUT]


def test_unknown_login_gets_the_same_bytes_when_locked(db):
    def walk():
        return [without_tokens(give_password()) for _guess in range(12)]

    with undone():
        for_nobody = walk()
    factories.UserFactory(username="aslam")
    assert walk() == for_nobody


def test_spellings_of_unknown_login_count_together(db):
    for names in (
        ["aslam", " ASLAM ", "\u202aaslam\u202c"],
        ["2987654320", "٢٩٨٧٦٥٤٣٢٠", "۲۹۸۷۶۵۴۳۲۰", "2987-654-320", "２９８７６５４３２０"],
    ):
        for turn in range(9):
            assert guess(1, names[turn % len(names)]) == [DO_NOT_MATCH], names
        for name in (names[0], *names):
            assert guess(1, name) == [SHUT], name


# The owner's browser


@pytest.fixture
def owners_browser(person):
    """Return a browser in which the owner has signed in before and has signed out again."""
    client = sign_in(person)
    client.post(SIGN_OUT)
    return client


def test_guesses_of_others_do_not_lock_owners_browser(person, owners_browser):
    cookie = owners_browser.cookies["known-browser"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    mark = cookie.value
    assert "aslam" not in mark
    assert NUMBER not in mark
    guess(10)
    assert not password_is_accepted()
    forged = [mark[:-1] + ("A" if mark[-1] != "A" else "B"), mark.partition(":")[0], "", "e30", ":"]
    for value in forged:
        client = Client()
        client.cookies["known-browser"] = value
        assert not password_is_accepted(client=client), value
    assert password_is_accepted(client=owners_browser)


def test_owners_browser_has_its_own_count(person, owners_browser):
    for name in ("aslam", NUMBER, "٣٠٠٠٠٠٠٠٠٤"):
        with undone():
            assert guess(9, name, client=owners_browser) == [DO_NOT_MATCH], name
            assert guess(1, name, client=owners_browser) == [SHUT], name
            assert not password_is_accepted(client=owners_browser), name
            assert password_is_accepted(), name


def test_browser_of_registration_is_known(registered):
    browser = Client()
    pages.prove_to_register(browser)
    pages.choose(browser)
    factories.let_a_minute_pass(User.objects.get())
    browser.post(SIGN_OUT)
    guess(10)
    assert password_is_accepted(client=browser)


def test_browser_is_known_for_each_account_that_used_it(person, owners_browser, resident):
    guess(10, resident.username)
    assert not password_is_accepted(resident.username, client=owners_browser)
    GuessCount.objects.all().delete()
    sign_in(resident, owners_browser)
    owners_browser.post(SIGN_OUT)
    for login in ("aslam", resident.username):
        guess(10, login)
        assert password_is_accepted(login, client=owners_browser)


# Setting a new password


def test_reset_unlocks_account_and_no_other(person, resident):
    guess(10)
    guess(10, resident.username)
    client = Client()
    pages.prove_to_reset(client)
    # Asking for the reset and giving the code unlocks nothing.
    assert not password_is_accepted()
    pages.set_password(client)
    assert password_is_accepted(password=pages.NEW_PASSWORD)
    assert not password_is_accepted(resident.username)


def test_reset_unlocks_owners_browser(person, owners_browser):
    guess(10, client=owners_browser)
    pages.prove_to_reset(owners_browser)
    pages.set_password(owners_browser)
    assert password_is_accepted(password=pages.NEW_PASSWORD, client=owners_browser)


# Other pages that ask for the password


def test_a_wrong_password_at_a_change_counts(person):
    client = signed_in(person)
    for address, form in CHANGES.items():
        wrong = {**form, "password": "wrong"}
        with undone():
            told = [errors_on(client.post(address, wrong)) for _guess in range(11)]
            assert told == [[pages.NOT_YOURS]] * 9 + [[SHUT]] * 2, address
            right = {**form, "password": factories.PASSWORD}
            assert errors_on(client.post(address, right)) == [SHUT], address
            assert not Message.objects.exists(), address
            assert client.get(pages.ACCOUNT).status_code == 200, address
            assert not password_is_accepted(), address
        with undone():
            guess(9)
            assert errors_on(client.post(address, wrong)) == [SHUT], address


def test_guesses_of_others_do_not_block_owners_changes(person):
    for address, form in CHANGES.items():
        with undone():
            client = sign_in(person)
            guess(10)
            right = {**form, "password": factories.PASSWORD}
            assert client.post(address, right).status_code == 302, address


def test_wrong_passwords_on_the_staff_page_count(officer, person):
    form = {"login": officer.username, "password": "wrong"}
    for _guess in range(9):
        assert errors_on(Client().post(STAFF_SIGN_IN, form)) == [DO_NOT_OPEN]
    assert errors_on(Client().post(STAFF_SIGN_IN, form)) == [pages.STAFF_SHUT]
    right = {**form, "password": factories.PASSWORD}
    assert errors_on(Client().post(STAFF_SIGN_IN, right)) == [pages.STAFF_SHUT]
    # They count together with those on the public page.
    guess(9)
    form = {"login": NUMBER, "password": "wrong"}
    assert errors_on(Client().post(STAFF_SIGN_IN, form)) == [pages.STAFF_SHUT]
    assert not password_is_accepted()


def change_as_staff(browser, old_password):
    new = {"new_password1": pages.NEW_PASSWORD, "new_password2": pages.NEW_PASSWORD}
    page = browser.post(STAFF_CHANGE, {"old_password": old_password, **new})
    if page.status_code == 302:
        return page.url
    return words(re.search(r'(?s)<ul class="errorlist".*?</ul>', page.content.decode())[0])


def test_wrong_old_passwords_of_staff_count(officer, as_officer):
    told = [change_as_staff(as_officer, "wrong") for _guess in range(10)]
    assert told == [OLD_IS_WRONG] * 9 + [pages.STAFF_SHUT]
    assert change_as_staff(as_officer, factories.PASSWORD) == pages.STAFF_SHUT
    form = {"login": officer.username, "password": factories.PASSWORD}
    assert errors_on(Client().post(STAFF_SIGN_IN, form)) == [pages.STAFF_SHUT]


def test_new_password_of_staff_ends_their_other_sessions(officer, as_officer):
    elsewhere = signed_in_staff(officer)
    assert change_as_staff(as_officer, factories.PASSWORD) == f"{STAFF_CHANGE}done/"
    assert as_officer.get("/en/staff/").status_code == 200
    assert elsewhere.get("/en/staff/").status_code == 302
    assert not Session.objects.filter(session_key=elsewhere.session.session_key).exists()


def test_password_of_a_resident_is_a_wrong_one_on_the_staff_page(person):
    """If it were not counted, the count that stays where it is would tell that it is right."""
    form = {"login": "aslam", "password": "wrong"}
    for _guess in range(8):
        Client().post(STAFF_SIGN_IN, form)
    right = {**form, "password": factories.PASSWORD}
    assert errors_on(Client().post(STAFF_SIGN_IN, right)) == [DO_NOT_OPEN]
    assert errors_on(Client().post(STAFF_SIGN_IN, right)) == [pages.STAFF_SHUT]


# Stored and logged data


@pytest.fixture
def logged(caplog):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, logger="factory")
    return lambda: "\n".join(caplog.handler.format(record) for record in caplog.records)


def test_input_at_sign_in_is_not_kept_or_logged(person, logged):
    secrets = [
        "aslam",
        NUMBER,
        pages.FORMER_NUMBER,
        "2999999999",
        "somebody-else",
        "wrong-password-1",
    ]
    for login in [*secrets[:-1], "2987-654-320"]:
        form = {"login": login, "password": "wrong-password-1", "next": f"/en/?q={NUMBER}"}
        for address in (pages.SIGN_IN, STAFF_SIGN_IN):
            Client().post(f"{address}?login={login}&next=/en/%3Fq={NUMBER}", form)
    assert GuessCount.objects.count() == 4  # three logins, and the network
    kept = serialize("json", GuessCount.objects.all())
    assert "127.0.0.1" not in kept
    for secret in secrets:
        assert secret not in kept
        assert secret not in logged()
    assert not re.search(r"(?<!\d)[1-47]\d{9}(?!\d)", logged())


def test_input_at_a_change_is_not_kept_or_logged(person, logged):
    for address, form in CHANGES.items():
        with undone():
            signed_in(person).post(address, {**form, "password": "wrong-password-1"})
            kept = serialize("json", GuessCount.objects.all())
            for secret in ("wrong-password-1", *form.values()):
                assert secret not in kept
                assert secret not in logged()
