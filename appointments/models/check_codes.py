"""The check codes of slips: made, and found in what somebody types or scans."""

import re
import secrets

_CHECK_CODE = re.compile("[2-9a-z]{16}")


def check_code_in(typed):
    """The check code of a slip, alone or at the end of its address; None where there is none."""
    found = _CHECK_CODE.search(typed[:300].strip().lower().rstrip("/").rpartition("/")[2])
    return found and found[0]


def new_check_code():
    """What a slip's QR holds: 80 random bits, in letters and digits that nobody mistakes."""
    return "".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _place in range(16))
