"""Cleaning and comparing typed text: digits of any script, invisible marks, Arabic spelling."""

import re
import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

# The zero-width joiner and non-joiner stay: Persian and Urdu words are spelled with them.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"  # control characters, NUL among them
    "\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # bidi marks, empty spaces
    "\u115f\u1160\u2800\u3164\uffa0"  # letters that are blank
    "\ufff9-\ufffb]"
)
MAX_MARKS = 30
_ARABIC_MARKS = re.compile("[\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")
_ARABIC_SPELLINGS = str.maketrans(
    {
        "ٱ": "ا",
        "ى": "ي",
        "ی": "ي",
        "ة": "ه",
        "ہ": "ه",
        "ھ": "ه",
        "ے": "ي",
        "ە": "ه",
        "ک": "ك",
    }
)
_SEPARATORS = re.compile(r"[\s\-‐-―./_]+")
_NOT_A_WORD = re.compile(r"[\W_]+")
_SERVANT_OF = re.compile(r"\bعبد\s*(?:ال(?=\w{2}))?(?=\w)")
_PARTICLE = re.compile(r"\b(ابو|بن|abd|abdel|abdul|abu|al|bin|el)\s+(?=\w)")
_ARTICLE = re.compile(r"\b(?:وال|بال|فال|كال|ولل|لل|ال)(?=\w{2})")


def ascii_digits(text: str) -> str:
    """Return `text` with the decimal digits of every script as 0-9.

    Superscripts and circled digits stay as they are.

    >>> ascii_digits("١٩٨٧ ۲۹ ２")
    '1987 29 2'
    """
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)


def bare_digits(text: str) -> str:
    """Return `text` with digits as 0-9 and without spaces, dashes, dots, slashes or underscores."""
    return _SEPARATORS.sub("", ascii_digits(clean(text)))


def clean(text: str) -> str:
    """Return `text` in NFC, trimmed, without control characters and bidi marks.

    Line ends become a plain newline.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _limit_marks(_INVISIBLE.sub("", text))
    return unicodedata.normalize("NFC", text).strip()


def _limit_marks(text: str) -> str:
    """Cut each run of combining marks to MAX_MARKS, because normalising sorts it in quadratic time.

    Thirty in a row is the limit of the Unicode Standard's stream-safe text (UAX 15, section 13).
    """
    if len(text) <= MAX_MARKS:
        return text
    kept = []
    run = 0
    for char in text:
        run = run + 1 if unicodedata.combining(char) else 0
        if run <= MAX_MARKS:
            kept.append(char)
    return "".join(kept)


def single_line(text: str) -> str:
    """Return `text` cleaned, with every run of white space as one space."""
    return " ".join(clean(text).split())


def fold(text: str) -> str:
    """Return `text` in the form in which words are compared and searched.

    Arabic letters that people use interchangeably become one letter, vowel signs and the article
    are dropped, digits become 0-9, punctuation a space, Latin letters lower case without accents.
    """
    text = ascii_digits(unicodedata.normalize("NFKC", clean(text))).casefold()
    text = unicodedata.normalize("NFKD", text)
    letters = (char for char in text if unicodedata.category(char) != "Mn")
    text = unicodedata.normalize("NFKC", "".join(letters))
    text = _ARABIC_MARKS.sub("", text).translate(_ARABIC_SPELLINGS)
    text = _NOT_A_WORD.sub(" ", text).strip()
    # Some words begin like an article; with and without an article before them they must fold to
    # the same text.
    while (bare := _ARTICLE.sub("", text)) != text:
        text = bare
    return text


def fold_name(name: str) -> str:
    """Return `name` folded, with each particle joined to the next word: people write both ways."""
    return _PARTICLE.sub(r"\1", _SERVANT_OF.sub("عبد", fold(name)))


def seen_length(text: str) -> int:
    """Return the number of visible characters.

    A run of white space counts as one; combining marks, format characters and the tatweel do not
    count.
    """
    letters = (
        char
        for char in text
        if char != "\u0640" and unicodedata.category(char) not in ("Mn", "Me", "Cf")
    )
    return len(" ".join("".join(letters).split()))


class TextField(forms.CharField):
    """A text field that removes invisible characters and refuses undecodable text."""

    default_error_messages = {
        "unreadable": _("Some characters could not be read. Type this text again."),
    }

    def __init__(self, *, multiline: bool = False, **kwargs: Any) -> None:
        self.tidy = clean if multiline else single_line
        if multiline:
            kwargs.setdefault("widget", forms.Textarea)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        return self.tidy(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        super().validate(value)
        refuse_unreadable(self, value)


def refuse_unreadable(field: forms.Field, value: str) -> None:
    """Raise ValidationError if `value` holds U+FFFD, Django's mark for bytes that are not UTF-8."""
    if "\ufffd" in value:
        raise forms.ValidationError(field.error_messages["unreadable"], code="unreadable")
