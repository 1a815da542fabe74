"""PDFs: read, judged and written anew, in the process of the sanitizer. Imports no Django."""

import io
from collections.abc import Iterator

import pikepdf

from requests_app.pdf_damage import MissingPages, check_both_ends, check_pages
from requests_app.refused import Refused

MAX_PAGES = 100

_ACTIVE_KEYS = ("/JS", "/AA", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent")
_ACTIVE_ACTIONS = (
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/Rendition",
    "/RichMediaExecute",
    # These lead to another file or into one; on a share, that reveals who has opened this PDF.
    "/GoToR",
    "/GoToE",
    "/Thread",
)


def new_pdf(original: bytes) -> bytes:
    """Write the PDF anew.

    Refused if it is not whole, is encrypted, has too many pages, or has active content; ValueError
    if it has no page.
    """
    check_both_ends(original)
    try:
        with MissingPages() as missing:
            pdf = pikepdf.open(io.BytesIO(original), suppress_warnings=True)
    except pikepdf.PasswordError:
        raise Refused("encrypted") from None
    with pdf:
        check_pages(pdf, original, missing)
        if not pdf.pages:
            raise ValueError("no page")
        if len(pdf.pages) > MAX_PAGES:
            raise Refused("too_many_pages")
        if any(map(_is_active, _dictionaries(pdf))):
            raise Refused("active")
        for dictionary, key in ((pdf.trailer, "/Info"), (pdf.Root, "/Metadata")):
            if key in dictionary:
                del dictionary[key]  # These name the author and the software.
        output = io.BytesIO()
        # Streams stay compressed, because decompressing one could fill the memory.
        packed = pikepdf.StreamDecodeLevel.none
        pdf.save(output, stream_decode_level=packed, compress_streams=False, deterministic_id=True)
    return output.getvalue()


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Yield every dictionary of the file, at any depth.

    References are not followed, because `pdf.objects` has their targets.
    """
    waiting = [pdf.trailer, *pdf.objects]
    while waiting:
        item = waiting.pop()
        if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            yield item
            values = [item[key] for key in item.keys()]  # noqa: SIM118
        elif isinstance(item, pikepdf.Array):
            values = list(item)
        else:
            continue
        waiting.extend(
            value for value in values if isinstance(value, pikepdf.Object) and not value.is_indirect
        )


def _is_active(dictionary: pikepdf.Object) -> bool:
    if any(key in dictionary for key in _ACTIVE_KEYS):
        return True
    if isinstance(dictionary, pikepdf.Stream) and "/F" in dictionary:
        return True  # The content of the stream is in another file.
    opening = dictionary.get("/OpenAction")
    if isinstance(opening, pikepdf.Dictionary) and opening.get("/S") != "/GoTo":
        return True
    action = dictionary.get("/S")
    return isinstance(action, pikepdf.Name) and str(action) in _ACTIVE_ACTIONS
