"""PDFs that other programs draw although something in them is not as it ought to be.

Each stands for a kind of file that was found in collections of real and of test files.
"""

import io
import zlib

import pikepdf
import pytest

from requests_app.pdf_sanitizer import new_pdf
from requests_app.refused import Refused
from tests.requests_app import hostile_files as made
from tests.requests_app.hostile_files import (
    CATALOGUE,
    PAGE,
    PAYLOAD,
    annotated,
    drawing,
    picture,
    raw_pdf,
    stream,
    with_entry,
)

PACKED = zlib.compress(b"0 0 m 90 90 l S\n" * 60)


def reopened(content):
    return pikepdf.open(io.BytesIO(new_pdf(content).content))


# Pages and forms


def test_page_that_a_note_leads_to_keeps_what_it_draws():
    tree = b"<</Type/Annot/Subtype/Square/Rect[0 0 9 9]/Parent 2 0 R>>"
    field = b"<</Subtype/Widget/FT/Tx/T(a)/Rect[0 0 9 9]/Kids[3 0 R]>>"
    for content in (annotated(tree), annotated(field)):
        with reopened(content) as document:
            assert document.pages[0].Contents.read_bytes() == b"0 0 m 90 90 l S\n"


def test_contents_with_a_wrong_checksum_are_shown():
    page = with_entry(PAGE, b"/Contents 4 0 R")
    for broken in (PACKED[:-1] + b"\0", PACKED[:-4] + b"gone"):
        stored = new_pdf(raw_pdf(stream(broken, b"/Filter/FlateDecode"), page=page)).content
        assert broken in stored


def test_field_keeps_the_font_of_its_marks():
    font = b"<</Type/Font/Subtype/Type1/BaseFont/ZapfDingbats>>"
    box = b"<</Subtype/Widget/FT/Btn/T(a)/Rect[0 0 9 9]/DA(/Z 0 Tf)/DR<</Font<</Z 5 0 R>>>>>>"
    with reopened(annotated(box, font)) as document:
        (field,) = document.Root.AcroForm.Fields
        assert field.DR.Font.Z.BaseFont == "/ZapfDingbats"


def test_fields_of_no_form_are_kept():
    box = b"<</Subtype/Widget/FT/Btn/T(a)/Rect[0 0 9 9]>>"
    content = raw_pdf(box, page=with_entry(PAGE, b"/Annots[4 0 R]"))
    with reopened(content) as document:
        assert document.pages[0].Annots[0].FT == "/Btn"


def test_profile_of_the_printer_is_kept_without_its_texts():
    intent = b"/OutputIntents[<</S/GTS_PDFX/OutputCondition(home)/DestOutputProfile 4 0 R>>]"
    content = raw_pdf(stream(b"inks", b"/N 4"), catalogue=with_entry(CATALOGUE, intent))
    with reopened(content) as document:
        (kept,) = document.Root.OutputIntents
        assert kept.DestOutputProfile.read_bytes() == b"inks"
        assert "/OutputCondition" not in kept


# Streams that are shorter than they say


def declaring_more(whole):
    return whole.replace(b"/Length ", b"/Length 9", 1)


def font_of(program):
    font = b"<</Type/Font/Subtype/TrueType/BaseFont/A/FontDescriptor<</FontFile2 5 0 R>>>>"
    return raw_pdf(font, program, page=with_entry(PAGE, b"/Resources<</Font<</F 4 0 R>>>>"))


def test_pdf_without_a_part_of_a_picture_a_drawing_or_a_font_is_refused():
    for content in (
        declaring_more(picture(b"", content=b"points")),
        declaring_more(drawing(b"")),
        declaring_more(font_of(stream(b"outlines"))),
        declaring_more(font_of(stream(PACKED[:-40], b"/Filter/FlateDecode"))),
        declaring_more(font_of(stream(b"not packed", b"/Filter/FlateDecode"))),
    ):
        with pytest.raises(Refused, match="cut_off"):
            new_pdf(content)


def test_stream_that_is_whole_by_its_compression_is_kept():
    stored = new_pdf(declaring_more(font_of(stream(PACKED, b"/Filter/FlateDecode")))).content
    assert PACKED in stored


