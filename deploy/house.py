"""What templates, style sheets and code may not hold; each finding says what to write instead.

A sentence outside translation, a physical direction, a date in one calendar alone, an identifier
that the text around it may turn round.
"""

import ast
import html
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from django.template.base import Lexer, TokenType, filter_re
from django.utils.text import smart_split

ROOT = Path(__file__).resolve().parent.parent
CODE = ("core", "tawasul", "requests_app", "appointments")

# What is found and may stay: the file, what stands there, and the reason.
_A_PAGE = "of a list, which is capped_count"
_A_DAY = "of the month, which has two digits at most"
EXCEPTIONS = {
    ("templates/admin/appointments/appointment/today.html", "page.number"): _A_PAGE,
    ("templates/components/pages.html", "page.number"): _A_PAGE,
    ("templates/admin/appointments/before_it_is_saved.html", "day.number"): _A_DAY,
    ("templates/components/day.html", "day.number"): _A_DAY,
    ("templates/admin/appointments/appointment/today.html", "number"): "how many people there are",
    ("templates/components/files.html", "PDF"): "a sign, the same in both languages",
    ("appointments/models/slots.py", "%Y-%m-%d %H:%M"): "for the shell; no page shows it",
}

# Two letters or more in a row are a word, a unit is none. In a text or a mail, a sign is one too.
WORD = re.compile(r"[^\W\d_]{2,}")
ANYTHING = re.compile(r"\S+")
UNITS = {"kB", "KB", "MB", "cm", "mm", "px"}
# What people read or hear of an element beside its text; a value, where it is that of a button.
SHOWN = {
    *("alt", "title", "placeholder", "label", "content", "aria-label", "aria-description"),
    *("aria-placeholder", "aria-roledescription", "aria-valuetext"),
}
BUTTONS = {"submit", "button", "reset"}
# The content of <meta> elements of these names is for browsers.
FOR_BROWSERS = {"viewport", "color-scheme", "theme-color", "robots", "referrer"}
# Here programs read a date.
FOR_PROGRAMS = {"datetime", "value", "href", "src", "action", "formaction"}

IDENTIFIERS = {
    *("reference", "earlier_reference", "number", "current_number", "id_number", "check_code"),
    *("mobile", "confirmed_mobile", "as_international", "as_e164", "phone", "recipient"),
    *("username", "email"),
}
ISOLATING = {"reference", "ltr", "isolated", "masked_recipient", "masked_number", "masked_mail"}
# These hold text alone, in which no <bdi> can stand.
PLAIN = {"title", "option", "textarea"}
# The block of this name stands in an attribute of the page that is extended, `title` in <title>.
IN_AN_ATTRIBUTE = {"bodyclass"}

# One character for each tag and variable of Django's, from an area that no text uses.
FIRST_MARK = 0xF0000
MARK = re.compile("[\U000f0000-\U000ffffd]")
VOID = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"),
    *("track", "wbr"),
}


class Finding(NamedTuple):
    line: int
    what: str
    instead: str


# Templates


class Shown(NamedTuple):
    """A variable as `{{ name|filter }}` shows it."""

    name: str
    filters: tuple[str, ...]

    @classmethod
    def of(cls, expression: str, known: dict[str, "Shown"]) -> "Shown":
        """Under its first name, where a tag has given it another one."""
        parts = list(filter_re.finditer(expression))
        filters = tuple(part["filter_name"] for part in parts if part["filter_name"])
        first, dot, rest = ((parts and parts[0]["var"]) or "").partition(".")
        if first not in known:
            return cls(first + dot + rest, filters)
        meant = known[first]
        return cls(meant.name + dot + rest, filters if rest else meant.filters + filters)


class Element(NamedTuple):
    tag: str
    has_a_language: bool


