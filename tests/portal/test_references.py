"""A reference opens its page however it is typed or pasted into an address."""

from urllib.parse import quote

import pytest

from core.text import ascii_digits
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import verified

pytestmark = pytest.mark.django_db


def spellings(reference):
    first, second, third = reference[:4], reference[4:8], reference[8:]
    arabic = reference.translate({ord(str(digit)): chr(0x660 + digit) for digit in range(10)})
    assert ascii_digits(arabic) == reference
    return [
        reference,
        f"{first}-{second}-{third}",
        f"{first} {second} {third}",
        f"\u200f{first}\u2013{second}\u2013{third}\u200e",
        arabic,
        f"{arabic[:4]}-{arabic[4:8]}-{arabic[8:]}",
    ]


def test_reference_opens_its_page_in_every_spelling():
    user = factories.UserFactory()
    inquiry, appointment = factories.filed(user), places.confirmed(user)
    browser = verified(user)
    for part, row in (("inquiries", inquiry), ("appointments", appointment)):
        for spelling in spellings(row.reference):
            page = browser.get(f"/en/{part}/{quote(spelling)}/")
            assert page.status_code == 200, spelling
            assert row.reference[:4] in page.content.decode(), spelling


def test_what_is_no_reference_is_not_found():
    browser = verified(factories.UserFactory())
    for typed in ("8" * 11, "8" * 13, "notifications", "8" * 11 + "x", "\u00b2" * 12, "-" * 12):
        for part in ("inquiries", "appointments"):
            assert browser.get(f"/en/{part}/{quote(typed)}/").status_code == 404, typed
