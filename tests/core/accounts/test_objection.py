"""The owner objects to a recovery that was not theirs, and then nobody gets in."""

import pytest
from django.test import Client

from core.accounts.models import Recovery, User
from tests import factories
from tests.conftest import errors_on, notices_on, picture_on, signed_in, words
from tests.core.accounts import pages
from tests.core.accounts.pages import MOBILE, NEW_MOBILE, NEW_PASSWORD, place
from tests.worlds import undone

SENT = f"{pages.OBJECTION}sent/"
HOURS_72 = 72 * 60 * 60
ANSWER = (
    "If this login and this password are right, and the account was given a new mobile in the last "
    "72 hours, nobody can sign in to it now."
)
BRING = "Go to a passports office with your ID or passport."
SHUT = (
    "Tawasul: somebody objected to the new mobile of your account, so nobody can sign in to it "
    f"now. {BRING}"
)


@pytest.fixture
def taken_over(moved_on):
    """The account of the person, which somebody has given the mobile of the registry."""
    User.objects.update(email="aslam@example.org")
    pages.recover(Client())
    moved_on.refresh_from_db()
    return moved_on


def is_disputed():
    return Recovery.objects.filter(status="disputed", disputed_at__isnull=False).exists()


def test_objection_shuts_the_account_to_both_sides(client, taken_over):
    thief = signed_in(taken_over)
    page = client.get(pages.SIGN_IN)
    assert f'href="{pages.OBJECTION}"' in page.content.decode()

    answer = pages.object_to_recovery(client)
    assert place(answer) == SENT
    assert ANSWER in words(answer)
    assert BRING in words(answer)
    assert is_disputed()
    told = [to for to, _language, text in pages.ordinary_texts() if text == SHUT]
    assert told == [MOBILE, NEW_MOBILE, "aslam@example.org"]

    # The one who is signed in is out, and no way leads in again, for either.
    assert thief.get(pages.MY_PAGE).url == f"{pages.SIGN_IN}?next={pages.MY_PAGE}"
    form = {"login": "aslam", "password": factories.PASSWORD}
    assert errors_on(client.post(pages.SIGN_IN, form)) == [pages.DISPUTED]
    pages.age_codes(61)
    for ask, said in (
        (pages.ask_to_reset, SHUT),
        (pages.ask_to_recover, "Only a passports office can give it one now"),
        (pages.ask_to_register, "You already have one: sign in, or set a new password."),
    ):
        ask(Client())
        assert said in pages.texts()[0][1]


def test_objection_shuts_the_staff_site_too(client, taken_over):
    User.objects.filter(pk=taken_over.pk).update(is_staff=True)
    pages.object_to_recovery(Client())
    form = {"login": "aslam", "password": factories.PASSWORD}
    assert errors_on(client.post(pages.STAFF_SIGN_IN, form)) == [pages.DISPUTED]


def test_ways_in_that_were_begun_before_lead_nowhere(taken_over):
    signing_in, reset = Client(), Client()
    pages.age_codes(61)
    signing_in.post(pages.SIGN_IN, {"login": "aslam", "password": factories.PASSWORD})
    code = factories.code_sent_to(taken_over, "sign_in")
    pages.prove_to_reset(reset)
    pages.object_to_recovery(Client())

    assert place(pages.give_code_to(pages.CODE, signing_in, code)) == pages.SIGN_IN
    assert place(pages.set_password(reset, follow=True)) == pages.SIGN_IN
    assert User.objects.get(pk=taken_over.pk).check_password(factories.PASSWORD)


def test_a_code_that_waits_when_somebody_objects_does_not_sign_in(taken_over):
    """As above, but the code itself is still good."""
    signing_in = Client()
    signing_in.post(pages.SIGN_IN, {"login": "aslam", "password": factories.PASSWORD})
    Recovery.objects.update(status="disputed")
    code = factories.code_sent_to(taken_over, "sign_in")
    page = pages.give_code_to(pages.CODE, signing_in, code)
    assert errors_on(page) == [pages.DISPUTED]
    assert signing_in.get(pages.MY_PAGE).status_code == 302


def test_password_that_held_before_is_asked_for(taken_over):
    """The thief can set a new one with the mobile; that one objects to nothing."""
    thief = Client()
    pages.age_codes(61)
    pages.prove_to_reset(thief)
    pages.set_password(thief)
    pages.object_to_recovery(Client(), password=NEW_PASSWORD)
    assert not is_disputed()
    # Nor does a recovery on top of it, with that password, make it the owner's.
    Recovery.objects.update(restricted_until=None)
    User.objects.update(mobile=MOBILE)
    pages.age_codes(61)
    pages.recover(Client())
    assert Recovery.objects.count() == 2
    pages.object_to_recovery(Client(), password=NEW_PASSWORD)
    assert not is_disputed()
    pages.object_to_recovery(Client())
    assert is_disputed()


def test_objection_is_open_for_72_hours(client, moved_on, clock):
    pages.recover(Client())
    for seconds, disputed in ((HOURS_72 + 1, False), (HOURS_72 - 60, True)):
        with undone():
            moment = clock.now
            clock.move(seconds)
            page = pages.object_to_recovery(client)
            assert ANSWER in words(page)
            assert is_disputed() == disputed, seconds
            clock.now = moment


def test_every_name_of_the_account_objects(taken_over):
    for login in (
        " ASLAM ",
        pages.NUMBER,
        pages.NUMBER.translate(pages.ARABIC_DIGITS),
        "3000000004",
    ):
        with undone():
            pages.object_to_recovery(Client(), login=login)
            assert is_disputed(), login


def test_what_is_decided_is_not_disputed_again(client, taken_over):
    Recovery.objects.update(status="decided")
    pages.object_to_recovery(client)
    assert not is_disputed()
    assert signed_in(taken_over).get(pages.MY_PAGE).status_code == 200


def test_each_try_costs_a_picture(client, taken_over):
    page = client.get(pages.OBJECTION)
    form = {"login": "aslam", "password": factories.PASSWORD, **picture_on(page)}
    wrong = client.post(pages.OBJECTION, {**form, "picture": "00000"})
    assert errors_on(wrong) == [
        "These are not the digits in the picture. Enter those in the new picture."
    ]
    assert not is_disputed()
    empty = client.post(pages.OBJECTION, {"login": ""})
    assert errors_on(empty) == [
        "Enter your username or your ID number.",
        "Enter the password that you had before the mobile changed.",
        "Enter the digits in the picture.",
    ]
    used = client.post(pages.OBJECTION, form)
    assert errors_on(used) == ["This picture has run out. Enter the digits in the new one."]


def test_password_does_not_wait_in_the_session_for_a_texted_code(client, taken_over):
    form = {"login": "aslam", "password": factories.PASSWORD}
    away = client.post(pages.OBJECTION, {**form, "picture_by_text": "1"})
    assert away.url == f"/en/account/picture/by-text/?next={pages.OBJECTION}"
    assert factories.PASSWORD not in str(dict(client.session))
    client.post(away.url, {"mobile": "0500000099"})
    pages.give_code_to("/en/account/picture/by-text/code/", client, pages.newest_code("picture"))
    page = client.get(pages.OBJECTION)
    assert 'value="aslam"' in page.content.decode()
    client.post(pages.OBJECTION, form)
    assert is_disputed()


def test_another_picture_keeps_the_login(client, taken_over):
    form = {"login": "aslam", "password": factories.PASSWORD}
    page = client.post(pages.OBJECTION, {**form, "another_picture": "1"})
    assert 'value="aslam"' in page.content.decode()
    assert notices_on(page) == errors_on(page) == []
