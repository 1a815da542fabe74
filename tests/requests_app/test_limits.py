"""Every limit of filing, tested one below it, at it and one above it."""

import io
from itertools import product

import pytest
from PIL import Image

from requests_app.models import Attachment, Inquiry, Reply
from requests_app.uploads import MAX_BYTES
from tests import factories
from tests.conftest import errors_on
from tests.requests_app.files import (
    EMPTY,
    MEGABYTE,
    TOO_LARGE,
    TOO_MANY_PAGES,
    TOO_MANY_PIXELS,
    WRONG_TYPE,
    names_on,
    pdf,
    pdf_of,
    photo,
    png,
    stored_files,
    upload,
)
from tests.requests_app.returns import returned
from tests.requests_app.steps import (
    add_documents,
    code_for,
    confirm,
    form_on,
    page_of,
    save_details,
    wrong,
)
from tests.worlds import undone

JPEG = factories.picture().read()
SENTENCE = "The fee for my iqama was paid and is not shown"
FULL = (
    "“{}” was not added: an inquiry takes at most 10 documents. "
    "Remove one first, or put several pages into one PDF."
)
TOO_MUCH = (
    "“{}” was not added: all documents together may have at most 40 MB. "
    "Remove one first, or send this one at a smaller size."
)
TOO_FEW_LETTERS = "Explain what you need in at least 30 characters."
TOO_FEW_WORDS = "Explain what you need in whole sentences: at least five different words."
TOO_LONG = "The description has 4001 characters. Shorten it to 4,000."


@pytest.fixture
def inquiry(resident):
    factories.document_type()
    return factories.draft(resident, is_ready=False)


@pytest.fixture
def check(as_resident, inquiry):
    """Return a function that posts the second step with one change, and checks the result."""

    def check(field, typed, errors):
        with undone():
            page = save_details(as_resident, inquiry, **{field: typed})
            assert errors_on(page) == errors, typed[:60]
            saved = getattr(Inquiry.objects.get(), field)
            assert (saved == typed.replace("\r\n", "\n")) == (not errors), typed[:60]

    return check


@pytest.fixture
def add(as_resident, inquiry):
    """Return a function that sends files on the third step and returns the page that follows."""
    return lambda *uploads: add_documents(as_resident, inquiry, *uploads)


@pytest.fixture
def check_file(add):
    """Return a function that sends a file, and checks that it is refused with this end, or kept."""

    def check_file(name, content, refusal=None):
        with undone():
            page = add(upload(name, content))
            assert errors_on(page) == ([f"“{name}” {refusal}"] if refusal else [])
            assert len(stored_files()) == (not refusal)

    return check_file


def photos(widths):
    """Return pictures of these widths, so that no two have the same content."""
    return [photo(f"{width}.jpg", width) for width in widths]


def pages(count):
    def add_pages(document):
        for _page in range(count - 1):
            document.add_blank_page()

    return pdf(add_pages)


# The details


def test_a_description_has_30_to_4000_characters(check):
    lines = f"{SENTENCE}\r\n\r\nsecond\r\n"  # a line end counts as one character
    line_ends = lines.count("\r\n")
    for letter in ("e", "ب", "😀"):
        for length, errors in ((29, [TOO_FEW_LETTERS]), (30, []), (31, [])):
            check("description", "a b c d e ".ljust(length, letter), errors)
        for length, errors in ((3999, []), (4000, []), (4001, [TOO_LONG])):
            check("description", f"{SENTENCE} ".ljust(length, letter), errors)
            check("description", lines.ljust(length + line_ends, letter), errors)


def test_a_description_has_five_different_words_at_least(check):
    for words, errors in (
        ("again iqama please problem", [TOO_FEW_WORDS]),
        ("again iqama please problem today", []),
        ("again iqama please problem today still", []),
        ("again iqama please problem Problem", [TOO_FEW_WORDS]),
        ("again iqama please problem 2026", [TOO_FEW_WORDS]),
        ("إقامتي جوازي رسومي معاملتي", [TOO_FEW_WORDS]),
        ("إقامتي جوازي رسومي معاملتي اليوم", []),
    ):
        repeated = words.split()[0]
        check("description", f"{words} {' '.join([repeated] * 6)}", errors)


def test_a_reference_has_30_characters_at_most(check):
    too_long = "The number has 31 characters. Shorten it to 30."
    for length, errors in ((29, []), (30, []), (31, [too_long])):
        check("earlier_reference", ("12/" * 10 + "1")[:length], errors)


# The code


def test_a_code_is_compared_five_times(as_resident, resident):
    inquiry = factories.draft(resident)
    code = code_for(as_resident, inquiry)
    spent = ["A wrong code was entered too many times. Ask for another code."]
    for wrong_ones, errors in ((3, []), (4, []), (5, spent), (6, spent)):
        with undone():
            for _try in range(wrong_ones):
                confirm(as_resident, inquiry, wrong(code))
            last = confirm(as_resident, inquiry, code, follow=True)
            assert errors_on(last) == errors, wrong_ones
            assert Inquiry.objects.filed().exists() == (not errors), wrong_ones


# The documents together


