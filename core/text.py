"""Cleaning and comparing typed text: digits of any script, invisible marks, line breaks."""

import re
import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

# The zero-width joiner and non-joiner stay, as long as there is something to join: Persian and Urdu
# words are spelled with them.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"  # control characters, NUL among them
    "\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # bidi marks, empty spaces
    "\u115f\u1160\u2800\u3164\uffa0\U0001d159"  # letters and signs that are blank
    "\ufff9-\ufffc]"
)
_TATWEEL = "\u0640"
MAX_MARKS = 30
_SEPARATORS = re.compile(r"[\s\-‐-―./_]+")


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

    Line ends become a plain newline. A text in which nothing can be read becomes "": one of
    joiners, of marks without a letter, or of the tatweel alone.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _limit_marks(_INVISIBLE.sub("", text))
    return unicodedata.normalize("NFC", text).strip() if any(map(_is_read, text)) else ""


def _is_read(char: str) -> bool:
    """Return whether `char` is a letter, a digit, a punctuation mark or a symbol."""
    return unicodedata.category(char)[0] in "LNPS" and char != _TATWEEL


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


def seen_length(text: str) -> int:
    """Return the number of visible characters.

    A run of white space counts as one; combining marks, format characters and the tatweel do not
    count.
    """
    letters = (
        char
        for char in text
        if char != _TATWEEL and unicodedata.category(char) not in ("Mn", "Me", "Cf")
    )
    return len(" ".join("".join(letters).split()))


def refuse_unreadable(text: str) -> None:
    """Raise ValidationError if `text` holds NUL, or U+FFFD in place of what could not be read.

    Django puts U+FFFD in place of bytes that are not UTF-8, and so do other programs.
    """
    if "\0" in text or "\ufffd" in text:
        unreadable = _("Some characters could not be read. Type this text again.")
        raise forms.ValidationError(unreadable, code="unreadable")


def read_number(typed: Any) -> str:
    """Return what was typed for a number or a date, cleaned, with digits as 0-9.

    Raise ValidationError if a part of it is unreadable.
    """
    text = "" if typed is None else str(typed)
    refuse_unreadable(text)
    return ascii_digits(clean(text))


class WholeTextField(forms.CharField):
    """A field that takes what is pasted whole; the error says how long it is, and may be.

    With `maxlength`, which Django gives to inputs, browsers silently cut what is pasted.
    """

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class TextField(WholeTextField):
    """A text field that removes invisible characters and refuses undecodable text."""

    def __init__(self, *, multiline: bool = False, **kwargs: Any) -> None:
        self.tidy = clean if multiline else single_line
        if multiline:
            kwargs.setdefault("widget", forms.Textarea)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        refuse_unreadable(text)
        return self.tidy(text)
