"""Whoever has lost the mobile of the account, and has a new one in the registry, gets in again."""

import datetime
import re

import pytest
from django.test import Client

from core.accounts import codes
from core.accounts.models import Identity, OneTimeCode, Recovery, User
from core.template_filters import moment, moment_in_words
from tests import factories
from tests.conftest import errors_on, notices_on, signed_in, words
from tests.core.accounts import pages
from tests.core.accounts.pages import MOBILE, NEW_MOBILE, place, texts
from tests.worlds import undone

CODE, NEW = f"{pages.RECOVER}code/", f"{pages.RECOVER}mobile/"
HOURS_72 = 72 * 60 * 60
IF_RIGHT = (
    "If the details you entered are correct, a code is on its way to the mobile that the registry "
    "has for you. If none comes, check the number, the calendar and the day: one Hijri day off is "
    "usual. If they are right, the registry may have no mobile or an old one: go to a passports "
    "office with your ID or passport. The code works for 10 minutes."
)
TOLD_BEFORE = (
    "Tawasul: your account has a new mobile, ending in 432. If that was not you, object from the "
    "sign-in page within 72 hours, or go to a passports office with your ID or passport."
)
CLOSED = (
    "The mobile of this account is new. So that nobody else can use it against you, this is closed "
    "until {}. If it cannot wait, a counter at a passports office can open it: bring your ID or "
    "passport."
)
CHANGED = (
    "This mobile cannot be given to your account any more: the registry or the account has changed "
    "meanwhile. Begin again."
)


def mobile_of(person):
    return str(User.objects.get(pk=person.pk).mobile)


def why_closed(person):
    recovery = Recovery.objects.get(user=person)
    return CLOSED.format(moment_in_words(recovery.restricted_until))


def test_account_takes_the_mobile_of_the_registry(client, moved_on):
    User.objects.update(email="aslam@example.org")
    device = signed_in(moved_on)
    client.post(pages.SIGN_IN, {"login": "aslam", "password": factories.PASSWORD})
    stuck = client.get(pages.CODE)
    link = f'<a href="{pages.RECOVER}">This is no longer my number</a>'
    assert link in stuck.content.decode()

    asked = pages.ask_to_recover(client)
    assert place(asked) == CODE
    assert IF_RIGHT in words(asked)
    code = pages.newest_code("recover")
    told = f"Tawasul: {code} is your code to give your account this mobile. "
    assert texts()[0] == (NEW_MOBILE, told + "Never give it to anybody.")
    assert errors_on(client.post(CODE, {"code": "000000"})) == [pages.WRONG]

    proven = pages.give_code_to(CODE, client, code)
    assert place(proven) == NEW
    assert "Your account takes •••• 432. Everybody is signed out of it" in words(proven)
    assert mobile_of(moved_on) == MOBILE
    # A second click finds what the first one has done.
    for _click in range(2):
        done = client.post(NEW, follow=True)
        assert "From now on, your codes and messages go to •••• 432." in words(done)
    recovery = Recovery.objects.get()
    assert (recovery.way, str(recovery.old_mobile)) == ("registry", MOBILE)
    assert f"closed until {words(moment(recovery.restricted_until))}" in words(done)
    for page in (pages.SIGN_IN, pages.RESET):
        assert f'href="{page}"' in done.content.decode()

    assert mobile_of(moved_on) == NEW_MOBILE
    assert device.get(pages.MY_PAGE).url == f"{pages.SIGN_IN}?next={pages.MY_PAGE}"
    assert [(to, text) for to, _language, text in pages.ordinary_texts()] == [
        (MOBILE, TOLD_BEFORE),
        ("aslam@example.org", TOLD_BEFORE),
    ]
    # The password is still good, and its code goes to the new mobile.
    pages.age_codes(61)
    client.post(pages.SIGN_IN, {"login": "aslam", "password": factories.PASSWORD})
    assert OneTimeCode.objects.latest("created_at").recipient == NEW_MOBILE
    signed = pages.give_code_to(pages.CODE, client, factories.code_sent_to(moved_on, "sign_in"))
    assert place(signed) == pages.MY_PAGE


def test_waiting_notices_follow_and_warnings_stay(client, moved_on):
    factories.submitted(factories.draft(moved_on))
    pages.recover(client)
    to = {text: to for to, _language, text in pages.ordinary_texts()}
    assert to.pop(TOLD_BEFORE) == MOBILE
    assert set(to.values()) == {NEW_MOBILE}


