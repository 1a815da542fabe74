"""The code in a picture: valid once, kept apart from the input, and replaceable by a text."""

import os
import re
from io import BytesIO

from captcha.models import CaptchaStore
from django.test import Client
from PIL import Image

from core.accounts import codes, visual_code
from core.accounts.models import OneTimeCode, Session
from tests.conftest import errors_on, notices_on, picture_on, words
from tests.core.accounts import pages
from tests.core.accounts.pages import REGISTER, RESET, TOO_MANY, newest_code, place, texts
from tests.worlds import undone

BY_TEXT = "/en/account/picture/by-text/"
BY_TEXT_CODE = f"{BY_TEXT}code/"

PERSON = {"number": pages.NUMBER, **pages.born_on()}
LOGIN = {"login": "aslam", **pages.born_on()}
FORMS = [(REGISTER, PERSON), (RESET, LOGIN)]

WRONG_DIGITS = "These are not the digits in the picture. Enter those in the new picture."
RUN_OUT = "This picture has run out. Enter the digits in the new one."
NO_DIGITS = "Enter the digits in the picture."


def key_on(page):
    return picture_on(page)["picture_key"]


def address_of_picture(page):
    return re.search(r'<img src="([^"]+)"', page.content.decode())[1]


def asks_for_picture(page):
    return 'name="picture_key"' in page.content.decode()


# Reading the picture


def test_digits_in_any_spelling_let_form_through(db):
    for typed in (
        lambda digits: digits,
        lambda digits: digits.translate(pages.ARABIC_DIGITS),
        lambda digits: digits.translate(pages.PERSIAN_DIGITS),
        lambda digits: f" {digits[:2]} {digits[2:]} ",
        lambda digits: f"\u202a{digits}\u202c\x07",
    ):
        for address, form in FORMS:
            with undone():
                client = Client()
                picture = picture_on(client.get(address))
                answer = typed(picture["picture"])
                sent = client.post(address, {**form, **picture, "picture": answer})
                assert (sent.status_code, sent.url) == (302, f"{address}code/"), answer


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


def test_wrong_answer_invalidates_picture_and_shows_another(client, db):
    right = picture_on(client.get(RESET))
    page = client.post(RESET, {**LOGIN, **right, "picture": "99999"})
    assert errors_on(page) == [WRONG_DIGITS]
    assert page.context["form"]["login"].value() == "aslam"
    assert key_on(page) != right["picture_key"]
    assert errors_on(client.post(RESET, {**LOGIN, **right})) == [RUN_OUT]
    assert not OneTimeCode.objects.exists()
    assert client.post(RESET, {**LOGIN, **picture_on(page)}).status_code == 302


def test_a_picture_is_good_once(db):
    for address, form in FORMS:
        with undone():
            client = Client()
            picture = picture_on(client.get(address))
            client.post(address, {**form, **picture})
            for again in (REGISTER, RESET):
                everything = {**PERSON, **LOGIN, **picture}
                assert errors_on(Client().post(again, everything)) == [RUN_OUT], address
            assert OneTimeCode.objects.count() == 1


def test_a_picture_is_good_for_ten_minutes(client, db, clock):
    picture = picture_on(client.get(RESET))
    clock.move(599)
    assert client.post(RESET, {**LOGIN, **picture}).status_code == 302
    picture = picture_on(client.get(RESET))
    clock.move(600)
    page = client.post(RESET, {**LOGIN, **picture})
    assert errors_on(page) == [RUN_OUT]
    assert page.context["form"]["login"].value() == "aslam"
    errors = errors_on(client.post(RESET, {**LOGIN, "login": " ", **picture}))
    assert errors == ["Enter your username or your ID number.", RUN_OUT]
    assert client.post(RESET, {**LOGIN, **picture_on(page)}).status_code == 302


def test_answer_is_valid_for_its_own_picture_only(client, db):
    one, other = (picture_on(client.get(RESET)) for _page in range(2))
    CaptchaStore.objects.filter(hashkey=one["picture_key"]).update(response="22222")
    CaptchaStore.objects.filter(hashkey=other["picture_key"]).update(response="33333")
    form = {**LOGIN, "picture_key": one["picture_key"], "picture": "33333"}
    assert errors_on(client.post(RESET, form)) == [WRONG_DIGITS]


def test_error_elsewhere_on_form_leaves_picture_valid(client, db):
    picture = picture_on(client.get(RESET))
    page = client.post(RESET, {**LOGIN, "login": " ", **picture})
    assert errors_on(page) == ["Enter your username or your ID number."]
    assert key_on(page) == picture["picture_key"]
    assert page.context["form"]["picture"].value()[1] == picture["picture"]
    assert client.post(RESET, {**LOGIN, **picture}).status_code == 302


