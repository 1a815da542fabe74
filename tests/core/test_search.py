"""Search by prefixes of words: every spelling finds the same rows on both engines."""

import pytest
from django.db import connection
from django.db.models import F
from hypothesis import example, given
from hypothesis import strategies as st

from core.search import MAX_QUERY_LENGTH, MAX_WORD_LENGTH, MAX_WORDS, readings, searchable
from requests_app.models import Inquiry
from tests import factories

# The text of an inquiry, and a spelling that has to find it.
SPELLINGS = [
    # Arabic letters that people interchange
    *(("أحمد", "احمد"), ("احمد", "أحمد"), ("إبراهيم", "ابراهيم"), ("ابراهيم", "إبراهيم")),
    *(("آمنة", "امنه"), ("ٱلرحمن", "رحمن"), ("فاطمة", "فاطمه"), ("فاطمه", "فاطمة")),
    *(("مصطفى", "مصطفي"), ("هدي", "هدى"), ("فؤاد", "فواد"), ("رئيس", "رييس")),
    # Vowel signs and stretching
    *(("محمد", "مُحَمَّد"), ("مُحَمَّدٌ", "محمد"), ("خان", "خـــان"), ("الرحمٰن", "الرحمن")),
    # The article and its prefixes
    *(("القاضي", "قاضي"), ("قاضي", "القاضي"), ("والإقامة", "اقامة"), ("بالجواز", "جواز")),
    *(("للمقيمين", "المقيمين"), ("المقيمين", "للمقيمين"), ("للتأشيرة", "تاشيره")),
    # Persian and Urdu letters and digits
    *(("عبد الله", "عبدالله"), ("عبدالعال", "عبد العال"), ("ھاشم", "هاشم"), ("علی", "علي")),
    *(("كريم", "کریم"), ("کریم", "كريم"), ("ہاشم", "هاشم"), ("فاطمۀ", "فاطمة"), ("٢٠٢٥", "۲۰۲۵")),
    # Presentation forms of the same letters
    ("سلام", "ﺳﻼﻡ"),
    # Latin
    *(("Khan", "khan"), ("khan", "KHAN"), ("STRASSE", "straße"), ("Ｋｈａｎ", "khan")),
    *(("José", "JOSÉ"), ("José", "jose"), ("Zoe", "zoë"), ("Al-Qadi", "qadi al")),
    ("O'Neill", "neill o"),
    # Signs between words, and digits of any script
    *(("iqama/visa", "visa, iqama"), ("iqama_visa", "iqama visa"), ("12-34", "12-34")),
    *(("AB 2024", "ab ٢٠٢٤"), ("٢٠٢٤", "2024"), ("２０２４", "2024")),
    # Prefixes in any order, with other words between them
    *(("Mohammed Aslam Khan", "moh"), ("Mohammed Aslam Khan", "kha moh")),
    *(("محمد أسلم خان", "خان  محمد"), ("محمد أسلم خان", "\u200fاسل\u200f")),
    ("Mohammed Aslam Khan", "khan khan khan"),
]
OTHER_WORDS = [
    *(("Mohammed Aslam Khan", "hammed"), ("Mohammed Aslam Khan", "mohammed yousuf")),
    *(("Mohammed Aslam Khan", "khanum"), ("محمد أسلم خان", "حمد"), ("2000000001", "000001")),
    *(("2000000001", "1000000002"), ("Visa", "v-isa")),
]
# Characters with a meaning in a pattern or a search of a database.
SIGNS = [
    *("%", "_", "'", '"', "''", "\\", "\\'", "%%", "_%", "'%", "*", ":*", "&", "|", "!", "<->"),
    *("( )", ")(", "&&", "| |", "! !", "::", "$$", ";", "--", "/*", "' OR 1=1 --", "?", "%s", "{}"),
    *("<", ">", "<2>", "\t\n", "\u200f", "ـ", "َ", "😀", "²", "½"),
]
ZEROS = ["0", "00", "000", "0 0", "+00", "٠٠", "0-0", "+0"]


@pytest.fixture
def row(db):
    """Return a row with a function that replaces its search text."""
    factories.filed()
    inquiry = factories.filed()

    def write(*texts):
        Inquiry.objects.update(search_text=searchable("nothing of the kind"))
        Inquiry.objects.filter(pk=inquiry.pk).update(search_text=searchable(*texts))
        return inquiry

    return write


def found(query):
    return list(Inquiry.objects.with_words(query))


