"""The signatures of PDFs: by whom, when, and whether they hold, and what is left of them."""

import datetime
import io
import re

import pikepdf
import pytest
from pyhanko.pdf_utils.generic import StreamObject, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm

from requests_app import pdf_signatures
from requests_app.cleaned import Cleaned
from requests_app.pdf_sanitizer import new_pdf
from requests_app.pdf_signatures import MAX_SIGNATURES, signatures_of
from requests_app.signature_roots import read_roots
from tests.requests_app import hostile_files as made
from tests.requests_app.files import pdf
from tests.requests_app.hostile_files import with_entry
from tests.requests_app.signing import (
    ORGANISATION,
    SIGNER,
    around_the_signature,
    holder,
    pem,
    root,
    signed,
    signed_at,
    stamped,
    time_stamper,
)
from tests.requests_app.test_taken_out import check_harmless

UNCHECKED = "signature unchecked"
NOON = datetime.datetime(2025, 6, 1, 12, tzinfo=datetime.UTC)
YEAR_END = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def whole():
    return signed()


def in_words(signature):
    words = (signature.kind, signature.state, signature.later, signature.chain)
    return " ".join(filter(None, words))


def found(content, *roots):
    """Return what is told of each signature, with the root that the tests know unless told."""
    return [in_words(each) for each in new_pdf(content, roots or (root(),)).signatures]


