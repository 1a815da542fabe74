"""How a new member of staff comes to a password and an authenticator, and nobody else to them."""

from unicodedata import normalize

import pytest
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts import guesses
from core.accounts.models import Enrolment, Session, StaffEvent, User
from core.messaging.models import Message
from tawasul.portal import actions
from tawasul.portal.demo_phone import current_code
from tests import factories
from tests.conftest import errors_on, notices_on, signed_in_staff, without_tokens, words

STAFF, ENROL = "/en/staff/", "/en/staff/enrol/"
PASSWORD, AUTHENTICATOR = f"{ENROL}password/", f"{ENROL}authenticator/"
NEW = "seven Kännchen and a door"
WRONG = (
    "This username and this code do not belong together, or the code has been used, replaced or "
    "is older than 72 hours. Check both, or ask whoever gave it to you for a new one."
)
USED = "This code has been used or replaced, or is too old. Sign in, or ask for a new one."


@pytest.fixture
def given(db):
    """The account of somebody new, and the code that they were given."""
    return actions.add_staff(actor=None, username="layla", roles=["officer"], email="l@example.org")


def enter(code, username="layla", browser=None):
    return (browser or Client()).post(ENROL, {"username": username, "code": code})


def begun(code):
    """Return a browser in which code and password have been given."""
    browser = Client()
    assert enter(code, browser=browser).url == PASSWORD
    typed = {"new_password": normalize("NFD", NEW), "again": NEW}
    assert browser.post(PASSWORD, typed).url == AUTHENTICATOR
    return browser


def app(browser):
    """Return the authenticator that the page shows the key of, not saved anywhere."""
    return TOTPDevice(key=browser.session["pending_staff_enrolment"]["key"])


def finish(browser):
    return browser.post(AUTHENTICATOR, {"code": current_code(app(browser))}, follow=True)


def sign_in(device):
    browser = Client()
    browser.post(f"{STAFF}login/", {"login": "layla", "password": NEW})
    return browser.post(f"{STAFF}code/", {"code": current_code(device)}, follow=True)


def test_password_and_authenticator_are_the_members_own(given):
    member, code = given
    User.objects.update(language="en")
    assert not member.has_usable_password()
    browser = begun(code.upper().replace("-", " "))
    page = browser.get(AUTHENTICATOR).content.decode()
    assert '<svg width="' in page
    assert "otpauth://totp/Tawasul%3Alayla?secret=" in page
    digits = current_code(app(browser))
    done = browser.post(AUTHENTICATOR, {"code": digits})
    recovery = StaticDevice.objects.get(user=member).token_set.values_list("token", flat=True)
    assert len(recovery) == 5
    assert all(token in words(done) for token in recovery)
    device = TOTPDevice.objects.get(user=member)

    # The code that set it up is used; the next one signs in.
    assert not device.verify_token(digits)
    TOTPDevice.objects.update(last_t=-1, throttling_failure_timestamp=None)
    assert "To do" in words(sign_in(device))
    assert User.objects.get(pk=member.pk).last_login is not None
    event = StaffEvent.objects.filter(staff=member).last()
    assert (event.event_type, event.actor) == ("enrolled", member)
    assert "Password and authenticator set." in Message.objects.latest("pk").text


def test_enrolment_opens_an_account_that_strangers_have_guessed_at(given):
    _member, code = given
    for _try in range(guesses.MAX_WRONG):
        Client().post(f"{STAFF}login/", {"login": "layla", "password": "not-this-one"})
    User.objects.update(wrong_codes=guesses.MAX_WRONG_CODES)
    finish(begun(code))
    device = TOTPDevice.objects.get(user__username="layla")
    TOTPDevice.objects.update(last_t=-1)
    assert "To do" in words(sign_in(device))
    assert User.objects.get(username="layla").wrong_codes == 0


def test_a_code_is_good_once_and_for_72_hours_and_until_a_new_one(given):
    member, code = given
    first, second = begun(code), begun(code)
    finish(first)
    assert notices_on(finish(second)) == [USED]
    assert errors_on(enter(code)) == [WRONG]
    fresh = actions.reset_authenticator(actor=None, member=member, expected_version=None)
    newest = actions.reset_authenticator(actor=None, member=member, expected_version=None)
    assert errors_on(enter(fresh)) == [WRONG]
    browser = begun(newest)
    Enrolment.objects.update(expires_at=timezone.now())
    assert errors_on(enter(newest)) == [WRONG]
    assert browser.get(AUTHENTICATOR).url == ENROL


def test_wrong_codes_tell_nothing_and_use_nothing_up(given, resident):
    _member, code = given
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    factories.of_role("officer", username="enrolled")
    pages = [
        without_tokens(enter(wrong, username)).replace(username.encode(), b"")
        for username in ("layla", "nobody", "enrolled", resident.username)
    ]
    assert set(pages) == {pages[0]}
    for _try in range(10):
        assert errors_on(enter(wrong)) == [WRONG]
    assert enter(code).url == PASSWORD


def test_steps_need_the_ones_before(given):
    for step in (PASSWORD, AUTHENTICATOR):
        assert Client().get(step).url == ENROL
    browser = Client()
    enter(given[1], browser=browser)
    assert browser.get(AUTHENTICATOR).url == PASSWORD
    weak = browser.post(PASSWORD, {"new_password": "layla", "again": "layla"})
    assert errors_on(weak)
    assert not TOTPDevice.objects.exists()


def test_a_wrong_first_code_sets_nothing_and_can_be_tried_again(given):
    browser = begun(given[1])
    for typed in ("000000", "12345x", "²²²²²²", "1" * 40):
        page = browser.post(AUTHENTICATOR, {"code": typed})
        (error,) = errors_on(page)
        assert error.startswith("This is not the code that the app shows now."), typed
    assert not User.objects.get(username="layla").has_usable_password()
    assert "Your staff account is set up" in words(finish(browser))


def test_enrolling_anew_ends_what_was_there(given):
    member, code = given
    finish(begun(code))
    fresh = actions.reset_authenticator(actor=None, member=member, expected_version=None)
    assert sign_in(TOTPDevice(key="00" * 20)).status_code == 200  # no device, so no way in
    assert not Session.objects.filter(user=member).exists()
    browser = begun(fresh)
    signed_in_staff(member)  # somebody with the old password, from a shell
    finish(browser)
    assert TOTPDevice.objects.filter(user=member).count() == 1
    assert not Session.objects.filter(user=member).exists()


def test_whoever_has_left_meanwhile_does_not_come_in(given):
    member, code = given
    browser = begun(code)
    actions.end_staff(actor=None, member=member, expected_version=None)
    assert browser.get(AUTHENTICATOR).url == ENROL
    assert errors_on(enter(code)) == [WRONG]


def test_code_and_key_are_stored_nowhere(given):
    _member, code = given
    stored = Enrolment.objects.values().get()
    assert code.replace("-", "") not in str(stored)
    assert code not in "".join(Message.objects.values_list("text", flat=True))
