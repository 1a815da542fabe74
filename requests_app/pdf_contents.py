"""What may stay in a PDF: what its pages draw, and links to websites and inside the file.

Whatever the lists here do not name is taken out. Imports no Django.
"""

from typing import TypeAlias

import pikepdf

from requests_app.embedded_jpegs import without_metadata, without_metadata_2000
from requests_app.pdf_damage import check_stream
from requests_app.pdf_unpacking import (
    CODECS,
    MAX_UNPACKED,
    PACKINGS,
    filters_of,
    has_marks,
    size_of,
    unpack_picture,
)
from requests_app.refused import Refused

Rule: TypeAlias = str | tuple[str, str]
PLAIN = "plain"  # names, numbers, texts, and lists of these
_PAGE = "page reference"  # one of the pages of this file

_EACH = "each"  # a dictionary whose keys are names of the file's own choice


def _each(rule: str) -> Rule:
    return (_EACH, rule)


def _allow(plain: str, /, **others: Rule) -> dict[str, Rule]:
    """Return the rules of a dictionary: these keys are plain, the others follow rules."""
    return {f"/{key}": PLAIN for key in plain.split()} | {
        f"/{key}": rule for key, rule in others.items()
    }


_SHARED_BY_STREAMS = _allow("Length Filter", DecodeParms="parameters")
_ALLOWED: dict[str, dict[str, Rule]] = {
    "data": {},
    "parameters": _allow(
        "Predictor Colors BitsPerComponent Columns EarlyChange K EndOfLine EncodedByteAlign Rows "
        "EndOfBlock BlackIs1 DamagedRowsBeforeError ColorTransform",
        JBIG2Globals="data",
    ),
    "catalogue": _allow(
        "Type Version Lang PageLayout",
        PageLabels="labels",
        Outlines="outline",
        Names="names",
        Dests=_each("destination"),
        OCProperties="layers",
        AcroForm="fields",
        OutputIntents="print",
    ),
    "print": _allow("Type S OutputConditionIdentifier", DestOutputProfile="colours"),
    "names": _allow("", Dests="destination"),
    "labels": _allow("Type Limits S P St", Nums="labels", Kids="labels"),
    "outline": _allow(
        "Type Title Count C F",
        First="outline",
        Last="outline",
        Next="outline",
        Prev="outline",
        Parent="outline",
        Dest="destination",
        A="link",
    ),
    "destination": _allow("Limits", Names="destination", Kids="destination", D="destination"),
    "link": _allow("Type S URI", D="destination"),
    "page": _allow(
        "Type MediaBox CropBox BleedBox TrimBox ArtBox Rotate UserUnit Tabs",
        Contents="data",
        Resources="resources",
        Group="group",
        Annots="annotation",
    ),
    "fields": _allow("NeedAppearances DA Q", Fields="annotation", DR="resources"),
    "annotation": _allow(
        "Type Subtype Rect Contents NM M F AS Border C CA ca BM T Subj QuadPoints L LE IC LL LLE "
        "Cap IT CO CP Vertices InkList Path Sy RD DA DS Q CL Name Open State StateModel Lang H FT "
        "TU TM Ff V DV MaxLen Opt TI I",
        AP="appearance",
        DR="resources",
        BS="border",
        BE="border",
        MK="look",
        FixedPrint="look",
        OC="layers",
        A="link",
        Dest="destination",
        P=_PAGE,
        Parent="annotation",
        Kids="annotation",
    ),
    "appearance": _allow("", N=_each("drawing"), R=_each("drawing"), D=_each("drawing")),
    "border": _allow("Type W S D I"),
    "look": _allow(
        "Type R BC BG CA RC AC TP Matrix H V",
        I="drawing",
        RI="drawing",
        IX="drawing",
        IF="border",
    ),
    "layers": _allow(
        "Type Name BaseState Intent ListMode Event Category P MCID ActualText Alt Lang Preferred "
        "Subtype PrintState ViewState ExportState min max",
        OCGs="layers",
        D="layers",
        ON="layers",
        OFF="layers",
        AS="layers",
        Order="layers",
        RBGroups="layers",
        Locked="layers",
        VE="layers",
        Usage="layers",
        Language="layers",
        Export="layers",
        Zoom="layers",
        Print="layers",
        View="layers",
        PageElement="layers",
    ),
    "resources": _allow(
        "ProcSet",
        ExtGState=_each("state"),
        ColorSpace=_each("colours"),
        Pattern=_each("pattern"),
        Shading=_each("shading"),
        XObject=_each("drawing"),
        Font=_each("font"),
        Properties=_each("layers"),
    ),
    "state": _allow(
        "Type LW LC LJ ML D RI OP op OPM FL SM SA BM CA ca AIS TK",
        BG="function",
        BG2="function",
        UCR="function",
        UCR2="function",
        TR="function",
        TR2="function",
        Font="font",
        SMask="soft mask",
    ),
    "soft mask": _allow("Type S BC", G="drawing", TR="function"),
    "group": _allow("Type S I K", CS="colours"),
    "form": _allow(
        "Type Subtype FormType BBox Matrix Name",
        Resources="resources",
        Group="group",
        OC="layers",
    ),
    "image": _allow(
        "Type Subtype Width Height BitsPerComponent Intent ImageMask SMaskInData Matte Decode "
        "Interpolate Name",
        ColorSpace="colours",
        Mask="drawing",
        SMask="drawing",
        OC="layers",
    ),
    # Lists of colour spaces hold profiles, calibrations, functions, tables of colours and inks.
    "colours": _allow(
        "N Range WhitePoint BlackPoint Gamma Matrix Subtype Components FunctionType Domain C0 C1 "
        "Bounds Encode Size BitsPerSample Order Decode",
        Alternate="colours",
        Colorants=_each("colours"),
        Process="colours",
        ColorSpace="colours",
        Functions="function",
    ),
    "function": _allow(
        "FunctionType Domain Range C0 C1 N Bounds Encode Size BitsPerSample Order Decode",
        Functions="function",
    ),
    "pattern": _allow(
        "Type PatternType PaintType TilingType BBox XStep YStep Matrix",
        Resources="resources",
        Shading="shading",
        ExtGState="state",
    ),
    "shading": _allow(
        "ShadingType Background BBox AntiAlias Coords Domain Matrix Extend BitsPerCoordinate "
        "BitsPerComponent BitsPerFlag VerticesPerRow Decode",
        ColorSpace="colours",
        Function="function",
    ),
    # Fonts of both kinds, their descriptors, their encodings, and the streams of all these.
    "font": _allow(
        "Type Subtype Name BaseFont FirstChar LastChar Widths DW W DW2 W2 FontBBox FontMatrix "
        "Registry Ordering Supplement FontName FontFamily FontStretch FontWeight Flags ItalicAngle "
        "Ascent Descent Leading CapHeight XHeight StemV StemH AvgWidth MaxWidth MissingWidth "
        "CharSet Lang BaseEncoding Differences CMapName WMode Length1 Length2 Length3",
        FontDescriptor="font",
        Encoding="font",
        ToUnicode="font",
        UseCMap="font",
        DescendantFonts="font",
        CIDSystemInfo="font",
        CIDToGIDMap="data",
        CIDSet="data",
        CharProcs=_each("data"),
        Resources="resources",
        FontFile="font",
        FontFile2="font",
        FontFile3="font",
        Style=_each(PLAIN),
    ),
}


