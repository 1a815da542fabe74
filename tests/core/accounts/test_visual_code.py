"""The code in a picture: valid once, kept apart from the input, and replaceable by a text."""

import datetime
import os
import re
import time
from io import BytesIO

import pytest
from captcha.models import CaptchaStore
from django.test import Client
from PIL import Image

from core.accounts import visual_code
from core.accounts.models import OneTimeCode, Session
from core.accounts.registry import LocalRegistry, RegistryUnavailable
from core.messaging.actions.delivery import deliver_due
from core.messaging.gateways import DemoPhone
from tests import factories
from tests.conftest import errors_on, notices_on, picture_on, words

REGISTER = "/en/account/register/"
RESET = "/en/account/password/reset/"
BY_TEXT = "/en/account/picture/by-text/"
BY_TEXT_CODE = f"{BY_TEXT}code/"

MOBILE = "+966501234567"
NUMBER = "2987654320"
BORN = {"born_calendar": "gregorian", "born_day": "14", "born_month": "3", "born_year": "1986"}
PERSON = {"number": NUMBER, **BORN}

WRONG_DIGITS = "These are not the digits in the picture. Enter those in the new picture."
NO_DIGITS = "Enter the digits in the picture."

forms = pytest.mark.parametrize(
    ("address", "form"),
    [(REGISTER, PERSON), (RESET, {"login": "aslam"})],
    ids=["registering", "reset"],
)


def key_on(page):
    return re.search(r'name="picture_key" value="(\w+)"', page.content.decode())[1]


def address_of_picture(page):
    return re.search(r'<img src="([^"]+)"', page.content.decode())[1]


def asks_for_picture(page):
    return 'name="picture_key"' in page.content.decode()


# Reading the picture


@forms
def test_right_digits_let_form_through(client, db, address, form):
    page = client.get(address)
    assert client.post(address, {**form, **picture_on(page)}).url == f"{address}code/"


@pytest.mark.parametrize(
    "typed",
    [
        lambda digits: digits.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
        lambda digits: digits.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")),
        lambda digits: f" {digits[:2]} {digits[2:]} ",
        lambda digits: f"\u202a{digits}\u202c\0",
    ],
    ids=["arabic", "persian", "spaces", "marks"],
)
def test_digits_are_accepted_in_any_spelling(client, db, typed):
    picture = picture_on(client.get(RESET))
    picture["picture"] = typed(picture["picture"])
    assert client.post(RESET, {"login": "aslam", **picture}).status_code == 302


def test_picture_is_not_cached_and_answer_not_in_page(client, db):
    page = client.get(RESET)
    response = client.get(address_of_picture(page))
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "no-store"
    assert Image.open(BytesIO(response.content)).size == (220, 72)
    assert picture_on(page)["picture"] not in page.content.decode()


def test_each_page_has_its_own_picture_of_five_digits(client, db):
    digits = [picture_on(client.get(RESET))["picture"] for _page in range(30)]
    assert all(re.fullmatch("[2-8]{5}", each) for each in digits)
    assert len(set(digits)) > 1
    assert CaptchaStore.objects.count() == 30


# One use only


def test_wrong_answer_invalidates_picture(client, db):
    right = picture_on(client.get(RESET))
    wrong = {**right, "picture": "99999"}
    page = client.post(RESET, {"login": "aslam", **wrong})
    assert errors_on(page) == [WRONG_DIGITS]
    assert key_on(page) != right["picture_key"]
    assert errors_on(client.post(RESET, {"login": "aslam", **right})) == [WRONG_DIGITS]
    assert not OneTimeCode.objects.exists()


def test_replacement_picture_is_valid(client, db):
    page = client.get(RESET)
    page = client.post(RESET, {"login": "aslam", **picture_on(page), "picture": "99999"})
    assert client.post(RESET, {"login": "aslam", **picture_on(page)}).status_code == 302


@forms
def test_a_picture_is_good_once(client, db, address, form):
    picture = picture_on(client.get(address))
    client.post(address, {**form, **picture})
    for again in (REGISTER, RESET):
        everything = {**PERSON, "login": "aslam", **picture}
        assert errors_on(Client().post(again, everything)) == [WRONG_DIGITS]
    assert OneTimeCode.objects.count() == 1


def test_a_picture_is_good_for_ten_minutes(client, db, clock):
    picture = picture_on(client.get(RESET))
    clock.move(599)
    assert client.post(RESET, {"login": "aslam", **picture}).status_code == 302
    picture = picture_on(client.get(RESET))
    clock.move(600)
    assert errors_on(client.post(RESET, {"login": "aslam", **picture})) == [WRONG_DIGITS]


