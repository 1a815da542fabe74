"""The account page, and the changes made there without a code: password and language."""

import re
from datetime import date, timedelta
from time import time

import pytest
from django.test import Client
from django.utils import timezone, translation

from core.accounts.models import Identity, Link, Session, User
from core.messaging.actions.delivery import deliver_due
from core.messaging.gateways import DemoPhone
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on, notices_on, sign_in, signed_in, words

ACCOUNT = "/en/account/"
PASSWORD = "/en/account/password/"
MOBILE = "/en/account/mobile/"
LANGUAGE = "/en/account/language/"

OLD_NUMBER = "+966501234567"
ADDRESS = "ayesha.noor@example.org"
NEW_PASSWORD = "seven Kettles and a door"

NOT_YOURS = "This is not your password. Type it again."
TOO_MANY_GUESSES = "Too many wrong passwords. Try again in 15 minutes, or set a new password now."
NOT_THE_SAME = "The two passwords are not the same. Type both again."


@pytest.fixture
def person(db):
    identity = factories.IdentityFactory(number="2987654320", mobile="+966599999111")
    return factories.UserFactory(username="aslam", identity=identity, mobile=OLD_NUMBER)


@pytest.fixture
def browser(person):
    return signed_in(person)


def section(page, name):
    """Return the visible words of one section of the account page."""
    found = re.search(
        rf'(?s)<section aria-labelledby="{name}">.*?</section>', page.content.decode()
    )
    return words(found[0])


def rows(page, name):
    found = re.search(
        rf'(?s)<section aria-labelledby="{name}">.*?</section>', page.content.decode()
    )
    return [words(row) for row in re.findall(r"(?s)<li>.*?</li>", found[0])]


def ordinary_texts():
    """Return (recipient, language, text) of all messages except codes."""
    texts = Message.objects.filter(is_encrypted=False).order_by("pk")
    return list(texts.values_list("recipient", "language", "text"))


# The facts on the page


def test_page_shows_registry_facts(browser, person):
    person.identity.numbers.create(number="3000000004", is_current=False)
    assert section(browser.get(ACCOUNT), "me") == (
        "What the registry says Full name Mohammed Aslam Khan "
        "ID number 2987654320 3000000004 former number "
        "Date of birth 14 March 1986 CE (4 Rajab 1406 AH) "
        "Is something here not right? It can be corrected at a passports office."
    )


def test_arabic_page_shows_arabic_name_and_hijri_date_first(browser, person):
    page = section(browser.get("/ar/account/"), "me")
    assert "محمد أسلم خان" in page
    assert "4 رجب 1406 هـ (14 مارس 1986 م)" in page
    assert not re.search("[A-Za-z]", page)


def test_page_shows_username_masked_mobile_and_email(browser, person):
    page = section(browser.get(ACCOUNT), "account")
    assert page.startswith(
        "Signing in and messages Username aslam Password •••••••• Change Password "
        "Mobile •••• 567 Change Mobile E-mail address None Change E-mail address"
    )
    User.objects.update(email=ADDRESS)
    assert f"E-mail address {ADDRESS} Change" in section(browser.get(ACCOUNT), "account")


def test_page_shows_no_number_in_full(browser, person):
    page = browser.get(ACCOUNT).content.decode()
    for mobile in (OLD_NUMBER, str(person.identity.mobile)):
        assert mobile[-9:-3] not in page


def test_page_shows_linked_people_with_kind_and_since(browser, person):
    child = {"name_en": "Sami Khan", "birth_date": timezone.localdate() - timedelta(days=4000)}
    for kind, born in (("employer", {}), ("host", {}), ("guardian", child)):
        linked = factories.IdentityFactory(**{"name_en": f"Somebody of {kind}", **born})
        until = None if kind == "employer" else date(2099, 6, 30)
        factories.link(person.identity, linked, kind, until=until)
    since = "1 January 2020 CE (6 Jumada al-Ula 1441 AH)"
    assert rows(browser.get(ACCOUNT), "persons") == [
        f"Sami Khan in your care · from {since} until 30 June 2099 CE",
        f"Somebody of host visits you · from {since} until 30 June 2099 CE",
        f"Somebody of employer works for you · since {since}",
    ]


def test_page_shows_link_holders(browser, person):
    Identity.objects.filter(pk=person.identity_id).update(birth_date=timezone.localdate())
    for kind in Link.Kind:
        holder = factories.IdentityFactory(name_en=f"The {kind}", birth_date=None)
        factories.link(holder, person.identity, kind, since=date(2026, 1, 1))
    since = "since 1 January 2026 CE (12 Rajab 1447 AH)"
    page = browser.get(ACCOUNT)
    assert rows(page, "holders") == [
        f"The representative you represent it · {since}",
        f"The guardian your guardian · {since}",
        f"The host your host · {since}",
        f"The employer your employer · {since}",
    ]
    assert rows(page, "persons") == []


