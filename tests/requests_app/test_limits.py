"""Every limit of filing, tested one below it, at it and one above it."""

import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from requests_app.models import Attachment, Inquiry, Reply
from requests_app.uploads import MAX_BYTES
from tests import factories
from tests.conftest import ask_for_code, errors_on
from tests.requests_app.files import MEGABYTE, pdf, stored_files
from tests.requests_app.returns import returned
from tests.requests_app.sized_files import names_on, pdf_of, png

pytestmark = pytest.mark.one_engine

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
TOO_LARGE = (
    "“{}” is larger than 10 MB. Photograph it again at a smaller size, or send only the pages "
    "that matter."
)
TOO_MANY_PIXELS = "“{}” has too many pixels. Photograph it again at a smaller size."
TOO_MANY_PAGES = "“{}” has too many pages. Send at most 100 pages in one file."
TOO_FEW_LETTERS = "Explain what you need in at least 30 characters."
TOO_FEW_WORDS = "Explain what you need in whole sentences: at least five different words."


@pytest.fixture
def inquiry(resident):
    factories.document_type()
    return factories.draft(resident, is_ready=False)


@pytest.fixture
def save(as_resident, inquiry):
    """Return a function that posts the second step with changes and returns its errors."""

    def save(**changes):
        address = f"/en/inquiries/{inquiry.reference}/details/"
        form = factories.details_of(inquiry, **changes)
        return errors_on(as_resident.post(address, form, follow=True))

    return save


@pytest.fixture
def add(as_resident, inquiry):
    """Return a function that sends files on the third step and returns the page that follows."""

    def add(*uploads):
        address = f"/en/inquiries/{inquiry.reference}/documents/"
        form = {"document_type": "supporting-proof", "files": uploads}
        return as_resident.post(address, form, follow=True)

    return add


def upload(name, content):
    return SimpleUploadedFile(name, content)


def photos(widths):
    """Return pictures of these widths, so that no two have the same content."""
    return [factories.picture(f"{width}.jpg", size=(width, 40)) for width in widths]


def pages(count):
    def add_pages(document):
        for _page in range(count - 1):
            document.add_blank_page()

    return pdf(add_pages)


# The details


@pytest.mark.parametrize(("length", "errors"), [(29, [TOO_FEW_LETTERS]), (30, []), (31, [])])
@pytest.mark.parametrize("letter", ["e", "ب", "😀"])
def test_a_description_has_30_characters_at_least(save, letter, length, errors):
    description = "a b c d e ".ljust(length, letter)
    assert save(description=description) == errors
    assert (Inquiry.objects.get().description == description) == (not errors)


@pytest.mark.parametrize("letter", ["e", "ب", "😀"])
@pytest.mark.parametrize("length", [3999, 4000, 4001])
def test_a_description_has_4000_characters_at_most(save, letter, length):
    description = f"{SENTENCE} ".ljust(length, letter)
    fits = length <= 4000
    assert save(description=description) == (
        [] if fits else ["The description has 4001 characters. Shorten it to 4,000."]
    )
    assert (Inquiry.objects.get().description == description) == fits


@pytest.mark.parametrize("length", [3999, 4000, 4001])
def test_line_end_counts_as_one_character(save, length):
    lines = f"{SENTENCE}\r\n\r\nsecond\r\n"
    description = lines + "e" * (length - len(lines.replace("\r\n", "\n")))
    assert (save(description=description) == []) == (length <= 4000)


@pytest.mark.parametrize(
    ("words", "errors"),
    [
        ("again iqama please problem", [TOO_FEW_WORDS]),
        ("again iqama please problem today", []),
        ("again iqama please problem today still", []),
        ("again iqama please problem Problem", [TOO_FEW_WORDS]),
        ("again iqama please problem 2026", [TOO_FEW_WORDS]),
        ("إقامتي جوازي رسومي معاملتي", [TOO_FEW_WORDS]),
        ("إقامتي جوازي رسومي معاملتي اليوم", []),
    ],
)
def test_a_description_has_five_different_words_at_least(save, words, errors):
    repeated = words.split()[0]
    assert save(description=f"{words} {' '.join([repeated] * 6)}") == errors


@pytest.mark.parametrize("length", [149, 150, 151])
def test_a_name_has_150_characters_at_most(save, length):
    name = "Mohammed " + "A" * (length - len("Mohammed  Khan")) + " Khan"
    assert len(name) == length
    assert save(name=name) == (
        [] if length <= 150 else ["The name has 151 characters. Shorten it to 150."]
    )
    assert (Inquiry.objects.get().name == name) == (length <= 150)


@pytest.mark.parametrize("length", [29, 30, 31])
def test_earlier_reference_has_30_characters_at_most(save, length):
    number = "12/" * 10 + "1" * (length - 30) if length > 30 else ("12/" * 10)[:length]
    too_long = "The number has 31 characters. Shorten it to 30."
    assert save(earlier_reference=number) == ([] if length <= 30 else [too_long])
    assert (Inquiry.objects.get().earlier_reference == number) == (length <= 30)


# The code


@pytest.mark.parametrize(("wrong", "is_filed"), [(3, True), (4, True), (5, False), (6, False)])
def test_a_code_is_compared_five_times(as_resident, resident, wrong, is_filed):
    inquiry = factories.draft(resident)
    ask_for_code(as_resident, inquiry)
    code = factories.code_sent_to(resident)
    address = f"/en/inquiries/{inquiry.reference}/confirm/"
    for _try in range(wrong):
        as_resident.post(address, {"code": f"{(int(code) + 1) % 10**6:06}"})
    last = as_resident.post(address, {"code": code}, follow=True)
    assert errors_on(last) == (
        [] if is_filed else ["A wrong code was entered too many times. Ask for another code."]
    )
    assert Inquiry.objects.filed().exists() == is_filed


