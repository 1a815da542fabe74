"""Signing in with an authenticator app or a recovery code in place of the texted code."""

import pytest
from django.test import Client
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts import authenticators, codes
from core.accounts.models import OneTimeCode, User
from core.exceptions import RuleViolation
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on, notices_on, words
from tests.core.accounts import pages
from tests.core.accounts.pages import ACCOUNT, CODE, SIGN_IN, STAFF_SIGN_IN
from tests.worlds import undone

STEP = 30  # seconds
ENTER = "Enter the six digits that your authenticator app shows now."
NOT_SHOWN = (
    "This is not the code that the app shows now. Wait for the next one and check that the phone's "
    "clock is right."
)
USED = "This code has been used already. Wait until the app shows the next one."
NOT_A_RECOVERY_CODE = (
    "This is not one of your recovery codes, or it has been used already. Check it and try again."
)
SPENT = "A wrong code was entered too many times. Start again."
TAKEN_OFF = "The authenticator app is no longer on your account. Start again."


@pytest.fixture
def app(person, clock):
    """Return the person's app, while the clock stands still."""
    return factories.authenticator(person)


@pytest.fixture
def recovery_codes(app):
    return authenticators.renew_recovery_codes(app.user)


def with_password(person, browser=None):
    browser = browser or Client()
    assert browser.post(SIGN_IN, {"login": person.username, "password": factories.PASSWORD}).url
    return browser


def errors_after(browser, code):
    """Enter the code and return the errors of the page; none if it is accepted."""
    response = browser.post(CODE, {"code": code})
    return errors_on(response) if response.status_code == 200 else []


def sign_in_with(person, code):
    return errors_after(with_password(person), code)


def wrong(app, *others):
    """Return a code that the app does not show about now."""
    shown = {factories.shown_by(app, steps) for steps in range(-2, 3)} | set(others)
    return next(code for code in (f"{n:06}" for n in range(9)) if code not in shown)


def test_app_is_asked_in_place_of_a_text(person, app):
    browser = with_password(person)
    page = words(browser.get(CODE))
    assert ENTER in page
    assert "Without the app, enter one of your recovery codes here instead." in page
    assert "Lost the app and the recovery codes? Go to a passports office with your ID." in page
    assert "Send another code" not in page
    assert f'<a href="{SIGN_IN}">Start again</a>' in browser.get(CODE).content.decode()
    assert not Message.objects.exists()
    assert browser.get(ACCOUNT).status_code == 302
    assert errors_after(browser, factories.shown_by(app)) == []
    assert browser.get(ACCOUNT).status_code == 200


def test_app_is_asked_in_arabic(person, app):
    browser = Client()
    form = {"login": person.username, "password": factories.PASSWORD}
    page = words(browser.post("/ar/account/sign-in/", form, follow=True))
    assert "يرجى إدخال الأرقام الستة الظاهرة الآن في تطبيق المصادقة." in page
    digits = factories.shown_by(app).translate(pages.ARABIC_DIGITS)
    refused = browser.post("/ar/account/code/", {"code": wrong(app).translate(pages.ARABIC_DIGITS)})
    assert errors_on(refused) == [
        "هذا ليس الرمز الظاهر الآن في التطبيق. يرجى انتظار الرمز التالي والتأكد من أن ساعة "
        "الجوال مضبوطة."
    ]
    assert browser.post("/ar/account/code/", {"code": digits}).status_code == 302


def test_clock_of_the_phone_may_be_one_step_off(person, app):
    for steps, told in ((-2, [NOT_SHOWN]), (-1, []), (0, []), (1, []), (2, [NOT_SHOWN])):
        with undone():
            assert sign_in_with(person, factories.shown_by(app, steps)) == told, steps


