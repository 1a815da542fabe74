"""What could run, open or hide something is taken out of a PDF, and its pages are kept.

What is left is read by a second way than the one that cleaned it: as bytes, with every compressed
stream unpacked by zlib, and as names in the text of a copy without compression.
"""

import io
import re
import zlib

import pikepdf
from django.urls import reverse

from requests_app.pdf_sanitizer import new_pdf
from tests import factories
from tests.conftest import errors_on
from tests.requests_app import files
from tests.requests_app import hostile_files as made
from tests.requests_app.files import pdf, stored_files, upload
from tests.requests_app.hostile_files import (
    CATALOGUE,
    PAGE,
    PAYLOAD,
    SCRIPT,
    annotated,
    clicked,
    drawing,
    opening,
    picture,
    raw_pdf,
    with_entry,
)
from tests.requests_app.steps import add_documents

SHARE = rb"/F(\\\\example.org\\share\\file.pdf)"
LAUNCH = b"<</S/Launch/F(cmd.exe)>>"
ACTIVE_NAMES = frozenset(
    b"JS JavaScript AA OpenAction Launch SubmitForm ImportData GoToR GoToE Thread Rendition "
    b"RichMedia RichMediaContent RichMediaExecute RichMediaSettings GoTo3DView 3D 3DD Movie Sound "
    b"Screen EmbeddedFile EmbeddedFiles EF Filespec FileAttachment AF Collection XFA Next "
    b"NeedsRendering Named Hide ResetForm SetOCGState Ref OPI PS Alternates Metadata PieceInfo "
    b"Info ByteRange PresSteps Thumb Trans FFilter StructTreeRoot Perms DSS Base URIs".split()
)


def names_in(text):
    """Return the names in the text of a PDF, without the escapes that may hide their letters."""
    names = re.findall(rb"/([^\x00\t\n\f\r /\[\]<>(){}%]+)", text)
    return {re.sub(rb"#([0-9a-fA-F]{2})", _letter, name) for name in names}


def _letter(escape):
    return bytes.fromhex(escape[1].decode())


def unpacked(stored):
    """Return the bytes of a PDF, and of each of its streams that zlib can unpack."""
    parts = [stored]
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", stored, re.DOTALL):
        try:
            parts.append(zlib.decompressobj().decompress(stream, 1024 * 1024))
        except zlib.error:
            continue
    return b"\n".join(parts)


def as_text(stored):
    """Return a copy in which each object stands by itself and no stream is compressed."""
    copy = io.BytesIO()
    with pikepdf.open(io.BytesIO(stored)) as document:
        document.save(
            copy,
            qdf=True,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
        )
    return copy.getvalue()


def check_harmless(stored, name):
    for text in (unpacked(stored), as_text(stored)):
        assert not names_in(text) & ACTIVE_NAMES, name
        hidden = (PAYLOAD, b"app.alert", b"cmd.exe", b"javascript:", b"\\share", b"run.exe")
        assert not any(word in text for word in hidden), name


FILE = b"<</Type/Filespec/F(run.exe)/EF<</F 6 0 R>>>>"
FILE_CONTENT = made.stream(b"MZ" + PAYLOAD)
LOOK = b"/AP<</N 6 0 R>>"
LOOKS = made.stream(b"0 0 m 9 9 l S", b"/Subtype/Form/BBox[0 0 9 9]")
ORPHAN = b"<</Type/Page/MediaBox[0 0 9 9]/AA<</O" + SCRIPT + b">>>>"