def updated(content, change):
    """Return the PDF with an addition to its end, in which `change` alters the page or the form."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    change(writer, writer.root["/Pages"]["/Kids"][0])
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def draw_something_else(writer, page):
    page["/Contents"] = writer.add_object(StreamObject(stream_data=b"0 0 m 9 9 l S"))
    writer.update_container(page)


def fill_in(writer, page):
    field = writer.root["/AcroForm"]["/Fields"][0]
    field["/V"] = pdf_string("filled in")
    writer.update_container(field)


def form(document):
    """Give the PDF a field for text."""
    field = document.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            FT=pikepdf.Name.Tx,
            T=pikepdf.String("name"),
            Rect=[300, 10, 400, 30],
        )
    )
    document.pages[0].Annots = pikepdf.Array([field])
    document.Root.AcroForm = pikepdf.Dictionary(Fields=[field])


def hybrid():
    """Return a PDF with two tables of its objects: one for old readers, and one for new ones."""
    page = with_entry(made.PAGE, b"/Contents 4 0 R")
    objects = (made.CATALOGUE, made.PAGES, page, made.stream(b"0 0 m 9 9 l S"))
    content, places = b"%PDF-1.5\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj" % number + each + b"endobj\n"
    new_table = b"\x01" + len(content).to_bytes(2, "big") + b"\0"
    place = len(content)
    content += b"5 0 obj" + made.stream(new_table, b"/Type/XRef/W[1 2 1]/Index[5 1]/Size 6")
    content += b"endobj\n"
    table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(
        b"%010d 00000 n \n" % at for at in places
    )
    trailer = b"trailer<</Size 6/Root 1 0 R/XRefStm %d>>\n" % place
    return content + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(content)


def with_room_in_the_gap(content):
    """Return the PDF with its signature written in half the space, and something in the rest."""
    before, gap, after = around_the_signature(content)
    raw = bytes.fromhex(gap[1:-1].decode())
    escaped = re.sub(rb"[\\()\r]", lambda byte: b"\\%03o" % byte[0][0], raw)
    hidden = b"(" + escaped + b")/Hidden("
    return before + hidden + b"x" * (len(gap) - len(hidden) - 1) + b")" + after


def test_signature_says_by_whom_when_and_whether_it_holds():
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    (signature,) = signatures_of(signed(), (root(),))
    assert (signature.signer, signature.organisation) == (SIGNER, ORGANISATION)
    assert signature.told_by == "signer"
    assert before <= datetime.datetime.fromisoformat(signature.signed_at)
    assert in_words(signature) == "signature intact nothing known"
    again = Cleaned.from_bytes(Cleaned(b"pages", signatures=(signature,)).to_bytes())
    assert again.signatures == (signature,)


def test_chain_is_known_if_it_leads_to_a_given_root(whole, tmp_path):
    (tmp_path / "one.pem").write_bytes(pem("Test Authority"))
    (tmp_path / "two.crt").write_bytes(pem("Another") + pem("Third"))
    assert read_roots("") == ()
    assert read_roots(str(tmp_path)) == (root(), root("Another"), root("Third"))
    assert found(whole, *read_roots(str(tmp_path / "one.pem"))) == [
        "signature intact nothing known"
    ]
    assert found(whole, root("Another")) == ["signature intact nothing unknown"]
    for uses, chain in ((("digital_signature",), "known"), (("key_encipherment",), "unknown")):
        content = signed(who=holder(uses=uses), signer_key_usage=set())
        assert found(content) == [f"signature intact nothing {chain}"], uses
    (unknown,) = signatures_of(whole)
    assert in_words(unknown) == "signature intact nothing unknown"
    (tmp_path / "bad.pem").write_bytes(b"no certificate")
    for path in (tmp_path, tmp_path / "bad.pem"):
        with pytest.raises(ValueError, match=r"bad\.pem holds no certificate in PEM"):
            read_roots(str(path))


def test_what_the_file_holds_beside_what_was_signed(whole):
    unchanged, filled = "signature intact nothing known", signed(pdf(form))
    permitted = "signature intact allowed known"
    changed = "signature intact changed known"
    certified = signed(pdf(form), certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)
    for name, content, told in (
        ("second", signed(whole, holder("Second"), field="Second"), [permitted, unchanged]),
        ("filled in", updated(filled, fill_in), [permitted]),
        ("line end", whole + b"\n", [permitted]),
        ("other page", updated(whole, draw_something_else), [changed]),
        ("certified", certified, ["certification intact nothing known"]),
        ("against it", updated(certified, fill_in), ["certification intact changed known"]),
        ("stamped", stamped(whole), [permitted, "time_stamp intact nothing known"]),
        ("signed after", signed(stamped(pdf())), ["time_stamp intact allowed known", unchanged]),
        (
            "other page after a stamp",
            updated(stamped(pdf()), draw_something_else),
            ["time_stamp intact changed known"],
        ),
        ("byte", whole.replace(b"612", b"613", 1), ["signature broken"]),
        ("room", with_room_in_the_gap(whole), ["signature intact parts known"]),
    ):
        assert found(content) == told, name


def test_certificate_has_to_be_valid_at_the_time_that_a_known_clock_tells():
    expired = holder("Expired", not_after=YEAR_END)
    for name, stamper, told, told_by in (
        ("own clock", None, "not_valid", "signer"),
        ("known clock", time_stamper(NOON), "known", "time_stamp"),
        ("late", time_stamper(YEAR_END + datetime.timedelta(days=1)), "not_valid", "time_stamp"),
        ("unknown clock", time_stamper(NOON, "Another"), "not_valid", "signer"),
    ):
        (signature,) = signatures_of(signed(who=expired, stamper=stamper), (root(),))
        assert in_words(signature) == f"signature intact nothing {told}", name
        assert signature.told_by == told_by, name
        if name == "known clock":
            assert signature.signed_at == NOON.isoformat()
    # Anybody can write the name of a known authority into a certificate.
    forged = holder("Expired", "Forged", YEAR_END)
    assert found(signed(who=forged)) == ["signature intact nothing unknown"]
    (then,) = signatures_of(signed_at(NOON, who=expired), (root(),))
    assert in_words(then) == "signature intact nothing known"
    assert (then.signed_at, then.told_by) == (NOON.isoformat(), "signer")


def test_time_that_no_document_is_of_is_not_told():
    """The calendars do not know it."""
    long_ago = datetime.datetime(1971, 1, 1, tzinfo=datetime.UTC)
    (signature,) = signatures_of(signed_at(long_ago), (root(),))
    assert in_words(signature) == "signature intact nothing not_valid"
    assert (signature.signed_at, signature.told_by) == ("", "")


def test_signature_that_cannot_be_checked_refuses_no_document(whole, monkeypatch):
    before, gap, after = around_the_signature(whole)
    garbage = before + b"<" + b"f0" * ((len(gap) - 2) // 2) + b">" + after
    nameless = [UNCHECKED]
    for name, content in (
        ("garbage", garbage),
        ("empty", before + b"<" + b"00" * ((len(gap) - 2) // 2) + b">" + after),
        ("kind", whole.replace(b"/adbe.pkcs7.detached", b"/adbe.pkcs7.somehow2")),
        ("ranges", whole.replace(b"/ByteRange [0 ", b"/ByteRange [a ")),
        ("digest", signed(md_algorithm="sha1")),
        ("ends", whole + b"% more\n%%EOF\n"),
    ):
        assert content != whole
        assert found(content) == nameless, name
    many = whole
    for number in range(MAX_SIGNATURES):
        many = signed(many, field=f"Field{number}")
    told = found(many)
    assert told == ["signature intact allowed known"] * MAX_SIGNATURES + nameless

    def for_ever(*_facts):
        while True:
            pass

    monkeypatch.setattr(pdf_signatures, "MAX_SECONDS", 0.05)
    monkeypatch.setattr(pdf_signatures, "_check", for_ever)
    assert found(whole) == nameless


def test_signatures_of_files_of_other_programs_are_checked(whole):
    locked = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as document:
        document.save(locked, encryption=pikepdf.Encryption(owner="secret", user=""))
    assert found(signed(locked.getvalue(), password="")) == ["signature intact nothing known"]
    mixed = hybrid()
    assert found(signed(mixed, strict=False)) == ["signature intact nothing known"]
    # Readers differ in what they see of it, so that nobody can say what was added.
    twice = signed(signed(mixed, strict=False), field="Second", strict=False)
    assert found(twice) == [UNCHECKED, "signature intact nothing known"]


def test_pdf_without_a_signature_has_none():
    def reader_extended(document):
        signature = pikepdf.Dictionary(Type=pikepdf.Name.Sig, ByteRange=[0, 1, 2, 3])
        document.Root.Perms = pikepdf.Dictionary(UR3=document.make_indirect(signature))

    def to_be_signed(document):
        form(document)
        document.Root.AcroForm.Fields[0].FT = pikepdf.Name.Sig
        document.Root.Extra = pikepdf.String("/ByteRange")

    extended = new_pdf(pdf(reader_extended))
    assert (extended.signatures, extended.removed) == ((), ("signature",))
    assert new_pdf(pdf(to_be_signed)).signatures == ()


def test_clean_copy_shows_the_look_of_the_signature_and_is_harmless(whole):
    cleaned = new_pdf(whole)
    check_harmless(cleaned.content, "whole")
    assert cleaned.removed == ()
    looks = []
    for content in (whole, cleaned.content):
        with pikepdf.open(io.BytesIO(content)) as document:
            looks.append(document.pages[0].Annots[0].AP.N.read_bytes())
    assert b"(Timestamp" in looks[0]
    assert looks[0] == looks[1]