def test_an_inquiry_takes_ten_documents(as_resident, inquiry, add):
    add(*photos(range(60, 69)))
    for count, refused in ((9, []), (10, []), (11, ["70.jpg"]), (12, ["70.jpg", "71.jpg"])):
        with undone():
            page = add(*photos(range(69, 60 + count))) if count > 9 else add(*photos([60]))
            assert errors_on(page) == [FULL.format(name) for name in refused]
            kept = min(count, 10)
            assert names_on(page) == [f"{width}.jpg" for width in range(60, 60 + kept)]
            assert len(stored_files()) == kept
    assert errors_on(add(*photos([69, 70]))) == [FULL.format("70.jpg")]
    as_resident.post(page_of(inquiry, "documents"), {"remove": Attachment.objects.first().pk})
    assert errors_on(add(*photos([71]))) == []


def test_documents_total_40_megabytes_at_most(as_resident, inquiry, add):
    rest = 2000
    large = [pdf_of(MAX_BYTES, filler) for filler in (b"a", b"b", b"c")]
    add(*(upload("large.pdf", content) for content in large))
    add(upload("less.pdf", pdf_of(MAX_BYTES - rest)))
    sizes = Attachment.objects.values_list("size", flat=True)
    assert sum(sizes) == 40 * MEGABYTE - rest, "each has to be stored as large as it was sent"

    over = add(upload("over.pdf", pdf_of(rest + 1)))
    assert errors_on(over) == [TOO_MUCH.format("over.pdf")]
    assert len(stored_files()) == 4

    assert errors_on(add(upload("under.pdf", pdf_of(rest - 1)))) == []
    last = Attachment.objects.get(original_name="under.pdf")
    as_resident.post(page_of(inquiry, "documents"), {"remove": last.pk})
    assert errors_on(add(upload("exactly.pdf", pdf_of(rest)))) == []
    assert sum(sizes.all()) == 40 * MEGABYTE

    assert errors_on(add(upload("more.pdf", pdf()))) == [TOO_MUCH.format("more.pdf")]


def test_request_of_41_megabytes_keeps_files_that_fit(add):
    large = [pdf_of(MAX_BYTES, filler) for filler in (b"a", b"b", b"c", b"d")]
    named = [upload(f"{index}.pdf", content) for index, content in enumerate(large)]
    page = add(*named, upload("last.pdf", pdf_of(MEGABYTE)))
    assert errors_on(page) == [TOO_MUCH.format("last.pdf")]
    assert names_on(page) == ["0.pdf", "1.pdf", "2.pdf", "3.pdf"]
    assert len(stored_files()) == 4


def test_at_most_ten_files_at_once(add):
    for count in (9, 10, 11, 100, 101):
        page = add(*(upload(f"{index}.txt", b"no picture") for index in range(count)))
        if count > 100:
            assert page.status_code == 400
        elif count > 10:
            assert errors_on(page) == ["Choose at most 10 files at once."]
        else:
            assert len(errors_on(page)) == count
        assert not stored_files(), count


# One document


def test_a_file_has_10_megabytes_at_most(check_file):
    check_file("photo.jpg", b"", EMPTY)
    check_file("photo.jpg", b"\xff", WRONG_TYPE)
    for over, refusal in ((-1, None), (0, None), (1, TOO_LARGE)):
        check_file("photo.jpg", JPEG + bytes(MAX_BYTES + over - len(JPEG)), refusal)


def test_a_pdf_has_100_pages_at_most(check_file):
    for count, refusal in ((1, None), (99, None), (100, None), (101, TOO_MANY_PAGES)):
        check_file("scan.pdf", pages(count), refusal)


def test_a_picture_has_50_million_pixels_at_most(check_file):
    for over, refusal in ((-1, None), (0, None), (1, TOO_MANY_PIXELS)):
        check_file("wide.png", png(50_000_000 + over, 1), refusal)


def test_a_picture_is_kept_with_4000_pixels_on_a_side(add):
    sides = ((3999, 3999), (4000, 4000), (4001, 4000))
    for picture_format, (side, kept) in product(("JPEG", "PNG"), sides):
        with undone():
            add(factories.picture("a", picture_format, (side, 100)))
            (stored,) = stored_files()
            assert Image.open(io.BytesIO(stored)).size == (kept, 100), picture_format


def test_the_name_of_a_document_has_100_characters_at_most(add):
    for length, kept in ((99, 99), (100, 100), (101, 100)):
        for letter in ("a", "ب"):
            with undone():
                page = add(upload(letter * (length - 4) + ".jpg", JPEG))
                assert names_on(page) == [letter * (kept - 4) + ".jpg"]
        page = add(upload("a" * length, b""))
        assert errors_on(page) == [f"“{'a' * kept}” {EMPTY}"]


# After filing


def test_answer_and_withdrawal_have_4000_characters_at_most(as_resident, resident, officer):
    inquiry = returned(factories.filed(resident), officer)
    too_long = ["This text has 4001 characters. Shorten it to 4,000."]
    lengths = ((3999, []), (4000, []), (4001, too_long))
    for step, (length, errors) in product(("answer", "withdraw"), lengths):
        with undone():
            address = page_of(inquiry, step)
            form = form_on(as_resident.get(address), "a" * length)
            assert errors_on(as_resident.post(address, form, follow=True)) == errors, step
            assert Reply.objects.filter(text="a" * length).exists() == (not errors), step
            assert Inquiry.objects.get().is_returned == bool(errors), step
