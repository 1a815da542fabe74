"""PDFs for the tests, and the files on the disk after an upload."""

import io
import zlib

import pikepdf
from django.core.files.storage import storages


def pdf(change=None, **save_options):
    """Return a PDF of one empty page, after `change` has been applied to it."""
    content = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        if change:
            change(document)
        document.save(content, **save_options)
    return content.getvalue()


def stored_files():
    """Return the content of every file in the private storage."""
    folder = storages["private"].base_location
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]


MEGABYTE = 1024 * 1024


def deflated_spaces(megabytes):
    """Return this many megabytes of spaces, compressed by repeating one compressed megabyte."""
    packer = zlib.compressobj(9)
    first = packer.compress(b" " * MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(b" " * MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * (megabytes - 1) + b"\x03\0"


def pdf_with_stream_bomb():
    """Return a small PDF with a stream of twenty gigabytes, compressed twice."""
    twice = zlib.compress(deflated_spaces(20_000), 9)

    def add(document):
        stream = document.make_stream(b"")
        filters = pikepdf.Array([pikepdf.Name.FlateDecode] * 2)
        stream.write(twice, filter=filters, decode_parms=None)
        document.Root.Extra = document.make_indirect(stream)

    no_decoding = pikepdf.StreamDecodeLevel.none
    return pdf(add, compress_streams=False, stream_decode_level=no_decoding)
