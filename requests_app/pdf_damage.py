"""Whether a PDF is whole: as it was sent, and as far as it could be repaired. Imports no Django."""

import logging
import re
from collections.abc import Iterator

import pikepdf

from requests_app.pdf_head import HEAD, NEAR_THE_EDGE
from requests_app.pdf_unpacking import is_whole
from requests_app.refused import Refused

_END = b"%%EOF"
_PADDING = b"\0\t\n\f\r "
_LINEARISED_LENGTH = re.compile(rb"/L\s+(\d{1,12})\b")
_POINTS_AT_CONTENTS = re.compile(rb"/Contents[\s\[]*\d")
_LINE_END = 2  # bytes; some programs count the end of the line after a stream
_ENCRYPTED_EXTRA = 32  # bytes, which AES adds at most
_REPAIR_MESSAGES = logging.getLogger("pikepdf._core")
_NO_PAGE = "Pages tree includes non-dictionary object"


def check_both_ends(original: bytes) -> None:
    """Refuse a file that was cut off: one without its last line, or shorter than it says."""
    start = max(original.find(HEAD), 0)
    whole = original.rstrip(_PADDING)
    if _END not in whole[-NEAR_THE_EDGE:]:
        raise Refused("cut_off")
    first_object = original[start : start + NEAR_THE_EDGE].partition(b"endobj")[0]
    declared = _LINEARISED_LENGTH.search(first_object)
    if b"/Linearized" in first_object and declared and len(original) - start < int(declared[1]):
        raise Refused("cut_off")


class MissingPages(logging.Handler):
    """Notices, while a PDF is opened, that its tree of pages points at something that is not there.

    The repair takes such a page out of the tree and tells of it in its log alone.
    """

    found = False

    def __enter__(self) -> "MissingPages":
        _REPAIR_MESSAGES.addHandler(self)
        return self

    def __exit__(self, *error: object) -> None:
        _REPAIR_MESSAGES.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.found = self.found or _NO_PAGE in record.getMessage()


def check_pages(pdf: pikepdf.Pdf, original: bytes, missing: MissingPages) -> None:
    """Refuse a file of which a page or what it draws is missing even after the repair."""
    if missing.found:
        raise Refused("cut_off")
    without_contents = []
    for page in pdf.pages:
        if "/Contents" in page.obj:
            if not all(isinstance(part, pikepdf.Stream) for part in _parts(page.obj["/Contents"])):
                raise Refused("cut_off")
        else:
            without_contents.append(page.obj.objgen)
    # A reference to nothing looks like no reference, but for the bytes of the file itself.
    places = pdf.get_xref_table() if without_contents else {}
    start = max(original.find(HEAD), 0)
    for number in without_contents:
        place = places.get(number)
        if place is not None and place.offset is not None:
            text = original[start + place.offset :].partition(b"endobj")[0]
            if _POINTS_AT_CONTENTS.search(text):
                raise Refused("cut_off")


def _parts(contents: pikepdf.Object) -> Iterator[pikepdf.Object | None]:
    if isinstance(contents, pikepdf.Array):
        yield from contents
    else:
        yield contents


def check_stream(pdf: pikepdf.Pdf, stream: pikepdf.Stream) -> None:
    """Refuse a file of which a stream is shorter than it says, unless it is whole all the same."""
    slack = _ENCRYPTED_EXTRA if pdf.is_encrypted else _LINE_END
    is_short = stream.get_int("/Length", 0) > len(stream.get_raw_stream_buffer()) + slack
    if is_short and not is_whole(stream):
        raise Refused("cut_off")
