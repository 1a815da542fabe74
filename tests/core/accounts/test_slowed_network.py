"""A network with a hundred wrong passwords is slowed down, by a picture, and shuts nobody out."""

import pytest
from django.test import Client

from core.accounts import guesses
from tests import factories
from tests.conftest import errors_on, notices_on, picture_on, sign_in, signed_in
from tests.core.accounts import pages
from tests.core.accounts.guessing import (
    ELSEWHERE,
    HOME,
    age_guesses,
    give_password,
    guess,
    password_is_accepted,
)
from tests.core.accounts.pages import DO_NOT_MATCH, SHUT, SIGN_OUT, STAFF_SIGN_IN

NO_DIGITS = "Enter the digits in the picture."
WRONG_DIGITS = "These are not the digits in the picture. Enter those in the new picture."
WHY = "Many wrong passwords have come from your network, so each try needs the digits in a picture."
BY_TEXT = "/en/account/picture/by-text/"


def guess_at_many(times, place=HOME):
    """Give one wrong password for each of so many logins."""
    for number in range(times):
        give_password(f"somebody-{number}", network=place)


@pytest.fixture
def ten_per_network(monkeypatch):
    """Slow a network down after ten wrong passwords already."""
    monkeypatch.setattr(guesses, "MAX_FROM_NETWORK", 10)


@pytest.fixture
def flooded(db, ten_per_network):
    guess_at_many(10)


def asks_for_picture(page):
    return 'name="picture_key"' in page.content.decode()


def is_slowed(network, **headers):
    return asks_for_picture(Client().get(pages.SIGN_IN, REMOTE_ADDR=network, headers=headers))


def give_with_picture(page, login="aslam", password=factories.PASSWORD, client=None, **changes):
    """Send the form of `page` with the answer to its picture."""
    form = {"login": login, "password": password, **picture_on(page), **changes}
    return (client or Client()).post(pages.SIGN_IN, form, REMOTE_ADDR=HOME)


def test_hundred_wrong_passwords_slow_a_network_for_15_minutes(person):
    guess_at_many(99)
    assert password_is_accepted()
    assert not is_slowed(HOME)
    guess_at_many(1)
    assert is_slowed(HOME)
    assert not is_slowed(ELSEWHERE)
    assert password_is_accepted(network=ELSEWHERE)
    age_guesses(14)
    assert errors_on(give_password()) == [NO_DIGITS]
    age_guesses(2)
    assert password_is_accepted()


def test_hundred_in_more_than_15_minutes_slow_nobody(db, ten_per_network):
    for _part in range(4):
        guess_at_many(4)
        assert not is_slowed(HOME)
        age_guesses(8)


def test_network_is_slowed_for_15_minutes_from_the_hundredth(db, ten_per_network):
    guess_at_many(9)
    age_guesses(10)
    guess_at_many(1)
    age_guesses(14)
    assert is_slowed(HOME)
    age_guesses(2)
    assert not is_slowed(HOME)


def test_picture_lets_each_further_try_through(person, flooded):
    browser = Client()
    page = browser.get(pages.SIGN_IN, REMOTE_ADDR=HOME)
    assert WHY in notices_on(page)
    for _try in range(2):
        page = give_with_picture(page, password="wrong", client=browser)
        assert errors_on(page) == [DO_NOT_MATCH]
    assert give_with_picture(page, client=browser).url == pages.CODE


def test_without_the_picture_even_the_right_password_is_not_compared(person, flooded):
    page = give_password(password=factories.PASSWORD)
    assert (errors_on(page), page.status_code) == ([NO_DIGITS], 200)
    page = give_with_picture(page, picture="99999")
    assert errors_on(page) == [WRONG_DIGITS]
    used = picture_on(page)
    assert give_with_picture(page).status_code == 302
    again = {"login": "aslam", "password": factories.PASSWORD, **used}
    assert asks_for_picture(Client().post(pages.SIGN_IN, again, REMOTE_ADDR=HOME))


def test_login_is_kept_and_the_password_never(person, flooded):
    page = give_password(password="never-shown-again")
    assert page.context["form"]["login"].value() == "aslam"
    assert "never-shown-again" not in page.content.decode()
    changed = give_with_picture(page, password="never-shown-again", another_picture="1")
    assert changed.context["form"]["login"].value() == "aslam"
    assert picture_on(changed) != picture_on(page)
    assert "never-shown-again" not in changed.content.decode()


