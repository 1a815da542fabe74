"""Limits on codes requested by visitors who have not signed in."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from core.accounts import codes
from core.accounts.models import OneTimeCode
from core.exceptions import RuleViolation
from tests import factories
from tests.conftest import errors_on, notices_on, without_tokens
from tests.core.accounts import pages
from tests.core.accounts.pages import NUMBER, RESET, age_codes, ask_to_register, ask_to_reset, texts
from tests.worlds import undone

HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"
SPELLINGS_OF_NUMBER = [NUMBER, "٢٩٨٧٦٥٤٣٢٠", "۲۹۸۷-۶۵۴-۳۲۰"]
LOGINS = ["aslam", NUMBER, pages.FORMER_NUMBER]


def ways_to_ask(clock):
    """Yield (ask, names) where nobody, somebody or an account is known by the names.

    Each way finds the clock and the tables as they were.
    """
    began = clock.now
    identity = {"number": NUMBER, "mobile": pages.MOBILE}
    for ask, names, make in [
        (ask_to_register, SPELLINGS_OF_NUMBER, factories.IdentityFactory),
        (ask_to_reset, [" Aslam", "aslam", "ASLAM\x07"], account_of),
        (ask_to_reset, SPELLINGS_OF_NUMBER, account_of),
    ]:
        for is_known in (True, False):
            clock.now = began
            with undone():
                if is_known:
                    make(**identity)
                yield ask, names


def account_of(**facts):
    identity = factories.IdentityFactory(**facts)
    factories.UserFactory(username="aslam", identity=identity, mobile=facts["mobile"])


def test_second_code_within_a_minute_is_refused_anywhere(db, clock):
    for ask, names in ways_to_ask(clock):
        assert notices_on(ask(Client(), names[0])) == []
        clock.move(15)
        for name in names:
            told = notices_on(ask(Client(), name, REMOTE_ADDR=ELSEWHERE))
            assert told == [pages.TOO_SOON.format(45)], (ask, name)
        assert OneTimeCode.objects.count() == 1
        clock.move(45)
        assert notices_on(ask(Client(), names[1])) == []


def test_sixth_unused_code_of_an_hour_is_refused(db, clock):
    for ask, names in ways_to_ask(clock):
        for turn in range(5):
            assert notices_on(ask(Client(), names[turn % 3])) == [], (ask, names, turn)
            clock.move(61)
        told = notices_on(ask(Client(), names[0], REMOTE_ADDR=ELSEWHERE))
        assert told == [pages.TOO_MANY.format(55)], (ask, names)
        assert OneTimeCode.objects.count() == 5


def check_that_one_text_is_sent(ask, names):
    shown = [ask(Client(), name) for name in names]
    assert [errors_on(page) + notices_on(page) for page in shown] == [[]] * len(names)
    assert len({without_tokens(page) for page in shown}) == 1
    assert [recipient for recipient, _text in texts()] == [pages.MOBILE]


def test_two_numbers_of_one_person_get_one_text_a_minute(registered):
    check_that_one_text_is_sent(ask_to_register, [NUMBER, pages.FORMER_NUMBER])


def test_three_logins_of_one_account_get_one_text_a_minute(person):
    check_that_one_text_is_sent(ask_to_reset, LOGINS)


def test_second_browser_without_text_leaves_first_code_valid(person):
    first = Client()
    ask_to_reset(first, "aslam")
    code = factories.code_sent_to(None, "reset")
    ask_to_reset(Client(), NUMBER)
    assert first.post(f"{RESET}code/", {"code": code}).url == f"{RESET}new/"


def test_account_gets_five_texts_an_hour_by_all_logins(person):
    for turn in range(9):
        assert notices_on(ask_to_reset(Client(), LOGINS[turn % 3])) == []
        age_codes(61)
    assert len(texts()) == 5


def request_codes_for_others(times, network=HOME):
    """Request codes for `times` unknown numbers from one network."""
    for number in range(times):
        codes.send_code_to_unknown(
            purpose="register",
            session_key="a session",
            language="en",
            asked_for=f"number {number} in {network}",
            network=network,
            recipient="",
            template="code_register",
        )


def reset_notices(**options):
    """Return the notices of a reset for an unknown login."""
    return notices_on(ask_to_reset(Client(), **options))


AN_HOUR = [pages.TOO_MANY.format(60)]


def test_network_gets_a_hundred_unused_codes_an_hour(db):
    request_codes_for_others(99)
    for ask in (ask_to_register, ask_to_reset):
        with undone():
            assert notices_on(ask(Client(), NUMBER, REMOTE_ADDR=HOME)) == []
            age_codes(61)
            assert notices_on(ask(Client(), NUMBER, REMOTE_ADDR=HOME)) == AN_HOUR
            assert notices_on(ask(Client(), NUMBER, REMOTE_ADDR=ELSEWHERE)) == []
    # The limit ends after an hour.
    assert reset_notices(REMOTE_ADDR=HOME) == []
    age_codes(61)
    assert reset_notices(REMOTE_ADDR=HOME) == AN_HOUR
    age_codes(60 * 60 - 61)
    assert reset_notices(REMOTE_ADDR=HOME) == []


@pytest.fixture
def ten_per_network(monkeypatch):
    """Let a network have ten unused codes an hour."""
    monkeypatch.setattr(codes, "MAX_UNUSED_PER_NETWORK", 10)


def test_used_codes_do_not_count_for_network(ten_per_network, registered):
    request_codes_for_others(9)
    client = Client()
    ask_to_register(client, REMOTE_ADDR=HOME)
    code = factories.code_sent_to(None, "register")
    client.post(f"{pages.REGISTER}code/", {"code": code}, REMOTE_ADDR=HOME)
    assert reset_notices(REMOTE_ADDR=HOME) == []


def test_ipv6_neighbours_share_the_code_limit(ten_per_network, db):
    request_codes_for_others(10, "2001:db8:0:1::")
    assert reset_notices(REMOTE_ADDR="2001:db8:0:1:ffff::9") == AN_HOUR
    assert reset_notices(REMOTE_ADDR="2001:db8:0:2::9") == []


def test_forged_address_does_not_evade_the_limit(ten_per_network, person, settings):
    request_codes_for_others(10)
    forged = {"x-forwarded-for": ELSEWHERE}
    assert reset_notices(REMOTE_ADDR=HOME, headers=forged) == AN_HOUR
    settings.BEHIND_TLS_PROXY = True
    seen = {"x-forwarded-for": f"{ELSEWHERE}, {HOME}"}
    assert reset_notices(REMOTE_ADDR="10.0.0.1", headers=seen) == AN_HOUR
    settings.BEHIND_TLS_PROXY = False
    # Signing in has no such limit.
    form = {"login": "aslam", "password": factories.PASSWORD}
    assert Client().post(pages.SIGN_IN, form, REMOTE_ADDR=HOME).status_code == 302
    assert OneTimeCode.objects.filter(user=person).exists()


def test_limit_message_gives_whole_minutes(ten_per_network, db):
    request_codes_for_others(10, "network")
    with pytest.raises(RuleViolation) as refused:
        request_codes_for_others(1, "network")
    assert (refused.value.code, [refused.value.message]) == ("too_many", AN_HOUR)


def test_old_codes_are_deleted_after_a_day(db):
    request_codes_for_others(3)
    OneTimeCode.objects.update(expires_at=timezone.now() - datetime.timedelta(days=1, minutes=1))
    assert codes.forget_old_codes() == 3
