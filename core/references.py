"""The reference numbers of inquiries and appointments, which people quote on the phone."""

import secrets

from stdnum import luhn


class ReferenceConverter:
    """The path converter for a reference: twelve digits."""

    regex = "[0-9]{12}"

    def to_python(self, value: str) -> str:
        return value

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
