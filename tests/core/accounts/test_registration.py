"""Registration: its steps in and out of order, refusals, and an unavailable registry."""

import datetime
import re

import pytest
from django.test import Client
from django.utils import timezone

from core.accounts.models import Identity, OneTimeCode, User
from core.messaging.encryption import decrypt
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on, notices_on, picture_on, signed_in, words
from tests.core.accounts import pages
from tests.core.accounts.pages import AWAY, MOBILE, MY_PAGE, NUMBER, REGISTER, choose, place, texts
from tests.core.accounts.pages import ask_to_register as ask
from tests.core.accounts.pages import prove_to_register as prove
from tests.worlds import undone

CODE = f"{REGISTER}code/"
RESEND = f"{CODE}resend/"
CHOOSE = f"{REGISTER}choose/"

IF_RIGHT = (
    "If the details you entered are correct, a code is on its way to the mobile that the registry "
    "has for you. If none comes, check the number, the calendar and the day: one Hijri day off is "
    "usual. If they are right, the registry may have no mobile or an old one: go to a passports "
    "office with your ID or passport. The code works for 10 minutes."
)
SAYS_CODE = "Tawasul: {} is your code to open an account. Never give it to anybody."
OPENED = (
    "Tawasul: your account has been opened. If that was not you, go to a passports office at once "
    "with your ID or passport."
)
HAS_ONE = "You have an account already. Sign in, or set a new password."
NOT_OPEN = (
    "An account cannot be opened for you online. Go to a passports office with your ID or passport."
)
KNOWN = (
    "Tawasul: somebody asked to open an account for you. You already have one: sign in, or set a "
    "new password."
)
DEPARTED = (
    "Tawasul: the registry shows that you have left the Kingdom, so no account can be opened or "
    "recovered. If that is wrong, go to a passports office with your passport."
)
DECEASED = (
    "Tawasul: no account can be opened or recovered, as the registry shows the holder of this ID "
    "as deceased. If that is wrong, go to a passports office with your ID or passport."
)
MINOR = (
    "Tawasul: an account can be opened from the age of 18 Hijri years. Until then a guardian can "
    "file for you."
)


def newest_code():
    return pages.newest_code("register")


@pytest.fixture
def proven(client, registered):
    """Return a browser that has come as far as the last page."""
    prove(client)
    return client


# People who may register


def test_person_of_registry_opens_account(db):
    # A citizen, a resident, and people with a border number of either kind.
    for number in ("1098765439", "2987654320", "3000000004", "4000000006"):
        for calendar in ("hijri", "gregorian"):
            with undone():
                identity = factories.IdentityFactory(number=number, mobile=MOBILE)
                open_account(identity, number, calendar)


def open_account(identity, number, calendar):
    client = Client()
    asked = ask(client, number=number, calendar=calendar)
    assert place(asked) == CODE, (number, calendar)
    assert IF_RIGHT in words(asked)
    code = newest_code()
    assert texts() == [(MOBILE, SAYS_CODE.format(code))]

    # A second click leads to the same page.
    for _click in range(2):
        proven = pages.give_code_to(CODE, client, code)
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
    assert place(choose(client, follow=True)) == MY_PAGE
    assert User.objects.count() == 1

    # Neither number nor mobile is on a page or in an address.
    for page in (asked, proven, opened):
        addresses = [url for url, _status in page.redirect_chain]
        for secret in (number, MOBILE, MOBILE[4:], "•••• 567"):
            assert secret not in page.content.decode()
            assert secret not in str(addresses)


def test_account_of_former_number_signs_in_by_current_one(client, registered):
    prove(client, number=pages.FORMER_NUMBER)
    choose(client)
    assert User.objects.get().identity == registered
    browser = Client()
    browser.post(pages.SIGN_IN, {"login": NUMBER, "password": factories.PASSWORD})
    code = factories.code_sent_to(User.objects.get(), "sign_in")
    assert browser.post(pages.CODE, {"code": code}).url == MY_PAGE


def test_number_and_birth_date_are_accepted_in_any_spelling(registered):
    for typed in (
        *("٢٩٨٧٦٥٤٣٢٠", "۲۹۸۷۶۵۴۳۲۰", "２９８７６５４３２０", " 298 765 4320 ", "2987-654-320"),
        *("\u202a2987654320\u202c", "\u200f٢٩٨٧ ٦٥٤ ٣٢٠\x07"),
    ):
        with undone():
            assert place(prove(Client(), number=typed)) == CHOOSE, typed
    born = pages.born_on(pages.BORN, "hijri")
    born = {name: typed.translate(pages.ARABIC_DIGITS) for name, typed in born.items()}
    client = Client()
    client.post(REGISTER, {"number": NUMBER, **born, **picture_on(client.get(REGISTER))})
    assert [recipient for recipient, _text in texts()] == [MOBILE]


