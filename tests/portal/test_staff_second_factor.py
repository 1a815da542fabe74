"""Wrong codes of an authenticator or a recovery sheet: the pause after them, and what it says."""

import datetime

import pytest
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.conftest import errors_on
from tests.portal.test_staff_sign_in import CODE, INDEX, NOT_RIGHT, give_password, shown_by

WAIT_A_SECOND = "After a wrong code you have to wait. Enter the next one in 1 second."
WAIT_SECONDS = "After a wrong code you have to wait. Enter the next one in {} seconds."
WAIT_MINUTES = "After several wrong codes you have to wait. Enter the next one in {} minutes."
RECOVERY_CODE, WRONG_RECOVERY_CODE = "abcd2345", "wxyz7777"


@pytest.fixture
def authenticator(officer):
    return TOTPDevice.objects.create(user=officer, name="phone")


@pytest.fixture
def paper(officer):
    paper = StaticDevice.objects.create(user=officer, name="paper")
    paper.token_set.create(token=RECOVERY_CODE)
    return paper


@pytest.fixture
def browser(officer):
    """A browser in which the officer has given the password."""
    client, _asked = give_password(officer)
    return client


@pytest.fixture
def clock(monkeypatch):
    """Return a function that moves a clock which otherwise stands still."""
    moment = [timezone.now()]
    monkeypatch.setattr(timezone, "now", lambda: moment[0])

    def move(seconds):
        moment[0] += datetime.timedelta(seconds=seconds)

    return move


def give(browser, code):
    page = browser.post(CODE, {"code": code})
    return page.url if page.status_code == 302 else errors_on(page)


def wrong_for(authenticator):
    """Return a code of the authenticator's kind that is none of its, now and in a minute."""
    now = int(shown_by(authenticator))
    return f"{(now + 500_000) % 10**6:06}"


def waits_of(browser, device, wrong, clock):
    """Give a wrong code again and again, each as soon as one is taken; return the sentences."""
    told = []
    for count in range(12):
        assert give(browser, wrong) == [NOT_RIGHT], count
        told += give(browser, wrong)
        device.refresh_from_db()
        clock((device.verify_is_allowed()[1]["locked_until"] - timezone.now()).total_seconds())
    return told


LONGEST = [WAIT_MINUTES.format(minutes) for minutes in (2, 3, 5, 9)] + [WAIT_MINUTES.format(9)] * 2


def test_wait_doubles_with_each_wrong_code_and_ends_within_15_minutes(
    officer, authenticator, paper, clock
):
    seconds = [WAIT_SECONDS.format(2**doubled) for doubled in range(1, 6)]
    for device, wrong in ((authenticator, wrong_for(authenticator)), (paper, WRONG_RECOVERY_CODE)):
        browser, _asked = give_password(officer)
        told = waits_of(browser, device, wrong, clock)
        assert told == [WAIT_A_SECOND, *seconds, *LONGEST], device


def test_right_code_is_not_compared_while_throttled(browser, authenticator, clock):
    give(browser, wrong_for(authenticator))
    assert give(browser, shown_by(authenticator)) == [WAIT_A_SECOND]
    # It is not used up either, and being refused prolongs nothing.
    clock(1)
    assert give(browser, shown_by(authenticator)) == INDEX


def test_hours_of_before_this_version_end_too(browser, authenticator, clock):
    TOTPDevice.objects.update(
        throttling_failure_count=40, throttling_failure_timestamp=timezone.now()
    )
    assert give(browser, shown_by(authenticator)) == [WAIT_MINUTES.format(9)]
    clock(9 * 60)
    assert give(browser, shown_by(authenticator)) == INDEX


def test_wrong_codes_of_the_app_do_not_shut_the_paper(browser, authenticator, paper):
    give(browser, wrong_for(authenticator))
    assert give(browser, RECOVERY_CODE) == INDEX


def test_wrong_recovery_codes_do_not_shut_the_app(browser, authenticator, paper):
    give(browser, WRONG_RECOVERY_CODE)
    assert give(browser, RECOVERY_CODE) == [WAIT_A_SECOND]
    assert give(browser, shown_by(authenticator)) == INDEX


def test_second_app_takes_codes_while_the_first_is_throttled(officer, browser, authenticator):
    give(browser, wrong_for(authenticator))
    second = TOTPDevice.objects.create(user=officer, name="tablet")
    assert give(browser, f"{totp(second.bin_key):06}") == INDEX