@pytest.mark.both_engines
def test_row_is_found_by_every_other_spelling(row):
    assert len(set(SPELLINGS)) >= 40
    for written, typed in SPELLINGS:
        inquiry = row("first", written, "last")
        assert found(typed) == [inquiry], typed
        assert found(f" {typed} LAST") == [inquiry], typed


def test_other_words_and_the_middle_of_a_word_find_nothing(row):
    for written, typed in OTHER_WORDS:
        row(written)
        assert found(typed) == [], typed


@pytest.mark.both_engines
def test_sign_alone_finds_nothing_and_is_ignored_beside_word(row):
    for sign in SIGNS:
        inquiry = row("Mohammed Khan", f"a{sign}b")
        if not searchable(sign):
            assert found(sign) == [], sign
            for typed in (f"khan{sign}", f"{sign}khan", f"khan {sign} moh", f"'{sign}khan'"):
                assert found(typed) == [inquiry], typed
        for typed in (f"khan {sign} nobody", f"nobody {sign} khan", f"nobody{sign}"):
            assert found(typed) == [], typed


def test_zeros_are_found_like_any_number(row):
    for written, is_found in (("2000000001", False), ("0 00 000", True)):
        inquiry = row(written)
        for zeros in ZEROS:
            assert found(zeros) == ([inquiry] if is_found else []), zeros


def test_a_query_of_any_length_is_answered(row):
    words = [f"word{number}" for number in range(1000)]
    inquiry = row(*words)
    for query in (" ".join(words), "word1 " * 2000):
        assert found(query) == [inquiry]
    for query in ("a" * 10_000, "ا" * 10_000, "9" * 10_000, "' " * 5000):
        assert found(query) == [], query[:2]
    assert found("nobody " + " ".join(words)) == []


def test_word_of_any_length_is_found_by_prefix_and_whole(row):
    for letter in ("a", "م", "9", "中"):
        inquiry = row(letter * 10_000, "last")
        for length in (1, MAX_WORD_LENGTH, MAX_WORD_LENGTH + 1, MAX_QUERY_LENGTH, 10_000):
            assert found(letter * length) == [inquiry], (letter, length)
        assert found(letter * 30 + "x") == [], letter


def test_query_is_limited_to_ten_words_of_sixty_letters():
    (words,) = readings(" ".join([f"w{number}" + "x" * 8 for number in range(30)]))
    assert len(words) == MAX_WORDS
    assert readings("a" * MAX_QUERY_LENGTH) == [["a" * MAX_WORD_LENGTH]]
    assert readings("9" * MAX_QUERY_LENGTH) == [["9" * MAX_WORD_LENGTH]]


def test_grouped_number_is_one_word_and_split_name_is_two():
    for typed, reading in (
        *(("8123-4567-8901", ["812345678901"]), (" ٨١٢٣ ٤٥٦٧ ٨٩٠١ ", ["812345678901"])),
        *(("+966 51 234 5678", ["966512345678"]), ("00966 512345678", ["966512345678"])),
        *(("051.234.5678", ["0512345678"]), ("12/34", ["1234"]), ("12/34", ["12", "34"])),
        *(("AB 12", ["ab", "12"]), ("عبد الله", ["عبد", "له"]), ("عبد الله", ["عبدله"])),
    ):
        assert reading in readings(typed), typed


def test_each_word_is_kept_once():
    assert searchable("Khan khan KHAN", "خان", "الخان") == "khan خان"


@given(st.text())
@example("\0\ufffd\u202e")
def test_stored_text_is_words_between_single_spaces(text):
    stored = searchable(text)
    assert stored == " ".join(stored.split(" ")).strip()
    assert "  " not in stored
    for word in stored.split():
        assert word.isalnum()
        assert len(word) <= MAX_WORD_LENGTH


@given(st.text(max_size=MAX_QUERY_LENGTH))
@example("00")
@example("+")
def test_prefixes_are_not_empty_and_hold_no_sign(query):
    assert all(word.isalnum() for words in readings(query) for word in words)


@pytest.mark.django_db
@given(query=st.text(max_size=60))
@example(query="00")
@example(query="\\")
@example(query="'")
def test_any_query_is_answered_by_database(query):
    assert list(Inquiry.objects.with_words(query)) == []


@pytest.mark.postgres
def test_search_uses_the_index(row, officer):
    row("Mohammed Khan")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for query in ("khan", "khan moh", "2000000001"):
        inquiries = Inquiry.objects.visible_to_staff(officer).with_words(query)
        plan = inquiries.order_by((F("pk") + 0).desc())[:50].explain()
        assert "Bitmap Index Scan on requests_app_inquiry_search" in plan, query
