"""Registration: its steps, steps out of order, and an unavailable registry."""

import datetime
import re
import time

import pytest
from django.test import Client
from django.utils import timezone

from core.accounts.models import Identity, IdentityNumber, OneTimeCode, User
from core.accounts.registry import LocalRegistry, RegistryUnavailable
from core.hijri import hijri_date
from core.messaging.actions.delivery import deliver_due
from core.messaging.gateways import DemoPhone
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on, notices_on, picture_on, signed_in, words

REGISTER = "/en/account/register/"
CODE = "/en/account/register/code/"
RESEND = "/en/account/register/code/resend/"
CHOOSE = "/en/account/register/choose/"
SIGN_IN = "/en/account/sign-in/"
MY_PAGE = "/en/my/"

NUMBER = "2987654320"
MOBILE = "+966501234567"
BORN = datetime.date(1986, 3, 14)

IF_RIGHT = (
    "If the details you entered are correct, we have texted the mobile that the registry has for "
    "you. If no text arrives, the registry may have no mobile or an old one: go to a passports "
    "office. "
    "The code works for 10 minutes."
)
OPENED = (
    "Tawasul: your account has been opened. If that was not you, go to a passports office at once."
)
KNOWN = (
    "Tawasul: somebody asked to open an account for you. You already have one: sign in, or set a "
    "new password."
)
DEPARTED = (
    "Tawasul: the registry shows that you have left the Kingdom, so no account can be opened. "
    "If that is wrong, go to a passports office."
)
DECEASED = (
    "Tawasul: no account can be opened, as the registry shows the holder of this ID as deceased. "
    "If that is wrong, go to a passports office."
)
MINOR = (
    "Tawasul: an account can be opened from the age of 18 Hijri years. Until then a guardian can "
    "file for you."
)
WRONG = "This is not the code we sent. Check the message and try again."
NO_CODE = "Ask for a code first."
HAS_ONE = "You have an account already. Sign in, or set a new password."
NOT_OPEN = "An account cannot be opened for you online. Go to a passports office."
TAKEN = "This username is taken. Choose another."
AWAY = "The registry cannot be reached at the moment. Try again in a few minutes."


@pytest.fixture
def known_person(db):
    """Create a person of the registry who has no account yet."""
    return factories.IdentityFactory(number=NUMBER, mobile=MOBILE)


def in_digits(day, calendar="gregorian"):
    """Return the form fields of the birth date for `day`."""
    numbers = hijri_date(day) if calendar == "hijri" else (day.year, day.month, day.day)
    parts = zip(("year", "month", "day"), map(str, numbers), strict=True)
    return {"born_calendar": calendar, **{f"born_{part}": number for part, number in parts}}


def ask(client, number=NUMBER, born=BORN, calendar="gregorian", language="en"):
    """Submit the first page and return the page that follows."""
    address = f"/{language}/account/register/"
    form = {"number": number, **in_digits(born, calendar), **picture_on(client.get(address))}
    return client.post(address, form, follow=True)


def texts():
    """Deliver all messages and return those on the phone, newest first: [(recipient, text)]."""
    Message.objects.update(next_attempt_at=timezone.now())
    deliver_due()
    return [(text["recipient"], text["text"]) for text in DemoPhone().received()]


def newest_code():
    return factories.code_sent_to(None, "register")


def prove(client, **typed):
    """Go as far as the last page, on which username and password are chosen."""
    ask(client, **typed)
    return client.post(CODE, {"code": newest_code()}, follow=True)


def choose(client, username="aslam", password=factories.PASSWORD, language="en", **options):
    form = {
        "username": username,
        "new_password": password,
        "again": password,
        "language": language,
    }
    return client.post(CHOOSE, form, **options)


def place(page):
    """Return the address of the page after all redirects."""
    return page.request["PATH_INFO"]


# People who may register


