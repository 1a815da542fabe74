"""The lock after wrong passwords: of an account, of its known browsers, and of a network."""

import datetime
import logging
import re

import pytest
from axes.models import AccessAttempt
from django.core.serializers import serialize
from django.test import Client

from core.accounts.models import User
from tests import factories
from tests.conftest import errors_on, picture_on, sign_in, signed_in, without_tokens
from tests.core.accounts.conftest import FORMER_NUMBER, MOBILE, NUMBER

SIGN_IN = "/en/account/sign-in/"
CODE = "/en/account/code/"
STAFF_SIGN_IN = "/en/staff/login/"
CHANGE_PASSWORD = "/en/account/password/"
CHANGE_MOBILE = "/en/account/mobile/"
REGISTER = "/en/account/register/"
RESET = "/en/account/password/reset/"

NEW_PASSWORD = "three-quiet-lamps-41"
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"

SHUT = "Too many wrong passwords. Try again in 15 minutes, or set a new password now."
STAFF_SHUT = "Too many wrong passwords. Try again in 15 minutes."
DO_NOT_MATCH = "This username or ID number and this password do not match. Check both."
NOT_YOURS = "This is not your password. Type it again."
DO_NOT_OPEN = "This username and this password do not open the staff site. Check both."


def give_password(login="aslam", password="wrong", client=None, network=HOME, **headers):
    client = client or Client()
    form = {"login": login, "password": password}
    return client.post(SIGN_IN, form, REMOTE_ADDR=network, headers=headers)


def guess(times, login="aslam", **options):
    """Give a wrong password so many times and return the errors of the last page."""
    for _guess in range(times):
        page = give_password(login, **options)
    return errors_on(page)


def password_is_accepted(login="aslam", password=factories.PASSWORD, **options):
    """Return whether the password is accepted; if not, check that the page reports the lock."""
    response = give_password(login, password, **options)
    if response.status_code == 302:
        return True
    assert errors_on(response) == [SHUT]
    return False


def age_attempts(minutes):
    """Move all guesses back by so many minutes."""
    for attempt in AccessAttempt.objects.all():
        attempt.attempt_time -= datetime.timedelta(minutes=minutes)
        attempt.save(update_fields=["attempt_time"])


# An account


def test_tenth_wrong_password_locks_account(person):
    assert guess(9) == [DO_NOT_MATCH]
    assert guess(1) == [SHUT]
    assert not password_is_accepted()


def test_nine_wrong_passwords_do_not_lock_account(person):
    guess(9)
    assert password_is_accepted()


def test_all_logins_of_one_person_count_together(person):
    names = [
        "aslam",
        " ASLAM ",
        "2987654320",
        "٢٩٨٧٦٥٤٣٢٠",
        "۲۹۸۷۶۵۴۳۲۰",
        "2987-654-320",
        "\u202a2987654320\u202c",
        "3000000004",
        "٣٠٠٠٠٠٠٠٠٤",
    ]
    for name in names:
        assert guess(1, name) == [DO_NOT_MATCH]
    assert guess(1) == [SHUT]
    for name in names:
        assert not password_is_accepted(name)


def test_guesses_from_all_networks_count_together(person):
    for place in range(10):
        browser = {"user-agent": f"Browser/{place}", "accept-language": "en"}
        guess(1, network=f"192.0.2.{place}", **browser)
    assert not password_is_accepted(network=ELSEWHERE)


@pytest.mark.parametrize(("minutes", "is_open"), [(14, False), (16, True)])
def test_account_is_locked_for_fifteen_minutes(person, minutes, is_open):
    guess(10)
    age_attempts(minutes)
    assert password_is_accepted() == is_open


def test_guesses_at_locked_account_do_not_prolong_lock(person):
    guess(10)
    age_attempts(14)
    assert guess(5) == [SHUT]
    age_attempts(2)
    assert password_is_accepted()


def test_other_accounts_are_not_locked(person, resident):
    guess(10)
    assert password_is_accepted(resident.username)


def test_right_password_does_not_reset_count(person):
    guess(9)
    give_password("aslam", factories.PASSWORD)
    assert guess(1) == [SHUT]


def test_sign_in_does_not_reset_count(person):
    guess(9)
    sign_in(person)
    assert guess(1) == [SHUT]


def test_guesser_cannot_reset_count_with_own_account(person):
    own = factories.UserFactory()
    client = Client()
    guess(9, client=client)
    sign_in(own, client)
    client.post("/en/account/sign-out/")
    assert guess(1, client=client) == [SHUT]


# Unknown logins


def test_unknown_login_gets_the_same_bytes_when_locked(db):
    def walk():
        return [without_tokens(give_password()) for _guess in range(12)]

    for_nobody = walk()
    AccessAttempt.objects.all().delete()
    factories.UserFactory(username="aslam")
    assert walk() == for_nobody