def test_text_in_place_of_the_picture_keeps_login_and_target(person, flooded):
    browser = Client(REMOTE_ADDR=HOME)
    target = "/en/inquiries/"
    form = {"login": "aslam", "password": "never-kept", "next": target, "picture_by_text": "1"}
    asked = browser.post(pages.SIGN_IN, form)
    assert "never-kept" not in str(dict(browser.session))
    browser.post(asked.url, {"mobile": "0509999999", "next": pages.SIGN_IN})
    page = browser.post(
        f"{BY_TEXT}code/", {"code": factories.code_sent_to(None, "picture")}, follow=True
    )
    assert pages.place(page) == pages.SIGN_IN
    assert page.context["form"]["login"].value() == "aslam"
    assert page.context["next"] == target
    assert not asks_for_picture(page)
    wrong = browser.post(pages.SIGN_IN, {**form, "picture_by_text": []})
    assert errors_on(wrong) == [DO_NOT_MATCH]
    # The text is good for one try.
    assert asks_for_picture(wrong)
    assert asks_for_picture(browser.get(pages.SIGN_IN))


def test_known_browser_is_not_concerned(person, resident, ten_per_network):
    browser = sign_in(person, Client(REMOTE_ADDR=HOME))
    browser.post(SIGN_OUT)
    guess_at_many(10)
    assert not asks_for_picture(browser.get(pages.SIGN_IN))
    for name in ("aslam", pages.NUMBER, pages.FORMER_NUMBER):
        assert errors_on(give_password(name, client=browser)) == [DO_NOT_MATCH], name
    assert password_is_accepted(client=browser)
    # It knows nobody else, as if nobody had ever signed in there.
    for name in (resident.username, "nobody"):
        assert errors_on(give_password(name, client=browser)) == [NO_DIGITS], name


def test_typing_errors_in_known_browsers_slow_nobody(person, ten_per_network):
    browser = sign_in(person, Client(REMOTE_ADDR=HOME))
    browser.post(SIGN_OUT)
    guess(9, client=browser)
    guess_at_many(9)
    assert not is_slowed(HOME)


def test_account_pauses_on_a_slowed_network_too(person, ten_per_network):
    guess(10)
    assert errors_on(give_password()) == [NO_DIGITS]
    page = Client().get(pages.SIGN_IN, REMOTE_ADDR=HOME)
    refused = give_with_picture(page)
    assert (errors_on(refused), refused.status_code) == ([SHUT], 429)


def test_signed_in_people_change_their_account_from_there(person, flooded):
    browser = signed_in(person)
    form = {"mobile": "0507654321", "password": factories.PASSWORD}
    assert browser.post(pages.CHANGE_MOBILE, form, REMOTE_ADDR=HOME).status_code == 302


def test_staff_sign_in_from_there_without_a_picture(officer, flooded):
    form = {"login": officer.username, "password": factories.PASSWORD}
    assert not asks_for_picture(Client().get(STAFF_SIGN_IN, REMOTE_ADDR=HOME))
    assert Client().post(STAFF_SIGN_IN, form, REMOTE_ADDR=HOME).url == "/en/staff/code/"


def test_guesses_on_the_staff_page_slow_the_network(db, ten_per_network):
    for number in range(10):
        form = {"login": f"somebody-{number}", "password": "wrong"}
        Client().post(STAFF_SIGN_IN, form, REMOTE_ADDR=HOME)
    assert is_slowed(HOME)


# What is one network


def guess_from(places):
    for number, place in enumerate(places):
        give_password(f"somebody-{number}", **place)


def test_ipv6_neighbours_are_one_network(db, ten_per_network):
    guess_from({"network": f"2001:db8:0:1::{number:x}"} for number in range(10))
    assert is_slowed("2001:db8:0:1:ffff:ffff:ffff:ffff")
    assert not is_slowed("2001:db8:0:2::1")


def test_ipv4_address_in_ipv6_spelling_is_the_same_network(db, ten_per_network):
    guess_from([{"network": f"::ffff:{HOME}"}] * 10)
    assert is_slowed(HOME)
    assert not is_slowed(f"::ffff:{ELSEWHERE}")


def test_forwarded_header_of_visitor_is_ignored(db, ten_per_network):
    guess_from({"x-forwarded-for": f"203.0.113.{number}"} for number in range(10))
    assert is_slowed(HOME)
    assert not is_slowed(ELSEWHERE, **{"x-forwarded-for": HOME})


def test_address_seen_by_proxy_counts(db, settings, ten_per_network):
    def seen(forwarded):
        return {"network": "10.0.0.1", "x-forwarded-for": forwarded}

    settings.BEHIND_TLS_PROXY = True
    guess_from(seen(f"203.0.113.{number}, {HOME}") for number in range(10))
    assert is_slowed(**seen(f"203.0.113.200,{HOME}"))
    assert not is_slowed(**seen(f"{HOME}, {ELSEWHERE}"))
