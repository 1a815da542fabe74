"""Files made to mislead or exhaust the sanitizer: they are refused or cleaned.

Every file here has to take no more than the sanitizer's CPU time.
"""

import io
import subprocess
import sys
from pathlib import Path

import pikepdf
from PIL import Image

from requests_app import sanitizer
from requests_app.models import Attachment
from requests_app.uploads import MAX_BYTES
from tests import factories
from tests.requests_app import files
from tests.requests_app import hostile_files as made
from tests.requests_app.files import DAMAGED, HTML, pdf, stored_files
from tests.requests_app.hostile_files import (
    JPEG,
    PAYLOAD,
    PNG,
    SCRIPT,
    opening,
    raw_pdf,
    saved,
)

PROTECTED = "is protected with a password. Save it without one and try again."
SHARE = rb"/F(\\\\example.org\\share\\file.pdf)"
RED = Image.new("RGB", (60, 40), "red")


def picture_in(stored):
    picture = Image.open(io.BytesIO(stored))
    picture.load()
    return picture


# Neither pictures nor PDFs

OTHER_FILES = {
    "moving.jpg": made.animated("GIF"),
    "moving.png": made.animated("PNG"),
    "bitmap.png": saved(RED, "BMP"),
    "fax.jpg": saved(RED, "TIFF"),
    "icon.png": saved(RED, "ICO"),
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
    "late.pdf": b" " * 1024 + raw_pdf(),
    "nothing.jpg": bytes(5000),
    "byte.pdf": b"%",
    "photo.jpg": HTML,
    "photo.png": b"MZ\x90\0" + bytes(200),
    "scan.pdf": b"GIF89a" + bytes(200),
    "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
}


def test_other_file_types_are_refused_under_any_name(refuse_files):
    refuse_files(OTHER_FILES, files.WRONG_TYPE)


# Broken pictures


