"""Passwords that are refused, with their sentences, and good ones that must be accepted."""

import datetime
import random
import string
from pathlib import Path

import pytest
from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    password_validators_help_texts,
    validate_password,
)
from django.core.exceptions import ValidationError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.accounts import password_validation, passwords
from core.accounts.models import Identity, IdentityNumber, User
from tawasul.portal.management.commands.load_demo import PASSWORD as PASSWORD_OF_THE_DEMO
from tests import factories
from tests.core.accounts.sample_passwords import (
    COMMON_IN_ARABIC_LETTERS,
    COMMON_IN_LATIN_LETTERS,
    GOOD_IN_ARABIC_LETTERS,
    GOOD_IN_LATIN_LETTERS,
    samples,
)

SHORT = "This password has fewer than 8 characters. Use a longer one."
LONG = "This password has more than 128 characters. Use a shorter one."
COMMON = "This password is one of the commonly used ones. Choose one that is harder to guess."
ABOUT = "This password can be guessed from what is known about you. Choose another."

LISTS = Path(password_validation.__file__).parent / "common_passwords"
OPENINGS = """
    ال يا أبو بو أم ابن بن بنت عبد نادي أحب أحبك و وال
    al el ya abu abo bu umm um om ibn bin bint abdul abdel ilove my mr dr wa wal
"""
RUNS = """
    abcd uvwxyz ابتثجح كلمنهوي ابجدهوز قرشتثخذ 0123 67890 13579 24680 147 369 159 2580
    qwerty iop[] asdfgh jkl;' zxcvb nm,./ azerty qsdfg jklm wxcvbn
    1qaz 2wsx 3edc 4rfv 5tgb 6yhn 7ujm 8ik, 9ol. 0p;/ 4esz 5rdx 6tfc 7ygv 8uhb 9ijn 0okm
"""
LATIN_ROWS = "qwertyuiop[]asdfghjkl;'zxcvnm,./`"
ARABIC_ROWS = "ضصثقفغعهخحجدشسيبلاتنمكطئءؤرىةوزظذ"
LATIN_CAPITALS = "Q W E R T Y U I O P A S D F G H J K L Z X C V B N M"
WITH_SHIFT_IN_ARABIC = "َ ً ُ ٌ لإ إ ‘ ÷ × ؛ ِ ٍ ] [ لأ أ ـ ، / ~ ْ } { لآ آ ’"

PERSONAL = samples("""
owlery-91  my owlery-91 key  OWLERY91 forever  moonlit.garden@example.com  the-Moonlit-Garden-door
moonlitgarden  Garden!Moonlit7  owlery.7391  kettle 0541028375  kettle+966 54 102 8375
kettle-0557391846  noura-qurashi  Noura.Saad.84  SaadNoura73!  Qurashi#7391  Al-Qurashi73
alqurashi 73  kettle30071991  kettle 19913007  kettle 1991-7-30  kettle 91-07-30  kettle 30/7/1991
kettle-1991-07-30  kettle 07.30.1991  kettle300791  kettle 14120119
خصمثقغ-٩١ ونافذة  ٠٥٤١٠٢٨٣٧٥ وسادة  نورة سعد ٨٤  نوره القرشي  سعدالقرشي٨٤  قرشي7391!
3 نورة 7 القرشي 1  وسادة ١٩/٠١/١٤١٢  وسادة ١٩-١-١٤١٢
""")
NOT_PERSONAL = samples("""
noura drinks her coffee black  نورة تشرب قهوتها سوداء  garden of pale roses  qurashi-kettle-1412
kettle 0541028376  kettle 29071991
""")


def said_to(password, user=None):
    """Return the sentences with which `password` is refused; none if it is accepted."""
    try:
        validate_password(password, user)
    except ValidationError as refused:
        return refused.messages
    return []


def not_called_common(passwords):
    """Return those of the passwords that are not refused as common."""
    return [password for password in passwords if COMMON not in said_to(password)]


def entries(name):
    return (LISTS / name).read_text(encoding="utf-8").splitlines()


def test_password_has_8_to_128_characters():
    for password, said in [
        ("kT4#wz9", [SHORT]),
        ("kT4#wz9!", []),
        (" T4#wz9 ", []),
        ("ثلاثون", [SHORT]),
        ("قلم أزرق", []),
        ("kT4#wz9!" * 15 + "8characs", []),
        ("kT4#wz9!" * 15 + "9characte", [LONG]),
        ("kT4#wz9!" * 100_000, [LONG]),
    ]:
        assert said_to(password) == said, (password[:20], len(password))


