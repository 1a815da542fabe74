"""Usernames: no two look or read alike, and none could be an ID number."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from core.accounts.models import User, canonical_login
from core.identity_numbers import is_identity_number
from core.text import bare_digits
from tests import factories
from tests.conftest import errors_on
from tests.core.accounts import pages
from tests.core.accounts.pages import CODE, DO_NOT_MATCH, SIGN_IN, SIGN_OUT, TAKEN, choose
from tests.worlds import undone

SOMEBODYS_NUMBER = "1098765432"

SHAPE = "Use 3 to 30 small letters a-z, digits, dots, dashes and underscores; begin with a letter."
EMPTY = "Choose a username."

# Spellings that are read as an existing username: (typed, username).
SAME_NAMES = [
    *((typed, "aslam") for typed in ("ASLAM", "aSlAm", " aslam ", "aslam\n", "\r\n\taslam")),
    *((typed, "aslam") for typed in ("aslam\u00a0", "aslam\x07", "as\x07lam", "aslam\u200e")),
    *((typed, "aslam") for typed in ("\u202easlam\u202c", "as\u2066lam\u2069", "as\u200blam")),
    *((typed, "aslam") for typed in ("as\u00adlam", "\ufeffaslam")),
    ("ALI-KHAN", "ali-khan"),
    ("ali-\u212ahan", "ali-khan"),  # the Kelvin sign
]
# Spellings that look like an existing username: (typed, username).
TWINS = [
    ("a\u017flam", "aslam"),  # a long s
    ("ａｓｌａｍ", "aslam"),
    ("\u0430slam", "aslam"),  # a Cyrillic a
    ("asl\u03b1m", "aslam"),  # a Greek alpha
    *((typed, "aslam") for typed in ("a\u0301slam", "aslam\u0301", "aslam\ufe0f")),
    ("as\u200dlam", "aslam"),  # a joiner, which Persian words keep
    *((typed, "aslam") for typed in ("aslam\u200c", "as lam", "\u24d0slam", "\u00aaslam")),
    ("\U0001d41aslam", "aslam"),  # a bold a
    *((typed, "ali-khan") for typed in ("al\u0130-khan", "AL\u0130-KHAN", "al\u0131-khan")),
    *((typed, "ali-khan") for typed in ("ali\u2010khan", "ali\u2212khan")),
    *((typed, "officer-7") for typed in ("o\ufb03cer-7", "o\ufb00icer-7", "officer-\u0667")),
    *((typed, "officer-7") for typed in ("officer-\uff17", "officer-\u2077")),
]
NUMBERS = [
    *(SOMEBODYS_NUMBER, "١٠٩٨٧٦٥٤٣٢", "۱۰۹۸۷۶۵۴۳۲", "１０９８７６５４３２", "१०९८७६५४३२"),
    *("1098-765-432", "1.098.765.432", "1098_765_432", "\u202a1098765432\u202c", " 1098765432\n"),
    *("2999999999", "7001234567"),
]
INVALID = [
    *(("", EMPTY), (" \u200e\x07", EMPTY)),
    *((typed, SHAPE) for typed in ("ab", "a" * 31, "7aslam", ".aslam", "aslam@home", "<b>aslam")),
    ("أسلم", SHAPE),
]


@pytest.fixture
def others(db):
    """Create users with all usernames of the samples, each with a password of its own."""
    names = ("aslam", "ali-khan", "officer-7")
    others = {name: factories.UserFactory(username=name, password=f"of {name}") for name in names}
    identity = factories.IdentityFactory(number=SOMEBODYS_NUMBER)
    others["somebody"] = factories.UserFactory(username="somebody", identity=identity)
    return others


@pytest.fixture
def proven(client, others, registered):
    """Return a browser that has come as far as choosing a username."""
    pages.prove_to_register(client)
    return client


def accounts():
    return set(User.objects.values_list("username", "identity", "password"))


def test_taken_lookalike_and_invalid_usernames_are_refused(proven):
    before = accounts()
    cases = [(typed, TAKEN) for typed, _name in SAME_NAMES]
    cases += [(typed, SHAPE) for typed in (*dict(TWINS), *NUMBERS)]
    for typed, told in [*cases, *INVALID]:
        assert errors_on(choose(proven, typed)) == [told], ascii(typed)
        assert accounts() == before, ascii(typed)


def test_username_has_one_stored_form(proven):
    for typed, username in [
        ("abc", "abc"),
        ("a" * 30, "a" * 30),
        ("n2987654320", "n2987654320"),
        ("Aslam.K_2-x", "aslam.k_2-x"),
        ("aslam-2\u200e", "aslam-2"),
        ("aslam-", "aslam-"),
    ]:
        with undone():
            browser = Client()
            browser.cookies.update(proven.cookies)
            assert choose(browser, typed).status_code == 302, typed
            assert User.objects.latest("pk").username == username
            browser.post(SIGN_OUT)
            for login in (typed, username, username.upper()):
                form = {"login": login, "password": factories.PASSWORD}
                assert browser.post(SIGN_IN, form).status_code == 302, login


def test_other_spelling_signs_in_to_the_same_account(others):
    for typed, name in SAME_NAMES:
        with undone():
            browser = Client()
            wrong = browser.post(SIGN_IN, {"login": typed, "password": "of another"})
            assert errors_on(wrong) == [DO_NOT_MATCH], ascii(typed)
            browser.post(SIGN_IN, {"login": typed, "password": f"of {name}"})
            browser.post(CODE, {"code": factories.code_sent_to(others[name], "sign_in")})
            assert browser.session["_auth_user_id"] == str(others[name].pk), ascii(typed)


def test_lookalike_username_signs_nobody_in(client, others):
    for typed, name in TWINS:
        page = client.post(SIGN_IN, {"login": typed, "password": f"of {name}"})
        assert errors_on(page) == [DO_NOT_MATCH], ascii(typed)


def test_login_by_number_finds_its_owner(proven):
    choose(proven, "n1098765432")
    for typed in NUMBERS[:-2]:
        found = User.objects.by_login(typed)
        assert [user.username for user in found] == ["somebody"], ascii(typed)


def errors_of(create, typed):
    """Return the errors with which the model refuses a username; none if it takes it."""
    try:
        create(typed, factories.PASSWORD)
    except ValidationError as refused:
        return refused.message_dict
    return {}


def test_model_refuses_second_spelling_of_username(others):
    before = accounts()
    for typed, _name in SAME_NAMES:
        assert errors_of(User.objects.create_user, typed) == {"username": [TAKEN]}, ascii(typed)
    assert accounts() == before


def test_model_refuses_lookalike_or_number(others):
    before = accounts()
    for typed in (*dict(TWINS), *NUMBERS, "", "ab"):
        for create in (User.objects.create_user, User.objects.create_superuser):
            assert set(errors_of(create, typed)) == {"username"}, ascii(typed)
    assert accounts() == before


def test_database_constraint_refuses_usernames(others):
    for username in ("Aslam", "aslam ", "ａｓｌａｍ", "\u0430slam", "as\u0301lam", *NUMBERS[:4]):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create(username=username)


def is_a_username(typed):
    """Return the stored form of a valid username, taken or not; None if it is invalid."""
    username = User.objects.normalize_username(typed)
    try:
        User._meta.get_field("username").run_validators(username)
    except ValidationError:
        return None
    return username


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.from_regex(r"\w{3,12}"))
@example("\u212aelvin")
@example("1098765432")
def test_any_input_gives_one_form_that_is_no_number(typed):
    username = is_a_username(typed)
    if username:
        assert re.fullmatch(r"[a-z][a-z0-9._-]{2,29}", username)
        assert canonical_login(typed) == canonical_login(username) == username
        assert not is_identity_number(bare_digits(typed))