@pytest.mark.parametrize("calendar", ["hijri", "gregorian"])
@pytest.mark.parametrize(
    "number",
    ["1098765432", "2987654320", "3000000004", "4000000006"],
    ids=["citizen", "resident", "border number", "other border number"],
)
def test_person_of_registry_opens_account(client, db, number, calendar):
    identity = factories.IdentityFactory(number=number, mobile=MOBILE)

    asked = ask(client, number=number, calendar=calendar)
    assert place(asked) == CODE
    assert IF_RIGHT in words(asked)
    code = newest_code()
    assert texts() == [
        (MOBILE, f"Tawasul: {code} is your code to open an account. Never give it to anybody.")
    ]

    proven = client.post(CODE, {"code": code}, follow=True)
    assert place(proven) == CHOOSE
    assert "Mohammed Aslam Khan" in words(proven)

    opened = choose(client, follow=True)
    assert place(opened) == MY_PAGE
    assert notices_on(opened) == ["Your account is open."]
    assert "Welcome, Mohammed Aslam Khan" in words(opened)
    user = User.objects.get()
    assert (user.username, user.identity, user.mobile) == ("aslam", identity, MOBILE)
    assert (user.is_staff, user.is_superuser, user.email) == (False, False, "")
    assert texts()[0] == (MOBILE, OPENED)


def test_former_number_opens_account(client, known_person):
    known_person.numbers.create(number="3000000004", is_current=False)
    prove(client, number="3000000004")
    choose(client)
    assert User.objects.get().identity == known_person


@pytest.mark.parametrize(
    "typed",
    [
        "٢٩٨٧٦٥٤٣٢٠",
        "۲۹۸۷۶۵۴۳۲۰",
        "２９８７６５４３２０",
        " 298 765 4320 ",
        "2987-654-320",
        "\u202a2987654320\u202c",
        "\u200f٢٩٨٧ ٦٥٤ ٣٢٠\0",
    ],
    ids=["arabic", "persian", "full width", "spaces", "dashes", "marks", "all at once"],
)
def test_number_is_accepted_in_any_spelling(client, known_person, typed):
    assert place(prove(client, number=typed)) == CHOOSE


def test_birth_date_is_accepted_in_any_digits(client, known_person):
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    born = {name: typed.translate(arabic) for name, typed in in_digits(BORN, "hijri").items()}
    form = {"number": NUMBER, **born, **picture_on(client.get(REGISTER))}
    client.post(REGISTER, form)
    assert [recipient for recipient, _text in texts()] == [MOBILE]


@pytest.mark.parametrize("page_language", ["ar", "en"])
def test_page_language_is_preselected_and_choice_saved(client, known_person, page_language):
    ask(client, language=page_language)
    address = f"/{page_language}/account/register"
    page = client.post(f"{address}/code/", {"code": newest_code()}, follow=True)
    assert page.context["form"]["language"].value() == page_language

    other = {"ar": "en", "en": "ar"}[page_language]
    choose(client, language=other)
    assert User.objects.get().language == other
    assert is_arabic(texts()[0][1]) == (other == "ar")


def is_arabic(text):
    return bool(re.search("[\u0600-\u06ff]", text)) and not re.search("[A-Za-z]", text)


def test_code_text_is_in_page_language(client, known_person):
    ask(client, language="ar")
    [(_recipient, text)] = texts()
    assert is_arabic(text)


# Between the code and the last page


@pytest.fixture
def proven(client, known_person):
    """Return a browser that has come as far as the last page."""
    prove(client)
    return client


def open_an_account(identity):
    factories.UserFactory(identity=identity, username="the-first")


def set_status(status):
    return lambda identity: Identity.objects.filter(pk=identity.pk).update(status=status)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (open_an_account, HAS_ONE),
        (set_status("departed"), NOT_OPEN),
        (set_status("deceased"), NOT_OPEN),
    ],
    ids=["known", "departed", "deceased"],
)
def test_changes_since_the_code_count(proven, known_person, change, sentence):
    change(known_person)
    before = User.objects.count()
    assert errors_on(choose(proven)) == [sentence]
    assert User.objects.count() == before
    assert proven.get(MY_PAGE).status_code == 302


def test_person_without_registry_mobile_is_refused(proven, known_person):
    Identity.objects.update(mobile="")
    assert errors_on(choose(proven)) == [NOT_OPEN]
    assert not User.objects.exists()