def test_answer_is_valid_for_its_own_picture_only(client, db):
    one, other = (picture_on(client.get(RESET)) for _page in range(2))
    CaptchaStore.objects.filter(hashkey=one["picture_key"]).update(response="22222")
    CaptchaStore.objects.filter(hashkey=other["picture_key"]).update(response="33333")
    form = {"login": "aslam", "picture_key": one["picture_key"], "picture": "33333"}
    assert errors_on(client.post(RESET, form)) == [WRONG_DIGITS]


def test_error_elsewhere_on_form_leaves_picture_valid(client, db):
    picture = picture_on(client.get(RESET))
    page = client.post(RESET, {"login": " ", **picture})
    assert errors_on(page) == ["Enter your username or your ID number."]
    assert key_on(page) == picture["picture_key"]
    assert page.context["form"]["picture"].value()[1] == picture["picture"]
    assert client.post(RESET, {"login": "aslam", **picture}).status_code == 302


def test_url_of_used_picture_shows_nothing(client, db):
    page = client.get(RESET)
    address = address_of_picture(page)
    client.post(RESET, {"login": "aslam", **picture_on(page)})
    response = client.get(address)
    assert (response.status_code, response.content) == (410, b"")


@pytest.mark.parametrize("key", ["a", "0" * 40, "a" * 200, "-", "_"])
def test_url_of_unknown_picture_shows_nothing(client, db, key):
    assert client.get(f"/en/account/picture/{key}.png").status_code == 410


def test_old_pictures_are_deleted(client, db, clock):
    client.get(RESET)
    clock.move(599)
    client.get(RESET)
    clock.move(1)
    visual_code.forget_old_pictures()
    assert CaptchaStore.objects.count() == 1


# Malformed answers


@forms
@pytest.mark.parametrize(
    "picture",
    [
        {},
        {"picture": ""},
        {"picture": " \u202a\0"},
        {"picture_key": "a" * 40},
        {"picture_key": "a" * 40, "picture": "\0"},
    ],
    ids=["nothing", "empty", "only marks", "only a key", "only NUL"],
)
def test_form_without_digits_asks_for_them(client, db, address, form, picture):
    page = client.post(address, {**form, **picture})
    assert errors_on(page) == [NO_DIGITS]
    assert client.post(address, {**form, **picture_on(page)}).status_code == 302


GARBAGE = {
    "no key": {"picture": "22222"},
    "empty key": {"picture": "22222", "picture_key": ""},
    "NUL": {"picture": "22222", "picture_key": "\0"},
    "NUL in between": {"picture": "2\x002222", "picture_key": "a\0" * 20},
    "long key": {"picture": "22222", "picture_key": "a" * 100_000},
    "long answer": {"picture": "2" * 100_000, "picture_key": "a" * 40},
    "quote": {"picture": "'\"<", "picture_key": "'; --"},
    "path": {"picture": "22222", "picture_key": "../../etc/passwd"},
    "accent": {"picture": "é", "picture_key": "é"},
    "mark": {"picture": "22222", "picture_key": "\u202a"},
    "emoji": {"picture": "\U0001f600", "picture_key": "\U0001f600"},
    "superscript": {"picture": "²²²²²", "picture_key": "a" * 40},
    "percent": {"picture": "%00", "picture_key": "%00"},
}


@forms
@pytest.mark.parametrize("picture", GARBAGE.values(), ids=GARBAGE.keys())
def test_unknown_picture_counts_as_wrong_answer(client, db, address, form, picture):
    page = client.post(address, {**form, **picture})
    assert errors_on(page) == [WRONG_DIGITS]
    assert not OneTimeCode.objects.exists()


def test_undecodable_bytes_count_as_wrong_answer(client, db):
    body = b"login=aslam&picture=%FF%FE2&picture_key=%C0%80"
    page = client.post(RESET, body, content_type="application/x-www-form-urlencoded")
    assert errors_on(page) == [WRONG_DIGITS]


def test_two_keys_in_one_form_count_as_one(client, db):
    one, other = (picture_on(client.get(RESET)) for _page in range(2))
    form = {
        "login": "aslam",
        "picture_key": [one["picture_key"], other["picture_key"]],
        "picture": [one["picture"], other["picture"]],
    }
    assert client.post(RESET, form).status_code == 302
    assert CaptchaStore.objects.get().hashkey == one["picture_key"]


# Another picture


def test_new_picture_keeps_input(client, db):
    page = client.get(REGISTER)
    first = key_on(page)
    typed = {**PERSON, "number": " ٢٩٨٧ x", "born_day": "٤٠", "picture_key": first, "picture": "1"}
    page = client.post(REGISTER, {**typed, visual_code.ANOTHER: "1"})
    assert errors_on(page) == []
    form = page.context["form"]
    assert form["number"].value() == " ٢٩٨٧ x"
    assert form["born"].value() == ["gregorian", "٤٠", "3", "1986"]
    assert key_on(page) != first
    assert client.post(REGISTER, {**PERSON, **picture_on(page)}).status_code == 302


