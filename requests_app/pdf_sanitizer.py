"""PDFs: read, judged and written anew, in the process of the sanitizer. Imports no Django."""

import io
import warnings
from collections.abc import Sequence

import pikepdf

from requests_app.cleaned import Cleaned, Signature
from requests_app.pdf_contents import Contents
from requests_app.pdf_damage import MissingPages, check_both_ends, check_pages
from requests_app.pdf_signatures import signatures_of
from requests_app.pdf_unpacking import limit_memory
from requests_app.refused import Refused

MAX_PAGES = 100
_OF_THE_TRAILER = ("/Root", "/Size", "/ID")


def new_pdf(original: bytes, roots: Sequence[bytes] = ()) -> Cleaned:
    """Write the PDF anew with what its pages show, and say whether its signatures hold.

    `roots` are the certificates, in DER, that signatures may lead to.

    Refused if it is not whole, needs a password or a program, has too many pages, unpacks to too
    much, or shows nothing; ValueError if it has no page.
    """
    check_both_ends(original)
    limit_memory()
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
        if _needs_a_program(pdf):
            raise Refused("form_program")
        signatures = _signatures_of(original, roots)
        pages = len(pdf.pages)
        removed = _reduce(pdf)
        output = io.BytesIO()
        # Streams stay compressed, because decompressing one could fill the memory.
        packed = pikepdf.StreamDecodeLevel.none
        with warnings.catch_warnings():
            # Fields that no form lists came so.
            warnings.simplefilter("ignore", pikepdf.PageCopyWarning)
            pdf.save(
                output, stream_decode_level=packed, compress_streams=False, deterministic_id=True
            )
    if signatures:
        removed.discard("signature")  # It is kept, with the original.
    return Cleaned(output.getvalue(), tuple(sorted(removed)), pages, signatures=signatures)


def _signatures_of(original: bytes, roots: Sequence[bytes]) -> tuple[Signature, ...]:
    return signatures_of(original, roots) if b"/ByteRange" in original else ()


def _needs_a_program(pdf: pikepdf.Pdf) -> bool:
    """Return whether the pages are a placeholder for a form that a program would draw (XFA)."""
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, pikepdf.Dictionary) or "/XFA" not in form:
        return False
    fields = form.get("/Fields")
    has_fields = isinstance(fields, pikepdf.Array) and len(fields) > 0
    return bool(pdf.Root.get("/NeedsRendering")) or not has_fields


def _reduce(pdf: pikepdf.Pdf) -> set[str]:
    pages = [page.obj for page in pdf.pages]
    contents = Contents(pdf)
    for page in pages:
        contents.reduce(page, "page")
    contents.reduce(pdf.Root, "catalogue")
    if not any(map(contents.draws, pages)):
        raise Refused("nothing_to_show")
    for key in list(pdf.trailer.keys()):
        if key not in _OF_THE_TRAILER:
            del pdf.trailer[key]
    # A flat tree has no branches that could carry anything. What pages inherit from theirs, qpdf
    # has given to the pages themselves.
    tree = pdf.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.Pages, Kids=pages, Count=len(pages))
    )
    for page in pages:
        page["/Parent"] = tree
    pdf.Root["/Pages"] = tree
    return contents.removed
