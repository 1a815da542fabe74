"""Helpers for the bulk actions of the queue: choosing, confirming, and reading the results."""

import re
import uuid

from core.references import grouped_reference
from requests_app import actions
from requests_app.models import InquiryEvent
from tests import factories
from tests.conftest import words

QUEUE = "/en/staff/requests_app/inquiry/"
TEXT = "The bank confirms that the fees were paid on 12 Safar."
# For each action: its label in the menu, the event it writes, and the message of its result.
ACTIONS = {
    "claim": (
        *("Assign to me", "claimed"),
        "The inquiry is assigned to you. You can answer it now.",
    ),
    "release": ("Give back to the queue", "released", "The inquiry is in the queue again."),
    "assign": ("Assign to an officer", "assigned", "The inquiry has been assigned."),
    "reply": ("Answer and keep open", "replied", "Your answer has been sent."),
    "return": (
        *("Return to the applicant", "returned"),
        "The inquiry has been returned to the applicant.",
    ),
    "approve": ("Approve", "approved", "The inquiry has been approved."),
    "reject": ("Reject", "rejected", "The inquiry has been rejected."),
    "close": ("Close the inquiry", "closed", "The inquiry has been closed."),
    "note": ("Add a note", "noted", "The note has been added."),
}
ANSWERS = ("reply", "return", "approve", "reject")
WRITTEN = (*ANSWERS, "note")


def act(action, inquiry, officer, **fields):
    return getattr(actions, action)(
        actor=officer,
        inquiry=inquiry,
        expected_version=inquiry.version,
        text=TEXT,
        idempotency_key=uuid.uuid4(),
        **fields,
    )


def ready_for(name, officer):
    """Return an inquiry on which this officer can carry out this action."""
    if name == "claim":
        return factories.filed()
    inquiry = factories.claimed(officer)
    return act("approve", inquiry, officer) if name == "close" else inquiry


def choose(browser, name, inquiries):
    """Select these inquiries and this action in the queue, and return the next page."""
    chosen = [inquiry.pk for inquiry in inquiries]
    chosen = {"action": name, "index": 0, "_selected_action": chosen}
    return browser.post(f"{QUEUE}?queue=all", chosen, follow=True)


def hidden_on(page, name):
    markup = page.content.decode()
    return re.findall(rf'<input type="hidden" name="{name}" value="([^"]*)"', markup)


def fields_on(page, **typed):
    """Return the form data that a browser sends from this page with the `typed` fields."""
    return {
        "item": hidden_on(page, "item"),
        **{
            name: hidden_on(page, name)[0]
            for name in ("idempotency_key", "expected_version")
            if hidden_on(page, name)
        },
        **typed,
    }


def press(browser, name, fields):
    return browser.post(f"{QUEUE}bulk/{name}/", fields, follow=True)


def results_on(page):
    """Return the result messages on a page, in their order."""
    found = re.search(r'(?s)<ul class="messagelist">(.*?)</ul>', page.content.decode())
    return [words(line) for line in re.findall(r"(?s)<li.*?</li>", found[1])] if found else []


def result_of(inquiry, sentence):
    return f"{grouped_reference(inquiry.reference)}: {sentence}"


def events_of(inquiries):
    return InquiryEvent.objects.filter(inquiry__in=inquiries).count()