@pytest.mark.parametrize("typed", ["aslam", " ASLAM "])
def test_taken_username_is_refused_and_input_kept(proven, typed):
    factories.UserFactory(username="aslam")
    page = choose(proven, username=typed, language="ar")
    assert errors_on(page) == [TAKEN]
    form = page.context["form"]
    assert (form["username"].value(), form["language"].value()) == (typed, "ar")
    assert factories.PASSWORD not in page.content.decode()
    assert User.objects.count() == 1

    assert choose(proven, username="aslam-2").url == MY_PAGE


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({"username": ""}, ["Choose a username."]),
        ({"new_password": ""}, ["Enter a new password."]),
        ({"again": ""}, ["Enter the new password again."]),
        ({"again": "something-else-26"}, ["The two passwords are not the same. Type both again."]),
        ({"language": ""}, ["Choose a language."]),
        (
            {"new_password": "short", "again": "short"},
            ["This password has fewer than 8 characters. Use a longer one."],
        ),
    ],
)
def test_errors_on_last_page_are_named(proven, changes, sentences):
    password = factories.PASSWORD
    form = {"username": "aslam", "new_password": password, "again": password, "language": "en"}
    page = proven.post(CHOOSE, {**form, **changes})
    assert errors_on(page) == sentences
    assert password not in page.content.decode()
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "password",
    ["kettle 0501234567 sofa", "kettle 2987654320", "mohammed aslam", "the-chosen-one sofa"],
    ids=["mobile", "number", "name", "username"],
)
def test_password_from_own_facts_is_refused(proven, password):
    assert errors_on(choose(proven, username="the-chosen-one", password=password)) == [
        "This password can be guessed from what is known about you. Choose another."
    ]


# Out of order, twice, and too late


def test_skipped_step_redirects_to_first_page(client, known_person):
    for address in (CODE, RESEND, CHOOSE):
        for page in (client.get(address, follow=True), client.post(address, follow=True)):
            assert place(page) == REGISTER
    ask(client)
    assert place(choose(client, follow=True)) == REGISTER
    assert not User.objects.exists()


def test_code_of_another_session_is_refused(client, known_person):
    ask(client)
    code = newest_code()
    elsewhere = Client()
    ask(elsewhere)  # it is too soon for a code of its own
    assert errors_on(elsewhere.post(CODE, {"code": code})) == [NO_CODE]


def test_second_click_on_code_goes_to_last_page(client, known_person):
    ask(client)
    code = newest_code()
    first, second = (client.post(CODE, {"code": code}, follow=True) for _click in range(2))
    assert place(first) == place(second) == CHOOSE


def test_second_click_at_end_opens_the_same_account(proven):
    choose(proven)
    assert place(choose(proven, follow=True)) == MY_PAGE
    assert User.objects.count() == 1


@pytest.mark.parametrize(("minutes", "is_in_time"), [(14, True), (16, False)])
def test_last_page_is_valid_for_fifteen_minutes(proven, monkeypatch, minutes, is_in_time):
    later = time.time() + minutes * 60
    monkeypatch.setattr("core.accounts.pending_steps.time.time", lambda: later)
    assert proven.get(CHOOSE).status_code == (200 if is_in_time else 302)
    choose(proven)
    assert User.objects.exists() == is_in_time


def test_new_account_signs_in_with_chosen_password(proven):
    choose(proven)
    browser = Client()
    person = {"login": NUMBER, "password": factories.PASSWORD}
    browser.post(SIGN_IN, person)
    code = factories.code_sent_to(User.objects.get(), "sign_in")
    assert browser.post("/en/account/code/", {"code": code}).url == MY_PAGE


# While the registry is unavailable


@pytest.fixture
def registry_goes_away(monkeypatch):
    def go():
        for question in ("lookup", "refresh"):
            monkeypatch.setattr(LocalRegistry, question, be_away)

    def be_away(_registry, _subject):
        raise RegistryUnavailable

    return go


def test_registration_is_refused_while_registry_is_down(client, known_person, registry_goes_away):
    registry_goes_away()
    page = ask(client)
    assert place(page) == REGISTER
    assert errors_on(page) == [AWAY]
    assert page.context["form"]["number"].value() == NUMBER
    assert texts() == []
    assert not OneTimeCode.objects.exists()


