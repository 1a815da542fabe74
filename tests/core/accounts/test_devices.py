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
from tests.conftest import notices_on, sign_in, signed_in, signed_in_staff, words
from tests.core.accounts import pages
from tests.core.accounts.pages import ACCOUNT, SAFETY
from tests.worlds import undone

TO_SIGN_IN = f"{pages.SIGN_IN}?next={SAFETY}"
ELSEWHERE = f"{ACCOUNT}devices/"
SIGNED_OUT = "That device has been signed out."

PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Mobile Safari/537.36"
)
SAMSUNG = PHONE.replace("Chrome/126", "SamsungBrowser/25.0 Chrome/121")
TABLET = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0"
HOSTILE = [
    *("Mozilla/5.0 " * 1000, "Chrome/" + "9" * 10_000, "a" * 10_000 + "Bot/1.0"),
    *("Mail" * 40 + "/1.0 CFNetwork/978 Darwin/18", "Spider%00Bot/1.0 \\0 \\x00 &#0;"),
    *("Spider\0Bot", "Spider\x1bBot", "🐪Bot/1.0 (📱; 🤖)", "بوت/1.0"),
    *("<script>alert(1)</script>Bot/1.0", '"><img src=x onerror=alert(1)>Bot/1.0'),
    *("\u202eBot/1.0", "%s%n{{7*7}}Bot/1.0", "Mozilla/5.0 (" * 60, "((((((((((" * 30),
]


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


def let_session_expire(client, at):
    Session.objects.filter(session_key=key_of(client)).update(expire_date=at)


def devices_on(page):
    """Return the text of each device in the list."""
    return pages.rows(page, "devices")


def names_on(page):
    return [device.split(" since ")[0] for device in devices_on(page)]


def addresses_on(page):
    """Return the addresses of the buttons that sign devices out."""
    return re.findall(r'action="(/en/account/devices/[^"]+)"', page.content.decode())


def is_signed_in(client):
    return client.get(SAFETY).status_code == 200


def test_signing_in_notes_the_browser_and_its_system(resident):
    for browser, name in [
        (PHONE, "Chrome Mobile, Android"),
        (TABLET, "Mobile Safari, iOS"),
        (DESK, "Firefox, Windows"),
        (SAMSUNG, "Samsung Internet, Android"),
        ("curl/8.5.0", "curl"),
        ("", "Unknown browser"),
        ("something of my own", "Unknown browser"),
    ]:
        with undone():
            page = signed_in_with(resident, browser).get(SAFETY)
            assert names_on(page) == [f"{name} this device"], browser


def test_sign_in_notes_the_time(resident, clock):
    clock.now = clock.now.replace(year=2026, month=11, day=22, hour=21, minute=5)
    client = signed_in_with(resident, DESK)
    # In Riyadh, midnight has passed.
    assert devices_on(client.get(SAFETY)) == [
        "Firefox, Windows this device since "
        "23 November 2026 CE (13 Jumada al-Akhirah 1448 AH) · 00:05"
    ]


def test_the_password_alone_is_no_device(resident, on_phone):
    factories.let_a_minute_pass(resident)
    form = {"login": resident.username, "password": factories.PASSWORD}
    Client(headers={"user-agent": DESK}).post(pages.SIGN_IN, form)
    assert len(devices_on(on_phone.get(SAFETY))) == 1


def test_staff_with_resident_account_see_their_staff_session(db):
    both = factories.UserFactory(is_staff=True)
    authenticator = TOTPDevice.objects.create(user=both, name="phone")
    at_work = Client(headers={"user-agent": DESK})
    at_work.post(pages.STAFF_SIGN_IN, {"login": both.username, "password": factories.PASSWORD})
    at_work.post("/en/staff/code/", {"code": f"{totp(authenticator.bin_key):06}"})
    on_phone = Client(headers={"user-agent": PHONE})
    next_code = f"{totp(authenticator.bin_key, drift=1):06}"
    page = sign_in(both, on_phone, code=next_code).get(SAFETY)
    assert sorted(names_on(page)) == ["Chrome Mobile, Android this device", "Firefox, Windows"]


def test_any_user_agent_is_harmless(resident):
    for browser in HOSTILE:
        with undone():
            client = signed_in_with(resident, browser)
            page = client.get(SAFETY)
            assert page.status_code == 200, browser[:80]
            (device,) = devices_on(page)
            assert "this device" in device, browser[:80]
            noted = session_of(client).browser
            assert re.fullmatch(r"[^\x00-\x1f\x7f-\x9f<>]{0,80}", noted), browser[:80]
            for forbidden in ("<script>alert", "<img src=x"):
                assert forbidden not in page.content.decode(), browser[:80]


def test_list_marks_this_device_and_has_buttons_for_others(on_phone, on_desk):
    here, there = ("Chrome Mobile, Android", on_phone), ("Firefox, Windows", on_desk)
    for (name, client), (other_name, other) in ((here, there), (there, here)):
        page = client.get(SAFETY)
        assert sorted(names_on(page)) == sorted([f"{name} this device", other_name])
        assert addresses_on(page) == [f"{ACCOUNT}devices/{session_of(other).device}/"]
        buttons = [device for device in devices_on(page) if "Sign out of that device" in device]
        assert len(buttons) == 1
        assert "this device" not in buttons[0]


def test_device_with_expired_session_is_not_listed(on_phone, on_desk, clock):
    assert len(devices_on(on_desk.get(SAFETY))) == 2
    let_session_expire(on_phone, at=timezone.now())
    assert names_on(on_desk.get(SAFETY)) == ["Firefox, Windows this device"]
    assert not is_signed_in(on_phone)