def test_overlong_password_is_refused_before_it_is_read(monkeypatch):
    assert said_to("mohammed" * 17) == [LONG]
    for module in (passwords, password_validation):
        monkeypatch.setattr(module, "unicodedata", None)
    assert said_to("\u0651\u064e" * 300) == [LONG]


def test_password_of_phrase_ligatures_is_judged_by_beginning():
    assert said_to("ﷲ" * 124 + "kT4#") == [COMMON]
    assert said_to("kT4# wz9 " + "ﷺ" * 119) == []


def test_letter_with_marks_is_one_character():
    composed, decomposed = "kñté4wz", "kn\u0303te\u03014wz"
    assert said_to(composed) == said_to(decomposed) == [SHORT]
    assert said_to(composed + "ô") == said_to(decomposed + "o\u0302") == []
    assert said_to("kñ5ôtwzé" * 15 + "kn\u03035ôtwzé") == []
    assert said_to("\u03b1\u0313\u0300\u0345" * 127 + "9") == [COMMON]
    assert said_to("\u03b1\u0313\u0300\u0345" * 127 + "wz") == [LONG]


# Common passwords


def test_common_password_is_refused():
    assert not_called_common([*COMMON_IN_LATIN_LETTERS, *COMMON_IN_ARABIC_LETTERS]) == []


def test_good_password_is_accepted():
    for password in (*GOOD_IN_LATIN_LETTERS, *GOOD_IN_ARABIC_LETTERS):
        assert said_to(password) == [], password


def test_listed_word_is_refused_after_article():
    words = ("qahtani", "قحطاني")
    assert (
        not_called_common(f"{start}{word}2931" for word in words for start in OPENINGS.split())
        == []
    )


def test_listed_word_is_refused_before_ending():
    words = ("qahtanis", "najranes", "قحطانيي", "قحطانيات", "قحطانيون", "قحطانيين", "قحطانينا")
    assert not_called_common(f"{word}2931" for word in words) == []


def test_key_and_letter_runs_are_refused_in_both_directions():
    assert not_called_common(f"{run[3::-1]}cdef{run[:4]}" for run in RUNS.split()) == []


def test_listed_word_is_refused_among_digits_and_signs():
    words = (*entries("arabic.txt"), *entries("latin.txt"))
    assert (
        not_called_common(form.format(word) for word in words for form in ("{}@2931", "20-{}!"))
        == []
    )


def test_listed_latin_word_is_refused_on_arabic_layout():
    keys = dict(zip(LATIN_ROWS, ARABIC_ROWS, strict=True)) | {"b": "لا"}
    keys |= zip(LATIN_CAPITALS.split(), WITH_SHIFT_IN_ARABIC.split(), strict=True)
    keys = str.maketrans(keys)
    # The b key types the letters of the g and h keys, and one password is read in one way only.
    words = [word for word in entries("latin.txt") if not ("b" in word and "gh" in word)]
    for word in (*words, "xbox", "pass"):
        typed = [f"{word.lower()}2931".translate(keys), f"{word.capitalize()}2931".translate(keys)]
        assert not_called_common(typed) == [], word


def test_listed_arabic_word_is_refused_on_latin_layout():
    keys = str.maketrans(dict(zip(ARABIC_ROWS, LATIN_ROWS, strict=True)) | {"أ": "H"})
    # The keys are read without Shift, which would give other letters for these two words only.
    words = [word for word in entries("arabic.txt") if not set(word) & set("إآ")]
    assert (
        not_called_common(word.replace("لا", "b").translate(keys) + "2931" for word in words) == []
    )


def test_well_known_passwords_are_refused_in_capitals():
    long_enough = sorted(word for word in CommonPasswordValidator().passwords if len(word) >= 8)
    assert not_called_common(map(str.upper, random.Random(26).sample(long_enough, 1000))) == []


def test_random_password_is_accepted():
    arabic = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
    alphanumeric = string.ascii_letters + string.digits
    for characters in (
        *(string.ascii_lowercase, alphanumeric, alphanumeric + "!#$%&*+-=?@_"),
        *(arabic, arabic + "٠١٢٣٤٥٦٧٨٩"),
    ):
        draw = random.Random(26)
        drawn = ["".join(draw.choices(characters, k=length)) for length in (12, 16, 32) * 100]
        assert [password for password in drawn if said_to(password)] == []