def test_same_page_works_once_registry_is_back(client, known_person, monkeypatch):
    with monkeypatch.context() as away:
        away.setattr(LocalRegistry, "lookup", _raise_unavailable)
        page = ask(client)
    form = {"number": NUMBER, **in_digits(BORN), **picture_on(page)}
    assert client.post(REGISTER, form).url == CODE


def _raise_unavailable(*_args):
    raise RegistryUnavailable


def test_no_second_code_while_registry_is_down(client, known_person, registry_goes_away):
    ask(client)
    code = newest_code()
    OneTimeCode.objects.update(created_at=timezone.now() - datetime.timedelta(seconds=61))
    registry_goes_away()
    page = client.post(RESEND, follow=True)
    assert notices_on(page) == [AWAY]
    assert len(texts()) == 1
    assert place(client.post(CODE, {"code": code}, follow=True)) == CHOOSE


def test_no_account_is_opened_while_registry_is_down(proven, monkeypatch):
    with monkeypatch.context() as away:
        away.setattr(LocalRegistry, "refresh", _raise_unavailable)
        page = choose(proven)
    assert errors_on(page) == [AWAY]
    assert page.context["form"]["username"].value() == "aslam"
    assert not User.objects.exists()
    assert choose(proven).url == MY_PAGE


def test_sign_in_while_registry_is_down_leaves_code_valid(client, known_person, monkeypatch):
    user = factories.UserFactory(identity=known_person, username="aslam")
    client.post(SIGN_IN, {"login": "aslam", "password": factories.PASSWORD})
    code = factories.code_sent_to(user, "sign_in")
    with monkeypatch.context() as away:
        away.setattr(LocalRegistry, "refresh", _raise_unavailable)
        page = client.post("/en/account/code/", {"code": code})
        assert errors_on(page) == [AWAY]
        assert client.get(MY_PAGE).status_code == 302
    assert OneTimeCode.objects.get().tries == 0
    assert client.post("/en/account/code/", {"code": code}).url == MY_PAGE


def test_registry_down_message_is_translated(client, known_person, registry_goes_away):
    registry_goes_away()
    [sentence] = errors_on(ask(client, language="ar"))
    assert is_arabic(sentence)


# Takeover and disclosure


def test_registering_while_signed_in_changes_no_user(db, known_person):
    somebody = factories.UserFactory()
    browser = signed_in(somebody)
    prove(browser)
    page = choose(browser, follow=True)
    assert place(page) == MY_PAGE
    assert User.objects.get(pk=browser.session["_auth_user_id"]).identity == known_person
    assert browser.session.get("acting_as") is None


def test_session_from_before_code_cannot_choose_password(client, known_person):
    ask(client)
    stranger = Client()
    stranger.cookies["sessionid"] = client.cookies["sessionid"].value
    client.post(CODE, {"code": newest_code()})
    choose(stranger)
    assert not User.objects.exists()
    assert client.get(CHOOSE).status_code == 200


def test_number_and_mobile_are_on_no_page_and_in_no_url(client, known_person):
    asked = ask(client)
    proven = client.post(CODE, {"code": newest_code()}, follow=True)
    opened = choose(client, follow=True)
    for page in (asked, proven, opened):
        addresses = [url for url, _status in page.redirect_chain]
        for secret in (NUMBER, MOBILE, MOBILE[4:], "•••• 567"):
            assert secret not in page.content.decode()
            assert secret not in str(addresses)


def test_extra_form_fields_make_nobody_staff(proven):
    form = {
        "username": "aslam",
        "new_password": factories.PASSWORD,
        "again": factories.PASSWORD,
        "language": "en",
        "is_staff": "1",
        "is_superuser": "1",
        "identity": str(factories.IdentityFactory().pk),
        "mobile": "+966509999999",
    }
    proven.post(CHOOSE, form)
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, str(user.mobile)) == (False, False, MOBILE)
    assert IdentityNumber.objects.get(identity=user.identity).number == NUMBER