def test_who_gets_no_code_is_told_by_text_what_to_do(moved_on, monkeypatch):
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _limit: 123456)
    child = datetime.date(2024, 3, 14)
    identities = Identity.objects.filter(pk=moved_on.identity_id)
    users = User.objects.filter(pk=moved_on.pk)
    at_counter = (
        "Tawasul: somebody asked for a new mobile on your account. Only a passports office can "
        "give it one now: bring your ID or passport."
    )
    same = "Tawasul: your account has this mobile already. Sign in, or set a new password."
    none = (
        "Tawasul: somebody asked for a new mobile on your account. You have no account yet: open "
        "one with the same details."
    )
    departed = (
        "Tawasul: the registry shows that you have left the Kingdom, so no account can be opened "
        "or recovered. If that is wrong, go to a passports office with your passport."
    )
    deceased = (
        "Tawasul: no account can be opened or recovered, as the registry shows the holder of this "
        "ID as deceased. If that is wrong, go to a passports office with your ID or passport."
    )

    minor = (
        "Tawasul: an account can be opened from the age of 18 Hijri years. Until then a guardian "
        "can file for you."
    )

    def born_as_child():
        users.delete()
        identities.update(birth_date=child)

    def recovered(**facts):
        pages.recover(Client())
        Recovery.objects.update(**facts)
        pages.age_codes(61)

    cases = [
        ([], lambda: identities.update(mobile="")),
        ([], lambda: identities.update(birth_date=datetime.date(1986, 3, 15))),
        ([same], lambda: users.update(mobile=NEW_MOBILE)),
        ([none], users.delete),
        ([minor], born_as_child),
        ([departed], lambda: identities.update(status="departed")),
        ([deceased], lambda: identities.update(status="deceased")),
        ([at_counter], lambda: users.update(is_active=False)),
        ([at_counter], recovered),
        ([at_counter], lambda: recovered(status="disputed", restricted_until=None)),
    ]
    for number, (expected, make) in enumerate(cases):
        with undone():
            make()
            before = texts()
            client = Client()
            page = pages.ask_to_recover(client, born=child if expected == [minor] else pages.BORN)
            assert (place(page), IF_RIGHT in words(page)) == (CODE, True), number
            sent = [text for to, text in texts()[: len(texts()) - len(before)] if to == NEW_MOBILE]
            assert sent == expected, number
            guessed = client.post(CODE, {"code": "123456"})
            assert errors_on(guessed) == [pages.WRONG], number
            assert client.get(NEW).url == pages.RECOVER, number


def test_mobile_and_mail_are_closed_for_72_hours(client, moved_on, clock):
    User.objects.update(email="aslam@example.org")
    pages.recover(client)
    moved_on.refresh_from_db()
    browser = signed_in(moved_on)
    closed = why_closed(moved_on)
    for shown, address in (
        (pages.SAFETY, pages.CHANGE_MOBILE),
        (pages.MESSAGES, pages.CHANGE_EMAIL),
    ):
        assert closed in words(browser.get(shown))
        assert f'href="{address}"' not in browser.get(shown).content.decode()
    assert errors_on(pages.ask_for_mobile(browser, "+966550000999")) == [closed]
    assert errors_on(pages.ask_for_email(browser)) == [closed]
    assert errors_on(pages.remove_email(browser)) == [closed]
    assert User.objects.get(pk=moved_on.pk).email == "aslam@example.org"

    clock.move(HOURS_72 + 1)
    browser = signed_in(moved_on)
    assert closed not in words(browser.get(pages.SAFETY))
    assert place(pages.ask_for_mobile(browser, "+966550000999")) == pages.MOBILE_CODE


def test_a_change_that_was_begun_before_is_not_finished(client, moved_on, monkeypatch):
    browser = signed_in(moved_on)
    pages.ask_for_mobile(browser, "+966550000999")
    code = factories.code_sent_to(moved_on, "mobile")
    pages.recover(client)
    page = pages.give_code_to(pages.MOBILE_CODE, browser, code)
    assert place(page) == pages.SIGN_IN
    assert mobile_of(moved_on) == NEW_MOBILE


