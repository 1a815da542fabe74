"""The staff site opens only to a password together with an authenticator."""

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


def officer_with_authenticator():
    officer = factories.OfficerFactory()
    return officer, TOTPDevice.objects.create(user=officer, name="phone")


def shown_by(authenticator, drift=0):
    return f"{totp(authenticator.bin_key, drift=drift):06}"


def give_password(officer, client=None, password=factories.PASSWORD, **form):
    client = client or Client()
    response = client.post(LOGIN, {"login": officer.username, "password": password, **form})
    return client, response


def test_officer_signs_in_with_password_and_code(officer, authenticator):
    client, asked = give_password(officer)
    assert asked.url == CODE
    assert client.get(INDEX).status_code == 302
    assert client.post(CODE, {"code": shown_by(authenticator)}).url == INDEX
    assert client.get(INDEX).status_code == 200


def test_officer_is_not_asked_in_whose_name_they_act(db):
    officer = factories.OfficerFactory(identity=factories.IdentityFactory())
    factories.link(factories.IdentityFactory(birth_date=None), officer.identity, "representative")
    authenticator = TOTPDevice.objects.create(user=officer, name="phone")
    client, _asked = give_password(officer)
    assert client.post(CODE, {"code": shown_by(authenticator)}).url == INDEX
    assert client.get(INDEX).status_code == 200


def test_sign_in_with_arabic_digits_leads_to_requested_page(officer, authenticator):
    client = Client()
    asked = client.get("/en/staff/requests_app/inquiry/")
    page = client.get(asked.url)
    give_password(officer, client, next=page.context["next"])
    code = shown_by(authenticator).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    response = client.post(CODE, {"code": f"{code[:3]} {code[3:]}"})
    assert response.url == "/en/staff/requests_app/inquiry/"


def test_sign_in_never_redirects_to_another_site(db):
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        officer, authenticator = officer_with_authenticator()
        client, _asked = give_password(officer, next=target)
        assert client.post(CODE, {"code": shown_by(authenticator)}).url == INDEX, target


def test_code_is_valid_once(officer, authenticator):
    code = shown_by(authenticator)
    client, _asked = give_password(officer)
    client.post(CODE, {"code": code})
    another, _asked = give_password(officer)
    assert errors_on(another.post(CODE, {"code": code})) == [NOT_RIGHT]
    assert another.get(INDEX).status_code == 302


def test_wrong_code_is_refused(db):
    for guess in ("000000", "abcdef", "²²²²²²", "1" * 40):
        officer, authenticator = officer_with_authenticator()
        if guess == shown_by(authenticator):
            guess = "000001"
        client, _asked = give_password(officer)
        assert errors_on(client.post(CODE, {"code": guess})) == [NOT_RIGHT]
        assert client.get(INDEX).status_code == 302


def test_recovery_code_is_valid_once(officer, authenticator):
    recovery = StaticDevice.objects.create(user=officer, name="paper")
    recovery.token_set.create(token="abcd2345")
    client, _asked = give_password(officer)
    assert client.post(CODE, {"code": " abcd 2345 "}).url == INDEX
    assert client.get(INDEX).status_code == 200
    another, _asked = give_password(officer)
    assert errors_on(another.post(CODE, {"code": "abcd2345"})) == [NOT_RIGHT]


def test_officer_needs_a_device_of_their_own(officer):
    _colleague, other = officer_with_authenticator()
    for code in ("123456", shown_by(other)):
        client, asked = give_password(officer)
        assert asked.url == CODE
        assert errors_on(client.post(CODE, {"code": code})) == [NOT_RIGHT]
        assert client.get(INDEX).status_code == 302


def test_wrong_password_and_resident_are_refused(officer, resident, authenticator):
    wrong = ((officer, "wrong"), (officer, factories.PASSWORD.lower()))
    for user, password in (*wrong, (resident, factories.PASSWORD)):
        client, response = give_password(user, password=password)
        assert errors_on(response) == [DO_NOT_OPEN]
        assert client.get(CODE).url == LOGIN


def test_texted_code_opens_no_staff_site(resident):
    client = sign_in(resident)
    for address in (INDEX, "/en/staff/requests_app/inquiry/"):
        assert client.get(address).url == f"{LOGIN}?next={address}"


def test_staff_with_resident_account_need_authenticator(db):
    both = factories.UserFactory(is_staff=True, is_superuser=True)
    authenticator = TOTPDevice.objects.create(user=both, name="phone")
    client = sign_in(both, code=shown_by(authenticator, drift=-1))
    assert client.get("/en/my/").status_code == 200
    assert client.get(INDEX).url == f"{LOGIN}?next={INDEX}"
    give_password(both, client)
    client.post(CODE, {"code": shown_by(authenticator)})
    assert client.get(INDEX).status_code == 200


def test_account_changed_after_password_is_refused(officer, authenticator):
    for change in ("is_active", "is_staff"):
        client, _asked = give_password(officer)
        User.objects.update(**{change: False})
        assert client.post(CODE, {"code": shown_by(authenticator)}).url == LOGIN, change
        User.objects.update(**{change: True})


def test_password_step_is_valid_for_five_minutes(officer, monkeypatch):
    client, _asked = give_password(officer)
    given = time.time()
    for minutes, status in ((4, 200), (6, 302)):
        later = given + minutes * 60
        monkeypatch.setattr("core.accounts.pending_steps.time.time", lambda later=later: later)
        assert client.get(CODE).status_code == status, minutes


def test_the_code_page_needs_the_password_first(client, db):
    assert client.get(CODE).url == LOGIN
    assert client.post(CODE, {"code": "123456"}).url == LOGIN


def test_password_of_another_officer_does_not_verify_session(officer, authenticator):
    """A verified officer stays verified only in a session of their own."""
    client, _asked = give_password(officer)
    client.post(CODE, {"code": shown_by(authenticator)})
    colleague = factories.OfficerFactory()
    give_password(colleague, client)
    client.post(CODE, {"code": "123456"})
    assert client.get(INDEX).context["user"] == officer


def test_session_key_changes_after_each_step(officer, authenticator):
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
