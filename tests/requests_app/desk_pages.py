"""Helpers for the queue and the desk: reading what they show, and pressing their buttons."""

import re
import uuid

from django_otp.plugins.otp_static.models import StaticDevice

from requests_app.models import Inquiry
from tests import factories
from tests.conftest import signed_in_staff, words
from tests.requests_app.steps import form_on

QUEUE = "/en/staff/requests_app/inquiry/"
TEXT = "The bank confirms that the fee was paid on 12 Safar."


def desk_of(inquiry, page="change"):
    return f"{QUEUE}{inquiry.pk}/{page}/"


def press(browser, inquiry, button, **fields):
    """Press a button with the current version of the inquiry, and return the page that follows."""
    if button in ("note", "reopen", "transfer"):
        fields = {"text": TEXT, "idempotency_key": uuid.uuid4(), **fields}
    fields = {"expected_version": now(inquiry).version, **fields}
    return browser.post(desk_of(inquiry, button), fields, follow=True)


def answer(browser, inquiry, action, text=TEXT, **changes):
    """Answer on the form of the desk, confirm a decision, and return the page that follows."""
    changes = {"decision": action, "confirmed": "yes", **changes}
    form = form_on(browser.get(desk_of(inquiry)), text, **changes)
    return browser.post(desk_of(inquiry, "answer"), form, follow=True)


def sent_after_session_end(officer, returning, page, button, **chosen):
    """Send a form with TEXT after the session has ended, and return what `returning` sees then.

    The form is that of `page` which is sent to the address `button`; `page` is shown when these
    fields are `chosen` on it.
    """
    browser = signed_in_staff(officer)
    shown = browser.post(page, chosen) if chosen else browser.get(page)
    markup = shown.content.decode().partition(f'action="{button}"')[2].partition("</form>")[0]
    form = {"decision": "approve", "text": TEXT}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', markup):
        form.setdefault(name, []).append(value)
    browser.session.flush()
    lost = browser.post(button, form)
    password = {"login": returning.username, "password": factories.PASSWORD}
    browser.post("/en/staff/login/", {**password, "next": browser.get(lost.url).context["next"]})
    recovery = StaticDevice.objects.create(user=returning, name="paper")
    recovery.token_set.create(token="abcd2345")
    return browser.post("/en/staff/code/", {"code": "abcd2345"}, follow=True)


def buttons_on(page):
    found = re.findall(r'(?s)<button class="button[^>]*>.*?</button>', page.content.decode())
    return [words(button) for button in found]


def references_in(page):
    """Return the references in the list, from top to bottom."""
    found = re.findall(r"\b8\d{3}-\d{4}-\d{4}\b", words(page))
    return [number.replace("-", "") for number in found]


def listed(browser, **filters):
    page = browser.get(QUEUE, filters)
    assert page.status_code == 200
    return references_in(page)


def now(inquiry):
    return Inquiry.objects.get(pk=inquiry.pk)