def test_devices_of_others_and_signed_out_ones_are_not_listed(on_phone, on_desk):
    signed_in_with(factories.UserFactory(), DESK)
    on_phone.post(pages.SIGN_OUT)
    assert names_on(on_desk.get(SAFETY)) == ["Firefox, Windows this device"]


def test_session_key_is_on_no_page_and_opens_none(resident, on_phone, on_desk):
    keys = [key_of(on_phone), key_of(on_desk)]
    inquiry = factories.draft(resident)
    for address in (
        *(
            f"{ACCOUNT}{page}"
            for page in ("", "safety/", "password/", "mobile/", "email/", "acting-as/")
        ),
        *("/en/", "/en/my/", "/en/inquiries/", f"/en/inquiries/{inquiry.reference}/details/"),
        "/en/no/such/page/",
    ):
        page = on_desk.get(address).content.decode()
        assert not [key for key in keys if key in page], address
    (address,) = addresses_on(on_desk.get(SAFETY))
    with_the_name = Client()
    with_the_name.cookies["sessionid"] = address.split("/")[-2]
    assert not is_signed_in(with_the_name)


def test_other_device_is_signed_out_and_this_one_stays(resident, on_phone, on_desk):
    draft = factories.draft(resident)
    (address,) = addresses_on(on_desk.get(SAFETY))
    for _click in range(2):
        page = on_desk.post(address, follow=True)
        assert pages.place(page) == SAFETY
        assert notices_on(page) == [SIGNED_OUT]
        assert names_on(page) == ["Firefox, Windows this device"]
    with_a_form = Client()
    with_a_form.cookies["sessionid"] = key_of(on_phone)
    assert on_phone.get(SAFETY).url == TO_SIGN_IN
    assert is_signed_in(on_desk)

    details = f"/en/inquiries/{draft.reference}/details/"
    sent = with_a_form.post(details, factories.details_of(draft, description="x" * 40))
    assert sent.url == f"{pages.SIGN_IN}?next={details}"
    draft.refresh_from_db()
    assert draft.description == factories.DESCRIPTION


def test_device_of_another_user_stays_and_is_not_revealed(on_phone):
    theirs = signed_in(factories.UserFactory())
    answers = []
    for device in (session_of(theirs).device, "0" * 32):
        response = on_phone.post(f"{ACCOUNT}devices/{device}/")
        answers.append((response.status_code, response.url, notices_on(on_phone.get(SAFETY))))
    assert answers[0] == answers[1] == (302, SAFETY, [SIGNED_OUT])
    assert is_signed_in(theirs)
    assert is_signed_in(on_phone)


def test_own_device_can_be_signed_out(on_phone, on_desk):
    address = f"{ACCOUNT}devices/{session_of(on_desk).device}/"
    assert on_desk.post(address).url == SAFETY
    assert on_desk.get(SAFETY).url == TO_SIGN_IN
    assert is_signed_in(on_phone)


def test_all_other_devices_are_signed_out_at_once(resident, on_phone, on_desk):
    of_another = signed_in(factories.UserFactory())
    on_staff_site = signed_in_staff(resident)
    page = on_desk.get(SAFETY)
    assert "Sign out everywhere else" in words(page)
    page = on_desk.post(ELSEWHERE, follow=True)
    assert pages.place(page) == SAFETY
    assert notices_on(page) == ["All other devices have been signed out."]
    assert names_on(page) == ["Firefox, Windows this device"]
    # There is nothing left to sign out.
    assert "Sign out everywhere else" not in words(page)
    for ended in (on_phone, on_staff_site):
        assert ended.get(SAFETY).url == TO_SIGN_IN
    for stays in (on_desk, of_another):
        assert is_signed_in(stays)


def test_a_sign_in_that_waits_for_its_code_is_ended_with_the_others(resident, on_desk):
    begun = Client()
    factories.let_a_minute_pass(resident)
    typed = {"login": resident.username, "password": factories.PASSWORD}
    assert begun.post(pages.SIGN_IN, typed).url == pages.CODE
    code = factories.code_sent_to(resident, "sign_in")
    on_desk.post(ELSEWHERE)
    assert begun.post(pages.CODE, {"code": code}).url == pages.SIGN_IN
    assert not is_signed_in(begun)
    assert is_signed_in(on_desk)


def test_links_and_visitors_sign_nothing_out_elsewhere(on_phone, on_desk):
    assert on_desk.get(ELSEWHERE).url == SAFETY
    assert Client().post(ELSEWHERE).url == f"{pages.SIGN_IN}?next={ELSEWHERE}"
    assert is_signed_in(on_phone)


def test_links_visitors_and_unknown_names_sign_no_device_out(on_phone, on_desk):
    address = f"{ACCOUNT}devices/{session_of(on_phone).device}/"
    assert on_desk.get(address).url == SAFETY
    assert Client().post(address).url == f"{pages.SIGN_IN}?next={address}"
    for device in ("a" * 100_000, "_", "-", "0", "٣", "a%00", "..%2f", "%F0%9F%92%A5"):
        response = on_desk.post(f"{ACCOUNT}devices/{device}/")
        assert response.status_code in (302, 400, 404), device[:20]
    assert is_signed_in(on_phone)
    assert is_signed_in(on_desk)


def test_only_long_expired_sessions_are_deleted(on_phone, on_desk):
    let_session_expire(on_phone, at=timezone.now() - timedelta(seconds=1))
    forget_ended_sessions()
    assert list(Session.objects.values_list("session_key", flat=True)) == [key_of(on_desk)]