def test_page_language_is_preselected_and_choice_saved(registered):
    for language, other in (("ar", "en"), ("en", "ar")):
        with undone():
            client = Client()
            ask(client, language=language)
            code = newest_code()
            assert pages.is_arabic(texts()[0][1]) == (language == "ar")
            page = pages.give_code_to(f"/{language}/account/register/code/", client, code)
            assert page.context["form"]["language"].value() == language
            choose(client, language=other)
            assert User.objects.get().language == other
            assert pages.is_arabic(texts()[0][1]) == (other == "ar")


# People who may not: the reason is in a text to the mobile, and not on the page


def in_registry(**facts):
    return factories.IdentityFactory(**{"number": NUMBER, "mobile": MOBILE, **facts})


def ten_years_ago():
    return timezone.localdate() - datetime.timedelta(days=365 * 10)


# How to make the identity that may not register, and the text that it gets.
REFUSALS = {
    "unknown": (lambda: None, None),
    "wrong birth date": (in_registry, None),
    "establishment": (lambda: in_registry(number="7001234567", birth_date=None), None),
    "no mobile": (lambda: in_registry(mobile=""), None),
    "minor": (lambda: in_registry(birth_date=ten_years_ago()), MINOR),
    "departed": (lambda: in_registry(status="departed"), DEPARTED),
    "deceased": (lambda: in_registry(status="deceased"), DECEASED),
    "has an account": (lambda: factories.UserFactory(identity=in_registry()).identity, KNOWN),
}


def ask_for_reason(client, reason, identity, language="en"):
    number = identity.current_number if identity else NUMBER
    born = (identity and identity.birth_date) or pages.BORN
    if reason == "wrong birth date":
        born += datetime.timedelta(days=1)
    return ask(client, number, born, language=language)


def test_refusal_reason_is_sent_only_to_mobile(db):
    for reason, (make, text) in REFUSALS.items():
        with undone():
            identity, client = make(), Client()
            accounts = User.objects.count()
            page = ask_for_reason(client, reason, identity)
            assert pages.place(page) == CODE, reason
            assert IF_RIGHT in words(page), reason
            assert errors_on(page) == notices_on(page) == [], reason
            guessed = client.post(CODE, {"code": code_in_last_message()})
            assert errors_on(guessed) == [pages.WRONG], reason
            assert texts() == ([(MOBILE, text)] if text else []), reason
            assert client.get(CHOOSE).url == REGISTER, reason
            assert User.objects.count() == accounts, reason


def code_in_last_message():
    """Return the six digits in the newest message, sent or not; arbitrary ones if it has none."""
    [text, *_earlier] = [decrypt(message.text) for message in Message.objects.order_by("-pk")]
    found = re.search(r"\b\d{6}\b", text)
    return found[0] if found else "000000"


def test_refusal_reason_is_in_page_language(db):
    for reason, (make, text) in REFUSALS.items():
        if text:
            with undone():
                ask_for_reason(Client(), reason, make(), language="ar")
                [(_recipient, arabic)] = texts()
                assert pages.is_arabic(arabic), reason


def test_birth_date_in_other_calendar_is_wrong(client, db):
    born = datetime.date(1408, 3, 14)
    in_registry(birth_date=born)
    form = {"number": NUMBER, **pages.born_on(born), "born_calendar": "hijri"}
    client.post(REGISTER, {**form, **picture_on(client.get(REGISTER))})
    assert texts() == []


def test_person_is_of_age_with_eighteen_hijri_years(db, clock):
    # It is half past midnight in Riyadh on 1 Muharram 1447; the person was born on 1 or 2
    # Muharram 1429.
    clock.now = datetime.datetime(2025, 6, 25, 21, 30, tzinfo=datetime.UTC)
    for day, is_of_age in ((10, True), (11, False)):
        with undone():
            born = datetime.date(2008, 1, day)
            in_registry(birth_date=born)
            ask(Client(), born=born)
            text = SAYS_CODE.format(pages.newest_code("register")) if is_of_age else MINOR
            assert texts() == [(MOBILE, text)], born


def test_missing_fields_are_named(client, db):
    assert errors_on(client.post(REGISTER, {"number": " "})) == [
        "Enter your ID number.",
        "Enter the day, the month and the year.",
        "Enter the digits in the picture.",
    ]


# Between the code and the last page


def test_changes_since_the_code_count(proven, registered):
    for changes, sentence in [
        (None, HAS_ONE),
        ({"status": "departed"}, NOT_OPEN),
        ({"status": "deceased"}, NOT_OPEN),
        ({"mobile": ""}, NOT_OPEN),
    ]:
        with undone():
            if changes:
                Identity.objects.update(**changes)
            else:
                factories.UserFactory(identity=registered, username="the-first")
            before = User.objects.count()
            assert errors_on(choose(proven)) == [sentence], changes
            assert User.objects.count() == before, changes
            assert proven.get(MY_PAGE).status_code == 302, changes


def test_taken_username_is_refused_and_input_kept(proven):
    factories.UserFactory(username="aslam")
    for typed in ("aslam", " ASLAM "):
        page = choose(proven, username=typed, language="ar")
        assert errors_on(page) == [pages.TAKEN], typed
        form = page.context["form"]
        assert (form["username"].value(), form["language"].value()) == (typed, "ar")
        assert factories.PASSWORD not in page.content.decode()
        assert User.objects.count() == 1
    assert choose(proven, username="aslam-2").url == MY_PAGE