def _names(words: str) -> frozenset[str]:
    return frozenset(f"/{word}" for word in words.split())


# Annotations that draw something on the page; links and fields besides.
_ANNOTATIONS = _names(
    "Link Widget Text FreeText Line Square Circle Polygon PolyLine Highlight Underline Squiggly "
    "StrikeOut Stamp Caret Ink Watermark Redact"
)
_PLAYERS = _names("Screen RichMedia 3D Movie")
# What a person is told of, by the key or the name that shows it.
_KEYS_TOLD = {
    "/JS": "scripts",
    "/EmbeddedFiles": "files",
    "/EF": "files",
    "/XFA": "form_program",
    "/RichMediaContent": "media",
    "/ByteRange": "signature",
    "/Ref": "elsewhere",
    "/OPI": "elsewhere",
}
_ACTIONS_TOLD = {"/JavaScript": "scripts"} | (
    dict.fromkeys(_names("Rendition RichMediaExecute Movie Sound GoTo3DView"), "media")
    | dict.fromkeys(
        _names(
            "Launch SubmitForm ImportData GoToR GoToE Thread URI Named Hide ResetForm SetOCGState"
        ),
        "actions",
    )
)
_NAMES_TOLD = {
    "/S": _ACTIONS_TOLD,
    "/Subtype": {"/FileAttachment": "files", "/Sound": "media"} | dict.fromkeys(_PLAYERS, "media"),
}