class Template(HTMLParser):
    """Reads a page in which each tag and variable of Django's has been made one character."""

    def __init__(self, text: str, *, is_plain: bool = False) -> None:
        super().__init__()
        self.findings: list[Finding] = []
        self.is_plain = is_plain
        self.elements: list[Element] = []
        self.blocks: list[str] = []
        self.is_translated = False
        self.known: list[dict[str, Shown]] = [{}]
        page, self.tokens = marked(text, is_plain)
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.read(tag, attribute="in a tag")
        tag, attributes = unmarked(tag), {unmarked(name): value or "" for name, value in attrs}
        for written, value in attrs:
            name = unmarked(written)
            before = re.split(rf"{re.escape(written)}\s*=", self.get_starttag_text(), flags=re.I)[0]
            line = self.getpos()[0] + before.count("\n")
            self.read(written, attribute="in a tag")
            self.read(value or "", line, name, is_read=is_read_in(tag, name, attributes))
        language = attributes.get("lang", "")
        if tag not in VOID:
            self.elements.append(Element(tag, bool(language and unmarked(language))))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.leave(unmarked(tag))

    def handle_endtag(self, tag):
        self.read(tag, attribute="in a tag")
        self.leave(unmarked(tag))

    def handle_data(self, data):
        self.read(data, self.getpos()[0], is_read=not {"script", "style"} & self.around())

    def handle_comment(self, data):
        self.read(data, attribute="in a comment")

    def around(self):
        return {element.tag for element in self.elements}

    def leave(self, tag):
        if tag in self.around():
            while self.elements.pop().tag != tag:
                pass

    def read(self, text, line=0, attribute="", *, is_read=False):
        """What stands between two tags, or in an attribute; `is_read` by people."""
        for part in re.split(f"({MARK.pattern})", text):
            if MARK.fullmatch(part):
                self.meet(self.tokens[ord(part) - FIRST_MARK], attribute)
            elif is_read:
                self.look_for_a_sentence(part, line)
            line += part.count("\n")

    def meet(self, token, attribute):
        if token.token_type == TokenType.VAR:
            shown = Shown.of(token.contents, self.known[-1])
            self.look_for_one_calendar(token, shown, attribute)
            self.look_for_an_identifier(token, shown, attribute)
            return
        tag, *bits = smart_split(token.contents)
        values = {name: value for name, is_, value in (bit.partition("=") for bit in bits) if is_}
        named = {name: Shown.of(value, self.known[-1]) for name, value in values.items()}
        match tag:
            case "now":
                self.find(token.lineno, token.contents, "show the day with |both_calendars")
            case "include":
                for shown in named.values():
                    self.look_for_one_calendar(token, shown, attribute)
            case "blocktranslate" | "blocktrans":
                self.is_translated = True
                if "count" in bits:
                    # What the plural is chosen by is no identifier, whatever its name.
                    named[bits[bits.index("count") + 1].partition("=")[0]] = Shown("", ())
                self.known.append(self.known[-1] | named)
            case "endblocktranslate" | "endblocktrans":
                self.is_translated = False
                self.known.pop()
            case "with":
                self.known.append(self.known[-1] | named)
            case "endwith":
                self.known.pop()
            case "block":
                self.blocks.append(bits[0])
            case "endblock":
                self.blocks.pop()

    def look_for_a_sentence(self, text, line):
        has_a_language = any(element.has_a_language for element in self.elements)
        if self.is_translated or has_a_language or IN_AN_ATTRIBUTE & set(self.blocks):
            return
        pattern = ANYTHING if self.is_plain else WORD
        words = [word for word in pattern.finditer(text) if word[0] not in UNITS]
        if words:
            line += text.count("\n", 0, words[0].start())
            sentence = " ".join(text.split())
            self.find(line, sentence, "put it into {% translate %} or {% blocktranslate %}")

    def look_for_one_calendar(self, token, shown, attribute):
        if "date" in shown.filters and attribute not in FOR_PROGRAMS:
            self.find(token.lineno, token.contents, "show the day with |both_calendars or |moment")

    def look_for_an_identifier(self, token, shown, attribute):
        if self.is_plain or attribute or shown.name.rpartition(".")[2] not in IDENTIFIERS:
            return
        around = self.around() | ({"title"} & set(self.blocks))
        if not ISOLATING & set(shown.filters) and not (PLAIN | {"bdi"}) & around:
            instead = "pass it through |reference, |ltr or |masked_number, or put it into <bdi>"
            self.find(token.lineno, shown.name, instead)

    def find(self, line, what, instead):
        self.findings.append(Finding(line, what, instead))