def test_new_picture_submits_nothing_else(client, db):
    page = client.get(RESET)
    sent = {"login": "aslam", **picture_on(page), visual_code.ANOTHER: "1"}
    assert client.post(RESET, sent).status_code == 200
    assert not OneTimeCode.objects.exists()


# A text instead of the picture


def ask_for_text(client, mobile="0501234567", to=REGISTER, **options):
    return client.post(BY_TEXT, {"mobile": mobile, "next": to}, follow=True, **options)


def prove_by_text(client, to=REGISTER):
    """Enter a texted code instead of the picture and return the page that follows."""
    ask_for_text(client, to=to)
    code = factories.code_sent_to(None, "picture")
    return client.post(BY_TEXT_CODE, {"code": code}, follow=True)


def texts():
    """Deliver all messages and return those on the phone, newest first: [(recipient, text)]."""
    deliver_due()
    return [(text["recipient"], text["text"]) for text in DemoPhone().received()]


@forms
def test_texted_code_replaces_picture_and_keeps_input(client, db, address, form):
    asked = client.post(address, {**form, visual_code.BY_TEXT: "1"}, follow=True)
    assert asked.request["PATH_INFO"] == BY_TEXT
    page = client.post(
        BY_TEXT, {"mobile": "0501234567", "next": asked.context["next"]}, follow=True
    )
    assert page.request["PATH_INFO"] == BY_TEXT_CODE
    assert (
        "We have texted a code to the mobile you entered. The code works for 10 minutes."
        in words(page)
    )
    code = factories.code_sent_to(None, "picture")
    assert texts() == [(MOBILE, f"Tawasul: {code} is your code in place of the picture.")]

    page = client.post(BY_TEXT_CODE, {"code": code}, follow=True)
    assert page.request["PATH_INFO"] == address
    assert not asks_for_picture(page)
    first = "number" if address == REGISTER else "login"
    assert page.context["form"][first].value() == form[first]
    assert client.post(address, form).url == f"{address}code/"
    assert OneTimeCode.objects.exclude(purpose="picture").count() == 1


@pytest.mark.parametrize("mobile", ["٠٥٠١٢٣٤٥٦٧", "+966 50 123 4567", "+44 7400 123456"])
def test_any_mobile_can_get_text(client, db, mobile):
    page = ask_for_text(client, mobile)
    assert page.request["PATH_INFO"] == BY_TEXT_CODE
    assert len(texts()) == 1


@pytest.mark.parametrize("mobile", ["", "0112345678", "12", "abc", "\0", "0" * 100])
def test_invalid_mobile_gets_no_text(client, db, mobile):
    page = ask_for_text(client, mobile)
    assert page.request["PATH_INFO"] == BY_TEXT
    assert len(errors_on(page)) == 1
    assert texts() == []


def test_a_text_is_good_for_one_form(client, db):
    prove_by_text(client)
    assert client.post(REGISTER, PERSON).url == f"{REGISTER}code/"
    for address, form in ((REGISTER, PERSON), (RESET, {"login": "aslam"})):
        assert asks_for_picture(client.get(address))
        assert errors_on(client.post(address, form)) == [NO_DIGITS]


def test_text_is_good_until_form_has_no_error(client, db):
    prove_by_text(client)
    page = client.post(REGISTER, {**PERSON, "number": "12"})
    assert len(errors_on(page)) == 1
    assert not asks_for_picture(page)
    assert client.post(REGISTER, PERSON).status_code == 302


def test_a_text_is_good_for_the_other_form_as_well(client, db):
    prove_by_text(client, to=RESET)
    assert client.post(REGISTER, PERSON).status_code == 302


def test_a_text_is_good_in_its_own_browser_alone(client, db):
    prove_by_text(client)
    assert errors_on(Client().post(REGISTER, PERSON)) == [NO_DIGITS]


@pytest.mark.parametrize(("minutes", "is_in_time"), [(14, True), (16, False)])
def test_text_is_good_for_fifteen_minutes(client, db, monkeypatch, minutes, is_in_time):
    prove_by_text(client)
    later = time.time() + minutes * 60
    monkeypatch.setattr("core.accounts.pending_steps.time.time", lambda: later)
    assert client.post(REGISTER, PERSON).status_code == (302 if is_in_time else 200)


def test_the_code_of_a_text_is_good_once(client, db):
    prove_by_text(client)
    code = factories.code_sent_to(None, "picture")
    client.post(REGISTER, PERSON)
    client.post(BY_TEXT_CODE, {"code": code})
    assert errors_on(client.post(REGISTER, PERSON)) == [NO_DIGITS]