def test_stream_that_nobody_can_unpack_is_kept_as_it_is():
    # What qpdf says of this one is no UTF-8.
    broken = b"\xac\xac>"
    stored = new_pdf(drawing(b"/Filter[/ASCIIHexDecode/LZWDecode]", content=broken)).content
    assert broken in stored


# Photos inside of PDFs


def segment(marker, data):
    return b"\xff" + marker + (len(data) + 2).to_bytes(2) + data


EXIF = b"Exif\0\0" + PAYLOAD
JPEG = made.JPEG
SCAN = JPEG.index(made.START_OF_SCAN)


def test_jpeg_tells_nothing_wherever_it_stands():
    progressive = made.saved(made.Image.effect_noise((40, 40), 9), "JPEG", progressive=True)
    second = progressive.rindex(made.START_OF_SCAN)
    for told, rest in {
        JPEG + made.jpeg_with((b"\xe1", EXIF)): JPEG,
        JPEG[:2] + b"\0lost\0" + segment(b"\xe1", EXIF) + JPEG[2:]: JPEG,
        JPEG[:2] + b"\xff\xff" + segment(b"\xed", EXIF) + JPEG[2:]: JPEG,
        b"\0" + made.jpeg_with((b"\xe1", EXIF)): JPEG,
        progressive[:second] + segment(b"\xfe", EXIF) + progressive[second:]: progressive,
        made.jpeg_with((b"\xe1", EXIF))[:-2]: JPEG[:-2],
    }.items():
        stored = new_pdf(picture(b"/Filter/DCTDecode", content=told)).content
        assert PAYLOAD not in stored, told
        assert stream(rest, b"")[-len(rest) - 10 :] in stored, told


def test_packed_jpeg_tells_nothing():
    photo = made.jpeg_with((b"\xe1", EXIF))
    for filters, packed in (
        (b"[/FlateDecode/DCTDecode]", zlib.compress(photo)),
        (b"[/AHx/Fl/DCT]", zlib.compress(photo).hex().encode() + b">"),
    ):
        entries = b"/DecodeParms[" + b"null " * filters.count(b"/") + b"]/Filter" + filters
        with reopened(picture(entries, content=packed)) as document:
            image = document.pages[0].Resources.XObject.D
            assert image.read_raw_bytes() == JPEG
            assert image.Filter in ("/DCTDecode", "/DCT")


def box(kind, content):
    return (len(content) + 8).to_bytes(4) + kind + content


def test_jpeg_2000_tells_nothing():
    whole = made.saved(made.Image.new("RGB", (40, 40), "red"), "JPEG2000")
    points = whole[whole.index(b"jp2c") + 4 :]
    texts = box(b"xml ", PAYLOAD) + box(b"uuid", bytes(16) + EXIF) + box(b"asoc", PAYLOAD)
    header = whole.index(b"jp2h")
    length = int.from_bytes(whole[header - 4 : header])
    named = (length + 8 + len(PAYLOAD)).to_bytes(4) + whole[header : header - 4 + length]
    ends = whole.index(b"jp2c") - 4
    inside = whole[: header - 4] + named + box(b"xml ", PAYLOAD) + whole[header - 4 + length :]
    long = (1).to_bytes(4) + b"uuid" + (16 + len(PAYLOAD)).to_bytes(8) + PAYLOAD
    commented = points[:2] + segment(b"\x64", b"\0\1" + PAYLOAD) + points[2:]
    for told in (
        whole[:ends] + texts + whole[ends:] + texts,
        whole[:ends] + long + whole[ends:],
        whole[:ends] + bytes(4) + b"jp2c" + points,
        inside,
        whole[:ends] + box(b"jp2c", commented),
    ):
        with reopened(picture(b"/Filter/JPXDecode", content=told)) as document:
            left = document.pages[0].Resources.XObject.D.read_raw_bytes()
        assert PAYLOAD not in left
        shown = made.Image.open(io.BytesIO(left), formats=["JPEG2000"])
        assert shown.convert("RGB").getpixel((9, 9)) == (255, 0, 0)
    with reopened(picture(b"/Filter/JPXDecode", content=commented)) as document:
        assert PAYLOAD not in document.pages[0].Resources.XObject.D.read_raw_bytes()