def marked(text: str, is_plain: bool) -> tuple[str, list]:
    """The page with a mark for each tag and variable, without comments, and what they stand for."""
    page, tokens, is_comment = [], [], False
    for token in Lexer(text).tokenize():
        if is_comment:
            page.append("\n" * token.contents.count("\n"))
            is_comment = (token.token_type, token.contents) != (TokenType.BLOCK, "endcomment")
        elif token.token_type == TokenType.TEXT:
            page.append(html.escape(token.contents) if is_plain else token.contents)
        elif token.token_type == TokenType.BLOCK and token.contents.split()[0] == "comment":
            is_comment = True
        elif token.token_type != TokenType.COMMENT:
            page.append(chr(FIRST_MARK + len(tokens)))
            tokens.append(token)
    return "".join(page), tokens


def unmarked(text: str) -> str:
    return MARK.sub("", text)


def is_read_in(tag: str, attribute: str, attributes: dict[str, str]) -> bool:
    if attribute == "value":
        return tag == "input" and attributes.get("type", "").lower() in BUTTONS
    if attribute == "content" and attributes.get("name", "").lower() in FOR_BROWSERS:
        return False
    return attribute in SHOWN


def in_template(text: str) -> list[Finding]:
    return Template(text).findings


def in_message(text: str) -> list[Finding]:
    """In a text or a mail, which holds nothing but what is translated, and no markup."""
    return Template(text, is_plain=True).findings


# Style sheets