_WITHOUT_METADATA = {
    "/DCTDecode": without_metadata,
    "/DCT": without_metadata,
    "/JPXDecode": without_metadata_2000,
}


class Contents:
    """The contents of a PDF, reduced to what may stay, and the kinds of what was taken out."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self.removed: set[str] = set()
        self._pdf = pdf
        self._pages = {page.obj.objgen for page in pdf.pages}
        self._done: set[tuple[tuple[int, int], Rule]] = set()
        self._told: set[tuple[int, int]] = set()
        self._waiting: list[tuple[pikepdf.Object, Rule]] = []
        self._unpacked = 0

    def reduce(self, item: pikepdf.Object, rule: Rule) -> None:
        """Take out of the object, at any depth, what its rule does not allow.

        Refused `inflates` if what it unpacks to is too large, `cut_off` if a stream is shorter than
        it says. An object that is reached in two ways keeps what both allow.
        """
        self._unpacked = 0
        self._wait(item, rule)
        while self._waiting:
            item, rule = self._waiting.pop()
            if isinstance(item, pikepdf.Array):
                self._reduce_list(item, rule)
            elif isinstance(rule, tuple):
                self._reduce_entries(item, dict.fromkeys(item.keys(), rule[1]))
            elif isinstance(item, pikepdf.Stream):
                check_stream(self._pdf, item)
                self._reduce_entries(item, _ALLOWED[rule] | _SHARED_BY_STREAMS)
                self._weigh(item)
                if rule == "image":
                    self._forget_place_and_camera(item)
            else:
                self._reduce_entries(item, _ALLOWED[rule])

    def draws(self, page: pikepdf.Object) -> bool:
        """Return whether the reduced page has anything to draw."""
        annotations = page.get("/Annots")
        if isinstance(annotations, pikepdf.Array) and any(
            isinstance(each, pikepdf.Dictionary) and each.get("/Subtype") != "/Link"
            for each in annotations
        ):
            return True
        contents = page.get("/Contents")
        parts = contents if isinstance(contents, pikepdf.Array) else [contents]
        return any(isinstance(part, pikepdf.Stream) and has_marks(part) for part in parts)

    def _wait(self, item: pikepdf.Object, rule: Rule) -> None:
        if item.is_indirect:
            if (item.objgen, rule) in self._done:
                return
            self._done.add((item.objgen, rule))
        self._waiting.append((item, rule))

    def _reduce_list(self, items: pikepdf.Array, rule: Rule) -> None:
        for index in reversed(range(len(items))):
            if self._keeps(items[index], rule):
                continue
            if rule == "annotation":
                del items[index]
            else:
                items[index] = None

    def _reduce_entries(self, item: pikepdf.Object, rules: dict[str, Rule]) -> None:
        for key in list(item.keys()):
            rule = rules.get(key)
            value = item[key]
            if rule is None or not self._keeps(value, rule):
                self._tell_key(item, key)
                self._tell(value)
                del item[key]

    def _keeps(self, value: object, rule: Rule) -> bool:
        """Return whether a value may stay, and let what it holds be reduced later."""
        if not isinstance(value, pikepdf.Array | pikepdf.Dictionary | pikepdf.Stream):
            return True
        if not isinstance(value, pikepdf.Array):
            if value.is_indirect and value.objgen in self._pages:
                # By the rule of another place it would lose what it draws.
                return rule in ("destination", _PAGE)
            found = self._rule_of(value, rule)
            if found is None:
                self._tell(value)
                return False
            rule = found
        self._wait(value, rule)
        return True

    def _rule_of(self, value: pikepdf.Object, rule: Rule) -> Rule | None:
        """Return the rule of a dictionary or stream in a place of this rule, or None."""
        if isinstance(rule, tuple) and isinstance(value, pikepdf.Stream):
            rule = rule[1]  # one look where there could be one for each state
        if rule in (PLAIN, _PAGE):
            return None
        if isinstance(value, pikepdf.Stream) and not set(filters_of(value)) <= PACKINGS | CODECS:
            return None
        if rule == "drawing":
            if not isinstance(value, pikepdf.Stream):
                return None
            kind = value.get("/Subtype", pikepdf.Name.Form)
            return {"/Form": "form", "/Image": "image"}.get(str(kind))
        if rule == "link":
            return rule if _is_harmless(value) else None
        if rule == "annotation" and "/Subtype" in value:
            return rule if self._may_annotate(value) else None
        return rule

    def _may_annotate(self, annotation: pikepdf.Object) -> bool:
        subtype = str(annotation["/Subtype"])
        if subtype in _PLAYERS and "/AP" in annotation:
            self._tell(annotation)
            annotation["/Subtype"] = pikepdf.Name.Stamp  # the picture in place of the player
            return True
        # An answer to a note is a window of its own that only some programs show.
        return subtype in _ANNOTATIONS and not (subtype == "/Text" and "/IRT" in annotation)

    def _weigh(self, stream: pikepdf.Stream) -> None:
        self._unpacked += size_of(self._pdf, stream)
        if self._unpacked > MAX_UNPACKED:
            raise Refused("inflates")

    def _forget_place_and_camera(self, picture: pikepdf.Stream) -> None:
        filters = filters_of(picture)
        clean = _WITHOUT_METADATA.get(filters[-1]) if filters else None
        old = unpack_picture(self._pdf, picture) if clean else None
        if clean is None or old is None:
            return
        new = clean(old)
        if new != old:
            given = picture.get("/DecodeParms")
            last = given[-1] if isinstance(given, pikepdf.Array) and len(given) else given
            parameters = last if isinstance(last, pikepdf.Dictionary) else None
            picture.write(new, filter=pikepdf.Name(filters[-1]), decode_parms=parameters)

    def _tell(self, value: object) -> None:
        """Note what a person is told of, in this value and in all that hangs on it."""
        waiting = [value]
        while waiting:
            item = waiting.pop()
            if isinstance(item, pikepdf.Array):
                new = list(item)
            elif isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
                for key in item.keys():  # noqa: SIM118
                    self._tell_key(item, key)
                new = [item[key] for key in item.keys()]  # noqa: SIM118
            else:
                continue
            for each in new:
                if isinstance(each, pikepdf.Object) and each.is_indirect:
                    # A page and what hangs on it stays.
                    if each.objgen in self._told or each.objgen in self._pages:
                        continue
                    self._told.add(each.objgen)
                waiting.append(each)

    def _tell_key(self, item: pikepdf.Object, key: str) -> None:
        if key in _KEYS_TOLD:
            self.removed.add(_KEYS_TOLD[key])
        elif key == "/F" and isinstance(item, pikepdf.Stream):
            self.removed.add("elsewhere")
        elif key in _NAMES_TOLD:
            told = _NAMES_TOLD[key].get(str(item[key]))
            if told:
                self.removed.add(told)


def _is_harmless(action: pikepdf.Object) -> bool:
    """Return whether an action leads to a place in this file or to a website."""
    if action.get("/S") == "/GoTo":
        return "/D" in action
    address = action.get("/URI")
    return (
        action.get("/S") == "/URI"
        and isinstance(address, pikepdf.String)
        and str(address).lower().startswith(("http://", "https://"))
    )
