"""Signing in with a password and a texted code, and signing out."""

from django.test import Client

from core.accounts.models import OneTimeCode, User
from core.messaging.encryption import decrypt
from core.messaging.models import Message
from tests import factories
from tests.conftest import (
    ask_for_code,
    errors_on,
    sign_in,
    signed_in,
    without_tokens,
    words,
)
from tests.core.accounts import pages
from tests.core.accounts.pages import CODE, DO_NOT_MATCH, MY_PAGE, NUMBER, SIGN_IN, SIGN_OUT
from tests.worlds import undone


def give_password(client, login="aslam", password=factories.PASSWORD, **form):
    return client.post(SIGN_IN, {"login": login, "password": password, **form})


def give_code(client, user):
    return client.post(CODE, {"code": factories.code_sent_to(user, "sign_in")})


def test_sign_in_by_username_or_any_number(person):
    for login in (
        *("aslam", " ASLAM ", "2987654320", "٢٩٨٧٦٥٤٣٢٠", "۲۹۸۷۶۵۴۳۲۰", "２９８７６５４３２０"),
        *("2987-654 320", "\u202a2987654320\u202c", "3000000004"),
    ):
        with undone():
            client = Client()
            assert give_password(client, login).url == CODE, login
            # The password alone opens nothing.
            assert client.get(MY_PAGE).url == f"{SIGN_IN}?next={MY_PAGE}", login
            page = client.get(CODE).content.decode()
            assert "•••• 567" in words(page)
            assert pages.MOBILE[:6] not in page
            assert give_code(client, person).url == MY_PAGE, login
            assert "Welcome, Mohammed Aslam Khan" in words(client.get(MY_PAGE))


def test_wrong_password_and_unknown_person_get_same_error(db):
    for login in ("aslam", NUMBER, pages.FORMER_NUMBER):
        with undone():
            for_nobody = give_password(Client(), login, "wrong")
            identity = factories.IdentityFactory(number=NUMBER)
            identity.numbers.create(number=pages.FORMER_NUMBER, is_current=False)
            factories.UserFactory(username="aslam", identity=identity)
            for_somebody = give_password(Client(), login, "wrong")
            assert without_tokens(for_somebody) == without_tokens(for_nobody), login
            assert errors_on(for_somebody) == [DO_NOT_MATCH], login
            assert not OneTimeCode.objects.exists(), login


def test_malformed_login_and_closed_account_get_same_error(client, person):
    for login in ("²987654320", "②987654320", "298765432", "aslam khan", "%", "'"):
        assert errors_on(give_password(client, login)) == [DO_NOT_MATCH], login
    User.objects.update(is_active=False)
    assert errors_on(give_password(client)) == [DO_NOT_MATCH]


def test_empty_fields_are_asked_for(client, db):
    assert errors_on(give_password(client, " ", "")) == [
        "Enter your username or your ID number.",
        "Enter your password.",
    ]


def test_an_account_without_a_mobile_is_sent_to_the_staff_page(client, db):
    officer = factories.OfficerFactory()
    assert errors_on(give_password(client, officer.username)) == [
        "This account has no mobile number. Choose “I no longer have this mobile” below, or go to "
        "a passports office with your ID or passport. Staff sign in on the staff site."
    ]


def test_sign_in_redirects_to_requested_page(client, person):
    asked = client.get("/en/inquiries/new/")
    page = client.get(asked.url)
    give_password(client, next=page.context["next"])
    assert give_code(client, person).url == "/en/inquiries/new/"


def test_sign_in_never_redirects_to_another_site(person):
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        with undone():
            client = Client()
            client.get(SIGN_IN, {"next": target})
            give_password(client, next=target)
            assert give_code(client, person).url == MY_PAGE, target
    for malformed in ("foo", "a" * 100_000, "/en/\n\0"):
        with undone():
            client = Client()
            give_password(client, next=malformed)
            assert give_code(client, person).status_code in (302, 400), malformed[:9]


def test_session_key_changes_after_password_and_code(client, person):
    client.get(SIGN_IN)
    session = client.session
    session["visited"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key
    keys = [session.session_key]
    give_password(client)
    keys.append(client.cookies["sessionid"].value)
    give_code(client, person)
    keys.append(client.cookies["sessionid"].value)
    assert len(set(keys)) == 3
    with_the_first = Client()
    with_the_first.cookies["sessionid"] = keys[0]
    assert with_the_first.get(MY_PAGE).status_code == 302


def test_signed_in_user_is_not_asked_again(as_resident):
    assert as_resident.get(SIGN_IN).url == MY_PAGE
    assert as_resident.get(SIGN_IN, {"next": "/en/inquiries/"}).url == "/en/inquiries/"


def test_the_code_page_needs_the_password_first(client, db):
    assert client.get(CODE).url == SIGN_IN
    assert client.post(CODE, {"code": "123456"}).url == SIGN_IN
    assert client.post(f"{CODE}resend/").url == SIGN_IN


def test_an_account_closed_after_the_password_gets_no_further(client, person):
    give_password(client)
    User.objects.update(is_active=False)
    assert give_code(client, person).url == SIGN_IN


def test_password_changed_before_code_stops_sign_in(client, person):
    give_password(client)
    person.set_password(pages.NEW_PASSWORD)
    person.save()
    assert give_code(client, person).url == SIGN_IN
    assert client.get(MY_PAGE).status_code == 302


def test_an_account_closed_after_signing_in_is_signed_out(person):
    client = signed_in(person)
    User.objects.update(is_active=False)
    assert client.get(MY_PAGE).url == f"{SIGN_IN}?next={MY_PAGE}"


def test_password_step_is_valid_for_fifteen_minutes(client, person):
    give_password(client)
    for minutes, status in ((14, 200), (16, 302)):
        with pages.minutes_later(minutes):
            assert client.get(CODE).status_code == status


def test_signing_out_ends_the_session(person):
    client = sign_in(person)
    page = client.post(SIGN_OUT, follow=True)
    assert page.request["PATH_INFO"] == "/en/account/signed-out/"
    assert "You have signed out Nobody can open your pages on this device" in words(page)
    assert client.get(MY_PAGE).url == f"{SIGN_IN}?next={MY_PAGE}"


def test_a_link_signs_nobody_out(person):
    client = sign_in(person)
    client.get(SIGN_OUT)
    assert client.get(MY_PAGE).status_code == 200


def test_texts_use_account_language_and_codes_page_language(person):
    begins = {"en": "Tawasul: ", "ar": "تواصل: "}
    for chosen, shown in (("en", "ar"), ("ar", "en")):
        with undone():
            User.objects.update(language=chosen)
            client = sign_in(person, language=shown)
            assert decrypt(Message.objects.get().text).startswith(begins[shown])

            inquiry = factories.draft(User.objects.get())
            ask_for_code(client, inquiry, shown)
            confirm = f"/{shown}/inquiries/{inquiry.reference}/confirm/"
            client.post(confirm, {"code": factories.code_sent_to(person)})

            notice = Message.objects.get(is_encrypted=False)
            assert notice.text.startswith(begins[chosen]), chosen
            assert User.objects.get().language == chosen


def test_wrong_check_digit_is_no_number_when_switched_on(client, person, settings):
    settings.IDENTITY_CHECK_DIGIT = True
    assert give_password(client, NUMBER).url == CODE
    assert errors_on(give_password(Client(), "2987654321")) == [DO_NOT_MATCH]
