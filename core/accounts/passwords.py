"""How a password is read before it is hashed or compared."""

import unicodedata

MAX_LENGTH = 128  # characters in NFC
_MAX_RAW_LENGTH = 4 * MAX_LENGTH  # NFC never composes more than four characters into one


def normalize_password(password: str) -> str:
    """Return `password` in NFC, as devices differ in how they write a letter with its marks.

    A text that is too long in any case is returned as it is: normalising a long run of marks takes
    quadratic time.
    """
    if len(password) > _MAX_RAW_LENGTH:
        return password
    return unicodedata.normalize("NFC", password)
