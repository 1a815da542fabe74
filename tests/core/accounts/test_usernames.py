"""Usernames: no two look or read alike, and none could be an ID number."""

import datetime
import re

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import example, given
from hypothesis import strategies as st

from core.accounts.models import User, canonical_login
from core.identity_numbers import is_identity_number
from core.text import bare_digits
from tests import factories
from tests.conftest import errors_on, picture_on

REGISTER = "/en/account/register/"
CHOOSE = "/en/account/register/choose/"
SIGN_IN = "/en/account/sign-in/"

NUMBER, MOBILE = "2987654320", "+966501234567"
SOMEBODYS_NUMBER = "1098765432"

SHAPE = "Use 3 to 30 small letters a-z, digits, dots, dashes and underscores; begin with a letter."
TAKEN = "This username is taken. Choose another."
EMPTY = "Choose a username."
DO_NOT_MATCH = "This username or ID number and this password do not match. Check both."

# The typed spelling, and the existing username as which it is read.
SAME_NAMES = [
    ("ASLAM", "aslam"),
    ("aSlAm", "aslam"),
    (" aslam ", "aslam"),
    ("aslam\n", "aslam"),
    ("\r\n\taslam", "aslam"),
    ("aslam\u00a0", "aslam"),
    ("aslam\0", "aslam"),
    ("as\0lam", "aslam"),
    ("aslam\u200e", "aslam"),
    ("\u202easlam\u202c", "aslam"),
    ("as\u2066lam\u2069", "aslam"),
    ("as\u200blam", "aslam"),
    ("as\u00adlam", "aslam"),
    ("\ufeffaslam", "aslam"),
    ("ALI-KHAN", "ali-khan"),
    ("ali-\u212ahan", "ali-khan"),  # the Kelvin sign
]
# The typed spelling, and the existing username that it looks like.
TWINS = [
    ("a\u017flam", "aslam"),  # a long s
    ("ａｓｌａｍ", "aslam"),
    ("\u0430slam", "aslam"),  # a Cyrillic a
    ("asl\u03b1m", "aslam"),  # a Greek alpha
    ("a\u0301slam", "aslam"),
    ("aslam\u0301", "aslam"),
    ("aslam\ufe0f", "aslam"),
    ("as\u200dlam", "aslam"),  # a joiner, which Persian words keep
    ("aslam\u200c", "aslam"),
    ("as lam", "aslam"),
    ("\U0001d41aslam", "aslam"),  # a bold a
    ("\u24d0slam", "aslam"),
    ("\u00aaslam", "aslam"),
    ("al\u0130-khan", "ali-khan"),
    ("AL\u0130-KHAN", "ali-khan"),
    ("al\u0131-khan", "ali-khan"),
    ("ali\u2010khan", "ali-khan"),
    ("ali\u2212khan", "ali-khan"),
    ("o\ufb03cer-7", "officer-7"),
    ("o\ufb00icer-7", "officer-7"),
    ("officer-\u0667", "officer-7"),
    ("officer-\uff17", "officer-7"),
    ("officer-\u2077", "officer-7"),
]
NUMBERS = [
    SOMEBODYS_NUMBER,
    "١٠٩٨٧٦٥٤٣٢",
    "۱۰۹۸۷۶۵۴۳۲",
    "１０９８７６５４３２",
    "१०९८७६५४३२",
    "1098-765-432",
    "1.098.765.432",
    "1098_765_432",
    "\u202a1098765432\u202c",
    " 1098765432\n",
    "2999999999",
    "7001234567",
]


def named(value):
    """Return the id of a parameter, with invisible characters escaped."""
    return ascii(value)


@pytest.fixture
def others(db):
    """Create users with all usernames of the samples, each with a password of its own."""
    names = ("aslam", "ali-khan", "officer-7")
    others = {name: factories.UserFactory(username=name, password=f"of {name}") for name in names}
    identity = factories.IdentityFactory(number=SOMEBODYS_NUMBER)
    others["somebody"] = factories.UserFactory(username="somebody", identity=identity)
    return others


@pytest.fixture
def proven(client, others):
    """Return a browser that has come as far as choosing a username."""
    born = datetime.date(1986, 3, 14)
    factories.IdentityFactory(number=NUMBER, mobile=MOBILE, birth_date=born)
    typed = {"born_calendar": "gregorian", "born_day": "14", "born_month": "3"}
    typed |= {"born_year": "1986", "number": NUMBER}
    client.post(REGISTER, {**typed, **picture_on(client.get(REGISTER))})
    client.post(f"{REGISTER}code/", {"code": factories.code_sent_to(None, "register")})
    return client


