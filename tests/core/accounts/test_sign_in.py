"""Signing in with a password and a texted code, and signing out."""

import time

import pytest
from django.test import Client

from core.accounts.models import OneTimeCode, User
from core.messaging.encryption import decrypt
from core.messaging.models import Message
from tests import factories
from tests.conftest import (
    ask_for_code,
    errors_on,
    notices_on,
    sign_in,
    signed_in,
    without_tokens,
    words,
)

SIGN_IN = "/en/account/sign-in/"
CODE = "/en/account/code/"
DO_NOT_MATCH = "This username or ID number and this password do not match. Check both."


@pytest.fixture
def person(db):
    identity = factories.IdentityFactory(number="2987654320")
    identity.numbers.create(number="3000000004", is_current=False)
    return factories.UserFactory(username="aslam", identity=identity)


def give_password(client, login, password=factories.PASSWORD, **form):
    return client.post(SIGN_IN, {"login": login, "password": password, **form})


def give_code(client, user):
    return client.post(CODE, {"code": factories.code_sent_to(user, "sign_in")})


@pytest.mark.parametrize(
    "login",
    [
        "aslam",
        " ASLAM ",
        "2987654320",
        "٢٩٨٧٦٥٤٣٢٠",
        "۲۹۸۷۶۵۴۳۲۰",
        "２９８７６５４３２０",
        "2987-654 320",
        "\u202a2987654320\u202c",
        "3000000004",
    ],
)
def test_sign_in_by_username_or_any_number(client, person, login):
    assert give_password(client, login).url == CODE
    assert give_code(client, person).url == "/en/my/"
    assert "Welcome, Mohammed Aslam Khan" in words(client.get("/en/my/"))


@pytest.mark.parametrize("login", ["aslam", "2987654320", "3000000004"])
def test_wrong_password_and_unknown_person_get_same_error(client, db, login):
    for_nobody = give_password(client, login, "wrong")
    factories.UserFactory(
        username="aslam", identity=factories.IdentityFactory(number="2987654320")
    ).identity.numbers.create(number="3000000004", is_current=False)
    for_somebody = give_password(client, login, "wrong")
    assert without_tokens(for_somebody) == without_tokens(for_nobody)
    assert errors_on(for_somebody) == [DO_NOT_MATCH]
    assert not OneTimeCode.objects.exists()


@pytest.mark.parametrize("login", ["²987654320", "②987654320", "298765432", "aslam khan", "%", "'"])
def test_malformed_login_is_answered_like_a_wrong_one(client, person, login):
    assert errors_on(give_password(client, login)) == [DO_NOT_MATCH]


def test_closed_account_gets_wrong_password_error(client, person):
    User.objects.update(is_active=False)
    assert errors_on(give_password(client, "aslam")) == [DO_NOT_MATCH]


def test_empty_fields_are_asked_for(client, db):
    assert errors_on(client.post(SIGN_IN, {"login": " ", "password": ""})) == [
        "Enter your username or your ID number.",
        "Enter your password.",
    ]


def test_an_account_without_a_mobile_is_sent_to_the_staff_page(client, db):
    officer = factories.OfficerFactory()
    assert errors_on(give_password(client, officer.username)) == [
        "This account has no mobile number. Please go to a passports office. Staff "
        "sign in on the staff site."
    ]


def test_the_password_alone_opens_nothing(client, person):
    give_password(client, "aslam")
    assert client.get("/en/my/").url == f"{SIGN_IN}?next=/en/my/"


def test_sign_in_redirects_to_requested_page(client, person):
    asked = client.get("/en/inquiries/new/")
    page = client.get(asked.url)
    give_password(client, "aslam", next=page.context["next"])
    assert give_code(client, person).url == "/en/inquiries/new/"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_sign_in_never_redirects_to_another_site(client, person, target):
    client.get(SIGN_IN, {"next": target})
    give_password(client, "aslam", next=target)
    assert give_code(client, person).url == "/en/my/"


@pytest.mark.parametrize("target", ["foo", "a" * 100_000, "/en/\n\0"])
def test_malformed_redirect_target_is_harmless(client, person, target):
    give_password(client, "aslam", next=target)
    assert give_code(client, person).status_code in (302, 400)


