"""Pictures and PDFs of a given size, and the names of the documents on a page."""

import re
import struct
import zlib

import pikepdf

from tests.requests_app.files import pdf


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
        document.Root.Padding = document.make_indirect(pikepdf.Stream(document, padding))

    no_decoding = pikepdf.StreamDecodeLevel.none
    return pdf(add, compress_streams=False, stream_decode_level=no_decoding, deterministic_id=True)


def names_on(page):
    """Return the names of the documents on a page, in their order."""
    return re.findall(r" download><bdi>([^<]*)</bdi>", page.content.decode())