def test_url_of_used_or_unknown_picture_shows_nothing(client, db):
    page = client.get(RESET)
    address = address_of_picture(page)
    client.post(RESET, {**LOGIN, **picture_on(page)})
    response = client.get(address)
    assert (response.status_code, response.content) == (410, b"")
    for key in ("a", "0" * 40, "a" * 200, "-", "_"):
        assert client.get(f"/en/account/picture/{key}.png").status_code == 410, key


def test_old_pictures_are_deleted(client, db, clock):
    client.get(RESET)
    clock.move(599)
    client.get(RESET)
    clock.move(1)
    visual_code.forget_old_pictures()
    assert CaptchaStore.objects.count() == 1


# Malformed answers


def test_form_without_digits_asks_for_them(db):
    for picture in (
        {},
        {"picture": ""},
        {"picture": " \u202a\x07"},
        {"picture_key": "a" * 40},
        {"picture_key": "a" * 40, "picture": "\x07"},
    ):
        for address, form in FORMS:
            with undone():
                client = Client()
                page = client.post(address, {**form, **picture})
                assert errors_on(page) == [NO_DIGITS], picture
                assert client.post(address, {**form, **picture_on(page)}).status_code == 302


def test_unknown_picture_has_run_out(client, db):
    keys_and_answers = [
        *((None, "22222"), ("", "22222"), ("\0", "22222"), ("a\0" * 20, "2\x072222")),
        *(("a" * 100_000, "22222"), ("a" * 40, "2" * 100_000), ("'; --", "'\"<")),
        *(("../../etc/passwd", "22222"), ("é", "é"), ("\u202a", "22222")),
        *(("\U0001f600", "\U0001f600"), ("a" * 40, "²²²²²"), ("%00", "%00")),
    ]
    for key, answer in keys_and_answers:
        picture = {"picture": answer} if key is None else {"picture": answer, "picture_key": key}
        for address, form in FORMS:
            page = client.post(address, {**form, **picture})
            assert errors_on(page) == [RUN_OUT], (key, answer)
            assert not OneTimeCode.objects.exists()
    born = "&".join(f"{name}={value}" for name, value in pages.born_on().items())
    undecodable = f"login=aslam&{born}&picture=%FF%FE2&picture_key=%C0%80".encode()
    page = client.post(RESET, undecodable, content_type="application/x-www-form-urlencoded")
    assert errors_on(page) == ["Some characters could not be read. Type this text again."]


def test_two_keys_in_one_form_count_as_one(client, db):
    one, other = (picture_on(client.get(RESET)) for _page in range(2))
    pictures = {name: [one[name], other[name]] for name in ("picture_key", "picture")}
    assert client.post(RESET, {**LOGIN, **pictures}).status_code == 302
    assert CaptchaStore.objects.get().hashkey == one["picture_key"]


def test_new_picture_keeps_input_and_submits_nothing(client, db):
    page = client.get(RESET)
    sent = {**LOGIN, **picture_on(page), visual_code.ANOTHER: "1"}
    assert client.post(RESET, sent).status_code == 200
    assert not OneTimeCode.objects.exists()

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


# A text instead of the picture


def ask_for_text(client, mobile="0501234567", to=REGISTER, **options):
    return client.post(BY_TEXT, {"mobile": mobile, "next": to}, follow=True, **options)


def prove_by_text(client, to=REGISTER):
    """Enter a texted code instead of the picture and return the page that follows."""
    ask_for_text(client, to=to)
    return client.post(BY_TEXT_CODE, {"code": newest_code("picture")}, follow=True)


def test_texted_code_replaces_picture_and_keeps_input(db):
    for address, form in FORMS:
        with undone():
            client = Client()
            sent = client.post(address, {**form, visual_code.BY_TEXT: "1"})
            # The input is not in the address.
            assert sent.url == f"{BY_TEXT}?next={address}"
            page = ask_for_text(client, to=client.get(sent.url).context["next"])
            assert place(page) == BY_TEXT_CODE
            told = "A code is on its way to the mobile you entered. The code works for 10 minutes."
            assert told in words(page)
            code = newest_code("picture")
            assert texts() == [
                (pages.MOBILE, f"Tawasul: {code} is your code in place of the picture.")
            ]

            page = client.post(BY_TEXT_CODE, {"code": code}, follow=True)
            assert place(page) == address
            assert not asks_for_picture(page)
            first = next(iter(form))
            assert page.context["form"][first].value() == form[first]
            assert client.post(address, form).url == f"{address}code/"
            assert OneTimeCode.objects.exclude(purpose="picture").count() == 1


def test_any_mobile_of_the_kingdom_can_get_text(db):
    for mobile in ("٠٥٠١٢٣٤٥٦٧", "+966 50 123 4567", "00966 50 123 4567"):
        with undone():
            assert place(ask_for_text(Client(), mobile)) == BY_TEXT_CODE, mobile
            assert len(texts()) == 1, mobile
    abroad = errors_on(ask_for_text(Client(), "+44 7400 123456"))
    assert abroad == ["We text this code only to mobiles of the Kingdom, which begin with 05."]
    for mobile in ("", "0112345678", "12", "abc", "\0", "0" * 100, "+973 3600 1234"):
        page = ask_for_text(Client(), mobile)
        assert place(page) == BY_TEXT, mobile
        assert len(errors_on(page)) == 1, mobile
        assert texts() == [], mobile