@pytest.mark.parametrize(
    "names",
    [
        ["aslam", " ASLAM ", "\u202aaslam\u202c"],
        ["2987654320", "٢٩٨٧٦٥٤٣٢٠", "۲۹۸۷۶۵۴۳۲۰", "2987-654-320", "２９８７６５４３２０"],
    ],
    ids=["username", "number"],
)
def test_spellings_of_unknown_login_count_together(db, names):
    for turn in range(9):
        assert guess(1, names[turn % len(names)]) == [DO_NOT_MATCH]
    assert guess(1, names[0]) == [SHUT]
    for name in names:
        assert guess(1, name) == [SHUT]


# The owner's browser


@pytest.fixture
def owners_browser(person):
    """Return a browser in which the owner has signed in before and has signed out again."""
    client = sign_in(person)
    client.post("/en/account/sign-out/")
    return client


def test_guesses_of_others_do_not_lock_owners_browser(person, owners_browser):
    guess(10)
    assert not password_is_accepted()
    assert password_is_accepted(client=owners_browser)


@pytest.mark.parametrize("name", ["aslam", NUMBER, "٣٠٠٠٠٠٠٠٠٤"])
def test_owners_browser_has_its_own_count(person, owners_browser, name):
    assert guess(9, name, client=owners_browser) == [DO_NOT_MATCH]
    assert guess(1, name, client=owners_browser) == [SHUT]
    assert not password_is_accepted(client=owners_browser)
    assert password_is_accepted()


def test_browser_of_registration_is_known(db):
    browser = Client()
    register(browser)
    factories.let_a_minute_pass(User.objects.get())
    browser.post("/en/account/sign-out/")
    guess(10)
    assert password_is_accepted(client=browser)


def register(client):
    """Register the account `aslam` in this browser."""
    born = datetime.date(1986, 3, 14)
    factories.IdentityFactory(number=NUMBER, mobile=MOBILE, birth_date=born)
    ask_to_register(client)
    client.post(f"{REGISTER}code/", {"code": factories.code_sent_to(None, "register")})
    password = factories.PASSWORD
    form = {"username": "aslam", "new_password": password, "again": password, "language": "en"}
    client.post(f"{REGISTER}choose/", form)


def test_browser_is_not_known_for_other_accounts(person, owners_browser, resident):
    guess(10, resident.username)
    assert not password_is_accepted(resident.username, client=owners_browser)


def test_browser_stays_known_for_each_account(person, owners_browser, resident):
    sign_in(resident, owners_browser)
    owners_browser.post("/en/account/sign-out/")
    for login in ("aslam", resident.username):
        guess(10, login)
        assert password_is_accepted(login, client=owners_browser)


def test_forged_cookie_makes_no_browser_known(person, owners_browser):
    mark = owners_browser.cookies["known-browser"].value
    guess(10)
    forged = [mark[:-1] + ("A" if mark[-1] != "A" else "B"), mark.partition(":")[0], "", "e30", ":"]
    for cookie in forged:
        client = Client()
        client.cookies["known-browser"] = cookie
        assert not password_is_accepted(client=client)