def test_what_was_proven_with_the_old_mobile_opens_nothing(moved_on):
    signing_in, resetting, reset = Client(), Client(), Client()
    pages.prove_to_reset(reset)
    pages.age_codes(61)
    pages.ask_to_reset(resetting)
    reset_code = pages.newest_code("reset")
    signing_in.post(pages.SIGN_IN, {"login": "aslam", "password": factories.PASSWORD})
    sign_in_code = factories.code_sent_to(moved_on, "sign_in")

    pages.recover(Client())
    page = pages.give_code_to(pages.CODE, signing_in, sign_in_code)
    assert place(page) == pages.SIGN_IN
    assert errors_on(resetting.post(f"{pages.RESET}code/", {"code": reset_code})) == [pages.EXPIRED]
    assert place(pages.set_password(reset, follow=True)) == pages.SIGN_IN
    assert User.objects.get(pk=moved_on.pk).check_password(factories.PASSWORD)


def test_account_or_registry_that_has_changed_meanwhile_takes_nothing(moved_on):
    def recovered():
        pages.age_codes(61)
        Identity.objects.update(mobile="+966550000999")
        pages.recover(Client())
        Identity.objects.update(mobile=NEW_MOBILE)

    for sentence, make in [
        (CHANGED, lambda: Identity.objects.update(mobile="+966550000999")),
        (CHANGED, lambda: Identity.objects.update(status="departed")),
        (CHANGED, lambda: User.objects.update(is_active=False)),
        (None, recovered),
    ]:
        with undone():
            client = Client()
            pages.prove_to_recover(client)
            make()
            before = mobile_of(moved_on)
            page = client.post(NEW, follow=True)
            assert place(page) == pages.RECOVER
            assert notices_on(page) == [sentence or why_closed(moved_on)]
            assert mobile_of(moved_on) == before


def test_while_the_registry_is_away_the_last_step_waits(client, moved_on):
    pages.prove_to_recover(client)
    with pages.registry_away():
        page = client.post(NEW, follow=True)
    assert (place(page), notices_on(page)) == (NEW, [pages.AWAY])
    assert mobile_of(moved_on) == MOBILE
    client.post(NEW)
    assert mobile_of(moved_on) == NEW_MOBILE


def test_nobody_gets_to_the_last_page_without_the_code(client, moved_on):
    for address in (CODE, f"{CODE}resend/", NEW):
        assert place(client.get(address, follow=True)) == pages.RECOVER
    pages.ask_to_recover(client)
    assert place(client.post(NEW, follow=True)) == pages.RECOVER
    stranger = Client()
    stranger.cookies["sessionid"] = client.cookies["sessionid"].value
    pages.give_code_to(CODE, client, pages.newest_code("recover"))
    assert place(stranger.post(NEW, follow=True)) == pages.RECOVER
    with pages.minutes_later(16):
        assert place(client.post(NEW, follow=True)) == pages.RECOVER
    assert mobile_of(moved_on) == MOBILE


def test_an_account_without_a_mobile_gets_one(client, moved_on):
    User.objects.update(mobile="")
    page = client.post(pages.SIGN_IN, {"login": "aslam", "password": factories.PASSWORD})
    assert "Choose “I no longer have this mobile” below" in errors_on(page)[0]
    pages.recover(client)
    assert mobile_of(moved_on) == NEW_MOBILE
    assert pages.ordinary_texts() == []


@pytest.mark.parametrize("language", ["en", "ar"])
def test_no_page_before_the_code_says_that_one_was_sent(language, moved_on):
    """Whether the data are right or wrong, what is said holds only if they are."""
    claims = {
        "en": ("code was sent", "sent a code", "have sent", "we sent", "been sent"),
        "ar": ("تم إرسال", "أرسلنا", "أُرسل", "أرسل رمز", "جرى إرسال"),
    }[language]
    only_if = {
        "en": r"If [^.]* a code is on its way to",
        "ar": r"إذا [^.]* فالرمز في طريقه|إذا [^.]*رمز في طريقه",
    }[language]
    for ask, place_of_code in [
        (pages.ask_to_register, "account/register/code/"),
        (pages.ask_to_reset, "account/password/reset/code/"),
        (pages.ask_to_recover, "account/recover/code/"),
    ]:
        address = f"/{language}/{place_of_code}"
        client = Client()
        shown = [ask(client, language=language)]
        assert place(shown[0]) == address
        # A wrong code, and the wait between two sends.
        shown.append(client.post(address, {"code": "000000"}))
        shown.append(client.get(f"{address}resend/"))
        shown.append(pages.ask_again(client, f"/{language}/{place_of_code[:-5]}"))
        assert notices_on(shown[-1])
        for page in shown:
            said = words(page)
            assert [claim for claim in claims if claim in said.lower()] == [], address
        assert re.search(only_if, words(shown[0])), address
