"""Files made by hand to mislead the program that reads them."""

import io
import struct
import zipfile

from PIL import Image

from tests.requests_app.files import chunk, deflated_spaces, png

PAYLOAD = b"<script>alert(1)</script>"
BOMB = deflated_spaces(200)

START_OF_SCAN, END = b"\xff\xda", b"\xff\xd9"


def saved(picture, picture_format, **options):
    content = io.BytesIO()
    picture.save(content, picture_format, **options)
    return content.getvalue()


JPEG = saved(Image.new("RGB", (60, 40), "white"), "JPEG")
PNG = png(60, 40)


# Pictures


def jpeg_with(*segments):
    """Return a JPEG with these segments, each a marker and its content, before its picture."""
    sized = [(marker, struct.pack(">H", len(data) + 2), data) for marker, data in segments]
    parts = [b"\xff" + marker + size + data for marker, size, data in sized]
    return JPEG[:2] + b"".join(parts) + JPEG[2:]


def jpeg_of(width, height):
    """Return a JPEG that declares this size but has the data of a small one."""
    size = JPEG.index(b"\xff\xc0") + 5
    return JPEG[:size] + struct.pack(">HH", height, width) + JPEG[size + 4 :]


def png_of(width, height):
    """Return a PNG that declares this size but has the data of a small one."""
    return png(width, height, rows=b"\0" * 100)


def png_with(name, data):
    return png(60, 40, chunk(name, data))


def jpeg_of_many_scans():
    """Return a picture of 49 million pixels with some hundred thousand scans."""
    whole = saved(Image.new("RGB", (7000, 7000)), "JPEG", progressive=True)
    last_scan = whole[whole.rindex(START_OF_SCAN) : -2]
    repeated = (10 * 1024 * 1024 - len(whole)) // len(last_scan)
    return whole[:-2] + last_scan * repeated + END


def animated(picture_format):
    """Return an animated picture of five frames, each of another colour."""
    first, *others = (Image.new("RGB", (60, 40), (50 * n, 0, 0)) for n in range(5))
    return saved(first, picture_format, save_all=True, append_images=others)


def archive(*names):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        for name in names:
            opened.writestr(name, PAYLOAD)
    return content.getvalue()


# PDFs

CATALOGUE = b"<</Type/Catalog/Pages 2 0 R>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 90 90]>>"
LINE = b"<</Length 16>>stream\n0 0 m 90 90 l S\n\nendstream"

SCRIPT = b"<</S/JavaScript/JS(app.alert(1))>>"


def with_entry(dictionary, entry):
    return dictionary[:-2] + entry + b">>"


def raw_pdf(*more, catalogue=CATALOGUE, pages=PAGES, page=PAGE, trailer=b"/Root 1 0 R"):
    """Return a PDF of these objects; the objects in `more` are numbered from 4.

    A page without contents gets a line.
    """
    if b"/Type/Page/" in page and b"/Contents" not in page:
        page, more = with_entry(page, b"/Contents %d 0 R" % (len(more) + 4)), (*more, LINE)
    objects = [catalogue, pages, page, *more]
    content = bytearray(b"%PDF-1.7\n")
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    content += b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"trailer\n<</Size %d %s>>\n" % (len(objects) + 1, trailer)
    return bytes(content + b"startxref\n%d\n%%%%EOF\n" % table)


def opening(action, *more):
    """Return a PDF that runs this action as soon as it is opened."""
    return raw_pdf(action, *more, catalogue=with_entry(CATALOGUE, b"/OpenAction 4 0 R"))


def clicked(action, *more):
    """Return a PDF that runs this action when somebody clicks into its page."""
    area = b"<</Type/Annot/Subtype/Link/Rect[0 0 90 90]/A 5 0 R>>"
    return raw_pdf(area, action, *more, page=with_entry(PAGE, b"/Annots[4 0 R]"))


def stream(content, entries=b""):
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), entries, content)


def annotated(annotation, *more):
    """Return a PDF with this annotation, the objects in `more` are numbered from 5."""
    fields = b"/AcroForm<</Fields[4 0 R]>>" if b"/Widget" in annotation else b""
    page = with_entry(PAGE, b"/Annots[4 0 R]")
    return raw_pdf(annotation, *more, catalogue=with_entry(CATALOGUE, fields), page=page)


def drawing(entries, *more, content=b"0 0 m S"):
    """Return a PDF whose page uses a drawing with these entries; `more` is numbered from 5."""
    form = stream(content, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]" + entries)
    return raw_pdf(form, *more, page=with_entry(PAGE, b"/Resources<</XObject<</D 4 0 R>>>>"))


def picture(entries, *more, content=b"0", side=1):
    """Return a PDF whose page shows a picture with these entries; `more` is numbered from 5."""
    entries += b"/Subtype/Image/BitsPerComponent 8/ColorSpace/DeviceGray"
    image = stream(content, entries + b"/Width %d/Height %d" % (side, side))
    return raw_pdf(image, *more, page=with_entry(PAGE, b"/Resources<</XObject<</D 4 0 R>>>>"))


def revised(content, number, new):
    """Return this PDF with a later revision that replaces one object."""
    place = len(content)
    content += b"%d 0 obj\n%s\nendobj\n" % (number, new)
    table = len(content)
    content += b"xref\n%d 1\n%010d 00000 n \n" % (number, place)
    earlier = content.index(b"xref\n0 ")
    content += b"trailer\n<</Size 9/Root 1 0 R/Prev %d>>\n" % earlier
    return content + b"startxref\n%d\n%%%%EOF\n" % table


def pdf_with_xref_bomb():
    """Return a PDF whose cross-reference stream unpacks to 600 megabytes."""
    packed = deflated_spaces(600)
    entries = b"/Type/XRef/W[1 4 2]/Size 99999999/Root 1 0 R/Filter/FlateDecode"
    table = b"4 0 obj" + stream(packed, entries) + b"endobj\n"
    return b"%PDF-1.7\n" + table + b"startxref\n9\n%%EOF"


def pdf_of_many_objects():
    objects = b"".join(b"%d 0 obj<<>>endobj\n" % n for n in range(250_000))
    return b"%PDF-1.7\n" + objects + b"%%EOF"


def pdf_with_circular_revisions():
    content = raw_pdf(trailer=b"/Root 1 0 R/Prev 000")
    return content.replace(b"/Prev 000", b"/Prev %03d" % content.index(b"xref\n0 "))


def lzw_of_spaces(blocks):
    """Return LZW of which each block, of five kilobytes, unpacks to seven megabytes."""
    block, width = f"{ord(' '):09b}", 9
    for code in range(258, 4094):
        block += f"{code:0{width}b}"
        if code + 2 == 1 << width and width < 12:
            width += 1
    bits = f"{256:09b}" + (block + f"{256:012b}") * blocks
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)