ACTIVE = {
    "opened.pdf": opening(SCRIPT),
    "elsewhere.pdf": opening(b"<</S 5 0 R/JS 6 0 R>>", b"/JavaScript", b"(app.alert(1))"),
    "spelt.pdf": opening(b"<</#53/#4a#61vaScript/#4a#53(app.alert(1))>>"),
    "named.pdf": raw_pdf(
        b"<</Kids[5 0 R]>>",
        b"<</Names[(a) 6 0 R]/Limits[(a)(a)]>>",
        SCRIPT,
        catalogue=with_entry(CATALOGUE, b"/Names<</JavaScript 4 0 R>>"),
    ),
    "clicked.pdf": clicked(b"<</S/Launch/F(cmd.exe)>>"),
    "windows.pdf": clicked(b"<</S/Launch/Win<</F(cmd.exe)/P(/c calc)>>>>"),
    "then.pdf": clicked(b"<</S/GoTo/D[3 0 R/Fit]/Next<</S/GoTo/Next 6 0 R>>>>", SCRIPT),
    "bookmark.pdf": raw_pdf(
        b"<</First 5 0 R/Last 5 0 R/Count 1>>",
        b"<</Title(a)/Parent 4 0 R/A<</S/Launch/F(cmd.exe)>>>>",
        catalogue=with_entry(CATALOGUE, b"/Outlines 4 0 R"),
    ),
    "closing.pdf": raw_pdf(catalogue=with_entry(CATALOGUE, b"/AA<</WC" + SCRIPT + b">>")),
    "field.pdf": raw_pdf(
        b"<</FT/Tx/T(a)/AA<</K" + SCRIPT + b">>>>",
        catalogue=with_entry(CATALOGUE, b"/AcroForm<</Fields[4 0 R]>>"),
    ),
    "pinned.pdf": raw_pdf(
        b"<</Type/Annot/Subtype/FileAttachment/Rect[0 0 9 9]/FS 5 0 R>>",
        b"<</Type/Filespec/F(run.exe)/EF<</F 6 0 R>>>>",
        made.stream(b"MZ" + PAYLOAD),
        page=with_entry(PAGE, b"/Annots[4 0 R]"),
    ),
    "film.pdf": clicked(b"<</S/Rendition/OP 0/JS(app.alert(1))>>"),
    "data.pdf": clicked(b"<</S/ImportData/F(data.fdf)>>"),
    "flash.pdf": raw_pdf(
        b"<</Type/Annot/Subtype/RichMedia/Rect[0 0 9 9]/RichMediaContent<<>>>>",
        page=with_entry(PAGE, b"/Annots[4 0 R]"),
    ),
    "deep.pdf": raw_pdf(
        b"<</A " * 300 + SCRIPT + b">>" * 300,
        catalogue=with_entry(CATALOGUE, b"/PieceInfo 4 0 R"),
    ),
    "later.pdf": made.revised(opening(b"[3 0 R/Fit]"), 4, SCRIPT),
    # Ways around a list of what is forbidden
    "chain.pdf": clicked(
        b"<</S/URI/URI(https://example.org)/Next[<</S/URI/URI(https://example.org)/Next 6 0 R>>]>>",
        LAUNCH,
    ),
    "script address.pdf": clicked(b"<</S/URI/URI(javascript:app.alert\\(1\\))>>"),
    "file address.pdf": clicked(b"<</S/URI/URI(file://example.org/share/run.exe)>>"),
    "named action.pdf": clicked(b"<</S/Named/N/Print>>"),
    "page.pdf": raw_pdf(page=with_entry(PAGE, b"/AA<</O" + SCRIPT + b"/C" + LAUNCH + b">>")),
    "branch.pdf": raw_pdf(pages=with_entry(made.PAGES, b"/AA<</O" + SCRIPT + b">>")),
    "kept page.pdf": raw_pdf(
        b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/Dest[5 0 R/Fit]>>",
        ORPHAN,
        page=with_entry(PAGE, b"/Annots[4 0 R]"),
    ),
    "page of a field.pdf": annotated(
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/Rect[0 0 9 9]/P 5 0 R/Parent 5 0 R>>", ORPHAN
    ),
    "named place.pdf": raw_pdf(
        b"<</Names[(a)<</D[5 0 R/Fit]/S/JavaScript/JS(app.alert(1))>>]>>",
        ORPHAN,
        catalogue=with_entry(CATALOGUE, b"/Names<</Dests 4 0 R>>"),
    ),
    "shared.pdf": raw_pdf(
        b"<</S/JavaScript/JS(app.alert(1))/Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        page=with_entry(
            PAGE, b"/Resources<</Font<</F 4 0 R>>>>/Annots[<</Subtype/Link/Rect[0 0 9 9]/A 4 0 R>>]"
        ),
    ),
    "player.pdf": annotated(
        b"<</Type/Annot/Subtype/Screen/Rect[0 0 9 9]/A 5 0 R" + LOOK + b">>",
        b"<</S/Rendition/OP 0/R<</S/MR/C<</S/MCD/D<</F(run.exe)>>>>>>>>",
        LOOKS,
    ),
    "space.pdf": annotated(
        b"<</Type/Annot/Subtype/3D/Rect[0 0 9 9]/3DD 5 0 R" + LOOK + b">>",
        made.stream(PAYLOAD, b"/Type/3D/Subtype/U3D/OnInstantiate 7 0 R"),
        LOOKS,
        made.stream(b"app.alert(1)"),
    ),
    "movie.pdf": annotated(
        b"<</Type/Annot/Subtype/Movie/Rect[0 0 9 9]/Movie<</F(run.exe)>>/A<<>>>>"
    ),
    "sound.pdf": annotated(
        b"<</Type/Annot/Subtype/Sound/Rect[0 0 9 9]/Sound 5 0 R>>", FILE_CONTENT
    ),
    "reference.pdf": drawing(b"/Ref<</F(run.exe)/Page 0>>"),
    "print shop.pdf": picture(b"/OPI<</2.0<</Type/OPI/F(run.exe)>>>>"),
    "elsewhere stream.pdf": drawing(SHARE + b"/FFilter/FlateDecode"),
    "postscript.pdf": drawing(b"/Subtype2/PS/PS 5 0 R", made.stream(b"(run.exe) run")),
    "other picture.pdf": picture(
        b"/Alternates[<</Image 5 0 R/DefaultForPrinting true>>]", made.stream(PAYLOAD)
    ),
    "about.pdf": drawing(
        b"/Metadata 5 0 R/PieceInfo<</A<</Private 5 0 R>>>>", made.stream(PAYLOAD)
    ),
    "associated.pdf": raw_pdf(
        FILE.replace(b"6 0", b"5 0"), FILE_CONTENT, catalogue=with_entry(CATALOGUE, b"/AF[4 0 R]")
    ),
    "portfolio.pdf": raw_pdf(
        b"<</Names[(a)5 0 R]>>",
        FILE,
        FILE_CONTENT,
        catalogue=with_entry(
            CATALOGUE,
            b"/Names<</EmbeddedFiles 4 0 R>>/Collection<</View/D>>/PageMode/UseAttachments",
        ),
    ),
    "layer.pdf": raw_pdf(
        b"<</Type/OCG/Name(a)/Usage<</View<</ViewState/ON/AA<</O 5 0 R>>>>>>>>",
        SCRIPT,
        catalogue=with_entry(CATALOGUE, b"/OCProperties<</OCGs[4 0 R]/D<</ON[4 0 R 5 0 R]>>>>"),
    ),
    "button.pdf": annotated(
        b"<</Subtype/Widget/FT/Btn/T(a)/Rect[0 0 9 9]/MK<</I 5 0 R>>/A" + LAUNCH + b">>",
        made.stream(b"", b"/Subtype/Form/BBox[0 0 9 9]/AA<</O" + SCRIPT + b">>"),
    ),
    "signed.pdf": raw_pdf(
        b"<</Subtype/Widget/FT/Sig/T(a)/Rect[0 0 9 9]/V 5 0 R" + LOOK + b">>",
        b"<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>",
        LOOKS,
        catalogue=with_entry(CATALOGUE, b"/AcroForm<</Fields[4 0 R]/SigFlags 3>>"),
        page=with_entry(PAGE, b"/Annots[4 0 R]"),
    ),
    "form.pdf": raw_pdf(
        b"<</Subtype/Widget/FT/Tx/T(a)/V(Ali)/Rect[0 0 9 9]" + LOOK + b">>",
        made.stream(b"<xdp>" + PAYLOAD + b"</xdp>"),
        LOOKS,
        catalogue=with_entry(CATALOGUE, b"/AcroForm<</Fields[4 0 R]/XFA[(template)5 0 R]>>"),
        page=with_entry(PAGE, b"/Annots[4 0 R]"),
    ),
    "a file on a share.pdf": opening(b"<</S/GoToR" + SHARE + b"/D[0/Fit]>>"),
    "a file in a file.pdf": opening(b"<</S/GoToE" + SHARE + b"/D[0/Fit]>>"),
    "a thread.pdf": opening(b"<</S/Thread" + SHARE + b"/D 0>>"),
    "a website.pdf": opening(b"<</S/URI/URI(https://example.org/who-has-opened-it)>>"),
}


