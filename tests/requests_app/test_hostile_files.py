"""Files made to mislead or to wear out whoever reads them: a sentence, or nothing left of it.

Every test here also holds what was spent on its files to the processor time of the decoder.
"""

import io
import resource
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from requests_app import decoding
from requests_app.models import Attachment
from requests_app.uploads import MAX_BYTES
from tests import factories
from tests.conftest import errors_on
from tests.requests_app import hostile_files as made
from tests.requests_app.files import pdf, stored_files
from tests.requests_app.hostile_files import JPEG, PAYLOAD, PNG, clicked, opening, raw_pdf, saved
from tests.requests_app.sized_files import names_on

pytestmark = pytest.mark.one_engine

WRONG_TYPE = "is not a JPEG or PNG picture or a PDF. Choose one of these."
DAMAGED = "cannot be read; it may be damaged. Save or photograph it again."
TOO_MANY_PIXELS = "has too many pixels. Photograph it again at a smaller size."
ACTIVE = "contains scripts or attached files. Print it to a new PDF and send that one."
SCRIPT = b"<</S/JavaScript/JS(app.alert(1))>>"
SHARE = rb"/F(\\\\example.org\\share\\file.pdf)"


def seconds_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.fixture(autouse=True)
def _held_to_its_processor_time():
    before = seconds_of_children()
    yield
    # The kernel looks at the limit once a tick.
    assert seconds_of_children() - before < decoding.MAX_SECONDS + 0.5


@pytest.fixture
def add(as_resident, resident):
    """Send a file on the third step; what the page says to it."""
    factories.document_type()
    inquiry = factories.draft(resident)

    def add(name, content):
        form = {
            "document_type": "supporting-proof",
            "files": SimpleUploadedFile(name, content),
        }
        address = f"/en/inquiries/{inquiry.reference}/documents/"
        page = as_resident.post(address, form, follow=True)
        assert page.status_code == 200
        return page

    return add


@pytest.fixture
def refused(add):
    """Send a file that leaves nothing behind; the sentence to it, without its name."""

    def refused(name, content):
        (sentence,) = errors_on(add(name, content))
        assert not stored_files()
        assert not Attachment.objects.exists()
        assert sentence.startswith(f"“{name}” ")
        return sentence.removeprefix(f"“{name}” ")

    return refused


@pytest.fixture
def kept(add):
    """Send a file that is taken; what is stored of it."""

    def kept(name, content):
        page = add(name, content)
        assert errors_on(page) == []
        assert len(names_on(page)) == 1
        (stored,) = stored_files()
        return stored

    return kept


def picture_in(stored):
    picture = Image.open(io.BytesIO(stored))
    picture.load()
    return picture


# Neither pictures nor PDFs

RED = Image.new("RGB", (60, 40), "red")
OTHERS = {
    "moving.jpg": made.animated("GIF"),
    "moving.png": made.animated("PNG"),
    "webp.jpg": saved(RED, "WEBP"),
    "bitmap.png": saved(RED, "BMP"),
    "fax.jpg": saved(RED, "TIFF"),
    "icon.png": saved(RED, "ICO"),
    "heic.jpg": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200),
    "avif.png": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1" + bytes(200),
    "jpeg2000.jpg": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(200),
    "vector.png": b"<svg xmlns='http://www.w3.org/2000/svg'>" + PAYLOAD + b"</svg>",
    "entities.jpg": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'b'>]><a>&b;</a>",
    "archive.jpg": made.archive("photo.jpg"),
    "word.pdf": made.archive("[Content_Types].xml", "word/document.xml"),
    "java.png": made.archive("META-INF/MANIFEST.MF"),
    "page.pdf": b"<!doctype html>" + PAYLOAD,
    "sixteen.jpg": "<!doctype html><script>".encode("utf-16"),
    "shell.jpg": b"#!/bin/sh\nrm -rf /\n",
    "program.jpg": b"\x7fELF" + bytes(200),
    "print.pdf": b"%!PS-Adobe-3.0\nshowpage\n",
    "film.jpg": b"\0\0\0\x20ftypisom" + bytes(200),
    "late.pdf": b" " * 1000 + raw_pdf(),
    "nothing.jpg": bytes(5000),
    "byte.pdf": b"%",
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_neither_a_picture_nor_a_pdf_is_refused_whatever_its_name(refused, name):
    assert refused(name, OTHERS[name]) == WRONG_TYPE


