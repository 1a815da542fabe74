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


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("١٩٨٧٦٥٤٣٢٢", "1987654322"),
        ("۲۹۸۷۶۵۴۳۲۰", "2987654320"),
        ("０１２９", "0129"),
        ("०१२ ৩৪", "012 34"),
        ("12 abc", "12 abc"),
        ("²①½Ⅷ", "²①½Ⅷ"),
    ],
)
def test_digits_of_all_scripts_are_read_and_lookalikes_kept(typed, read):
    assert ascii_digits(typed) == read


@given(ANYTHING)
def test_only_digits_change_when_digits_are_read(text):
    read = ascii_digits(text)
    assert len(read) == len(text)
    for before, after in zip(text, read, strict=True):
        assert after == before or (before.isdecimal() and after in "0123456789")


@given(ANYTHING)
def test_reading_digits_twice_reads_the_same(text):
    assert ascii_digits(ascii_digits(text)) == ascii_digits(text)


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


def test_cleaning_keeps_line_breaks_and_joiners():
    assert clean("  می\u200cخواهم\r\nsecond\rthird\n") == "می\u200cخواهم\nsecond\nthird"
    assert clean("e\u0301") == "é"


def test_a_single_line_has_single_spaces():
    assert single_line(" Mohammed\t\tAslam \r\n Khan\u2028") == "Mohammed Aslam Khan"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("أحمد", "احمد"),
        ("إيمان", "ايمان"),
        ("آمنة", "امنه"),
        ("مُحَمَّد", "محمد"),
        ("محـــمد", "محمد"),
        ("مصطفى", "مصطفي"),
        ("کریم", "كريم"),
        ("العتيبي", "عتيبي"),
        ("والإقامة", "إقامة"),
        ("AL-OTAIBI", "al otaibi"),
        ("Straße", "STRASSE"),
        ("١٢-٣٤", "12 34"),
        ("ﻣﺤﻤﺪ", "محمد"),
        ("a_b", "a b"),
    ],
)
def test_spellings_of_one_word_are_one(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("علي", "عليا"), ("khan", "khen"), ("ال", "")])
def test_different_words_stay_different(one, other):
    assert fold(one) != fold(other)


@given(ANYTHING | ARABIC)
@example("الالكتروني")
@example("الألباني")
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@given(ANYTHING | ARABIC)
def test_folded_text_is_words_with_single_spaces(text):
    folded = fold(text)
    assert folded == " ".join(folded.split())
    assert all(char.isalnum() or char == " " for char in folded)
    assert unicodedata.normalize("NFC", folded) == folded


def test_field_strips_invisible_characters():
    assert TextField().clean(" a\0\u202eb \n c ") == "ab c"
    assert TextField(multiline=True).clean("a\0\r\n b\u200f") == "a\n b"


@pytest.mark.parametrize("typed", ["\0", "\u200b\u202e", " \n "])
def test_field_with_only_invisible_characters_is_empty(typed):
    with pytest.raises(forms.ValidationError) as refused:
        TextField().clean(typed)
    assert refused.value.code == "required"


def test_field_refuses_unreadable_characters():
    with pytest.raises(forms.ValidationError) as refused:
        TextField().clean("before \ufffd after")
    assert refused.value.code == "unreadable"


def test_field_counts_characters_after_cleaning():
    assert TextField(max_length=3).clean(" a\u200fb\0c ") == "abc"


def test_long_run_of_marks_is_cut_quickly():
    """Normalisation sorts marks: 100,000 of them would exceed the time limit of a test."""
    marks = "\u0651\u064e" * 50_000
    assert len(clean(f"a{marks}b")) == 32
    assert clean("م" + "\u0651\u064e" + "ب") == "م" + "\u064e\u0651" + "ب"
