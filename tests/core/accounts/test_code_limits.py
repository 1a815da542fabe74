"""Limits on codes requested by visitors who have not signed in."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from core.accounts import codes
from core.accounts.models import OneTimeCode
from core.exceptions import RuleViolation
from tests import factories
from tests.conftest import errors_on, notices_on, picture_on, without_tokens
from tests.core.accounts import pages
from tests.core.accounts.pages import (
    NUMBER,
    RESET,
    age_codes,
    ask_to_register,
    ask_to_reset,
    place,
    texts,
)
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


WAYS = [(ask_to_register, pages.REGISTER), (ask_to_reset, RESET)]


def account_of(**facts):
    identity = factories.IdentityFactory(**facts)
    factories.UserFactory(username="aslam", identity=identity, mobile=facts["mobile"])


def test_second_code_within_a_minute_is_refused_to_who_asked(db, clock):
    for ask, names in ways_to_ask(clock):
        asker = Client()
        assert notices_on(ask(asker, names[0])) == []
        clock.move(15)
        for name in names:
            told = notices_on(ask(asker, name, REMOTE_ADDR=ELSEWHERE))
            assert told == [pages.TOO_SOON.format(45)], (ask, name)
        assert OneTimeCode.objects.count() == 1
        clock.move(45)
        assert notices_on(ask(asker, names[1])) == []


def test_sixth_unused_code_of_an_hour_is_refused_to_who_asked(db, clock):
    for ask, names in ways_to_ask(clock):
        asker = Client()
        for turn in range(5):
            assert notices_on(ask(asker, names[turn % 3])) == [], (ask, names, turn)
            clock.move(61)
        told = notices_on(ask(asker, names[0], REMOTE_ADDR=ELSEWHERE))
        assert told == [pages.TOO_MANY.format(55)], (ask, names)
        assert OneTimeCode.objects.count() == 5
        assert notices_on(ask(Client(), names[0])) == []


@pytest.mark.parametrize(
    ("ask", "address"), [(ask_to_register, pages.REGISTER), (ask_to_reset, RESET)]
)
def test_a_stranger_uses_up_nobodys_codes_and_kills_none(ask, address, db):
    """They know the number or the name, and not the day of birth."""
    make = factories.IdentityFactory if ask is ask_to_register else account_of
    make(number=NUMBER, mobile=pages.MOBILE)
    owner = Client()
    for turn in range(8):
        ask(Client(), NUMBER, born=datetime.date(1986, 3, 15))
        if turn == 6:
            assert notices_on(ask(owner, NUMBER)) == []
    code = pages.newest_code_to(pages.MOBILE)
    assert owner.post(f"{address}code/", {"code": code}).status_code == 302
    assert [recipient for recipient, _text in texts()] == [pages.MOBILE]


def test_a_code_stays_good_when_another_session_asks_rightly(person):
    first, second = Client(), Client()
    ask_to_reset(first)
    code = factories.code_sent_to(None, "reset")
    age_codes(61)
    ask_to_reset(second)
    assert factories.code_sent_to(None, "reset") != code
    assert first.post(f"{RESET}code/", {"code": code}).url == f"{RESET}new/"


@pytest.mark.parametrize(
    ("ask", "address"), [(ask_to_register, pages.REGISTER), (ask_to_reset, RESET)]
)
def test_another_code_costs_the_visitor_a_picture(ask, address, db):
    asker = Client()
    ask(asker, NUMBER)
    age_codes(61)
    resend = f"{address}code/resend/"
    assert errors_on(asker.post(resend, {"picture": ""})) == ["Enter the digits in the picture."]
    wrong = {**picture_on(asker.get(resend)), "picture": "99999"}
    assert errors_on(asker.post(resend, wrong)) == [
        "These are not the digits in the picture. Enter those in the new picture."
    ]
    assert OneTimeCode.objects.count() == 1
    assert place(pages.ask_again(asker, address)) == f"{address}code/"
    assert OneTimeCode.objects.count() == 2
    assert notices_on(pages.ask_again(asker, address)) == [pages.TOO_SOON.format(60)]


def test_texts_of_an_hour_have_a_budget_and_typed_mobiles_one_of_their_own(
    person, settings, caplog, monkeypatch
):
    settings.CODE_BUDGETS = {"known": 2, "typed": 1}
    typed = {"mobile": "0501112233"}
    by_text = "/en/account/picture/by-text/"
    assert notices_on(Client().post(by_text, typed, follow=True)) == []
    refused = Client().post(by_text, {"mobile": "0501112244"}, follow=True)
    assert notices_on(refused) == [pages.NO_MORE_TEXTS]
    assert [record.levelname for record in caplog.records if "budget" in record.message] == [
        "ERROR"
    ]
    for number in range(2):
        factories.UserFactory(username=f"other{number}")
        assert notices_on(ask_to_reset(Client(), f"other{number}")) == []
    # Whether or not the data are right, the answer is the same; a code after a password goes on.
    for login in ("aslam", "nobody"):
        assert notices_on(ask_to_reset(Client(), login)) == [pages.NO_MORE_TEXTS]
    form = {"login": "aslam", "password": factories.PASSWORD}
    assert notices_on(Client().post(pages.SIGN_IN, form, follow=True)) == []
    assert OneTimeCode.objects.filter(user=person).exists()
    age_codes(60 * 60)
    assert notices_on(ask_to_reset(Client(), "aslam")) == []


def check_that_one_text_is_sent(ask, names):
    shown = [ask(Client(), name) for name in names]
    assert [errors_on(page) + notices_on(page) for page in shown] == [[]] * len(names)
    assert len({without_tokens(page) for page in shown}) == 1
    assert [recipient for recipient, _text in texts()] == [pages.MOBILE]


def test_two_numbers_of_one_person_get_one_text_a_minute(registered):
    check_that_one_text_is_sent(ask_to_register, [NUMBER, pages.FORMER_NUMBER])


def test_three_logins_of_one_account_get_one_text_a_minute(person):
    check_that_one_text_is_sent(ask_to_reset, LOGINS)


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
            session_key=f"session {number} in {network}",
            language="en",
            network=network,
            typed="a number",
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