def test_wrong_code_does_not_replace_the_picture(client, db):
    ask_for_text(client)
    code = factories.code_sent_to(None, "picture")
    wrong = f"{(int(code) + 1) % 10**6:06}"
    page = client.post(BY_TEXT_CODE, {"code": wrong})
    assert errors_on(page) == ["This is not the code we sent. Check the message and try again."]
    assert errors_on(client.post(REGISTER, PERSON)) == [NO_DIGITS]


def test_the_code_page_needs_a_mobile_first(client, db):
    for address in (BY_TEXT_CODE, f"{BY_TEXT_CODE}resend/"):
        assert client.get(address).url == client.post(address).url == BY_TEXT


def test_needless_text_redirects_to_registration(client, db):
    page = client.get(BY_TEXT)
    assert page.context["next"] == REGISTER
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        assert client.get(BY_TEXT, {"next": target}).context["next"] == REGISTER


def test_text_replaces_only_the_picture(client, db):
    prove_by_text(client)
    assert client.get(f"{REGISTER}choose/").url == REGISTER
    assert client.get(f"{RESET}new/").status_code == 302
    assert client.get("/en/my/").status_code == 302


def test_picture_is_still_required_while_registry_is_down(client, db, monkeypatch):
    def be_away(*_args):
        raise RegistryUnavailable

    prove_by_text(client)
    with monkeypatch.context() as away:
        away.setattr(LocalRegistry, "lookup", be_away)
        page = client.post(REGISTER, PERSON)
    assert errors_on(page) == [
        "The registry cannot be reached at the moment. Try again in a few minutes."
    ]
    picture = picture_on(page) if asks_for_picture(page) else {}
    assert client.post(REGISTER, {**PERSON, **picture}).status_code == 302


# Limits on texts


def age_codes(seconds):
    """Move the creation of all codes back by so many seconds."""
    for code in OneTimeCode.objects.all():
        code.created_at -= datetime.timedelta(seconds=seconds)
        code.save(update_fields=["created_at"])


def test_mobile_gets_one_text_a_minute_across_browsers(db, clock):
    ask_for_text(Client(), "0501234567")
    clock.move(15)
    for spelling in ("0501234567", "٠٥٠١٢٣٤٥٦٧", "+966 50 123 4567", "00966501234567"):
        page = ask_for_text(Client(), spelling, REMOTE_ADDR="198.51.100.7")
        told = "A code has just been sent. You can ask for another in 45 seconds."
        assert notices_on(page) == [told]
    assert OneTimeCode.objects.count() == 1


def test_one_mobile_gets_five_texts_an_hour(db, clock):
    for _text in range(5):
        assert notices_on(ask_for_text(Client())) == []
        clock.move(61)
    page = ask_for_text(Client(), REMOTE_ADDR="198.51.100.7")
    told = "Too many codes were sent and not used. Try again in 55 minutes."
    assert notices_on(page) == [told]
    assert OneTimeCode.objects.count() == 5


def test_one_network_gets_a_hundred_texts_an_hour(db):
    home, elsewhere = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "198.51.100.7"}
    client = Client()
    for number in range(100):
        assert notices_on(ask_for_text(client, f"05012345{number:02}", **home)) == []
    told = "Too many codes were sent and not used. Try again in 60 minutes."
    assert notices_on(ask_for_text(Client(), "0509999999", **home)) == [told]
    assert notices_on(ask_for_text(Client(), "0509999999", **elsewhere)) == []
    age_codes(60 * 60)
    assert notices_on(ask_for_text(Client(), "0508888888", **home)) == []


# Input kept in the session


@forms
def test_kept_input_is_limited_to_form_fields(client, db, address, form):
    garbage = {name: os.urandom(200_000).hex() for name in form}
    client.post(address, {**garbage, visual_code.BY_TEXT: "1"})
    kept = sum(len(session.session_data) for session in Session.objects.all())
    assert kept < 20_000


def test_input_is_kept_for_fifteen_minutes(client, db, monkeypatch):
    client.post(RESET, {"login": "aslam", visual_code.BY_TEXT: "1"})
    assert client.get(RESET).context["form"]["login"].value() == "aslam"
    later = time.time() + 16 * 60
    monkeypatch.setattr("core.accounts.pending_steps.time.time", lambda: later)
    assert client.get(RESET).context["form"]["login"].value() is None


def test_input_is_not_in_the_url(client, db):
    response = client.post(REGISTER, {**PERSON, visual_code.BY_TEXT: "1"})
    assert response.url == f"{BY_TEXT}?next={REGISTER}"
