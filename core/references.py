"""The reference numbers of inquiries and appointments, which people quote on the phone."""

import re
import secrets

from django.utils.translation import get_language
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
    return "-".join(_groups(reference))


def reference_in_text(reference: str) -> str:
    """Return the reference in groups of four digits, in a sentence without markup.

    In Arabic, hyphens would turn the groups round where nothing isolates them; no-break spaces do
    not, and keep the groups on one line.
    """
    return ("\u00a0" if get_language() == "ar" else "-").join(_groups(reference))


def _groups(reference: str) -> tuple[str, str, str]:
    return reference[:4], reference[4:8], reference[8:]