def test_adult_has_no_guardian(browser, person):
    factories.link(factories.IdentityFactory(), person.identity, "guardian")
    assert "your guardian" not in words(browser.get(ACCOUNT))


def test_links_not_in_force_today_are_hidden(browser, person):
    today = timezone.localdate()
    ended = {"until": today - timedelta(days=1)}
    begins = {"since": today + timedelta(days=1)}
    for dates in (ended, begins):
        factories.link(person.identity, factories.IdentityFactory(name_en="Raju Kumar"), **dates)
        factories.link(factories.IdentityFactory(name_en="Raju Kumar"), person.identity, **dates)
    grown_up = factories.IdentityFactory(name_en="Raju Kumar")
    factories.link(person.identity, grown_up, "guardian")
    page = browser.get(ACCOUNT)
    assert "Raju Kumar" not in words(page)
    assert "Nobody is linked to you in the registry." in section(page, "persons")
    assert "The registry shows no links to other people or establishments." in section(
        page, "holders"
    )


@pytest.mark.parametrize("kind", list(Link.Kind))
def test_only_representative_is_offered_acting_as(browser, person, kind):
    holder = factories.IdentityFactory(number="7000000017", birth_date=None)
    factories.link(holder, person.identity, kind)
    offered = 'href="/en/account/acting-as/"' in browser.get(ACCOUNT).content.decode()
    assert offered == (kind == Link.Kind.REPRESENTATIVE)


def test_page_shows_nothing_of_other_accounts(browser, person):
    worker = factories.IdentityFactory(
        number="2000000030",
        name_en="Raju Kumar",
        birth_date=date(1977, 7, 17),
        mobile="+966577777333",
    )
    factories.link(person.identity, worker)
    other = factories.UserFactory(
        username="somebody-else",
        identity=factories.IdentityFactory(number="2000000048", name_en="Nobody Known"),
        mobile="+966588888222",
        email="else@example.org",
    )
    factories.link(other.identity, factories.IdentityFactory(name_en="Of Somebody Else"))
    sign_in(other, Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/130.0"}))
    page = words(browser.get(ACCOUNT))
    assert "Raju Kumar" in page
    of_the_worker = ("2000000030", "1977", "•••• 333")
    of_the_other = (
        "somebody-else",
        "2000000048",
        "Nobody Known",
        "•••• 222",
        "else@",
        "Of Somebody",
    )
    for text in (*of_the_worker, *of_the_other, "Firefox"):
        assert text not in page


# Password


def change_password(browser, password=factories.PASSWORD, new=NEW_PASSWORD, again=None):
    form = {"password": password, "new_password": new, "again": new if again is None else again}
    return browser.post(PASSWORD, form, follow=True)


def can_sign_in(person, password):
    form = {"login": person.username, "password": password}
    return Client().post("/en/account/sign-in/", form).status_code == 302


def test_new_password_ends_other_sessions_and_sends_text(browser, person):
    elsewhere, another_device = signed_in(person), signed_in(person)
    of_another = signed_in(factories.UserFactory())
    page = change_password(browser)
    assert page.request["PATH_INFO"] == ACCOUNT
    assert notices_on(page) == ["Your new password is set. Other devices have been signed out."]
    assert rows(browser.get(ACCOUNT), "devices") == ["Unknown browser this device"]
    for other in (elsewhere, another_device):
        assert other.get(ACCOUNT).url == f"/en/account/sign-in/?next={ACCOUNT}"
    assert of_another.get(ACCOUNT).status_code == 200
    assert ordinary_texts() == [
        (
            OLD_NUMBER,
            "en",
            "Tawasul: the password of your account has been changed. If that was not you, "
            "set a new one now.",
        )
    ]
    assert can_sign_in(person, NEW_PASSWORD)
    assert not can_sign_in(person, factories.PASSWORD)


def test_session_key_changes_with_password(browser, person):
    before = browser.cookies["sessionid"].value
    change_password(browser)
    after = browser.cookies["sessionid"].value
    assert before != after
    assert list(Session.objects.values_list("session_key", flat=True)) == [after]


@pytest.mark.parametrize("wrong", ["wrong", factories.PASSWORD.upper(), f" {factories.PASSWORD}"])
def test_current_password_is_required(browser, person, wrong):
    page = change_password(browser, wrong)
    assert errors_on(page) == [NOT_YOURS]
    assert can_sign_in(person, factories.PASSWORD)
    assert not ordinary_texts()
    assert not re.search('type="password"[^>]* value=', page.content.decode())


def test_two_new_passwords_must_match(browser, person):
    page = change_password(browser, again=NEW_PASSWORD + " ")
    assert errors_on(page) == [NOT_THE_SAME]
    assert can_sign_in(person, factories.PASSWORD)


def test_missing_fields_are_named(browser, person):
    assert errors_on(change_password(browser, "", "")) == [
        "Enter your current password.",
        "Enter a new password.",
        "Enter the new password again.",
    ]


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ("a-B3-cd", "This password has fewer than 8 characters. Use a longer one."),
        ("12345678", "This password is one of the commonly used ones. Choose one that is harder "
         "to guess."),
        ("xx-2987654320-xx", "This password can be guessed from what is known about you. Choose "
         "another."),
    ],
)  # fmt: skip
def test_a_weak_password_is_refused_with_the_reason(browser, person, new, sentence):
    assert errors_on(change_password(browser, new=new)) == [sentence]
    assert can_sign_in(person, factories.PASSWORD)