# The documents together


@pytest.mark.parametrize(
    ("count", "refused"), [(9, []), (10, []), (11, ["70.jpg"]), (12, ["70.jpg", "71.jpg"])]
)
def test_an_inquiry_takes_ten_documents(add, count, refused):
    add(*photos(range(60, 69)))
    page = add(*photos(range(69, 60 + count))) if count > 9 else add(*photos([60]))
    assert errors_on(page) == [FULL.format(name) for name in refused]
    assert names_on(page) == [f"{width}.jpg" for width in range(60, 60 + min(count, 10))]
    assert len(stored_files()) == min(count, 10)


def test_removing_one_of_ten_makes_room(as_resident, inquiry, add):
    add(*photos(range(60, 70)))
    assert errors_on(add(*photos([70]))) == [FULL.format("70.jpg")]
    address = f"/en/inquiries/{inquiry.reference}/documents/"
    as_resident.post(address, {"remove": Attachment.objects.first().pk})
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
    as_resident.post(f"/en/inquiries/{inquiry.reference}/documents/", {"remove": last.pk})
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


@pytest.mark.parametrize("count", [9, 10, 11, 100])
def test_at_most_ten_files_at_once(add, count):
    page = add(*(upload(f"{index}.txt", b"no picture") for index in range(count)))
    told = errors_on(page)
    if count > 10:
        assert told == ["Choose at most 10 files at once."]
    else:
        assert len(told) == count
    assert not stored_files()


def test_request_with_101_files_is_refused(add):
    assert add(*(upload(f"{index}.txt", b"no picture") for index in range(101))).status_code == 400


# One document


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_a_file_has_10_megabytes_at_most(add, over):
    page = add(upload("photo.jpg", JPEG + bytes(MAX_BYTES + over - len(JPEG))))
    assert errors_on(page) == [TOO_LARGE.format("photo.jpg")] * (over > 0)
    assert len(stored_files()) == (over <= 0)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "“photo.jpg” is empty. Choose another file."),
        (b"\xff", "“photo.jpg” is not a JPEG or PNG picture or a PDF. Choose one of these."),
    ],
)
def test_empty_or_one_byte_file_is_refused(add, content, sentence):
    assert errors_on(add(upload("photo.jpg", content))) == [sentence]
    assert not stored_files()


@pytest.mark.parametrize("count", [1, 99, 100, 101])
def test_a_pdf_has_100_pages_at_most(add, count):
    page = add(upload("scan.pdf", pages(count)))
    assert errors_on(page) == [TOO_MANY_PAGES.format("scan.pdf")] * (count > 100)
    assert len(stored_files()) == (count <= 100)


@pytest.mark.parametrize("pixels", [49_999_999, 50_000_000, 50_000_001])
def test_a_picture_has_50_million_pixels_at_most(add, pixels):
    page = add(upload("wide.png", png(pixels, 1)))
    assert errors_on(page) == [TOO_MANY_PIXELS.format("wide.png")] * (pixels > 50_000_000)
    assert len(stored_files()) == (pixels <= 50_000_000)


@pytest.mark.parametrize(("side", "kept"), [(3999, 3999), (4000, 4000), (4001, 4000)])
@pytest.mark.parametrize("picture_format", ["JPEG", "PNG"])
def test_a_picture_is_kept_with_4000_pixels_on_a_side(add, picture_format, side, kept):
    add(factories.picture("a", picture_format, (side, 100)))
    (stored,) = stored_files()
    assert Image.open(io.BytesIO(stored)).size == (kept, 100)


@pytest.mark.parametrize(("length", "kept"), [(99, 99), (100, 100), (101, 100)])
@pytest.mark.parametrize("letter", ["a", "ب"])
def test_the_name_of_a_document_has_100_characters_at_most(add, letter, length, kept):
    page = add(upload(letter * (length - 4) + ".jpg", JPEG))
    assert names_on(page) == [letter * (kept - 4) + ".jpg"]


@pytest.mark.parametrize("length", [99, 100, 101])
def test_refused_file_name_is_cut_to_100_characters(add, length):
    page = add(upload("a" * length, b""))
    assert errors_on(page) == [f"“{'a' * min(length, 100)}” is empty. Choose another file."]


# After filing


@pytest.mark.parametrize("step", ["answer", "withdraw"])
@pytest.mark.parametrize("length", [3999, 4000, 4001])
def test_answer_and_withdrawal_have_4000_characters_at_most(
    as_resident, resident, officer, step, length
):
    factories.document_type()
    inquiry = returned(factories.filed(resident), officer)
    form = {
        "idempotency_key": uuid.uuid4(),
        "expected_version": inquiry.version,
        "text": "a" * length,
    }
    page = as_resident.post(f"/en/inquiries/{inquiry.reference}/{step}/", form, follow=True)
    fits = length <= 4000
    assert errors_on(page) == (
        [] if fits else ["This text has 4001 characters. Shorten it to 4,000."]
    )
    assert Reply.objects.filter(text="a" * length).exists() == fits
    assert Inquiry.objects.get().is_returned == (not fits)
