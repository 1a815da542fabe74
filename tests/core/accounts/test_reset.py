"""The reset of a forgotten password with a code to the mobile of the account."""

import datetime
import re
import time

import pytest
from django.test import Client
from django.utils import timezone

from core.accounts.models import OneTimeCode, User
from core.accounts.registry import LocalRegistry, RegistryUnavailable
from core.messaging.actions.delivery import deliver_due
from core.messaging.gateways import DemoPhone
from tests import factories
from tests.conftest import errors_on, notices_on, picture_on, sign_in, signed_in, words

RESET = "/en/account/password/reset/"
CODE = "/en/account/password/reset/code/"
RESEND = "/en/account/password/reset/code/resend/"
NEW = "/en/account/password/reset/new/"
SIGN_IN = "/en/account/sign-in/"
MY_PAGE = "/en/my/"

MOBILE = "+966501234567"
NEW_PASSWORD = "three-quiet-lamps-41"

IF_ANY = (
    "If there is an account with this username or ID number, we have texted a code to its mobile. "
    "The code works for 10 minutes."
)
CHANGED = (
    "Tawasul: the password of your account has been changed. If that was not you, set a new one "
    "now."
)
DO_NOT_MATCH = "This username or ID number and this password do not match. Check both."
WRONG = "This is not the code we sent. Check the message and try again."
NO_CODE = "Ask for a code first."


@pytest.fixture
def person(db):
    identity = factories.IdentityFactory(number="2987654320")
    identity.numbers.create(number="3000000004", is_current=False)
    return factories.UserFactory(username="aslam", identity=identity, mobile=MOBILE)


def ask(client, login="aslam", language="en"):
    """Submit the first page and return the page that follows."""
    address = f"/{language}/account/password/reset/"
    form = {"login": login, **picture_on(client.get(address))}
    return client.post(address, form, follow=True)


def newest_code():
    return factories.code_sent_to(None, "reset")


def prove(client, login="aslam"):
    """Go as far as the last page, on which the new password is set."""
    ask(client, login)
    return client.post(CODE, {"code": newest_code()}, follow=True)


def set_password(client, password=NEW_PASSWORD, again=None, **options):
    form = {"new_password": password, "again": password if again is None else again}
    return client.post(NEW, form, **options)


def texts():
    """Deliver all messages and return those on the phone, newest first: [(recipient, text)]."""
    deliver_due()
    return [(text["recipient"], text["text"]) for text in DemoPhone().received()]


def give_password(client, password, login="aslam"):
    return client.post(SIGN_IN, {"login": login, "password": password}, follow=True)


def place(page):
    """Return the address of the page after all redirects."""
    return page.request["PATH_INFO"]


@pytest.mark.parametrize(
    "login",
    [
        "aslam",
        " ASLAM ",
        "2987654320",
        "٢٩٨٧٦٥٤٣٢٠",
        "۲۹۸۷ ۶۵۴ ۳۲۰",
        "2987-654-320",
        "\u202a2987654320\u202c\0",
        "3000000004",
    ],
)
def test_a_new_password_is_set_with_the_texted_code(client, person, login):
    asked = ask(client, login)
    assert place(asked) == CODE
    assert IF_ANY in words(asked)
    code = newest_code()
    assert texts() == [
        (MOBILE, f"Tawasul: {code} is your code to set a new password. Never give it to anybody.")
    ]

    assert place(client.post(CODE, {"code": code}, follow=True)) == NEW
    done = set_password(client, follow=True)
    assert place(done) == SIGN_IN
    assert notices_on(done) == ["Your new password is set. Sign in with it."]
    assert texts()[0] == (MOBILE, CHANGED)

    assert errors_on(give_password(client, factories.PASSWORD)) == [DO_NOT_MATCH]
    assert place(give_password(client, NEW_PASSWORD)) == "/en/account/code/"


def test_a_new_password_alone_signs_nobody_in(client, person):
    prove(client)
    set_password(client)
    assert client.get(MY_PAGE).url == f"{SIGN_IN}?next={MY_PAGE}"


