"""Check codes of slips: making them, and finding them in typed or scanned text."""

import re
import secrets
from itertools import product

from core.text import ascii_digits

_CHECK_CODE = re.compile("[2-9a-z]{16}")
# What the keys of q to m write, and the slash, where the Arabic layout (101) is on: a scanner
# presses keys. The key of b writes two letters, as those of g and h do together.
_ARABIC_KEYS = str.maketrans("ضصثقفغعهخحشسيبلاتنمئءؤرىةظ", "qwertyuiopasdfghjklzxcvnm/")
_KEY_OF_B, _KEYS_OF_B = "لا", ("b", "gh")
_MAX_KEYS_OF_B = 8  # half the length of a code


def check_codes_in(typed: str) -> list[str]:
    """Return the check codes that the text may stand for: a slip's code, alone or in its address.

    They are several only where a scanner wrote through the Arabic layout of the keyboard.
    """
    text = ascii_digits(typed[:300]).strip().lower()
    found = _CHECK_CODE.search(text.rstrip("/").rpartition("/")[2])
    return [found[0]] if found else _typed_in_arabic(text)


def _typed_in_arabic(text: str) -> list[str]:
    text = text.replace("\N{ARABIC LIGATURE LAM WITH ALEF ISOLATED FORM}", _KEY_OF_B)
    parts = [part.translate(_ARABIC_KEYS) for part in text.split(_KEY_OF_B)]
    # Those before the last slash belong to the rest of the address.
    last = "\0".join(parts).rstrip("/").rpartition("/")[2].split("\0")
    if len(last) > _MAX_KEYS_OF_B + 1:
        return []
    codes = (
        "".join(text for pair in zip(last, [*keys, ""], strict=True) for text in pair)
        for keys in product(_KEYS_OF_B, repeat=len(last) - 1)
    )
    return [code for code in codes if _CHECK_CODE.fullmatch(code)]


def new_check_code() -> str:
    """Return a new check code, as the QR code of a slip holds it.

    It has 79 random bits, in letters and digits that are not mistaken for others.
    """
    return "".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _place in range(16))
