"""A linter for templates, style sheets and code; each finding says what to write instead.

It finds sentences outside translation, physical directions, dates in one calendar alone, and
identifiers that right-to-left text around them may reorder.
"""

import ast
import html
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from django.template.base import Lexer, Token, TokenType, filter_re
from django.utils.text import smart_split

ROOT = Path(__file__).resolve().parent.parent
CODE = ("core", "tawasul", "requests_app", "appointments")

# Findings that may stay: the file, the text found, and the reason.
_PAGE_NUMBER = "of a list, whose count is capped"
_DAY_NUMBER = "of the month, which has two digits at most"
EXCEPTIONS = {
    ("templates/admin/appointments/appointment/today.html", "page.number"): _PAGE_NUMBER,
    ("templates/components/pages.html", "page.number"): _PAGE_NUMBER,
    ("templates/admin/appointments/before_it_is_saved.html", "day.number"): _DAY_NUMBER,
    ("templates/components/day.html", "day.number"): _DAY_NUMBER,
    ("templates/admin/appointments/appointment/today.html", "number"): "how many people there are",
    ("appointments/models/slots.py", "%Y-%m-%d %H:%M"): "for the shell; no page shows it",
}

# A word is two letters or more in a row, but not a unit. In a text message or a mail, a sign counts
# as a word too.
WORD = re.compile(r"[^\W\d_]{2,}")
ANYTHING = re.compile(r"\S+")
UNITS = {"kB", "KB", "MB", "cm", "mm", "px"}
# The attributes that people read or hear. `value` is one as well, but only on a button.
SHOWN_ATTRIBUTES = {
    *("alt", "title", "placeholder", "label", "content", "aria-label", "aria-description"),
    *("aria-placeholder", "aria-roledescription", "aria-valuetext"),
}
BUTTONS = {"submit", "button", "reset"}
# The content of <meta> elements of these names is for browsers.
BROWSER_META_NAMES = {"viewport", "color-scheme", "theme-color", "robots", "referrer"}
# In these attributes, programs read a date.
MACHINE_READ_ATTRIBUTES = {"datetime", "value", "href", "src", "action", "formaction"}

IDENTIFIERS = {
    *("reference", "earlier_reference", "number", "current_number", "id_number", "check_code"),
    *("mobile", "confirmed_mobile", "as_international", "as_e164", "phone", "recipient"),
    *("username", "email"),
}
ISOLATING_FILTERS = {
    "reference",
    "ltr",
    "isolated",
    "masked_recipient",
    "masked_number",
    "masked_mail",
}
# These elements hold text alone, so they cannot contain <bdi>.
TEXT_ONLY_ELEMENTS = {"title", "option", "textarea"}
# The base template puts the block of this name into an attribute, and the block `title` into
# <title>.
ATTRIBUTE_BLOCKS = {"bodyclass"}

# Each Django tag or variable is replaced by one character of a private-use area that no text uses.
FIRST_MARK = 0xF0000
MARK = re.compile("[\U000f0000-\U000ffffd]")
VOID = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"),
    *("track", "wbr"),
}


class Finding(NamedTuple):
    line: int | None  # as Django's tokens have it
    what: str
    instead: str


# Templates


class Shown(NamedTuple):
    """A variable as `{{ name|filter }}` shows it."""

    name: str
    filters: tuple[str, ...]

    @classmethod
    def of(cls, expression: str, known: dict[str, "Shown"]) -> "Shown":
        """Parse `expression` and resolve a name that a tag has given to a variable.

        `known` maps such names to the variables they stand for.
        """
        parts = list(filter_re.finditer(expression))
        filters = tuple(part["filter_name"] for part in parts if part["filter_name"])
        first, dot, rest = ((parts and parts[0]["var"]) or "").partition(".")
        if first not in known:
            return cls(first + dot + rest, filters)
        meant = known[first]
        return cls(meant.name + dot + rest, filters if rest else meant.filters + filters)


class Element(NamedTuple):
    tag: str
    has_language: bool