def test_known_browser_cookie_is_protected(person, owners_browser):
    cookie = owners_browser.cookies["known-browser"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert "aslam" not in cookie.value
    assert NUMBER not in cookie.value


# A network


def guess_at_many(times, **options):
    """Give one wrong password for each of so many logins."""
    for number in range(times):
        give_password(f"somebody-{number}", **options)


def test_hundred_wrong_passwords_lock_their_network(person):
    guess_at_many(99)
    assert password_is_accepted()
    guess_at_many(1)
    assert not password_is_accepted()
    assert password_is_accepted(network=ELSEWHERE)


def test_network_is_unlocked_after_fifteen_minutes(person):
    guess_at_many(100)
    age_attempts(14)
    assert guess(1, "nobody") == [SHUT]
    age_attempts(2)
    assert password_is_accepted()


def test_ipv6_neighbours_are_one_network(person):
    for number in range(100):
        give_password(f"somebody-{number}", network=f"2001:db8:0:1::{number:x}")
    assert not password_is_accepted(network="2001:db8:0:1:ffff:ffff:ffff:ffff")
    assert password_is_accepted(network="2001:db8:0:2::1")


def test_ipv4_address_in_ipv6_spelling_is_the_same_network(person):
    guess_at_many(100, network=f"::ffff:{HOME}")
    assert not password_is_accepted(network=HOME)
    assert password_is_accepted(network=f"::ffff:{ELSEWHERE}")


def test_forwarded_header_of_visitor_is_ignored(person):
    for number in range(100):
        forged = {"x-forwarded-for": f"203.0.113.{number}"}
        give_password(f"somebody-{number}", **forged)
    assert not password_is_accepted()
    assert password_is_accepted(network=ELSEWHERE, **{"x-forwarded-for": HOME})


def test_address_seen_by_proxy_counts(person, settings):
    settings.BEHIND_TLS_PROXY = True
    proxy = "10.0.0.1"
    for number in range(100):
        seen = {"x-forwarded-for": f"203.0.113.{number}, {HOME}"}
        give_password(f"somebody-{number}", network=proxy, **seen)
    assert not password_is_accepted(network=proxy, **{"x-forwarded-for": f"203.0.113.200,{HOME}"})
    assert password_is_accepted(network=proxy, **{"x-forwarded-for": f"{HOME}, {ELSEWHERE}"})


# Setting a new password


def ask_to_reset(client, login="aslam", **options):
    page = client.get(RESET, **options)
    form = {"login": login, **picture_on(page)}
    return client.post(RESET, form, follow=True, **options)


def ask_to_register(client, number=NUMBER, **options):
    born = {"born_calendar": "gregorian", "born_day": "14", "born_month": "3", "born_year": "1986"}
    form = {"number": number, **born, **picture_on(client.get(REGISTER, **options))}
    return client.post(REGISTER, form, follow=True, **options)


def set_new_password(client):
    ask_to_reset(client)
    code = factories.code_sent_to(None, "reset")
    client.post(f"{RESET}code/", {"code": code})
    client.post(f"{RESET}new/", {"new_password": NEW_PASSWORD, "again": NEW_PASSWORD})


def test_reset_unlocks_account(person):
    guess(10)
    set_new_password(Client())
    assert password_is_accepted(password=NEW_PASSWORD)


def test_reset_unlocks_owners_browser(person, owners_browser):
    guess(10, client=owners_browser)
    set_new_password(owners_browser)
    assert password_is_accepted(password=NEW_PASSWORD, client=owners_browser)


def test_reset_unlocks_no_other_account(person, resident):
    guess(10, resident.username)
    set_new_password(Client())
    assert not password_is_accepted(resident.username)


def test_reset_request_unlocks_nothing(person):
    guess(10)
    ask_to_reset(Client())
    assert not password_is_accepted()


# Other pages that ask for the password


CHANGES = {
    CHANGE_PASSWORD: {"new_password": NEW_PASSWORD, "again": NEW_PASSWORD},
    CHANGE_MOBILE: {"mobile": "0507654321"},
}
change = pytest.mark.parametrize(("address", "form"), CHANGES.items(), ids=["password", "mobile"])


@change
def test_a_wrong_password_at_a_change_counts(person, address, form):
    client = signed_in(person)
    for _guess in range(9):
        assert errors_on(client.post(address, {**form, "password": "wrong"})) == [NOT_YOURS]
    assert errors_on(client.post(address, {**form, "password": "wrong"})) == [SHUT]
    assert errors_on(client.post(address, {**form, "password": factories.PASSWORD})) == [SHUT]
    assert not password_is_accepted()


@change
def test_wrong_passwords_at_sign_in_count_at_a_change(person, address, form):
    guess(9)
    client = signed_in(person)
    assert errors_on(client.post(address, {**form, "password": "wrong"})) == [SHUT]


@change
def test_guesses_of_others_do_not_block_owners_changes(person, address, form):
    client = sign_in(person)
    guess(10)
    assert client.post(address, {**form, "password": factories.PASSWORD}).status_code == 302


def test_wrong_passwords_on_the_staff_page_count(officer):
    form = {"login": officer.username, "password": "wrong"}
    for _guess in range(9):
        assert errors_on(Client().post(STAFF_SIGN_IN, form)) == [DO_NOT_OPEN]
    assert errors_on(Client().post(STAFF_SIGN_IN, form)) == [STAFF_SHUT]
    right = {**form, "password": factories.PASSWORD}
    assert errors_on(Client().post(STAFF_SIGN_IN, right)) == [STAFF_SHUT]


def test_the_staff_page_and_the_public_one_count_together(person):
    guess(9)
    form = {"login": NUMBER, "password": "wrong"}
    assert errors_on(Client().post(STAFF_SIGN_IN, form)) == [STAFF_SHUT]
    assert not password_is_accepted()


# Stored and logged data


@pytest.fixture
def logged(caplog):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, logger="factory")
    return lambda: "\n".join(caplog.handler.format(record) for record in caplog.records)


def test_input_at_sign_in_is_not_kept_or_logged(person, logged):
    secrets = ["aslam", NUMBER, FORMER_NUMBER, "2999999999", "somebody-else", "wrong-password-1"]
    for login in [*secrets[:-1], "2987-654-320"]:
        form = {"login": login, "password": "wrong-password-1", "next": f"/en/?q={NUMBER}"}
        for address in (SIGN_IN, STAFF_SIGN_IN):
            Client().post(f"{address}?login={login}&next=/en/%3Fq={NUMBER}", form)
    assert AccessAttempt.objects.count() == 3
    kept = serialize("json", AccessAttempt.objects.all())
    for secret in secrets:
        assert secret not in kept
        assert secret not in logged()
    assert not re.search(r"(?<!\d)[1-47]\d{9}(?!\d)", logged())


@change
def test_input_at_a_change_is_not_kept_or_logged(person, logged, address, form):
    signed_in(person).post(address, {**form, "password": "wrong-password-1"})
    kept = serialize("json", [AccessAttempt.objects.get()])
    for secret in ("wrong-password-1", *form.values()):
        assert secret not in kept
        assert secret not in logged()