def test_a_new_password_signs_out_everywhere(client, person):
    devices = [sign_in(person), signed_in(person)]
    prove(client)
    set_password(client)
    for device in devices:
        assert device.get(MY_PAGE).url == f"{SIGN_IN}?next={MY_PAGE}"


def test_devices_from_before_reset_are_not_listed(client, person):
    sign_in(person)
    assert other_devices_listed(sign_in(person)) == 1
    prove(client)
    set_password(client, factories.PASSWORD)
    assert other_devices_listed(sign_in(person)) == 0


def other_devices_listed(browser):
    """Return how many other devices the account page lists."""
    return browser.get("/en/account/").content.count(b'action="/en/account/devices/')


def test_a_new_password_signs_nobody_else_out(client, person, as_resident):
    prove(client)
    set_password(client)
    assert as_resident.get(MY_PAGE).status_code == 200


def test_half_finished_sign_in_with_old_password_is_refused(client, person):
    elsewhere = Client()
    give_password(elsewhere, factories.PASSWORD)
    code = factories.code_sent_to(person, "sign_in")
    prove(client)
    set_password(client)
    elsewhere.post("/en/account/code/", {"code": code})
    assert elsewhere.get(MY_PAGE).status_code == 302


def test_code_text_is_in_page_language(client, person):
    ask(client, language="ar")
    [(_recipient, text)] = texts()
    assert re.search("[\u0600-\u06ff]", text)
    assert not re.search("[A-Za-z]", text)


@pytest.mark.parametrize(
    ("login", "changes"),
    [
        ("nobody", {}),
        ("2999999999", {}),
        ("3000000005", {}),
        ("aslam", {"is_active": False}),
        ("aslam", {"mobile": ""}),
    ],
    ids=["no such name", "no such number", "no such border number", "closed", "no mobile"],
)
def test_login_without_resettable_account_gets_no_text(client, person, login, changes):
    User.objects.filter(pk=person.pk).update(**changes)
    page = ask(client, login)
    assert place(page) == CODE
    assert IF_ANY in words(page)
    assert errors_on(client.post(CODE, {"code": newest_code()})) == [WRONG]
    assert texts() == []
    assert client.get(NEW).url == SIGN_IN


def test_identity_without_account_gets_no_text(client, db):
    factories.IdentityFactory(number="2987654320", mobile=MOBILE)
    ask(client, "2987654320")
    assert texts() == []


def test_skipped_step_redirects_to_a_first_page(client, person):
    for address in (CODE, RESEND, NEW):
        for page in (client.get(address, follow=True), client.post(address, follow=True)):
            assert place(page) == SIGN_IN
    ask(client)
    assert place(set_password(client, follow=True)) == SIGN_IN
    assert User.objects.get(pk=person.pk).check_password(factories.PASSWORD)


def test_code_of_another_session_is_refused(client, person):
    ask(client)
    code = newest_code()
    elsewhere = Client()
    ask(elsewhere)  # it is too soon for a code of its own
    assert errors_on(elsewhere.post(CODE, {"code": code})) == [NO_CODE]


def test_session_from_before_code_sets_no_password(client, person):
    ask(client)
    stranger = Client()
    stranger.cookies["sessionid"] = client.cookies["sessionid"].value
    client.post(CODE, {"code": newest_code()})
    set_password(stranger)
    assert User.objects.get(pk=person.pk).check_password(factories.PASSWORD)
    assert client.get(NEW).status_code == 200


def test_second_click_on_code_goes_to_last_page(client, person):
    ask(client)
    code = newest_code()
    first, second = (client.post(CODE, {"code": code}, follow=True) for _click in range(2))
    assert place(first) == place(second) == NEW


def test_second_click_at_end_redirects_to_sign_in(client, person):
    prove(client)
    set_password(client)
    second = set_password(client, "another-password-77", follow=True)
    assert place(second) == SIGN_IN
    assert User.objects.get(pk=person.pk).check_password(NEW_PASSWORD)