class Template(HTMLParser):
    """A parser for a page in which one character replaces each Django tag or variable."""

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

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.read(tag, attribute="in a tag")
        tag, attributes = (
            without_marks(tag),
            {without_marks(name): value or "" for name, value in attrs},
        )
        source = self.get_starttag_text() or ""
        for written, value in attrs:
            name = without_marks(written)
            before = re.split(rf"{re.escape(written)}\s*=", source, flags=re.I)[0]
            line = self.getpos()[0] + before.count("\n")
            self.read(written, attribute="in a tag")
            self.read(value or "", line, name, is_read=is_shown_attribute(tag, name, attributes))
        language = attributes.get("lang", "")
        if tag not in VOID:
            self.elements.append(Element(tag, bool(language and without_marks(language))))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.close_element(without_marks(tag))

    def handle_endtag(self, tag: str) -> None:
        self.read(tag, attribute="in a tag")
        self.close_element(without_marks(tag))

    def handle_data(self, data: str) -> None:
        self.read(data, self.getpos()[0], is_read=not {"script", "style"} & self.open_tags())

    def handle_comment(self, data: str) -> None:
        self.read(data, attribute="in a comment")

    def open_tags(self) -> set[str]:
        return {element.tag for element in self.elements}

    def close_element(self, tag: str) -> None:
        if tag in self.open_tags():
            while self.elements.pop().tag != tag:
                pass

    def read(self, text: str, line: int = 0, attribute: str = "", *, is_read: bool = False) -> None:
        """Check the text between two tags, or of an attribute; `is_read` if people read it."""
        for part in re.split(f"({MARK.pattern})", text):
            if MARK.fullmatch(part):
                self.check_token(self.tokens[ord(part) - FIRST_MARK], attribute)
            elif is_read:
                self.check_sentence(part, line)
            line += part.count("\n")

    def check_token(self, token: Token, attribute: str) -> None:
        if token.token_type == TokenType.VAR:
            shown = Shown.of(token.contents, self.known[-1])
            self.check_calendars(token, shown, attribute)
            self.check_identifier(token, shown, attribute)
            return
        tag, *bits = smart_split(token.contents)
        values = {name: value for name, is_, value in (bit.partition("=") for bit in bits) if is_}
        named = {name: Shown.of(value, self.known[-1]) for name, value in values.items()}
        match tag:
            case "now":
                self.find(token.lineno, token.contents, "show the day with |both_calendars")
            case "include":
                for shown in named.values():
                    self.check_calendars(token, shown, attribute)
            case "blocktranslate" | "blocktrans":
                self.is_translated = True
                if "count" in bits:
                    # The number that chooses the plural is no identifier, even with such a name.
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

    def check_sentence(self, text: str, line: int) -> None:
        has_language = any(element.has_language for element in self.elements)
        if self.is_translated or has_language or ATTRIBUTE_BLOCKS & set(self.blocks):
            return
        pattern = ANYTHING if self.is_plain else WORD
        words = [word for word in pattern.finditer(text) if word[0] not in UNITS]
        if words:
            line += text.count("\n", 0, words[0].start())
            sentence = " ".join(text.split())
            self.find(line, sentence, "put it into {% translate %} or {% blocktranslate %}")

    def check_calendars(self, token: Token, shown: Shown, attribute: str) -> None:
        if "date" in shown.filters and attribute not in MACHINE_READ_ATTRIBUTES:
            self.find(token.lineno, token.contents, "show the day with |both_calendars or |moment")

    def check_identifier(self, token: Token, shown: Shown, attribute: str) -> None:
        if self.is_plain or attribute or shown.name.rpartition(".")[2] not in IDENTIFIERS:
            return
        open_tags = self.open_tags() | ({"title"} & set(self.blocks))
        if (
            not ISOLATING_FILTERS & set(shown.filters)
            and not (TEXT_ONLY_ELEMENTS | {"bdi"}) & open_tags
        ):
            instead = "pass it through |reference, |ltr or |masked_number, or put it into <bdi>"
            self.find(token.lineno, shown.name, instead)

    def find(self, line: int | None, what: str, instead: str) -> None:
        self.findings.append(Finding(line, what, instead))


def marked(text: str, is_plain: bool) -> tuple[str, list[Token]]:
    """Return the page without comments and with a mark for each token, and the tokens in order."""
    page: list[str] = []
    tokens: list[Token] = []
    is_comment = False
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


def without_marks(text: str) -> str:
    return MARK.sub("", text)


def is_shown_attribute(tag: str, attribute: str, attributes: dict[str, str]) -> bool:
    if attribute == "value":
        return tag == "input" and attributes.get("type", "").lower() in BUTTONS
    if attribute == "content" and attributes.get("name", "").lower() in BROWSER_META_NAMES:
        return False
    return attribute in SHOWN_ATTRIBUTES


def in_template(text: str) -> list[Finding]:
    return Template(text).findings


