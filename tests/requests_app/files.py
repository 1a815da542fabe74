"""Files to upload, the sentences that refuse them, and the files on the disk afterwards."""

import io
import re
import struct
import zlib

import pikepdf
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile

from requests_app.models import Attachment
from tests import factories

HTML = b"<!doctype html><script>alert(1)</script>"
# What is wrong with a file; the sentences begin with its name.
WRONG_TYPE = "is not a photo or a PDF. Photograph it, or save it as a PDF."
CUT_OFF = "is cut off or damaged, pages are missing. Save it again and send it whole."
DAMAGED = "cannot be read; it may be damaged. Save or photograph it again."
TOO_LARGE = (
    "is larger than 10 MB. Photograph it again at a smaller size, or send only the pages "
    "that matter."
)
TOO_MANY_PIXELS = "has too many pixels. Photograph it again at a smaller size."
TOO_MANY_PAGES = "has too many pages. Send at most 100 pages in one file."
FORM_PROGRAM = (
    "is a form that shows nothing without its own program. Open it there, print it to a new PDF "
    "and send that one."
)
INFLATES = "is too large when it is opened. Print it to a new PDF and send that one."
EXHAUSTING = "takes too long to check. Print it to a new PDF or photograph it, and send that one."
EMPTY = "is empty. Choose another file."


def upload(name, content):
    return SimpleUploadedFile(name, content)


def photo(name, width=60):
    """Return a picture; another width gives another content."""
    return factories.picture(name, size=(width, 40))


def pdf(change=None, **save_options):
    """Return a PDF of one page with a line, after `change` has been applied to it."""
    content = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.pages[0].Contents = document.make_stream(b"0 0 m 90 90 l S")
        if change:
            change(document)
        document.save(content, **save_options)
    return content.getvalue()


def stored_files():
    """Return the content of every file in the private storage but the previews of documents."""
    return [path.read_bytes() for path in paths_in("private")]


def paths_in(storage):
    """Return the paths of the files in this storage but the previews of documents."""
    folder = storages[storage].base_location
    previews = set(Attachment.objects.values_list("preview_stored_name", flat=True))
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [path for path in paths if str(path.relative_to(folder)) not in previews]


MEGABYTE = 1024 * 1024


def deflated_spaces(megabytes):
    """Return this many megabytes of spaces, compressed by repeating one compressed megabyte."""
    packer = zlib.compressobj(9)
    first = packer.compress(b" " * MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(b" " * MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * (megabytes - 1) + b"\x03\0"


def pdf_with_stream_bomb():
    """Return a small PDF with a stream of twenty gigabytes beside its page, compressed twice."""
    twice = zlib.compress(deflated_spaces(20_000), 9)

    def add(document):
        stream = document.make_stream(b"")
        filters = pikepdf.Array([pikepdf.Name.FlateDecode] * 2)
        stream.write(twice, filter=filters, decode_parms=None)
        document.Root.Extra = document.make_indirect(stream)

    no_decoding = pikepdf.StreamDecodeLevel.none
    return pdf(add, compress_streams=False, stream_decode_level=no_decoding)


def chunk(name, data):
    checked = name + data
    return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))


def png(width, height, *chunks, rows=None):
    """Return a white PNG of one bit a pixel, with `chunks` before its pixel data."""
    if rows is None:
        rows = (b"\0" + b"\xff" * ((width + 7) // 8)) * height
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", header), *chunks, chunk(b"IDAT", zlib.compress(rows)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def pdf_of(size, filler=b" "):
    """Return a PDF of `size` bytes that keeps its size when it is stored.

    It is saved with the portal's own options, so saving it again changes nothing. Another `filler`
    gives another PDF.
    """
    padding = 0
    while True:
        content = _padded_pdf(filler * padding)
        if len(content) == size:
            return content
        padding += size - len(content)


def _padded_pdf(padding):
    def add(document):
        line = document.make_stream(b"0 0 m 90 90 l S %" + padding)
        document.pages[0].Contents = line

    no_decoding = pikepdf.StreamDecodeLevel.none
    return pdf(add, compress_streams=False, stream_decode_level=no_decoding, deterministic_id=True)


def names_on(page):
    """Return the names of the documents on a page, in their order."""
    return re.findall(r" download><bdi>([^<]*)</bdi>", page.content.decode())
