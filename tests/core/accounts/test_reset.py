"""The reset of a forgotten password with a code to the mobile of the account."""

import re

import pytest
from django.test import Client

from core.accounts.models import User
from tests import factories
from tests.conftest import errors_on, notices_on, sign_in, signed_in, words
from tests.core.accounts import pages
from tests.core.accounts.pages import MY_PAGE, NEW_PASSWORD, SIGN_IN, place, set_password, texts
from tests.core.accounts.pages import ask_to_reset as ask
from tests.core.accounts.pages import prove_to_reset as prove
from tests.worlds import undone

CODE = f"{pages.RESET}code/"
RESEND = f"{CODE}resend/"
NEW = f"{pages.RESET}new/"

IF_ANY = (
    "If there is an account with these details, a code is on its way to its mobile. If none comes, "
    "check the username or number, the calendar and the day: one Hijri day off is usual. The code "
    "works for 10 minutes."
)
CHANGED = (
    "Tawasul: the password of your account has been changed. If that was not you, set a new one "
    "now."
)


def newest_code():
    return pages.newest_code("reset")


def give_password(client, password):
    return client.post(SIGN_IN, {"login": "aslam", "password": password}, follow=True)


def has_password(person, password):
    return User.objects.get(pk=person.pk).check_password(password)


@pytest.fixture
def proven(client, person):
    """Return a browser that has come as far as the last page."""
    prove(client)
    return client


def test_a_new_password_is_set_with_the_texted_code(person):
    for login in (
        *("aslam", " ASLAM ", "2987654320", "٢٩٨٧٦٥٤٣٢٠", "۲۹۸۷ ۶۵۴ ۳۲۰", "2987-654-320"),
        *("\u202a2987654320\u202c\x07", "3000000004"),
    ):
        with undone():
            reset_password(login)


def reset_password(login):
    client = Client()
    asked = ask(client, login)
    assert place(asked) == CODE, login
    assert IF_ANY in words(asked)
    code = newest_code()
    told = f"Tawasul: {code} is your code to set a new password. Never give it to anybody."
    assert texts() == [(pages.MOBILE, told)]

    # A second click leads to the same page.
    for _click in range(2):
        proven = pages.give_code_to(CODE, client, code)
        assert place(proven) == NEW
    done = set_password(client, follow=True)
    assert place(done) == SIGN_IN
    assert notices_on(done) == ["Your new password is set. Sign in with it."]
    assert texts()[0] == (pages.MOBILE, CHANGED)
    for page in (asked, proven, done):
        for secret in ("2987654320", "aslam", "Aslam", pages.MOBILE[4:], "•••• 567"):
            assert secret not in page.content.decode()

    # The new password alone signs nobody in, and cannot be replaced without a new code.
    assert client.get(MY_PAGE).url == f"{SIGN_IN}?next={MY_PAGE}"
    assert place(set_password(client, "another-password-77", follow=True)) == SIGN_IN
    assert errors_on(give_password(client, factories.PASSWORD)) == [pages.DO_NOT_MATCH]
    assert place(give_password(client, NEW_PASSWORD)) == pages.CODE


def test_new_password_signs_out_everywhere_and_nobody_else(proven, person, as_resident):
    devices = [sign_in(person), signed_in(person)]
    assert other_devices_listed(devices[0]) == 1
    half_signed_in = Client()
    give_password(half_signed_in, factories.PASSWORD)
    code = factories.code_sent_to(person, "sign_in")

    set_password(proven)
    assert other_devices_listed(signed_in(User.objects.get(pk=person.pk))) == 0
    for device in devices:
        assert device.get(MY_PAGE).url == f"{SIGN_IN}?next={MY_PAGE}"
    assert as_resident.get(MY_PAGE).status_code == 200
    half_signed_in.post(pages.CODE, {"code": code})
    assert half_signed_in.get(MY_PAGE).status_code == 302


def other_devices_listed(browser):
    """Return how many other devices the account page lists."""
    markup = browser.get(pages.SAFETY).content.decode()
    return len(re.findall(r'action="/en/account/devices/\w', markup))


