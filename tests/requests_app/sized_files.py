"""Pictures and PDFs of a given size, made cheaply, and what a page shows of those it has."""

import re
import struct
import zlib

import pikepdf

from tests.requests_app.files import pdf


def chunk(name, data):
    checked = name + data
    return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))


def png(width, height, *chunks, rows=None):
    """A whole white PNG of one bit a point, with `chunks` before its points."""
    if rows is None:
        rows = (b"\0" + b"\xff" * ((width + 7) // 8)) * height
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", header), *chunks, chunk(b"IDAT", zlib.compress(rows)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def pdf_of(size, filler=b" "):
    """A PDF of so many bytes, which has as many when it is stored; another `filler`, another one.

    It is saved as the portal saves it, and so comes out of that as it went in.
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

    as_it_is = pikepdf.StreamDecodeLevel.none
    return pdf(add, compress_streams=False, stream_decode_level=as_it_is, deterministic_id=True)


def names_on(page):
    """The names of the documents that a page lists, in its order."""
    return re.findall(r" download><bdi>([^<]*)</bdi>", page.content.decode())