def test_truncated_picture_is_refused(refuse_files):
    for whole in (JPEG, saved(RED, "JPEG", progressive=True)):
        parts = {f"{part}.jpg": whole[: len(whole) * part // 12] for part in range(1, 12)}
        refuse_files(parts, DAMAGED)
    refuse_files({f"{length}.png": PNG[:length] for length in (8, 20, 33, 40, 50)}, DAMAGED)


BROKEN = {
    "signature.png": PNG[:8] + PAYLOAD,
    "checksum.png": PNG[:29] + b"\0\0\0\0" + PNG[33:],
    "points.png": made.png(60, 40, rows=b""),
    "nothing.png": made.png_of(0, 0),
    "nothing.jpg": made.jpeg_of(0, 0),
    "note.png": made.png_with(b"zTXt", b"note\0\0" + made.BOMB),
    "words.png": made.png_with(b"iTXt", b"words\0\1\0\0\0" + made.BOMB),
    "colours.png": made.png_with(b"iCCP", b"colours\0\0" + made.BOMB),
    "heic.jpg": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200),
    "avif.png": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1" + bytes(200),
    "webp.jpg": b"RIFF\xd4\0\0\0WEBPVP8 " + bytes(200),
    "start.jpg": JPEG[:2] * 5000,
    "archive.jpg": JPEG[:4] + made.archive("photo.jpg"),
    "page.jpg": b"\xff\xd8\xff\xe0" + HTML,
    "half.jpg": JPEG[: len(JPEG) // 2],
    "half.png": made.png(600, 600)[:-40],
}


def test_broken_or_bomb_picture_is_refused(refuse_files):
    refuse_files(BROKEN, DAMAGED)


def test_picture_declaring_huge_size_is_refused(refuse_files):
    huge = {
        "wide.jpg": made.jpeg_of(65_535, 65_535),
        "wide.png": made.png_of(65_535, 65_535),
        "endless.png": made.png_of(2**31 - 1, 2**31 - 1),
        "line.png": made.png_of(2**31 - 1, 1),
        **{f"bomb {side}.png": made.png(side, side) for side in (8_000, 12_000, 20_000)},
    }
    assert all(len(content) < 100_000 for content in huge.values())
    refuse_files(huge, files.TOO_MANY_PIXELS)


# Good files with hidden content

HIDDEN = {
    "behind.jpg": JPEG + PAYLOAD,
    "page behind.jpg": JPEG + HTML,
    "page behind.png": PNG + HTML,
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


def test_only_pixels_of_a_picture_are_kept(keep_file):
    for name, content in HIDDEN.items():
        stored = keep_file(name, content)
        assert picture_in(stored).size == (60, 40), name
        assert not any(word in stored for word in (PAYLOAD, b"PK\3\4", b"%PDF", b"MPF")), name
        assert len(stored) < 1000, name


def test_exif_is_dropped_and_orientation_applied(keep_file):
    exif = Image.Exif()
    exif[0x0112] = 6  # the orientation tag: rotated by 90 degrees
    exif[0x010F] = "Camera maker"
    exif.get_ifd(0x8825)[1] = "N"  # the GPS position
    taken = io.BytesIO()
    Image.new("RGB", (60, 40)).save(taken, "JPEG", exif=exif, comment=b"home")
    assert b"Camera maker" in taken.getvalue()
    picture = picture_in(keep_file("passport.jpg", taken.getvalue()))
    assert not picture.getexif()
    assert "comment" not in picture.info
    assert picture.size == (40, 60), "it has to be upright without its tag"


# Valid files of rare kinds


def test_cmyk_picture_keeps_its_colours(keep_file):
    content = saved(Image.new("CMYK", (60, 40), (0, 200, 200, 0)), "JPEG")
    red, green, blue = picture_in(keep_file("press.jpg", content)).getpixel((30, 20))
    assert red > 240
    assert green < 70
    assert blue < 70


def test_16_bit_picture_keeps_its_greys(keep_file):
    scan = Image.new("I;16", (256, 4))
    for x in range(256):
        scan.paste(x * 257, (x, 0, x + 1, 4))
    picture = picture_in(keep_file("scan.png", saved(scan, "PNG"))).convert("L")
    assert [picture.getpixel((x, 1)) for x in (0, 64, 128, 255)] == [0, 64, 128, 255]


def test_ink_on_transparent_page_stays_visible(keep_file):
    page = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    page.paste((0, 0, 0, 255), (20, 10, 40, 30))
    for mode in ("LA", "PA", "RGBA"):
        content = saved(page.quantize(4) if mode == "PA" else page.convert(mode), "PNG")
        picture = picture_in(keep_file("ink.png", content))
        assert picture.getpixel((30, 20)) != picture.getpixel((5, 5)), mode


def test_rare_picture_mode_is_kept(keep_file):
    page = Image.new("L", (60, 40), 255)
    page.paste(0, (20, 10, 40, 30))
    for picture_format, mode, options in (
        ("JPEG", "L", {}),
        ("JPEG", "RGB", {"progressive": True}),
        ("JPEG", "RGB", {"subsampling": 0, "quality": 100}),
        ("PNG", "1", {}),
        ("PNG", "L", {}),
        ("PNG", "P", {}),
        ("PNG", "RGB", {"compress_level": 0}),
    ):
        content = saved(page.convert(mode), picture_format, **options)
        picture = picture_in(keep_file("scan", content)).convert("L")
        assert picture.getpixel((30, 20)) < 20, (picture_format, mode, options)
        assert picture.getpixel((5, 5)) > 235, (picture_format, mode, options)


def test_document_type_and_name_follow_content(send_file):
    png_file = factories.picture(picture_format="PNG").read()
    for name, content, kept, content_type in (
        ("scan.jpg", JPEG, "scan.jpg", "image/jpeg"),
        ("scan.JPEG", JPEG, "scan.jpg", "image/jpeg"),
        ("scan.png", png_file, "scan.png", "image/png"),
        ("scan.pdf", pdf(), "scan.pdf", "application/pdf"),
        ("picture.jpg", pdf(), "picture.pdf", "application/pdf"),
        ("program.exe", JPEG, "program.jpg", "image/jpeg"),
        ("صورة", JPEG, "صورة.jpg", "image/jpeg"),
    ):
        with send_file(name, content):
            document = Attachment.objects.get()
            assert (document.original_name, document.content_type) == (kept, content_type)
            assert document.size == len(stored_files()[0]), name


# Good PDFs with hidden content

EXTRA_PDF_DATA = {
    "behind.pdf": raw_pdf() + PAYLOAD,
    "archive.pdf": raw_pdf() + made.archive("run.exe"),
    "comment.pdf": raw_pdf().replace(b"1.7\n", b"1.7\n%" + PAYLOAD + b"\n"),
    "unused.pdf": raw_pdf(made.stream(PAYLOAD)),
    "before.pdf": b"%PDF-1.4 " + PAYLOAD + b" " * 1000 + raw_pdf(),
    "picture.pdf": raw_pdf() + JPEG + PAYLOAD,
    "earlier.pdf": made.revised(opening(SCRIPT), 4, b"[3 0 R/Fit]"),
}


def pages_in(stored):
    with pikepdf.open(io.BytesIO(stored)) as document:
        return len(document.pages)


def test_only_page_content_of_a_pdf_is_kept(keep_file):
    for name, content in EXTRA_PDF_DATA.items():
        stored = keep_file(name, content)
        assert pages_in(stored) == 1, name
        hidden = (PAYLOAD, b"PK\3\4", b"JFIF", b"app.alert")
        assert not any(word in stored for word in hidden), name


# PDFs with a broken structure

BROKEN_PDFS = {
    "itself.pdf": b"%PDF-1.7\nstartxref\n9\n%%EOF",
    "rootless.pdf": raw_pdf(trailer=b""),
    "circle.pdf": raw_pdf(pages=b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>"),
    "two.pdf": raw_pdf(page=b"<</Type/Pages/Parent 2 0 R/Kids[2 0 R]/Count 1>>"),
    "mirror.pdf": raw_pdf(pages=b"2 0 R"),
    "empty.pdf": raw_pdf(pages=b"<</Type/Pages/Kids[]/Count 0>>"),
}


def test_pdf_with_broken_structure_is_refused(refuse_files):
    refuse_files(BROKEN_PDFS, DAMAGED)


def test_resource_exhausting_file_is_refused(refuse_files):
    for make, sentence in (
        (made.jpeg_of_many_scans, files.EXHAUSTING),
        (made.pdf_of_many_objects, DAMAGED),
        (made.pdf_with_xref_bomb, DAMAGED),
    ):
        content = make()
        assert len(content) <= MAX_BYTES
        refuse_files({"tiring": content}, sentence)


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


def test_odd_pdf_is_cleaned_and_kept(keep_file):
    bomb = files.pdf_with_stream_bomb()
    assert len(keep_file("bomb.pdf", bomb)) < 2 * len(bomb)
    for name, content in ODD_PDFS.items():
        stored = keep_file(name, content)
        assert len(stored) < 1000, name
        assert pages_in(stored) == 1, name


def test_pdf_is_kept_without_password_only(keep_file, refuse_files):
    protected = pdf(encryption=pikepdf.Encryption(owner="owner", user="user"))
    refuse_files({"scan.pdf": protected}, PROTECTED)
    owned = pdf(encryption=pikepdf.Encryption(owner="owner", user=""))
    with pikepdf.open(io.BytesIO(keep_file("scan.pdf", owned))) as document:
        assert not document.is_encrypted


# The sanitizer's limits


def test_resource_limits_of_a_decoder():
    told = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from requests_app.decoder_server import limit_this_process
limit_this_process()
limits = resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_CORE
print([*map(resource.getrlimit, limits)])
"""
    folder = str(Path(sanitizer.__file__).parents[1])
    process = subprocess.run([sys.executable, "-c", told, folder], capture_output=True, check=True)
    assert process.stdout == b"[(4, 4), (1073741824, 1073741824), (0, 0)]\n"
