"""The account page, and the changes made there without a code: password and language."""

import re
from datetime import date, timedelta
from time import time

from django.test import Client
from django.utils import timezone, translation

from core.accounts.models import Identity, Link, Session, User
from core.messaging.gateways import DemoPhone
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on, main_of, notices_on, sign_in, signed_in, words
from tests.core.accounts import pages
from tests.core.accounts.pages import (
    ACCOUNT,
    LINKS,
    MESSAGES,
    MY_DATA,
    NEW_PASSWORD,
    NOT_YOURS,
    SAFETY,
    can_sign_in,
    rows,
    section,
)
from tests.delivery import deliver_due
from tests.worlds import undone


def test_four_pages_behind_the_overview_are_linked(browser):
    links = re.findall(r'href="([^"]*)"', main_of(browser.get(ACCOUNT)))
    assert links == [MY_DATA, SAFETY, LINKS, MESSAGES]


def test_page_shows_what_the_registry_says(browser, person):
    page = main_of(browser.get(MY_DATA))
    assert (
        "Full name Mohammed Aslam Khan ID number 2987654320 3000000004 former number "
        "Date of birth 14 March 1986 CE (4 Rajab 1406 AH) "
        "Is something here not right? It can be corrected at a passports office: bring your ID or "
        "passport, and a document that shows what is right."
    ) in words(page)


def test_pages_show_contacts_but_no_mobile_in_full(browser, person):
    Identity.objects.update(mobile="+966599999111")
    page = browser.get(SAFETY)
    assert (
        "Username aslam Password •••••••• Change Password Mobile •••• 567 Change Mobile"
    ) in words(page)
    User.objects.update(email=pages.NEW_ADDRESS)
    messages = browser.get(MESSAGES)
    told = f"Texts go to •••• 567 E-mail address {pages.NEW_ADDRESS} Change E-mail address"
    assert told in words(messages)
    for mobile in (pages.MOBILE, "+966599999111"):
        for each in (page, messages):
            assert mobile[-9:-3] not in each.content.decode()


def test_arabic_page_shows_arabic_name_and_hijri_date_first(browser, person):
    page = words(main_of(browser.get("/ar/account/data/")))
    assert "محمد أسلم خان" in page
    assert "4 رجب 1406 هـ (14 مارس 1986 م)" in page
    assert not re.search("[A-Za-z]", page)


