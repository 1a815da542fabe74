"""Cleaning and folding of typed text: removed characters, kept ones, and equal spellings."""

import unicodedata

import pytest
from django import forms
from hypothesis import example, given
from hypothesis import strategies as st

from core.arabic_spelling import fold
from core.text import TextField, ascii_digits, clean, single_line

ANYTHING = st.text()
# Arabic letters that people interchange, with marks, spaces and signs around them.
ARABIC = st.text(alphabet="ابتلمنهويأإآٱىئیؤةۀہكکءَُِّْـ ٠١٢۳۴۵-.،", max_size=30)
SPELLINGS = [
    *(("أحمد", "احمد"), ("إيمان", "ايمان"), ("آمنة", "امنه"), ("مُحَمَّد", "محمد")),
    *(("محـــمد", "محمد"), ("مصطفى", "مصطفي"), ("کریم", "كريم"), ("العتيبي", "عتيبي")),
    *(("والإقامة", "إقامة"), ("AL-OTAIBI", "al otaibi"), ("Straße", "STRASSE")),
    *(("١٢-٣٤", "12 34"), ("ﻣﺤﻤﺪ", "محمد"), ("a_b", "a b")),
]

# Joiners, variation selectors, fillers, blank letters, marks and the tatweel, alone or together.
NOTHING_TO_READ = [
    *("\u200d", "\u200c", "\u034f", "\u2800", "\u3164", "\u115f", "\u1160", "\uffa0", "\u00ad"),
    *("\ufe0f", "\U000e0100", "\u180e", "\u2060", "\ufeff", "\ufffc", "\U0001d159", "\u17b4"),
    *("\u0301", "\u064e\u0651", "\u0903", "\u20dd", "\u0640\u0640", "\u00a0\u3000"),
    " \u200d\n\u0640\u200c\u064e ",
]


def test_digits_of_all_scripts_are_read_and_lookalikes_kept():
    for typed, read in (
        *(("١٩٨٧٦٥٤٣٢٢", "1987654322"), ("۲۹۸۷۶۵۴۳۲۰", "2987654320"), ("０１２９", "0129")),
        *(("०१२ ৩৪", "012 34"), ("12 abc", "12 abc"), ("²①½Ⅷ", "²①½Ⅷ")),
    ):
        assert ascii_digits(typed) == read


@given(ANYTHING)
def test_reading_changes_only_digits_and_only_once(text):
    read = ascii_digits(text)
    assert len(read) == len(text)
    for before, after in zip(text, read, strict=True):
        assert after == before or (before.isdecimal() and after in "0123456789")
    assert ascii_digits(read) == read


INVISIBLE = "\0\x07\x1b\x7f\x85\u061c\u200b\u200e\u200f\u202a\u202e\u2066\u2069\ufeff\u00ad"


@given(st.text(alphabet=st.characters() | st.sampled_from(INVISIBLE)))
@example(f"a{INVISIBLE}b")
def test_cleaned_text_has_no_nul_and_no_bidi_mark(text):
    cleaned = clean(text)
    assert not set(cleaned) & set(INVISIBLE)
    assert "\r" not in cleaned
    assert cleaned == cleaned.strip()


@given(ANYTHING)
def test_cleaning_twice_is_cleaning_once(text):
    assert clean(clean(text)) == clean(text)
    assert single_line(single_line(text)) == single_line(text)


def test_cleaning_keeps_line_breaks_or_makes_one_line():
    assert clean("  می\u200cخواهم\r\nsecond\rthird\n") == "می\u200cخواهم\nsecond\nthird"
    assert clean("e\u0301") == "é"
    assert single_line(" Mohammed\t\tAslam \r\n Khan\u2028") == "Mohammed Aslam Khan"


def test_text_without_anything_to_read_is_blank():
    for typed in NOTHING_TO_READ:
        assert clean(typed) == single_line(typed) == "", ascii(typed)
    for typed in (
        "می\u200cخواهم",
        "ہے\u200d",
        "م\u064e",
        "منـــى",
        "?",
        "5",
        "❤\ufe0f",
        "👩\u200d🔧",
    ):
        assert clean(typed) == typed


def test_only_spellings_of_one_word_are_one():
    for one, other in SPELLINGS:
        assert fold(one) == fold(other)
    for one, other in (("علي", "عليا"), ("khan", "khen"), ("ال", "")):
        assert fold(one) != fold(other)


@given(ANYTHING | ARABIC)
@example("الالكتروني")
@example("الألباني")
def test_folded_text_is_words_and_stays_when_folded_again(text):
    folded = fold(text)
    assert fold(folded) == folded
    assert folded == " ".join(folded.split())
    assert all(char.isalnum() or char == " " for char in folded)
    assert unicodedata.normalize("NFC", folded) == folded


def test_field_strips_invisible_characters_and_counts_the_rest():
    assert TextField().clean(" a\x07\u202eb \n c ") == "ab c"
    assert TextField(multiline=True).clean("a\x07\r\n b\u200f") == "a\n b"
    assert TextField(max_length=3).clean(" a\u200fb\x07c ") == "abc"


def test_field_refuses_empty_and_unreadable_text():
    for code, typed in {
        "required": ["", " \n ", "\u200b\u202e", *NOTHING_TO_READ],
        "unreadable": ["\0", "before \0 after", "before \ufffd after"],
    }.items():
        for text in typed:
            with pytest.raises(forms.ValidationError) as refused:
                TextField().clean(text)
            assert refused.value.code == code, ascii(text)


def test_long_run_of_marks_is_cut_quickly():
    """Normalisation sorts marks: 100,000 of them would exceed the time limit of a test."""
    marks = "\u0651\u064e" * 50_000
    assert len(clean(f"a{marks}b")) == 32
    assert clean("م" + "\u0651\u064e" + "ب") == "م" + "\u064e\u0651" + "ب"