def test_code_text_is_in_page_language(client, person):
    ask(client, language="ar")
    [(_recipient, text)] = texts()
    assert pages.is_arabic(text)


def test_login_without_resettable_account_gets_no_text(person):
    without_account = factories.IdentityFactory(number="1000000008", mobile=pages.MOBILE)
    for login, changes in [
        *((login, {}) for login in ("nobody", "2999999994", "3000000005")),
        (without_account.current_number, {}),
        *(("aslam", changes) for changes in ({"is_active": False}, {"mobile": ""})),
    ]:
        with undone():
            User.objects.filter(pk=person.pk).update(**changes)
            client = Client()
            page = ask(client, login)
            assert place(page) == CODE, (login, changes)
            assert IF_ANY in words(page), (login, changes)
            guessed = client.post(CODE, {"code": newest_code()})
            assert errors_on(guessed) == [pages.WRONG], (login, changes)
            assert texts() == [], (login, changes)
            assert client.get(NEW).url == SIGN_IN, (login, changes)


def test_skipped_step_redirects_to_a_first_page(client, person):
    for address in (CODE, RESEND, NEW):
        for page in (client.get(address, follow=True), client.post(address, follow=True)):
            assert place(page) == SIGN_IN, address
    ask(client)
    assert place(set_password(client, follow=True)) == SIGN_IN
    assert has_password(person, factories.PASSWORD)


def test_other_sessions_get_no_further(client, person):
    ask(client)
    code = newest_code()
    elsewhere = Client()
    ask(elsewhere)  # it is too soon for a text of its own
    assert errors_on(elsewhere.post(CODE, {"code": code})) == [pages.WRONG]
    # The session from before the code is none from which to set a password.
    stranger = Client()
    stranger.cookies["sessionid"] = client.cookies["sessionid"].value
    client.post(CODE, {"code": code})
    set_password(stranger)
    assert has_password(person, factories.PASSWORD)
    assert client.get(NEW).status_code == 200


def test_second_code_invalidates_the_first(client, person):
    ask(client)
    first = newest_code()
    pages.age_codes(61)
    assert notices_on(pages.ask_again(client, pages.RESET)) == []
    second = newest_code()
    assert len(texts()) == 2
    if first != second:  # one time in a million both codes are the same
        assert errors_on(client.post(CODE, {"code": first})) == [pages.WRONG]
    assert client.post(CODE, {"code": second}).url == NEW


def test_last_page_is_valid_for_fifteen_minutes(proven, person):
    for minutes, is_in_time in ((16, False), (14, True)):
        with pages.minutes_later(minutes):
            assert proven.get(NEW).status_code == (200 if is_in_time else 302)
            set_password(proven)
            assert has_password(person, NEW_PASSWORD) == is_in_time


def test_errors_on_last_page_are_named(proven, person):
    for password, again, sentences in [
        ("", "", ["Enter a new password.", "Enter the new password again."]),
        (NEW_PASSWORD, "", ["Enter the new password again."]),
        (NEW_PASSWORD, "other", [pages.NOT_THE_SAME]),
        ("short", "short", [pages.TOO_SHORT]),
        ("Aslam-2987654320", "Aslam-2987654320", [pages.GUESSABLE]),
    ]:
        page = set_password(proven, password, again)
        assert errors_on(page) == sentences, password
        assert NEW_PASSWORD not in page.content.decode(), password
        assert has_password(person, factories.PASSWORD), password
    set_password(proven)
    assert has_password(person, NEW_PASSWORD)


def test_code_of_a_reset_opens_no_account(client, person):
    ask(client)
    code = newest_code()
    pages.ask_to_register(client, "2999999994")
    assert errors_on(client.post(f"{pages.REGISTER}code/", {"code": code})) == [pages.WRONG]
    assert client.post(CODE, {"code": code}).url == NEW


def test_reset_works_while_registry_is_down(client, person):
    with pages.registry_away():
        prove(client)
        assert place(set_password(client, follow=True)) == SIGN_IN


def test_account_closed_after_code_stays_closed(proven):
    User.objects.update(is_active=False)
    set_password(proven)
    assert errors_on(give_password(proven, NEW_PASSWORD)) == [pages.DO_NOT_MATCH]
