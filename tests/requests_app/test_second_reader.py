"""What is left of hostile files, read by another library than the one that cleaned them.

PDFs are read by pypdf, which shares no code with qpdf; the parts of pictures by their marks.
"""

import io
import re
import zlib

import pypdf
import pytest
from PIL import Image, ImageCms
from pypdf.generic import DictionaryObject, IndirectObject, StreamObject

from requests_app import sanitizer
from requests_app.pdf_sanitizer import new_pdf
from requests_app.refused import Refused
from requests_app.uploads import type_by_content
from tests.requests_app import hostile_files as made
from tests.requests_app import hostile_pdfs
from tests.requests_app.files import HTML, chunk
from tests.requests_app.hostile_files import PAYLOAD, jpeg_with, saved
from tests.requests_app.test_hostile_files import EXTRA_PDF_DATA, ODD_PDFS
from tests.requests_app.test_taken_out import ACTIVE, ACTIVE_NAMES

# Bookmarks follow each other by /Next; that of an action is looked at beside its address.
FORBIDDEN = {f"/{name.decode()}" for name in ACTIVE_NAMES - {b"Next"}} | {
    *("/PS", "/SE", "/PA", "/VP", "/GEO", "/CO", "/HT", "/HTO", "/DPart", "/DPartRoot", "/Threads"),
    *("/Requirements", "/Extensions", "/Legal", "/SpiderInfo", "/IDS", "/Templates", "/FFilter"),
    *("/Popup", "/Projection", "/TrapNet", "/ViewerPreferences", "/LGIDict", "/IsMap", "/EFF"),
}
HIDDEN = (
    PAYLOAD,
    HTML,
    b"app.alert",
    b"run.exe",
    b"cmd.exe",
    b"script:",
    b"\\share",
    b"\xfe\xff\0a\0p",
)


def parts_of(reader):
    """Yield every object of the file, whether or not anything leads to it, and all in them."""
    numbers = {number for table in reader.xref.values() for number in table} | set(
        reader.xref_objStm
    )
    waiting = [
        reader.trailer,
        *(IndirectObject(n, 0, reader).get_object() for n in sorted(numbers)),
    ]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, dict):
            waiting += part.keys()
            waiting += (part.raw_get(key) for key in part)
        elif isinstance(part, list):
            waiting += (each for each in list.__iter__(part))


def check_inert(stored, name):
    reader = pypdf.PdfReader(io.BytesIO(stored))
    assert len(reader.pages) >= 1, name
    assert set(reader.trailer) <= {"/Root", "/Size", "/ID"}, name
    assert not reader.is_encrypted, name
    assert not reader.attachments, name
    assert reader.metadata is None, name
    assert reader.xmp_metadata is None, name
    texts = [stored]
    for part in parts_of(reader):
        if isinstance(part, str):
            assert part not in FORBIDDEN, (name, part)
            texts.append(part.encode("utf-8", "surrogateescape"))
        elif isinstance(part, bytes):
            texts.append(part)
        if isinstance(part, StreamObject):
            assert "/F" not in part, name
            texts.append(unpacked(part))
        if isinstance(part, DictionaryObject) and isinstance(part.get("/A"), DictionaryObject):
            assert set(part["/A"]) <= {"/Type", "/S", "/URI", "/D"}, name
            assert part["/A"]["/S"] in ("/GoTo", "/URI"), name
            address = part["/A"].get("/URI", "http:")
            assert re.match("https?:", address, re.IGNORECASE), name
    assert not [word for word in HIDDEN if any(word in text for text in texts)], name


def unpacked(stream):
    filters = stream.get("/Filter", [])
    is_picture = any(codec in str(filters) for codec in ("DCT", "JPX", "CCITT", "CCF", "JBIG2"))
    return stream._data if is_picture else stream.get_data()


def test_nothing_active_is_left_of_any_hostile_pdf():
    tables = (hostile_pdfs.CLEANED, ACTIVE, EXTRA_PDF_DATA, ODD_PDFS)
    assert len(hostile_pdfs.CLEANED) >= 50
    for name, content in (pair for table in tables for pair in table.items()):
        check_inert(new_pdf(content).content, name)


def test_second_reader_sees_what_the_first_takes_out():
    """A control: as they were sent, none of these would pass."""
    for name, content in hostile_pdfs.CLEANED.items():
        if "circle" in name or name in ("form in itself", "deep", "odd escapes"):
            continue  # these are hostile by their shape
        with pytest.raises((AssertionError, pypdf.errors.PyPdfError)):
            check_inert(content, name)


def test_picture_in_a_pdf_that_declares_too_many_points_is_refused():
    for name, content in hostile_pdfs.WIDE_PICTURES.items():
        with pytest.raises(Refused) as refused:
            new_pdf(content)
        assert str(refused.value) == "inflates", name


# Pictures

