"""Check codes of slips: making them, and finding them in typed or scanned text."""

import re
import secrets

_CHECK_CODE = re.compile("[2-9a-z]{16}")


def check_code_in(typed: str) -> str | None:
    """Return the check code of a slip, alone or at the end of its address, or None."""
    found = _CHECK_CODE.search(typed[:300].strip().lower().rstrip("/").rpartition("/")[2])
    return found and found[0]


def new_check_code() -> str:
    """Return a new check code, as the QR code of a slip holds it.

    It has 79 random bits, in letters and digits that are not mistaken for others.
    """
    return "".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _place in range(16))