def test_each_code_of_the_app_is_good_once(person, app, clock):
    code = factories.shown_by(app)
    assert sign_in_with(person, code) == []
    assert sign_in_with(person, code) == [USED]
    # Nor is an older one, which somebody may have read over the shoulder.
    assert sign_in_with(person, factories.shown_by(app, -1)) == [USED]
    clock.move(STEP)
    assert sign_in_with(person, code) == [USED]
    assert sign_in_with(person, factories.shown_by(app)) == []


def test_code_used_for_another_purpose_is_used(person, app):
    about = {"actor": person, "session_key": "session"}
    code = factories.shown_by(app)
    codes.send_code(**about, purpose="file", language="en")
    assert codes.use_code(**about, purpose="file", guess=code, action=lambda _code: "done")
    assert sign_in_with(person, code) == [USED]


def test_wrong_code_does_nothing(person, app):
    about = {"actor": person, "session_key": "session", "purpose": "file"}
    codes.send_code(**about, language="en")
    done = []
    with pytest.raises(authenticators.WrongAppCode):
        codes.use_code(**about, guess=wrong(app), action=done.append)
    assert done == []


def test_what_fails_uses_up_no_code(person, app, recovery_codes):
    about = {"actor": person, "session_key": "session", "purpose": "file"}

    def fail(_code):
        raise RuleViolation("Not now.", code="not_now")

    codes.send_code(**about, language="en")
    for code in (factories.shown_by(app), recovery_codes[0]):
        with pytest.raises(RuleViolation, match="not_now"):
            codes.use_code(**about, guess=code, action=fail)
    assert OneTimeCode.objects.get().tries == 2
    assert not Message.objects.exists()
    for code in (factories.shown_by(app), recovery_codes[0]):
        assert sign_in_with(person, code) == []


def test_fifth_code_is_the_last_to_be_compared(person, app, clock):
    browser = with_password(person)
    for guess in (wrong(app), "12345", "²²²²²²", "abcdef", "12345678"):
        assert errors_after(browser, guess) in ([NOT_SHOWN], [NOT_A_RECOVERY_CODE]), guess
    assert errors_after(browser, factories.shown_by(app)) == [SPENT]
    # Whoever has the app starts again at once; nothing is sent that they would have to wait for.
    assert sign_in_with(person, factories.shown_by(app)) == []


def test_five_unused_requests_an_hour_allow_25_guesses(person, app, clock):
    browser, compared = Client(), 0
    for _request in range(7):
        with_password(person, browser)
        for _guess in range(6):
            compared += errors_after(browser, wrong(app)) == [NOT_SHOWN]
        clock.move(61)
    assert compared == 25
    page = with_password(person, browser).get(CODE)
    assert notices_on(page) == [pages.TOO_MANY.format(60)]
    clock.move(3600)
    assert sign_in_with(person, factories.shown_by(app)) == []


def test_second_click_on_the_password_is_no_second_request(person, app, clock):
    browser = with_password(person)
    for _click in range(9):
        with_password(person, browser)
    assert OneTimeCode.objects.count() == 1
    assert notices_on(browser.get(CODE)) == []
    clock.move(60)
    with_password(person, browser)
    assert OneTimeCode.objects.count() == 2


def test_code_is_good_in_its_session_for_ten_minutes(person, app, clock):
    browser = with_password(person)
    with undone():
        assert errors_after(Client(), factories.shown_by(app)) == []  # led to the sign-in
        assert User.objects.get(pk=person.pk).last_login is None
    clock.move(600)
    told = ["More than 10 minutes have passed. Start again."]
    assert errors_after(browser, factories.shown_by(app)) == told
    assert sign_in_with(person, factories.shown_by(app)) == []


