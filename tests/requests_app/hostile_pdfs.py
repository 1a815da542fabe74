"""PDFs that hide what is active, private or endless in the less known corners of the format."""

import zlib

import pikepdf

from tests.requests_app import files
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
    revised,
    stream,
    with_entry,
)

LAUNCH = b"<</S/Launch/F(run.exe)>>"
FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"
FILE = b"<</Type/Filespec/F(run.exe)/EF<</F<</Length 0>>>>>>"
# What may hang on any object.
CARRIED = b"/Metadata 5 0 R/PieceInfo<</A<</Private 5 0 R>>>>/AF[5 0 R]/AA<</O" + SCRIPT + b">>"
SECRET = stream(PAYLOAD, b"/Type/Metadata/Subtype/XML")


def at_catalogue(entries, *more):
    return raw_pdf(*more, catalogue=with_entry(CATALOGUE, entries))


def at_page(entries, *more):
    return raw_pdf(*more, page=with_entry(PAGE, entries))


def resource(kind, value, *more):
    """Return a PDF whose page has this resource; the objects in `more` are numbered from 4."""
    return at_page(b"/Resources<</%s<</R %s>>>>" % (kind, value), *more)


def address(text):
    return clicked(b"<</S/URI/URI %s>>" % text)


def triggers(names):
    return b"/AA<<" + b"".join(b"/%s %s" % (name, SCRIPT) for name in names.split()) + b">>"


def packed_twice(harm):
    """Return a PDF with an owner's password, its objects in compressed streams."""
    return files.pdf(
        harm,
        encryption=pikepdf.Encryption(owner="owner", user=""),
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
    )


def opening_script(document):
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def hybrid():
    """Return a PDF whose action is an object that only a cross-reference stream lists."""
    plain = at_catalogue(b"/OpenAction 9 0 R")
    body = plain[: plain.index(b"xref\n0 ")]
    table = plain[plain.index(b"xref\n0 ") : plain.index(b"startxref")]
    hidden = len(body)
    body += b"9 0 obj\n%s\nendobj\n" % SCRIPT
    at = len(body)
    entries = b"/Type/XRef/Size 10/W[1 4 1]/Index[9 1]/Root 1 0 R"
    body += b"8 0 obj\n%s\nendobj\n" % stream(b"\1" + hidden.to_bytes(4) + b"\0", entries)
    place = len(body)
    table = table.replace(b"<</Size 5 ", b"<</Size 10/XRefStm %d " % at)
    return body + table + b"startxref\n%d\n%%%%EOF\n" % place


