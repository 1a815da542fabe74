"""Limits on codes requested by visitors who have not signed in."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from core.accounts import codes
from core.accounts.models import OneTimeCode
from core.exceptions import RuleViolation
from core.messaging.actions.delivery import deliver_due
from core.messaging.gateways import DemoPhone
from tests import factories
from tests.conftest import errors_on, notices_on, without_tokens
from tests.core.accounts.conftest import FORMER_NUMBER, MOBILE, NUMBER
from tests.core.accounts.test_lockout import (
    ELSEWHERE,
    HOME,
    REGISTER,
    RESET,
    ask_to_register,
    ask_to_reset,
    password_is_accepted,
)


def texts():
    """Deliver all messages and return those on the phone, newest first: [(recipient, text)]."""
    deliver_due()
    return [(text["recipient"], text["text"]) for text in DemoPhone().received()]


def age_codes(seconds):
    """Move the creation of all codes back by so many seconds."""
    for code in OneTimeCode.objects.all():
        code.created_at -= datetime.timedelta(seconds=seconds)
        code.save(update_fields=["created_at"])


asked = pytest.mark.parametrize(
    ("ask", "names"),
    [
        (ask_to_register, [NUMBER, "٢٩٨٧٦٥٤٣٢٠", "۲۹۸۷-۶۵۴-۳۲۰"]),
        (ask_to_reset, [" Aslam", "aslam", "ASLAM\0"]),
        (ask_to_reset, [NUMBER, "٢٩٨٧٦٥٤٣٢٠", "۲۹۸۷-۶۵۴-۳۲۰"]),
    ],
    ids=["registering", "reset by username", "reset by number"],
)


@pytest.fixture(params=["somebody", "nobody"])
def somebody_or_nobody(request, ask, db):
    """Run the test once with the person asked about and once without: both behave alike."""
    if request.param == "somebody":
        request.getfixturevalue("registered" if ask == ask_to_register else "person")


@asked
@pytest.mark.usefixtures("somebody_or_nobody")
def test_second_code_within_a_minute_is_refused_anywhere(clock, ask, names):
    assert notices_on(ask(Client(), names[0])) == []
    clock.move(15)
    for name in names:
        told = notices_on(ask(Client(), name, REMOTE_ADDR=ELSEWHERE))
        assert told == ["A code has just been sent. You can ask for another in 45 seconds."]
    assert OneTimeCode.objects.count() == 1
    clock.move(45)
    assert notices_on(ask(Client(), names[1])) == []


@asked
@pytest.mark.usefixtures("somebody_or_nobody")
def test_sixth_unused_code_of_an_hour_is_refused(clock, ask, names):
    for turn in range(5):
        assert notices_on(ask(Client(), names[turn % 3])) == []
        clock.move(61)
    told = notices_on(ask(Client(), names[0], REMOTE_ADDR=ELSEWHERE))
    assert told == ["Too many codes were sent and not used. Try again in 55 minutes."]
    assert OneTimeCode.objects.count() == 5


def test_two_numbers_of_one_person_get_one_text_a_minute(registered):
    pages = [ask_to_register(Client(), number) for number in (NUMBER, FORMER_NUMBER)]
    assert [errors_on(page) + notices_on(page) for page in pages] == [[], []]
    assert without_tokens(pages[0]) == without_tokens(pages[1])
    assert [recipient for recipient, _text in texts()] == [MOBILE]


def test_three_logins_of_one_account_get_one_text_a_minute(person):
    pages = [ask_to_reset(Client(), name) for name in ("aslam", NUMBER, FORMER_NUMBER)]
    assert [errors_on(page) + notices_on(page) for page in pages] == [[], [], []]
    assert len({without_tokens(page) for page in pages}) == 1
    assert [recipient for recipient, _text in texts()] == [MOBILE]


def test_second_browser_without_text_leaves_first_code_valid(person):
    first = Client()
    ask_to_reset(first, "aslam")
    code = factories.code_sent_to(None, "reset")
    ask_to_reset(Client(), NUMBER)
    assert first.post(f"{RESET}code/", {"code": code}).url == f"{RESET}new/"


def test_account_gets_five_texts_an_hour_by_all_logins(person):
    for turn in range(9):
        assert notices_on(ask_to_reset(Client(), ("aslam", NUMBER, FORMER_NUMBER)[turn % 3])) == []
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


TOO_MANY = "Too many codes were sent and not used. Try again in 60 minutes."


@pytest.mark.parametrize("ask", [ask_to_register, ask_to_reset])
def test_network_gets_a_hundred_unused_codes_an_hour(db, ask):
    request_codes_for_others(99)
    assert notices_on(ask(Client(), NUMBER, REMOTE_ADDR=HOME)) == []
    age_codes(61)
    assert notices_on(ask(Client(), NUMBER, REMOTE_ADDR=HOME)) == [TOO_MANY]
    assert notices_on(ask(Client(), NUMBER, REMOTE_ADDR=ELSEWHERE)) == []


def test_used_codes_do_not_count_for_network(registered):
    request_codes_for_others(99)
    client = Client()
    ask_to_register(client, REMOTE_ADDR=HOME)
    code = factories.code_sent_to(None, "register")
    client.post(f"{REGISTER}code/", {"code": code}, REMOTE_ADDR=HOME)
    assert notices_on(ask_to_reset(Client(), REMOTE_ADDR=HOME)) == []


def test_network_limit_ends_after_an_hour(db):
    request_codes_for_others(100)
    age_codes(60 * 60)
    assert notices_on(ask_to_reset(Client(), REMOTE_ADDR=HOME)) == []


def test_ipv6_neighbours_share_the_code_limit(db):
    request_codes_for_others(100, "2001:db8:0:1::")
    neighbour = {"REMOTE_ADDR": "2001:db8:0:1:ffff::9"}
    assert notices_on(ask_to_reset(Client(), **neighbour)) == [TOO_MANY]
    assert notices_on(ask_to_reset(Client(), REMOTE_ADDR="2001:db8:0:2::9")) == []


def test_forged_address_does_not_evade_the_limit(db, settings):
    request_codes_for_others(100)
    forged = {"REMOTE_ADDR": HOME, "headers": {"x-forwarded-for": ELSEWHERE}}
    assert notices_on(ask_to_reset(Client(), **forged)) == [TOO_MANY]
    settings.BEHIND_TLS_PROXY = True
    seen = {"REMOTE_ADDR": "10.0.0.1", "headers": {"x-forwarded-for": f"{ELSEWHERE}, {HOME}"}}
    assert notices_on(ask_to_reset(Client(), **seen)) == [TOO_MANY]


def test_network_limit_does_not_stop_sign_in(person):
    request_codes_for_others(100)
    assert password_is_accepted()
    assert OneTimeCode.objects.filter(user=person).exists()


def test_limit_message_gives_whole_minutes(db):
    request_codes_for_others(100, "network")
    with pytest.raises(RuleViolation) as refused:
        request_codes_for_others(1, "network")
    assert (refused.value.code, refused.value.message) == ("too_many", TOO_MANY)


def test_old_codes_are_deleted_after_a_day(db):
    request_codes_for_others(3)
    OneTimeCode.objects.update(expires_at=timezone.now() - datetime.timedelta(days=1, minutes=1))
    assert codes.forget_old_codes() == 3
