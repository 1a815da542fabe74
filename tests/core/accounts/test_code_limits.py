"""How often a code may be asked for by somebody who has not signed in."""

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
    is_let_in,
)


def texts():
    """What has arrived on mobiles, the last first: to whom, and what."""
    deliver_due()
    return [(text["recipient"], text["text"]) for text in DemoPhone().received()]


def let_seconds_pass(seconds):
    """As if all codes had been asked for so much earlier."""
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
def whoever_is_there(request, ask, db):
    """Whom the asking is about: the same has to hold whether there is anybody."""
    if request.param == "somebody":
        request.getfixturevalue("registered" if ask == ask_to_register else "person")


@asked
@pytest.mark.usefixtures("whoever_is_there")
def test_another_code_within_a_minute_is_refused_wherever_it_is_asked_for(clock, ask, names):
    assert notices_on(ask(Client(), names[0])) == []
    clock.move(15)
    for name in names:
        told = notices_on(ask(Client(), name, REMOTE_ADDR=ELSEWHERE))
        assert told == ["A code has just been sent. You can ask for another in 45 seconds."]
    assert OneTimeCode.objects.count() == 1
    clock.move(45)
    assert notices_on(ask(Client(), names[1])) == []


@asked
@pytest.mark.usefixtures("whoever_is_there")
def test_five_codes_an_hour_that_nobody_used_are_all(clock, ask, names):
    for turn in range(5):
        assert notices_on(ask(Client(), names[turn % 3])) == []
        clock.move(61)
    told = notices_on(ask(Client(), names[0], REMOTE_ADDR=ELSEWHERE))
    assert told == ["Too many codes were sent and not used. Try again in 55 minutes."]
    assert OneTimeCode.objects.count() == 5


def test_who_is_asked_for_by_two_names_within_a_minute_gets_one_text(registered):
    pages = [ask_to_register(Client(), number) for number in (NUMBER, FORMER_NUMBER)]
    assert [errors_on(page) + notices_on(page) for page in pages] == [[], []]
    assert without_tokens(pages[0]) == without_tokens(pages[1])
    assert [recipient for recipient, _text in texts()] == [MOBILE]


def test_who_is_asked_for_by_three_names_within_a_minute_gets_one_text(person):
    pages = [ask_to_reset(Client(), name) for name in ("aslam", NUMBER, FORMER_NUMBER)]
    assert [errors_on(page) + notices_on(page) for page in pages] == [[], [], []]
    assert len({without_tokens(page) for page in pages}) == 1
    assert [recipient for recipient, _text in texts()] == [MOBILE]


def test_a_second_browser_that_gets_no_text_leaves_the_code_of_the_first_good(person):
    first = Client()
    ask_to_reset(first, "aslam")
    code = factories.code_sent_to(None, "reset")
    ask_to_reset(Client(), NUMBER)
    assert first.post(f"{RESET}code/", {"code": code}).url == f"{RESET}new/"


def test_nobody_gets_more_than_five_texts_an_hour_by_whatever_names(person):
    for turn in range(9):
        assert notices_on(ask_to_reset(Client(), ("aslam", NUMBER, FORMER_NUMBER)[turn % 3])) == []
        let_seconds_pass(61)
    assert len(texts()) == 5


def ask_for_others(times, network=HOME):
    """As if codes for `times` numbers had been asked for in one network."""
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
def test_a_network_gets_a_hundred_codes_an_hour_that_nobody_used(db, ask):
    ask_for_others(99)
    assert notices_on(ask(Client(), NUMBER, REMOTE_ADDR=HOME)) == []
    let_seconds_pass(61)
    assert notices_on(ask(Client(), NUMBER, REMOTE_ADDR=HOME)) == [TOO_MANY]
    assert notices_on(ask(Client(), NUMBER, REMOTE_ADDR=ELSEWHERE)) == []


def test_codes_that_were_used_do_not_count_for_the_network(registered):
    ask_for_others(99)
    client = Client()
    ask_to_register(client, REMOTE_ADDR=HOME)
    code = factories.code_sent_to(None, "register")
    client.post(f"{REGISTER}code/", {"code": code}, REMOTE_ADDR=HOME)
    assert notices_on(ask_to_reset(Client(), REMOTE_ADDR=HOME)) == []


def test_an_hour_later_the_network_gets_codes_again(db):
    ask_for_others(100)
    let_seconds_pass(60 * 60)
    assert notices_on(ask_to_reset(Client(), REMOTE_ADDR=HOME)) == []


def test_the_neighbours_of_one_ipv6_address_share_their_codes(db):
    ask_for_others(100, "2001:db8:0:1::")
    neighbour = {"REMOTE_ADDR": "2001:db8:0:1:ffff::9"}
    assert notices_on(ask_to_reset(Client(), **neighbour)) == [TOO_MANY]
    assert notices_on(ask_to_reset(Client(), REMOTE_ADDR="2001:db8:0:2::9")) == []


def test_a_forged_address_gets_no_more_codes(db, settings):
    ask_for_others(100)
    forged = {"REMOTE_ADDR": HOME, "headers": {"x-forwarded-for": ELSEWHERE}}
    assert notices_on(ask_to_reset(Client(), **forged)) == [TOO_MANY]
    settings.BEHIND_TLS_PROXY = True
    seen = {"REMOTE_ADDR": "10.0.0.1", "headers": {"x-forwarded-for": f"{ELSEWHERE}, {HOME}"}}
    assert notices_on(ask_to_reset(Client(), **seen)) == [TOO_MANY]


def test_who_is_signed_in_is_not_held_up_by_their_network(person):
    ask_for_others(100)
    assert is_let_in()
    assert OneTimeCode.objects.filter(user=person).exists()


def test_a_limit_that_is_met_is_told_in_whole_minutes(db):
    ask_for_others(100, "network")
    with pytest.raises(RuleViolation) as refused:
        ask_for_others(1, "network")
    assert (refused.value.code, refused.value.message) == ("too_many", TOO_MANY)


def test_a_day_later_nothing_of_it_is_kept(db):
    ask_for_others(3)
    OneTimeCode.objects.update(expires_at=timezone.now() - datetime.timedelta(days=1, minutes=1))
    assert codes.forget_old_codes() == 3