CLEANED = {
    # Actions, and where they hang
    "triggers of a note": annotated(
        b"<</Subtype/Square/Rect[0 0 9 9]%s>>" % triggers(b"E X D U Fo Bl PO PC PV PI")
    ),
    "triggers of fields": annotated(
        b"<</Subtype/Widget/FT/Tx/T(a)/Rect[0 0 9 9]/Parent 5 0 R%s>>" % triggers(b"K F V C"),
        b"<</T(b)/Kids[4 0 R]%s>>" % triggers(b"K F V C"),
    ),
    "calculated": at_catalogue(
        b"/AcroForm<</Fields[4 0 R]/CO[4 0 R]/SigFlags 3%s>>" % CARRIED.replace(b"5 0 R", b"null"),
        b"<</FT/Tx/T(a)/AA<</C %s>>>>" % SCRIPT,
    ),
    "triggers of the file": at_catalogue(triggers(b"WC WS DS WP DP")),
    "all bookmarks": at_catalogue(
        b"/Outlines 4 0 R",
        b"<</First 5 0 R/Last 5 0 R/A %s/AA<</O %s>>>>" % (LAUNCH, SCRIPT),
        b"<</Title(a)/SE 5 0 R/Next 4 0 R/Prev 5 0 R/Dest<</S/Launch/D(a)/F(run.exe)>>>>",
    ),
    "old places": at_catalogue(
        b"/Dests<</a 4 0 R>>", b"<</D[3 0 R/Fit]/S/Launch/F(run.exe)/Next %s>>" % SCRIPT
    ),
    "names of names": at_catalogue(
        b"/Names<</JavaScript<</Kids[4 0 R]>>/AlternatePresentations<</Names[(a)5 0 R]>>>>",
        b"<</Kids[5 0 R]/Limits[(a)(b)]>>",
        b"<</Names[(a)%s]>>" % SCRIPT,
    ),
    "web capture": at_catalogue(
        b"/SpiderInfo<</C[4 0 R]>>/Names<</IDS 4 0 R/URLS 4 0 R/Pages 4 0 R/Templates 4 0 R>>",
        b"<</URL(http://example.org/run.exe)/P(run.exe)>>",
    ),
    "long chain": clicked(
        b"<</S/GoTo/D[3 0 R/Fit]/Next[6 0 R 6 0 R]>>",
        b"<</S/GoTo/D[3 0 R/Fit]/Next 7 0 R>>",
        LAUNCH,
    ),
    "second action": at_page(
        b"/Annots[<</Subtype/Link/Rect[0 0 9 9]/PA 4 0 R/A 4 0 R>>]",
        b"<</S/URI/URI(https://example.org)/IsMap true/Next %s>>" % LAUNCH,
    ),
    "three kinds at once": clicked(b"<</S/GoTo/D[3 0 R/Fit]/JS(app.alert\\(1\\))/F(run.exe)>>"),
    **{
        f"action {kind.decode()}": clicked(b"<</S/%s/F(run.exe)/D 5 0 R/T<<>>/N/Print>>" % kind)
        for kind in (
            b"ImportData SubmitForm ResetForm Hide SetOCGState Named GoToR GoToE Thread Sound "
            b"Movie Trans GoTo3DView GoToDp RichMediaExecute Rendition Unknown"
        ).split()
    },
    # How they are written
    "in hexadecimal": opening(b"<</S/JavaScript/JS<6170702e616c657274283129>>>"),
    "in UTF-16": opening(b"<</S/JavaScript/JS<FEFF006100700070002e>>>"),
    "as a stream": opening(
        b"<</S/JavaScript/JS 5 0 R>>",
        stream(zlib.compress(b"app.alert(1)"), b"/Filter/FlateDecode"),
    ),
    "escaped": at_catalogue(b"/Open#41ction<</#53/#4cau#6ech/#46(run.exe)>>/A#41<<>>"),
    "odd escapes": at_catalogue(b"/OpenAction#00<<>>/#2fJS(a)/J#53 4 0 R/ (a)/%s 1" % (b"A" * 300)),
    "twice": at_catalogue(b"/Lang(ar)/OpenAction[3 0 R/Fit]/OpenAction %s" % SCRIPT),
    "with a password": packed_twice(opening_script),
    "in a later revision": revised(raw_pdf(), 1, with_entry(CATALOGUE, b"/OpenAction %s" % SCRIPT)),
    "in an earlier one": revised(at_catalogue(b"/OpenAction %s" % SCRIPT), 1, CATALOGUE),
    "hybrid": hybrid(),
    "huge numbers": revised(at_catalogue(b"/OpenAction 8388606 0 R"), 8388606, SCRIPT),
    "in the trailer": raw_pdf(
        SCRIPT, SECRET, trailer=b"/Root 1 0 R/Info 5 0 R/Extra 4 0 R/Metadata 5 0 R"
    ),
    # Addresses
    **{
        f"address {text.decode()}": address(text)
        for text in (
            b"(data:text/html,run.exe)",
            b"(smb://example.org/run.exe)",
            b"( javascript:app.alert\\(1\\))",
            b"(java\\nscript:app.alert\\(1\\))",
            b"(vbscript:run.exe)",
            b"(\\\\\\\\example.org\\\\run.exe)",
            b"<6A6176617363726970743A>",
            b"/javascript:a",
        )
    },
    "base of addresses": at_catalogue(b"/URI<</Base(javascript:app.alert\\(1\\))>>"),
    # Players, and programs that draw
    "3D without a look": annotated(b"<</Subtype/3D/Rect[0 0 9 9]/3DD 5 0 R/3DA<<>>>>", SECRET),
    "rich media": annotated(
        b"<</Subtype/RichMedia/Rect[0 0 9 9]/RichMediaSettings<<>>/RichMediaContent 5 0 R>>", FILE
    ),
    "projection": annotated(b"<</Subtype/Projection/Rect[0 0 9 9]/ExData 5 0 R>>", SECRET),
    "trap net": annotated(b"<</Subtype/TrapNet/Rect[0 0 9 9]/Version[5 0 R]>>", SECRET),
    "PostScript": resource(b"XObject", b"4 0 R", stream(b"(run.exe) run", b"/Subtype/PS")),
    "PostScript of a form": drawing(b"/Subtype2/PS/PS 5 0 R", stream(b"(run.exe) run")),
    "print shop": drawing(b"/OPI<</1.3<</Type/OPI/F(run.exe)>>>>"),
    "external picture": picture(b"/F(run.exe)/FFilter/DCTDecode/FDecodeParms<<>>"),
    "looks elsewhere": annotated(
        b"<</Subtype/Stamp/Rect[0 0 9 9]/AP<</N 5 0 R/D<</On 5 0 R>>>>>>",
        stream(b"0 0 m S", FORM + b"/Ref<</F(run.exe)/Page 0>>"),
    ),
    # What draws may carry things too
    "page": at_page(
        CARRIED + b"/B[4 0 R]/Thumb 5 0 R/PresSteps<<>>/Trans<<>>/Dur 1/ID<00>/DPart 4 0 R",
        FILE,
        SECRET,
    ),
    "place of the page": at_page(
        b"/VP[<</Measure<</Subtype/GEO/GPTS[24.7 46.6]>>/PtData 5 0 R>>]/LGIDict 5 0 R",
        FILE,
        SECRET,
    ),
    "form": drawing(CARRIED, SECRET),
    "picture": picture(CARRIED + b"/Alternates[<</Image 5 0 R>>]", SECRET),
    "note": annotated(b"<</Subtype/Square/Rect[0 0 9 9]/Popup 5 0 R%s>>" % CARRIED, SECRET),
    "font": resource(b"Font", b"4 0 R", b"<</Type/Font/Subtype/Type1%s>>" % CARRIED, SECRET),
    "font of drawings": resource(
        b"Font",
        b"4 0 R",
        b"<</Subtype/Type3/FontBBox[0 0 9 9]/CharProcs<</a 6 0 R>>/Resources<</XObject<</D 6 0 R>>"
        b"/Font<</F 4 0 R>>>>>>",
        SECRET,
        stream(b"0 0 m S", FORM + b"/F(run.exe)" + CARRIED),
    ),
    "font elsewhere": resource(
        b"Font",
        b"4 0 R",
        b"<</Subtype/Type0/Encoding 5 0 R/DescendantFonts[<</FontDescriptor"
        b"<</FontFile2 5 0 R>>>>]>>",
        stream(b"", b"/UseCMap 5 0 R/F(run.exe)/FFilter/FlateDecode"),
    ),
    "pattern": resource(
        b"Pattern",
        b"4 0 R",
        stream(b"0 0 m S", b"/PatternType 1/Resources<</XObject<</D 6 0 R>>>>" + CARRIED),
        SECRET,
        stream(b"(run.exe) run", b"/Subtype/PS"),
    ),
    "shading": resource(
        b"Pattern",
        b"4 0 R",
        b"<</PatternType 2/ExtGState<<%s>>/Shading<</Function 6 0 R%s>>>>" % (CARRIED, CARRIED),
        SECRET,
        stream(
            b"{run.exe}", b"/FunctionType 4/Domain[0 1]/Range[0 1]/F(run.exe)" + CARRIED
        ).replace(b"{run.exe}", b"{dup mul}"),
    ),
    "soft mask": resource(
        b"ExtGState",
        b"<</SMask<</S/Alpha/G 4 0 R>>/HTO 5 0 R/HT 5 0 R>>",
        stream(b"0 0 m S", FORM + b"/Ref<</F(run.exe)>>/Group<</S/Transparency%s>>" % CARRIED),
        SECRET,
    ),
    "profile": resource(
        b"ColorSpace", b"[/ICCBased 4 0 R]", stream(b"", b"/N 3" + CARRIED), SECRET
    ),
    "marked content": resource(
        b"Properties", b"<</Type/OCMD/OCGs 4 0 R%s>>" % CARRIED, b"<</Type/OCG/AF 5 0 R>>", SECRET
    ),
    # What lies beside the pages
    **{
        f"beside {entry.split(b'<')[0].decode()}": at_catalogue(entry, FILE, SECRET)
        for entry in (
            b"/Requirements[<</S/EnableJavaScripts/RH[<</S/JS/Script(app.alert)>>]>>]",
            b"/Perms<</DocMDP 5 0 R/UR3 5 0 R>>",
            b"/DSS<</Certs[5 0 R]/VRI<<>>>>",
            b"/Extensions<</ADBE<</URL(run.exe)>>>>",
            b"/Legal<</JavaScriptActions 1/Attestation(run.exe)>>",
            b"/Threads[<</I<</Title(run.exe)>>/F<</T null>>>>]",
            b"/Collection<</Schema<<>>/Navigators 5 0 R/Resources 5 0 R>>",
            b"/StructTreeRoot<</K[<</S/P/AF[4 0 R]/A 5 0 R>>]>>",
            b"/DPartRoot<</Metadata 5 0 R>>",
            b"/ViewerPreferences<</HideMenubar true/EnforceX 5 0 R>>",
            b"/Metadata 5 0 R",
            b"/AF[4 0 R]",
        )
    },
    # Graphs without an end
    "form in itself": drawing(b"/Resources<</XObject<</D 4 0 R>>/Font<</F 4 0 R>>>>"),
    "fields in a circle": annotated(
        b"<</Subtype/Widget/FT/Tx/T(a)/Rect[0 0 9 9]/Parent 5 0 R/Kids[5 0 R]>>",
        b"<</T(b)/Parent 4 0 R/Kids[4 0 R]>>",
    ),
    "colours in a circle": resource(b"ColorSpace", b"4 0 R", b"[/Indexed 4 0 R 1 4 0 R]"),
    "functions in a circle": resource(b"ExtGState", b"<</TR 4 0 R>>", b"<</Functions[4 0 R]>>"),
    "deep": resource(b"ColorSpace", b"4 0 R", b"[/Pattern " * 400 + b"]" * 400),
}

_WIDE = b"/Width 65535/Height 65535/ColorSpace/DeviceRGB/BitsPerComponent 8"
WIDE_PICTURES = {
    codec.decode(): resource(
        b"XObject", b"4 0 R", stream(b"0", b"/Subtype/Image/Filter/%s" % codec + _WIDE)
    )
    for codec in (b"CCITTFaxDecode", b"CCF", b"JPXDecode", b"DCTDecode", b"JBIG2Decode")
}