# Broken pictures


@pytest.mark.parametrize("part", range(1, 12))
@pytest.mark.parametrize("whole", [JPEG, saved(RED, "JPEG", progressive=True)])
def test_a_jpeg_that_breaks_off_anywhere_is_refused(refused, whole, part):
    broken = whole[: len(whole) * part // 12]
    assert refused("photo.jpg", broken) == DAMAGED


@pytest.mark.parametrize("length", [8, 20, 33, 40, 50])
def test_a_png_that_breaks_off_before_its_last_point_is_refused(refused, length):
    assert refused("photo.png", PNG[:length]) == DAMAGED


BROKEN = {
    "signature.png": PNG[:8] + PAYLOAD,
    "checksum.png": PNG[:29] + b"\0\0\0\0" + PNG[33:],
    "points.png": made.png(60, 40, rows=b""),
    "nothing.png": made.png_of(0, 0),
    "nothing.jpg": made.jpeg_of(0, 0),
    "note.png": made.png_with(b"zTXt", b"note\0\0" + made.BOMB),
    "words.png": made.png_with(b"iTXt", b"words\0\1\0\0\0" + made.BOMB),
    "colours.png": made.png_with(b"iCCP", b"colours\0\0" + made.BOMB),
    "start.jpg": JPEG[:2] * 5000,
    "archive.jpg": JPEG[:4] + made.archive("photo.jpg"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_picture_that_is_broken_or_a_bomb_is_refused(refused, name):
    assert refused(name, BROKEN[name]) == DAMAGED


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("wide.jpg", made.jpeg_of(65_535, 65_535)),
        ("wide.png", made.png_of(65_535, 65_535)),
        ("endless.png", made.png_of(2**31 - 1, 2**31 - 1)),
        ("line.png", made.png_of(2**31 - 1, 1)),
    ],
)
def test_a_picture_that_says_it_is_enormous_is_refused(refused, name, content):
    assert refused(name, content) == TOO_MANY_PIXELS


# Something behind, before or inside a good file

HIDDEN = {
    "behind.jpg": JPEG + PAYLOAD,
    "behind.png": PNG + PAYLOAD,
    "archive.jpg": JPEG + made.archive("run.exe"),
    "archive.png": PNG + made.archive("run.exe"),
    "document.jpg": JPEG + raw_pdf(SCRIPT),
    "comment.jpg": made.jpeg_with((b"\xfe", PAYLOAD)),
    "camera.jpg": made.jpeg_with(*[(b"\xe1", b"Exif\0\0" + PAYLOAD * 2000)] * 140),
    "words.jpg": made.jpeg_with((b"\xe1", b"http://ns.adobe.com/xap/1.0/\0" + PAYLOAD)),
    "colours.jpg": made.jpeg_with((b"\xe2", b"ICC_PROFILE\0\1\1" + PAYLOAD)),
    "press.jpg": made.jpeg_with((b"\xed", b"Photoshop 3.0\0" + PAYLOAD)),
    "tables.jpg": made.jpeg_with(*[(b"\xef", PAYLOAD)] * 1000),
    "note.png": made.png_with(b"tEXt", b"note\0" + PAYLOAD),
    "notes.png": made.png(60, 40, *[made.chunk(b"tEXt", b"note\0" + PAYLOAD)] * 20_000),
    "words.png": made.png_with(b"iTXt", b"words\0\0\0\0\0" + PAYLOAD),
    "camera.png": made.png_with(b"eXIf", b"MM\0*" + PAYLOAD),
    "private.png": made.png_with(b"scRp", PAYLOAD),
    "unending.png": made.png(60, 40, rows=bytes(9 * 40) + PAYLOAD * 10_000_000),
    "two.jpg": saved(RED, "MPO", save_all=True, append_images=[Image.effect_noise((60, 40), 99)]),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_of_a_picture_its_points_alone_are_kept(kept, name):
    content = HIDDEN[name]
    stored = kept(name, content)
    picture = picture_in(stored)
    assert picture.size == (60, 40)
    assert not any(word in stored for word in (PAYLOAD, b"PK\3\4", b"%PDF", b"MPF"))
    assert len(stored) < 1000


BESIDE = {
    "behind.pdf": raw_pdf() + PAYLOAD,
    "archive.pdf": raw_pdf() + made.archive("run.exe"),
    "comment.pdf": raw_pdf().replace(b"1.7\n", b"1.7\n%" + PAYLOAD + b"\n"),
    "unused.pdf": raw_pdf(made.stream(PAYLOAD)),
    "before.pdf": b"%PDF-1.4 " + PAYLOAD + b" " * 1000 + raw_pdf(),
    "picture.pdf": raw_pdf() + JPEG + PAYLOAD,
    "earlier.pdf": made.revised(opening(SCRIPT), 4, b"[3 0 R/Fit]"),
}


@pytest.mark.parametrize("name", BESIDE)
def test_of_a_pdf_what_belongs_to_its_pages_is_kept(kept, name):
    stored = kept(name, BESIDE[name])
    with pikepdf.open(io.BytesIO(stored)) as document:
        assert len(document.pages) == 1
    assert not any(word in stored for word in (PAYLOAD, b"PK\3\4", b"JFIF", b"app.alert"))


# PDFs that could do something

ACTIONS = {
    "opened.pdf": opening(SCRIPT),
    "elsewhere.pdf": opening(b"<</S 5 0 R/JS 6 0 R>>", b"/JavaScript", b"(app.alert(1))"),
    "spelt.pdf": opening(b"<</#53/#4a#61vaScript/#4a#53(app.alert(1))>>"),
    "named.pdf": raw_pdf(
        b"<</Kids[5 0 R]>>",
        b"<</Names[(a) 6 0 R]/Limits[(a)(a)]>>",
        SCRIPT,
        catalogue=made.with_entry(made.CATALOGUE, b"/Names<</JavaScript 4 0 R>>"),
    ),
    "clicked.pdf": clicked(b"<</S/Launch/F(cmd.exe)>>"),
    "windows.pdf": clicked(b"<</S/Launch/Win<</F(cmd.exe)/P(/c calc)>>>>"),
    "then.pdf": clicked(b"<</S/GoTo/D[3 0 R/Fit]/Next<</S/GoTo/Next 6 0 R>>>>", SCRIPT),
    "bookmark.pdf": raw_pdf(
        b"<</First 5 0 R/Last 5 0 R/Count 1>>",
        b"<</Title(a)/Parent 4 0 R/A<</S/Launch/F(cmd.exe)>>>>",
        catalogue=made.with_entry(made.CATALOGUE, b"/Outlines 4 0 R"),
    ),
    "closing.pdf": raw_pdf(catalogue=made.with_entry(made.CATALOGUE, b"/AA<</WC" + SCRIPT + b">>")),
    "form.pdf": raw_pdf(
        made.stream(b"<xdp>" + PAYLOAD + b"</xdp>"),
        catalogue=made.with_entry(made.CATALOGUE, b"/AcroForm<</Fields[]/XFA 4 0 R>>"),
    ),
    "parts.pdf": raw_pdf(
        made.stream(PAYLOAD),
        catalogue=made.with_entry(made.CATALOGUE, b"/AcroForm<</XFA[(template)4 0 R]>>"),
    ),
    "field.pdf": raw_pdf(
        b"<</FT/Tx/T(a)/AA<</K" + SCRIPT + b">>>>",
        catalogue=made.with_entry(made.CATALOGUE, b"/AcroForm<</Fields[4 0 R]>>"),
    ),
    "pinned.pdf": raw_pdf(
        b"<</Type/Annot/Subtype/FileAttachment/Rect[0 0 9 9]/FS 5 0 R>>",
        b"<</Type/Filespec/F(run.exe)/EF<</F 6 0 R>>>>",
        made.stream(b"MZ" + PAYLOAD),
        page=made.with_entry(made.PAGE, b"/Annots[4 0 R]"),
    ),
    "film.pdf": clicked(b"<</S/Rendition/OP 0/JS(app.alert(1))>>"),
    "data.pdf": clicked(b"<</S/ImportData/F(data.fdf)>>"),
    "flash.pdf": raw_pdf(
        b"<</Type/Annot/Subtype/RichMedia/Rect[0 0 9 9]/RichMediaContent<<>>>>",
        page=made.with_entry(made.PAGE, b"/Annots[4 0 R]"),
    ),
    "deep.pdf": raw_pdf(
        b"<</A " * 300 + SCRIPT + b">>" * 300,
        catalogue=made.with_entry(made.CATALOGUE, b"/PieceInfo 4 0 R"),
    ),
    "later.pdf": made.revised(opening(b"[3 0 R/Fit]"), 4, SCRIPT),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_a_pdf_that_can_do_something_is_refused(refused, name):
    assert refused(name, ACTIONS[name]) == ACTIVE


@pytest.mark.parametrize(
    "content",
    [
        opening(b"<</S/GoToR" + SHARE + b"/D[0/Fit]>>"),
        opening(b"<</S/GoToE" + SHARE + b"/D[0/Fit]>>"),
        opening(b"<</S/Thread" + SHARE + b"/D 0>>"),
        opening(b"<</S/URI/URI(https://example.org/who-has-opened-it)>>"),
        raw_pdf(
            b"<<" + SHARE + b"/Length 0>>stream\n\nendstream",
            page=made.with_entry(made.PAGE, b"/Contents 4 0 R"),
        ),
    ],
    ids=["another file", "a file in a file", "a thread", "a website", "its own contents"],
)
def test_a_pdf_that_fetches_something_when_it_is_opened_is_refused(refused, content):
    assert refused("scan.pdf", content) == ACTIVE


def test_a_link_to_a_website_that_somebody_has_to_click_is_taken(kept):
    assert b"https://example.org" in kept(
        "letter.pdf", clicked(b"<</S/URI/URI(https://example.org)>>")
    )


# PDFs that lead nowhere

BROKEN_PDFS = {
    "head.pdf": b"%PDF-",
    "itself.pdf": b"%PDF-1.7\nstartxref\n9\n%%EOF",
    "rootless.pdf": raw_pdf(trailer=b""),
    "circle.pdf": raw_pdf(pages=b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>"),
    "two.pdf": raw_pdf(page=b"<</Type/Pages/Parent 2 0 R/Kids[2 0 R]/Count 1>>"),
    "mirror.pdf": raw_pdf(pages=b"2 0 R"),
    "middle.pdf": pdf()[: len(pdf()) // 4],
}


@pytest.mark.parametrize("name", BROKEN_PDFS)
def test_a_pdf_that_leads_nowhere_is_refused(refused, name):
    assert refused(name, BROKEN_PDFS[name]) == DAMAGED


@pytest.mark.parametrize(
    "make",
    [made.jpeg_of_many_scans, made.pdf_of_many_objects, made.pdf_that_unfolds_in_its_table],
)
def test_a_file_made_to_wear_out_its_reader_is_refused(refused, make):
    content = make()
    assert len(content) <= MAX_BYTES
    assert refused("tiring", content) == DAMAGED


def test_a_pdf_without_a_page_is_not_said_to_have_too_many(refused):
    content = raw_pdf(pages=b"<</Type/Pages/Kids[]/Count 0>>")
    assert refused("empty.pdf", content) == DAMAGED


ODD_PDFS = {
    "count.pdf": raw_pdf(pages=b"<</Type/Pages/Kids[3 0 R]/Count 2000000000>>"),
    "earlier.pdf": made.pdf_that_names_itself_as_its_earlier_revision(),
    "brackets.pdf": raw_pdf(b"[" * 100_000 + b"]" * 100_000),
    "length.pdf": raw_pdf(b"<</Length 4 0 R>>stream\nabc\nendstream"),
    "objects.pdf": raw_pdf(*[b"<<>>"] * 30_000),
    "packed.pdf": raw_pdf(made.stream(made.BOMB, b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode")),
    "nested.pdf": raw_pdf(
        made.stream(b"5 0 <</Type/ObjStm/N 1/First 4/Length 4>>", b"/Type/ObjStm/N 1/First 4")
    ),
}


@pytest.mark.parametrize("name", ODD_PDFS)
def test_an_odd_pdf_is_kept_without_what_is_odd(kept, name):
    stored = kept(name, ODD_PDFS[name])
    assert len(stored) < 1000
    with pikepdf.open(io.BytesIO(stored)) as document:
        assert len(document.pages) == 1


def test_a_pdf_that_opens_without_a_password_is_kept_without_one(kept):
    content = pdf(encryption=pikepdf.Encryption(owner="owner", user=""))
    with pikepdf.open(io.BytesIO(kept("scan.pdf", content))) as document:
        assert not document.is_encrypted


# Fine files of rare kinds


def test_a_picture_in_the_colours_of_a_press_is_kept_in_its_colours(kept):
    content = saved(Image.new("CMYK", (60, 40), (0, 200, 200, 0)), "JPEG")
    red, green, blue = picture_in(kept("press.jpg", content)).getpixel((30, 20))
    assert red > 240
    assert green < 70
    assert blue < 70


def test_a_picture_of_16_bits_a_point_keeps_its_greys(kept):
    scan = Image.new("I;16", (256, 4))
    for x in range(256):
        scan.paste(x * 257, (x, 0, x + 1, 4))
    picture = picture_in(kept("scan.png", saved(scan, "PNG"))).convert("L")
    assert [picture.getpixel((x, 1)) for x in (0, 64, 128, 255)] == [0, 64, 128, 255]


@pytest.mark.parametrize("mode", ["LA", "PA", "RGBA"])
def test_ink_on_a_transparent_page_is_still_told_from_the_page(kept, mode):
    page = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    page.paste((0, 0, 0, 255), (20, 10, 40, 30))
    content = saved(page.quantize(4) if mode == "PA" else page.convert(mode), "PNG")
    picture = picture_in(kept("ink.png", content))
    assert picture.getpixel((30, 20)) != picture.getpixel((5, 5))


@pytest.mark.parametrize(
    ("picture_format", "mode", "options"),
    [
        ("JPEG", "L", {}),
        ("JPEG", "RGB", {"progressive": True}),
        ("JPEG", "RGB", {"subsampling": 0, "quality": 100}),
        ("PNG", "1", {}),
        ("PNG", "L", {}),
        ("PNG", "P", {}),
        ("PNG", "RGB", {"compress_level": 0}),
    ],
)
def test_a_fine_picture_of_a_rare_kind_is_kept(kept, picture_format, mode, options):
    page = Image.new("L", (60, 40), 255)
    page.paste(0, (20, 10, 40, 30))
    content = saved(page.convert(mode), picture_format, **options)
    picture = picture_in(kept("scan", content)).convert("L")
    assert picture.getpixel((30, 20)) < 20
    assert picture.getpixel((5, 5)) > 235


# What the decoder may spend


def test_the_decoder_has_little_time_and_memory_and_leaves_no_core():
    told = """
import resource, sys
sys.path.insert(0, sys.argv[1])
import decoding
limits = (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_CORE)
decoding.new_pdf = lambda original: repr([*map(resource.getrlimit, limits)]).encode()
sys.exit(decoding.main("application/pdf"))
"""
    folder = str(Path(decoding.__file__).parent)
    decoder = subprocess.run(
        [sys.executable, "-c", told, folder], input=b"", capture_output=True, check=True
    )
    assert decoder.stdout == b"[(4, 4), (1073741824, 1073741824), (0, 0)]"