def choose(client, username):
    password = factories.PASSWORD
    form = {"username": username, "new_password": password, "again": password, "language": "en"}
    return client.post(CHOOSE, form)


def accounts():
    return set(User.objects.values_list("username", "identity", "password"))


# Registration


@pytest.mark.parametrize(("typed", "name"), SAME_NAMES, ids=named)
def test_another_spelling_of_a_username_is_taken(proven, typed, name):
    before = accounts()
    assert errors_on(choose(proven, typed)) == [TAKEN]
    assert accounts() == before


@pytest.mark.parametrize(("typed", "name"), TWINS, ids=named)
def test_lookalike_username_is_refused(proven, typed, name):
    before = accounts()
    assert errors_on(choose(proven, typed)) == [SHAPE]
    assert accounts() == before


@pytest.mark.parametrize("typed", NUMBERS, ids=named)
def test_id_number_is_no_username(proven, typed):
    before = accounts()
    assert errors_on(choose(proven, typed)) == [SHAPE]
    assert accounts() == before


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", EMPTY),
        (" \u200e\0", EMPTY),
        ("ab", SHAPE),
        ("a" * 31, SHAPE),
        ("7aslam", SHAPE),
        (".aslam", SHAPE),
        ("aslam@home", SHAPE),
        ("<b>aslam", SHAPE),
        ("أسلم", SHAPE),
    ],
)
def test_invalid_username_is_refused_with_one_sentence(proven, typed, told):
    before = accounts()
    assert errors_on(choose(proven, typed)) == [told]
    assert accounts() == before


@pytest.mark.parametrize(
    ("typed", "username"),
    [
        ("abc", "abc"),
        ("a" * 30, "a" * 30),
        ("n2987654320", "n2987654320"),
        ("Aslam.K_2-x", "aslam.k_2-x"),
        ("aslam-2\u200e", "aslam-2"),
        ("aslam-", "aslam-"),
    ],
)
def test_username_has_one_stored_form(proven, typed, username):
    assert choose(proven, typed).status_code == 302
    user = User.objects.latest("pk")
    assert user.username == username
    proven.post("/en/account/sign-out/")
    for login in (typed, username, username.upper()):
        assert (
            proven.post(SIGN_IN, {"login": login, "password": factories.PASSWORD}).status_code
            == 302
        )


# Sign-in


@pytest.mark.parametrize(("typed", "name"), SAME_NAMES, ids=named)
def test_other_spelling_signs_in_to_the_same_account(client, others, typed, name):
    assert errors_on(client.post(SIGN_IN, {"login": typed, "password": "of another"})) == [
        DO_NOT_MATCH
    ]
    client.post(SIGN_IN, {"login": typed, "password": f"of {name}"})
    code = factories.code_sent_to(others[name], "sign_in")
    client.post("/en/account/code/", {"code": code})
    assert client.session["_auth_user_id"] == str(others[name].pk)


@pytest.mark.parametrize(("typed", "name"), TWINS, ids=named)
def test_lookalike_username_signs_nobody_in(client, others, typed, name):
    page = client.post(SIGN_IN, {"login": typed, "password": f"of {name}"})
    assert errors_on(page) == [DO_NOT_MATCH]


def test_login_by_number_finds_its_owner(client, others, proven):
    choose(proven, "n1098765432")
    for typed in NUMBERS[:-2]:
        found = User.objects.by_login(typed)
        assert [user.username for user in found] == ["somebody"]


# Without the pages: the model and the database


@pytest.mark.parametrize(("typed", "name"), SAME_NAMES, ids=named)
def test_model_refuses_second_spelling_of_username(others, typed, name):
    before = accounts()
    with pytest.raises(ValidationError) as refused:
        User.objects.create_user(typed, factories.PASSWORD)
    assert refused.value.message_dict == {"username": [TAKEN]}
    assert accounts() == before


@pytest.mark.parametrize(
    "typed", [*(typed for typed, _name in TWINS), *NUMBERS, "", "ab"], ids=named
)
def test_model_refuses_lookalike_or_number(others, typed):
    before = accounts()
    for create in (User.objects.create_user, User.objects.create_superuser):
        with pytest.raises(ValidationError) as refused:
            create(typed, factories.PASSWORD)
        assert set(refused.value.message_dict) == {"username"}
    assert accounts() == before


@pytest.mark.parametrize(
    "username",
    ["Aslam", "aslam ", "ａｓｌａｍ", "\u0430slam", "as\u0301lam", *NUMBERS[:4]],
    ids=named,
)
def test_database_constraint_refuses_usernames(others, username):
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