def test_page_shows_linked_people_with_kind_and_since(browser, person):
    child = {"name_en": "Sami Khan", "birth_date": timezone.localdate() - timedelta(days=4000)}
    for kind, born in (("employer", {}), ("host", {}), ("guardian", child)):
        linked = factories.IdentityFactory(**{"name_en": f"Somebody of {kind}", **born})
        until = None if kind == "employer" else date(2099, 6, 30)
        factories.link(person.identity, linked, kind, until=until)
    since = "1 January 2020 CE (6 Jumada al-Ula 1441 AH)"
    assert rows(browser.get(LINKS), "persons") == [
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
    page = browser.get(LINKS)
    assert rows(page, "holders") == [
        f"The representative you represent it · {since}",
        f"The guardian your guardian · {since}",
        f"The host your host · {since}",
        f"The employer your employer · {since}",
    ]
    assert rows(page, "persons") == []


def test_links_not_in_force_today_are_hidden(browser, person):
    today = timezone.localdate()
    ended = {"until": today - timedelta(days=1)}
    begins = {"since": today + timedelta(days=1)}
    for dates in (ended, begins):
        factories.link(person.identity, factories.IdentityFactory(name_en="Raju Kumar"), **dates)
        factories.link(factories.IdentityFactory(name_en="Raju Kumar"), person.identity, **dates)
    grown_up = factories.IdentityFactory(name_en="Raju Kumar")
    factories.link(person.identity, grown_up, "guardian")
    factories.link(factories.IdentityFactory(name_en="Raju Kumar"), person.identity, "guardian")
    page = browser.get(LINKS)
    assert "Raju Kumar" not in words(page)
    assert "your guardian" not in words(page)
    assert "Nobody is linked to you in the registry." in section(page, "persons")
    nobody = "The registry shows no links to other people or establishments."
    assert nobody in section(page, "holders")


def test_only_representative_is_offered_acting_as(browser, person):
    for kind in Link.Kind:
        with undone():
            holder = factories.establishment()
            factories.link(holder, person.identity, kind)
            offered = 'href="/en/account/acting-as/"' in browser.get(LINKS).content.decode()
            assert offered == (kind == Link.Kind.REPRESENTATIVE), kind


def test_page_shows_nothing_of_other_accounts(browser, person):
    facts = {"birth_date": date(1977, 7, 17), "mobile": "+966577777333"}
    worker = factories.IdentityFactory(number="2000000030", name_en="Raju Kumar", **facts)
    factories.link(person.identity, worker)
    identity = factories.IdentityFactory(number="2000000048", name_en="Nobody Known")
    facts = {"mobile": "+966588888222", "email": "else@example.org", "identity": identity}
    other = factories.UserFactory(username="somebody-else", **facts)
    factories.link(other.identity, factories.IdentityFactory(name_en="Of Somebody Else"))
    sign_in(other, Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/130.0"}))
    page = " ".join(words(browser.get(each)) for each in (MY_DATA, SAFETY, LINKS, MESSAGES))
    assert "Raju Kumar" in page
    of_the_worker = ("2000000030", "1977", "•••• 333")
    of_the_other = ("somebody-else", "2000000048", "Nobody Known", "•••• 222", "else@", "Of Some")
    for text in (*of_the_worker, *of_the_other, "Firefox"):
        assert text not in page, text


def change_password(browser, password=factories.PASSWORD, new=NEW_PASSWORD, again=None):
    form = {"password": password, "new_password": new, "again": new if again is None else again}
    return browser.post(pages.CHANGE_PASSWORD, form, follow=True)


def of_length(length):
    return ("Kettle-door/lamp%roof " * 7)[: length - 1] + "z"


def test_new_password_ends_other_sessions_and_sends_text(browser, person):
    elsewhere, another_device = signed_in(person), signed_in(person)
    of_another = signed_in(factories.UserFactory())
    key = browser.cookies["sessionid"].value
    page = change_password(browser)
    assert pages.place(page) == SAFETY
    assert notices_on(page) == ["Your new password is set. Other devices have been signed out."]
    (device,) = rows(browser.get(SAFETY), "devices")
    assert device.startswith("Unknown browser this device since ")
    new_keys = {client.cookies["sessionid"].value for client in (browser, of_another)}
    assert key not in new_keys
    assert set(Session.objects.values_list("session_key", flat=True)) == new_keys
    for other in (elsewhere, another_device):
        assert other.get(ACCOUNT).url == f"{pages.SIGN_IN}?next={ACCOUNT}"
    assert of_another.get(ACCOUNT).status_code == 200
    told = (
        "Tawasul: the password of your account has been changed. If that was not you, "
        "set a new one now."
    )
    assert pages.ordinary_texts() == [(pages.MOBILE, "en", told)]
    assert can_sign_in(person, NEW_PASSWORD)
    assert not can_sign_in(person, factories.PASSWORD)


def test_refused_change_of_password_is_explained(browser, person):
    common = "This password is one of the commonly used ones. Choose one that is harder to guess."
    long = "Ensure this value has at most 128 characters (it has 129)."
    missing = ["Enter your current password.", "Enter a new password."]
    assert len(of_length(129)) == 129
    for typed, told in [
        ({"password": "wrong"}, [NOT_YOURS]),
        ({"password": factories.PASSWORD.upper()}, [NOT_YOURS]),
        ({"password": f" {factories.PASSWORD}"}, [NOT_YOURS]),
        ({"password": "", "new": ""}, [*missing, "Enter the new password again."]),
        ({"again": NEW_PASSWORD + " "}, [pages.NOT_THE_SAME]),
        ({"new": "a-B3-cd"}, [pages.TOO_SHORT]),
        ({"new": "12345678"}, [common]),
        ({"new": "xx-2987654320-xx"}, [pages.GUESSABLE]),
        ({"new": of_length(129)}, [long, long]),
    ]:
        page = change_password(browser, **typed)
        assert errors_on(page) == told, typed
        assert not re.search('type="password"[^>]* value=', page.content.decode()), typed
        assert can_sign_in(person, factories.PASSWORD), typed
    assert not pages.ordinary_texts()


def test_new_password_of_any_script_and_spaces_is_set(person):
    for new in (
        of_length(128),
        *(f"{space}{NEW_PASSWORD}{space}" for space in (" ", "\t", "\u00a0", "\u3000")),
        *("سبعة أباريق وباب واحد", "sieben Kännchen, eine Tür", "🫖🚪🪔🏠🛶🌧️🐪🧭"),
    ):
        with undone():
            browser = signed_in(person)
            change_password(browser, new=new)
            assert can_sign_in(person, new), new
            if new != new.strip():
                assert not can_sign_in(person, new.strip()), new
                page = change_password(browser, new.strip(), "eleven Lamps on a roof")
                assert errors_on(page) == [NOT_YOURS], new


def test_forgotten_password_is_reset_by_code_while_signed_in(browser, person):
    session = browser.session
    proven = {"user": person.pk, "password": person.get_session_auth_hash()}
    session["pending_new_password"] = {**proven, "at": time()}
    session.save()
    form = {"new_password": NEW_PASSWORD, "again": NEW_PASSWORD}
    assert browser.post(f"{pages.RESET}new/", form, follow=True).status_code == 200
    assert can_sign_in(person, NEW_PASSWORD)


def test_new_password_without_mobile_sends_no_text(db):
    officer = factories.UserFactory(is_staff=True, mobile="")
    change_password(signed_in(officer))
    assert not Message.objects.exists()
    assert deliver_due() == 0
    assert DemoPhone().received() == []


def test_texts_and_pages_use_chosen_language(person):
    for before, after in (("en", "ar"), ("ar", "en")):
        with undone():
            User.objects.update(language=before)
            browser = signed_in(person)
            page = browser.post(f"/{before}/account/messages/", {"language": after}, follow=True)
            assert pages.place(page) == f"/{after}/account/messages/"
            assert f'<html lang="{after}"' in page.content.decode()
            with translation.override(after):
                assert notices_on(page) == [translation.gettext("Your language is saved.")]
            assert User.objects.get(pk=person.pk).language == after
            change_password(browser)
            ((_recipient, language, text),) = pages.ordinary_texts()
            assert language == after
            assert bool(re.search("[\u0600-\u06ff]", text)) == (after == "ar")


def test_account_language_is_preselected(browser, person):
    for language in ("ar", "en"):
        User.objects.update(language=language)
        page = browser.get(MESSAGES).content.decode()
        assert re.findall(r'name="language" value="(..)"[^>]*checked', page) == [language]


def test_unknown_language_is_refused(browser, person):
    unknown = "We do not write in this language. Choose Arabic or English."
    for language in ("", "fr", "AR", "ar ", "\0", "ا" * 100_000, "../en"):
        page = browser.post(MESSAGES, {"language": language})
        error = unknown if language else "Choose a language."
        assert page.context["form"].errors == {"language": [error]}, language
        assert page.content.decode().count(error) == 2, language  # above the page and at the field
        assert User.objects.get(pk=person.pk).language == "en", language