def in_message(text: str) -> list[Finding]:
    """Check a text message or a mail, which holds only translated text and no markup."""
    return Template(text, is_plain=True).findings


# Style sheets

SIDES = {"left": "inline-start", "right": "inline-end", "top": "block-start", "bottom": "block-end"}
SIDE_PROPERTIES = (
    *("margin-{}", "padding-{}", "scroll-margin-{}", "scroll-padding-{}"),
    *("border-{}", "border-{}-width", "border-{}-style", "border-{}-color"),
)
SIZES = {"width": "inline-size", "height": "block-size"}
SIZE_PROPERTIES = ("{}", "min-{}", "max-{}", "contain-intrinsic-{}")
LOGICAL_PROPERTIES = {
    **{side: f"inset-{logical}" for side, logical in SIDES.items()},
    **{
        n.format(side): n.format(logical)
        for n in SIDE_PROPERTIES
        for side, logical in SIDES.items()
    },
    **{
        n.format(size): n.format(logical)
        for n in SIZE_PROPERTIES
        for size, logical in SIZES.items()
    },
    "border-top-left-radius": "border-start-start-radius",
    "border-top-right-radius": "border-start-end-radius",
    "border-bottom-left-radius": "border-end-start-radius",
    "border-bottom-right-radius": "border-end-end-radius",
    "overflow-x": "overflow-inline",
    "overflow-y": "overflow-block",
    "overscroll-behavior-x": "overscroll-behavior-inline",
    "overscroll-behavior-y": "overscroll-behavior-block",
}
_START_AND_END = {"left": "start", "right": "end"}
_INLINE_START_AND_END = {"left": "inline-start", "right": "inline-end"}
LOGICAL_VALUES = {
    **dict.fromkeys(("text-align", "text-align-last"), _START_AND_END),
    **dict.fromkeys(("justify-content", "justify-items", "justify-self"), _START_AND_END),
    **dict.fromkeys(("float", "clear", "caption-side"), _INLINE_START_AND_END),
    "resize": {"horizontal": "inline", "vertical": "block"},
    # The values of these properties are names of properties.
    **dict.fromkeys(("transition", "transition-property", "will-change"), LOGICAL_PROPERTIES),
}
# Four values go clockwise from the top: the second is the right side, the fourth the left.
FOUR_SIDED_PROPERTIES = {
    *("margin", "padding", "inset", "scroll-margin", "scroll-padding"),
    *("border-width", "border-style", "border-color"),
}
COMMENT_OR_STRING = re.compile(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", re.DOTALL)
# calc(1px + (2px * 3)) counts as one value.
ONE_VALUE = re.compile(r"(?:[^\s()]|\((?:[^()]|\([^()]*\))*\))+")
DECLARATION = re.compile(r"(?<![^\s{};])([a-zA-Z-]+)\s*:([^;{}]*)(?=[;}])")


def in_style_sheet(text: str) -> Iterator[Finding]:
    text = COMMENT_OR_STRING.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    for declaration in DECLARATION.finditer(text):
        name, value = declaration[1].lower(), declaration[2].lower()
        line = text.count("\n", 0, declaration.start()) + 1
        if name in LOGICAL_PROPERTIES:
            yield Finding(line, name, f"write {LOGICAL_PROPERTIES[name]}")
        for word in re.findall(r"[a-z-]+", value):
            instead = LOGICAL_VALUES.get(name, {}).get(word)
            if instead:
                yield Finding(line, f"{name}: {word}", f"write {instead}")
        sides = ONE_VALUE.findall(value.replace("!important", ""))
        if name in FOUR_SIDED_PROPERTIES and len(sides) == 4 and sides[1] != sides[3]:
            yield Finding(line, f"{name}: {value.strip()}", f"write {name}-inline and {name}-block")


# Code

CALENDAR_MODULES = {"core/hijri.py", "core/template_filters.py"}
# The parts of a strftime format that stand for a day, a month or a year.
PART_OF_A_DATE = re.compile(r"%[-#]?[aAbBcdDeFGjmuUVwWxyY]")


def in_code(text: str) -> Iterator[Finding]:
    """Find dates shown in one calendar; times of day are the same in both."""
    if not re.search(r"strftime|date_format|:%", text):
        return
    instead = "show the day with core.hijri.both_calendars"
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[*_, last]):
                is_time_only = isinstance(last, ast.Constant) and not PART_OF_A_DATE.search(
                    str(last.value)
                )
                if name == "date_format" or (name == "strftime" and not is_time_only):
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
            if name not in CALENDAR_MODULES:
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