GPS = Image.Exif()
GPS[0x010F] = "Camera maker"
GPS.get_ifd(0x8825)[1] = "N"
TOLD = {"exif": GPS.tobytes(), "xmp": b"<x:xmpmeta>" + PAYLOAD + b"</x:xmpmeta>"}
RED, BLUE = (Image.new("RGB", (60, 40), colour) for colour in ("red", "blue"))
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
PHONE_FORMATS = ("HEIF", "AVIF", "WEBP")

PICTURES = {
    "two in one": saved(RED, "MPO", save_all=True, append_images=[BLUE], exif=TOLD["exif"]),
    "thumbnail": jpeg_with((b"\xe1", TOLD["exif"] + made.JPEG + PAYLOAD)),
    "more words": jpeg_with((b"\xe1", b"http://ns.adobe.com/xmp/extension/\0" + PAYLOAD)),
    "provenance": jpeg_with((b"\xeb", b"JP\0\1" + PAYLOAD), (b"\xe4", PAYLOAD), (b"\xe3", HTML)),
    "many profiles": jpeg_with(
        *[(b"\xe2", b"ICC_PROFILE\0%c\xff" % part + PAYLOAD * 99) for part in range(1, 256)]
    ),
    "between the parts": made.JPEG[:20] + HTML + made.JPEG[20:],
    "between the scans": made.JPEG[:-2] + b"\xff\xfe\0\x21" + PAYLOAD + b"\xff\xd9",
    "archive.png": made.PNG + made.archive("run.exe"),
    "place.png": saved(RED, "PNG", exif=TOLD["exif"]),
    "words.png": made.png_with(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + TOLD["xmp"]),
    "long words.png": made.png_with(b"zTXt", b"a\0\0" + zlib.compress(PAYLOAD * 90_000)),
    "time.png": made.png_with(b"tIME", bytes((7, 0xEA, 1, 1, 1, 1, 1))),
    "private.png": made.png_with(b"vpAg", PAYLOAD),
    "unknown part.png": made.png_with(b"ABCD", PAYLOAD),
    **{
        f"{each} that tells": saved(RED, each, icc_profile=PROFILE, **TOLD)
        for each in PHONE_FORMATS
    },
    **{
        f"{each} that moves": saved(RED, each, save_all=True, append_images=[BLUE] * 3)
        for each in PHONE_FORMATS
    },
    **{f"{each} with more": saved(RED, each) + HTML + PAYLOAD for each in PHONE_FORMATS},
}
DAMAGED_PICTURES = {
    "bomb of words": made.png_with(b"zTXt", b"a\0\0" + made.BOMB),
    "bomb of a profile": made.png_with(b"iCCP", b"a\0\0" + made.BOMB),
    "colours alone": made.PNG[:33] + chunk(b"PLTE", bytes(768)) + made.PNG[-12:],
    "page": made.JPEG[:20] + HTML,
}
OF_NO_TYPE = (b"GIF89a=1;alert(1)", b"\xff\xd8" + HTML, made.png_with(b"acTL", bytes(8)))


def segments_of(jpeg):
    """Return the marks of a JPEG in their order, each once; its last bytes have to be its end."""
    place, marks = 2, []
    while jpeg[place + 1] != 0xDA:
        marks.append(jpeg[place + 1])
        place += 2 + int.from_bytes(jpeg[place + 2 : place + 4])
    assert jpeg.index(b"\xff\xd9", place) == len(jpeg) - 2
    return set(marks)


def chunks_of(png):
    place, names = 8, []
    while place < len(png):
        names.append(png[place + 4 : place + 8])
        place += 12 + int.from_bytes(png[place : place + 4])
    return set(names)


def test_nothing_but_points_is_left_of_any_hostile_picture():
    for name, content in PICTURES.items():
        kind = type_by_content(content)
        assert kind, name
        stored = sanitizer.clean(content, kind, roots=()).content
        if stored.startswith(b"\x89PNG"):
            assert chunks_of(stored) <= {b"IHDR", b"PLTE", b"IDAT", b"IEND"}, name
        else:  # JFIF's own segment, tables, the frame
            assert segments_of(stored) <= {0xE0, 0xDB, 0xC0, 0xC4}, name
        assert not any(word in stored for word in (PAYLOAD, HTML, b"Camera", b"PK\3\4")), name
        with Image.open(io.BytesIO(stored)) as picture:
            assert (picture.size, getattr(picture, "n_frames", 1)) == ((60, 40), 1), name


def test_picture_that_is_only_a_trap_is_damaged():
    for name, content in DAMAGED_PICTURES.items():
        kind = type_by_content(content)
        assert kind, name
        with pytest.raises((OSError, ValueError, SyntaxError)):
            sanitizer.clean(content, kind, roots=())


def test_program_that_begins_as_a_picture_is_of_no_known_type():
    assert [type_by_content(content) for content in OF_NO_TYPE] == [None] * 3