def test_second_code_invalidates_the_first(client, person):
    ask(client)
    first = newest_code()
    OneTimeCode.objects.update(created_at=timezone.now() - datetime.timedelta(seconds=61))
    assert notices_on(client.post(RESEND, follow=True)) == []
    second = newest_code()
    assert len(texts()) == 2
    if first != second:  # one time in a million both codes are the same
        assert errors_on(client.post(CODE, {"code": first})) == [WRONG]
    assert client.post(CODE, {"code": second}).url == NEW


@pytest.mark.parametrize(("minutes", "is_in_time"), [(14, True), (16, False)])
def test_last_page_is_valid_for_fifteen_minutes(client, person, monkeypatch, minutes, is_in_time):
    prove(client)
    later = time.time() + minutes * 60
    monkeypatch.setattr("core.accounts.pending_steps.time.time", lambda: later)
    assert client.get(NEW).status_code == (200 if is_in_time else 302)
    set_password(client)
    assert User.objects.get(pk=person.pk).check_password(NEW_PASSWORD) == is_in_time


@pytest.mark.parametrize(
    ("password", "again", "sentences"),
    [
        ("", "", ["Enter a new password.", "Enter the new password again."]),
        (NEW_PASSWORD, "", ["Enter the new password again."]),
        (NEW_PASSWORD, "other", ["The two passwords are not the same. Type both again."]),
        ("short", "short", ["This password has fewer than 8 characters. Use a longer one."]),
        (
            "Aslam-2987654320",
            "Aslam-2987654320",
            ["This password can be guessed from what is known about you. Choose another."],
        ),
    ],
)
def test_errors_on_last_page_are_named(client, person, password, again, sentences):
    prove(client)
    page = set_password(client, password, again)
    assert errors_on(page) == sentences
    assert NEW_PASSWORD not in page.content.decode()
    assert User.objects.get(pk=person.pk).check_password(factories.PASSWORD)
    set_password(client)
    assert User.objects.get(pk=person.pk).check_password(NEW_PASSWORD)


def test_input_is_kept_after_wrong_captcha(client, db):
    form = {**picture_on(client.get(RESET)), "login": "aslam", "picture": "99999"}
    page = client.post(RESET, form)
    assert errors_on(page) == [
        "These are not the digits in the picture. Enter those in the new picture."
    ]
    assert page.context["form"]["login"].value() == "aslam"


def test_pages_reveal_neither_account_nor_mobile(client, person):
    asked = ask(client, "2987654320")
    proven = client.post(CODE, {"code": newest_code()}, follow=True)
    done = set_password(client, follow=True)
    for page in (asked, proven, done):
        for secret in ("2987654320", "aslam", "Aslam", MOBILE[4:], "•••• 567"):
            assert secret not in page.content.decode()


def test_registration_code_resets_no_password(client, person):
    ask(client)
    code = newest_code()
    register = {"number": "2999999999", "born_calendar": "gregorian", "born_day": "14"}
    register |= {"born_month": "3", "born_year": "1986"}
    page = client.get("/en/account/register/")
    client.post("/en/account/register/", {**register, **picture_on(page)})
    assert errors_on(client.post("/en/account/register/code/", {"code": code})) == [WRONG]
    assert client.post(CODE, {"code": code}).url == NEW


def test_reset_works_while_registry_is_down(client, person, monkeypatch):
    def be_away(*_args):
        raise RegistryUnavailable

    for question in ("lookup", "refresh"):
        monkeypatch.setattr(LocalRegistry, question, be_away)
    prove(client)
    assert place(set_password(client, follow=True)) == SIGN_IN


def test_account_closed_after_code_stays_closed(client, person):
    prove(client)
    User.objects.update(is_active=False)
    set_password(client)
    assert errors_on(give_password(client, NEW_PASSWORD)) == [DO_NOT_MATCH]
