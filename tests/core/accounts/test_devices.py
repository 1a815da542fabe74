"""Devices on which a user is signed in: their records, their list, signing one out."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts.actions.devices import forget_ended_sessions
from core.accounts.models import Session
from tests import factories
from tests.conftest import notices_on, sign_in, signed_in, words

ACCOUNT = "/en/account/"
TO_SIGN_IN = f"/en/account/sign-in/?next={ACCOUNT}"
SIGNED_OUT = "That device has been signed out."

PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Mobile Safari/537.36"
)
TABLET = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0"


@pytest.fixture
def on_phone(resident):
    return signed_in_with(resident, PHONE)


@pytest.fixture
def on_desk(resident, on_phone):
    factories.let_a_minute_pass(resident)
    return signed_in_with(resident, DESK)


def signed_in_with(user, browser):
    return sign_in(user, Client(headers={"user-agent": browser}))


def key_of(client):
    return client.cookies["sessionid"].value


def session_of(client):
    return Session.objects.get(session_key=key_of(client))


def devices_on(page):
    """Return the text of each device in the list."""
    listed = re.search(
        r'(?s)<section aria-labelledby="devices">.*?</section>', page.content.decode()
    )
    return [words(row) for row in re.findall(r"(?s)<li>.*?</li>", listed[0])]


def names_on(page):
    return [device.split(" since ")[0] for device in devices_on(page)]


def addresses_on(page):
    """Return the addresses of the buttons that sign devices out."""
    return re.findall(r'action="(/en/account/devices/[^"]*)"', page.content.decode())


def is_signed_in(client):
    return client.get(ACCOUNT).status_code == 200


# The record of a device


@pytest.mark.parametrize(
    ("browser", "name"),
    [
        (PHONE, "Chrome Mobile, Android"),
        (TABLET, "Mobile Safari, iOS"),
        (DESK, "Firefox, Windows"),
        (
            PHONE.replace("Chrome/126", "SamsungBrowser/25.0 Chrome/121"),
            "Samsung Internet, Android",
        ),
        ("curl/8.5.0", "curl"),
        ("", "Unknown browser"),
        ("something of my own", "Unknown browser"),
    ],
)
def test_signing_in_notes_the_browser_and_its_system(resident, browser, name):
    client = signed_in_with(resident, browser)
    assert names_on(client.get(ACCOUNT)) == [f"{name} this device"]


def test_sign_in_notes_the_time(resident, clock):
    clock.now = clock.now.replace(year=2026, month=11, day=22, hour=21, minute=5)
    client = signed_in_with(resident, DESK)
    # In Riyadh, midnight has passed.
    assert devices_on(client.get(ACCOUNT)) == [
        "Firefox, Windows this device since "
        "23 November 2026 CE (13 Jumada al-Akhirah 1448 AH) · 00:05"
    ]


def test_the_password_alone_is_no_device(resident, on_phone):
    factories.let_a_minute_pass(resident)
    form = {"login": resident.username, "password": factories.PASSWORD}
    Client(headers={"user-agent": DESK}).post("/en/account/sign-in/", form)
    assert len(devices_on(on_phone.get(ACCOUNT))) == 1


def test_staff_with_resident_account_see_their_staff_session(db):
    both = factories.UserFactory(is_staff=True)
    authenticator = TOTPDevice.objects.create(user=both, name="phone")
    at_work = Client(headers={"user-agent": DESK})
    form = {"login": both.username, "password": factories.PASSWORD}
    at_work.post("/en/staff/login/", form)
    at_work.post("/en/staff/code/", {"code": f"{totp(authenticator.bin_key):06}"})
    page = signed_in_with(both, PHONE).get(ACCOUNT)
    assert sorted(names_on(page)) == ["Chrome Mobile, Android this device", "Firefox, Windows"]


@pytest.mark.parametrize(
    "browser",
    [
        "Mozilla/5.0 " * 1000,
        "Chrome/" + "9" * 10_000,
        "a" * 10_000 + "Bot/1.0",
        "Mail" * 40 + "/1.0 CFNetwork/978 Darwin/18",
        "Spider%00Bot/1.0 \\0 \\x00 &#0;",
        "Spider\0Bot",
        "Spider\x1bBot",
        "🐪Bot/1.0 (📱; 🤖)",
        "بوت/1.0",
        "<script>alert(1)</script>Bot/1.0",
        '"><img src=x onerror=alert(1)>Bot/1.0',
        "\u202eBot/1.0",
        "%s%n{{7*7}}Bot/1.0",
        "Mozilla/5.0 (" * 60,
        "((((((((((" * 30,
    ],
    ids=range(15),
)
def test_any_user_agent_is_harmless(resident, browser):
    client = signed_in_with(resident, browser)
    page = client.get(ACCOUNT)
    assert page.status_code == 200
    (device,) = devices_on(page)
    assert "this device" in device
    assert len(session_of(client).browser) <= 80
    assert re.fullmatch(r"[^\x00-\x1f\x7f-\x9f<>]*", session_of(client).browser)
    for forbidden in ("<script>alert", "<img src=x"):
        assert forbidden not in page.content.decode()


# The list of devices


def test_the_list_shows_every_device_and_marks_this_one(on_phone, on_desk):
    assert sorted(names_on(on_phone.get(ACCOUNT))) == [
        "Chrome Mobile, Android this device",
        "Firefox, Windows",
    ]
    assert sorted(names_on(on_desk.get(ACCOUNT))) == [
        "Chrome Mobile, Android",
        "Firefox, Windows this device",
    ]


def test_only_the_other_devices_have_a_button(on_phone, on_desk):
    for here, there in ((on_phone, on_desk), (on_desk, on_phone)):
        page = here.get(ACCOUNT)
        assert addresses_on(page) == [f"{ACCOUNT}devices/{session_of(there).device}/"]
        buttons = [device for device in devices_on(page) if "Sign out of that device" in device]
        assert len(buttons) == 1
        assert "this device" not in buttons[0]


def test_device_with_expired_session_is_not_listed(on_phone, on_desk, clock):
    assert len(devices_on(on_desk.get(ACCOUNT))) == 2
    session = session_of(on_phone)
    session.expire_date = timezone.now()
    session.save(update_fields=["expire_date"])
    assert names_on(on_desk.get(ACCOUNT)) == ["Firefox, Windows this device"]
    assert not is_signed_in(on_phone)


def test_signed_out_device_is_not_listed(on_phone, on_desk):
    on_phone.post("/en/account/sign-out/")
    assert names_on(on_desk.get(ACCOUNT)) == ["Firefox, Windows this device"]


def test_devices_of_other_users_are_not_listed(on_phone):
    signed_in_with(factories.UserFactory(), DESK)
    assert names_on(on_phone.get(ACCOUNT)) == ["Chrome Mobile, Android this device"]


def test_session_key_is_on_no_page_and_opens_none(resident, on_phone, on_desk):
    keys = [key_of(on_phone), key_of(on_desk)]
    inquiry = factories.draft(resident)
    pages = ["", "password/", "mobile/", "email/", "acting-as/"]
    for address in (
        *(f"{ACCOUNT}{page}" for page in pages),
        *("/en/", "/en/my/", "/en/inquiries/", f"/en/inquiries/{inquiry.reference}/details/"),
        "/en/no/such/page/",
    ):
        page = on_desk.get(address).content.decode()
        assert not [key for key in keys if key in page], address
    (address,) = addresses_on(on_desk.get(ACCOUNT))
    with_the_name = Client()
    with_the_name.cookies["sessionid"] = address.split("/")[-2]
    assert not is_signed_in(with_the_name)


# Signing a device out


def test_other_device_is_signed_out_and_this_one_stays(on_phone, on_desk):
    (address,) = addresses_on(on_desk.get(ACCOUNT))
    page = on_desk.post(address, follow=True)
    assert page.request["PATH_INFO"] == ACCOUNT
    assert notices_on(page) == [SIGNED_OUT]
    assert names_on(page) == ["Firefox, Windows this device"]
    assert on_phone.get(ACCOUNT).url == TO_SIGN_IN
    assert is_signed_in(on_desk)


def test_form_of_signed_out_device_does_nothing(resident, on_phone, on_desk):
    draft = factories.draft(resident)
    (address,) = addresses_on(on_desk.get(ACCOUNT))
    on_desk.post(address)
    details = f"/en/inquiries/{draft.reference}/details/"
    sent = on_phone.post(details, factories.details_of(draft, description="x" * 40))
    assert sent.url == f"/en/account/sign-in/?next={details}"
    draft.refresh_from_db()
    assert draft.description == factories.DESCRIPTION


def test_second_click_gets_the_same_answer(on_phone, on_desk):
    (address,) = addresses_on(on_desk.get(ACCOUNT))
    for _click in range(2):
        assert notices_on(on_desk.post(address, follow=True)) == [SIGNED_OUT]


def test_device_of_another_user_stays_and_is_not_revealed(on_phone):
    theirs = signed_in(factories.UserFactory())
    address_of_theirs = f"{ACCOUNT}devices/{session_of(theirs).device}/"
    of_nobody = f"{ACCOUNT}devices/{'0' * 32}/"
    answers = []
    for address in (address_of_theirs, of_nobody):
        response = on_phone.post(address)
        answers.append((response.status_code, response.url, notices_on(on_phone.get(ACCOUNT))))
    assert answers[0] == answers[1] == (302, ACCOUNT, [SIGNED_OUT])
    assert is_signed_in(theirs)
    assert is_signed_in(on_phone)


def test_own_device_can_be_signed_out(on_phone, on_desk):
    address = f"{ACCOUNT}devices/{session_of(on_desk).device}/"
    assert on_desk.post(address).url == ACCOUNT
    assert on_desk.get(ACCOUNT).url == TO_SIGN_IN
    assert is_signed_in(on_phone)


def test_a_link_signs_no_device_out(on_phone, on_desk):
    (address,) = addresses_on(on_desk.get(ACCOUNT))
    assert on_desk.get(address).url == ACCOUNT
    assert is_signed_in(on_phone)


def test_anonymous_visitor_signs_no_device_out(on_phone):
    address = f"{ACCOUNT}devices/{session_of(on_phone).device}/"
    response = Client().post(address)
    assert response.url == f"/en/account/sign-in/?next={address}"
    assert is_signed_in(on_phone)


@pytest.mark.parametrize(
    "device", ["a" * 100_000, "_", "-", "0", "٣", "a%00", "..%2f", "%F0%9F%92%A5"]
)
def test_unknown_device_name_is_harmless(on_phone, device):
    response = on_phone.post(f"{ACCOUNT}devices/{device}/")
    assert response.status_code in (302, 400, 404)
    assert is_signed_in(on_phone)


def test_only_long_expired_sessions_are_deleted(on_phone, on_desk):
    session = session_of(on_phone)
    session.expire_date = timezone.now() - timedelta(seconds=1)
    session.save(update_fields=["expire_date"])
    forget_ended_sessions()
    assert list(Session.objects.values_list("session_key", flat=True)) == [key_of(on_desk)]
