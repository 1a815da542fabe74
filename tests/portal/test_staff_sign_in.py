"""The staff site opens to a password and an authenticator together, and to nothing less."""

import time

import pytest
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts.models import User
from tests import factories
from tests.conftest import errors_on, sign_in, signed_in

LOGIN = "/en/staff/login/"
CODE = "/en/staff/code/"
INDEX = "/en/staff/"
NOT_RIGHT = (
    "This code is not right, or has been used already. Wait for the next one and enter that."
)
DO_NOT_OPEN = "This username and this password do not open the staff site. Check both."


@pytest.fixture
def authenticator(officer):
    return TOTPDevice.objects.create(user=officer, name="phone")


def shown_by(authenticator):
    return f"{totp(authenticator.bin_key):06}"


def give_password(officer, client=None, password=factories.PASSWORD, **form):
    client = client or Client()
    response = client.post(LOGIN, {"login": officer.username, "password": password, **form})
    return client, response


def test_an_officer_gives_password_and_code(officer, authenticator):
    client, asked = give_password(officer)
    assert asked.url == CODE
    assert client.get(INDEX).status_code == 302
    assert client.post(CODE, {"code": shown_by(authenticator)}).url == INDEX
    assert client.get(INDEX).status_code == 200


def test_the_code_is_taken_in_arabic_digits_and_with_a_space(officer, authenticator):
    client, _asked = give_password(officer)
    code = shown_by(authenticator).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert client.post(CODE, {"code": f"{code[:3]} {code[3:]}"}).url == INDEX


def test_one_is_led_back_to_the_page_one_came_for(officer, authenticator):
    client = Client()
    asked = client.get("/en/staff/requests_app/inquiry/")
    page = client.get(asked.url)
    give_password(officer, client, next=page.context["next"])
    response = client.post(CODE, {"code": shown_by(authenticator)})
    assert response.url == "/en/staff/requests_app/inquiry/"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_one_is_never_led_to_another_site(officer, authenticator, target):
    client, _asked = give_password(officer, next=target)
    assert client.post(CODE, {"code": shown_by(authenticator)}).url == INDEX


def test_a_code_opens_the_site_once(officer, authenticator):
    code = shown_by(authenticator)
    client, _asked = give_password(officer)
    client.post(CODE, {"code": code})
    another, _asked = give_password(officer)
    assert errors_on(another.post(CODE, {"code": code})) == [NOT_RIGHT]
    assert another.get(INDEX).status_code == 302


@pytest.mark.parametrize("guess", ["000000", "abcdef", "²²²²²²", "1" * 40])
def test_a_wrong_code_opens_nothing(officer, guess):
    authenticator = TOTPDevice.objects.create(user=officer, name="phone")
    if guess == shown_by(authenticator):
        guess = "000001"
    client, _asked = give_password(officer)
    assert errors_on(client.post(CODE, {"code": guess})) == [NOT_RIGHT]
    assert client.get(INDEX).status_code == 302


def test_after_a_wrong_code_the_next_try_has_to_wait(officer, authenticator):
    client, _asked = give_password(officer)
    client.post(CODE, {"code": "abcdef"})
    assert errors_on(client.post(CODE, {"code": shown_by(authenticator)})) == [NOT_RIGHT]


def test_a_recovery_code_opens_the_site_once(officer, authenticator):
    recovery = StaticDevice.objects.create(user=officer, name="paper")
    recovery.token_set.create(token="abcd2345")
    client, _asked = give_password(officer)
    assert client.post(CODE, {"code": " abcd 2345 "}).url == INDEX
    assert client.get(INDEX).status_code == 200
    another, _asked = give_password(officer)
    assert errors_on(another.post(CODE, {"code": "abcd2345"})) == [NOT_RIGHT]


def test_an_officer_without_a_device_gets_no_further(officer):
    client, asked = give_password(officer)
    assert asked.url == CODE
    assert errors_on(client.post(CODE, {"code": "123456"})) == [NOT_RIGHT]
    assert client.get(INDEX).status_code == 302


def test_a_device_of_somebody_else_is_of_no_use(officer):
    other = TOTPDevice.objects.create(user=factories.OfficerFactory(), name="phone")
    client, _asked = give_password(officer)
    assert errors_on(client.post(CODE, {"code": shown_by(other)})) == [NOT_RIGHT]


@pytest.mark.parametrize("password", ["wrong", factories.PASSWORD.lower()])
def test_a_wrong_password_is_told(officer, authenticator, password):
    client, response = give_password(officer, password=password)
    assert errors_on(response) == [DO_NOT_OPEN]
    assert client.get(CODE).url == LOGIN


def test_a_resident_is_told_the_same(resident):
    _client, response = give_password(resident)
    assert errors_on(response) == [DO_NOT_OPEN]


def test_a_resident_never_gets_in_with_a_texted_code(resident):
    client = sign_in(resident)
    for address in (INDEX, "/en/staff/requests_app/inquiry/"):
        assert client.get(address).url == f"{LOGIN}?next={address}"


def test_staff_who_are_residents_too_need_the_authenticator_all_the_same(db):
    both = factories.UserFactory(is_staff=True, is_superuser=True)
    authenticator = TOTPDevice.objects.create(user=both, name="phone")
    client = sign_in(both)
    assert client.get("/en/my/").status_code == 200
    assert client.get(INDEX).url == f"{LOGIN}?next={INDEX}"
    give_password(both, client)
    client.post(CODE, {"code": shown_by(authenticator)})
    assert client.get(INDEX).status_code == 200


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_an_account_that_changed_after_the_password_gets_no_further(officer, authenticator, change):
    client, _asked = give_password(officer)
    User.objects.update(**change)
    assert client.post(CODE, {"code": shown_by(authenticator)}).url == LOGIN


@pytest.mark.parametrize(("minutes", "is_in_time"), [(4, True), (6, False)])
def test_the_password_is_good_for_five_minutes(officer, monkeypatch, minutes, is_in_time):
    client, _asked = give_password(officer)
    later = time.time() + minutes * 60
    monkeypatch.setattr("core.accounts.pending_steps.time.time", lambda: later)
    assert client.get(CODE).status_code == (200 if is_in_time else 302)


def test_the_code_page_needs_the_password_first(client, db):
    assert client.get(CODE).url == LOGIN
    assert client.post(CODE, {"code": "123456"}).url == LOGIN


def test_the_password_of_one_officer_does_not_open_the_site_to_the_one_signed_in(
    officer, authenticator
):
    """Whoever is verified already stays so only in a session of their own."""
    client, _asked = give_password(officer)
    client.post(CODE, {"code": shown_by(authenticator)})
    colleague = factories.OfficerFactory()
    give_password(colleague, client)
    client.post(CODE, {"code": "123456"})
    assert client.get(INDEX).context["user"] == officer


def test_the_sessions_key_is_a_new_one_after_each_step(officer, authenticator):
    client = signed_in(factories.UserFactory())
    keys = [client.cookies["sessionid"].value]
    give_password(officer, client)
    keys.append(client.cookies["sessionid"].value)
    client.post(CODE, {"code": shown_by(authenticator)})
    keys.append(client.cookies["sessionid"].value)
    assert len(set(keys)) == 3


def test_signing_out_closes_the_site(as_officer):
    as_officer.post("/en/account/sign-out/")
    assert as_officer.get(INDEX).status_code == 302