def test_session_key_changes_after_password_and_code(client, person):
    client.get(SIGN_IN)
    session = client.session
    session["visited"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key
    keys = [session.session_key]
    give_password(client, "aslam")
    keys.append(client.cookies["sessionid"].value)
    give_code(client, person)
    keys.append(client.cookies["sessionid"].value)
    assert len(set(keys)) == 3
    with_the_first = Client()
    with_the_first.cookies["sessionid"] = keys[0]
    assert with_the_first.get("/en/my/").status_code == 302


def test_signed_in_user_is_not_asked_again(as_resident):
    assert as_resident.get(SIGN_IN).url == "/en/my/"
    assert as_resident.get(SIGN_IN, {"next": "/en/inquiries/"}).url == "/en/inquiries/"


def test_the_code_page_needs_the_password_first(client, db):
    assert client.get(CODE).url == SIGN_IN
    assert client.post(CODE, {"code": "123456"}).url == SIGN_IN
    assert client.post(f"{CODE}resend/").url == SIGN_IN


def test_an_account_closed_after_the_password_gets_no_further(client, person):
    give_password(client, "aslam")
    User.objects.update(is_active=False)
    assert give_code(client, person).url == SIGN_IN


def test_password_changed_before_code_stops_sign_in(client, person):
    give_password(client, "aslam")
    person.set_password("seven Kettles and a door")
    person.save()
    assert give_code(client, person).url == SIGN_IN
    assert client.get("/en/my/").status_code == 302


def test_an_account_closed_after_signing_in_is_signed_out(person):
    client = signed_in(person)
    User.objects.update(is_active=False)
    assert client.get("/en/my/").url == f"{SIGN_IN}?next=/en/my/"


@pytest.mark.parametrize(("minutes", "is_in_time"), [(14, True), (16, False)])
def test_password_step_is_valid_for_fifteen_minutes(
    client, person, monkeypatch, minutes, is_in_time
):
    give_password(client, "aslam")
    later = time.time() + minutes * 60
    monkeypatch.setattr("core.accounts.pending_steps.time.time", lambda: later)
    assert client.get(CODE).status_code == (200 if is_in_time else 302)


def test_signing_out_ends_the_session(person):
    client = sign_in(person)
    page = client.post("/en/account/sign-out/", follow=True)
    assert notices_on(page) == ["You have signed out."]
    assert "Welcome" not in words(page)
    assert client.get("/en/my/").url == f"{SIGN_IN}?next=/en/my/"


def test_a_link_signs_nobody_out(person):
    client = sign_in(person)
    client.get("/en/account/sign-out/")
    assert client.get("/en/my/").status_code == 200


@pytest.mark.parametrize(
    ("chosen", "pages", "begins"), [("en", "ar", "Tawasul: "), ("ar", "en", "تواصل: ")]
)
def test_texts_use_account_language_and_codes_page_language(person, chosen, pages, begins):
    User.objects.update(language=chosen)
    client = sign_in(person, language=pages)
    code = decrypt(Message.objects.get().text)
    assert code.startswith("Tawasul: " if pages == "en" else "تواصل: ")

    inquiry = factories.draft(User.objects.get())
    ask_for_code(client, inquiry, pages)
    confirm = f"/{pages}/inquiries/{inquiry.reference}/confirm/"
    client.post(confirm, {"code": factories.code_sent_to(person)})

    assert Message.objects.get(is_encrypted=False).text.startswith(begins)
    assert User.objects.get().language == chosen


def test_the_number_that_gets_the_code_is_masked(client, person):
    User.objects.update(mobile="+966501234567")
    give_password(client, "aslam")
    page = client.get(CODE).content.decode()
    assert "•••• 567" in words(page)
    assert "+96650" not in page


def test_wrong_check_digit_is_no_number_when_switched_on(client, person, settings):
    settings.IDENTITY_CHECK_DIGIT = True
    assert give_password(client, "2987654320").url == CODE
    assert errors_on(give_password(Client(), "2987654321")) == [DO_NOT_MATCH]