# What is told of each; of the others, that they had actions.
TOLD = {
    "scripts": (
        "opened",
        "elsewhere",
        "spelt",
        "named",
        "then",
        "closing",
        "field",
        "deep",
        "later",
        "branch",
        "kept page",
        "page of a field",
        "named place",
        "shared",
        "layer",
    ),
    "actions, scripts": ("page", "button"),
    "media, scripts": ("film",),
    "files": ("pinned", "associated", "portfolio"),
    "media": ("flash", "player", "space", "movie", "sound"),
    "elsewhere": ("reference", "print shop", "elsewhere stream"),
    "form_program": ("form",),
    # A signature is told of in a sentence of its own.
    "": ("postscript", "other picture", "about", "signed"),
}


def test_active_parts_are_taken_out_and_the_page_is_kept():
    told = {f"{stem}.pdf": kinds for kinds, stems in TOLD.items() for stem in stems}
    for name, content in ACTIVE.items():
        cleaned = new_pdf(content)
        stored, removed = cleaned.content, cleaned.removed
        check_harmless(stored, name)
        assert b"0 0 m 90 90 l S" in unpacked(stored), name
        assert ", ".join(removed) == told.get(name, "actions"), name


SCRIPT_OBJECT = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def opening_script(document):
    document.Root.OpenAction = SCRIPT_OBJECT