def test_lists_have_no_duplicate_and_no_too_short_word():
    words = [entry.casefold() for name in ("arabic.txt", "latin.txt") for entry in entries(name)]
    assert len(words) == len(set(words))
    assert [word for word in words if len(word.strip()) < 3 or word != word.strip()] == []


# Personal facts


def person(**changes):
    """Return a user who is not in the database."""
    identity = Identity(
        name_ar="نورة بنت سعد القرشي",
        name_en="Noura Saad Al-Qurashi",
        birth_date=datetime.date(1991, 7, 30),  # 19 Muharram 1412
        mobile="+966557391846",
    )
    facts = {
        "username": "owlery-91",
        "email": "moonlit.garden@example.com",
        "mobile": "+966541028375",
        "identity": identity,
    }
    return User(**{**facts, **changes})


def test_password_from_personal_facts_is_refused():
    for password in PERSONAL:
        assert ABOUT in said_to(password, person()), password
        assert ABOUT not in said_to(password), password


def test_password_resembling_a_fact_is_accepted():
    good = (PASSWORD_OF_THE_DEMO, *GOOD_IN_LATIN_LETTERS[:5], *GOOD_IN_ARABIC_LETTERS[:5])
    for password in (*NOT_PERSONAL, *good):
        assert said_to(password, person()) == [], password


def test_facts_count_from_four_characters():
    somebody = person(username="k.q", email="xyl@example.com", mobile="not a number")
    assert said_to("the xylophone and a kettle", somebody) == []
    assert said_to("kq-qk 73 91 26", somebody) == []
    assert said_to("xyl.7391-846", somebody) == []
    assert said_to("none of my kettles", somebody) == []
    assert said_to("hannah and a banana", person(username="hann")) == [ABOUT]


def test_good_password_is_accepted_without_known_facts():
    blank = Identity(name_ar=" ", name_en="-", birth_date=datetime.date(1900, 1, 1))
    for user in (
        None,
        User(),
        User(username="somebody", identity=None),
        User(username="somebody", mobile="not a number", email="not an address"),
        User(identity=Identity()),
        User(identity=blank),
    ):
        assert said_to("kettle-violin-marsh", user) == [], user and vars(user)


def test_birth_date_before_hijri_tables_counts_in_gregorian():
    elder = User(identity=Identity(birth_date=datetime.date(1921, 5, 17)))
    assert said_to("kettle 17/05/1921", elder) == [ABOUT]


@pytest.mark.django_db
def test_password_with_current_or_former_number_is_refused():
    identity = factories.IdentityFactory(number="2093847561")
    IdentityNumber.objects.create(number="3102938475", identity=identity, is_current=False)
    stranger = factories.IdentityFactory(number="2000000006")
    for password in ("kettle 2093847561", "٣١٠٢٩٣٨٤٧٥ وسادة", "2093-847-561 tea"):
        assert said_to(password, User(username="somebody", identity=identity)) == [ABOUT], password
        assert said_to(password, User(username="somebody", identity=stranger)) == [], password


@pytest.mark.django_db
def test_passwords_of_tests_and_demo_are_accepted():
    for username in ("aslam", "noura", "officer"):
        user = factories.UserFactory(username=username)
        assert said_to(factories.PASSWORD, user) == said_to(PASSWORD_OF_THE_DEMO, user) == []


def test_all_errors_are_named_at_once():
    somebody = person(username="muhammad")
    assert said_to("Muhammad12", somebody) == [COMMON, ABOUT]
    assert said_to("noura", somebody) == [SHORT, COMMON, ABOUT]


def test_rules_are_shown_beforehand():
    assert password_validators_help_texts() == [
        "Use 8 to 128 characters. Several words in a row make a good password.",
        "Do not use a common word or name, not even with digits or a year after it.",
        "Do not use your name, username, ID number, mobile number, e-mail address "
        "or date of birth.",
    ]


@given(st.text(max_size=200) | st.text("\0\n لاأ0٣@aİ\u0301\u064e\u0651\u0640\ufefb", max_size=200))
@settings(deadline=None)
@example("")
@example("\0")
@example("\0" * 128)
@example("\u064e" * 128)
@example("\u0651\u064e" * 64)
@example("ﷺ" * 128)
@example("ال" * 64)
@example("لا" * 64)
@example("a" * 127 + "!")
@example("a@" * 64)
@example("0" + "a" * 126 + "0")
@example("İstanbul" * 16)
def test_any_text_is_judged_with_own_sentences(text):
    assert set(said_to(text, person())) <= {SHORT, LONG, COMMON, ABOUT}