def test_a_text_is_good_for_any_one_form_without_error(client, db):
    prove_by_text(client, to=RESET)
    page = client.post(REGISTER, {**PERSON, "number": "12"})
    assert len(errors_on(page)) == 1
    assert not asks_for_picture(page)
    code = pages.newest_code("picture")
    assert client.post(REGISTER, PERSON).url == f"{REGISTER}code/"
    for address, form in FORMS:
        assert asks_for_picture(client.get(address))
        assert errors_on(client.post(address, form)) == [NO_DIGITS]
    # The code is good once, too.
    client.post(BY_TEXT_CODE, {"code": code})
    assert errors_on(client.post(REGISTER, PERSON)) == [NO_DIGITS]


def test_a_text_is_good_in_its_own_browser_for_fifteen_minutes(client, db):
    prove_by_text(client)
    assert errors_on(Client().post(REGISTER, PERSON)) == [NO_DIGITS]
    with pages.minutes_later(16):
        assert client.post(REGISTER, PERSON).status_code == 200
    with pages.minutes_later(14):
        assert client.post(REGISTER, PERSON).status_code == 302


def test_wrong_code_does_not_replace_the_picture(client, db):
    ask_for_text(client)
    wrong = f"{(int(newest_code('picture')) + 1) % 10**6:06}"
    assert errors_on(client.post(BY_TEXT_CODE, {"code": wrong})) == [pages.WRONG]
    assert errors_on(client.post(REGISTER, PERSON)) == [NO_DIGITS]


def test_pages_of_the_text_without_a_form_lead_to_registration(client, db):
    for address in (BY_TEXT_CODE, f"{BY_TEXT_CODE}resend/"):
        assert client.get(address).url == client.post(address).url == BY_TEXT
    assert client.get(BY_TEXT).context["next"] == REGISTER
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        assert client.get(BY_TEXT, {"next": target}).context["next"] == REGISTER


def test_text_replaces_only_the_picture(client, db):
    prove_by_text(client)
    assert client.get(f"{REGISTER}choose/").url == REGISTER
    for address in (f"{RESET}new/", pages.MY_PAGE):
        assert client.get(address).status_code == 302


def test_picture_is_still_required_while_registry_is_down(client, db):
    prove_by_text(client)
    with pages.registry_away():
        page = client.post(REGISTER, PERSON)
    assert errors_on(page) == [pages.AWAY]
    picture = picture_on(page) if asks_for_picture(page) else {}
    assert client.post(REGISTER, {**PERSON, **picture}).status_code == 302


# Limits on texts


def test_mobile_gets_a_text_a_minute_and_five_an_hour(db, clock):
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    ask_for_text(Client())
    clock.move(15)
    for spelling in ("0501234567", "٠٥٠١٢٣٤٥٦٧", "+966 50 123 4567", "00966501234567"):
        page = ask_for_text(Client(), spelling, **elsewhere)
        assert notices_on(page) == [pages.TOO_SOON.format(45)], spelling
    assert OneTimeCode.objects.count() == 1
    clock.move(46)
    for _text in range(4):
        assert notices_on(ask_for_text(Client())) == []
        clock.move(61)
    assert notices_on(ask_for_text(Client(), **elsewhere)) == [pages.TOO_MANY.format(55)]
    assert OneTimeCode.objects.count() == 5


def test_texts_count_for_the_limit_of_the_network(db, monkeypatch):
    monkeypatch.setattr(codes, "MAX_UNUSED_PER_NETWORK", 10)
    home, elsewhere = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "198.51.100.7"}
    for number in range(10):
        assert notices_on(ask_for_text(Client(), f"05012345{number:02}", **home)) == []
    assert notices_on(ask_for_text(Client(), "0509999999", **home)) == [TOO_MANY.format(60)]
    assert notices_on(ask_for_text(Client(), "0509999999", **elsewhere)) == []
    pages.age_codes(60 * 60)
    assert notices_on(ask_for_text(Client(), "0508888888", **home)) == []


def test_kept_input_is_limited_to_form_fields(db):
    for address, form in FORMS:
        with undone():
            garbage = {name: os.urandom(200_000).hex() for name in form}
            Client().post(address, {**garbage, visual_code.BY_TEXT: "1"})
            kept = sum(len(session.session_data) for session in Session.objects.all())
            assert kept < 20_000, address


def test_input_is_kept_for_fifteen_minutes(client, db):
    client.post(RESET, {**LOGIN, visual_code.BY_TEXT: "1"})
    assert client.get(RESET).context["form"]["login"].value() == "aslam"
    with pages.minutes_later(16):
        assert client.get(RESET).context["form"]["login"].value() is None
