"""Helpers for the desk of an inquiry: pressing its buttons, and reading what it shows."""

import re
import uuid

from requests_app.models import Inquiry
from tests.conftest import words

QUEUE = "/en/staff/requests_app/inquiry/"
TEXT = "The bank confirms that the fee was paid on 12 Safar."


def desk_of(inquiry, page="change"):
    return f"{QUEUE}{inquiry.pk}/{page}/"


def press(browser, inquiry, button, **fields):
    """Press a button with the current version of the inquiry, and return the page that follows."""
    if button == "note":
        fields = {"text": TEXT, "idempotency_key": uuid.uuid4(), **fields}
    expected_version = Inquiry.objects.get(pk=inquiry.pk).version
    return browser.post(
        desk_of(inquiry, button), {"expected_version": expected_version, **fields}, follow=True
    )


def buttons_on(page):
    found = re.findall(r'(?s)<button class="button[^>]*>.*?</button>', page.content.decode())
    return [words(button) for button in found]


def now(inquiry):
    return Inquiry.objects.get(pk=inquiry.pk)
