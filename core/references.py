"""The reference numbers that people quote on the phone."""

import secrets

from stdnum import luhn


class ReferenceConverter:
    """A reference in an address; any other twelve digits lead to nothing."""

    regex = "[0-9]{12}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


def new_reference() -> str:
    """Twelve digits, the first an 8 (no identity number begins so), the last a Luhn check digit."""
    body = "8" + "".join(secrets.choice("0123456789") for _place in range(10))
    return body + luhn.calc_check_digit(body)


def grouped_reference(reference: str) -> str:
    """As people read it out: four and four and four digits."""
    return f"{reference[:4]}-{reference[4:8]}-{reference[8:]}"
