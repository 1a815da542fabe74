"""Files made to mislead or exhaust the sanitizer: they are refused or cleaned.

Every test here also checks that its files took no more than the sanitizer's CPU time.
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

from requests_app import sanitizer
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


def child_cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.fixture(autouse=True)
def _limit_sanitizer_cpu_time():
    before = child_cpu_seconds()
    yield
    # The kernel checks the limit only once a tick, so the sanitizer may exceed it a little.
    assert child_cpu_seconds() - before < sanitizer.MAX_SECONDS + 0.5


@pytest.fixture
def add(as_resident, resident):
    """Return a function that sends a file on the third step and returns the page that follows."""
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
    """Return a function that sends a file, checks that it is refused, and returns the sentence."""

    def refused(name, content):
        (sentence,) = errors_on(add(name, content))
        assert not stored_files()
        assert not Attachment.objects.exists()
        assert sentence.startswith(f"“{name}” ")
        return sentence.removeprefix(f"“{name}” ")

    return refused


@pytest.fixture
def kept(add):
    """Return a function that sends a file, checks that it is kept, and returns the stored bytes."""

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
OTHER_FILES = {
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


@pytest.mark.parametrize("name", OTHER_FILES)
def test_other_file_types_are_refused_under_any_name(refused, name):
    assert refused(name, OTHER_FILES[name]) == WRONG_TYPE


# Broken pictures


@pytest.mark.parametrize("part", range(1, 12))
@pytest.mark.parametrize("whole", [JPEG, saved(RED, "JPEG", progressive=True)])
def test_truncated_jpeg_is_refused(refused, whole, part):
    broken = whole[: len(whole) * part // 12]
    assert refused("photo.jpg", broken) == DAMAGED


@pytest.mark.parametrize("length", [8, 20, 33, 40, 50])
def test_truncated_png_is_refused(refused, length):
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
def test_broken_or_bomb_picture_is_refused(refused, name):
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
def test_picture_declaring_huge_size_is_refused(refused, name, content):
    assert refused(name, content) == TOO_MANY_PIXELS


# Good files with hidden content

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
def test_only_pixels_of_a_picture_are_kept(kept, name):
    content = HIDDEN[name]
    stored = kept(name, content)
    picture = picture_in(stored)
    assert picture.size == (60, 40)
    assert not any(word in stored for word in (PAYLOAD, b"PK\3\4", b"%PDF", b"MPF"))
    assert len(stored) < 1000


EXTRA_PDF_DATA = {
    "behind.pdf": raw_pdf() + PAYLOAD,
    "archive.pdf": raw_pdf() + made.archive("run.exe"),
    "comment.pdf": raw_pdf().replace(b"1.7\n", b"1.7\n%" + PAYLOAD + b"\n"),
    "unused.pdf": raw_pdf(made.stream(PAYLOAD)),
    "before.pdf": b"%PDF-1.4 " + PAYLOAD + b" " * 1000 + raw_pdf(),
    "picture.pdf": raw_pdf() + JPEG + PAYLOAD,
    "earlier.pdf": made.revised(opening(SCRIPT), 4, b"[3 0 R/Fit]"),
}


@pytest.mark.parametrize("name", EXTRA_PDF_DATA)
def test_only_page_content_of_a_pdf_is_kept(kept, name):
    stored = kept(name, EXTRA_PDF_DATA[name])
    with pikepdf.open(io.BytesIO(stored)) as document:
        assert len(document.pages) == 1
    assert not any(word in stored for word in (PAYLOAD, b"PK\3\4", b"JFIF", b"app.alert"))


# PDFs with active content

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
def test_active_pdf_is_refused(refused, name):
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
def test_pdf_fetching_on_open_is_refused(refused, content):
    assert refused("scan.pdf", content) == ACTIVE


def test_pdf_with_clickable_link_is_accepted(kept):
    assert b"https://example.org" in kept(
        "letter.pdf", clicked(b"<</S/URI/URI(https://example.org)>>")
    )


# PDFs with a broken structure

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
def test_pdf_with_broken_structure_is_refused(refused, name):
    assert refused(name, BROKEN_PDFS[name]) == DAMAGED


@pytest.mark.parametrize(
    "make",
    [made.jpeg_of_many_scans, made.pdf_of_many_objects, made.pdf_with_xref_bomb],
)
def test_resource_exhausting_file_is_refused(refused, make):
    content = make()
    assert len(content) <= MAX_BYTES
    assert refused("tiring", content) == DAMAGED


def test_pdf_without_pages_is_refused_as_damaged(refused):
    content = raw_pdf(pages=b"<</Type/Pages/Kids[]/Count 0>>")
    assert refused("empty.pdf", content) == DAMAGED


ODD_PDFS = {
    "count.pdf": raw_pdf(pages=b"<</Type/Pages/Kids[3 0 R]/Count 2000000000>>"),
    "earlier.pdf": made.pdf_with_circular_revisions(),
    "brackets.pdf": raw_pdf(b"[" * 100_000 + b"]" * 100_000),
    "length.pdf": raw_pdf(b"<</Length 4 0 R>>stream\nabc\nendstream"),
    "objects.pdf": raw_pdf(*[b"<<>>"] * 30_000),
    "packed.pdf": raw_pdf(made.stream(made.BOMB, b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode")),
    "nested.pdf": raw_pdf(
        made.stream(b"5 0 <</Type/ObjStm/N 1/First 4/Length 4>>", b"/Type/ObjStm/N 1/First 4")
    ),
}


@pytest.mark.parametrize("name", ODD_PDFS)
def test_odd_pdf_is_cleaned_and_kept(kept, name):
    stored = kept(name, ODD_PDFS[name])
    assert len(stored) < 1000
    with pikepdf.open(io.BytesIO(stored)) as document:
        assert len(document.pages) == 1


def test_pdf_with_owner_password_only_is_kept_decrypted(kept):
    content = pdf(encryption=pikepdf.Encryption(owner="owner", user=""))
    with pikepdf.open(io.BytesIO(kept("scan.pdf", content))) as document:
        assert not document.is_encrypted


# Valid files of rare kinds


def test_cmyk_picture_keeps_its_colours(kept):
    content = saved(Image.new("CMYK", (60, 40), (0, 200, 200, 0)), "JPEG")
    red, green, blue = picture_in(kept("press.jpg", content)).getpixel((30, 20))
    assert red > 240
    assert green < 70
    assert blue < 70


def test_16_bit_picture_keeps_its_greys(kept):
    scan = Image.new("I;16", (256, 4))
    for x in range(256):
        scan.paste(x * 257, (x, 0, x + 1, 4))
    picture = picture_in(kept("scan.png", saved(scan, "PNG"))).convert("L")
    assert [picture.getpixel((x, 1)) for x in (0, 64, 128, 255)] == [0, 64, 128, 255]


@pytest.mark.parametrize("mode", ["LA", "PA", "RGBA"])
def test_ink_on_transparent_page_stays_visible(kept, mode):
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
def test_rare_picture_mode_is_kept(kept, picture_format, mode, options):
    page = Image.new("L", (60, 40), 255)
    page.paste(0, (20, 10, 40, 30))
    content = saved(page.convert(mode), picture_format, **options)
    picture = picture_in(kept("scan", content)).convert("L")
    assert picture.getpixel((30, 20)) < 20
    assert picture.getpixel((5, 5)) > 235


# The sanitizer's limits


def test_sanitizer_resource_limits():
    told = """
import resource, sys
sys.path.insert(0, sys.argv[1])
import sanitizer
limits = (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_CORE)
sanitizer.new_pdf = lambda original: repr([*map(resource.getrlimit, limits)]).encode()
sys.exit(sanitizer.main("application/pdf"))
"""
    folder = str(Path(sanitizer.__file__).parent)
    process = subprocess.run(
        [sys.executable, "-c", told, folder], input=b"", capture_output=True, check=True
    )
    assert process.stdout == b"[(4, 4), (1073741824, 1073741824), (0, 0)]"