def test_errors_on_last_page_are_named(proven):
    password = factories.PASSWORD
    form = {"username": "the-chosen-one", "new_password": password, "again": password}
    form["language"] = "en"
    guessable = ("kettle 0501234567 sofa", "kettle 2987654320", "mohammed aslam")
    for changes, sentence in [
        ({"username": ""}, "Choose a username."),
        ({"new_password": ""}, "Enter a new password."),
        ({"again": ""}, "Enter the new password again."),
        ({"again": "something-else-26"}, pages.NOT_THE_SAME),
        ({"language": ""}, "Choose a language."),
        ({"new_password": "short", "again": "short"}, pages.TOO_SHORT),
        *(
            ({"new_password": own_fact, "again": own_fact}, pages.GUESSABLE)
            for own_fact in (*guessable, "the-chosen-one sofa")
        ),
    ]:
        page = proven.post(CHOOSE, {**form, **changes})
        assert errors_on(page) == [sentence], changes
        assert password not in page.content.decode(), changes
        assert not User.objects.exists(), changes


# Out of order, twice, and too late


def test_skipped_step_redirects_to_first_page(client, registered):
    for address in (CODE, RESEND, CHOOSE):
        for page in (client.get(address, follow=True), client.post(address, follow=True)):
            assert place(page) == REGISTER, address
    ask(client)
    assert place(choose(client, follow=True)) == REGISTER
    assert not User.objects.exists()


def test_other_sessions_get_no_further(client, registered):
    ask(client)
    code = newest_code()
    elsewhere = Client()
    ask(elsewhere)  # it is too soon for a text of its own
    assert errors_on(elsewhere.post(CODE, {"code": code})) == [pages.WRONG]
    # The session from before the code is none from which to choose a password.
    stranger = Client()
    stranger.cookies["sessionid"] = client.cookies["sessionid"].value
    client.post(CODE, {"code": code})
    choose(stranger)
    assert not User.objects.exists()
    assert client.get(CHOOSE).status_code == 200


def test_last_page_is_valid_for_fifteen_minutes(proven):
    for minutes, is_in_time in ((16, False), (14, True)):
        with pages.minutes_later(minutes):
            assert proven.get(CHOOSE).status_code == (200 if is_in_time else 302)
            choose(proven)
            assert User.objects.exists() == is_in_time


# While the registry is unavailable


def test_each_step_waits_while_registry_is_down(client, registered):
    with pages.registry_away():
        [arabic] = errors_on(ask(client, language="ar"))
        page = ask(client)
    assert pages.is_arabic(arabic)
    assert place(page) == REGISTER
    assert errors_on(page) == [AWAY]
    assert page.context["form"]["number"].value() == NUMBER
    assert texts() == []
    assert not OneTimeCode.objects.exists()
    # The same page works once the registry is back.
    form = {"number": NUMBER, **pages.born_on(), **picture_on(page)}
    assert client.post(REGISTER, form).url == CODE

    code = newest_code()
    pages.age_codes(61)
    with pages.registry_away():
        assert notices_on(pages.ask_again(client, REGISTER)) == [AWAY]
        assert len(texts()) == 1
        assert place(pages.give_code_to(CODE, client, code)) == CHOOSE
        page = choose(client)
    assert errors_on(page) == [AWAY]
    assert page.context["form"]["username"].value() == "aslam"
    assert not User.objects.exists()
    assert choose(client).url == MY_PAGE


def test_sign_in_while_registry_is_down_leaves_code_valid(client, person):
    client.post(pages.SIGN_IN, {"login": "aslam", "password": factories.PASSWORD})
    code = factories.code_sent_to(person, "sign_in")
    with pages.registry_away():
        assert errors_on(client.post(pages.CODE, {"code": code})) == [AWAY]
        assert client.get(MY_PAGE).status_code == 302
    assert OneTimeCode.objects.get().tries == 0
    assert client.post(pages.CODE, {"code": code}).url == MY_PAGE


# Takeover


def test_registering_while_signed_in_changes_no_user(registered):
    browser = signed_in(factories.UserFactory())
    prove(browser)
    assert place(choose(browser, follow=True)) == MY_PAGE
    assert User.objects.get(pk=browser.session["_auth_user_id"]).identity == registered
    assert browser.session.get("acting_as") is None


def test_extra_form_fields_make_nobody_staff(proven, registered):
    password = factories.PASSWORD
    form = {"username": "aslam", "new_password": password, "again": password, "language": "en"}
    extra = {"is_staff": "1", "is_superuser": "1", "mobile": "+966509999999"}
    extra["identity"] = str(factories.IdentityFactory().pk)
    proven.post(CHOOSE, {**form, **extra})
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, str(user.mobile)) == (False, False, MOBILE)
    assert user.identity == registered