def of_length(length):
    return ("Kettle-door/lamp%roof " * 7)[: length - 1] + "z"


def test_password_may_have_128_characters_not_129(browser, person):
    assert len(of_length(129)) == 129
    page = change_password(browser, new=of_length(129))
    told = "Ensure this value has at most 128 characters (it has 129)."
    assert errors_on(page) == [told, told]
    assert can_sign_in(person, factories.PASSWORD)
    change_password(browser, new=of_length(128))
    assert can_sign_in(person, of_length(128))


@pytest.mark.parametrize("space", [" ", "\t", "\u00a0", "\u3000"])
def test_spaces_at_the_ends_of_a_password_count(browser, person, space):
    change_password(browser, new=f"{space}{NEW_PASSWORD}{space}")
    assert can_sign_in(person, f"{space}{NEW_PASSWORD}{space}")
    assert not can_sign_in(person, NEW_PASSWORD)
    page = change_password(browser, NEW_PASSWORD, "eleven Lamps on a roof")
    assert errors_on(page) == [NOT_YOURS]


@pytest.mark.parametrize(
    "new", ["سبعة أباريق وباب واحد", "sieben Kännchen, eine Tür", "🫖🚪🪔🏠🛶🌧️🐪🧭"]
)
def test_a_password_may_have_letters_of_any_script(browser, person, new):
    change_password(browser, new=new)
    assert can_sign_in(person, new)


@pytest.mark.parametrize("address", [PASSWORD, MOBILE])
def test_right_password_is_not_tried_after_ten_wrong_ones(browser, person, address):
    right = {"password": factories.PASSWORD, "new_password": NEW_PASSWORD, "again": NEW_PASSWORD}
    right["mobile"] = "0550000432"
    wrong = {**right, "password": "wrong"}
    told = [errors_on(browser.post(address, wrong)) for _guess in range(11)]
    assert told == [[NOT_YOURS]] * 9 + [[TOO_MANY_GUESSES]] * 2
    assert errors_on(browser.post(address, right)) == [TOO_MANY_GUESSES]
    assert not Message.objects.exists()
    assert browser.get(ACCOUNT).status_code == 200


def test_forgotten_password_is_reset_by_code_while_signed_in(browser, person):
    session = browser.session
    session["pending_new_password"] = {"user": person.pk, "at": time()}
    session.save()
    form = {"new_password": NEW_PASSWORD, "again": NEW_PASSWORD}
    page = browser.post("/en/account/password/reset/new/", form, follow=True)
    assert page.status_code == 200
    assert can_sign_in(person, NEW_PASSWORD)


def test_new_password_without_mobile_sends_no_text(db):
    officer = factories.UserFactory(is_staff=True, mobile="")
    change_password(signed_in(officer))
    assert Message.objects.get().status == Message.Status.EXPIRED
    assert deliver_due() == 0
    assert DemoPhone().received() == []


# Language


@pytest.mark.parametrize(("before", "after"), [("en", "ar"), ("ar", "en")])
def test_texts_and_pages_use_chosen_language(browser, person, before, after):
    User.objects.update(language=before)
    page = browser.post(f"/{before}/account/language/", {"language": after}, follow=True)
    assert page.request["PATH_INFO"] == f"/{after}/account/"
    assert f'<html lang="{after}"' in page.content.decode()
    assert User.objects.get(pk=person.pk).language == after
    change_password(browser)
    ((_recipient, language, text),) = ordinary_texts()
    assert language == after
    assert bool(re.search("[\u0600-\u06ff]", text)) == (after == "ar")


@pytest.mark.parametrize(("before", "after"), [("en", "ar"), ("ar", "en")])
def test_language_saved_notice_is_in_new_language(browser, person, before, after):
    page = browser.post(f"/{before}/account/language/", {"language": after}, follow=True)
    with translation.override(after):
        assert notices_on(page) == [translation.gettext("Your language is saved.")]


def test_account_language_is_preselected(browser, person):
    for language in ("ar", "en"):
        User.objects.update(language=language)
        page = browser.get(ACCOUNT).content.decode()
        assert re.findall(r'name="language" value="(..)"[^>]*checked', page) == [language]


@pytest.mark.parametrize("language", ["", "fr", "AR", "ar ", "\0", "ا" * 100_000, "../en"])
def test_unknown_language_is_ignored(browser, person, language):
    page = browser.post(LANGUAGE, {"language": language}, follow=True)
    assert page.request["PATH_INFO"] == ACCOUNT
    assert notices_on(page) == []
    assert User.objects.get(pk=person.pk).language == "en"