SIDES = {"left": "inline-start", "right": "inline-end", "top": "block-start", "bottom": "block-end"}
WITH_A_SIDE = (
    *("margin-{}", "padding-{}", "scroll-margin-{}", "scroll-padding-{}"),
    *("border-{}", "border-{}-width", "border-{}-style", "border-{}-color"),
)
SIZES = {"width": "inline-size", "height": "block-size"}
WITH_A_SIZE = ("{}", "min-{}", "max-{}", "contain-intrinsic-{}")
INSTEAD_OF_PROPERTY = {
    **{side: f"inset-{logical}" for side, logical in SIDES.items()},
    **{n.format(side): n.format(logical) for n in WITH_A_SIDE for side, logical in SIDES.items()},
    **{n.format(size): n.format(logical) for n in WITH_A_SIZE for size, logical in SIZES.items()},
    "border-top-left-radius": "border-start-start-radius",
    "border-top-right-radius": "border-start-end-radius",
    "border-bottom-left-radius": "border-end-start-radius",
    "border-bottom-right-radius": "border-end-end-radius",
    "overflow-x": "overflow-inline",
    "overflow-y": "overflow-block",
    "overscroll-behavior-x": "overscroll-behavior-inline",
    "overscroll-behavior-y": "overscroll-behavior-block",
}
_ALONG_THE_LINE = {"left": "start", "right": "end"}
_AT_ITS_ENDS = {"left": "inline-start", "right": "inline-end"}
INSTEAD_OF_VALUE = {
    **dict.fromkeys(("text-align", "text-align-last"), _ALONG_THE_LINE),
    **dict.fromkeys(("justify-content", "justify-items", "justify-self"), _ALONG_THE_LINE),
    **dict.fromkeys(("float", "clear", "caption-side"), _AT_ITS_ENDS),
    "resize": {"horizontal": "inline", "vertical": "block"},
    # What these name are properties.
    **dict.fromkeys(("transition", "transition-property", "will-change"), INSTEAD_OF_PROPERTY),
}
# From above, clockwise: of four values the second is that of the right, the fourth of the left.
OF_FOUR_SIDES = {
    *("margin", "padding", "inset", "scroll-margin", "scroll-padding"),
    *("border-width", "border-style", "border-color"),
}
COMMENT_OR_STRING = re.compile(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", re.DOTALL)
# calc(1px + (2px * 3)) is one.
ONE_VALUE = re.compile(r"(?:[^\s()]|\((?:[^()]|\([^()]*\))*\))+")
DECLARATION = re.compile(r"(?<![^\s{};])([a-zA-Z-]+)\s*:([^;{}]*)(?=[;}])")


def in_style_sheet(text: str) -> Iterator[Finding]:
    text = COMMENT_OR_STRING.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    for declaration in DECLARATION.finditer(text):
        name, value = declaration[1].lower(), declaration[2].lower()
        line = text.count("\n", 0, declaration.start()) + 1
        if name in INSTEAD_OF_PROPERTY:
            yield Finding(line, name, f"write {INSTEAD_OF_PROPERTY[name]}")
        for word in re.findall(r"[a-z-]+", value):
            instead = INSTEAD_OF_VALUE.get(name, {}).get(word)
            if instead:
                yield Finding(line, f"{name}: {word}", f"write {instead}")
        sides = ONE_VALUE.findall(value.replace("!important", ""))
        if name in OF_FOUR_SIDES and len(sides) == 4 and sides[1] != sides[3]:
            yield Finding(line, f"{name}: {value.strip()}", f"write {name}-inline and {name}-block")


# Code

SHOWING_BOTH_CALENDARS = {"core/hijri.py", "core/display.py"}
# The parts of a format that name a day, a month or a year.
PART_OF_A_DATE = re.compile(r"%[-#]?[aAbBcdDeFGjmuUVwWxyY]")


def in_code(text: str) -> Iterator[Finding]:
    """Dates in one calendar; an hour is the same in both."""
    if not re.search(r"strftime|date_format|:%", text):
        return
    instead = "show the day with core.hijri.both_calendars"
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[*_, last]):
                is_of_the_hour = isinstance(last, ast.Constant) and not PART_OF_A_DATE.search(
                    str(last.value)
                )
                if name == "date_format" or (name == "strftime" and not is_of_the_hour):
                    yield Finding(node.lineno, ast.unparse(node), instead)
            case ast.FormattedValue(format_spec=ast.JoinedStr() as parts):
                constants = (part for part in parts.values if isinstance(part, ast.Constant))
                written = "".join(str(part.value) for part in constants)
                if PART_OF_A_DATE.search(written):
                    yield Finding(node.lineno, written, instead)


def findings() -> Iterator[tuple[str, Finding]]:
    for folder, ending, look in (
        ("templates", "html", in_template),
        ("templates/messages", "txt", in_message),
        ("static/css", "css", in_style_sheet),
        *((folder, "py", in_code) for folder in CODE),
    ):
        for path in sorted((ROOT / folder).rglob(f"*.{ending}")):
            name = str(path.relative_to(ROOT))
            if name not in SHOWING_BOTH_CALENDARS:
                yield from ((name, finding) for finding in look(path.read_text()))


def check() -> None:
    found = list(findings())
    there = {(name, finding.what) for name, finding in found}
    faults = [
        *(
            f"{name}:{finding.line}: {finding.what!r}: {finding.instead}"
            for name, finding in found
            if (name, finding.what) not in EXCEPTIONS
        ),
        *(
            f"{name}: {what!r} is no longer there: take it out of EXCEPTIONS"
            for name, what in EXCEPTIONS
            if (name, what) not in there
        ),
    ]
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    check()
