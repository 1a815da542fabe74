"""Words folded into the form in which they are compared, whatever their spelling."""

import re
import unicodedata

from core.text import ascii_digits, clean

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
_NOT_A_WORD = re.compile(r"[\W_]+")
_SERVANT_OF = re.compile(r"\bعبد\s*(?:ال(?=\w{2}))?(?=\w)")
_PARTICLE = re.compile(r"\b(ابو|بن|abd|abdel|abdul|abu|al|bin|el)\s+(?=\w)")
# The first halves of names of two words, such as Abd Allah
_HALVES = frozenset({"عبد", "أبو", "ابو", "أم", "ام", "Abd", "Abdul", "Abu", "Umm"})
_ARTICLE = re.compile(r"\b(?:وال|بال|فال|كال|ولل|لل|ال)(?=\w{2})")


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


def first_name(name: str) -> str:
    """Return the first name of a full name, which is two words where the first is half of one."""
    first, *others = name.split()
    return f"{first} {others[0]}" if others and first in _HALVES else first


def is_arabic(text: str) -> bool:
    """Return whether most of the letters are Arabic ones."""
    letters = [char for char in text if char.isalpha()]
    return 2 * sum("\u0600" <= char <= "\u06ff" for char in letters) > len(letters)