def named_script(document):
    document.Root.Names = pikepdf.Dictionary(
        JavaScript=pikepdf.Dictionary(Names=[pikepdf.String("run"), SCRIPT_OBJECT])
    )


def script_of_a_page(document):
    document.pages[0].AA = pikepdf.Dictionary(O=SCRIPT_OBJECT)


def program_to_launch(document):
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe")


def address_to_send_to(document):
    area = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Link,
        Rect=[0, 0, 9, 9],
        A=pikepdf.Dictionary(S=pikepdf.Name.SubmitForm, F="https://example.org"),
    )
    document.pages[0].Annots = pikepdf.Array([document.make_indirect(area)])


def attached_file(document):
    document.attachments["notes.txt"] = b"MZ"


def test_active_parts_of_a_compressed_pdf_are_taken_out():
    for harm, kind in (
        *((opening_script, "scripts"), (named_script, "scripts"), (script_of_a_page, "scripts")),
        *((program_to_launch, "actions"), (address_to_send_to, "actions")),
        (attached_file, "files"),
    ):
        content = pdf(harm, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        # The PDF is compressed, so a search of its bytes finds none of the keywords.
        keywords = (b"/JavaScript", b"/Launch", b"/EF", b"/SubmitForm")
        assert not any(word in content for word in keywords), harm
        cleaned = new_pdf(content)
        stored, removed = cleaned.content, cleaned.removed
        check_harmless(stored, harm)
        assert removed == (kind,), harm


def test_links_to_websites_and_places_are_kept():
    letter = new_pdf(clicked(b"<</S/URI/URI(HTTPS://example.org)>>"))
    assert b"HTTPS://example.org" in letter.content
    place = new_pdf(clicked(b"<</S/GoTo/D[3 0 R/Fit]>>"))
    assert b"/GoTo" in place.content
    assert (letter.removed, place.removed) == ((), ())


FORM = ACTIVE["form.pdf"]


def test_values_of_a_form_are_kept():
    with pikepdf.open(io.BytesIO(new_pdf(FORM).content)) as document:
        (field,) = document.Root.AcroForm.Fields
        assert str(field.V) == "Ali"
        assert field.AP.N.read_bytes() == b"0 0 m 9 9 l S"
        (widget,) = document.pages[0].Annots
        assert widget.objgen == field.objgen


def test_picture_stays_in_place_of_its_player():
    with pikepdf.open(io.BytesIO(new_pdf(ACTIVE["player.pdf"]).content)) as document:
        (stamp,) = document.pages[0].Annots
        assert (stamp.Subtype, stamp.AP.N.read_bytes()) == ("/Stamp", b"0 0 m 9 9 l S")


def test_place_and_camera_of_a_photo_in_a_pdf_are_taken_out():
    photo = made.jpeg_with((b"\xe1", b"Exif\0\0" + PAYLOAD), (b"\xfe", PAYLOAD))
    scan = picture(b"/Filter/DCTDecode", content=photo)
    assert PAYLOAD in scan
    assert PAYLOAD not in new_pdf(scan).content
    assert made.JPEG in new_pdf(scan).content


def test_what_a_page_inherits_is_kept():
    look = b"/MediaBox[0 0 70 80]/Rotate 90/Resources<</Font<</F 4 0 R>>>>"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    page = b"<</Type/Page/Parent 2 0 R>>"
    content = raw_pdf(font, pages=with_entry(made.PAGES, look), page=page)
    with pikepdf.open(io.BytesIO(new_pdf(content).content)) as document:
        kept = document.pages[0].obj
        assert [int(each) for each in kept.MediaBox] == [0, 0, 70, 80]
        assert (int(kept.Rotate), kept.Resources.Font.F.BaseFont) == (90, "/Helvetica")


def test_person_and_officer_read_what_was_taken_out(as_resident, resident, as_officer):
    sentence = "Taken out of this file, whose pages are kept: sounds and films, scripts."
    inquiry = factories.draft(resident)
    factories.document_type()
    film = upload("film.pdf", ACTIVE["film.pdf"])
    assert sentence in add_documents(as_resident, inquiry, film).content.decode()

    filed = factories.submitted(inquiry)
    desk = as_officer.get(reverse("admin:requests_app_inquiry_change", args=[filed.pk]))
    assert sentence in desk.content.decode()


def test_pdf_that_shows_nothing_is_refused_by_its_own_sentence(send_file):
    blank = with_entry(PAGE, b"/Contents 4 0 R")
    empty = raw_pdf(made.stream(b" \n "), page=blank)
    notes = raw_pdf(
        b"<</Type/Annot/Subtype/Sound/Rect[0 0 9 9]/Sound 5 0 R>>",
        FILE_CONTENT,
        made.stream(b""),
        page=with_entry(PAGE, b"/Annots[4 0 R]/Contents 6 0 R"),
    )
    for name, content in {"blank.pdf": empty, "sound.pdf": notes}.items():
        with send_file(name, content) as page:
            assert errors_on(page) == [f"The pages of “{name}” are empty. Choose another file."]
            assert not stored_files(), name


def test_form_that_needs_a_program_is_refused(refuse_files):
    xfa = made.stream(b"<xdp></xdp>")
    no_fields = raw_pdf(xfa, catalogue=with_entry(CATALOGUE, b"/AcroForm<</Fields[]/XFA 4 0 R>>"))
    rendering = FORM.replace(b"/Pages 2 0 R", b"/Pages 2 0 R/NeedsRendering true")
    refuse_files({"no fields.pdf": no_fields, "form.pdf": rendering}, files.FORM_PROGRAM)


def test_page_that_unpacks_to_too_much_is_refused(refuse_files):
    bomb = files.deflated_spaces(600)
    contents = with_entry(PAGE, b"/Contents 4 0 R")
    one_of_two = made.stream(files.deflated_spaces(150), b"/Filter/FlateDecode")
    refuse_files(
        {
            "contents.pdf": raw_pdf(made.stream(bomb, b"/Filter/FlateDecode"), page=contents),
            "two.pdf": raw_pdf(
                one_of_two, one_of_two, page=with_entry(PAGE, b"/Contents[4 0 R 5 0 R]")
            ),
            "twice.pdf": raw_pdf(
                made.stream(zlib.compress(bomb), b"/Filter[/FlateDecode/FlateDecode]"),
                page=contents,
            ),
            "words.pdf": raw_pdf(
                made.stream(made.lzw_of_spaces(38), b"/Filter/LZWDecode"), page=contents
            ),
            "runs.pdf": raw_pdf(
                made.stream(
                    zlib.compress(b"\x81 " * 2_200_000), b"/Filter[/FlateDecode/RunLengthDecode]"
                ),
                page=contents,
            ),
            "before a photo.pdf": picture(b"/Filter[/FlateDecode/DCTDecode]", content=bomb),
            "picture.pdf": picture(b"/Filter/JBIG2Decode", side=65_535),
        },
        files.INFLATES,
    )
