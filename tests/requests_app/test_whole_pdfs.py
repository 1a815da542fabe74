"""A PDF is taken whole or not at all."""

import io
import re

import pikepdf

from tests.requests_app.files import CUT_OFF, HTML, pdf
from tests.requests_app.hostile_files import PAGE, raw_pdf, stream, with_entry

DRAWN = stream(b"0 0 m 90 90 l S\n" * 60)
PAGE_WITH_CONTENTS = with_entry(PAGE, b"/Contents 4 0 R")
LETTER = raw_pdf(DRAWN, page=PAGE_WITH_CONTENTS)


def book(**save_options):
    """Return a PDF of twenty pages, each with drawings."""

    def add_pages(document):
        for number in range(20):
            document.add_blank_page()
            lines = b"%d 0 m 90 90 l S\n" % number * 200
            document.pages[-1].Contents = document.make_stream(lines)

    return pdf(add_pages, **save_options)


def pages_in(stored):
    with pikepdf.open(io.BytesIO(stored)) as document:
        return len(document.pages)


def test_pdf_that_was_cut_off_is_refused(refuse_files):
    linearised = book(linearize=True)
    for kind, whole in {
        "letter": LETTER,
        "book": book(),
        "packed": book(object_stream_mode=pikepdf.ObjectStreamMode.generate),
        "linearised": linearised,
    }.items():
        cut = {f"{kind} {part}.pdf": whole[: len(whole) * part // 100] for part in (30, 60, 90, 99)}
        refuse_files(cut, CUT_OFF)
    # Its beginning has a last line of its own, and its pages can be found without its end.
    refuse_files({"short.pdf": linearised[:-300] + b"%%EOF\n"}, CUT_OFF)
    refuse_files({"head.pdf": b"%PDF-", "words.pdf": b"%PDF-1.7\n" + HTML}, CUT_OFF)


LOST = {
    "hole.pdf": LETTER.replace(DRAWN[40:600], b""),
    "length.pdf": raw_pdf(DRAWN.replace(b"/Length ", b"/Length 9"), page=PAGE_WITH_CONTENTS),
    "contents.pdf": raw_pdf(page=PAGE_WITH_CONTENTS),
    "part.pdf": raw_pdf(DRAWN, page=with_entry(PAGE, b"/Contents[4 0 R 9 0 R]")),
    "no stream.pdf": raw_pdf(b"<</Length 9>>", page=PAGE_WITH_CONTENTS),
    "page.pdf": raw_pdf(pages=b"<</Type/Pages/Kids[3 0 R 9 0 R]/Count 2>>"),
}


def test_pdf_without_a_page_or_its_contents_is_refused(refuse_files):
    refuse_files(LOST, CUT_OFF)


def test_pdf_with_wrong_places_but_all_its_pages_is_kept(keep_file):
    for name, content in {
        "late.pdf": b" " * 1000 + LETTER,
        "mail.pdf": b"Content-Type: application/pdf\r\n\r\n" + LETTER,
        "padded.pdf": LETTER + bytes(5000),
        "places.pdf": re.sub(rb"startxref\n\d+", b"startxref\n7", LETTER),
        "moved.pdf": LETTER.replace(b"%PDF-1.7\n", b"%PDF-1.7\n% one line more\n"),
        "short length.pdf": re.sub(rb"/Length \d+", b"/Length 9", LETTER),
    }.items():
        stored = keep_file(name, content)
        assert DRAWN[-500:-20] in stored, name
    assert pages_in(keep_file("book.pdf", book(linearize=True))) == 21