def test_recovery_code_is_good_once_and_its_use_is_told(person, app, recovery_codes):
    User.objects.update(email=pages.NEW_ADDRESS)
    first, second, *_others = recovery_codes
    assert sign_in_with(person, f"{first[:4]} {first[4:8]} {first[8:]}") == []
    warning = (
        "Tawasul: a recovery code was used for your account. "
        "If that was not you, set a new password now."
    )
    assert pages.ordinary_texts() == [
        (pages.MOBILE, "en", warning),
        (pages.NEW_ADDRESS, "en", warning),
    ]
    assert sign_in_with(person, first) == [NOT_A_RECOVERY_CODE]
    assert sign_in_with(person, second.translate(pages.ARABIC_DIGITS)) == []
    assert authenticators.codes_left(person) == 6


def test_recovery_codes_of_others_are_wrong(person, app, recovery_codes, clock):
    other = factories.UserFactory()
    factories.authenticator(other)
    assert sign_in_with(other, recovery_codes[0]) == [NOT_A_RECOVERY_CODE]


def test_database_does_not_hold_recovery_codes(person, app, recovery_codes):
    stored = list(StaticToken.objects.values_list("token", flat=True))
    assert len(stored) == 8
    assert not set(recovery_codes) & set(stored)
    # What is stored opens nothing.
    assert sign_in_with(person, stored[0]) == [NOT_A_RECOVERY_CODE]


def test_wrong_codes_do_not_throttle_the_app(person, app):
    browser = with_password(person)
    assert errors_after(browser, wrong(app)) == [NOT_SHOWN]
    TOTPDevice.objects.update(throttling_failure_count=20)
    assert errors_after(browser, factories.shown_by(app)) == []


def test_app_that_is_taken_off_meanwhile_is_said_to_be(person, app):
    browser = with_password(person)
    code = factories.shown_by(app)
    TOTPDevice.objects.all().delete()
    assert errors_after(browser, code) == [TAKEN_OFF]
    assert "A code is on its way" in words(with_password(person).get(CODE))


def test_reset_does_not_take_the_app_off(person, app, clock):
    browser = Client()
    pages.prove_to_reset(browser)
    assert pages.set_password(browser).status_code == 302
    Message.objects.all().delete()
    form = {"login": person.username, "password": pages.NEW_PASSWORD}
    assert ENTER in words(browser.post(SIGN_IN, form, follow=True))
    assert not Message.objects.exists()


def test_new_mobile_and_mail_are_confirmed_by_what_is_sent_to_them(browser, person, app):
    pages.ask_for_mobile(browser)
    pages.give_mobile_code(browser, person)
    pages.ask_for_email(browser)
    pages.give_email_code(browser, person)
    person.refresh_from_db()
    assert (str(person.mobile), person.email) == (pages.NEW_MOBILE, pages.NEW_ADDRESS)


def test_code_is_good_once_on_both_sites(person, app, clock, monkeypatch):
    """Staff who are residents have one app for both; django-otp reads a clock of its own."""
    monkeypatch.setattr("time.time", lambda: clock.now.timestamp())
    User.objects.update(is_staff=True)
    at_work = Client()

    def staff_takes(code):
        at_work.post(STAFF_SIGN_IN, {"login": person.username, "password": factories.PASSWORD})
        return at_work.post("/en/staff/code/", {"code": code}).status_code == 302

    code = factories.shown_by(app)
    assert sign_in_with(person, code) == []
    assert not staff_takes(code)
    clock.move(STEP)
    code = factories.shown_by(app)
    assert staff_takes(code)
    assert sign_in_with(person, code) == [USED]


def test_recovery_code_of_staff_is_good_once_on_both_sites(person, app):
    User.objects.update(is_staff=True)
    paper = StaticDevice.objects.create(user=person, name="recovery codes")
    paper.token_set.create(token="abcd2345")
    of_colleague = StaticDevice.objects.create(user=factories.OfficerFactory())
    of_colleague.token_set.create(token="bcde3456")
    assert sign_in_with(person, "bcde3456") == [NOT_A_RECOVERY_CODE]
    assert sign_in_with(person, "ABCD-2345") == []
    assert sign_in_with(person, "abcd2345") == [NOT_A_RECOVERY_CODE]
