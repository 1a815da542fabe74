"""The reference numbers of inquiries and appointments, which people quote on the phone."""

import re
import secrets

from stdnum import luhn

from core.text import bare_digits

_REFERENCE = re.compile("[0-9]{12}")


class ReferenceConverter:
    """The path converter for a reference: twelve digits, in whatever way people type them."""

    regex = "[^/]{12,40}"

    def to_python(self, value: str) -> str:
        """Return the digits alone; they may be Arabic, with spaces or hyphens between them."""
        reference = bare_digits(value)
        if not _REFERENCE.fullmatch(reference):
            raise ValueError(value)
        return reference

    def to_url(self, value: str) -> str:
        return value


def new_reference() -> str:
    """Return twelve random digits, beginning with 8 and ending with a Luhn check digit.

    No identity number begins with 8.
    """
    body = "8" + "".join(secrets.choice("0123456789") for _place in range(10))
    return body + luhn.calc_check_digit(body)


def grouped_reference(reference: str) -> str:
    """Return the reference in groups of four digits, as people read it out."""
    return f"{reference[:4]}-{reference[4:8]}-{reference[8:]}"
